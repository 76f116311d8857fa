//! Integers and keys in and out of rows. PostgreSQL's integers are signed.

use crate::store::{Account, Mailbox, StoreError, StoreFailed};
use aside_identity::DeviceId;
use tokio_postgres::Row;

/// For a column; times and versions beyond 2^63 stop there.
pub(super) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A count for a column.
pub(super) fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A device's number for a column.
pub(super) fn number(device: DeviceId) -> i32 {
    i32::try_from(device.number()).unwrap_or(0)
}

/// From a column that is never negative.
pub(super) fn uint(row: &Row, column: usize) -> Result<u64, StoreError> {
    u64::try_from(row.try_get::<_, i64>(column)?).map_err(|_| damaged())
}

/// A device's address from two columns.
pub(super) fn mailbox(row: &Row, column: usize) -> Result<Mailbox, StoreError> {
    let account = Account(bytes(row, column)?);
    Ok(Mailbox { account, device: device(row, column.saturating_add(1))? })
}

/// A device id from a column.
pub(super) fn device(row: &Row, column: usize) -> Result<DeviceId, StoreError> {
    let number: i32 = row.try_get(column)?;
    u32::try_from(number).ok().and_then(|number| DeviceId::parse(number).ok()).ok_or_else(damaged)
}

/// Bytes of a fixed length from a column.
pub(super) fn bytes<const N: usize>(row: &Row, column: usize) -> Result<[u8; N], StoreError> {
    row.try_get::<_, &[u8]>(column)?.try_into().map_err(|_| damaged())
}

/// Devices for two columns.
pub(super) fn addresses<'a>(mailboxes: impl IntoIterator<Item = &'a Mailbox>) -> (Vec<Vec<u8>>, Vec<i32>) {
    mailboxes.into_iter().map(|mailbox| (mailbox.account.0.to_vec(), number(mailbox.device))).unzip()
}

/// What a function of the database always answers is not there.
pub(super) fn damaged() -> StoreError {
    StoreFailed::Database("a row is not what the relay writes".into()).into()
}
