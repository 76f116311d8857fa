//! What an operator decides.

use crate::{limits, store::Capacity};
use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

/// Configuration of a relay.
#[derive(Debug, Clone)]
pub struct Config {
    /// The directory of database, key and lock; created if it is not there.
    pub data_dir: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The public name that registrations and logins are bound to.
    pub name: RelayName,
    /// WebSocket connections at a time.
    pub connections: usize,
    /// How much one mailbox may hold.
    pub mailbox: Capacity,
    /// How long mail waits that nobody fetches.
    pub keep: KeepDays,
    /// How long the relay waits for a client.
    pub timeouts: Timeouts,
    /// How much one account may do.
    pub rates: Rates,
}

/// How long the relay waits for a client before it cuts it off.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For the HTTP headers.
    pub headers: Duration,
    /// For a login.
    pub login: Duration,
    /// For silence before a ping.
    pub ping: Duration,
    /// For silence before the connection counts as dead.
    pub dead_peer: Duration,
    /// For a client that does not read.
    pub write: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            headers: limits::HEADER_TIMEOUT,
            login: limits::LOGIN_TIMEOUT,
            ping: limits::PING_INTERVAL,
            dead_peer: limits::DEAD_PEER,
            write: limits::WRITE_TIMEOUT,
        }
    }
}

/// How much one account may do, over all its connections (RLY-30).
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Entries it appends.
    pub appends: Rate,
    /// KiB of entries it appends, each counted as at least one.
    pub appended_kib: Rate,
    /// Logs it begins.
    pub logs: Rate,
    /// Devices it fans out to.
    pub fanned_out: Rate,
    /// Transient messages it hands over.
    pub transients: Rate,
    /// Settings and declarations it publishes.
    pub statements: Rate,
}

/// So many at once after a pause, and one more each time this long has passed.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// Until there is room for one more.
    pub each: Duration,
}

impl Default for Rates {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        let day = 24 * 60 * minute;
        Self {
            appends: Rate { burst: limits::APPENDS, each: minute / limits::APPENDS_PER_MINUTE },
            appended_kib: Rate {
                burst: limits::APPENDED_KIB,
                each: minute / limits::APPENDED_KIB_PER_MINUTE,
            },
            logs: Rate { burst: limits::LOGS_PER_DAY, each: day / limits::LOGS_PER_DAY },
            fanned_out: Rate { burst: limits::FANNED_OUT, each: minute / limits::FANNED_OUT_PER_MINUTE },
            transients: Rate { burst: limits::TRANSIENTS, each: minute / limits::TRANSIENTS_PER_MINUTE },
            statements: Rate { burst: limits::STATEMENTS, each: 60 * minute / limits::STATEMENTS_PER_HOUR },
        }
    }
}

impl Config {
    /// A relay for development: a free port on this machine, named `localhost`.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            name: RelayName("localhost".to_owned()),
            connections: limits::CONNECTIONS,
            mailbox: Capacity::default(),
            keep: KeepDays::default(),
            timeouts: Timeouts::default(),
            rates: Rates::default(),
        }
    }
}

/// The longest that mail waits for its device, in days: 1 to 365 (RLY-42).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepDays(u16);

/// The text is no number of days that mail can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("mail is kept for 1 to 365 days")]
pub struct BadKeepDays;

impl KeepDays {
    /// The days.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl Default for KeepDays {
    fn default() -> Self {
        Self(limits::KEEP_DAYS)
    }
}

impl FromStr for KeepDays {
    type Err = BadKeepDays;

    fn from_str(text: &str) -> Result<Self, BadKeepDays> {
        match text.parse() {
            Ok(days) if (1..=limits::KEEP_DAYS_MOST).contains(&days) => Ok(Self(days)),
            _ => Err(BadKeepDays),
        }
    }
}

impl fmt::Display for KeepDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A relay's public name: 1 to 253 of lower-case letters, digits, `.`, `-` and `:` (RLY-1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayName(String);

/// The text is no relay name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a relay's name has 1 to 253 of a–z, 0–9, '.', '-' and ':', like relay.example.org")]
pub struct BadName;

impl RelayName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RelayName {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:".contains(&byte);
        if (1..=253).contains(&text.len()) && text.bytes().all(valid) {
            Ok(Self(text.into()))
        } else {
            Err(BadName)
        }
    }
}

impl fmt::Display for RelayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
