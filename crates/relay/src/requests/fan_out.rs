//! Fanning out: one message for the devices of many accounts.

use super::{Desk, Sender, malformed};
use crate::{
    clock::now,
    refused::Refused,
    store::{Account, FanOut, FannedOut, Mailbox, Passed, StoreError},
};
use aside_identity::DeviceId;
use aside_wire::{
    Malformed, array, decode, keep,
    limits::GROUP_DEVICES,
    pb::{self, EnvelopeKind, RefusalCode, reply},
};
use futures_util::{FutureExt, TryFutureExt, future::BoxFuture};

/// Checks a message and gives it its place in the order of writes (RLY-29).
pub(super) fn fan_out(
    desk: &Desk,
    sender: Sender,
    request: pb::FanOut,
) -> Result<BoxFuture<'static, Result<reply::Body, StoreError>>, Refused> {
    // ENV-6.
    let until = desk.keeping.until(keep::parse(request.keep)?);
    let message = verify(sender, request, (now(), desk.keeping.passing.now()), until)?;
    desk.meter.fan_out(&message)?;
    Ok(desk.store.fan_out(message).map_ok(fanned_out).boxed())
}

fn verify(
    sender: Sender,
    request: pb::FanOut,
    (now, passed): (u64, Passed),
    until: Passed,
) -> Result<FanOut, Refused> {
    let client_id = array(&request.client_id, "client_id")?;
    let recipients = recipients(sender.device, &request.recipients)?;
    if recipients.is_empty() {
        return Err(malformed("a message for nobody"));
    }
    // Like a parcel's (ENV-2 to ENV-6); a notice of an entry is the relay's to make.
    let envelope: pb::Envelope = decode(&request.envelope)?;
    match EnvelopeKind::try_from(envelope.kind) {
        Ok(EnvelopeKind::Group) => {
            let Sender { device: sender, generation } = sender;
            let envelope = request.envelope;
            Ok(FanOut { sender, generation, client_id, recipients, envelope, now, passed, until })
        }
        _ => Err(Malformed::Field("kind").into()),
    }
}

/// The devices that get something: at most [`GROUP_DEVICES`], in strictly ascending order, so that none gets it twice,
/// and without the one that sends (RLY-31).
pub(super) fn recipients(sender: Mailbox, named: &[pb::Recipient]) -> Result<Vec<Mailbox>, Refused> {
    let devices = named.iter().fold(0usize, |sum, recipient| sum.saturating_add(recipient.devices.len()));
    if devices > GROUP_DEVICES {
        return Err(Refused::new(RefusalCode::Limit, "more recipients than a group has devices"));
    }
    let mut mailboxes: Vec<Mailbox> = Vec::with_capacity(devices);
    for recipient in named {
        let account = Account(array(&recipient.account_key, "account_key")?);
        if recipient.devices.is_empty() || mailboxes.last().is_some_and(|last| last.account >= account) {
            return Err(malformed("accounts without devices, or not in ascending order"));
        }
        for number in &recipient.devices {
            mailboxes.push(Mailbox { account, device: DeviceId::parse(u32::from(*number))? });
        }
    }
    if !mailboxes.is_sorted_by(|left, right| left < right) {
        return Err(malformed("the devices are not in ascending order"));
    }
    if mailboxes.binary_search(&sender).is_ok() {
        return Err(malformed("the sending device is among the recipients"));
    }
    Ok(mailboxes)
}

/// The answer.
pub(super) fn fanned_out(outcome: FannedOut) -> reply::Body {
    let missed = outcome.missed.iter().map(|missed| pb::Missed {
        account_key: missed.mailbox.account.0.to_vec(),
        device_id: missed.mailbox.device.number(),
        code: missed.code.into(),
    });
    reply::Body::FannedOut(pb::FannedOut { accepted_at: outcome.accepted_at, missed: missed.collect() })
}
