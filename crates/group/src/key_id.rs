//! The name of a sending chain.

use aside_identity::{Address, GroupId};
use aside_primitives::{Digest, VerifyingKey, hash::hash, label};
use aside_wire::group_packet::KEY_ID_BYTES;
use core::fmt;

/// Names a sending chain, 16 bytes (GRP-21). It binds group, device, signing key and epoch, so that a message cannot
/// be taken for one of another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; KEY_ID_BYTES]);

impl KeyId {
    /// The name in these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; KEY_ID_BYTES]) -> Self {
        Self(bytes)
    }

    /// The name of the chain that a device signs with this key in an epoch of a group (GRP-21).
    #[must_use]
    pub fn of(group: &GroupId, owner: &Address, signing_key: &VerifyingKey, epoch: u64) -> Self {
        let Address { account, device } = owner;
        let parts: &[&[u8]] = &[
            group.as_bytes(),
            account.as_bytes(),
            &[device.byte()],
            signing_key.as_bytes(),
            &epoch.to_be_bytes(),
        ];
        Self(first_half(hash(label::GROUP_KEY_ID, parts)))
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_ID_BYTES] {
        &self.0
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_short(f, "KeyId", &self.0)
    }
}

/// The first 16 bytes of a hash.
pub(crate) fn first_half(Digest(bytes): Digest) -> [u8; KEY_ID_BYTES] {
    let mut half = [0; KEY_ID_BYTES];
    for (place, byte) in half.iter_mut().zip(bytes) {
        *place = byte;
    }
    half
}

/// Writes enough of an identifier to tell it from others.
pub(crate) fn write_short(f: &mut fmt::Formatter<'_>, name: &str, bytes: &[u8]) -> fmt::Result {
    write!(f, "{name}(")?;
    bytes.iter().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))?;
    f.write_str("…)")
}
