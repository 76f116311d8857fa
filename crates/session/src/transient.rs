//! Transient messages: delivered now or dropped. They stand beside the messages of a chain, with a key and a counter
//! of their own, and nothing is kept of those that are lost.

use crate::{
    CannotSend, Refused, Session,
    chain::MessageSecret,
    change::{Change, Place},
    limits::TRANSIENT_WINDOW,
    sealing::HeaderKey,
    session::{Opening, Received, Sending, Transition},
};
use alloc::vec::Vec;
use aside_primitives::{Draw, Entropy, Label, Secret, commit::Commitment, entropy, label, suite::Primitives};
use aside_wire::{
    Malformed,
    header::{COUNTER_MAX, Header, Slot},
    limits::PLAINTEXT_BYTES,
    packet::Packet,
};

/// Which of the two is sealed. Each has labels of its own, so that neither is ever taken for the other (SES-31).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Message,
    Transient,
}

impl Kind {
    pub(crate) const fn payload_label(self) -> Label {
        match self {
            Self::Message => label::PAYLOAD,
            Self::Transient => label::TRANSIENT_PAYLOAD,
        }
    }

    pub(crate) const fn header_label(self) -> Label {
        match self {
            Self::Message => label::HEADER,
            Self::Transient => label::TRANSIENT_HEADER,
        }
    }
}

/// The key of all transient messages of one chain.
#[derive(Debug)]
pub(crate) struct TransientKey(pub(crate) Secret<32>);

impl TransientKey {
    /// The secret of a number, in one step whatever the number is (SES-34).
    fn secret<P: Primitives>(&self, number: u32) -> MessageSecret {
        let [_, salt @ ..] = number.to_be_bytes();
        let [secret] = P::derive(&salt, &[self.0.expose()], label::TRANSIENT_KEY);
        MessageSecret(secret)
    }
}

/// The transient messages of the own sending chain.
#[derive(Debug)]
pub(crate) struct SendingTransients {
    pub(crate) key: TransientKey,
    /// The number of the next one.
    pub(crate) number: u32,
}

impl SendingTransients {
    pub(crate) const fn new(key: TransientKey) -> Self {
        Self { key, number: 0 }
    }
}

/// The transient messages of a chain of the peer.
#[derive(Debug)]
pub(crate) struct ReceivingTransients {
    pub(crate) key: TransientKey,
    pub(crate) window: Window,
}

impl ReceivingTransients {
    pub(crate) const fn new(key: TransientKey) -> Self {
        Self { key, window: Window { next: 0, seen: 0 } }
    }
}

/// Which numbers were received (SES-33).
#[derive(Debug)]
pub(crate) struct Window {
    /// The number after the highest received.
    pub(crate) next: u32,
    /// Bit `n` says that the number `next − 1 − n` was received.
    pub(crate) seen: u64,
}

impl Window {
    /// Refuses what was received, what is too old to tell, and the number that nobody sends.
    fn check(&self, number: u32) -> Result<(), Refused> {
        if number >= COUNTER_MAX {
            return Err(Refused::TooFar);
        }
        match self.bit(number) {
            Some(bit) if self.seen & bit == 0 => Ok(()),
            None if number >= self.next => Ok(()),
            _ => Err(Refused::Replay),
        }
    }

    pub(crate) fn mark(&mut self, number: u32) {
        if number >= self.next {
            let next = number.saturating_add(1);
            let passed = next.saturating_sub(self.next);
            self.seen = self.seen.checked_shl(passed).unwrap_or(0);
            self.next = next;
        }
        self.seen |= self.bit(number).unwrap_or(0);
    }

    /// The bit of a number within the window.
    fn bit(&self, number: u32) -> Option<u64> {
        let behind = self.next.checked_sub(number)?.checked_sub(1)?;
        (behind < TRANSIENT_WINDOW).then(|| 1u64.checked_shl(behind))?
    }

    /// Whether received numbers lead here: the highest was received, and there are none below 0 (SES-26).
    pub(crate) const fn is_possible(&self) -> bool {
        let below_zero = match self.seen.checked_shr(self.next) {
            Some(below_zero) => below_zero,
            None => 0,
        };
        below_zero == 0 && (self.seen & 1 == 1 || self.next == 0)
    }
}

impl<P: Primitives> Session<P> {
    /// Encrypts one transient message: typing, presence, what serves now or not at all. Only the counter of the chain
    /// moves on; the state may be stored later (SES-32).
    ///
    /// `commit` gets the franking key of this message and returns the commitment to put on it.
    ///
    /// # Errors
    /// [`CannotSend`]; the state has not changed, and the message is to be dropped. [`CannotSend::NotYet`] where a
    /// message would carry the handshake or turn the ratchet (SES-30).
    pub fn encrypt_transient(
        &mut self,
        entropy: &mut (impl Entropy + ?Sized),
        plaintext: &[u8],
        commit: impl FnOnce(&Secret<32>) -> Commitment,
    ) -> Result<Vec<u8>, CannotSend> {
        if plaintext.len() > PLAINTEXT_BYTES {
            return Err(CannotSend::TooLong);
        }
        let (ratchet, header_key, transients) = match &self.sending {
            Sending::Ready { ratchet, header_key, transients, .. } => (ratchet, header_key, transients),
            Sending::Due { .. } => return Err(CannotSend::NotYet),
            Sending::Retired { .. } => return Err(CannotSend::Retired),
        };
        if matches!(self.opening, Opening::Unanswered(_)) {
            return Err(CannotSend::NotYet);
        }
        let SendingTransients { key, number } = transients;
        if *number >= COUNTER_MAX {
            return Err(CannotSend::Exhausted);
        }
        let salt = entropy::public(entropy, Draw("salt"))?;
        let header = Header {
            ratchet_key: *P::public(ratchet).as_bytes(),
            previous: self.previous,
            number: *number,
            salt,
            epoch: 0,
            adopts: false,
            slot: Slot::Held(0),
        };
        let keys = key.secret::<P>(*number).keys::<P>();
        let commitment = commit(&keys.franking);
        let message = self
            .seal(Kind::Transient, &header, header_key, &keys.message, &commitment, plaintext)
            .ok_or(CannotSend::TooLong)?;

        if let Sending::Ready { transients, .. } = &mut self.sending {
            transients.number = transients.number.saturating_add(1);
        }
        self.revision = self.revision.wrapping_add(1);
        Ok(message)
    }

    /// Decrypts one transient message without changing the session. The caller checks the commitment and the payload,
    /// then applies the transition; the state may be stored later (SES-32).
    ///
    /// # Errors
    /// [`Refused`], with the reason; the message is to be dropped. One of a chain that no message has announced yet is
    /// [`Refused::Mac`] (SES-36), and a message that is not transient [`Refused::Malformed`] (SES-35).
    pub fn decrypt_transient(&self, message: &[u8]) -> Result<(Received, Transition), Refused> {
        let packet = Packet::parse(message)?;
        if !packet.transient {
            return Err(Malformed::Encoding("transient message").into());
        }
        let opened = self.open_header(Kind::Transient, &packet)?;
        let (chain, number) = (Place::of(opened.under)?, opened.header.number);
        let ReceivingTransients { key, window } = self.transients(chain).ok_or(Refused::Mac)?;
        window.check(number)?;
        let received = self.open_payload(Kind::Transient, &packet, &opened, &key.secret::<P>(number))?;
        let change = Change::Transient { chain, number };
        Ok((received, Transition { session: self.id, revision: self.revision, change, exchanged: None }))
    }

    fn transients(&self, chain: Place) -> Option<&ReceivingTransients> {
        match chain {
            Place::Current => self.receiving.as_ref().map(|current| &current.transients),
            Place::Old(index) => self.old.get(index).map(|old| &old.transients),
        }
    }

    pub(crate) fn transients_mut(&mut self, chain: Place) -> Option<&mut ReceivingTransients> {
        match chain {
            Place::Current => self.receiving.as_mut().map(|current| &mut current.transients),
            Place::Old(index) => self.old.get_mut(index).map(|old| &mut old.transients),
        }
    }
}

impl Place {
    /// The chain of a header key; the next one has no chain yet.
    const fn of(under: HeaderKey) -> Result<Self, Refused> {
        match under {
            HeaderKey::Current => Ok(Self::Current),
            HeaderKey::Old(index) => Ok(Self::Old(index)),
            HeaderKey::Next => Err(Refused::Mac),
        }
    }
}

#[cfg(test)]
#[path = "transient_tests.rs"]
mod tests;
