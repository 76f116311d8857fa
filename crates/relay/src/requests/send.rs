//! Sending: one message for the devices of one account.

use super::{Desk, Sender, malformed};
use crate::{
    clock::now,
    refused::Refused,
    store::{Account, Channel, Enqueue, Parcel, Passed, StoreError},
};
use aside_identity::DeviceId;
use aside_wire::{
    Malformed, array, decode, keep,
    limits::DEVICES,
    packet::KIND_TRANSIENT,
    pb::{self, EnvelopeKind, RefusalCode, reply},
};
use futures_util::{FutureExt, TryFutureExt, future::BoxFuture};
use std::sync::Arc;

/// Checks a message and gives it its place in the order of writes.
pub(super) fn send(
    desk: &Desk,
    sender: Sender,
    request: pb::Send,
) -> Result<BoxFuture<'static, Result<reply::Body, StoreError>>, Refused> {
    // ENV-6.
    let until = desk.keeping.until(keep::parse(request.keep)?);
    let message = verify(sender, request, (now(), desk.keeping.passing.now()), until)?;
    desk.meter.send(&message)?;
    let (meter, from, to) = (Arc::clone(&desk.meter), message.sender.account, message.recipient);
    // RLY-8: the store answers when it is on disk.
    let accepted = desk
        .store
        .enqueue(message)
        .map_ok(|accepted_at| reply::Body::Accepted(pb::Accepted { accepted_at }))
        .inspect_err(move |error| {
            if matches!(error, StoreError::Refused(refused) if refused.code == RefusalCode::UnknownAccount) {
                meter.unlearn(from, to);
            }
        });
    Ok(accepted.boxed())
}

fn verify(
    sender: Sender,
    request: pb::Send,
    (now, passed): (u64, Passed),
    until: Passed,
) -> Result<Enqueue, Refused> {
    if request.parcels.len() > DEVICES {
        return Err(Refused::new(RefusalCode::Limit, "more parcels than an account has devices"));
    }
    let (channels, parcels): (Vec<_>, Vec<_>) =
        request.parcels.into_iter().map(parcel).collect::<Result<_, _>>()?;
    let [channel, others @ ..] = channels.as_slice() else {
        return Err(malformed("a message without parcels"));
    };
    if others.iter().any(|other| other != channel) {
        return Err(malformed("parcels of two kinds"));
    }
    Ok(Enqueue {
        sender: sender.device,
        generation: sender.generation,
        client_id: array(&request.client_id, "client_id")?,
        recipient: Account(array(&request.recipient, "recipient")?),
        channel: *channel,
        list_version: request.list_version,
        parcels,
        now,
        passed,
        until,
    })
}

/// An envelope must decode, because a device could neither show nor get past one that does not (ENV-2 to ENV-6). What
/// belongs on the transient lane is not stored (RLY-34).
fn parcel(parcel: pb::Parcel) -> Result<(Channel, Parcel), Refused> {
    let device = DeviceId::parse(parcel.device_id)?;
    let envelope: pb::Envelope = decode(&parcel.envelope)?;
    let channel = match EnvelopeKind::try_from(envelope.kind) {
        Ok(EnvelopeKind::Thread) => Channel::Thread,
        Ok(EnvelopeKind::Pairwise) if envelope.payload.first() != Some(&KIND_TRANSIENT) => Channel::Session,
        _ => return Err(Malformed::Field("kind").into()),
    };
    Ok((channel, Parcel { device, envelope: parcel.envelope }))
}
