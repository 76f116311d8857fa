//! `account`: what an operator decides about one.

use crate::{
    arguments::{AccountAction, Named, capacity},
    output::{Failure, answer, date, hex, row},
};
use aside_identity::Handle;
use aside_relay::{
    operate,
    settings::Settings,
    store::{AccountSummary, Store, StoreError},
};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

pub(crate) async fn act(settings: &Settings, action: AccountAction, json: bool) -> Result<(), Failure> {
    let (store, closed) = operate::store(&settings.config).await.map_err(|error| error.to_string())?;
    let outcome = decide(store.as_ref(), action, json).await;
    drop(store);
    closed.wait().await;
    outcome
}

async fn decide(store: &dyn Store, action: AccountAction, json: bool) -> Result<(), Failure> {
    let handle = match action {
        AccountAction::Show(Named { handle }) => handle,
        AccountAction::Suspend(Named { handle }) => {
            store.suspend(handle.clone(), Some(now())).await.map_err(explained)?;
            handle
        }
        AccountAction::Unsuspend(Named { handle }) => {
            store.suspend(handle.clone(), None).await.map_err(explained)?;
            handle
        }
        AccountAction::Release { named: Named { handle }, days, undo } => {
            if undo {
                store.reinstate(handle.clone()).await.map_err(explained)?;
            } else {
                let quarantine = days.saturating_mul(DAY_MS);
                store.release(handle.clone(), now(), quarantine).await.map_err(explained)?;
            }
            handle
        }
        AccountAction::Capacity { named: Named { handle }, messages, bytes, default: _ } => {
            store.set_capacity(handle.clone(), capacity(messages, bytes)).await.map_err(explained)?;
            handle
        }
    };
    let summary = store.account_summary(handle.clone()).await.map_err(explained)?;
    answer(json, &object(&handle, &summary), &lines(&handle, &summary))
}

fn explained(error: StoreError) -> String {
    match error {
        StoreError::Refused(_) => {
            "no account has this handle; was it released, and is it free again?".to_owned()
        }
        StoreError::Failed(failure) => failure.to_string(),
    }
}

fn object(handle: &Handle, summary: &AccountSummary) -> Value {
    let AccountSummary { account, suspended_at, free_at, capacity, devices } = summary;
    let devices: Vec<_> = devices
        .iter()
        .map(|device| {
            json!({
                "device": device.device.number(), "messages": device.messages, "bytes": device.bytes,
                "one_time_prekeys": device.one_time_prekeys,
            })
        })
        .collect();
    json!({
        "handle": handle.as_str(),
        "account": hex(&account.0),
        "suspended_at": suspended_at,
        "free_at": free_at.map(|passed| passed.0),
        "capacity": capacity.map(|room| json!({ "messages": room.messages, "bytes": room.bytes })),
        "devices": devices,
    })
}

fn lines(handle: &Handle, summary: &AccountSummary) -> Vec<String> {
    let standing = match (summary.free_at, summary.suspended_at) {
        (Some(free_at), _) => format!("released; the handle is free on {}", date(free_at.0)),
        (None, Some(at)) => format!("suspended since {}", date(at)),
        (None, None) => "in good standing".to_owned(),
    };
    let room = summary.capacity.map_or_else(
        || "as everybody's".to_owned(),
        |room| format!("{} messages, {} bytes", room.messages, room.bytes),
    );
    let mut lines = vec![
        row("handle", handle),
        row("account key", hex(&summary.account.0)),
        row("standing", standing),
        row("each mailbox may hold", room),
    ];
    for device in &summary.devices {
        lines.push(row(
            &format!("device {}", device.device.number()),
            format!(
                "{} messages, {} bytes waiting; {} one-time prekeys",
                device.messages, device.bytes, device.one_time_prekeys
            ),
        ));
    }
    lines
}

fn now() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
