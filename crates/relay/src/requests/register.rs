//! Registration: a handle for an account.

use super::{Desk, Session, malformed, verified};
use crate::{
    refused::Refused,
    store::{Account, KeyUse, PublicKey, Registration, StoreError},
};
use aside_identity::{AccountKey, DeviceId, DeviceList, Handle, proof::Challenge};
use aside_primitives::Signature;
use aside_wire::{
    array,
    pb::{self, RefusalCode, reply},
};

pub(super) async fn register(
    desk: &Desk,
    session: &mut Session,
    request: pb::Register,
) -> Result<reply::Body, StoreError> {
    session.try_register()?;
    if let Some(source) = session.source {
        desk.meter.registration(source)?;
    }
    let (name, key, nonce) = (desk.name.clone(), desk.key, session.nonce);
    let registration = verified(move || {
        let challenge = Challenge { relay_name: name.as_str(), relay_key: &key, nonce: &nonce };
        Ok(verify(&challenge, request)?)
    })
    .await?;
    desk.store.register(registration).await?;
    Ok(reply::Body::Registered(pb::Registered {}))
}

/// Checks everything that does not depend on what is stored (RLY-3).
fn verify(challenge: &Challenge<'_>, request: pb::Register) -> Result<Registration, Refused> {
    let handle = parse_handle(&request.handle)?;
    let account =
        AccountKey::parse(&request.account_key).map_err(|_| malformed("the account key is refused"))?;
    let signature = Signature(array(&request.signature, "signature")?);
    // The signature first: it is cheaper than the list, and an anonymous client can ask for it.
    challenge
        .verify_register(&account, &handle, &request.device_list, &signature)
        .map_err(|_| Refused::new(RefusalCode::Signature, "the registration's signature does not verify"))?;
    let list = DeviceList::verify(&request.device_list, &account)?;
    if list.reference().version != 1 {
        return Err(malformed("the first device list has version 1"));
    }
    Ok(Registration {
        handle,
        account: Account::from(&account),
        devices: list.certificates().iter().map(|certificate| certificate.device).collect(),
        keys: keys(&account, &list),
        list: request.device_list,
    })
}

/// The keys that must be new to this relay (RLY-6, threat P11).
fn keys(account: &AccountKey, list: &DeviceList) -> Vec<PublicKey> {
    let first = list.certificates().first().map_or(DeviceId::FIRST, |certificate| certificate.device);
    let mut keys = vec![PublicKey { device: first, key_use: KeyUse::Account, key: *account.as_bytes() }];
    for certificate in list.certificates() {
        let device = certificate.device;
        let (signing, agreement) = (&certificate.signing_key, &certificate.agreement_key);
        keys.push(PublicKey { device, key_use: KeyUse::DeviceSigning, key: *signing.as_bytes() });
        keys.push(PublicKey { device, key_use: KeyUse::DeviceAgreement, key: *agreement.as_bytes() });
    }
    keys
}

/// A handle as it travels: without `@`.
pub(super) fn parse_handle(text: &str) -> Result<Handle, Refused> {
    let handle = Handle::parse(text).ok().filter(|handle| handle.as_str() == text);
    handle.ok_or(Refused::new(RefusalCode::BadHandle, "not a valid handle"))
}
