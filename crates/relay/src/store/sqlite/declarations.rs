//! Declarations of people who want to be reached only encrypted.

use super::{
    row::{int, uint},
    settings::{STALE, account_row},
};
use crate::{
    limits::DECLARATIONS,
    refused::Refused,
    store::{Account, Declaration, StoreError},
};
use aside_wire::pb::RefusalCode;
use rusqlite::{Connection, OptionalExtension};

/// Stores a declaration for good (RLY-38).
pub(super) fn declare(db: &Connection, declaration: &Declaration) -> Result<(), StoreError> {
    let Declaration { declarer, peer, version, bytes } = declaration;
    let (declarer, peer) = (account_row(db, declarer)?, account_row(db, peer)?);
    let known: Option<(i64, Vec<u8>)> = db
        .prepare_cached("SELECT version, declaration FROM declaration WHERE declarer = ?1 AND peer = ?2")?
        .query_row((declarer, peer), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match known {
        // The answer was lost.
        Some((_, declaration)) if declaration == *bytes => return Ok(()),
        Some((known, _)) if known >= int(*version) => return Err(STALE.into()),
        Some(_) => {}
        None => {
            let made: u64 = db
                .prepare_cached("SELECT count(*) FROM declaration WHERE declarer = ?1")?
                .query_row([declarer], |row| uint(row, 0))?;
            if made >= DECLARATIONS {
                return Err(Refused::new(
                    RefusalCode::Limit,
                    "more declarations than are kept for an account",
                )
                .into());
            }
        }
    }
    db.prepare_cached(
        "INSERT OR REPLACE INTO declaration (declarer, peer, version, declaration) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((declarer, peer, int(*version), bytes))?;
    Ok(())
}

/// What two accounts have declared to each other, that of the first one first.
pub(super) fn between(db: &Connection, one: &Account, other: &Account) -> Result<Vec<Vec<u8>>, StoreError> {
    let (one, other) = (account_row(db, one)?, account_row(db, other)?);
    let declarations = db
        .prepare_cached(
            "SELECT declaration FROM declaration WHERE (declarer = ?1 AND peer = ?2) OR (declarer = ?2 AND peer = ?1) \
             ORDER BY declarer <> ?1",
        )?
        .query_map((one, other), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(declarations)
}

/// Refuses what is in the clear if either of the two has declared (RLY-39).
pub(super) fn require_none(db: &Connection, sender: i64, recipient: i64) -> Result<(), StoreError> {
    let declared = db
        .prepare_cached(
            "SELECT 1 FROM declaration WHERE (declarer = ?1 AND peer = ?2) OR (declarer = ?2 AND peer = ?1)",
        )?
        .exists((sender, recipient))?;
    if declared {
        return Err(Refused::new(RefusalCode::EncryptedOnly, "declared to be reached only encrypted").into());
    }
    Ok(())
}
