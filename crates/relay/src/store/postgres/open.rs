//! Taking a database into use: whose it is, migrations, the count of time.

use super::{
    ServerError,
    row::{bytes, int, uint},
    session::{Session, call},
};
use crate::{clock::now, store::Passed};

/// The steps from an empty database to the current schema; step n leads to schema n. What stands in a step that was
/// published is never changed.
const MIGRATIONS: &[&[&str]] = &[&[
    include_str!("schema_1.sql"),
    include_str!("mail_1.sql"),
    include_str!("keeping_1.sql"),
    include_str!("reading_1.sql"),
    include_str!("nodes_1.sql"),
    include_str!("administration_1.sql"),
]];

/// Nobody else brings the schema up to date meanwhile.
const LOCK_SCHEMA: &str = "SELECT pg_advisory_xact_lock(1098081362, 1)";
/// Whoever holds it alone is the only one that counts time; whoever counts holds it with the others.
const COUNT_ALONE: &str = "SELECT pg_try_advisory_lock(1098081362, 2)";
const STOP_COUNTING_ALONE: &str = "SELECT pg_advisory_unlock(1098081362, 2)";
pub(super) const COUNT: &str = "SELECT pg_advisory_lock_shared(1098081362, 2)";

/// The schema this relay writes.
pub(super) fn newest_schema() -> i32 {
    i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)
}

/// Refuses what this relay must not touch, and brings the rest up to date; all of it or nothing.
pub(super) async fn migrate(session: &Session) -> Result<(), ServerError> {
    // A migration takes as long as it takes, and so does that of another node.
    session.run("BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL check_function_bodies = off").await?;
    session.run(LOCK_SCHEMA).await?;
    let done = identify(session).await?;
    let Some(done) = done else {
        return migrate_from(session, 0).await;
    };
    let known = newest_schema();
    if done > known {
        return Err(ServerError::Newer { found: done, known });
    }
    migrate_from(session, usize::try_from(done).map_err(|_| ServerError::Foreign)?).await
}

/// The schema of the database; none if it is empty.
async fn identify(session: &Session) -> Result<Option<i32>, ServerError> {
    let found = session
        .call(&call!(
            "SELECT to_regnamespace('aside_relay') IS NOT NULL, to_regclass('aside_relay.schema_version') IS NOT NULL, \
             EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace('public') AND relkind IN ('r', 'p', 'v'))"
        ))
        .await?;
    let Some(row) = found.first() else { return Err(ServerError::Foreign) };
    match (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?) {
        (true, true, _) => {
            let version = session.call(&call!("SELECT version FROM aside_relay.schema_version")).await?;
            Ok(Some(version.first().ok_or(ServerError::Foreign)?.try_get(0)?))
        }
        (false, _, false) => Ok(None),
        _ => Err(ServerError::Foreign),
    }
}

/// Refuses what this relay does not read and write as it is.
pub(super) async fn require_current(session: &Session) -> Result<(), ServerError> {
    match identify(session).await? {
        None => Err(ServerError::Empty),
        Some(found) if found < newest_schema() => Err(ServerError::Older(found)),
        Some(found) if found > newest_schema() => Err(ServerError::Newer { found, known: newest_schema() }),
        Some(_) => Ok(()),
    }
}

/// What a look has found.
pub(crate) struct Found {
    pub(crate) schema: i32,
    pub(crate) newest: i32,
    /// What the clock of a node said when it noted it last, if the schema is the newest.
    pub(crate) noted: Option<u64>,
}

/// Only looks; nothing if the database is empty.
pub(super) async fn look(session: &Session, key: Option<&[u8; 32]>) -> Result<Option<Found>, ServerError> {
    let newest = newest_schema();
    let Some(schema) = identify(session).await? else { return Ok(None) };
    if schema > newest {
        return Err(ServerError::Newer { found: schema, known: newest });
    }
    if schema < newest {
        return Ok(Some(Found { schema, newest, noted: None }));
    }
    let rows = session.call(&call!("SELECT key, noted FROM run")).await?;
    let row = rows.first().ok_or(ServerError::Foreign)?;
    let known: Option<&[u8]> = row.try_get(0)?;
    if known.zip(key).is_some_and(|(known, key)| known != key) {
        return Err(ServerError::OtherKey);
    }
    Ok(Some(Found { schema, newest, noted: uint(row, 1).ok() }))
}

async fn migrate_from(session: &Session, done: usize) -> Result<(), ServerError> {
    if done == 0 {
        session
            .run(
                "CREATE SCHEMA aside_relay; CREATE TABLE schema_version (version integer NOT NULL); \
                 INSERT INTO schema_version VALUES (0)",
            )
            .await?;
    }
    for step in MIGRATIONS.iter().skip(done) {
        for sql in *step {
            session.run(sql).await?;
        }
        session.run("UPDATE schema_version SET version = version + 1").await?;
    }
    session.run("COMMIT").await?;
    Ok(())
}

/// Refuses a relay with another key than the one the database has known (RLY-19).
pub(super) async fn require_key(session: &Session, key: &[u8; 32]) -> Result<(), ServerError> {
    session.call(&call!("UPDATE run SET key = $1 WHERE key IS NULL", key.to_vec())).await?;
    let known = session.call(&call!("SELECT key FROM run")).await?;
    let known: [u8; 32] =
        bytes(known.first().ok_or(ServerError::Foreign)?, 0).map_err(|_| ServerError::Foreign)?;
    if known == *key { Ok(()) } else { Err(ServerError::OtherKey) }
}

/// Goes on with the count of time, and answers how far it has come (RLY-43, RLY-88).
///
/// Each node counts what its own monotonic clock measures from where it began, and notes it in one row, which takes the
/// highest: no node can be ahead of what has passed, so the row is not either. What passed while nobody counted is
/// all that clocks are asked for: the node's and the database's, of which the smaller difference counts.
pub(super) async fn count(session: &Session) -> Result<Passed, ServerError> {
    let alone = session.call(&call!(COUNT_ALONE)).await?;
    if alone.first().is_some_and(|row| row.try_get(0).unwrap_or(false)) {
        session.call(&call!("SELECT resume($1)", int(now()))).await?;
        session.call(&call!(COUNT)).await?;
        session.call(&call!(STOP_COUNTING_ALONE)).await?;
    } else {
        session.call(&call!(COUNT)).await?;
    }
    passed(session).await
}

/// How far it has come.
pub(super) async fn passed(session: &Session) -> Result<Passed, ServerError> {
    let row = session.call(&call!("SELECT passed FROM run")).await?;
    let passed = uint(row.first().ok_or(ServerError::Foreign)?, 0).map_err(|_| ServerError::Foreign)?;
    Ok(Passed(passed))
}
