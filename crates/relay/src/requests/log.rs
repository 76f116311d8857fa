//! Logs: appending an entry, and reading on.

use super::{
    Desk, Sender,
    fan_out::{fanned_out, recipients},
    malformed,
};
use crate::{
    clock::now,
    limits::{ENTRIES_BYTES, LOG_ENTRIES},
    refused::Refused,
    store::{Append, FanOut, Log, Page, Passed, Store, StoreError},
};
use aside_wire::{
    array,
    limits::{ENTRIES_PER_REPLY, LOG_ENTRY_BYTES},
    pb::{self, EnvelopeKind, Keep, RefusalCode, reply},
};
use futures_util::{FutureExt, TryFutureExt, future::BoxFuture};
use prost::Message;
use std::sync::Arc;

/// Checks an entry and gives it its place in the order of writes (RLY-28).
pub(super) fn append(
    desk: &Desk,
    sender: Sender,
    request: pb::AppendEntry,
) -> Result<BoxFuture<'static, Result<reply::Body, StoreError>>, Refused> {
    // Who has been away for longer reads the log itself.
    let until = desk.keeping.until(Keep::Longest);
    let append = verify(sender, request, (now(), desk.keeping.passing.now()), until)?;
    desk.meter.append(&append)?;
    Ok(desk.store.append_entry(append).map_ok(fanned_out).boxed())
}

fn verify(
    sender: Sender,
    request: pb::AppendEntry,
    (now, passed): (u64, Passed),
    until: Passed,
) -> Result<Append, Refused> {
    let pb::AppendEntry { client_id, log, position, entry, recipients: named } = request;
    let client_id = array(&client_id, "client_id")?;
    let id = Log(array(&log, "log")?);
    if position == 0 || entry.is_empty() {
        return Err(malformed("no position or no entry"));
    }
    if position > LOG_ENTRIES || entry.len() > LOG_ENTRY_BYTES {
        return Err(Refused::new(RefusalCode::Limit, "the log or the entry is too long"));
    }
    let recipients = recipients(sender.device, &named)?;
    let envelope = notice(log, position, &entry);
    Ok(Append {
        log: id,
        position,
        entry,
        notice: FanOut {
            sender: sender.device,
            generation: sender.generation,
            client_id,
            recipients,
            envelope,
            now,
            passed,
            until,
        },
    })
}

/// What tells the others of an entry; [`LOG_ENTRY_BYTES`] leaves it room within one envelope.
fn notice(log: Vec<u8>, position: u64, entry: &[u8]) -> Vec<u8> {
    let payload = pb::GroupLogEntry { log, position, entry: entry.to_vec() }.encode_to_vec();
    pb::Envelope { kind: EnvelopeKind::GroupEntry.into(), payload }.encode_to_vec()
}

/// Reads on in a log. Whoever knows its name may: the name is not to be guessed.
pub(super) async fn fetch(
    store: &Arc<dyn Store>,
    request: pb::FetchEntries,
) -> Result<reply::Body, StoreError> {
    let log = Log(array(&request.log, "log").map_err(Refused::from)?);
    if request.from == 0 {
        return Err(malformed("positions begin with 1").into());
    }
    let page = Page { messages: ENTRIES_PER_REPLY, bytes: ENTRIES_BYTES };
    let part = store.entries_from(log, request.from, page).await?;
    Ok(reply::Body::Entries(pb::Entries { newest: part.newest, entries: part.entries }))
}
