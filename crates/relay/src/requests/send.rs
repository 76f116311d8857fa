//! Sending: one message for the devices of one account.

use super::malformed;
use crate::{
    clock::now,
    refused::Refused,
    store::{Account, Enqueue, Mailbox, Parcel, Store, StoreError},
};
use aside_identity::DeviceId;
use aside_wire::{
    Malformed, array, decode,
    limits::DEVICES,
    pb::{self, EnvelopeKind, RefusalCode, reply},
};
use futures_util::{FutureExt, TryFutureExt, future::BoxFuture};
use std::sync::Arc;

/// Checks a message and gives it its place in the order of writes.
pub(super) fn send(
    store: &Arc<dyn Store>,
    sender: Mailbox,
    request: pb::Send,
) -> Result<BoxFuture<'static, Result<reply::Body, StoreError>>, Refused> {
    let message = verify(sender, request, now())?;
    // RLY-8: the store answers when it is on disk.
    let accepted =
        store.enqueue(message).map_ok(|accepted_at| reply::Body::Accepted(pb::Accepted { accepted_at }));
    Ok(accepted.boxed())
}

fn verify(sender: Mailbox, request: pb::Send, now: u64) -> Result<Enqueue, Refused> {
    if request.parcels.len() > DEVICES {
        return Err(Refused::new(RefusalCode::Limit, "more parcels than an account has devices"));
    }
    if request.parcels.is_empty() {
        return Err(malformed("a message without parcels"));
    }
    Ok(Enqueue {
        sender,
        client_id: array(&request.client_id, "client_id")?,
        recipient: Account(array(&request.recipient, "recipient")?),
        list_version: request.list_version,
        parcels: request.parcels.into_iter().map(parcel).collect::<Result<_, _>>()?,
        now,
    })
}

/// An envelope must decode, because a device could neither show nor get past one that does not (ENV-2 to ENV-6).
fn parcel(parcel: pb::Parcel) -> Result<Parcel, Refused> {
    let device = DeviceId::parse(parcel.device_id)?;
    let envelope: pb::Envelope = decode(&parcel.envelope)?;
    match EnvelopeKind::try_from(envelope.kind) {
        Ok(EnvelopeKind::Thread | EnvelopeKind::Pairwise) => Ok(Parcel { device, envelope: parcel.envelope }),
        _ => Err(Malformed::Field("kind").into()),
    }
}
