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
//! in this direction. The responder's signed prekey serves as its first ratchet key.

use crate::{
    CannotSend, Refused, StaleTransition,
    chain::{ChainKey, RootStep, root_step},
    change::{Change, Place},
    handshake::{self, Agreed, Bundle, Own, Prekeys, handshake_hash},
    receiving::{OldChain, ReceivingChain, Walk, walk},
    sealing::HeaderKey,
    transient::{Kind, SendingTransients},
};
use alloc::{collections::VecDeque, vec::Vec};
use aside_identity::Certificate;
use aside_primitives::{
    AgreementPublic, AgreementSecret, Digest, Draw, Entropy, Secret, commit::Commitment, entropy,
};
use aside_wire::{
    Malformed,
    header::{COUNTER_MAX, Header},
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
pub(crate) enum Sending {
    Ready {
        ratchet: AgreementSecret,
        chain: ChainKey,
        number: u32,
        header_key: Secret<32>,
        next_header_key: Secret<32>,
        transients: SendingTransients,
    },
    Due {
        header_key: Secret<32>,
    },
}

/// A session between two devices. See the [crate documentation](crate) for how to use it.
#[derive(Debug)]
pub struct Session {
    pub(crate) id: Digest,
    pub(crate) role: Role,
    pub(crate) opening: Opening,
    pub(crate) root: Secret<32>,
    pub(crate) sending: Sending,
    /// Length of the sending chain before the current one.
    pub(crate) previous: u32,
    pub(crate) receiving: Option<ReceivingChain>,
    pub(crate) next_header_key: Secret<32>,
    /// Newest first.
    pub(crate) old: VecDeque<OldChain>,
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
        let Agreed { id, root, initiator_header_key, responder_header_key } = agreed;
        let ratchet = AgreementSecret::generate(entropy, Draw("ratchet key"))?;
        let RootStep { root, chain, next_header_key, transient } =
            root_step(&root, &ratchet.agree(&bundle.signed.agreement_key)?);
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
            },
            previous: 0,
            receiving: None,
            next_header_key: responder_header_key,
            old: VecDeque::new(),
            revision: 0,
        })
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
        let Agreed { id, root, initiator_header_key, responder_header_key } =
            handshake::respond(own, peer, prekeys, &handshake)?;
        let mut session = Self {
            id,
            role: Role::Responder,
            opening: Opening::Accepted(handshake_hash(&handshake)),
            root,
            // Takes the place of the responder's first sending chain, from which nothing is ever sent.
            sending: Sending::Due { header_key: responder_header_key },
            previous: 0,
            receiving: None,
            next_header_key: initiator_header_key,
            old: VecDeque::new(),
            revision: 0,
        };
        let opened = session.open_header(Kind::Message, &packet)?;
        let (secret, change) = session.turn(&opened.header, opened.ratchet_key, &prekeys.signed.agreement)?;
        let received = session.open_payload(Kind::Message, &packet, &opened, &secret)?;
        session.apply(change);
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
        let salt = entropy::public(entropy, Draw("salt"))?;
        let sending = turned.as_ref().map_or(&self.sending, |(_, sending)| sending);
        let Sending::Ready { ratchet, chain, number, header_key, .. } = sending else {
            return Err(CannotSend::Exhausted);
        };
        if *number >= COUNTER_MAX {
            // The next chain's header must be able to say how long this one was.
            return Err(CannotSend::Exhausted);
        }
        let header = self.header(ratchet, *number, salt);
        let (next, secret) = chain.step();
        let keys = secret.keys();
        let commitment = commit(&keys.franking);
        let message = self
            .seal(Kind::Message, &header, header_key, &keys.message, &commitment, plaintext)
            .ok_or(CannotSend::TooLong)?;

        if let Some((root, sending)) = turned {
            self.root = root;
            self.sending = sending;
        }
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
        let opened = self.open_header(Kind::Message, &packet)?;
        let planned;
        let (secret, change) = match opened.under {
            HeaderKey::Next => {
                let Sending::Ready { ratchet, .. } = &self.sending else {
                    // The peer cannot turn again before it has seen our turn.
                    return Err(Refused::Malformed(Malformed::Field("ratchet_key")));
                };
                planned = self.turn(&opened.header, opened.ratchet_key, ratchet)?;
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
                    let Walk { skipped, secret, chain } = walk(&current.chain, current.next, number)?;
                    let next = number.saturating_add(1);
                    planned = (secret, Change::Ahead { skipped, chain, next });
                    (&planned.0, planned.1)
                }
            }
        };
        let received = self.open_payload(Kind::Message, &packet, &opened, secret)?;
        Ok((received, Transition { session: self.id, revision: self.revision, change }))
    }

    /// Applies what [`Self::decrypt`] or [`Self::decrypt_transient`] planned (SES-27). After a message persist the
    /// state, together with it.
    ///
    /// # Errors
    /// [`StaleTransition`] if the session has changed since; it is left as it is.
    pub fn advance(&mut self, transition: Transition) -> Result<(), StaleTransition> {
        let Transition { session, revision, change } = transition;
        if session != self.id || revision != self.revision {
            return Err(StaleTransition);
        }
        self.apply(change);
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
            Sending::Due { .. } => 0,
        }
    }

    /// A new sending chain, if one is due (SES-6).
    fn turn_to_send(
        &self,
        entropy: &mut (impl Entropy + ?Sized),
    ) -> Result<Option<(Secret<32>, Sending)>, CannotSend> {
        let (Sending::Due { header_key }, Some(receiving)) = (&self.sending, &self.receiving) else {
            return Ok(None);
        };
        let ratchet = AgreementSecret::generate(entropy, Draw("ratchet key"))?;
        let RootStep { root, chain, next_header_key, transient } =
            root_step(&self.root, &ratchet.agree(&receiving.ratchet_key)?);
        let header_key = Secret::new(*header_key.expose());
        let transients = SendingTransients::new(transient);
        Ok(Some((
            root,
            Sending::Ready { ratchet, chain, number: 0, header_key, next_header_key, transients },
        )))
    }

    /// What a message says of its place.
    pub(crate) const fn header(&self, ratchet: &AgreementSecret, number: u32, salt: [u8; 8]) -> Header {
        let (previous, control, chunk) = (self.previous, 0, [0; 32]);
        Header { ratchet_key: *ratchet.public().as_bytes(), previous, number, salt, control, chunk }
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
