//! Where the database server is, and what is told to get in.

use super::{ServerError, passfile, session::Driver};
use crate::tls::client;
use std::{
    env, fmt,
    net::IpAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio_postgres::{
    Client, Config, NoTls,
    config::{Host, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// For a connection to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For the server to confirm what was sent, before its machine counts as gone.
const SENT_TIMEOUT: Duration = Duration::from_secs(20);

/// A server, a database in it, and who asks for it. It shows itself without the password.
#[derive(Clone)]
pub(super) struct Server {
    config: Config,
    /// What the relay says to it is readable by nobody in between.
    tls: Option<MakeRustlsConnect>,
    /// How often it was found again by one of those who look for it.
    found: Arc<AtomicU64>,
}

impl Server {
    /// Reads a URL as `psql` takes it. A password that is not in it comes from `PGPASSWORD`, or from the password file.
    pub(super) fn parse(url: &str) -> Result<Self, ServerError> {
        let mut config: Config = url.parse().map_err(|_| ServerError::BadUrl)?;
        if config.get_dbname().is_none() || config.get_hosts().is_empty() {
            return Err(ServerError::BadUrl);
        }
        if config.get_user().is_none() {
            config.user(env::var("PGUSER").or_else(|_| env::var("USER")).unwrap_or_else(|_| "aside".into()));
        }
        if config.get_password().is_none()
            && let Some(password) = password(&config)?
        {
            config.password(password);
        }
        config.application_name("aside-relay").connect_timeout(CONNECT_TIMEOUT);
        config.tcp_user_timeout(SENT_TIMEOUT).keepalives_idle(Duration::from_secs(30));
        let mode = encryption(&config);
        config.ssl_mode(mode);
        let tls = (mode == SslMode::Require)
            .then(|| client().map(MakeRustlsConnect::new).map_err(ServerError::NoTls))
            .transpose()?;
        Ok(Self { config, tls, found: Arc::default() })
    }

    /// Another number after somebody has found it again: whoever waits before another attempt need not.
    pub(super) fn found(&self) -> u64 {
        self.found.load(Ordering::SeqCst)
    }

    /// It is there again.
    pub(super) fn find(&self) {
        self.found.fetch_add(1, Ordering::SeqCst);
    }

    /// Connects, and lets the connection run by itself.
    pub(super) async fn connect(&self, driver: Driver) -> Result<Client, ServerError> {
        match self.tls.clone() {
            Some(tls) => {
                let connecting = self.config.connect(tls).await;
                let (client, connection) = connecting.map_err(ServerError::of_connecting)?;
                tokio::spawn(driver.drive(connection));
                Ok(client)
            }
            None => {
                let connecting = self.config.connect(NoTls).await;
                let (client, connection) = connecting.map_err(ServerError::of_connecting)?;
                tokio::spawn(driver.drive(connection));
                Ok(client)
            }
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}@", self.config.get_user().unwrap_or_default())?;
        let ports = self.config.get_ports();
        for (place, host) in self.config.get_hosts().iter().enumerate() {
            let separator = if place == 0 { "" } else { "," };
            let port = ports.get(place).or_else(|| ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) => write!(f, "{separator}{name}:{port}")?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, "{separator}{}:{port}", path.display())?,
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}

/// What the URL says. Where it leaves that open, only what does not leave this machine goes in the clear.
fn encryption(config: &Config) -> SslMode {
    let named = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    let here = named && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
    match config.get_ssl_mode() {
        SslMode::Prefer if here => SslMode::Disable,
        SslMode::Prefer => SslMode::Require,
        said => said,
    }
}

/// What stands neither in the arguments of the process nor in a log.
fn password(config: &Config) -> Result<Option<String>, ServerError> {
    if let Ok(password) = env::var("PGPASSWORD") {
        return Ok(Some(password));
    }
    let named = env::var_os("PGPASSFILE").map(PathBuf::from);
    let Some(path) = named.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".pgpass"))) else {
        return Ok(None);
    };
    let ports = config.get_ports();
    for (place, host) in config.get_hosts().iter().enumerate() {
        let port = ports.get(place).or_else(|| ports.first()).copied().unwrap_or(5432);
        let host = match host {
            Host::Tcp(name) => name.as_str(),
            #[cfg(unix)]
            Host::Unix(_) => "localhost",
        };
        let (database, user) =
            (config.get_dbname().unwrap_or_default(), config.get_user().unwrap_or_default());
        let wanted = [host, &port.to_string(), database, user];
        if let Some(password) = passfile::look_up(&path, wanted)? {
            return Ok(Some(password));
        }
    }
    Ok(None)
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
