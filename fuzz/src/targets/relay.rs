//! What travels between client and relay.

use crate::{targets::strict, world::world};
use aside_identity::{AccountKey, DeviceId, DeviceList, Handle, Prekey, PrekeyKind, proof::Challenge};
use aside_primitives::Signature;
use aside_testkit::person::NOW;
use aside_wire::{decode, packet::Packet, pb};

/// Frames decode to what they say or are refused, and the checks that a relay runs on a request, and a client on a
/// reply, hold for whatever is in it.
///
/// What the relay decides, behind its socket and its database, is `relay_live`'s; here the same decoders and verifiers are
/// called in its order, a thousand times as fast.
pub fn relay_frames(data: &[u8]) {
    strict::each(data);
    if let Ok(pb::Request { body: Some(body), .. }) = decode::<pb::Request>(data) {
        request(body);
    }
    if let Ok(pb::Reply { body: Some(body), .. }) = decode::<pb::Reply>(data) {
        reply(body);
    }
}

fn request(body: pb::request::Body) {
    use pb::request::Body;
    match body {
        Body::Register(pb::Register { handle, account_key, device_list, signature, .. }) => {
            let (Ok(handle), Ok(account)) = (Handle::parse(&handle), AccountKey::parse(&account_key)) else {
                return;
            };
            let _ = DeviceList::verify(&device_list, &account);
            if let Some(signature) = Signature::from_slice(&signature) {
                let relay_key = world().bob.account.verifying_key();
                let challenge = Challenge { relay_name: "relay", relay_key: &relay_key, nonce: &[7; 32] };
                let verified = challenge.verify_register(&account, &handle, &device_list, &signature);
                assert!(verified.is_err(), "a registration that nobody signed");
            }
        }
        Body::PublishPrekeys(pb::PublishPrekeys { signed_prekey, one_time, .. }) => {
            let owner = &world().bob.certificate;
            let _ = Prekey::verify(&signed_prekey, owner, PrekeyKind::Signed, NOW);
            for prekey in one_time {
                let _ = Prekey::verify(&prekey, owner, PrekeyKind::OneTime, NOW);
            }
        }
        Body::Send(pb::Send { parcels, .. }) => {
            for pb::Parcel { device_id, envelope } in parcels {
                let _ = DeviceId::parse(device_id);
                opened(&envelope);
            }
        }
        _ => {}
    }
}

fn reply(body: pb::reply::Body) {
    use pb::reply::Body;
    match body {
        Body::Devices(pb::Devices { account_key, lists, handle, .. }) => {
            let _ = Handle::parse(&handle);
            let Ok(account) = AccountKey::parse(&account_key) else { return };
            let mut known = None;
            for list in lists.iter().filter_map(|list| DeviceList::verify(list, &account).ok()) {
                known = match known {
                    None => Some(list),
                    Some(known) => DeviceList::succeed(&known, list).ok(),
                };
            }
        }
        Body::Prekeys(pb::Prekeys { signed_prekey, one_time }) => {
            let owner = &world().bob.certificate;
            let _ = Prekey::verify(&signed_prekey, owner, PrekeyKind::Signed, NOW);
            let _ = Prekey::verify(&one_time, owner, PrekeyKind::OneTime, NOW);
        }
        Body::Delivery(pb::Delivery { envelope, .. }) => opened(&envelope),
        _ => {}
    }
}

fn opened(envelope: &[u8]) {
    if let Ok(pb::Envelope { payload, .. }) = decode::<pb::Envelope>(envelope) {
        let _ = Packet::parse(&payload);
    }
}
