//! Login: which device is on the connection.

use super::{Desk, Session, certificate, verified};
use crate::{
    alias::Alias,
    clock::now,
    refused::Refused,
    store::{Account, LoggedIn, Mailbox, PrekeyStatus, StoreError},
};
use aside_identity::{Address, Certificate, DeviceId, Generation, proof::Challenge};
use aside_primitives::Signature;
use aside_wire::{
    array,
    pb::{self, RefusalCode, reply},
};
use tracing::info;

pub(super) async fn login(
    desk: &Desk,
    session: &mut Session,
    request: pb::Login,
) -> Result<reply::Body, StoreError> {
    session.try_login()?;
    let device = DeviceId::parse(request.device_id).map_err(Refused::from)?;
    let signature = Signature(array(&request.signature, "signature").map_err(Refused::from)?);
    let account = Account(array(&request.account_key, "account_key").map_err(Refused::from)?);
    let store = Generation::parse(request.store.as_ref()).map_err(Refused::from)?;
    let mailbox = Mailbox { account, device };
    let list = desk.store.current_list(account).await?;

    let (name, key, nonce) = (desk.name.clone(), desk.key, session.nonce);
    verified(move || {
        let challenge = Challenge { relay_name: name.as_str(), relay_key: &key, nonce: &nonce };
        verify(&challenge, &mailbox, &store, &list, &signature)
    })
    .await?;

    let LoggedIn { generation, acknowledged } = desk.store.log_in(mailbox, store).await?;
    let time = now();
    let PrekeyStatus { one_time, signed_not_after } = desk.store.prekey_status(mailbox, time).await?;
    session.logged_in(mailbox, generation);
    info!(device = %Alias::of(&mailbox), "logged in");
    Ok(reply::Body::LoggedIn(pb::LoggedIn {
        relay_time: time,
        one_time_prekeys: one_time,
        signed_prekey_not_after: signed_not_after,
        generation,
        acknowledged,
    }))
}

/// Checks the signature with the key in the device's certificate, in the list that counts now (RLY-4, threat T9).
fn verify(
    challenge: &Challenge<'_>,
    mailbox: &Mailbox,
    store: &Generation,
    list: &[u8],
    signature: &Signature,
) -> Result<(), StoreError> {
    let Certificate { account, device, signing_key, .. } = certificate(mailbox, list)?;
    Ok(challenge
        .verify_login(&Address { account, device }, store, &signing_key, signature)
        .map_err(|_| Refused::new(RefusalCode::Signature, "the login's signature does not verify"))?)
}
