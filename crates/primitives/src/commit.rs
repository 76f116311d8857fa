//! The franking commitment: HMAC-SHA-256 under a key that is revealed only in a report.

use crate::{Label, Secret, hash::prefix, mac};
use core::fmt;
use hmac::Mac as _;
use subtle::ConstantTimeEq;

/// A 32-byte commitment to one frame. It is public, so it is shown; comparing it takes constant time.
#[derive(Clone, Copy)]
pub struct Commitment(pub [u8; 32]);

impl Commitment {
    /// `HMAC(key, part(label) ‖ part(p1) ‖ …)` (PRM-13).
    #[must_use]
    pub fn compute(key: &Secret<32>, label: Label, parts: &[&[u8]]) -> Self {
        let mut mac = mac::keyed(key.expose());
        mac.update(&prefix(label.as_bytes()));
        mac.update(label.as_bytes());
        for part in parts {
            mac.update(&prefix(part));
            mac.update(part);
        }
        Self(mac.finalize().into_bytes().into())
    }
}

impl PartialEq for Commitment {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Commitment {}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Commitment(")?;
        crate::hash::write_hex(f, &self.0)?;
        f.write_str(")")
    }
}

#[cfg(test)]
#[path = "commit_tests.rs"]
mod tests;
