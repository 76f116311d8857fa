//! `run`: serves until it is told to end.

use crate::{notify, output::Failure};
use aside_relay::{
    Relay, StartError,
    settings::{LogFormat, Settings},
};
use std::{
    io::{self, IsTerminal, Write},
    path::Path,
};
use tracing::info;
use tracing_subscriber::EnvFilter;

pub(crate) async fn run(settings: Settings, file: Option<&Path>) -> Result<(), Failure> {
    log_to_stderr(settings.log_format);
    // Before anything is announced, so that no signal is missed.
    let shutdown = signal().map_err(|failure| format!("cannot wait for signals: {failure}"))?;
    let relay = Relay::bind(settings.clone().into_config())
        .await
        .map_err(|failure: StartError| failure.to_string())?;
    renew_on_signal(&relay).map_err(|failure| format!("cannot wait for signals: {failure}"))?;
    tell(&settings, file);
    announce(&relay).map_err(|failure| format!("cannot write to standard output: {failure}"))?;
    notify::ready().map_err(|failure| format!("cannot say on NOTIFY_SOCKET that it is ready: {failure}"))?;
    relay.run(shutdown).await.map_err(|failure| failure.to_string().into())
}

/// Logs what is not as it comes, and where it was set.
fn tell(settings: &Settings, file: Option<&Path>) {
    if let Some(file) = file {
        info!(file = %file.display(), "configured");
    }
    for ((setting, value, origin), (_, default, _)) in settings.shown().zip(Settings::default().shown()) {
        if let (Some(value), true) = (&value, value != default) {
            info!(setting = setting.key, %value, from = %origin, "set");
        }
    }
}

/// Tells the address, with the real port, and the key, for those who started the relay.
fn announce(relay: &Relay) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {}", relay.url())?;
    write!(out, "relay key ")?;
    relay.key().as_bytes().iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
    writeln!(out)?;
    out.flush()
}

#[cfg(unix)]
fn signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
    })
}

#[cfg(not(unix))]
fn signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// SIGHUP: looks at the certificate at once; without one it does nothing.
#[cfg(unix)]
fn renew_on_signal(relay: &Relay) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    let renewal = relay.renewal();
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            renewal.notify_one();
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn renew_on_signal(_: &Relay) -> io::Result<()> {
    Ok(())
}

fn log_to_stderr(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
