//! X25519 with one canonical encoding per key and one fallible agreement.

use crate::{
    Draw, Entropy, EntropyFailed, KeyRefused, Secret,
    backend::{Agreement as _, chosen::AgreementKey},
    entropy,
};
use core::fmt;
use curve25519_dalek::montgomery::MontgomeryPoint;
use subtle::ConstantTimeEq;
use zeroize::ZeroizeOnDrop;

/// Length of a public agreement key in bytes.
pub const PUBLIC_BYTES: usize = 32;

/// p = 2^255 − 19, little-endian: encodings from here on are not canonical.
const FIELD_PRIME: [u8; 32] = {
    let mut prime = [0xFF; 32];
    prime[0] = 0xED;
    prime[31] = 0x7F;
    prime
};

/// A public X25519 key, 32 bytes, canonically encoded (PRM-2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgreementPublic([u8; PUBLIC_BYTES]);

impl AgreementPublic {
    /// Decodes a short-lived key: the encoding is canonical. Whether the key contributes shows in
    /// [`AgreementSecret::agree`].
    ///
    /// # Errors
    /// [`KeyRefused::Length`] or [`KeyRefused::NonCanonical`].
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyRefused> {
        let bytes: [u8; PUBLIC_BYTES] = bytes.try_into().map_err(|_| KeyRefused::Length)?;
        if bytes.iter().rev().ge(FIELD_PRIME.iter().rev()) {
            return Err(KeyRefused::NonCanonical);
        }
        Ok(Self(bytes))
    }

    /// Decodes a key that will be pinned or used for a long time: canonical, on the curve, and without a
    /// small-order component, so that one key has one encoding and one meaning (PRM-3, threat P2).
    ///
    /// The check costs about as much as an agreement; that is why [`Self::parse`] leaves it out.
    ///
    /// # Errors
    /// [`KeyRefused`], with the reason.
    pub fn parse_long_lived(bytes: &[u8]) -> Result<Self, KeyRefused> {
        let key = Self::parse(bytes)?;
        let point = MontgomeryPoint(key.0).to_edwards(0).ok_or(KeyRefused::SmallOrder)?;
        if point.is_small_order() || !point.is_torsion_free() {
            return Err(KeyRefused::SmallOrder);
        }
        Ok(key)
    }

    /// The canonical 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; PUBLIC_BYTES] {
        &self.0
    }
}

impl fmt::Debug for AgreementPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AgreementPublic(")?;
        crate::hash::write_hex(f, &self.0)?;
        f.write_str(")")
    }
}

/// A private X25519 key with its public key beside it, so that no message recomputes it.
#[derive(ZeroizeOnDrop)]
pub struct AgreementSecret {
    secret: AgreementKey,
    #[zeroize(skip)]
    public: AgreementPublic,
}

impl AgreementSecret {
    /// Draws a fresh key.
    ///
    /// # Errors
    /// [`EntropyFailed`] if the source failed.
    pub fn generate(entropy: &mut (impl Entropy + ?Sized), what: Draw) -> Result<Self, EntropyFailed> {
        entropy::secret(entropy, what).map(|seed| Self::from_seed(&seed))
    }

    /// The key of 32 uniform bytes; clamping happens in the agreement (RFC 7748).
    #[must_use]
    pub fn from_seed(seed: &Secret<32>) -> Self {
        let (secret, public) = AgreementKey::with_public(seed);
        Self { secret, public: AgreementPublic(public) }
    }

    /// A key as [`Self::to_seed`] and [`Self::public`] gave it to the owner's store, without the multiplication that
    /// [`Self::from_seed`] makes to find the public half.
    ///
    /// Both halves must come from one place that nobody else writes to. [`Self::agree`] uses the private half alone,
    /// so a wrong public half gives nothing about it away; but a peer who is sent it agrees on another secret, and
    /// nothing opens any more, or, if somebody has put a key of their own there, agrees with them.
    #[must_use]
    pub fn from_stored(seed: &Secret<32>, public: AgreementPublic) -> Self {
        Self { secret: AgreementKey::of_seed(seed), public }
    }

    /// The 32 secret bytes, for the owner's store.
    #[must_use]
    pub fn to_seed(&self) -> Secret<32> {
        self.secret.seed()
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &AgreementPublic {
        &self.public
    }

    /// The only agreement in the protocol (PRM-4, threat P1).
    ///
    /// # Errors
    /// [`KeyRefused::NonContributory`] if the output is all zero: the peer's key was of small order.
    pub fn agree(&self, peer: &AgreementPublic) -> Result<Secret<32>, KeyRefused> {
        let shared = self.secret.agree(&peer.0);
        if shared.expose().ct_eq(&[0; 32]).into() {
            return Err(KeyRefused::NonContributory);
        }
        Ok(shared)
    }
}

impl fmt::Debug for AgreementSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secret: _, public } = self;
        f.debug_struct("AgreementSecret").field("public", public).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "dh_tests.rs"]
mod tests;
