//! Prekeys: published by their owner, handed out once.

use super::{
    accounts::of,
    pool::Pool,
    refusals::{refused, require_accepted},
    row::{damaged, int, number, uint},
    session::call,
    writer::{Done, Writer},
};
use crate::store::{Answer, Bundle, KeyUse, Mailbox, PrekeyStatus, StoreError, Upload, UploadedPrekey};
use aside_identity::PrekeyKind;
use aside_wire::limits::ONE_TIME_PREKEYS;
use tokio_postgres::Row;

/// Stores prekeys. A repeated upload changes nothing, so that a lost answer can be asked for again; in particular a
/// one-time prekey that was handed out does not come back (RLY-7, threat H5).
pub(super) fn publish(keepers: &Pool, upload: Upload) -> Answer<u32> {
    let Upload { owner, signed, one_time, now } = upload;
    let (signed, one_time) = (Columns::of(signed.into_iter()), Columns::of(one_time.into_iter()));
    let call = call!(
        "SELECT publish_prekeys($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        owner.account.0.to_vec(),
        number(owner.device),
        int(now),
        i32::try_from(ONE_TIME_PREKEYS).unwrap_or(i32::MAX),
        signed.ids,
        signed.ends,
        signed.keys,
        signed.prekeys,
        one_time.ids,
        one_time.ends,
        one_time.keys,
        one_time.prekeys,
        of(KeyUse::Prekey(PrekeyKind::Signed)),
        of(KeyUse::Prekey(PrekeyKind::OneTime))
    );
    keepers.ask(call, |rows| {
        let held: i32 = rows.first().ok_or_else(damaged)?.try_get(0)?;
        u32::try_from(held).map_err(|_| damaged())
    })
}

#[derive(Default)]
struct Columns {
    ids: Vec<i64>,
    ends: Vec<i64>,
    keys: Vec<Vec<u8>>,
    prekeys: Vec<Vec<u8>>,
}

impl Columns {
    fn of(prekeys: impl Iterator<Item = UploadedPrekey>) -> Self {
        let mut columns = Self::default();
        for prekey in prekeys {
            columns.ids.push(prekey.id.into());
            columns.ends.push(int(prekey.not_after));
            columns.keys.push(prekey.agreement_key.to_vec());
            columns.prekeys.push(prekey.bytes);
        }
        columns
    }
}

/// The signed prekey and the oldest one-time prekey, which is removed in the same statement (RLY-7, threat H5).
pub(super) fn take(writer: &Writer, owner: Mailbox, now: u64) -> Answer<Bundle> {
    let call = call!(
        "SELECT * FROM take_prekeys($1, $2, $3)",
        owner.account.0.to_vec(),
        number(owner.device),
        int(now)
    );
    writer.submit(
        call,
        0,
        |_| (),
        |row| {
            require_accepted(row)?;
            Ok(Done::quietly(Bundle { signed: row.try_get(1)?, one_time: row.try_get(2)? }))
        },
    )
}

/// The signed prekey alone (RLY-71).
pub(super) fn signed(readers: &Pool, owner: &Mailbox, now: u64) -> Answer<Bundle> {
    let call = call!(
        "SELECT prekey FROM account JOIN mailbox USING (account) \
         LEFT JOIN signed_prekey ON signed_prekey.mailbox = mailbox.mailbox AND not_after >= $3 \
         WHERE key = $1 AND device = $2 AND released_at IS NULL",
        owner.account.0.to_vec(),
        number(owner.device),
        int(now)
    );
    readers.ask(call, |rows| {
        let row = rows.first().ok_or_else(|| refused("no device"))?;
        let signed = row.try_get::<_, Option<Vec<u8>>>(0)?.ok_or_else(|| refused("no prekeys"))?;
        Ok(Bundle { signed, one_time: None })
    })
}

/// What is held for a device.
pub(super) fn status(readers: &Pool, owner: &Mailbox, now: u64) -> Answer<PrekeyStatus> {
    let call = call!(
        "SELECT (SELECT count(*) FROM one_time_prekey WHERE one_time_prekey.mailbox = mailbox.mailbox AND not_after >= $3), \
         coalesce((SELECT not_after FROM signed_prekey WHERE signed_prekey.mailbox = mailbox.mailbox), 0) \
         FROM account JOIN mailbox USING (account) WHERE key = $1 AND device = $2 AND released_at IS NULL",
        owner.account.0.to_vec(),
        number(owner.device),
        int(now)
    );
    readers.ask(call, |rows| match rows.first() {
        Some(row) => read_status(row),
        None => Err(refused("no device")),
    })
}

fn read_status(row: &Row) -> Result<PrekeyStatus, StoreError> {
    let one_time = u32::try_from(uint(row, 0)?).map_err(|_| damaged())?;
    Ok(PrekeyStatus { one_time, signed_not_after: uint(row, 1)? })
}
