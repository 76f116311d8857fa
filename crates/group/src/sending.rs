//! The own sending chain.

use crate::{
    CannotSend, ChainHandover, KeyId,
    binding::{BINDING_BYTES, MESSAGE_AT, Origin, nonce},
    chain::{ChainKey, MessageKeys},
    limits::{CHAIN_MESSAGES, CHAIN_MS, CLOCK_SLACK_MS},
};
use alloc::vec::Vec;
use aside_identity::{Address, GroupId};
use aside_primitives::{Draw, Entropy, EntropyFailed, Secret, SigningKey, aead, commit::Commitment, entropy};
use aside_wire::{
    group_packet::{KIND_GROUP_MESSAGE, MESSAGE_SALT_BYTES, SIGNATURE_BYTES},
    limits::PLAINTEXT_BYTES,
    packet::TAG_BYTES,
};

/// The chain with which one device encrypts what it sends to a group, in one epoch. Not `Clone`: a second copy would
/// use the same keys.
#[derive(Debug)]
pub struct SendingChain {
    pub(crate) origin: Origin,
    /// Holds its public key as well.
    pub(crate) signing: SigningKey,
    pub(crate) chain: ChainKey,
    /// The number that comes next.
    pub(crate) iteration: u16,
    /// Milliseconds since 1970-01-01 UTC by the own clock.
    pub(crate) created_at: u64,
}

impl SendingChain {
    /// Draws a fresh chain and its signing key, for the current epoch of the group (GRP-18).
    ///
    /// # Errors
    /// [`EntropyFailed`] if the source failed.
    pub fn generate(
        entropy: &mut (impl Entropy + ?Sized),
        group: GroupId,
        owner: Address,
        epoch: u64,
        now: u64,
    ) -> Result<Self, EntropyFailed> {
        let signing = SigningKey::generate(entropy, Draw("chain signing key"))?;
        let chain = ChainKey(entropy::secret(entropy, Draw("chain key"))?);
        let origin = Origin::new(group, owner, epoch, &signing.verifying_key());
        Ok(Self { origin, signing, chain, iteration: 0, created_at: now })
    }

    /// Encrypts one message and moves the chain on. **Persist the chain before the ciphertext leaves.**
    ///
    /// `commit` gets the franking key of this message and returns the commitment to put on it (GRP-24).
    ///
    /// # Errors
    /// [`CannotSend`]; the chain has not changed.
    pub fn encrypt(
        &mut self,
        entropy: &mut (impl Entropy + ?Sized),
        plaintext: &[u8],
        commit: impl FnOnce(&Secret<32>) -> Commitment,
    ) -> Result<Vec<u8>, CannotSend> {
        if plaintext.len() > PLAINTEXT_BYTES {
            return Err(CannotSend::TooLong);
        }
        if self.iteration >= CHAIN_MESSAGES {
            return Err(CannotSend::Exhausted);
        }
        // GRP-25
        let salt = entropy::public(entropy, Draw("salt"))?;
        let (next, secret) = self.chain.step();
        let MessageKeys { message, franking } = secret.keys();
        let message = self.seal(&message, &salt, &commit(&franking), plaintext).ok_or(CannotSend::TooLong)?;
        self.chain = next;
        self.iteration = self.iteration.saturating_add(1);
        Ok(message)
    }

    /// Whether a new chain is due before the next message: after 1,000 messages or seven days (GRP-18, threat G4), or
    /// when the clock stands so far before the making of the chain that its age is unknown. An epoch that has ended
    /// makes a chain due as well; that the caller sees by [`Self::epoch`].
    #[must_use]
    pub const fn is_spent(&self, now: u64) -> bool {
        self.iteration >= CHAIN_MESSAGES
            || now >= self.created_at.saturating_add(CHAIN_MS)
            || now.saturating_add(CLOCK_SLACK_MS) < self.created_at
    }

    /// What another device needs to read the next message and those after it, but none before (GRP-34). It goes out
    /// in a [`SenderKey`](crate::SenderKey), over a session, to members only (GRP-19).
    ///
    /// # Errors
    /// [`CannotSend::Exhausted`] if no message will follow.
    pub fn hand_over(&self) -> Result<ChainHandover, CannotSend> {
        if self.iteration >= CHAIN_MESSAGES {
            return Err(CannotSend::Exhausted);
        }
        Ok(ChainHandover {
            iteration: self.iteration,
            chain_key: self.chain.copy(),
            signing_key: self.signing.verifying_key(),
        })
    }

    /// The chain's name, which stands on every message.
    #[must_use]
    pub const fn key_id(&self) -> &KeyId {
        &self.origin.key_id
    }

    /// The group it is for.
    #[must_use]
    pub const fn group(&self) -> &GroupId {
        &self.origin.group
    }

    /// The epoch it was made for.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.origin.epoch
    }

    /// The number of the next message; so many were sent.
    #[must_use]
    pub const fn iteration(&self) -> u16 {
        self.iteration
    }

    /// Payload first, then the signature over it and all that it is bound to (GRP-23).
    fn seal(
        &self,
        key: &Secret<32>,
        salt: &[u8; MESSAGE_SALT_BYTES],
        commitment: &Commitment,
        plaintext: &[u8],
    ) -> Option<Vec<u8>> {
        let Self { origin, iteration, .. } = self;
        let binding = origin.bind(*iteration, salt, &commitment.0);
        let rest = plaintext.len().saturating_add(TAG_BYTES).saturating_add(SIGNATURE_BYTES);
        let mut signed = binding.begin(rest);
        signed.push(plaintext);
        let payload = signed.body_mut().get_mut(BINDING_BYTES..)?;
        let tag = aead::seal(key, &nonce(salt), binding.associated(), payload).ok()?;
        signed.push(&tag);
        let signature = self.signing.sign_in_place(&mut signed);
        // What is signed ends in the message; the byte before that becomes its kind.
        let mut message = signed.into_body(MESSAGE_AT.saturating_sub(1));
        *message.first_mut()? = KIND_GROUP_MESSAGE;
        message.extend_from_slice(&signature.0);
        Some(message)
    }
}
