//! The relay as a program.

use aside_relay::{Config, KeepDays, Proxies, Rates, Relay, RelayName, StartError};
use clap::{Parser, ValueEnum};
use std::{
    alloc::System,
    error::Error,
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};
use tracing_subscriber::EnvFilter;
use zeroizing_alloc::ZeroAlloc;

/// Memory is wiped when it is given back, so that mail that was fetched or is over does not lie around.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

/// Store and forward encrypted messages for people who are not online at the same time.
///
/// A relay needs one directory and one port. It stores handles, public keys and queues of envelopes; what is sent in
/// an encrypted chat it cannot read. Put a proxy with TLS before it, or use it on this machine only.
#[derive(Parser)]
#[command(name = "aside-relay", version, after_help = AFTER_HELP)]
struct Arguments {
    /// Directory for database and key; created for this user only if it is not there
    #[arg(long, env = "ASIDE_RELAY_DATA", value_name = "DIR")]
    data: PathBuf,

    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "ASIDE_RELAY_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8750")]
    listen: SocketAddr,

    /// Public name of the relay, which logins are bound to, like relay.example.org
    #[arg(long, env = "ASIDE_RELAY_NAME", value_name = "NAME", default_value = "localhost")]
    name: RelayName,

    /// Days that mail waits for a device that does not fetch it, 1 to 365; then it is deleted and overwritten
    #[arg(long, env = "ASIDE_RELAY_KEEP_DAYS", value_name = "DAYS", default_value_t)]
    keep_days: KeepDays,

    /// Proxies before the relay that say in X-Forwarded-For for whom they speak: how many, or their addresses; 0 for none
    #[arg(long, env = "ASIDE_RELAY_PROXIES", value_name = "PROXIES", default_value_t)]
    proxies: Proxies,

    /// So many times as much as usual may each account and each source do, 1 to 1000000; for a closed circle, or a measurement
    #[arg(long, env = "ASIDE_RELAY_RATE_FACTOR", value_name = "FACTOR", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate_factor: u32,

    /// Format of the log on standard error; RUST_LOG sets its level
    #[arg(long, env = "ASIDE_RELAY_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
}

const AFTER_HELP: &str = "\
Prints `listening on ws://ADDRESS/v1/connect` and the relay's public key once it accepts connections.
http://ADDRESS/health answers 200 while the store works. SIGINT or SIGTERM ends it: what was accepted is
answered first.

Exit codes: 0 stopped as asked, 1 could not start (the message says why and what to do), 2 wrong arguments.";

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log_to_stderr(arguments.log_format);
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nothing can be done if even this cannot be written.
            let _ = writeln!(io::stderr(), "aside-relay: {failure}.");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let Arguments { data, listen, name, keep_days, proxies, rate_factor, log_format: _ } = arguments;
    let config = Config {
        listen,
        name,
        keep: keep_days,
        proxies,
        rates: Rates::default().times(rate_factor),
        ..Config::new(data)
    };
    // Before anything is announced, so that no signal is missed.
    let shutdown = signal().map_err(|failure| format!("cannot wait for signals: {failure}"))?;
    let relay = Relay::bind(config).await.map_err(|failure: StartError| failure.to_string())?;
    announce(&relay).map_err(|failure| format!("cannot write to standard output: {failure}"))?;
    relay.run(shutdown).await.map_err(|failure| failure.to_string().into())
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
