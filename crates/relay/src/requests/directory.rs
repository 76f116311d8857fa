//! Who is behind a handle, and with which devices.

use super::{Desk, register::parse_handle};
use crate::{
    refused::Refused,
    store::{Account, Directory, Mailbox, Store, StoreError},
};
use aside_wire::{
    array,
    pb::{self, reply},
};
use std::sync::Arc;

pub(super) async fn resolve(
    desk: &Desk,
    asker: Mailbox,
    request: pb::Resolve,
) -> Result<reply::Body, StoreError> {
    let handle = parse_handle(&request.handle)?;
    // RLY-73: before anybody looks whether there is one.
    desk.meter.resolve(asker.account)?;
    let directory = desk.store.resolve(handle).await?;
    devices(&desk.store, asker, directory).await
}

pub(super) async fn fetch(
    store: &Arc<dyn Store>,
    asker: Mailbox,
    request: pb::FetchDevices,
) -> Result<reply::Body, StoreError> {
    let account = Account(array(&request.account_key, "account_key").map_err(Refused::from)?);
    let directory = store.lists_after(account, request.known_version).await?;
    devices(store, asker, directory).await
}

/// The devices, with what the two have declared to each other (RLY-40).
async fn devices(
    store: &Arc<dyn Store>,
    asker: Mailbox,
    directory: Directory,
) -> Result<reply::Body, StoreError> {
    let Directory { handle, account, lists } = directory;
    let declarations = store.declarations_between(asker.account, account).await?;
    Ok(reply::Body::Devices(pb::Devices { handle, account_key: account.0.to_vec(), lists, declarations }))
}
