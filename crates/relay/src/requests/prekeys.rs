//! Prekeys: verified when they come in, so that no initiator is handed rubbish.

use super::{Desk, certificate, verified};
use crate::{
    clock::now,
    refused::Refused,
    store::{Account, Bundle, Mailbox, StoreError, Upload, UploadedPrekey},
};
use aside_identity::{Certificate, DeviceId, Prekey, PrekeyKind};
use aside_wire::{
    array,
    limits::ONE_TIME_PREKEYS,
    pb::{self, RefusalCode, reply},
};

pub(super) async fn publish(
    desk: &Desk,
    owner: Mailbox,
    request: pb::PublishPrekeys,
) -> Result<reply::Body, StoreError> {
    if request.one_time.len() > ONE_TIME_PREKEYS {
        return Err(Refused::new(RefusalCode::Limit, "too many one-time prekeys in one upload").into());
    }
    // RLY-110: before any of them costs a look.
    let signed = usize::from(!request.signed_prekey.is_empty());
    desk.meter.publish(owner, request.one_time.len().saturating_add(signed))?;
    let list = desk.store.current_list(owner.account).await?;
    let upload = verified(move || verify(owner, &list, request, now())).await?;
    let one_time_prekeys = desk.store.publish_prekeys(upload).await?;
    Ok(reply::Body::PrekeysPublished(pb::PrekeysPublished { one_time_prekeys }))
}

/// Checks each prekey against the device's certificate (RLY-20).
fn verify(owner: Mailbox, list: &[u8], request: pb::PublishPrekeys, now: u64) -> Result<Upload, StoreError> {
    let certificate = &certificate(&owner, list)?;
    let signed = match request.signed_prekey {
        bytes if bytes.is_empty() => None,
        bytes => Some(prekey(bytes, certificate, PrekeyKind::Signed, now)?),
    };
    let one_time = request
        .one_time
        .into_iter()
        .map(|bytes| prekey(bytes, certificate, PrekeyKind::OneTime, now))
        .collect::<Result<_, _>>()?;
    Ok(Upload { owner, signed, one_time, now })
}

fn prekey(
    bytes: Vec<u8>,
    certificate: &Certificate,
    kind: PrekeyKind,
    now: u64,
) -> Result<UploadedPrekey, Refused> {
    let prekey = Prekey::verify(&bytes, certificate, kind, now)?;
    Ok(UploadedPrekey {
        id: prekey.id,
        not_after: prekey.not_after,
        agreement_key: *prekey.agreement_key.as_bytes(),
        bytes,
    })
}

pub(super) async fn fetch(
    desk: &Desk,
    asker: Mailbox,
    request: pb::FetchPrekeys,
) -> Result<reply::Body, StoreError> {
    let account = Account(array(&request.account_key, "account_key").map_err(Refused::from)?);
    let device = DeviceId::parse(request.device_id).map_err(Refused::from)?;
    let of = Mailbox { account, device };
    desk.meter.bundle(asker.account, of)?;
    // Whoever may not begin a session must not use up what others need for that (RLY-36, threat H2).
    desk.store.session_reach(asker.account, account).await?;
    // RLY-71: when many ask, the signed prekey goes alone, and the device stays within reach.
    let bundle = if desk.meter.one_time(of, desk.store.nodes()) {
        desk.store.take_prekeys(of, now())
    } else {
        desk.store.signed_prekey(of, now())
    };
    let Bundle { signed, one_time } = bundle.await?;
    Ok(reply::Body::Prekeys(pb::Prekeys { signed_prekey: signed, one_time: one_time.unwrap_or_default() }))
}
