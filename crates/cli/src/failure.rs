//! Failures and their exit codes.

use aside_client::{
    Error,
    driver::{DriverError, Report, Waiting, explain},
};
use std::process::ExitCode;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The client could not do it.
    Client(DriverError),
    /// Written, but not on the relay yet.
    Waiting(String),
    /// The relay will not take some of it.
    Failed(usize),
    /// Something around the program.
    Other(String),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        let code = match self {
            Self::Other(_) => 1,
            Self::Failed(_) => 3,
            Self::Waiting(_) => 4,
            Self::Client(error) => match error {
                DriverError::Unreachable { .. } | DriverError::Closed(_) | DriverError::Silent => 4,
                DriverError::Client(Error::Store(_)) => 5,
                DriverError::Client(Error::Misuse(aside_client::Misuse::NotRegistered)) => 5,
                DriverError::Refused(_)
                | DriverError::UnknownHandle(_)
                | DriverError::AccountChanged { .. }
                | DriverError::WrongRelay(_)
                | DriverError::Client(Error::Misuse(_)) => 3,
                _ => 1,
            },
        };
        ExitCode::from(code)
    }

    /// What is to be said of an exchange in which not everything went out.
    pub(crate) fn check(report: &Report) -> Result<(), Self> {
        if report.failed > 0 {
            return Err(Self::Failed(report.failed));
        }
        if report.waiting == 0 {
            return Ok(());
        }
        let reason = match report.reason {
            Some(Waiting::Refused(code)) => explain(code).to_owned(),
            Some(Waiting::KeysRefused(reason)) => {
                format!("the keys the relay offers for the recipient are refused ({reason})")
            }
            _ => "try again with: aside outbox --retry".to_owned(),
        };
        Err(Self::Waiting(format!("{} waiting in the outbox: {reason}", report.waiting)))
    }
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Client(error) => error.fmt(f),
            Self::Waiting(text) | Self::Other(text) => f.write_str(text),
            Self::Failed(count) => {
                write!(f, "the relay will not take {count} of them; see: aside inbox --all")
            }
        }
    }
}

impl From<DriverError> for Failure {
    fn from(error: DriverError) -> Self {
        Self::Client(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Client(error.into())
    }
}

impl From<aside_client::Misuse> for Failure {
    fn from(error: aside_client::Misuse) -> Self {
        Self::Client(error.into())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Other(error.to_string())
    }
}
