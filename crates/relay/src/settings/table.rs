//! Every setting, once.

use super::{Setting, Settings};
use crate::{config::Rate, limits, place::Place};
use std::{
    fmt::Display,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

/// Where a relay listens as a program: on this machine only, for a proxy.
pub(super) const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8750);

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is often set: it stands in the help text.
macro_rules! common {
    ($key:literal, $value:literal, $about:literal, $set:expr, $show:expr) => {
        Setting { key: $key, value_name: $value, about: $about, is_common: true, set: $set, show: $show }
    };
}

/// A duration in whole seconds.
macro_rules! seconds {
    ($key:literal, $about:literal, $($field:ident).+) => {
        Setting {
            key: $key,
            value_name: "SECONDS",
            about: $about,
            is_common: false,
            set: |settings, text| {
                settings.config.$($field).+ = seconds(text)?;
                Ok(())
            },
            show: |settings| Some(settings.config.$($field).+.as_secs().to_string()),
        }
    };
}

/// A rate, like `30 at once, then 60 a minute`.
macro_rules! rate {
    ($key:literal, $about:literal, $field:ident) => {
        Setting {
            key: $key,
            value_name: "RATE",
            about: $about,
            is_common: false,
            set: |settings, text| {
                settings.config.rates.$field = rate(text)?;
                Ok(())
            },
            show: |settings| Some(shown_rate(settings.config.rates.$field)),
        }
    };
}

/// A number of at least one.
macro_rules! number {
    ($key:literal, $about:literal, $($field:ident).+) => {
        Setting {
            key: $key,
            value_name: "NUMBER",
            about: $about,
            is_common: false,
            set: |settings, text| {
                settings.config.$($field).+ = number(text)?;
                Ok(())
            },
            show: |settings| Some(settings.config.$($field).+.to_string()),
        }
    };
}

/// All settings, in the order of a file.
pub const SETTINGS: &[Setting] = &[
    common!(
        "data",
        "DIR",
        "Directory for database and key; created for this user only if it is not there",
        |settings, text| set(&mut settings.config.data_dir, text),
        |settings| Some(settings.config.data_dir.display().to_string()).filter(|path| !path.is_empty())
    ),
    common!(
        "store",
        "STORE",
        "Where it stores: sqlite:DIR, as --data does, or postgres://USER@HOST/DATABASE, which several nodes may share; the password is taken from PGPASSWORD or the password file",
        set_store,
        |settings| Some(settings.config.store.to_string())
            .filter(|_| settings.config.store != Place::DataDir)
    ),
    common!(
        "key",
        "FILE",
        "File of the relay's key, if not in the directory; nodes that share a store share the key",
        |settings, text| set_path(&mut settings.config.key_file, text),
        |settings| settings.config.key_file.as_ref().map(|path| path.display().to_string())
    ),
    common!(
        "listen",
        "ADDRESS",
        "Address and port to listen on; port 0 takes a free one",
        |settings, text| set(&mut settings.config.listen, text),
        |settings| Some(settings.config.listen.to_string())
    ),
    common!(
        "name",
        "NAME",
        "Public name of the relay, which logins are bound to, like relay.example.org",
        |settings, text| set(&mut settings.config.name, text),
        |settings| Some(settings.config.name.to_string())
    ),
    common!(
        "keep_days",
        "DAYS",
        "Days that mail waits for a device that does not fetch it, 1 to 365; then it is deleted and overwritten",
        |settings, text| set(&mut settings.config.keep, text),
        |settings| Some(settings.config.keep.to_string())
    ),
    common!(
        "proxies",
        "PROXIES",
        "Proxies before the relay that say in X-Forwarded-For for whom they speak: how many, or their addresses; 0 for none",
        |settings, text| set(&mut settings.config.proxies, text),
        |settings| Some(settings.config.proxies.to_string())
    ),
    common!(
        "rate_factor",
        "FACTOR",
        "So many times as much as usual may each account and each source do, 1 to 1000000; for a closed circle, or a measurement",
        |settings, text| {
            let factor = text.parse().ok().filter(|factor| (1..=1_000_000).contains(factor));
            settings.rate_factor = factor.ok_or_else(|| "a whole number from 1 to 1000000".to_owned())?;
            Ok(())
        },
        |settings| Some(settings.rate_factor.to_string())
    ),
    common!(
        "log_format",
        "FORMAT",
        "Format of the log on standard error, text or json; RUST_LOG sets its level",
        |settings, text| set(&mut settings.log_format, text),
        |settings| Some(settings.log_format.to_string())
    ),
    common!(
        "tls.cert",
        "FILE",
        "Certificate chain (PEM) to serve TLS with; read again when it changes, and on SIGHUP",
        |settings, text| set_path(&mut settings.config.tls.certificate, text),
        |settings| settings.config.tls.certificate.as_ref().map(|path| path.display().to_string())
    ),
    common!(
        "tls.key",
        "FILE",
        "Private key (PEM) of the certificate",
        |settings, text| set_path(&mut settings.config.tls.key, text),
        |settings| settings.config.tls.key.as_ref().map(|path| path.display().to_string())
    ),
    common!(
        "metrics.listen",
        "ADDRESS",
        "Address and port for /metrics, /ready and /health alone; nowhere unless it is set",
        |settings, text| {
            settings.config.metrics = Some(parse(text)?);
            Ok(())
        },
        |settings| settings.config.metrics.map(|address| address.to_string())
    ),
    number!("connections", "WebSocket connections at a time", connections),
    number!("connections_of_source", "WebSocket connections of one source at a time", connections_of_source),
    number!("mailbox.messages", "Messages that one mailbox may hold", mailbox.messages),
    number!("mailbox.bytes", "Bytes of envelopes that one mailbox may hold", mailbox.bytes),
    seconds!(
        "timeouts.headers",
        "How long a TLS handshake, and the HTTP headers, may take",
        timeouts.headers
    ),
    seconds!("timeouts.login", "How long a connection may be without a login", timeouts.login),
    seconds!(
        "timeouts.ping",
        "Silence before a ping; keep it below what a proxy takes for idle",
        timeouts.ping
    ),
    seconds!("timeouts.dead_peer", "Silence before a connection counts as dead", timeouts.dead_peer),
    seconds!("timeouts.write", "How long a client may not read before it is cut off", timeouts.write),
    seconds!(
        "timeouts.certificate",
        "Between two looks at the files of the certificate; SIGHUP is one at once",
        timeouts.certificate
    ),
    rate!("rates.appends", "Entries of logs that one account appends", appends),
    rate!("rates.appended_kib", "KiB of such entries", appended_kib),
    rate!("rates.logs", "Logs that one account begins", logs),
    rate!("rates.fanned_out", "Devices that one account fans out to", fanned_out),
    rate!("rates.transients", "Transient messages that one account hands over", transients),
    rate!("rates.statements", "Settings and declarations that one account publishes", statements),
    rate!("rates.sends", "Messages that one account sends", sends),
    rate!("rates.sends_to_one", "Messages that one account sends to one other", sends_to_one),
    rate!("rates.sent_kib", "KiB of messages that one account sends and fans out", sent_kib),
    rate!("rates.contacts", "Accounts that one account begins to write to in the clear", contacts),
    rate!("rates.resolves", "Handles that one account looks up", resolves),
    rate!("rates.bundles", "Prekeys that one account asks for", bundles),
    rate!("rates.bundles_of_one", "Prekeys that one account asks for of one device", bundles_of_one),
    rate!(
        "rates.one_time",
        "One-time prekeys of one device that are handed out; beyond, the signed one goes alone",
        one_time
    ),
    rate!("rates.registrations", "Registrations that one source tries", registrations),
    rate!("rates.connections", "Connections that one source begins", connections),
];

fn parse<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn set<T: FromStr<Err: Display>>(place: &mut T, text: &str) -> Result<(), String> {
    *place = parse(text)?;
    Ok(())
}

fn set_path(place: &mut Option<PathBuf>, text: &str) -> Result<(), String> {
    *place = Some(parse(text)?);
    Ok(())
}

fn number<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    let number = text.parse::<u64>().ok().filter(|number| (1..=limits::SETTING_MOST).contains(number));
    number
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| format!("a whole number from 1 to {}", limits::SETTING_MOST))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<u64>().ok().filter(|seconds| (1..=DAY.as_secs()).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| "whole seconds, at least one and at most a day".to_owned())
}

/// `30 at once, then 60 a minute`.
fn rate(text: &str) -> Result<Rate, String> {
    rate_of(text)
        .ok_or_else(|| "a rate is like `30 at once, then 60 a minute` (or an hour, or a day)".to_owned())
}

/// A store that is a directory is the data directory, unless another one is named.
fn set_store(settings: &mut Settings, text: &str) -> Result<(), String> {
    set(&mut settings.config.store, text)?;
    if let (Place::Sqlite(folder), true) =
        (&settings.config.store, settings.config.data_dir.as_os_str().is_empty())
    {
        settings.config.data_dir = folder.clone();
    }
    Ok(())
}

fn rate_of(text: &str) -> Option<Rate> {
    let (burst, rest) = text.split_once(" at once, then ")?;
    let (number, unit) = rest.split_once(' ')?;
    let unit = match unit {
        "a minute" => MINUTE,
        "an hour" => HOUR,
        "a day" => DAY,
        _ => return None,
    };
    let positive = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0);
    Some(Rate { burst: positive(burst)?, each: unit.checked_div(positive(number)?)? })
}

fn shown_rate(rate: Rate) -> String {
    let Rate { burst, each } = rate;
    let units = [(MINUTE, "a minute"), (HOUR, "an hour"), (DAY, "a day")];
    let whole = units.iter().find_map(|(unit, word)| {
        let number =
            u32::try_from(unit.as_nanos().checked_div(each.as_nanos())?).ok().filter(|number| *number > 0)?;
        (unit.checked_div(number)? == each).then_some((number, word))
    });
    match whole {
        Some((number, word)) => format!("{burst} at once, then {number} {word}"),
        // Only a program can have set it.
        None => format!("{burst} at once, then one each {each:?}"),
    }
}
