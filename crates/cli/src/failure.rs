//! Failures and their exit codes.

use aside_client::{
    Error, Misuse,
    driver::{DriverError, Report, Waiting, explain},
};
use aside_identity::Handle;
use core::fmt::{Display, Formatter};
use std::{io, process::ExitCode};

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The client could not do it.
    Client(DriverError),
    /// Nothing was done, because the handle has to be looked up first.
    Unknown(Handle, DriverError),
    /// Written, but not on the relay yet: how many frames, and why.
    Waiting(usize, Why),
    /// The relay will not take some of it.
    Failed(usize),
    /// It counts here, and the relay could not be told.
    Unpublished(DriverError),
    /// It cannot be asked for, or is not valid any more.
    Cannot(String),
    /// Standard output cannot be written; a reader that has seen enough is no reason to complain.
    Output(io::Error),
    /// Something around the program.
    Other(String),
}

/// Why something waits in the outbox.
#[derive(Debug)]
pub(crate) enum Why {
    /// The exchange with the relay ended early.
    Ended(DriverError),
    /// The relay or the engine had a reason, if it is known.
    Reported(Option<Waiting>),
    /// A group has changes that are not known here yet.
    Behind,
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Other(_) | Self::Output(_) => 1,
            Self::Failed(_) | Self::Cannot(_) => 3,
            Self::Waiting(_, Why::Reported(_) | Why::Behind) => 4,
            Self::Client(error)
            | Self::Unknown(_, error)
            | Self::Unpublished(error)
            | Self::Waiting(_, Why::Ended(error)) => code(error),
        })
    }

    /// What is to be said of an exchange in which not everything went out.
    pub(crate) fn check(report: &Report) -> Result<(), Self> {
        if report.failed > 0 {
            return Err(Self::Failed(report.failed));
        }
        if report.waiting == 0 {
            return Ok(());
        }
        Err(Self::Waiting(report.waiting, Why::Reported(report.reason)))
    }

    /// Whether there is nobody to say it to.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Whether the relay is not there, or not any more; another attempt may find it.
pub(crate) const fn is_away(error: &DriverError) -> bool {
    matches!(error, DriverError::Unreachable { .. } | DriverError::Closed(_) | DriverError::Silent)
}

fn code(error: &DriverError) -> u8 {
    match error {
        away if is_away(away) => 4,
        DriverError::BadUrl(_) => 2,
        DriverError::Client(Error::Store(_) | Error::Misuse(Misuse::NotRegistered)) => 5,
        DriverError::Refused(_)
        | DriverError::UnknownHandle(_)
        | DriverError::AccountChanged { .. }
        | DriverError::WrongRelay(_)
        | DriverError::StaleStore
        | DriverError::Client(Error::Misuse(_)) => 3,
        _ => 1,
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Client(error) => describe(f, error),
            Self::Unknown(handle, error) if is_away(error) => {
                write!(f, "nothing was done, because {handle} has to be looked up first: {error}")
            }
            Self::Unknown(_, error) => describe(f, error),
            Self::Waiting(count, why) => {
                write!(f, "{count} waiting in the outbox (to send: aside outbox --retry): ")?;
                match why {
                    Why::Ended(error) => describe(f, error),
                    Why::Reported(Some(Waiting::Refused(code))) => f.write_str(explain(*code)),
                    Why::Reported(Some(Waiting::KeysRefused(reason))) => {
                        write!(f, "the keys the relay offers for the recipient are refused ({reason})")
                    }
                    Why::Reported(_) => f.write_str("the relay has not taken everything"),
                    Why::Behind => f.write_str(
                        "a member speaks of changes of the group that are not known here yet; nothing goes out before",
                    ),
                }
            }
            Self::Failed(count) => write!(f, "the relay will not take {count} of them; see: aside outbox"),
            Self::Unpublished(error) => {
                f.write_str(
                    "this counts here already, and the relay learns of it with the next connection: ",
                )?;
                describe(f, error)
            }
            Self::Output(error) => write!(f, "cannot write to standard output: {error}"),
            Self::Cannot(text) | Self::Other(text) => f.write_str(text),
        }
    }
}

/// An error with its remedy in the words of this program.
fn describe(f: &mut Formatter<'_>, error: &DriverError) -> core::fmt::Result {
    error.fmt(f)?;
    let DriverError::Client(Error::Misuse(misuse)) = error else { return Ok(()) };
    match misuse {
        Misuse::NotRegistered => f.write_str(": aside register @HANDLE --relay URL"),
        Misuse::AlreadyRegistered(_) => f.write_str(": --profile DIR"),
        Misuse::NoChat(handle) => write!(f, ": aside chat open {handle}"),
        Misuse::EncryptedOnly(handle) => {
            write!(
                f,
                "; to open a chat: aside chat open {handle}; to write in it: aside chat send {handle} TEXT"
            )
        }
        Misuse::NoAnswer(handle) => {
            write!(f, ": aside contacts add {handle}, or aside privacy set chats everyone")
        }
        Misuse::NotAccepted(handle) => write!(f, ": aside chat accept {handle}"),
        Misuse::ChatExists(handle) => write!(f, "; to write in it: aside chat send {handle} TEXT"),
        Misuse::NoRequest(_) => f.write_str("; to fetch requests: aside inbox"),
        Misuse::NoMessage => f.write_str("; to see the numbers of all: aside inbox --all"),
        Misuse::NoGroup => f.write_str(": aside group list"),
        Misuse::TooLong { .. } => f.write_str("; to see all limits: aside limits"),
        Misuse::GroupNotAccepted => f.write_str(": aside group accept GROUP"),
        _ => Ok(()),
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

impl From<Misuse> for Failure {
    fn from(error: Misuse) -> Self {
        Self::Client(error.into())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Other(error.to_string())
    }
}
