//! Export and import of a session's state: versioned, compact, validated.
//!
//! ```text
//! version 3 | role 1 | revision 8 | id 32 | opening | root 32 | sending | previous 4 | next header key 32
//! | receiving | old chains 1, each: header key 32, ratchet key 32, mark, kept, transients | kem | hash 32
//! opening   = 0, handshake 1162  |  1  |  2, hash 32
//! sending   = 0, ratchet 32, public 32, chain 32, number 4, header key 32, next header key 32, transient key 32,
//!             number 4, adopts 1
//!           | 1, header key 32  |  2  |  3, ratchet 32, public 32
//! receiving = 0  |  1, header key 32, ratchet key 32, mark, chain 32, next 4, kept, transients
//! mark      = epoch 4, adopts 1
//! kept      = count 2, each: number 4, secret 32; ranges 1, each: start 4, end 4
//! transients = transient key 32, next 4, seen 8
//! kem       = epoch 4, sent 2, received 2, phase
//! phase     = 0  |  1, seed 64, key 1184, held 8, next 1  |  2, seed 64, key hash 32, chunks
//!           | 3, secret 32  |  4, chunks  |  5, secret 32, ciphertext 1088, held 8, next 1  |  6
//! chunks    = held 8, each: 32
//! hash      = H("aside/1 stored session"; everything before)
//! ```
//!
//! The hash is no protection from somebody who can write to the store: it tells damage from a state.

use crate::{
    ImportError, Role, Session,
    chain::{ChainKey, MessageSecret},
    epoch::{EpochSecret, KemRatchet, Phase, offers},
    limits::{DROPPED_RANGES, KEPT_KEYS, OLD_CHAINS, STARVED_AFTER},
    pieces::{Held, Incoming, Outgoing},
    receiving::{KeptKeys, Mark, OldChain, ReceivingChain},
    session::{Opening, Sending},
    transient::{ReceivingTransients, SendingTransients, TransientKey, Window},
};
use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use aside_primitives::{
    AgreementPublic, Digest, Secret,
    hash::hash,
    label,
    suite::{Primitives, Suite1},
};
use aside_wire::{
    header::{CHUNK_BYTES, COUNTER_MAX},
    packet::HANDSHAKE_BYTES,
};
use zeroize::Zeroizing;

/// The version of the layout above.
const VERSION: u8 = 3;
/// Room for everything but kept keys: a handshake and two KEM objects are the most of it.
const ROOM: usize = 4096;

impl Session {
    /// Reads back what [`Self::export`] wrote, and nothing else (SES-26): any byte that differs is noticed.
    ///
    /// # Errors
    /// [`ImportError`] if the version is unknown or the bytes are not such a state.
    pub fn import(bytes: &[u8]) -> Result<Self, ImportError> {
        Session::<Suite1>::read(bytes)
    }
}

impl<P: Primitives> Session<P> {
    /// The whole state, secrets included. A session at rest takes about 450 bytes; until the peer has answered, 1,162 more;
    /// while the KEM ratchet sends or receives, up to 1,300 more. Each old chain adds 116, each kept key 36, and a lost
    /// transient message nothing.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        // Room for all of it, so that no reallocation leaves a copy of a secret behind.
        let kept = self.kept_keys().map(|kept| kept.secrets.len()).sum::<usize>();
        let room = ROOM.saturating_add(kept.saturating_mul(36));
        let mut out = Zeroizing::new(Vec::with_capacity(room));
        out.push(VERSION);
        out.push(self.role.direction());
        out.extend_from_slice(&self.revision.to_be_bytes());
        out.extend_from_slice(self.id.as_bytes());
        match &self.opening {
            Opening::Unanswered(handshake) => {
                out.push(0);
                out.extend_from_slice(handshake);
            }
            Opening::Answered => out.push(1),
            Opening::Accepted(hash) => {
                out.push(2);
                out.extend_from_slice(hash.as_bytes());
            }
        }
        out.extend_from_slice(self.root.expose());
        export_sending(&self.sending, &mut out);
        out.extend_from_slice(&self.previous.to_be_bytes());
        out.extend_from_slice(self.next_header_key.expose());
        match &self.receiving {
            None => out.push(0),
            Some(ReceivingChain { header_key, ratchet_key, mark, chain, next, kept, transients }) => {
                out.push(1);
                out.extend_from_slice(header_key.expose());
                out.extend_from_slice(ratchet_key.as_bytes());
                export_mark(*mark, &mut out);
                out.extend_from_slice(chain.0.expose());
                out.extend_from_slice(&next.to_be_bytes());
                export_kept(kept, &mut out);
                export_transients(transients, &mut out);
            }
        }
        out.push(u8::try_from(self.old.len()).unwrap_or(u8::MAX));
        for OldChain { header_key, ratchet_key, mark, kept, transients } in &self.old {
            out.extend_from_slice(header_key.expose());
            out.extend_from_slice(ratchet_key.as_bytes());
            export_mark(*mark, &mut out);
            export_kept(kept, &mut out);
            export_transients(transients, &mut out);
        }
        export_kem(&self.kem, &mut out);
        let hash = hash(label::STORED_SESSION, &[&out]);
        out.extend_from_slice(hash.as_bytes());
        out
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ImportError> {
        let version = *bytes.first().ok_or(ImportError::Damaged)?;
        if version != VERSION {
            return Err(ImportError::Version(version));
        }
        let (state, stored) = bytes.split_last_chunk::<32>().ok_or(ImportError::Damaged)?;
        if hash(label::STORED_SESSION, &[state]) != Digest(*stored) {
            return Err(ImportError::Damaged);
        }
        let mut reader = Reader(state.get(1..).unwrap_or_default());
        let session = reader.session().ok_or(ImportError::Damaged)?;
        if reader.0.is_empty() { Ok(session) } else { Err(ImportError::Damaged) }
    }

    pub(crate) fn kept_keys(&self) -> impl Iterator<Item = &KeptKeys> {
        self.receiving.iter().map(|chain| &chain.kept).chain(self.old.iter().map(|chain| &chain.kept))
    }
}

fn export_mark(mark: Mark, out: &mut Vec<u8>) {
    out.extend_from_slice(&mark.epoch.to_be_bytes());
    out.push(u8::from(mark.adopts));
}

fn export_kem(kem: &KemRatchet, out: &mut Vec<u8>) {
    let KemRatchet { epoch, phase, sent, received } = kem;
    out.extend_from_slice(&epoch.to_be_bytes());
    out.extend_from_slice(&sent.to_be_bytes());
    out.extend_from_slice(&received.to_be_bytes());
    match phase {
        Phase::Offer => out.push(0),
        Phase::Offering { seed, key } => {
            out.push(1);
            out.extend_from_slice(seed.expose());
            export_outgoing(key, out);
        }
        Phase::Collecting { seed, key_hash, ciphertext } => {
            out.push(2);
            out.extend_from_slice(seed.expose());
            out.extend_from_slice(key_hash.as_bytes());
            export_incoming(ciphertext, out);
        }
        Phase::Adopting { secret: EpochSecret(secret) } => {
            out.push(3);
            out.extend_from_slice(secret.expose());
        }
        Phase::Waiting { key } => {
            out.push(4);
            export_incoming(key, out);
        }
        Phase::Answering { secret: EpochSecret(secret), ciphertext } => {
            out.push(5);
            out.extend_from_slice(secret.expose());
            export_outgoing(ciphertext, out);
        }
        Phase::Broken => out.push(6),
    }
}

fn export_outgoing<const BYTES: usize>(object: &Outgoing<BYTES>, out: &mut Vec<u8>) {
    out.extend_from_slice(object.bytes.as_slice());
    out.extend_from_slice(&object.held.0.to_be_bytes());
    out.push(object.next);
}

fn export_incoming<const BYTES: usize>(object: &Incoming<BYTES>, out: &mut Vec<u8>) {
    out.extend_from_slice(&object.held.0.to_be_bytes());
    for chunk in object.chunks() {
        out.extend_from_slice(chunk);
    }
}

fn export_sending<P: Primitives>(sending: &Sending<P>, out: &mut Vec<u8>) {
    match sending {
        Sending::Ready { ratchet, chain, number, header_key, next_header_key, transients, adopts } => {
            out.push(0);
            out.extend_from_slice(P::seed(ratchet).expose());
            out.extend_from_slice(P::public(ratchet).as_bytes());
            out.extend_from_slice(chain.0.expose());
            out.extend_from_slice(&number.to_be_bytes());
            out.extend_from_slice(header_key.expose());
            out.extend_from_slice(next_header_key.expose());
            out.extend_from_slice(transients.key.0.expose());
            out.extend_from_slice(&transients.number.to_be_bytes());
            out.push(u8::from(*adopts));
        }
        Sending::Due { header_key } => {
            out.push(1);
            out.extend_from_slice(header_key.expose());
        }
        Sending::Retired { ratchet: None } => out.push(2),
        Sending::Retired { ratchet: Some(ratchet) } => {
            out.push(3);
            out.extend_from_slice(P::seed(ratchet).expose());
            out.extend_from_slice(P::public(ratchet).as_bytes());
        }
    }
}

fn export_kept(kept: &KeptKeys, out: &mut Vec<u8>) {
    let KeptKeys { secrets, dropped } = kept;
    out.extend_from_slice(&u16::try_from(secrets.len()).unwrap_or(u16::MAX).to_be_bytes());
    for (number, secret) in secrets {
        out.extend_from_slice(&number.to_be_bytes());
        out.extend_from_slice(secret.0.expose());
    }
    out.push(u8::try_from(dropped.len()).unwrap_or(u8::MAX));
    for (start, end) in dropped {
        out.extend_from_slice(&start.to_be_bytes());
        out.extend_from_slice(&end.to_be_bytes());
    }
}

fn export_transients(transients: &ReceivingTransients, out: &mut Vec<u8>) {
    let ReceivingTransients { key, window: Window { next, seen } } = transients;
    out.extend_from_slice(key.0.expose());
    out.extend_from_slice(&next.to_be_bytes());
    out.extend_from_slice(&seen.to_be_bytes());
}

/// Takes fields from the front; `None` as soon as one is missing or impossible.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn number(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes).filter(|number| *number <= COUNTER_MAX)
    }

    fn secret(&mut self) -> Option<Secret<32>> {
        self.array().map(Secret::new)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn public(&mut self) -> Option<AgreementPublic> {
        AgreementPublic::parse(&self.array::<32>()?).ok()
    }

    /// A private key with its public key beside it; computing that would cost more than all the rest.
    fn ratchet<P: Primitives>(&mut self) -> Option<P::AgreementSecret> {
        let seed = self.secret()?;
        Some(P::stored(&seed, self.public()?))
    }

    fn mark(&mut self) -> Option<Mark> {
        Some(Mark { epoch: u32::from_be_bytes(self.array()?), adopts: self.flag()? })
    }

    fn session<P: Primitives>(&mut self) -> Option<Session<P>> {
        let role = match self.byte()? {
            1 => Role::Initiator,
            2 => Role::Responder,
            _ => return None,
        };
        let revision = u64::from_be_bytes(self.array()?);
        let id = Digest(self.array()?);
        let opening = match (self.byte()?, role) {
            (0, Role::Initiator) => Opening::Unanswered(self.array::<HANDSHAKE_BYTES>()?.to_vec()),
            (1, Role::Initiator) => Opening::Answered,
            (2, Role::Responder) => Opening::Accepted(Digest(self.array()?)),
            _ => return None,
        };
        let root = self.secret()?;
        let sending = self.sending()?;
        let previous = self.number()?;
        let next_header_key = self.secret()?;
        let receiving = self.receiving()?;
        let mut old = VecDeque::new();
        for _ in 0..self.byte()? {
            old.push_back(OldChain {
                header_key: self.secret()?,
                ratchet_key: self.public()?,
                mark: self.mark()?,
                kept: self.kept()?,
                transients: self.transients()?,
            });
        }
        let kem = self.kem()?;
        let session = Session {
            id,
            role,
            opening,
            root,
            sending,
            previous,
            receiving,
            next_header_key,
            old,
            kem,
            revision,
        };
        session.is_possible().then_some(session)
    }

    fn kem(&mut self) -> Option<KemRatchet> {
        let epoch = u32::from_be_bytes(self.array()?);
        let [sent, received] = [self.array()?, self.array()?].map(u16::from_be_bytes);
        let phase = match self.byte()? {
            0 => Phase::Offer,
            1 => Phase::Offering { seed: Secret::new(self.array()?), key: self.outgoing()? },
            2 => Phase::Collecting {
                seed: Secret::new(self.array()?),
                key_hash: Digest(self.array()?),
                ciphertext: self.incoming()?,
            },
            3 => Phase::Adopting { secret: EpochSecret(self.secret()?) },
            4 => Phase::Waiting { key: self.incoming()? },
            5 => Phase::Answering { secret: EpochSecret(self.secret()?), ciphertext: self.outgoing()? },
            6 => Phase::Broken,
            _ => return None,
        };
        let counted = sent <= STARVED_AFTER && received <= STARVED_AFTER;
        (epoch > 0 && counted).then_some(KemRatchet { epoch, phase, sent, received })
    }

    fn outgoing<const BYTES: usize>(&mut self) -> Option<Outgoing<BYTES>> {
        let bytes = Box::new(self.array()?);
        let object = Outgoing { bytes, held: Held(u64::from_be_bytes(self.array()?)), next: self.byte()? };
        let count = Outgoing::<BYTES>::COUNT;
        (object.held.fits(count) && usize::from(object.next) < count).then_some(object)
    }

    fn incoming<const BYTES: usize>(&mut self) -> Option<Incoming<BYTES>> {
        let held = Held(u64::from_be_bytes(self.array()?));
        let mut object = Incoming { held, ..Incoming::default() };
        let (places, _) = object.bytes.as_chunks_mut::<CHUNK_BYTES>();
        for (_, place) in (0u8..).zip(places).filter(|(index, _)| held.has(*index)) {
            *place = self.array()?;
        }
        held.fits(Incoming::<BYTES>::COUNT).then_some(object)
    }

    fn sending<P: Primitives>(&mut self) -> Option<Sending<P>> {
        match self.byte()? {
            0 => Some(Sending::Ready {
                ratchet: self.ratchet::<P>()?,
                chain: ChainKey(self.secret()?),
                number: self.number()?,
                header_key: self.secret()?,
                next_header_key: self.secret()?,
                transients: SendingTransients { key: TransientKey(self.secret()?), number: self.number()? },
                adopts: self.flag()?,
            }),
            1 => Some(Sending::Due { header_key: self.secret()? }),
            2 => Some(Sending::Retired { ratchet: None }),
            3 => Some(Sending::Retired { ratchet: Some(self.ratchet::<P>()?) }),
            _ => None,
        }
    }

    fn receiving(&mut self) -> Option<Option<ReceivingChain>> {
        match self.byte()? {
            0 => Some(None),
            1 => Some(Some(ReceivingChain {
                header_key: self.secret()?,
                ratchet_key: self.public()?,
                mark: self.mark()?,
                chain: ChainKey(self.secret()?),
                next: self.number()?,
                kept: self.kept()?,
                transients: self.transients()?,
            })),
            _ => None,
        }
    }

    fn kept(&mut self) -> Option<KeptKeys> {
        let mut kept = KeptKeys::default();
        for _ in 0..u16::from_be_bytes(self.array()?) {
            let (number, secret) = (self.number()?, MessageSecret(self.secret()?));
            if kept.secrets.last_key_value().is_some_and(|(last, _)| *last >= number) {
                return None;
            }
            kept.secrets.insert(number, secret);
        }
        for _ in 0..self.byte()? {
            let (start, end) = (self.number()?, self.number()?);
            let after = kept.dropped.last().is_none_or(|last| last.1 <= start);
            if start >= end || !after {
                return None;
            }
            kept.dropped.push((start, end));
        }
        (kept.dropped.len() <= DROPPED_RANGES).then_some(kept)
    }

    fn transients(&mut self) -> Option<ReceivingTransients> {
        let key = TransientKey(self.secret()?);
        let window = Window { next: self.number()?, seen: u64::from_be_bytes(self.array()?) };
        window.is_possible().then_some(ReceivingTransients { key, window })
    }
}

impl<P: Primitives> Session<P> {
    /// Whether a session can be in this state.
    fn is_possible(&self) -> bool {
        let due = matches!(self.sending, Sending::Due { .. });
        let unanswered = matches!(self.opening, Opening::Unanswered(_));
        let sent_transients =
            matches!(&self.sending, Sending::Ready { transients, .. } if transients.number > 0);
        let below_next = self.receiving.as_ref().is_none_or(|chain| {
            chain.kept.secrets.last_key_value().is_none_or(|(last, _)| *last < chain.next)
        });
        let is_offerer = offers(self.role, self.kem.epoch);
        let part_fits = match self.kem.phase {
            // It makes the key with the first message that it sends (EPO-2).
            Phase::Offer => is_offerer && self.kem.sent == 0,
            Phase::Offering { .. } | Phase::Collecting { .. } | Phase::Adopting { .. } => is_offerer,
            Phase::Waiting { .. } | Phase::Answering { .. } => !is_offerer,
            Phase::Broken => true,
        };
        let marks = self.receiving.iter().map(|chain| chain.mark).chain(self.old.iter().map(|old| old.mark));
        // Whoever has offered adopts, and in the epoch after it the other side offers (EPO-1, EPO-6).
        let past = marks.into_iter().all(|mark| {
            let adoptable = !mark.adopts || offers(self.role, mark.epoch);
            mark.epoch <= self.kem.epoch && mark.epoch > u32::from(mark.adopts) && adoptable
        });
        let own_adopts = matches!(&self.sending, Sending::Ready { adopts: true, .. });
        let adoptable = !own_adopts || (self.kem.epoch > 1 && !is_offerer);
        let kept = self.kept_keys().map(|kept| kept.secrets.len()).sum::<usize>();
        let parts = [
            unanswered == self.receiving.is_none(),
            !(due && unanswered),
            // SES-30
            !(sent_transients && unanswered),
            self.old.len() <= OLD_CHAINS,
            kept <= KEPT_KEYS,
            below_next,
            part_fits,
            past,
            adoptable,
        ];
        parts.iter().all(|possible| *possible)
    }
}
