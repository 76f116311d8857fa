//! Integers and keys in and out of rows. SQLite's integers are signed.

use crate::{
    refused::Refused,
    store::{Account, Mailbox, StoreError},
};
use aside_identity::DeviceId;
use aside_wire::pb::RefusalCode;
use rusqlite::{Connection, OptionalExtension, Row, types::FromSqlError};

/// For a column; times and versions beyond 2^63 stop there.
pub(super) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A length for a column.
pub(super) fn len(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}

/// From a column that is never negative.
pub(super) fn uint(row: &Row<'_>, column: usize) -> Result<u64, rusqlite::Error> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| FromSqlError::OutOfRange(value).into())
}

/// A device's address from two columns.
pub(super) fn mailbox(row: &Row<'_>, column: usize) -> Result<Mailbox, rusqlite::Error> {
    let account = Account(row.get(column)?);
    Ok(Mailbox { account, device: device(row, column.saturating_add(1))? })
}

/// A device id from a column.
pub(super) fn device(row: &Row<'_>, column: usize) -> Result<DeviceId, rusqlite::Error> {
    let number: u32 = row.get(column)?;
    DeviceId::parse(number).map_err(|_| FromSqlError::OutOfRange(number.into()).into())
}

/// Finds a mailbox by its address.
pub(super) const FIND: &str = "\
    SELECT mailbox FROM mailbox JOIN account USING (account) \
    WHERE account.key = ?1 AND mailbox.device = ?2 AND released_at IS NULL";

/// The row of a device's mailbox.
pub(super) fn find(db: &Connection, mailbox: &Mailbox) -> Result<i64, StoreError> {
    look_up(db, mailbox)?
        .ok_or_else(|| Refused::new(RefusalCode::UnknownAccount, "no such account or device").into())
}

/// The row of a device's mailbox, if there is one.
pub(super) fn look_up(db: &Connection, mailbox: &Mailbox) -> Result<Option<i64>, rusqlite::Error> {
    db.prepare_cached(FIND)?
        .query_row((mailbox.account.0, mailbox.device.number()), |row| row.get(0))
        .optional()
}
