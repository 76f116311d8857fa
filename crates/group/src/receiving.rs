//! The sending chain of another device, as it was handed to this one.

use crate::{
    ChainHandover, KeyId, Refused, StaleAdvance,
    binding::{BINDING_BYTES, Binding, Origin, nonce},
    chain::{ChainKey, MessageKeys, MessageSecret},
    limits::CHAIN_MESSAGES,
};
use alloc::{collections::BTreeMap, vec::Vec};
use aside_identity::{Address, GroupId};
use aside_primitives::{Secret, Signature, VerifyingKey, aead, commit::Commitment, sign::InPlace};
use aside_wire::{group_packet::GroupPacket, packet::TAG_BYTES};
use zeroize::Zeroizing;

/// The chain of another device. It opens that device's messages in one epoch, in any order, each once.
#[derive(Debug)]
pub struct ReceivingChain {
    pub(crate) origin: Origin,
    pub(crate) signing_key: VerifyingKey,
    pub(crate) chain: ChainKey,
    /// The number at which it was handed over; nothing before it opens.
    pub(crate) first: u16,
    /// The number that comes next.
    pub(crate) next: u16,
    /// The number from which on nothing is accepted.
    pub(crate) end: u16,
    /// Secrets of skipped messages, by number.
    pub(crate) kept: BTreeMap<u16, MessageSecret>,
    /// Counts changes, so that a change cannot be applied to another state than its own.
    pub(crate) revision: u64,
}

/// A message that authenticated.
#[derive(Debug)]
pub struct Received {
    /// The payload as the sender gave it to [`SendingChain::encrypt`](crate::SendingChain::encrypt), padding included.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// Verifies [`Self::commitment`]; the caller does that before it acts on the payload (GRP-24).
    pub franking_key: Secret<32>,
    /// What the sender committed to.
    pub commitment: Commitment,
    /// Its number in the chain, from 0.
    pub iteration: u16,
}

/// The chain after a message, to be applied with [`ReceivingChain::advance`] once the payload was accepted.
#[derive(Debug)]
#[must_use = "a message whose change is not applied can be received again"]
pub struct Advance {
    key_id: KeyId,
    revision: u64,
    change: Change,
}

/// What one message changes.
#[derive(Debug)]
enum Change {
    /// A kept secret was used.
    Late { number: u16 },
    /// The chain moved on.
    Ahead { skipped: Vec<(u16, MessageSecret)>, chain: ChainKey, next: u16 },
}

impl ReceivingChain {
    /// Takes what the owner of the chain handed over. The caller has checked that it came over a session with that
    /// very device, a member of the group (GRP-20), and that no chain of this name is there: one that is there stays.
    #[must_use]
    pub fn accept(group: GroupId, owner: Address, epoch: u64, handover: ChainHandover) -> Self {
        let ChainHandover { iteration, chain_key, signing_key } = handover;
        // A chain handed over at its end, which does not decode, would open nothing.
        let first = iteration.min(CHAIN_MESSAGES);
        Self {
            origin: Origin::new(group, owner, epoch, &signing_key),
            signing_key,
            chain: ChainKey(chain_key),
            first,
            next: first,
            end: CHAIN_MESSAGES,
            kept: BTreeMap::new(),
            revision: 0,
        }
    }

    /// Decrypts one message without changing the chain (GRP-29). `sender` is the device from which the relay says it
    /// came. The caller checks the commitment, the payload and what it says about the log, then applies the change and
    /// persists the chain.
    ///
    /// # Errors
    /// [`Refused`], with the reason. Nothing of the chain is computed before the signature has verified (GRP-26,
    /// threat G13).
    pub fn decrypt(
        &self,
        sender: &Address,
        packet: &GroupPacket<'_>,
    ) -> Result<(Received, Advance), Refused> {
        let Origin { owner, key_id, .. } = &self.origin;
        if packet.key_id != key_id.as_bytes() {
            return Err(Refused::OtherKey);
        }
        let number = packet.iteration;
        // GRP-34
        if number < self.first {
            return Err(Refused::BeforeHandOver);
        }
        if sender != owner {
            return Err(Refused::WrongSender);
        }
        let binding = self.origin.bind(number, packet.salt, packet.commitment);
        let mut signed = binding.begin(packet.ciphertext.len().saturating_add(TAG_BYTES));
        signed.push(packet.ciphertext);
        signed.push(packet.tag);
        self.signing_key.verify_in_place(&mut signed, &Signature(*packet.signature))?;
        // GRP-27
        if number >= self.end {
            return Err(Refused::TooFar);
        }
        let walked;
        let (secret, change) = if number < self.next {
            // GRP-28
            (self.kept.get(&number).ok_or(Refused::Replay)?, Change::Late { number })
        } else {
            let Walk { skipped, secret, chain } = walk(&self.chain, self.next, number);
            walked = secret;
            (&walked, Change::Ahead { skipped, chain, next: number.saturating_add(1) })
        };
        let received = open(packet, &binding, signed, secret)?;
        Ok((received, Advance { key_id: *key_id, revision: self.revision, change }))
    }

    /// Applies what [`Self::decrypt`] planned. Persist the chain afterwards, together with the message.
    ///
    /// # Errors
    /// [`StaleAdvance`] if the chain has changed since; it is left as it is.
    pub fn advance(&mut self, advance: Advance) -> Result<(), StaleAdvance> {
        let Advance { key_id, revision, change } = advance;
        if key_id != self.origin.key_id || revision != self.revision {
            return Err(StaleAdvance);
        }
        match change {
            Change::Late { number } => {
                self.kept.remove(&number);
            }
            Change::Ahead { skipped, chain, next } => {
                self.kept.extend(skipped);
                self.chain = chain;
                self.next = next;
            }
        }
        self.revision = self.revision.wrapping_add(1);
        Ok(())
    }

    /// Ends the chain after so many messages, counted from its beginning: what lies beyond is not accepted any more, and
    /// its kept secrets are wiped (GRP-27, GRP-35, threat G3). A cut only shortens.
    pub fn cut(&mut self, messages: u16) {
        if messages < self.end {
            self.end = messages;
            self.kept.retain(|number, _| *number < messages);
            self.revision = self.revision.wrapping_add(1);
        }
    }

    /// Whether nothing can follow: every message up to the end was received, and the chain may be forgotten.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.next >= self.end && self.kept.is_empty()
    }

    /// The chain's name, by which a message finds it.
    #[must_use]
    pub const fn key_id(&self) -> &KeyId {
        &self.origin.key_id
    }

    /// The group it is for.
    #[must_use]
    pub const fn group(&self) -> &GroupId {
        &self.origin.group
    }

    /// The device whose chain it is.
    #[must_use]
    pub const fn owner(&self) -> &Address {
        &self.origin.owner
    }

    /// The epoch it was made for.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.origin.epoch
    }

    /// One more than the highest number received, or the number at which it was handed over: what a removal names as
    /// the end of the chain, if this device makes it.
    #[must_use]
    pub const fn next(&self) -> u16 {
        self.next
    }
}

/// Where a chain stands after a message, and the secrets it passed on the way.
struct Walk {
    skipped: Vec<(u16, MessageSecret)>,
    secret: MessageSecret,
    chain: ChainKey,
}

/// Walks a chain from `next` to the message `number`, at most the length of one chain.
fn walk(chain: &ChainKey, next: u16, number: u16) -> Walk {
    let mut skipped = Vec::with_capacity(number.saturating_sub(next).into());
    let (mut chain, mut secret) = chain.step();
    for passed in next..number {
        let (following, current) = chain.step();
        skipped.push((passed, core::mem::replace(&mut secret, current)));
        chain = following;
    }
    Walk { skipped, secret, chain }
}

/// Opens the ciphertext in the buffer in which its signature was verified.
fn open(
    packet: &GroupPacket<'_>,
    binding: &Binding,
    verified: InPlace,
    secret: &MessageSecret,
) -> Result<Received, Refused> {
    let MessageKeys { message, franking } = secret.keys();
    let mut plaintext = Zeroizing::new(verified.into_body(BINDING_BYTES));
    plaintext.truncate(packet.ciphertext.len());
    aead::open(&message, &nonce(packet.salt), binding.associated(), &mut plaintext, packet.tag)
        .map_err(|_| Refused::Mac)?;
    Ok(Received {
        plaintext,
        franking_key: franking,
        commitment: Commitment(*packet.commitment),
        iteration: packet.iteration,
    })
}
