//! What every message of a chain is bound to, assembled on the stack.

use crate::KeyId;
use aside_identity::{Address, GroupId};
use aside_primitives::{VerifyingKey, aead, label, sign::InPlace};
use aside_wire::{
    SUITE,
    group_packet::{KEY_ID_BYTES, MESSAGE_SALT_BYTES},
    packet::COMMITMENT_BYTES,
};

/// Length of the binding in bytes: suite, group, epoch, account, device, key id, iteration, salt, commitment.
pub(crate) const BINDING_BYTES: usize =
    4 + 32 + 8 + 32 + 1 + KEY_ID_BYTES + 2 + MESSAGE_SALT_BYTES + COMMITMENT_BYTES;
/// Where in the binding a message's own bytes begin, those after its kind.
pub(crate) const MESSAGE_AT: usize = 4 + 32 + 8 + 32 + 1;
/// Length of the length-prefixed label before it in the associated data, in bytes.
const LABEL_BYTES: usize = 4 + label::GROUP_PAYLOAD.as_bytes().len();

/// Whose chain it is, and what for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) group: GroupId,
    pub(crate) owner: Address,
    pub(crate) epoch: u64,
    pub(crate) key_id: KeyId,
}

impl Origin {
    pub(crate) fn new(group: GroupId, owner: Address, epoch: u64, signing_key: &VerifyingKey) -> Self {
        Self { group, owner, epoch, key_id: KeyId::of(&group, &owner, signing_key, epoch) }
    }

    /// What one message of the chain is bound to.
    pub(crate) fn bind(
        &self,
        iteration: u16,
        salt: &[u8; MESSAGE_SALT_BYTES],
        commitment: &[u8; COMMITMENT_BYTES],
    ) -> Binding {
        let Self { group, owner: Address { account, device }, epoch, key_id } = self;
        let mut binding = Binding { bytes: [0; LABEL_BYTES + BINDING_BYTES], length: 0 };
        let label = label::GROUP_PAYLOAD.as_bytes();
        binding.push(&u32::try_from(label.len()).unwrap_or(u32::MAX).to_be_bytes());
        binding.push(label);
        binding.push(&SUITE.to_be_bytes());
        binding.push(group.as_bytes());
        binding.push(&epoch.to_be_bytes());
        binding.push(account.as_bytes());
        binding.push(&[device.byte()]);
        binding.push(key_id.as_bytes());
        binding.push(&iteration.to_be_bytes());
        binding.push(salt);
        binding.push(commitment);
        debug_assert_eq!(binding.length, LABEL_BYTES + BINDING_BYTES, "every part has a fixed length");
        binding
    }
}

/// The binding of one message (GRP-23).
pub(crate) struct Binding {
    bytes: [u8; LABEL_BYTES + BINDING_BYTES],
    length: usize,
}

impl Binding {
    fn push(&mut self, part: &[u8]) {
        let end = self.length.saturating_add(part.len());
        if let Some(place) = self.bytes.get_mut(self.length..end) {
            place.copy_from_slice(part);
            self.length = end;
        }
    }

    /// The associated data of the payload: the label and the binding (GRP-23).
    pub(crate) fn associated(&self) -> &[u8] {
        &self.bytes
    }

    /// What the chain's key signs begins with the binding; the ciphertext and its tag follow (GRP-23). There is room for
    /// `more` bytes behind it.
    pub(crate) fn begin(&self, more: usize) -> InPlace {
        let mut signed = InPlace::new(label::GROUP_MESSAGE, BINDING_BYTES.saturating_add(more));
        signed.push(self.bytes.get(LABEL_BYTES..).unwrap_or_default());
        signed
    }
}

/// The payload's nonce: the salt and four zero bytes, so that a cloned state does not repeat a nonce (GRP-25, threat
/// R4).
pub(crate) fn nonce(salt: &[u8; MESSAGE_SALT_BYTES]) -> [u8; aead::NONCE_BYTES] {
    let [a, b, c, d, e, f, g, h] = *salt;
    [a, b, c, d, e, f, g, h, 0, 0, 0, 0]
}
