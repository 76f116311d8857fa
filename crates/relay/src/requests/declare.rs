//! Declarations: an account wants to be reached by another only encrypted.

use super::{Desk, certificate, verified};
use crate::{
    refused::Refused,
    store::{Account, Declaration, Mailbox, StoreError},
};
use aside_identity as identity;
use aside_wire::pb::{self, reply};

/// Checks a declaration against the certificate of the device on the connection, and lets it count (RLY-38).
pub(super) async fn declare(
    desk: &Desk,
    device: Mailbox,
    request: pb::Declare,
) -> Result<reply::Body, StoreError> {
    desk.meter.statement(device.account)?;
    let list = desk.store.current_list(device.account).await?;
    let declaration = verified(move || verify(device, &list, request.declaration)).await?;
    desk.store.declare(declaration).await?;
    Ok(reply::Body::Declared(pb::Declared {}))
}

fn verify(device: Mailbox, list: &[u8], bytes: Vec<u8>) -> Result<Declaration, StoreError> {
    let certificate = certificate(&device, list)?;
    let identity::Declaration { peer, version, .. } =
        identity::Declaration::verify(&bytes, &certificate).map_err(Refused::from)?;
    Ok(Declaration { declarer: device.account, peer: Account::from(&peer), version, bytes })
}
