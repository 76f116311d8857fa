//! Signed archives: what a person takes out of a device, for any implementation to open.
//!
//! An archive is read and written record by record, so that its length costs no memory: [`Writer`] gives the bytes of each
//! record, [`Reader`] takes them. Neither knows a file, a store, or whose archive is welcome; nothing that a reader has
//! given counts before [`Reader::finish`] has.
//!
//! The clauses cited as `ARC-n` are those of `spec/archive.md`.
#![no_std]

extern crate alloc;

mod item;
mod reader;
mod record;
mod writer;

pub use item::{Item, Manifest, Mark, Message, Person, Place, Said};
pub use reader::Reader;
pub use record::{LENGTH_BYTES, MAGIC, MAGIC_BYTES, length};
pub use writer::Writer;

use aside_primitives::KeyRefused;
use aside_primitives::sign::SignatureInvalid;
use aside_wire::{Malformed, Reject};

/// Why an archive was refused. Nothing of it counts then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The bytes do not decode.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A key in it is refused.
    #[error(transparent)]
    Key(#[from] KeyRefused),
    /// The signature does not verify.
    #[error(transparent)]
    Signature(#[from] SignatureInvalid),
    /// The device list in it is refused.
    #[error("the device list: {0}")]
    List(aside_identity::Refused),
    /// The content of a message or a mark is refused.
    #[error("content: {0}")]
    Content(#[from] aside_content::Refused),
    /// A record stands where it may not, or twice; or the archive is not whole (ARC-2).
    #[error("the records are not in their order, or the end is missing")]
    Order,
    /// Something that cannot have been said there (ARC-5).
    #[error("it cannot have been said there")]
    Misplaced,
}

impl Refused {
    /// The word of the registry.
    #[must_use]
    pub const fn reject(self) -> Reject {
        match self {
            Self::Malformed(malformed) => malformed.reject(),
            Self::Key(_) => Reject::Key,
            Self::Signature(_) => Reject::Signature,
            Self::List(refused) => refused.reject(),
            Self::Content(refused) => refused.reject(),
            Self::Order => Reject::Malformed,
            Self::Misplaced => Reject::Policy,
        }
    }
}
