//! The digest that names a state, for test vectors.

use crate::{
    Session,
    epoch::{EpochSecret, KemRatchet, Phase},
    pieces::{Incoming, Outgoing},
    receiving::{KeptKeys, Mark, OldChain, ReceivingChain},
    session::{Opening, Sending},
    transient::ReceivingTransients,
};
use alloc::vec::Vec;
use aside_primitives::{AgreementPublic, Digest, Secret, hash::Transcript, label, suite::Primitives};
use zeroize::Zeroizing;

impl<P: Primitives> Session<P> {
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
            Sending::Ready { ratchet, chain, number, header_key, next_header_key, transients, adopts } => {
                parts.add(P::public(ratchet).as_bytes());
                parts.add(chain.0.expose());
                parts.add(&number.to_be_bytes());
                parts.add(header_key.expose());
                parts.add(next_header_key.expose());
                parts.add(transients.key.0.expose());
                parts.add(&transients.number.to_be_bytes());
                parts.add(&[u8::from(*adopts)]);
            }
            Sending::Due { header_key } => {
                add_absent(&mut parts, 3);
                parts.add(header_key.expose());
                add_absent(&mut parts, 4);
            }
            Sending::Retired { ratchet } => {
                parts.add(ratchet.as_ref().map_or(&[], |ratchet| P::public(ratchet).as_bytes().as_slice()));
                add_absent(&mut parts, 7);
            }
        }
        parts.add(&self.previous.to_be_bytes());
        parts.add(self.next_header_key.expose());
        match &self.receiving {
            None => add_absent(&mut parts, 2),
            Some(current) => {
                parts.add(current.chain.0.expose());
                parts.add(&current.next.to_be_bytes());
            }
        }
        add_kem(&mut parts, &self.kem);
        if let Some(current) = &self.receiving {
            let ReceivingChain { ratchet_key, mark, header_key, kept, transients, .. } = current;
            add_chain(&mut parts, (ratchet_key, *mark), header_key, kept, transients);
        }
        for OldChain { header_key, ratchet_key, mark, kept, transients } in &self.old {
            add_chain(&mut parts, (ratchet_key, *mark), header_key, kept, transients);
        }
        parts.finish()
    }
}

fn add_absent(parts: &mut Transcript, count: usize) {
    (0..count).for_each(|_| parts.add(&[]));
}

/// The eight parts of the KEM ratchet.
fn add_kem(parts: &mut Transcript, kem: &KemRatchet) {
    let KemRatchet { epoch, phase, sent, received } = kem;
    parts.add(&epoch.to_be_bytes());
    match phase {
        Phase::Offer => {
            parts.add(&[0]);
            add_absent(parts, 5);
        }
        Phase::Offering { seed, key } => {
            parts.add(&[1]);
            parts.add(seed.expose());
            parts.add(&[]);
            add_outgoing(parts, key);
            parts.add(&[]);
        }
        Phase::Collecting { seed, key_hash, ciphertext } => {
            parts.add(&[2]);
            parts.add(seed.expose());
            parts.add(&[]);
            parts.add(key_hash.as_bytes());
            parts.add(&[]);
            add_incoming(parts, ciphertext);
        }
        Phase::Adopting { secret: EpochSecret(secret) } => {
            parts.add(&[3]);
            parts.add(&[]);
            parts.add(secret.expose());
            add_absent(parts, 3);
        }
        Phase::Waiting { key } => {
            parts.add(&[4]);
            add_absent(parts, 4);
            add_incoming(parts, key);
        }
        Phase::Answering { secret: EpochSecret(secret), ciphertext } => {
            parts.add(&[5]);
            parts.add(&[]);
            parts.add(secret.expose());
            add_outgoing(parts, ciphertext);
            parts.add(&[]);
        }
        Phase::Broken => {
            parts.add(&[6]);
            add_absent(parts, 5);
        }
    }
    let ([a, b], [c, d]) = (sent.to_be_bytes(), received.to_be_bytes());
    parts.add(&[a, b, c, d]);
}

fn add_outgoing<const BYTES: usize>(parts: &mut Transcript, object: &Outgoing<BYTES>) {
    parts.add(object.bytes.as_slice());
    let [a, b, c, d, e, f, g, h] = object.held.0.to_be_bytes();
    parts.add(&[a, b, c, d, e, f, g, h, object.next]);
}

fn add_incoming<const BYTES: usize>(parts: &mut Transcript, object: &Incoming<BYTES>) {
    let mut held = Vec::with_capacity(BYTES.saturating_add(8));
    held.extend_from_slice(&object.held.0.to_be_bytes());
    object.chunks().for_each(|chunk| held.extend_from_slice(chunk));
    parts.add(&held);
}

/// The seven parts of a receiving chain in the state digest.
fn add_chain(
    parts: &mut Transcript,
    (ratchet_key, mark): (&AgreementPublic, Mark),
    header_key: &Secret<32>,
    KeptKeys { secrets, dropped }: &KeptKeys,
    ReceivingTransients { key, window }: &ReceivingTransients,
) {
    parts.add(ratchet_key.as_bytes());
    let [a, b, c, d] = mark.epoch.to_be_bytes();
    parts.add(&[a, b, c, d, u8::from(mark.adopts)]);
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
