//! Declarations to be reached only encrypted.

use crate::{Content, Kind, Refused};
use alloc::{string::String, vec::Vec};
use aside_wire::{Malformed, limits::DECLARATION_BYTES, pb};

/// The sender can be reached by the recipient only encrypted. What was signed is verified with the certificate of the
/// device, by [`aside_identity::Declaration`].
#[derive(Clone, PartialEq, Eq)]
pub struct EncryptedOnly {
    /// The signed declaration, 1 to 256 bytes.
    pub declaration: Vec<u8>,
}

impl Content for EncryptedOnly {
    const KIND: Kind = Kind::ENCRYPTED_ONLY;
    const HAS_FALLBACK: bool = false;
    type Fields = pb::EncryptedOnly;

    fn check(&self) -> Result<(), Malformed> {
        let fits = (1..=DECLARATION_BYTES).contains(&self.declaration.len());
        if fits { Ok(()) } else { Err(Malformed::Field("declaration")) }
    }

    fn fallback_text(&self) -> String {
        "[can be reached only encrypted from here]".into()
    }

    fn fields(&self, _: String) -> pb::EncryptedOnly {
        pb::EncryptedOnly { declaration: self.declaration.clone() }
    }

    fn read(fields: pb::EncryptedOnly) -> Result<(Self, String), Refused> {
        Ok((Self { declaration: fields.declaration }, String::new()))
    }
}
