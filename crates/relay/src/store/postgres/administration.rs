//! What an operator decides about accounts, and what a store holds in numbers.

use super::{
    pool::Pool,
    refusals::require_accepted,
    row::{bytes, damaged, device, int, mailbox, uint},
    session::call,
    wakes::Wakes,
};
use crate::{
    hub::Hub,
    store::{
        Account, AccountSummary, Answer, Capacity, DeviceSummary, Mailbox, Passed, Statistics, StoreError,
    },
};
use aside_identity::Handle;
use std::sync::Arc;
use tokio_postgres::Row;

/// Refuses what a suspended account asks for (RLY-60).
pub(super) fn standing(readers: &Pool, account: &Account) -> Answer<()> {
    readers.ask(call!("SELECT standing($1)", account.0.to_vec()), |rows| {
        require_accepted(rows.first().ok_or_else(damaged)?)
    })
}

/// Who is told that an account stands otherwise.
pub(super) struct Alarm {
    pub(super) hub: Arc<Hub>,
    pub(super) wakes: Wakes,
}

impl Alarm {
    /// Wakes the devices in the last three columns, wherever they are connected.
    fn ring(&self, rows: &[Row], column: usize) -> Result<(), StoreError> {
        let mut others = Vec::new();
        for row in rows {
            if row.try_get::<_, Option<i64>>(column.saturating_add(2))?.is_some() {
                self.hub.wake(&mailbox(row, column)?);
                others.push(row.try_get(column.saturating_add(2))?);
            }
        }
        self.wakes.wake(others);
        Ok(())
    }
}

/// Suspends an account, or lifts that; the moment of the first of several suspensions stays.
pub(super) fn suspend(keepers: &Pool, handle: &Handle, at: Option<u64>, alarm: Alarm) -> Answer<()> {
    let call = call!("SELECT * FROM suspend($1, $2)", handle.as_str().to_owned(), at.map(int));
    keepers.ask(call, move |rows| alarm.ring(&rows, 0))
}

/// Closes an account and keeps its handle from everybody for a time (RLY-62).
pub(super) fn release(
    keepers: &Pool,
    handle: &Handle,
    now: u64,
    quarantine: u64,
    alarm: Alarm,
) -> Answer<Passed> {
    let handle = handle.as_str().to_owned();
    let call = call!("SELECT * FROM release($1, $2, $3)", handle, int(now), int(quarantine));
    keepers.ask(call, move |rows| {
        alarm.ring(&rows, 1)?;
        uint(rows.first().ok_or_else(damaged)?, 0).map(Passed)
    })
}

/// Gives a released handle back to its account.
pub(super) fn reinstate(keepers: &Pool, handle: &Handle) -> Answer<()> {
    keepers.ask(call!("SELECT reinstate($1)", handle.as_str().to_owned()), |_| Ok(()))
}

/// Changes what the mailboxes of an account may hold.
pub(super) fn set_capacity(keepers: &Pool, handle: &Handle, capacity: Option<Capacity>) -> Answer<()> {
    let room = (capacity.map(|room| int(room.messages)), capacity.map(|room| int(room.bytes)));
    let call = call!("SELECT set_capacity($1, $2, $3)", handle.as_str().to_owned(), room.0, room.1);
    keepers.ask(call, |_| Ok(()))
}

/// The account of a handle, also of one that was released.
pub(super) fn account_summary(readers: &Pool, handle: &Handle) -> Answer<AccountSummary> {
    let call = call!("SELECT * FROM account_summary($1)", handle.as_str().to_owned());
    readers.ask(call, |rows| {
        let first = rows.first().ok_or_else(damaged)?;
        let room = optional(first, 6)?.zip(optional(first, 7)?);
        Ok(AccountSummary {
            account: Account(bytes(first, 0)?),
            suspended_at: optional(first, 1)?,
            free_at: optional(first, 2)?.map(Passed),
            capacity: room.map(|(messages, bytes)| Capacity { messages, bytes }),
            devices: rows.iter().map(device_summary).collect::<Result<_, _>>()?,
        })
    })
}

fn device_summary(row: &Row) -> Result<DeviceSummary, StoreError> {
    Ok(DeviceSummary {
        device: device(row, 3)?,
        messages: uint(row, 4)?,
        bytes: uint(row, 5)?,
        one_time_prekeys: uint(row, 8)?,
    })
}

/// Everything counted. What is free within the files, the server does not tell.
pub(super) fn statistics(readers: &Pool) -> Answer<Statistics> {
    readers.ask(call!("SELECT * FROM statistics()"), |rows| {
        let row = rows.first().ok_or_else(damaged)?;
        Ok(Statistics {
            accounts: uint(row, 0)?,
            suspended: uint(row, 1)?,
            released: uint(row, 2)?,
            devices: uint(row, 3)?,
            messages: uint(row, 4)?,
            bytes: uint(row, 5)?,
            oldest: optional(row, 6)?,
            logs: uint(row, 7)?,
            entries: uint(row, 8)?,
            one_time_prekeys: uint(row, 9)?,
            disk: uint(row, 10)?,
            free: 0,
        })
    })
}

fn optional(row: &Row, column: usize) -> Result<Option<u64>, StoreError> {
    let value: Option<i64> = row.try_get(column)?;
    value.map(|_| uint(row, column)).transpose()
}

/// Devices whose connections end.
pub(super) fn devices(rows: &[Row]) -> Result<Vec<Mailbox>, StoreError> {
    rows.iter().map(|row| mailbox(row, 0)).collect()
}
