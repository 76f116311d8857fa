//! Accounts, handles and device lists.

use super::{
    pool::Pool,
    refusals::{refused, require_accepted},
    row::{bytes, count, damaged, int, number},
    session::call,
};
use crate::store::{Account, Answer, Directory, KeyUse, Registration, StoreError};
use aside_identity::Handle;
use aside_wire::limits::LISTS_PER_REPLY;
use tokio_postgres::Row;

const DIRECTORY: &str = "SELECT * FROM directory($1, $2, $3, $4)";

/// Claims a handle for an account (RLY-3, RLY-6).
pub(super) fn register(keepers: &Pool, registration: Registration) -> Answer<()> {
    let Registration { handle, account, devices, keys, list } = registration;
    let devices: Vec<i32> = devices.into_iter().map(number).collect();
    let owners: Vec<i32> = keys.iter().map(|key| number(key.device)).collect();
    let uses: Vec<i32> = keys.iter().map(|key| of(key.key_use)).collect();
    let keys: Vec<Vec<u8>> = keys.iter().map(|key| key.key.to_vec()).collect();
    let handle = handle.as_str().to_owned();
    let call = call!(
        "SELECT register($1, $2, $3, $4, $5, $6, $7)",
        handle,
        account.0.to_vec(),
        devices,
        list,
        owners,
        uses,
        keys
    );
    keepers.ask(call, |_| Ok(()))
}

/// The number of a use in the database.
pub(super) fn of(key_use: KeyUse) -> i32 {
    i32::try_from(key_use.number()).unwrap_or(-1)
}

/// The account of a handle.
pub(super) fn resolve(readers: &Pool, handle: &Handle) -> Answer<Directory> {
    let (handle, key) = (Some(handle.as_str().to_owned()), None::<Vec<u8>>);
    readers.ask(call!(DIRECTORY, handle, key, 0i64, count_of_lists()), directory)
}

/// Device lists with a version above the one given.
pub(super) fn lists_after(readers: &Pool, account: Account, version: u64) -> Answer<Directory> {
    let (handle, key) = (None::<String>, Some(account.0.to_vec()));
    readers.ask(call!(DIRECTORY, handle, key, int(version), count_of_lists()), directory)
}

fn count_of_lists() -> i32 {
    i32::try_from(count(LISTS_PER_REPLY)).unwrap_or(1)
}

fn directory(rows: Vec<Row>) -> Result<Directory, StoreError> {
    let row = rows.first().ok_or_else(damaged)?;
    require_accepted(row)?;
    Ok(Directory { handle: row.try_get(1)?, account: Account(bytes(row, 2)?), lists: row.try_get(3)? })
}

/// The list that counts.
pub(super) fn current_list(readers: &Pool, account: Account) -> Answer<Vec<u8>> {
    let call = call!(
        "SELECT list FROM account JOIN device_list USING (account) \
         WHERE key = $1 AND version = list_version AND released_at IS NULL",
        account.0.to_vec()
    );
    readers.ask(call, |rows| Ok(rows.first().ok_or_else(|| refused("no account"))?.try_get(0)?))
}
