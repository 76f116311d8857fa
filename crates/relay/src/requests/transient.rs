//! The transient lane: what is worth nothing later, for whoever is there now.

use super::{Desk, malformed};
use crate::{
    refused::Refused,
    store::{Account, HandedOn, Mailbox, Reached, StoreError},
};
use aside_identity::DeviceId;
use aside_wire::{
    Malformed, array, decode,
    limits::{DEVICES, TRANSIENT_BYTES},
    packet::KIND_TRANSIENT,
    pb::{self, EnvelopeKind, RefusalCode, reply},
};
use prost::Message;
use tracing::error;

/// Gives the parcels to the devices that are connected. Whatever becomes of them, the answer is the same: it says
/// nothing about the recipient, not even whether there is one (RLY-32).
pub(super) async fn transient(
    desk: &Desk,
    sender: Mailbox,
    request: pb::Transient,
) -> Result<reply::Body, StoreError> {
    let Verified { recipient, list_version, parcels } = verify(request)?;
    // A refusal, since it speaks of what the sender did and not of the recipient.
    desk.meter.transient(sender.account)?;
    match desk.store.session_reach(sender.account, recipient).await {
        // Whoever is suspended gets nothing more, also on a connection that is still there (RLY-60).
        Ok(Reached { list_version: current, is_suspended: false }) if current == list_version => {
            for (device, envelope) in parcels {
                let delivery = pb::TransientDelivery {
                    sender: sender.account.0.to_vec(),
                    sender_device: sender.device.number(),
                    envelope,
                };
                let to = Mailbox { account: recipient, device };
                desk.store.hand_on(HandedOn { to, delivery: delivery.encode_to_vec() });
                desk.lane.offer(&to, delivery);
            }
        }
        Ok(_) | Err(StoreError::Refused(_)) => {}
        Err(StoreError::Failed(failure)) => error!(%failure, "a transient message was dropped"),
    }
    Ok(reply::Body::TransientTaken(pb::TransientTaken {}))
}

struct Verified {
    recipient: Account,
    list_version: u64,
    parcels: Vec<(DeviceId, Vec<u8>)>,
}

fn verify(request: pb::Transient) -> Result<Verified, Refused> {
    if request.parcels.len() > DEVICES {
        return Err(Refused::new(RefusalCode::Limit, "more parcels than an account has devices"));
    }
    if request.parcels.is_empty() {
        return Err(malformed("a message without parcels"));
    }
    let recipient = Account(array(&request.recipient, "recipient")?);
    let parcels = request.parcels.into_iter().map(parcel).collect::<Result<Vec<_>, _>>()?;
    if !parcels.is_sorted_by(|(left, _), (right, _)| left < right) {
        return Err(malformed("the devices are not in ascending order"));
    }
    Ok(Verified { recipient, list_version: request.list_version, parcels })
}

/// Only what a session makes for this lane, and only in its smallest size (RLY-34).
fn parcel(parcel: pb::Parcel) -> Result<(DeviceId, Vec<u8>), Refused> {
    let device = DeviceId::parse(parcel.device_id)?;
    let envelope: pb::Envelope = decode(&parcel.envelope)?;
    if envelope.payload.len() > TRANSIENT_BYTES {
        return Err(Refused::new(RefusalCode::Limit, "larger than a transient message is"));
    }
    let is_pairwise = envelope.kind == i32::from(EnvelopeKind::Pairwise);
    if !is_pairwise || envelope.payload.first() != Some(&KIND_TRANSIENT) {
        return Err(Malformed::Field("kind").into());
    }
    Ok((device, parcel.envelope))
}
