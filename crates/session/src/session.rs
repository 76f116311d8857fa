//! The double ratchet with encrypted headers.
//!
//! ```text
//!             encrypt                    decrypt: header opens under the next header key
//!   ┌─────┐ ───────────► new ratchet key      ┌───────┐ ──────────────────────────────┐
//!   │ Due │              root step            │ Ready │   root step with own old key,  │
//!   └─────┘ ◄─────────── chain, header keys ──┴───────┘   own key and chain wiped      │
//!      ▲                                                                               │
//!      └───────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! `Ready`: there is a sending chain. `Due`: the peer has turned the ratchet, and the next message sent turns it
//! in this direction. The responder's signed prekey serves as its first ratchet key. Beside it goes the KEM ratchet of
//! `epoch.rs`, whose secrets the root steps take in.

use crate::{
    CannotSend, Refused, StaleTransition,
    chain::{ChainKey, RootStep, root_step},
    change::{Change, Place},
    epoch::{Health, KemRatchet, Phase},
    handshake::{self, Agreed, Bundle, Own, Prekeys, handshake_hash},
    receiving::{Mark, OldChain, ReceivingChain, Walk, walk},
    sealing::HeaderKey,
    transient::{Kind, SendingTransients},
};
use alloc::{collections::VecDeque, vec::Vec};
use aside_identity::Certificate;
use aside_primitives::{
    AgreementPublic, Digest, Draw, Entropy, Secret,
    commit::Commitment,
    entropy,
    suite::{Primitives, Suite1},
};
use aside_wire::{
    Malformed,
    header::{COUNTER_MAX, Header, Slot},
    limits::PLAINTEXT_BYTES,
    packet::{Handshake, Packet},
};
use zeroize::Zeroizing;

/// Which side of the handshake this device was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Sent the handshake.
    Initiator,
    /// Was offline, perhaps.
    Responder,
}

impl Role {
    /// The byte that stands for messages sent by this side (threat H10).
    pub(crate) const fn direction(self) -> u8 {
        match self {
            Self::Initiator => 1,
            Self::Responder => 2,
        }
    }

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Initiator => Self::Responder,
            Self::Responder => Self::Initiator,
        }
    }
}

/// What became of the handshake.
#[derive(Debug)]
pub(crate) enum Opening {
    /// Sent with every message until the peer answers (HSK-13).
    Unanswered(Vec<u8>),
    /// The peer answered.
    Answered,
    /// Received; only these bytes may stand before a message of this session (HSK-15).
    Accepted(Digest),
}

/// The sending half.
#[derive(Debug)]
pub(crate) enum Sending<P: Primitives> {
    Ready {
        ratchet: P::AgreementSecret,
        chain: ChainKey,
        number: u32,
        header_key: Secret<32>,
        next_header_key: Secret<32>,
        transients: SendingTransients,
        /// The chain began with the secret of the epoch before.
        adopts: bool,
    },
    Due {
        header_key: Secret<32>,
    },
    /// Nothing is sent any more; the ratchet key serves the turns that the peer made before it knew (SES-37).
    Retired {
        ratchet: Option<P::AgreementSecret>,
    },
}

/// A session between two devices. See the [crate documentation](crate) for how to use it.
///
/// The primitives are chosen by type; those of the protocol are the default, and only with them a handshake can be made.
#[derive(Debug)]
pub struct Session<P: Primitives = Suite1> {
    pub(crate) id: Digest,
    pub(crate) role: Role,
    pub(crate) opening: Opening,
    pub(crate) root: Secret<32>,
    pub(crate) sending: Sending<P>,
    /// Length of the sending chain before the current one.
    pub(crate) previous: u32,
    pub(crate) receiving: Option<ReceivingChain>,
    pub(crate) next_header_key: Secret<32>,
    /// Newest first.
    pub(crate) old: VecDeque<OldChain>,
    pub(crate) kem: KemRatchet,
    /// Counts changes, so that a transition cannot be applied to another state than its own.
    pub(crate) revision: u64,
}

/// Where a message stood; no two messages of a session share it, and no two transient ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Position {
    /// The sender's ratchet key, which names the chain.
    pub ratchet_key: AgreementPublic,
    /// The number in the chain, from 0.
    pub number: u32,
}

/// A message that authenticated.
#[derive(Debug)]
#[non_exhaustive]
pub struct Received {
    /// The payload as the peer gave it to [`Session::encrypt`] or [`Session::encrypt_transient`], padding included.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// Verifies [`Self::commitment`]; the caller does that before it acts on the payload.
    pub franking_key: Secret<32>,
    /// What the peer committed to.
    pub commitment: Commitment,
    /// Where it stood.
    pub position: Position,
}

/// The state after a message, to be applied with [`Session::advance`] once the payload was accepted.
#[derive(Debug)]
#[must_use = "a message whose transition is not applied can be received again"]
pub struct Transition {
    pub(crate) session: Digest,
    pub(crate) revision: u64,
    pub(crate) change: Change,
    /// What the header carried of the KEM exchange, and of which chain.
    pub(crate) exchanged: Option<(Mark, Slot)>,
}

/// A new sending chain, not yet in place.
struct Turned<P: Primitives> {
    root: Secret<32>,
    sending: Sending<P>,
    adopts: bool,
}

impl Session {
    /// Starts a session with a device whose bundle was verified, and its first chain (SES-1).
    ///
    /// # Errors
    /// [`CannotSend`]; nothing was changed anywhere.
    pub fn initiate(
        entropy: &mut (impl Entropy + ?Sized),
        own: &Own<'_>,
        bundle: &Bundle<'_>,
    ) -> Result<Self, CannotSend> {
        let (agreed, handshake) = handshake::initiate(entropy, own, bundle)?;
        Self::initiator(entropy, agreed, handshake, &bundle.signed.agreement_key)
    }

    /// Answers a handshake. `message` is the first message received with it; the session exists only if it opens
    /// (HSK-9, threat P9), and nothing else may be changed before: the caller stores the session, forgets the
    /// one-time prekey and remembers the handshake in one transaction (HSK-14).
    ///
    /// # Errors
    /// [`Refused`], with the reason. The prekeys are untouched.
    pub fn respond(
        own: &Own<'_>,
        peer: &Certificate,
        prekeys: &Prekeys<'_>,
        message: &[u8],
    ) -> Result<(Self, Received), Refused> {
        let packet = not_transient(message)?;
        let handshake = packet.handshake.ok_or(Refused::NoHandshake)?;
        let agreed = handshake::respond(own, peer, prekeys, &handshake)?;
        let opening = Opening::Accepted(handshake_hash(&handshake));
        Self::responder(agreed, opening, &prekeys.signed.agreement, &packet)
    }
}

impl<P: Primitives> Session<P> {
    /// The initiator's session after the handshake, with its first chain (SES-1).
    pub(crate) fn initiator(
        entropy: &mut (impl Entropy + ?Sized),
        agreed: Agreed,
        handshake: Vec<u8>,
        peer: &AgreementPublic,
    ) -> Result<Self, CannotSend> {
        let Agreed { id, root, initiator_header_key, responder_header_key } = agreed;
        let ratchet = P::generate(entropy, Draw("ratchet key"))?;
        let RootStep { root, chain, next_header_key, transient } =
            root_step::<P>(&root, &P::agree(&ratchet, peer)?, None);
        Ok(Self {
            id,
            role: Role::Initiator,
            opening: Opening::Unanswered(handshake),
            root,
            sending: Sending::Ready {
                ratchet,
                chain,
                number: 0,
                header_key: initiator_header_key,
                next_header_key,
                transients: SendingTransients::new(transient),
                adopts: false,
            },
            previous: 0,
            receiving: None,
            next_header_key: responder_header_key,
            old: VecDeque::new(),
            kem: KemRatchet::new(Role::Initiator),
            revision: 0,
        })
    }

    /// The responder's session after the handshake and the first message.
    pub(crate) fn responder(
        agreed: Agreed,
        opening: Opening,
        ratchet: &P::AgreementSecret,
        packet: &Packet<'_>,
    ) -> Result<(Self, Received), Refused> {
        let Agreed { id, root, initiator_header_key, responder_header_key } = agreed;
        let mut session = Self {
            id,
            role: Role::Responder,
            opening,
            root,
            // Takes the place of the responder's first sending chain, from which nothing is ever sent.
            sending: Sending::Due { header_key: responder_header_key },
            previous: 0,
            receiving: None,
            next_header_key: initiator_header_key,
            old: VecDeque::new(),
            kem: KemRatchet::new(Role::Responder),
            revision: 0,
        };
        let opened = session.open_header(Kind::Message, packet)?;
        let (secret, change) = session.turn(&opened, ratchet)?;
        let received = session.open_payload(Kind::Message, packet, &opened, &secret)?;
        session.apply(change, Some(opened.exchanged()));
        Ok((session, received))
    }

    /// Encrypts one message and moves the state on. **Persist the state before the ciphertext leaves** (SES-11).
    ///
    /// `commit` gets the franking key of this message and returns the commitment to put on it.
    ///
    /// # Errors
    /// [`CannotSend`]; the state has not changed.
    pub fn encrypt(
        &mut self,
        entropy: &mut (impl Entropy + ?Sized),
        plaintext: &[u8],
        commit: impl FnOnce(&Secret<32>) -> Commitment,
    ) -> Result<Vec<u8>, CannotSend> {
        if plaintext.len() > PLAINTEXT_BYTES {
            return Err(CannotSend::TooLong);
        }
        let turned = self.turn_to_send(entropy)?;
        let kem = turned.as_ref().filter(|turned| turned.adopts).map(|_| self.kem.after(self.role));
        let phase = kem.as_ref().unwrap_or(&self.kem).prepare::<P>(&self.id, entropy)?;
        let salt = entropy::public(entropy, Draw("salt"))?;
        let sending = turned.as_ref().map_or(&self.sending, |turned| &turned.sending);
        let Sending::Ready { ratchet, chain, number, header_key, adopts, .. } = sending else {
            return Err(CannotSend::Retired);
        };
        if *number >= COUNTER_MAX {
            // The next chain's header must be able to say how long this one was.
            return Err(CannotSend::Exhausted);
        }
        let current = kem.as_ref().unwrap_or(&self.kem);
        let slot = phase.as_ref().unwrap_or(&current.phase).slot();
        let mark = Mark { epoch: current.epoch, adopts: *adopts };
        let header = self.header(ratchet, *number, salt, mark, slot);
        let (next, secret) = chain.step::<P>();
        let keys = secret.keys::<P>();
        let commitment = commit(&keys.franking);
        let message = self
            .seal(Kind::Message, &header, header_key, &keys.message, &commitment, plaintext)
            .ok_or(CannotSend::TooLong)?;

        if let Some(Turned { root, sending, .. }) = turned {
            self.root = root;
            self.sending = sending;
        }
        if let Some(kem) = kem {
            self.kem = kem;
        }
        if let Some(phase) = phase {
            self.kem.phase = phase;
        }
        self.kem.note_sent(&slot);
        if let Sending::Ready { chain, number, .. } = &mut self.sending {
            *chain = next;
            *number = number.saturating_add(1);
        }
        self.revision = self.revision.wrapping_add(1);
        Ok(message)
    }

    /// Decrypts one message without changing the session (SES-14). The caller checks the commitment and the payload,
    /// then applies the transition and persists the state.
    ///
    /// # Errors
    /// [`Refused`], with the reason. A transient message is [`Refused::Malformed`] (SES-35).
    pub fn decrypt(&self, message: &[u8]) -> Result<(Received, Transition), Refused> {
        let packet = not_transient(message)?;
        // HSK-15
        if let Some(handshake) = &packet.handshake
            && !matches!(&self.opening, Opening::Accepted(hash) if *hash == handshake_hash(handshake))
        {
            return Err(Refused::WrongHandshake);
        }
        let opened = self.open_header(Kind::Message, &packet).map_err(|refused| self.blame(refused))?;
        let planned;
        let (secret, change) = match opened.under {
            HeaderKey::Next => {
                // The peer cannot turn again before it has seen our turn.
                let again = Refused::Malformed(Malformed::Field("ratchet_key"));
                let own = self.sending.ratchet().ok_or(again).map_err(|refused| self.blame(refused))?;
                planned = self.turn(&opened, own).map_err(|refused| self.blame(refused))?;
                (&planned.0, planned.1)
            }
            HeaderKey::Old(index) => {
                let number = opened.header.number;
                let kept = self.old.get(index).ok_or(Refused::Mac)?;
                (kept.kept.find(number)?, Change::Late { chain: Place::Old(index), number })
            }
            HeaderKey::Current => {
                let current = self.receiving.as_ref().ok_or(Refused::Mac)?;
                let number = opened.header.number;
                if number < current.next {
                    (current.kept.find(number)?, Change::Late { chain: Place::Current, number })
                } else {
                    let Walk { skipped, secret, chain } = walk::<P>(&current.chain, current.next, number)?;
                    let next = number.saturating_add(1);
                    planned = (secret, Change::Ahead { skipped, chain, next });
                    (&planned.0, planned.1)
                }
            }
        };
        let received = self.open_payload(Kind::Message, &packet, &opened, secret)?;
        let exchanged = Some(opened.exchanged());
        Ok((received, Transition { session: self.id, revision: self.revision, change, exchanged }))
    }

    /// Applies what [`Self::decrypt`] or [`Self::decrypt_transient`] planned (SES-27). After a message persist the
    /// state, together with it.
    ///
    /// # Errors
    /// [`StaleTransition`] if the session has changed since; it is left as it is.
    pub fn advance(&mut self, transition: Transition) -> Result<(), StaleTransition> {
        let Transition { session, revision, change, exchanged } = transition;
        if session != self.id || revision != self.revision {
            return Err(StaleTransition);
        }
        self.apply(change, exchanged);
        Ok(())
    }

    /// The session id: the hash of everything both sides agreed on, 32 bytes.
    #[must_use]
    pub const fn id(&self) -> &Digest {
        &self.id
    }

    /// Which side of the handshake this device was.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The hash of the handshake this session answered, if it did.
    #[must_use]
    pub const fn accepted_handshake(&self) -> Option<&Digest> {
        match &self.opening {
            Opening::Accepted(hash) => Some(hash),
            Opening::Unanswered(_) | Opening::Answered => None,
        }
    }

    /// Whether the handshake uses a one-time prekey, as long as it is sent along; `None` after that, and for whoever
    /// answered it. Without one, the first messages are as safe as the signed prekey of the peer is until it is wiped
    /// (threat H2).
    #[must_use]
    pub fn used_one_time_prekey(&self) -> Option<bool> {
        let Opening::Unanswered(handshake) = &self.opening else { return None };
        let handshake = Handshake::parse(handshake.first_chunk()?).ok()?;
        Some(handshake.one_time_prekey.is_some())
    }

    /// Whether the peer is known to have the session: something of it was received here.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        !matches!(self.opening, Opening::Unanswered(_))
    }

    /// How many messages of the current sending chain were made; 0 when a new one is due.
    #[must_use]
    pub const fn sent(&self) -> u32 {
        match self.sending {
            Sending::Ready { number, .. } => number,
            Sending::Due { .. } | Sending::Retired { .. } => 0,
        }
    }

    /// The epoch of the KEM ratchet, from 1: one more than were completed. Whoever has a clock starts a new session when it has
    /// not moved for 30 days (EPO-12).
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.kem.epoch
    }

    /// Whether the session heals, or should make room for a new one.
    #[must_use]
    pub fn health(&self) -> Health {
        if self.is_retired() { Health::Sound } else { self.kem.health() }
    }

    /// Gives up sending, for good: what it needs is wiped. What the peer sent before it knew still opens (SES-37, threat R5).
    pub fn retire(&mut self) {
        // What the KEM ratchet has come to since then stays (epochs.md, state kept).
        if self.is_retired() {
            return;
        }
        let sending = core::mem::replace(&mut self.sending, Sending::Retired { ratchet: None });
        if let Sending::Ready { ratchet, .. } = sending {
            self.sending = Sending::Retired { ratchet: Some(ratchet) };
        }
        self.kem.retire();
        self.revision = self.revision.wrapping_add(1);
    }

    /// Whether the session only receives.
    #[must_use]
    pub const fn is_retired(&self) -> bool {
        matches!(self.sending, Sending::Retired { .. })
    }

    /// A header that does not fit a session which only receives answers what a newer copy of its state has said: its key is
    /// gone, and it is no fault of the peer (SES-38).
    const fn blame(&self, refused: Refused) -> Refused {
        match refused {
            Refused::Malformed(_) if self.is_retired() => Refused::KeyExpired,
            refused => refused,
        }
    }

    /// A new sending chain, if one is due (SES-6). It adopts what the KEM ratchet has agreed on (EPO-6).
    fn turn_to_send(&self, entropy: &mut (impl Entropy + ?Sized)) -> Result<Option<Turned<P>>, CannotSend> {
        let (Sending::Due { header_key }, Some(receiving)) = (&self.sending, &self.receiving) else {
            return Ok(None);
        };
        let ratchet = P::generate(entropy, Draw("ratchet key"))?;
        let adopted = match &self.kem.phase {
            Phase::Adopting { secret } => Some(secret),
            _ => None,
        };
        let adopts = adopted.is_some();
        let RootStep { root, chain, next_header_key, transient } =
            root_step::<P>(&self.root, &P::agree(&ratchet, &receiving.ratchet_key)?, adopted);
        let header_key = Secret::new(*header_key.expose());
        let transients = SendingTransients::new(transient);
        let sending =
            Sending::Ready { ratchet, chain, number: 0, header_key, next_header_key, transients, adopts };
        Ok(Some(Turned { root, sending, adopts }))
    }

    /// What a message says of its place.
    pub(crate) fn header(
        &self,
        ratchet: &P::AgreementSecret,
        number: u32,
        salt: [u8; 8],
        mark: Mark,
        slot: Slot,
    ) -> Header {
        let (previous, (epoch, adopts)) = (self.previous, mark.in_header());
        let ratchet_key = *P::public(ratchet).as_bytes();
        Header { ratchet_key, previous, number, salt, epoch, adopts, slot }
    }
}

impl<P: Primitives> Sending<P> {
    /// The key with which the peer's next turn agrees.
    pub(crate) const fn ratchet(&self) -> Option<&P::AgreementSecret> {
        match self {
            Self::Ready { ratchet, .. } => Some(ratchet),
            Self::Due { .. } => None,
            Self::Retired { ratchet } => ratchet.as_ref(),
        }
    }
}

/// The handshake that stands before a message, if there is one.
///
/// # Errors
/// [`Refused::Malformed`] if the message breaks the layout or is transient.
pub fn handshake_of(message: &[u8]) -> Result<Option<Handshake<'_>>, Refused> {
    Ok(not_transient(message)?.handshake)
}

/// The parts of a message that is to be kept (SES-35).
fn not_transient(message: &[u8]) -> Result<Packet<'_>, Refused> {
    let packet = Packet::parse(message)?;
    if packet.transient { Err(Malformed::Encoding("session message").into()) } else { Ok(packet) }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
