//! `db`: the database as a whole.

use crate::{
    arguments::DatabaseAction,
    output::{Failure, answer, date, row},
};
use aside_relay::{
    Config, Place, operate,
    settings::Settings,
    store::{Statistics, StoreError},
};
use serde_json::json;
use std::path::{Path, PathBuf};
use tokio::task::spawn_blocking;

/// What a restore means for people, so that nobody is surprised.
const RESTORED: &str = "\
Mail and accounts that came after the backup are gone. One-time prekeys that were handed out since will be handed out
again; whoever begins a session with one is refused by the other device, which asks for a new session by itself. Devices
that logged in since are let in, and fill up their prekeys. Numbers of new mail go on above all that were given.";

pub(crate) async fn act(settings: &Settings, action: DatabaseAction, json: bool) -> Result<(), Failure> {
    let data = settings.config.data_dir.clone();
    if let (Place::Postgres(_), false) = (&settings.config.store, matches!(action, DatabaseAction::Stats)) {
        return Err(
            "the database is on a server: use the server's own programs, like pg_dump and pg_amcheck".into(),
        );
    }
    match action {
        DatabaseAction::Check => {
            let findings = blocking(move || operate::check(&data)).await?;
            let words =
                if findings.is_empty() { vec!["the database is well".to_owned()] } else { findings.clone() };
            answer(json, &json!({ "findings": findings }), &words)?;
            if findings.is_empty() {
                Ok(())
            } else {
                Err("the database is damaged: stop the relay, keep the files, and restore a backup".into())
            }
        }
        DatabaseAction::Backup { file } => {
            let (from, to) = (data.clone(), file.clone());
            let bytes = blocking(move || operate::backup(&from, &to)).await?;
            let lines = [
                format!("backed up to {}, {bytes} bytes, checked", file.display()),
                format!("The key is not in it. Copy {} once, to another safe place.", key(&data).display()),
            ];
            answer(json, &json!({ "file": file, "bytes": bytes, "key": key(&data) }), &lines)
        }
        DatabaseAction::Restore { file, replace } => {
            let (from, to) = (file.clone(), data.clone());
            let bytes = blocking(move || operate::restore(&from, &to, replace)).await?;
            let mut lines = vec![format!("restored from {}, {bytes} bytes, checked", file.display())];
            if !key(&data).is_file() {
                lines.push(format!(
                    "There is no key at {}. Put the copy of it there: clients refuse another.",
                    key(&data).display()
                ));
            }
            lines.extend(RESTORED.lines().map(str::to_owned));
            answer(json, &json!({ "file": file, "bytes": bytes, "has_key": key(&data).is_file() }), &lines)
        }
        DatabaseAction::Stats => {
            let statistics = statistics(&settings.config).await?;
            answer(json, &object(&statistics), &lines(&statistics))
        }
        DatabaseAction::Vacuum => {
            let (before, after) = blocking(move || operate::vacuum(&data)).await?;
            let line = format!("{before} bytes before, {after} bytes now");
            answer(json, &json!({ "before": before, "after": after }), &[line])
        }
    }
}

fn key(data: &Path) -> PathBuf {
    data.join("relay.key")
}

async fn statistics(config: &Config) -> Result<Statistics, Failure> {
    let (store, closed) = operate::store(config).await.map_err(|error| error.to_string())?;
    let counted = store.statistics().await.map_err(|error: StoreError| error.to_string())?;
    drop(store);
    closed.wait().await;
    Ok(counted)
}

fn object(statistics: &Statistics) -> serde_json::Value {
    let Statistics { accounts, suspended, released, devices, messages, bytes, oldest, .. } = statistics;
    let Statistics { logs, entries, one_time_prekeys, disk, free, .. } = statistics;
    json!({
        "accounts": accounts, "suspended": suspended, "released": released, "devices": devices,
        "messages": messages, "bytes": bytes, "oldest": oldest, "logs": logs, "entries": entries,
        "one_time_prekeys": one_time_prekeys, "disk": disk, "free": free,
    })
}

fn lines(statistics: &Statistics) -> Vec<String> {
    let oldest = statistics.oldest.map_or_else(|| "–".to_owned(), date);
    vec![
        row("accounts", statistics.accounts),
        row("  suspended", statistics.suspended),
        row("  released, not free yet", statistics.released),
        row("devices", statistics.devices),
        row("messages waiting", statistics.messages),
        row("  bytes", statistics.bytes),
        row("  oldest accepted", oldest),
        row("logs of groups", statistics.logs),
        row("  entries", statistics.entries),
        row("one-time prekeys", statistics.one_time_prekeys),
        row("bytes on disk", statistics.disk),
        row("  of them free", statistics.free),
    ]
}

/// Runs what blocks where it holds up nothing.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, operate::OperateError> + Send + 'static,
) -> Result<T, Failure> {
    Ok(spawn_blocking(work).await?.map_err(|error| error.to_string())?)
}
