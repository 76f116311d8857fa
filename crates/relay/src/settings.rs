//! What an operator has set: flags before environment before file before defaults.
//!
//! Every setting stands once, in [`SETTINGS`]: its key in the file (`timeouts.login`), which also names its flag
//! (`--timeouts-login`) and its variable (`ASIDE_RELAY_TIMEOUTS_LOGIN`).

mod file;
mod table;

pub use table::SETTINGS;

use crate::config::Config;
use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
    str::FromStr,
};

/// The configuration of a relay as a program, and where each part of it was set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the relay goes by.
    pub config: Config,
    /// How it logs.
    pub log_format: LogFormat,
    /// So many times the rates of `config`.
    pub rate_factor: u32,
    origins: BTreeMap<&'static str, Origin>,
}

/// Format of the log on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// One thing an operator decides.
pub struct Setting {
    /// Its name in the file.
    pub key: &'static str,
    /// What stands for the value in a help text.
    pub value_name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Whether a help text that is short names it.
    pub is_common: bool,
    set: fn(&mut Settings, &str) -> Result<(), String>,
    show: fn(&Settings) -> Option<String>,
}

/// Where a value was set. Later ones count more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nowhere.
    Default,
    /// On this line of the file.
    File {
        /// From 1.
        line: usize,
    },
    /// In its variable.
    Environment,
    /// By its flag.
    Flag,
}

/// Why settings do not hold. The message says where and what is possible; it never has the value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BadSettings {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A line of the file does not hold.
    #[error("{path}, line {line}: {reason}")]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A flag or a variable does not hold.
    #[error("{place}: {reason}")]
    Value {
        /// The flag or variable.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// Something that goes together is not there together, or is missing.
    #[error("{0}")]
    Missing(&'static str),
}

impl Setting {
    /// Its flag, without the dashes before it.
    #[must_use]
    pub fn flag(&self) -> String {
        self.key.replace(['.', '_'], "-")
    }

    /// Its variable.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("ASIDE_RELAY_{}", self.key.replace('.', "_").to_uppercase())
    }

    /// The setting of a key.
    #[must_use]
    pub fn of(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }
}

impl Default for Settings {
    fn default() -> Self {
        let config = Config { listen: table::LISTEN, ..Config::new("") };
        Self { config, log_format: LogFormat::default(), rate_factor: 1, origins: BTreeMap::new() }
    }
}

impl Settings {
    /// Reads a file, if there is one, and puts what was set elsewhere over it. `given` has key, value and origin.
    ///
    /// # Errors
    /// [`BadSettings`], whose message says where it is.
    pub fn read<'a>(
        file: Option<&Path>,
        given: impl IntoIterator<Item = (&'a str, &'a str, Origin)>,
    ) -> Result<Self, BadSettings> {
        let mut settings = Self::default();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| BadSettings::File { path: path.to_owned(), source })?;
            settings.take_file(&text).map_err(|(line, reason)| BadSettings::Line {
                path: path.to_owned(),
                line,
                reason,
            })?;
        }
        for (key, value, origin) in given {
            settings
                .set(key, value, origin)
                .map_err(|reason| BadSettings::Value { place: place(key, origin), reason })?;
        }
        settings.require_whole()?;
        Ok(settings)
    }

    /// Reads the text of a file over what is there; an error has its line.
    ///
    /// # Errors
    /// The line, from 1, and what is wrong with it.
    pub fn take_file(&mut self, text: &str) -> Result<(), (usize, String)> {
        for (key, value, line) in file::entries(text)? {
            self.set(&key, &value, Origin::File { line }).map_err(|reason| (line, reason))?;
        }
        Ok(())
    }

    /// What a relay goes by, with everything worked out.
    #[must_use]
    pub fn into_config(self) -> Config {
        Config { rates: self.config.rates.times(self.rate_factor), ..self.config }
    }

    /// Every setting with its value, if it has one, and where that was set.
    pub fn shown(&self) -> impl Iterator<Item = (&'static Setting, Option<String>, Origin)> {
        SETTINGS.iter().map(|setting| {
            let origin = self.origins.get(setting.key).copied().unwrap_or(Origin::Default);
            (setting, (setting.show)(self), origin)
        })
    }

    fn set(&mut self, key: &str, value: &str, origin: Origin) -> Result<(), String> {
        let setting = Setting::of(key).ok_or_else(|| unknown(key))?;
        (setting.set)(self, value)?;
        self.origins.insert(setting.key, origin);
        Ok(())
    }

    fn require_whole(&self) -> Result<(), BadSettings> {
        if self.config.data_dir.as_os_str().is_empty() {
            return Err(BadSettings::Missing(
                "no data directory: give --data DIR, set ASIDE_RELAY_DATA, or `data` in the file of --config",
            ));
        }
        let tls = &self.config.tls;
        if tls.certificate.is_some() != tls.key.is_some() {
            return Err(BadSettings::Missing(
                "TLS needs both a certificate (tls.cert) and its key (tls.key)",
            ));
        }
        Ok(())
    }
}

fn unknown(key: &str) -> String {
    let last = key.rsplit('.').next().unwrap_or(key);
    let alike = SETTINGS.iter().find(|setting| setting.key.rsplit('.').next() == Some(last));
    match alike {
        Some(setting) => format!("there is no setting `{key}`; is `{}` meant?", setting.key),
        None => format!("there is no setting `{key}`; `aside-relay config` lists all"),
    }
}

fn place(key: &str, origin: Origin) -> String {
    match (Setting::of(key), origin) {
        (Some(setting), Origin::Flag) => format!("--{}", setting.flag()),
        (Some(setting), _) => setting.variable(),
        (None, _) => key.to_owned(),
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { line } => write!(f, "file, line {line}"),
            Self::Environment => f.write_str("environment"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("a log is written as text or json"),
        }
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
