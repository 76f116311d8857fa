//! Who may write to whom: reachability settings, and what they say about a sender.

use super::row::{int, uint};
use crate::{
    refused::Refused,
    store::{Account, Channel, PublishedSettings, Reached, StoreError},
};
use aside_identity::{AccountKey, Reach};
use aside_wire::pb::RefusalCode;
use rusqlite::{Connection, OptionalExtension};

const UNKNOWN_ACCOUNT: Refused = Refused::new(RefusalCode::UnknownAccount, "no such account");
/// One answer for whoever is blocked, no contact, or like everybody not wanted (RLY-37).
const UNREACHABLE: Refused = Refused::new(RefusalCode::Unreachable, "the recipient is not to be reached");
/// A statement that was replaced already (RLY-35, RLY-38).
pub(super) const STALE: Refused =
    Refused::new(RefusalCode::StaleStatement, "a statement of this version or a newer one is stored");

/// The number of a level in the database.
const fn number(reach: Reach) -> i64 {
    match reach {
        Reach::Everyone => 1,
        Reach::Contacts => 2,
        Reach::Nobody => 3,
    }
}

/// The row of an account.
pub(super) fn account_row(db: &Connection, account: &Account) -> Result<i64, StoreError> {
    let row = db
        .prepare_cached("SELECT account FROM account WHERE key = ?1 AND released_at IS NULL")?
        .query_row([account.0], |row| row.get(0))
        .optional()?;
    Ok(row.ok_or(UNKNOWN_ACCOUNT)?)
}

/// Replaces the settings of an account by newer ones (RLY-35).
pub(super) fn publish(db: &Connection, published: &PublishedSettings) -> Result<(), StoreError> {
    let PublishedSettings { account, version, rules, bytes } = published;
    let row = account_row(db, account)?;
    let known: Option<(i64, Vec<u8>)> = db
        .prepare_cached("SELECT version, settings FROM settings WHERE account = ?1")?
        .query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match known {
        // The answer was lost.
        Some((_, settings)) if settings == *bytes => return Ok(()),
        Some((known, _)) if known >= int(*version) => return Err(STALE.into()),
        _ => {}
    }
    // What comes in a session may be of a chat or of a group; which of them, only the devices can tell (RLY-36).
    let sessions = rules.chats.min(rules.groups);
    db.prepare_cached(
        "INSERT OR REPLACE INTO settings (account, version, threads, sessions, settings) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((row, int(*version), number(rules.threads), number(sessions), bytes))?;
    db.prepare_cached("DELETE FROM listed WHERE account = ?1")?.execute([row])?;
    name(db, row, &rules.contacts, false)?;
    // Whoever stands in both lists is blocked.
    name(db, row, &rules.blocked, true)
}

fn name(db: &Connection, row: i64, others: &[AccountKey], blocked: bool) -> Result<(), StoreError> {
    let mut statement =
        db.prepare_cached("INSERT OR REPLACE INTO listed (account, other, blocked) VALUES (?1, ?2, ?3)")?;
    for other in others {
        statement.execute((row, other.as_bytes(), blocked))?;
    }
    Ok(())
}

/// The settings of an account as they were published; empty if none were.
pub(super) fn settings(db: &Connection, account: &Account) -> Result<Vec<u8>, StoreError> {
    let row = account_row(db, account)?;
    let settings = db
        .prepare_cached("SELECT settings FROM settings WHERE account = ?1")?
        .query_row([row], |row| row.get(0))
        .optional()?;
    Ok(settings.unwrap_or_default())
}

/// Both levels and both lists are looked at in one statement, so that each "no" takes what the others take (RLY-37).
const RULES_FOR: &str = "\
    SELECT account, list_version, threads, sessions, \
    (SELECT blocked FROM listed WHERE listed.account = account.account AND other = ?2) \
    FROM account LEFT JOIN settings USING (account) WHERE key = ?1 AND released_at IS NULL";

/// The row of a recipient and the version of its current device list, unless its settings exclude the sender (RLY-36). One's own devices
/// are never excluded.
pub(super) fn reached(
    db: &Connection,
    sender: &Account,
    recipient: &Account,
    channel: Channel,
) -> Result<(i64, u64), StoreError> {
    let (row, version, threads, sessions, blocked) = db
        .prepare_cached(RULES_FOR)?
        .query_row((recipient.0, sender.0), |row| {
            let levels: (Option<i64>, Option<i64>) = (row.get(2)?, row.get(3)?);
            let blocked: Option<bool> = row.get(4)?;
            Ok((row.get(0)?, uint(row, 1)?, levels.0, levels.1, blocked))
        })
        .optional()?
        .ok_or(UNKNOWN_ACCOUNT)?;
    let level = match channel {
        Channel::Thread => threads,
        Channel::Session => sessions,
    };
    let level = level.unwrap_or(number(Reach::Everyone));
    let is_admitted = match blocked {
        Some(true) => false,
        Some(false) => level < number(Reach::Nobody),
        None => level < number(Reach::Contacts),
    };
    if is_admitted || sender == recipient { Ok((row, version)) } else { Err(UNREACHABLE.into()) }
}

/// How the recipient is reached, if the sender may hand it something in a session.
pub(super) fn session_reach(
    db: &Connection,
    sender: &Account,
    recipient: &Account,
) -> Result<Reached, StoreError> {
    let (account, list_version) = reached(db, sender, recipient, Channel::Session)?;
    let is_suspended = db
        .prepare_cached("SELECT suspended_at IS NOT NULL FROM account WHERE account = ?1")?
        .query_row([account], |row| row.get(0))?;
    Ok(Reached { list_version, is_suspended })
}
