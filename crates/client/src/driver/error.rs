//! Why the driver cannot go on, with the remedy.

use crate::{Error, Misuse, store::StoreError};
use aside_identity::Handle;
use aside_wire::{Malformed, Reject, pb::RefusalCode};

/// Why the driver cannot go on. What was committed stays; what was not sent is sent next time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// Nobody answers at the address.
    #[error("the relay at {url} cannot be reached ({reason}); is it running, and is the address right?")]
    Unreachable {
        /// The address.
        url: String,
        /// What the network said.
        reason: String,
    },
    /// The address is no address of a relay.
    #[error(
        "{0} is not the address of a relay; it looks like wss://relay.example.org, or ws://127.0.0.1:8750 on this machine"
    )]
    BadUrl(String),
    /// Another relay than the one this profile was registered with.
    #[error(
        "the relay at {0} is not the one this profile was registered with: its key is another; nothing was sent to it, ask its operator"
    )]
    WrongRelay(String),
    /// The connection ended.
    #[error("the connection to the relay ended ({0}); nothing is lost, try again")]
    Closed(String),
    /// No answer in time.
    #[error("the relay did not answer in time; nothing is lost, try again")]
    Silent,
    /// The relay speaks another version of the protocol.
    #[error("the relay speaks version {0} of the protocol, and this client version 1; update the older one")]
    Version(u32),
    /// The relay breaks the protocol.
    #[error("the relay sent something that is not valid ({0}); is it a relay of this version?")]
    Protocol(#[from] Malformed),
    /// What the relay says it allows is not its word.
    #[error(
        "what the relay says it allows is not what it signed ({0}); somebody may be in between, nothing was sent"
    )]
    Parameters(Reject),
    /// The relay refused.
    #[error("the relay refused: {}", explain(*.0))]
    Refused(RefusalCode),
    /// The store is an older copy of this profile, or the relay says so, and it has begun anew a moment ago already.
    #[error(
        "this profile is a copy, or another copy of it is in use, and it has begun anew less than an hour ago; stop the other copy, then say `aside restored`"
    )]
    StaleStore,
    /// Nobody has the handle.
    #[error("nobody has the handle {0} at this relay")]
    UnknownHandle(Handle),
    /// The handle points to another account than before, or its devices contradict what is known.
    #[error(
        "{handle} is not the account known here ({reason}): the relay lies, or the handle changed hands; nothing was sent"
    )]
    AccountChanged {
        /// The handle.
        handle: Handle,
        /// The reject word.
        reason: Reject,
    },
    /// The engine cannot do it.
    #[error(transparent)]
    Client(#[from] Error),
}

impl From<StoreError> for DriverError {
    fn from(error: StoreError) -> Self {
        Self::Client(error.into())
    }
}

impl From<Misuse> for DriverError {
    fn from(error: Misuse) -> Self {
        Self::Client(error.into())
    }
}

/// Whether the same request may be answered another time.
pub(crate) const fn is_transient(code: RefusalCode) -> bool {
    matches!(
        code,
        RefusalCode::Unavailable | RefusalCode::Rate | RefusalCode::NotLoggedIn | RefusalCode::Unspecified
    )
}

/// A refusal in words, with what to do.
#[must_use]
pub fn explain(code: RefusalCode) -> &'static str {
    match code {
        RefusalCode::Unspecified => "for a reason this version does not know",
        RefusalCode::Malformed => "it could not read the request; are client and relay of the same version?",
        RefusalCode::Version => "it does not speak this version of the protocol",
        RefusalCode::Limit => "the message is larger than it accepts",
        RefusalCode::NotLoggedIn => "it does not know who is asking",
        RefusalCode::Signature => "the proof of the account or device does not verify",
        RefusalCode::BadHandle => {
            "a handle has 2 to 32 of a–z, 0–9, underscore and dot, and starts with a letter"
        }
        RefusalCode::HandleTaken => "the handle is taken; choose another",
        RefusalCode::AccountExists => "the account is registered under another handle",
        RefusalCode::UnknownHandle => "nobody has this handle",
        RefusalCode::UnknownAccount => "it does not know the account or its device",
        RefusalCode::NoPrekeys => "the other device has not published keys yet; try again later",
        RefusalCode::StaleDevices => "the devices of the recipient have changed; try again",
        RefusalCode::MailboxFull => "the recipient's mailbox is full; try again later",
        RefusalCode::DuplicateKey => "a key was used before; register again in a new profile",
        RefusalCode::Unreachable => {
            "the recipient does not take your messages at present; you may try another day"
        }
        RefusalCode::EncryptedOnly => "it must be said in an encrypted chat; open one and say it there",
        RefusalCode::StaleStatement => "it has a newer statement of this kind already",
        RefusalCode::StaleStore => {
            "another copy of this profile, or another process of it, has logged in since"
        }
        RefusalCode::Suspended => "its operator has suspended this account; ask there",
        RefusalCode::Rate => "too many requests; try again later",
        RefusalCode::LogMoved => "the group has changed meanwhile",
        RefusalCode::Unavailable => "it cannot store anything at the moment; try again later",
    }
}
