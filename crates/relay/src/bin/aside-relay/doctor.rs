//! `doctor`: what would go wrong, and what to do about it.

mod stored;

use crate::output::{answer, complain, date};
use aside_relay::{Config, Place, Served, operate, settings::Settings};
use serde_json::json;
use std::{fs, io, net::SocketAddr, path::Path, process::ExitCode};
use tokio::net::TcpListener;

/// Bytes that must be free: what a busy hour and a checkpoint take.
const FREE_BYTES: u64 = 1024 * 1024 * 1024;
/// File descriptors beside those of connections.
const SPARE_FILES: u64 = 512;
/// A certificate that ends sooner should have been renewed.
const RENEWAL_MS: u64 = 14 * 24 * 60 * 60 * 1000;

/// How something is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ok,
    Warn,
    Bad,
}

/// One line of the examination: what, and what to do unless it is well.
struct Finding {
    state: State,
    what: &'static str,
    words: String,
}

fn ok(what: &'static str, words: impl Into<String>) -> Finding {
    Finding { state: State::Ok, what, words: words.into() }
}

fn warn(what: &'static str, words: impl Into<String>) -> Finding {
    Finding { state: State::Warn, what, words: words.into() }
}

fn bad(what: &'static str, words: impl Into<String>) -> Finding {
    Finding { state: State::Bad, what, words: words.into() }
}

/// Looks at everything; the exit code is 1 if something is bad.
pub(crate) async fn examine(settings: &Settings, file: Option<&Path>, json: bool) -> ExitCode {
    let config = &settings.config;
    let mut findings = vec![configuration(file), name(config)];
    findings.extend(directory(&config.data_dir));
    findings.extend(stored::examine(config).await);
    if !matches!(config.store, Place::Postgres(_)) {
        findings.push(disk(&config.data_dir));
    }
    findings.extend([port(config).await, tls(config), metrics(config), files(config)]);
    let worst = findings.iter().any(|finding| finding.state == State::Bad);
    let lines: Vec<_> = findings
        .iter()
        .map(|Finding { state, what, words }| format!("{:<5} {what:<14} {words}", word(*state)))
        .collect();
    let object: Vec<_> = findings
        .iter()
        .map(|Finding { state, what, words }| json!({ "state": word(*state), "what": what, "words": words }))
        .collect();
    if let Err(failure) = answer(json, &json!(object), &lines) {
        complain(&failure.to_string());
        return ExitCode::FAILURE;
    }
    if worst { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

const fn word(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Warn => "warn",
        State::Bad => "bad",
    }
}

fn configuration(file: Option<&Path>) -> Finding {
    match file {
        Some(file) => ok("configuration", format!("{} is understood", file.display())),
        None => ok("configuration", "without a file; flags and environment are understood"),
    }
}

fn name(config: &Config) -> Finding {
    if config.name.as_str() == "localhost" && !config.listen.ip().is_loopback() {
        bad(
            "name",
            "it is localhost, but others can connect: set --name before anybody registers, it cannot be changed later",
        )
    } else {
        ok("name", config.name.to_string())
    }
}

fn directory(path: &Path) -> Vec<Finding> {
    let data = match fs::metadata(path) {
        Ok(data) if data.is_dir() => data,
        Ok(_) => {
            return vec![bad(
                "directory",
                format!("{} is no directory: choose another with --data", path.display()),
            )];
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return vec![ok(
                "directory",
                format!("{} is not there; the first start creates it", path.display()),
            )];
        }
        Err(error) => {
            return vec![bad(
                "directory",
                format!("{}: {error}; run this as the relay's user", path.display()),
            )];
        }
    };
    let mut findings = Vec::new();
    let trial = path.join("doctor.tmp");
    match fs::write(&trial, b"").and_then(|()| fs::remove_file(&trial)) {
        Ok(()) => findings.push(ok("directory", format!("{} can be written to", path.display()))),
        Err(error) => findings.push(bad(
            "directory",
            format!(
                "{} cannot be written to ({error}): run this as the relay's user, or give it the directory",
                path.display()
            ),
        )),
    }
    if others_may(&data) {
        findings.push(bad("rights", format!("others may enter {0}: chmod 700 {0}", path.display())));
    }
    findings
}

#[cfg(unix)]
fn others_may(data: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&data.permissions()) & 0o077 != 0
}

#[cfg(not(unix))]
fn others_may(_: &fs::Metadata) -> bool {
    false
}

#[cfg(unix)]
fn disk(data: &Path) -> Finding {
    // The nearest directory that is there.
    let place = data.ancestors().find(|path| path.is_dir()).unwrap_or_else(|| Path::new("."));
    match rustix::fs::statvfs(place) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let mib = free / (1024 * 1024);
            if free < FREE_BYTES {
                bad(
                    "disk",
                    format!(
                        "{mib} MiB free: make room (db vacuum gives back what is unused), or the relay refuses mail"
                    ),
                )
            } else {
                ok("disk", format!("{mib} MiB free"))
            }
        }
        Err(error) => warn("disk", format!("{}: {error}", place.display())),
    }
}

#[cfg(not(unix))]
fn disk(_: &Path) -> Finding {
    warn("disk", "cannot be looked at here: see to it that 1 GiB is free")
}

async fn port(config: &Config) -> Finding {
    let address = config.listen;
    match TcpListener::bind(address).await {
        Ok(_) => ok("port", format!("{address} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && operate::is_running(&config.data_dir) => {
            ok("port", format!("{address} is in use, and so is the directory: the relay is running"))
        }
        Err(error) => not_free(address, &error),
    }
}

fn not_free(address: SocketAddr, error: &io::Error) -> Finding {
    if error.kind() == io::ErrorKind::PermissionDenied {
        warn(
            "port",
            format!(
                "{address} is not for this user by itself: the unit gives the right (CAP_NET_BIND_SERVICE); without it choose a port from 1024 on with --listen"
            ),
        )
    } else {
        bad("port", format!("{address}: {error}; choose another with --listen, or stop who uses it"))
    }
}

fn tls(config: &Config) -> Finding {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    match aside_relay::certificate(config) {
        Ok(None) if config.listen.ip().is_loopback() => ok("tls", "none: for a proxy, or this machine only"),
        Ok(None) => {
            warn("tls", "none, and others can connect: set tls.cert and tls.key, or let only a proxy in")
        }
        Ok(Some(served)) => certificate(&served, config.name.as_str(), now),
        Err(error) => bad("tls", format!("{error}")),
    }
}

fn certificate(served: &Served, name: &str, now: u64) -> Finding {
    let end = date(served.not_after);
    if served.not_after <= now {
        bad("tls", format!("the certificate ended on {end}: renew it"))
    } else if served.is_issuer {
        bad(
            "tls",
            "the certificate is one to issue others with, which clients refuse: have one made with CA:FALSE",
        )
    } else if served.not_after.saturating_sub(now) < RENEWAL_MS {
        warn("tls", format!("the certificate ends on {end}: renew it"))
    } else if !served.is_for(name) {
        let names = if served.names.is_empty() { "no name".to_owned() } else { served.names.join(", ") };
        warn(
            "tls",
            format!("the certificate is for {names}, and not for {name}: who says wss://{name} is refused"),
        )
    } else {
        ok("tls", format!("certificate and key agree; the certificate ends on {end}"))
    }
}

fn metrics(config: &Config) -> Finding {
    match config.metrics {
        None => ok("metrics", "nowhere; --metrics-listen 127.0.0.1:8751 shows them"),
        Some(address) if is_private(address) => ok("metrics", format!("on {address}")),
        Some(address) => warn(
            "metrics",
            format!("{address} may be reached by others: choose an address of this machine or network"),
        ),
    }
}

fn is_private(address: SocketAddr) -> bool {
    match address {
        SocketAddr::V4(address) => address.ip().is_loopback() || address.ip().is_private(),
        SocketAddr::V6(address) => address.ip().is_loopback() || address.ip().is_unique_local(),
    }
}

#[cfg(unix)]
fn files(config: &Config) -> Finding {
    let needed = u64::try_from(config.connections).unwrap_or(u64::MAX).saturating_add(SPARE_FILES);
    match rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        Some(limit) if limit < needed => warn(
            "files",
            format!(
                "{limit} may be open here, {needed} are needed: LimitNOFILE={needed} in the unit, ulimit -n elsewhere, or fewer --connections"
            ),
        ),
        Some(limit) => ok("files", format!("{limit} may be open")),
        None => ok("files", "any number may be open"),
    }
}

#[cfg(not(unix))]
fn files(_: &Config) -> Finding {
    ok("files", "not limited here")
}

#[cfg(test)]
#[path = "doctor_tests.rs"]
mod tests;
