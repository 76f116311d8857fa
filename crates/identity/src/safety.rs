//! Safety numbers: what two people compare to know that no relay stands between them.

use crate::{AccountKey, Handle};
use alloc::string::String;
use aside_primitives::{Secret, hash::hash, kdf, label};
use core::fmt::{self, Write};

/// Version of the computation, part of its input and of the QR payload.
const VERSION: u8 = 1;
/// Groups of five digits.
const GROUPS: usize = 12;

/// Sixty digits over both account keys and handles: the same for both people, and different as soon as one byte of
/// either identity differs (IDN-20, threat D5). It survives changes of devices.
///
/// ```
/// # use aside_identity::{AccountKey, Handle, SafetyNumber};
/// # use aside_primitives::{Secret, SigningKey};
/// # let key = |seed| AccountKey::new(SigningKey::from_seed(&Secret::new([seed; 32])).verifying_key());
/// # let (alice, bob) = ((key(1), Handle::parse("alice")?), (key(2), Handle::parse("bob")?));
/// let at_alice = SafetyNumber::between((&alice.0, &alice.1), (&bob.0, &bob.1));
/// let at_bob = SafetyNumber::between((&bob.0, &bob.1), (&alice.0, &alice.1));
/// assert_eq!(at_alice, at_bob);
/// assert!(at_alice.matches(&at_bob.to_string()));
/// # Ok::<(), aside_wire::Malformed>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SafetyNumber {
    digest: [u8; 32],
    digits: String,
}

impl SafetyNumber {
    /// The number of two identities, in either order.
    #[must_use]
    pub fn between(one: (&AccountKey, &Handle), other: (&AccountKey, &Handle)) -> Self {
        let (low, high) = if one.0 <= other.0 { (one, other) } else { (other, one) };
        let digest = hash(
            label::SAFETY_NUMBER,
            &[
                &[VERSION],
                low.0.as_bytes(),
                low.1.as_str().as_bytes(),
                high.0.as_bytes(),
                high.1.as_str().as_bytes(),
            ],
        );
        // Five bytes make five digits: 60 bytes of 64, and the excess of 2^40 over a multiple of 100,000 is negligible.
        let [first, second] = kdf::expand_key(&Secret::new(digest.0), label::SAFETY_DIGITS);
        let stream = first.expose().iter().chain(second.expose());
        let mut digits = String::with_capacity(GROUPS.saturating_mul(5));
        let mut value = 0u64;
        for (position, byte) in (1usize..).zip(stream.take(GROUPS.saturating_mul(5))) {
            value = (value << 8) | u64::from(*byte);
            if position.is_multiple_of(5) {
                // Writing to a String does not fail.
                let _ = write!(digits, "{:05}", value.checked_rem(100_000).unwrap_or_default());
                value = 0;
            }
        }
        Self { digest: digest.0, digits }
    }

    /// The 60 digits without spaces.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// What a QR code holds: the version and the digest behind the digits.
    #[must_use]
    pub fn qr_payload(&self) -> String {
        let mut payload = String::from("ASIDE-VERIFY:1:");
        for byte in self.digest {
            // Writing to a String does not fail. Upper case keeps the QR code small.
            let _ = write!(payload, "{byte:02X}");
        }
        payload
    }

    /// Whether a text can be a safety number at all: 60 digits with any spaces, or what a QR code holds.
    #[must_use]
    pub fn is_well_formed(text: &str) -> bool {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let digits = text.len() == GROUPS.saturating_mul(5) && text.bytes().all(|byte| byte.is_ascii_digit());
        let hex = text.strip_prefix("ASIDE-VERIFY:1:");
        digits || hex.is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
    }

    /// Whether digits typed with any spaces, or a scanned payload, say the same.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        text == self.digits || text == self.qr_payload()
    }
}

/// Twelve groups of five digits.
impl fmt::Display for SafetyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, digit) in self.digits.chars().enumerate() {
            if position != 0 && position.is_multiple_of(5) {
                f.write_char(' ')?;
            }
            f.write_char(digit)?;
        }
        Ok(())
    }
}
