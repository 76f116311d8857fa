//! Who is behind a handle, and with which devices.

use super::register::parse_handle;
use crate::{
    refused::Refused,
    store::{Account, Directory, Store, StoreError},
};
use aside_wire::{
    array,
    pb::{self, reply},
};
use std::sync::Arc;

pub(super) async fn resolve(store: &Arc<dyn Store>, request: pb::Resolve) -> Result<reply::Body, StoreError> {
    store.resolve(parse_handle(&request.handle)?).await.map(devices)
}

pub(super) async fn fetch(
    store: &Arc<dyn Store>,
    request: pb::FetchDevices,
) -> Result<reply::Body, StoreError> {
    let account = Account(array(&request.account_key, "account_key").map_err(Refused::from)?);
    store.lists_after(account, request.known_version).await.map(devices)
}

fn devices(directory: Directory) -> reply::Body {
    let Directory { handle, account, lists } = directory;
    reply::Body::Devices(pb::Devices { handle, account_key: account.0.to_vec(), lists })
}
