//! Reachability settings: signed by the device that publishes them.

use super::{Desk, certificate, verified};
use crate::{
    refused::Refused,
    store::{Mailbox, PublishedSettings, Store, StoreError},
};
use aside_identity::Settings;
use aside_wire::pb::{self, reply};
use std::{slice::from_ref, sync::Arc};

/// Checks settings against the certificate of the device on the connection, and lets them count (RLY-35).
pub(super) async fn publish(
    desk: &Desk,
    device: Mailbox,
    request: pb::PublishSettings,
) -> Result<reply::Body, StoreError> {
    desk.meter.statement(device.account)?;
    let list = desk.store.current_list(device.account).await?;
    let settings = verified(move || verify(device, &list, request.settings)).await?;
    desk.store.publish_settings(settings).await?;
    Ok(reply::Body::SettingsPublished(pb::SettingsPublished {}))
}

fn verify(device: Mailbox, list: &[u8], bytes: Vec<u8>) -> Result<PublishedSettings, StoreError> {
    let certificate = certificate(&device, list)?;
    let Settings { version, rules, .. } =
        Settings::verify(&bytes, from_ref(&certificate)).map_err(Refused::from)?;
    Ok(PublishedSettings { account: device.account, version, rules, bytes })
}

/// An account's own settings, for a device that has lost them.
pub(super) async fn fetch(store: &Arc<dyn Store>, device: Mailbox) -> Result<reply::Body, StoreError> {
    let settings = store.settings(device.account).await?;
    Ok(reply::Body::Settings(pb::Settings { settings }))
}
