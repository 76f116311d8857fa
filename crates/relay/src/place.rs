//! Where a relay keeps what it remembers.

use std::{fmt, path::PathBuf, str::FromStr};

/// A file of one relay, or a database that several share.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// A SQLite file in the data directory.
    DataDir,
    /// A SQLite file in this directory, which is the data directory then.
    Sqlite(PathBuf),
    /// A PostgreSQL database: `postgres://USER@HOST/DATABASE`. It shows itself without a password.
    Postgres(String),
}

/// The text is no place for a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a store is sqlite:DIR or postgres://USER@HOST/DATABASE")]
pub struct BadPlace;

impl FromStr for Place {
    type Err = BadPlace;

    fn from_str(text: &str) -> Result<Self, BadPlace> {
        match text.split_once(':') {
            Some(("sqlite", folder)) if !folder.is_empty() => Ok(Self::Sqlite(folder.into())),
            Some(("postgres" | "postgresql", rest)) if rest.len() > 2 && rest.starts_with("//") => {
                Ok(Self::Postgres(text.to_owned()))
            }
            _ => Err(BadPlace),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DataDir => f.write_str("sqlite"),
            Self::Sqlite(folder) => write!(f, "sqlite:{}", folder.display()),
            Self::Postgres(url) => f.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}

/// A password stands behind the user, or among the parameters (RLY-18). As the driver reads it, the user ends with the first
/// `@`; what follows of a password with such a sign in it is not shown either.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    let place = |text: &str| {
        let named = text.split('?').next().unwrap_or_default();
        named.rsplit('@').next().unwrap_or_default().to_owned()
    };
    let (who, behind) = rest.split_once('@').unwrap_or_default();
    match who.split(':').next() {
        Some(user) if !user.is_empty() && !user.contains('?') => {
            format!("{scheme}://{user}@{}", place(behind))
        }
        _ => format!("{scheme}://{}", place(rest)),
    }
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
