//! The KEM ratchet: one exchange of ML-KEM after the other, a chunk in each header.
//!
//! ```text
//!   the offerer of an epoch                                the other side
//!
//!   Offer ── sends ──► Offering ── 37 chunks ───────────►  Waiting
//!                         │  ◄──────────── what it has ──  │ has all, and sends
//!      knows that it has  ▼                                ▼
//!      all, or has a   Collecting ◄────── 34 chunks ────  Answering
//!      chunk              │ ── what it has ───────────►    │
//!            has all      ▼                                │
//!                      Adopting                            │
//!            next chain   │ ── a chain that adopts ──────► │
//!                         ▼                                ▼
//!                      Waiting        next epoch         Offer
//! ```
//!
//! The initiator offers in the odd epochs, the responder in the even ones. Only the offerer adopts, and it can only do so
//! with what the other side has sent: that side knows the secret first, and nothing has to be acknowledged.

use crate::{
    limits::STARVED_AFTER,
    pieces::{Held, Incoming, Outgoing},
    receiving::Mark,
    session::Role,
};
use aside_primitives::{
    Digest, Draw, Entropy, EntropyFailed, Secret, entropy,
    hash::{Transcript, hash},
    label,
    suite::Primitives,
};
use aside_wire::{
    Malformed,
    header::{CIPHERTEXT_CHUNKS, Header, KEM_KEY_BYTES, KEY_CHUNKS, Slot},
    packet::KEM_CIPHERTEXT_BYTES,
};

/// The epochs that the seven bits of a header tell apart.
const EPOCHS_IN_HEADER: u32 = 128;

/// What an epoch of the KEM ratchet adds to the root key (EPO-5).
#[derive(Debug)]
pub(crate) struct EpochSecret(pub(crate) Secret<32>);

/// Where this side stands in the KEM ratchet.
#[derive(Debug)]
pub(crate) struct KemRatchet {
    /// From 1.
    pub(crate) epoch: u32,
    pub(crate) phase: Phase,
    /// Messages sent in this epoch, up to the bound.
    pub(crate) sent: u16,
    /// Messages received in it, up to the bound.
    pub(crate) received: u16,
}

/// What this side has to do in an epoch.
#[derive(Debug)]
pub(crate) enum Phase {
    /// Make a key, with the next message.
    Offer,
    /// Send the key.
    Offering { seed: Secret<64>, key: Outgoing<KEM_KEY_BYTES> },
    /// Receive the ciphertext.
    Collecting { seed: Secret<64>, key_hash: Digest, ciphertext: Incoming<KEM_CIPHERTEXT_BYTES> },
    /// Adopt the secret, with the next chain. The seed is wiped by now (EPO-11).
    Adopting { secret: EpochSecret },
    /// Receive the key; when it is there, encapsulate with the next message.
    Waiting { key: Incoming<KEM_KEY_BYTES> },
    /// Send the ciphertext, until the peer adopts.
    Answering { secret: EpochSecret, ciphertext: Outgoing<KEM_CIPHERTEXT_BYTES> },
    /// Nothing any more: the peer contradicted itself, or its key is none (EPO-10).
    Broken,
}

/// What a session says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Health {
    /// It heals as it should.
    Sound,
    /// The peer's KEM exchange contradicts itself; messages still open, and no epoch will end. Start a new session (EPO-10).
    Broken,
    /// 200 messages went each way without an epoch coming to its end. Start a new session (EPO-12).
    Starved,
}

impl KemRatchet {
    /// The first epoch.
    pub(crate) fn new(role: Role) -> Self {
        Self::begin(role, 1)
    }

    fn begin(role: Role, epoch: u32) -> Self {
        let phase =
            if offers(role, epoch) { Phase::Offer } else { Phase::Waiting { key: Incoming::default() } };
        Self { epoch, phase, sent: 0, received: 0 }
    }

    /// The epoch after this one, which ends with a chain that adopts it.
    pub(crate) fn after(&self, role: Role) -> Self {
        Self::begin(role, self.epoch.saturating_add(1))
    }

    /// Takes no more part than what the peer has sent needs: a secret that it may still adopt.
    pub(crate) fn retire(&mut self) {
        if !matches!(self.phase, Phase::Answering { .. }) {
            self.phase = Phase::Broken;
        }
    }

    /// What has to be made before a message can be sent (EPO-2, EPO-3).
    pub(crate) fn prepare<P: Primitives>(
        &self,
        id: &Digest,
        entropy: &mut (impl Entropy + ?Sized),
    ) -> Result<Option<Phase>, EntropyFailed> {
        Ok(match &self.phase {
            Phase::Offer => {
                let seed: Secret<64> = entropy::secret(entropy, Draw("KEM key"))?;
                let key = Outgoing::new(P::kem_key(&seed));
                Some(Phase::Offering { seed, key })
            }
            Phase::Waiting { key } if key.is_complete() => {
                let encapsulated = P::encapsulate(&key.bytes, entropy, Draw("KEM message"))?;
                Some(match encapsulated {
                    Ok((ciphertext, shared)) => {
                        let hashes = [key.bytes.as_slice(), &ciphertext].map(object_hash);
                        let secret = epoch_secret::<P>(id, self.epoch, &hashes, &shared);
                        Phase::Answering { secret, ciphertext: Outgoing::new(ciphertext) }
                    }
                    Err(_) => Phase::Broken,
                })
            }
            _ => None,
        })
    }

    /// A message with this slot was sent.
    pub(crate) fn note_sent(&mut self, slot: &Slot) {
        match (&mut self.phase, slot) {
            (Phase::Offering { key, .. }, Slot::Key(chunk)) => key.sent(chunk.index),
            (Phase::Answering { ciphertext, .. }, Slot::Ciphertext(chunk)) => ciphertext.sent(chunk.index),
            _ => {}
        }
        self.sent = self.sent.saturating_add(1).min(STARVED_AFTER);
    }

    /// Takes in what a message carried that has opened (EPO-9).
    pub(crate) fn accept<P: Primitives>(&mut self, id: &Digest, of: Mark, slot: &Slot) {
        if of.epoch != self.epoch {
            return;
        }
        self.received = self.received.saturating_add(1).min(STARVED_AFTER);
        let phase = core::mem::replace(&mut self.phase, Phase::Broken);
        self.phase = phase.accept::<P>(id, self.epoch, slot);
    }

    pub(crate) fn health(&self) -> Health {
        match self.phase {
            Phase::Broken => Health::Broken,
            // The next chain of the offerer ends the epoch.
            Phase::Adopting { .. } => Health::Sound,
            Phase::Answering { ref ciphertext, .. } if ciphertext.is_held() => Health::Sound,
            _ if self.sent >= STARVED_AFTER && self.received >= STARVED_AFTER => Health::Starved,
            _ => Health::Sound,
        }
    }
}

impl Phase {
    /// What the next header carries (EPO-4).
    pub(crate) fn slot(&self) -> Slot {
        let held = match self {
            Self::Offering { key, .. } => match key.chunk() {
                Some(chunk) => return Slot::Key(chunk),
                None => Held::default(),
            },
            Self::Answering { ciphertext, .. } => match ciphertext.chunk() {
                Some(chunk) => return Slot::Ciphertext(chunk),
                None => Held::all(KEY_CHUNKS),
            },
            Self::Waiting { key } => key.held,
            Self::Collecting { ciphertext, .. } => ciphertext.held,
            Self::Adopting { .. } => Held::all(CIPHERTEXT_CHUNKS),
            Self::Offer | Self::Broken => Held::default(),
        };
        Slot::Held(held.0)
    }

    fn accept<P: Primitives>(self, id: &Digest, epoch: u32, slot: &Slot) -> Self {
        match (self, slot) {
            (Self::Offering { seed, mut key }, Slot::Held(held)) => {
                key.note_held(*held);
                if key.is_held() { Self::collecting(seed, &key) } else { Self::Offering { seed, key } }
            }
            // Whoever sends a ciphertext has the key.
            (Self::Offering { seed, key }, Slot::Ciphertext(_)) => {
                Self::collecting(seed, &key).accept::<P>(id, epoch, slot)
            }
            (Self::Collecting { seed, key_hash, mut ciphertext }, Slot::Ciphertext(chunk)) => {
                if ciphertext.take(chunk).is_err() {
                    return Self::Broken;
                }
                if !ciphertext.is_complete() {
                    return Self::Collecting { seed, key_hash, ciphertext };
                }
                let shared = P::decapsulate(&seed, &ciphertext.bytes);
                let hashes = [key_hash, object_hash(ciphertext.bytes.as_slice())];
                Self::Adopting { secret: epoch_secret::<P>(id, epoch, &hashes, &shared) }
            }
            (Self::Waiting { mut key }, Slot::Key(chunk)) => {
                let was_complete = key.is_complete();
                if key.take(chunk).is_err() {
                    return Self::Broken;
                }
                // Once: the peer goes on sending it until it hears that it is here.
                let is_new = !was_complete && key.is_complete();
                if is_new && P::check_kem_key(&key.bytes).is_err() {
                    Self::Broken
                } else {
                    Self::Waiting { key }
                }
            }
            (Self::Answering { secret, mut ciphertext }, Slot::Held(held)) => {
                ciphertext.note_held(*held);
                Self::Answering { secret, ciphertext }
            }
            (unmoved, _) => unmoved,
        }
    }

    fn collecting(seed: Secret<64>, key: &Outgoing<KEM_KEY_BYTES>) -> Self {
        let key_hash = object_hash(key.bytes.as_slice());
        Self::Collecting { seed, key_hash, ciphertext: Incoming::default() }
    }
}

/// Whether a side makes the key of an epoch (EPO-1).
pub(crate) const fn offers(role: Role, epoch: u32) -> bool {
    (epoch % 2 == 1) == matches!(role, Role::Initiator)
}

impl Mark {
    /// What a header says of its epoch.
    pub(crate) fn in_header(self) -> (u8, bool) {
        let epoch = u8::try_from(self.epoch % EPOCHS_IN_HEADER).unwrap_or(0);
        (epoch, self.adopts)
    }

    /// Whether a header of the other side fits a chain with this mark (EPO-7, EPO-8).
    pub(crate) fn check(self, sender: Role, header: &Header) -> Result<(), Malformed> {
        let offers = offers(sender, self.epoch);
        let role_fits = match &header.slot {
            // The offerer tells what it has of the ciphertext.
            Slot::Held(held) => !offers || Held(*held).fits(CIPHERTEXT_CHUNKS),
            Slot::Key(_) => offers,
            Slot::Ciphertext(_) => !offers,
        };
        if role_fits && self.in_header() == (header.epoch, header.adopts) {
            Ok(())
        } else {
            Err(Malformed::Field("mark"))
        }
    }
}

fn object_hash(object: &[u8]) -> Digest {
    hash(label::KEM_OBJECT, &[object])
}

/// The secret of an epoch depends on everything it was made of (EPO-5, threat P7).
fn epoch_secret<P: Primitives>(
    id: &Digest,
    epoch: u32,
    [key, ciphertext]: &[Digest; 2],
    shared: &Secret<32>,
) -> EpochSecret {
    let mut transcript = Transcript::new(label::KEM_TRANSCRIPT);
    transcript.add(id.as_bytes());
    transcript.add(&epoch.to_be_bytes());
    transcript.add(key.as_bytes());
    transcript.add(ciphertext.as_bytes());
    let [secret] = P::derive(transcript.finish().as_bytes(), &[shared.expose()], label::KEM_EPOCH);
    EpochSecret(secret)
}

#[cfg(test)]
#[path = "epoch_tests.rs"]
mod tests;
