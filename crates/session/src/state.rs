//! Export and import of a session's state: versioned, compact, validated.
//!
//! ```text
//! version 2 | role 1 | revision 8 | id 32 | opening | root 32 | sending | previous 4 | next header key 32
//! | receiving | old chains 1, each: header key 32, ratchet key 32, kept, transients
//! opening   = 0, length 2, handshake  |  1  |  2, hash 32
//! sending   = 0, ratchet 32, chain 32, number 4, header key 32, next header key 32, transient key 32, number 4
//!           | 1, header key 32
//! receiving = 0  |  1, header key 32, ratchet key 32, chain 32, next 4, kept, transients
//! kept      = count 2, each: number 4, secret 32; ranges 1, each: start 4, end 4
//! transients = transient key 32, next 4, seen 8
//! ```

use crate::{
    ImportError, Role, Session,
    chain::{ChainKey, MessageSecret},
    limits::{DROPPED_RANGES, KEPT_KEYS, OLD_CHAINS},
    receiving::{KeptKeys, OldChain, ReceivingChain},
    session::{Opening, Sending},
    transient::{ReceivingTransients, SendingTransients, TransientKey, Window},
};
use alloc::{collections::VecDeque, vec::Vec};
use aside_primitives::{AgreementPublic, AgreementSecret, Digest, Secret, hash::Transcript, label};
use aside_wire::{header::COUNTER_MAX, packet::HANDSHAKE_BYTES};
use zeroize::Zeroizing;

/// The version of the layout above.
const VERSION: u8 = 2;

impl Session {
    /// The whole state, secrets included. A fresh session takes under 600 bytes, and 1,162 more until the peer has
    /// answered; each old chain adds 111, each kept key 36, and a lost transient message nothing.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        // Room for all of it, so that no reallocation leaves a copy of a secret behind.
        let kept = self.kept_keys().map(|kept| kept.secrets.len()).sum::<usize>();
        let room = 4096usize.saturating_add(kept.saturating_mul(36));
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
            Some(ReceivingChain { header_key, ratchet_key, chain, next, kept, transients }) => {
                out.push(1);
                out.extend_from_slice(header_key.expose());
                out.extend_from_slice(ratchet_key.as_bytes());
                out.extend_from_slice(chain.0.expose());
                out.extend_from_slice(&next.to_be_bytes());
                export_kept(kept, &mut out);
                export_transients(transients, &mut out);
            }
        }
        out.push(u8::try_from(self.old.len()).unwrap_or(u8::MAX));
        for OldChain { header_key, ratchet_key, kept, transients } in &self.old {
            out.extend_from_slice(header_key.expose());
            out.extend_from_slice(ratchet_key.as_bytes());
            export_kept(kept, &mut out);
            export_transients(transients, &mut out);
        }
        out
    }

    /// Reads back what [`Self::export`] wrote, and nothing else (SES-26).
    ///
    /// # Errors
    /// [`ImportError`] if the version is unknown or the bytes are not such a state.
    pub fn import(bytes: &[u8]) -> Result<Self, ImportError> {
        let (version, rest) = bytes.split_first().ok_or(ImportError::Damaged)?;
        if *version != VERSION {
            return Err(ImportError::Version(*version));
        }
        let mut reader = Reader(rest);
        let session = reader.session().ok_or(ImportError::Damaged)?;
        if reader.0.is_empty() { Ok(session) } else { Err(ImportError::Damaged) }
    }

    /// Names the state by a hash over everything in it that the specification names, 32 bytes (CNF-4): two states with
    /// one digest send and accept the same. It does not depend on how a state is stored, so that test vectors can show
    /// that a refusal changed nothing. It tells no secret, but whoever knows it can recognise the state.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut parts = Transcript::new(label::STATE_DIGEST);
        parts.add(self.id.as_bytes());
        parts.add(&[self.role.direction()]);
        let (unanswered, accepted): (&[u8], &[u8]) = match &self.opening {
            Opening::Unanswered(handshake) => (handshake, &[]),
            Opening::Answered => (&[], &[]),
            Opening::Accepted(hash) => (&[], hash.as_bytes()),
        };
        parts.add(unanswered);
        parts.add(accepted);
        parts.add(self.root.expose());
        match &self.sending {
            Sending::Ready { ratchet, chain, number, header_key, next_header_key, transients } => {
                parts.add(ratchet.public().as_bytes());
                parts.add(chain.0.expose());
                parts.add(&number.to_be_bytes());
                parts.add(header_key.expose());
                parts.add(next_header_key.expose());
                parts.add(transients.key.0.expose());
                parts.add(&transients.number.to_be_bytes());
            }
            Sending::Due { header_key } => {
                for absent_or_header_key in [&[], &[], &[], header_key.expose().as_slice(), &[], &[], &[]] {
                    parts.add(absent_or_header_key);
                }
            }
        }
        parts.add(&self.previous.to_be_bytes());
        parts.add(self.next_header_key.expose());
        match &self.receiving {
            None => {
                parts.add(&[]);
                parts.add(&[]);
            }
            Some(current) => {
                parts.add(current.chain.0.expose());
                parts.add(&current.next.to_be_bytes());
                let ReceivingChain { ratchet_key, header_key, kept, transients, .. } = current;
                add_chain(&mut parts, ratchet_key, header_key, kept, transients);
            }
        }
        for OldChain { header_key, ratchet_key, kept, transients } in &self.old {
            add_chain(&mut parts, ratchet_key, header_key, kept, transients);
        }
        parts.finish()
    }

    pub(crate) fn kept_keys(&self) -> impl Iterator<Item = &KeptKeys> {
        self.receiving.iter().map(|chain| &chain.kept).chain(self.old.iter().map(|chain| &chain.kept))
    }
}

/// The six parts of a receiving chain in the state digest.
fn add_chain(
    parts: &mut Transcript,
    ratchet_key: &AgreementPublic,
    header_key: &Secret<32>,
    KeptKeys { secrets, dropped }: &KeptKeys,
    ReceivingTransients { key, window }: &ReceivingTransients,
) {
    parts.add(ratchet_key.as_bytes());
    parts.add(header_key.expose());
    let mut kept = Zeroizing::new(Vec::with_capacity(secrets.len().saturating_mul(36)));
    for (number, secret) in secrets {
        kept.extend_from_slice(&number.to_be_bytes());
        kept.extend_from_slice(secret.0.expose());
    }
    parts.add(&kept);
    let ranges: Vec<u8> =
        dropped.iter().flat_map(|(start, end)| [start.to_be_bytes(), end.to_be_bytes()]).flatten().collect();
    parts.add(&ranges);
    parts.add(key.0.expose());
    let mut received = [0; 12];
    let bytes = window.next.to_be_bytes().into_iter().chain(window.seen.to_be_bytes());
    received.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    parts.add(&received);
}

fn export_sending(sending: &Sending, out: &mut Vec<u8>) {
    match sending {
        Sending::Ready { ratchet, chain, number, header_key, next_header_key, transients } => {
            out.push(0);
            out.extend_from_slice(ratchet.to_seed().expose());
            out.extend_from_slice(chain.0.expose());
            out.extend_from_slice(&number.to_be_bytes());
            out.extend_from_slice(header_key.expose());
            out.extend_from_slice(next_header_key.expose());
            out.extend_from_slice(transients.key.0.expose());
            out.extend_from_slice(&transients.number.to_be_bytes());
        }
        Sending::Due { header_key } => {
            out.push(1);
            out.extend_from_slice(header_key.expose());
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

    fn session(&mut self) -> Option<Session> {
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
                ratchet_key: AgreementPublic::parse(&self.array::<32>()?).ok()?,
                kept: self.kept()?,
                transients: self.transients()?,
            });
        }
        let session =
            Session { id, role, opening, root, sending, previous, receiving, next_header_key, old, revision };
        session.is_possible().then_some(session)
    }

    fn sending(&mut self) -> Option<Sending> {
        match self.byte()? {
            0 => Some(Sending::Ready {
                ratchet: AgreementSecret::from_seed(&self.secret()?),
                chain: ChainKey(self.secret()?),
                number: self.number()?,
                header_key: self.secret()?,
                next_header_key: self.secret()?,
                transients: SendingTransients { key: TransientKey(self.secret()?), number: self.number()? },
            }),
            1 => Some(Sending::Due { header_key: self.secret()? }),
            _ => None,
        }
    }

    fn receiving(&mut self) -> Option<Option<ReceivingChain>> {
        match self.byte()? {
            0 => Some(None),
            1 => Some(Some(ReceivingChain {
                header_key: self.secret()?,
                ratchet_key: AgreementPublic::parse(&self.array::<32>()?).ok()?,
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

impl Session {
    /// Whether a session can be in this state.
    fn is_possible(&self) -> bool {
        let due = matches!(self.sending, Sending::Due { .. });
        let unanswered = matches!(self.opening, Opening::Unanswered(_));
        let sent_transients =
            matches!(&self.sending, Sending::Ready { transients, .. } if transients.number > 0);
        let below_next = self.receiving.as_ref().is_none_or(|chain| {
            chain.kept.secrets.last_key_value().is_none_or(|(last, _)| *last < chain.next)
        });
        let kept = self.kept_keys().map(|kept| kept.secrets.len()).sum::<usize>();
        let parts = [
            unanswered == self.receiving.is_none(),
            !(due && unanswered),
            // SES-30
            !(sent_transients && unanswered),
            self.old.len() <= OLD_CHAINS,
            kept <= KEPT_KEYS,
            below_next,
        ];
        parts.iter().all(|possible| *possible)
    }
}
