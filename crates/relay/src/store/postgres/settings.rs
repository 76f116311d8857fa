//! Who may write to whom: reachability settings, and what they say about a sender.

use super::{
    pool::Pool,
    refusals::{refused, require_accepted},
    row::{damaged, int, uint},
    session::call,
};
use crate::store::{Account, Answer, PublishedSettings, Reached};
use aside_identity::{AccountKey, Reach};

/// The number of a level in the database.
const fn number(reach: Reach) -> i32 {
    match reach {
        Reach::Everyone => 1,
        Reach::Contacts => 2,
        Reach::Nobody => 3,
    }
}

/// Replaces the settings of an account by newer ones (RLY-35).
pub(super) fn publish(keepers: &Pool, published: PublishedSettings) -> Answer<()> {
    let PublishedSettings { account, version, rules, bytes } = published;
    // What comes in a session may be of a chat or of a group; which of them, only the devices can tell (RLY-36).
    let sessions = rules.chats.min(rules.groups);
    let keys = |accounts: &[AccountKey]| -> Vec<Vec<u8>> {
        accounts.iter().map(|account| account.as_bytes().to_vec()).collect()
    };
    let call = call!(
        "SELECT publish_settings($1, $2, $3, $4, $5, $6, $7)",
        account.0.to_vec(),
        int(version),
        number(rules.threads),
        number(sessions),
        bytes,
        keys(&rules.contacts),
        keys(&rules.blocked)
    );
    keepers.ask(call, |_| Ok(()))
}

/// The settings of an account as they were published; empty if none were.
pub(super) fn settings(readers: &Pool, account: &Account) -> Answer<Vec<u8>> {
    let call = call!(
        "SELECT settings FROM account LEFT JOIN settings USING (account) WHERE key = $1 AND released_at IS NULL",
        account.0.to_vec()
    );
    readers.ask(call, |rows| {
        let row = rows.first().ok_or_else(|| refused("no account"))?;
        Ok(row.try_get::<_, Option<Vec<u8>>>(0)?.unwrap_or_default())
    })
}

/// How the recipient is reached, if the sender may hand it something in a session (RLY-36).
pub(super) fn session_reach(readers: &Pool, sender: &Account, recipient: &Account) -> Answer<Reached> {
    let call = call!("SELECT * FROM session_reach($1, $2)", sender.0.to_vec(), recipient.0.to_vec());
    readers.ask(call, |rows| {
        let row = rows.first().ok_or_else(damaged)?;
        require_accepted(row)?;
        Ok(Reached { list_version: uint(row, 1)?, is_suspended: row.try_get(2)? })
    })
}
