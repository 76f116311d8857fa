//! The relay's key, its database, and the clock beside what is noted there.

use super::{Finding, bad, ok, others_may, warn};
use crate::output::date;
use aside_relay::{
    Config, Place,
    operate::{self, Look, OperateError},
};
use std::{fs, io, path::Path};

/// Milliseconds since 1970 of 2026-01-01: no clock that is right says less.
const BUILT_AFTER: u64 = 1_767_225_600_000;
/// A clock this far behind what the relay noted has been set back.
const BACK_MS: u64 = 60_000;

/// Looks at everything that lasts.
pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let data = &config.data_dir;
    let is_on_server = matches!(config.store, Place::Postgres(_));
    let (database, look) = if is_on_server { on_server(config).await } else { in_file(data) };
    let has_database = if is_on_server { look.is_some() } else { data.join("relay.db").exists() };
    let mut findings = vec![key(config, has_database), database];
    findings.extend(look.as_ref().map(schema));
    findings.push(clock(look.and_then(|look| look.noted)));
    findings
}

fn key(config: &Config, has_database: bool) -> Finding {
    let own = config.data_dir.join("relay.key");
    let path = config.key_file.as_ref().unwrap_or(&own);
    match fs::File::open(path).and_then(|key| key.metadata()) {
        Ok(key) if key.len() != 32 => bad(
            "key",
            format!("{} is not 32 bytes: restore the copy, clients refuse another key", path.display()),
        ),
        Ok(key) if others_may(&key) => {
            bad("key", format!("others may read it: chmod 600 {}", path.display()))
        }
        Ok(_) => ok("key", "there, and its owner's only; have you copied it to another safe place?"),
        Err(error) if error.kind() == io::ErrorKind::NotFound && has_database => bad(
            "key",
            format!(
                "{} is missing beside a database: restore the copy, clients refuse another key",
                path.display()
            ),
        ),
        Err(error) if error.kind() == io::ErrorKind::NotFound && config.key_file.is_none() => {
            ok("key", "the first start draws it")
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => bad(
            "key",
            format!(
                "{} is not there: draw it once for all nodes (openssl rand 32), for this user only",
                path.display()
            ),
        ),
        Err(error) => bad(
            "key",
            format!(
                "{}: {error}; it must be the relay's user's, and so must whoever runs this",
                path.display()
            ),
        ),
    }
}

fn in_file(data: &Path) -> (Finding, Option<Look>) {
    match operate::look(data) {
        Ok(look) => (ok("database", "the quick check finds nothing"), Some(look)),
        Err(OperateError::NoDatabase(_)) => (ok("database", "the first start creates it"), None),
        Err(error) => {
            let words = format!("{error}; stop the relay, keep the files, and restore a backup (db restore)");
            (bad("database", words), None)
        }
    }
}

async fn on_server(config: &Config) -> (Finding, Option<Look>) {
    match operate::look_on_server(config).await {
        Ok(Some(look)) => (ok("database", "the server answers, and keeps what it reports"), Some(look)),
        Ok(None) => (ok("database", "the server answers; the first start makes the tables"), None),
        Err(error) => (bad("database", error.to_string()), None),
    }
}

fn schema(look: &Look) -> Finding {
    if look.schema < look.newest {
        warn(
            "schema",
            format!(
                "{} moves on to {} at the next start, and not back: make a backup before",
                look.schema, look.newest
            ),
        )
    } else {
        ok("schema", look.schema.to_string())
    }
}

fn clock(noted: Option<u64>) -> Finding {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    match noted {
        _ if now < BUILT_AFTER => {
            bad("clock", format!("it says {}: set it (chrony, systemd-timesyncd)", date(now)))
        }
        Some(noted) if noted > now.saturating_add(BACK_MS) => {
            bad("clock", format!("it says {}, but the relay has noted {}: set it", date(now), date(noted)))
        }
        _ => ok("clock", date(now)),
    }
}
