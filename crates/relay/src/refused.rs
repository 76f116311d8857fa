//! The peer's fault: a typed refusal, answered on the wire.

use aside_identity as identity;
use aside_wire::{Malformed, Reject, pb, pb::RefusalCode};
use std::fmt;

/// Why a request is refused; nothing changed.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refused {
    /// The code on the wire.
    pub code: RefusalCode,
    /// For a log; names nobody.
    pub detail: &'static str,
}

impl Refused {
    pub(crate) const fn new(code: RefusalCode, detail: &'static str) -> Self {
        Self { code, detail }
    }

    /// The message that tells the client.
    #[must_use]
    pub fn to_wire(self) -> pb::Refusal {
        pb::Refusal { code: self.code.into(), detail: self.detail.into() }
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, detail } = self;
        write!(f, "Refused({}: {detail})", code.as_str_name())
    }
}

impl From<Malformed> for Refused {
    fn from(malformed: Malformed) -> Self {
        match malformed.reject() {
            Reject::Limit => Self::new(RefusalCode::Limit, "larger or more numerous than allowed"),
            Reject::Version => Self::new(RefusalCode::Version, "version or suite is not supported"),
            _ => Self::new(RefusalCode::Malformed, "not a valid encoding"),
        }
    }
}

impl From<identity::Refused> for Refused {
    fn from(refused: identity::Refused) -> Self {
        match refused {
            identity::Refused::Malformed(malformed) => malformed.into(),
            identity::Refused::Signature(_) => {
                Self::new(RefusalCode::Signature, "a signature does not verify")
            }
            identity::Refused::Key(_) => Self::new(RefusalCode::Malformed, "a key is refused"),
            identity::Refused::WrongOwner => {
                Self::new(RefusalCode::Signature, "it belongs to another account or device")
            }
            identity::Refused::DeviceOrder => {
                Self::new(RefusalCode::Malformed, "the devices are not in ascending order")
            }
            identity::Refused::PrekeyExpired => Self::new(RefusalCode::Malformed, "the prekey has expired"),
            _ => Self::new(RefusalCode::Malformed, "a signed statement is refused"),
        }
    }
}
