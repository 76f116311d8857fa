//! What an operator decides.

use crate::{limits, place::Place, source::Proxies, store::Capacity};
use aside_identity::{Pace, Parameters};
use aside_wire::limits::FRAME_BYTES;
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
    /// Where it keeps what it remembers.
    pub store: Place,
    /// The file of its long-term key, if not in that directory; nodes that share a store share the key.
    pub key_file: Option<PathBuf>,
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
    /// How much one account or one source may do.
    pub rates: Rates,
    /// WebSocket connections of one source at a time.
    pub connections_of_source: usize,
    /// The proxies before the relay.
    pub proxies: Proxies,
    /// With what it serves TLS.
    pub tls: TlsFiles,
    /// Where its numbers can be read; nowhere for `None`.
    pub metrics: Option<SocketAddr>,
}

/// A certificate and its key; none for a relay without TLS.
#[derive(Debug, Clone, Default)]
pub struct TlsFiles {
    /// The chain, PEM.
    pub certificate: Option<PathBuf>,
    /// The private key, PEM.
    pub key: Option<PathBuf>,
}

/// How long the relay waits for a client before it cuts it off.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For the HTTP headers.
    pub headers: Duration,
    /// For a login.
    pub login: Duration,
    /// For the rest of a frame that has begun.
    pub frame: Duration,
    /// For silence before a ping.
    pub ping: Duration,
    /// For silence before the connection counts as dead.
    pub dead_peer: Duration,
    /// For a client that does not read.
    pub write: Duration,
    /// Between two looks at the files of the certificate.
    pub certificate: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            headers: limits::HEADER_TIMEOUT,
            login: limits::LOGIN_TIMEOUT,
            frame: limits::FRAME_TIMEOUT,
            ping: limits::PING_INTERVAL,
            dead_peer: limits::DEAD_PEER,
            write: limits::WRITE_TIMEOUT,
            certificate: limits::RENEWAL_INTERVAL,
        }
    }
}

/// How much one account may do, over all its connections (RLY-30), and one source (RLY-70).
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
    /// Fan-outs and notices for one account, each begun 16 KiB counted as one (RLY-111).
    pub fanned_to_one: Rate,
    /// Transient messages it hands over.
    pub transients: Rate,
    /// Settings and declarations it publishes.
    pub statements: Rate,
    /// Messages it sends (RLY-72).
    pub sends: Rate,
    /// Messages it sends to one account, each begun 16 KiB counted as one.
    pub sends_to_one: Rate,
    /// KiB of messages it sends and fans out, each counted as at least one.
    pub sent_kib: Rate,
    /// Accounts it begins to write to in the clear.
    pub contacts: Rate,
    /// Handles it looks up (RLY-73).
    pub resolves: Rate,
    /// Prekeys it asks for (RLY-71).
    pub bundles: Rate,
    /// Prekeys it asks for of one device.
    pub bundles_of_one: Rate,
    /// One-time prekeys of one device that are handed out, whoever asks; beyond, the signed one goes alone.
    pub one_time: Rate,
    /// Prekeys published by one device (RLY-110).
    pub published: Rate,
    /// Registrations tried by one source (RLY-70).
    pub registrations: Rate,
    /// Connections begun by one source.
    pub connections: Rate,
}

/// So many at once after a pause, and one more each time this long has passed.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// Until there is room for one more.
    pub each: Duration,
}

impl Rates {
    /// So many times as much, at once and later.
    #[must_use]
    pub fn times(self, factor: u32) -> Self {
        let more = |Rate { burst, each }: Rate| Rate {
            burst: burst.saturating_mul(factor),
            each: each / factor.max(1),
        };
        Self {
            appends: more(self.appends),
            appended_kib: more(self.appended_kib),
            logs: more(self.logs),
            fanned_out: more(self.fanned_out),
            fanned_to_one: more(self.fanned_to_one),
            transients: more(self.transients),
            statements: more(self.statements),
            sends: more(self.sends),
            sends_to_one: more(self.sends_to_one),
            sent_kib: more(self.sent_kib),
            contacts: more(self.contacts),
            resolves: more(self.resolves),
            bundles: more(self.bundles),
            bundles_of_one: more(self.bundles_of_one),
            one_time: more(self.one_time),
            published: more(self.published),
            registrations: more(self.registrations),
            connections: more(self.connections),
        }
    }
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
            fanned_to_one: Rate {
                burst: limits::FANNED_TO_ONE,
                each: minute / limits::FANNED_TO_ONE_PER_MINUTE,
            },
            transients: Rate { burst: limits::TRANSIENTS, each: minute / limits::TRANSIENTS_PER_MINUTE },
            statements: Rate { burst: limits::STATEMENTS, each: 60 * minute / limits::STATEMENTS_PER_HOUR },
            sends: Rate { burst: limits::SENDS, each: minute / limits::SENDS_PER_MINUTE },
            sends_to_one: Rate {
                burst: limits::SENDS_TO_ONE,
                each: minute / limits::SENDS_TO_ONE_PER_MINUTE,
            },
            sent_kib: Rate { burst: limits::SENT_KIB, each: minute / limits::SENT_KIB_PER_MINUTE },
            contacts: Rate { burst: limits::CONTACTS_PER_DAY, each: day / limits::CONTACTS_PER_DAY },
            resolves: Rate { burst: limits::RESOLVES, each: 60 * minute / limits::RESOLVES_PER_HOUR },
            bundles: Rate { burst: limits::BUNDLES, each: 60 * minute / limits::BUNDLES_PER_HOUR },
            bundles_of_one: Rate {
                burst: limits::BUNDLES_OF_ONE,
                each: 60 * minute / limits::BUNDLES_OF_ONE_PER_HOUR,
            },
            one_time: Rate {
                burst: limits::ONE_TIME_OF_ONE,
                each: 60 * minute / limits::ONE_TIME_OF_ONE_PER_HOUR,
            },
            published: Rate { burst: limits::PUBLISHED, each: day / limits::PUBLISHED_PER_DAY },
            registrations: Rate {
                burst: limits::REGISTRATIONS_OF_SOURCE,
                each: day / limits::REGISTRATIONS_OF_SOURCE_PER_DAY,
            },
            connections: Rate {
                burst: limits::CONNECTIONS_BEGUN,
                each: minute / limits::CONNECTIONS_BEGUN_PER_MINUTE,
            },
        }
    }
}

impl Config {
    /// A relay for development: a free port on this machine, named `localhost`.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            store: Place::DataDir,
            key_file: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            name: RelayName("localhost".to_owned()),
            connections: limits::CONNECTIONS,
            mailbox: Capacity::default(),
            keep: KeepDays::default(),
            timeouts: Timeouts::default(),
            rates: Rates::default(),
            connections_of_source: limits::CONNECTIONS_OF_SOURCE,
            proxies: Proxies::default(),
            tls: TlsFiles::default(),
            metrics: None,
        }
    }
}

impl Config {
    /// What clients are told of it (RLY-74).
    pub(crate) fn parameters(&self, now: u64) -> Parameters {
        let pace = |Rate { burst, each }: Rate| Pace {
            burst: burst.max(1),
            each_us: u64::try_from(each.as_micros()).unwrap_or(u64::MAX),
        };
        Parameters {
            issued_at: now,
            keep_days: self.keep.number().into(),
            mailbox_messages: self.mailbox.messages.max(1),
            mailbox_bytes: self.mailbox.bytes.max(1),
            frame_bytes: u32::try_from(FRAME_BYTES).unwrap_or(u32::MAX),
            sends: pace(self.rates.sends),
            sends_to_one: pace(self.rates.sends_to_one),
            fanned_out: pace(self.rates.fanned_out),
            fanned_to_one: pace(self.rates.fanned_to_one),
            transients: pace(self.rates.transients),
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
