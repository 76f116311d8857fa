//! A sender that follows the formulas of the session chapter where it wants to, and lies where it does not.
//!
//! It knows every private key, and shares no code with the session it lies to: where it is honest, it shows that the
//! formulas are enough to write a session.

use super::{Result, people::Cast};
use crate::{
    check::{Tape, associated_prefix, with_control},
    hex,
    vector::Drawn,
};
use aside_identity::PrekeyKind;
use aside_primitives::{
    AgreementPublic, AgreementSecret, Draw, Label, Secret, aead,
    commit::Commitment,
    hash::{Transcript, hash},
    kdf,
    kem::KemSecret,
    label,
};
use aside_session::handshake_of;
use aside_wire::header::{Header, Slot};

/// Messages of the initiator.
pub(super) const ALICE: u8 = 1;
/// Messages of the responder.
pub(super) const BOB: u8 = 2;
/// No honest chain here is walked further than this.
const FARTHEST: u32 = 5_000;

/// One direction of a session.
struct Side {
    ratchet_key: [u8; 32],
    chain: Secret<32>,
    header_key: Secret<32>,
    next_header_key: Secret<32>,
    transient_key: Secret<32>,
    previous: u32,
    epoch: u32,
    adopts: bool,
}

impl Side {
    /// The message secret of a number.
    fn secret(&self, transient: bool, number: u32) -> Secret<32> {
        if transient {
            let [_, salt @ ..] = number.to_be_bytes();
            let [secret] = kdf::derive(&salt, &[self.transient_key.expose()], label::TRANSIENT_KEY);
            return secret;
        }
        let mut chain = copy(&self.chain);
        for _ in 0..number {
            let [next, _] = kdf::expand_key::<2>(&chain, label::CHAIN_STEP);
            chain = next;
        }
        let [_, secret] = kdf::expand_key::<2>(&chain, label::CHAIN_STEP);
        secret
    }
}

/// Both directions of a session.
pub(super) struct Forger {
    id: [u8; 32],
    root: Secret<32>,
    alice: Side,
    bob: Side,
    epoch: u32,
}

/// A message before it is sealed: what it says, and what it lies about.
pub(super) struct Draft {
    pub(super) header: Header,
    /// The KEM control field and the chunk.
    pub(super) control: u16,
    pub(super) chunk: [u8; 32],
    /// The position whose keys are used.
    pub(super) key_of: u32,
    pub(super) text: Vec<u8>,
    /// Another commitment than that to the text.
    pub(super) commitment: Option<[u8; 32]>,
    /// Session id and direction in the associated data.
    pub(super) session: [u8; 32],
    pub(super) direction: u8,
    /// The commitment in the associated data of the payload.
    pub(super) bound_commitment: Option<[u8; 32]>,
    /// How many bytes of the payload's tag the header is bound to.
    pub(super) bound_tag: usize,
    /// The next header key in place of the current one.
    pub(super) next_header_key: bool,
    /// The header's nonce is zeros, and not from the tag.
    pub(super) zero_header_nonce: bool,
    /// What stands before the header.
    pub(super) front: Vec<u8>,
    /// The keys are those of a transient message.
    pub(super) transient_keys: bool,
    /// The labels of payload and header.
    pub(super) labels: [Label; 2],
}

/// What a lie changes in an honest message.
pub(super) type Edit = fn(&mut Draft);

/// A forged message: id, requirements, threat, mistakes it uncovers, the lie, the word.
pub(super) type Forgery =
    (&'static str, &'static str, &'static str, &'static [&'static str], Edit, &'static str);

impl Draft {
    /// The message of a position, header and keys.
    pub(super) fn at(&mut self, number: u32) {
        self.header.number = number;
        self.key_of = number.min(FARTHEST);
    }

    /// The transient message of a number, header and key.
    pub(super) fn at_transient(&mut self, number: u32) {
        self.header.number = number;
        self.key_of = number;
    }
}

/// The control field of a message that carries no chunk.
pub(super) fn control(epoch: u32, adopts: bool) -> u16 {
    u16::try_from(epoch % 128).unwrap_or(0) << 9 | u16::from(adopts)
}

/// The 32 bytes of a header that tell what is held.
pub(super) fn held(chunks: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(chunks.to_be_bytes()).for_each(|(place, byte)| *place = byte);
    bytes
}

fn copy(secret: &Secret<32>) -> Secret<32> {
    Secret::new(*secret.expose())
}

impl Forger {
    /// Follows a first message of Alice to Bob, whose ratchet key was drawn as `ratchet`.
    pub(super) fn new(alice: &Cast, bob: &Cast, hello: &[u8], ratchet: [u8; 32]) -> Result<Self> {
        let handshake = handshake_of(hello)?.ok_or("a first message has a handshake")?;
        let signed = bob.prekey(PrekeyKind::Signed, handshake.signed_prekey)?;
        let one_time = handshake.one_time_prekey.map(|id| bob.prekey(PrekeyKind::OneTime, id)).transpose()?;
        let ephemeral = AgreementPublic::parse(handshake.ephemeral)?;
        let mut ikm = vec![
            Secret::new([0xFF; 32]),
            signed.agreement.agree(&alice.certificate.agreement_key)?,
            bob.keys.agreement.agree(&ephemeral)?,
            signed.agreement.agree(&ephemeral)?,
        ];
        if let Some(one_time) = one_time {
            ikm.push(one_time.agreement.agree(&ephemeral)?);
        }
        ikm.push(one_time.unwrap_or(signed).kem.decapsulate(handshake.ciphertext));
        let mut transcript = Transcript::new(label::HANDSHAKE_TRANSCRIPT);
        transcript.add(handshake.bytes);
        for side in [&alice.certificate, &bob.certificate] {
            transcript.add(side.account.as_bytes());
            transcript.add(&[side.device.byte()]);
            transcript.add(side.signing_key.as_bytes());
            transcript.add(side.agreement_key.as_bytes());
        }
        transcript.add(signed.body());
        transcript.add(one_time.map(|prekey| prekey.body()).unwrap_or_default());
        let id = *transcript.finish().as_bytes();
        let ikm: Vec<&[u8]> = ikm.iter().map(|part| part.expose().as_slice()).collect();
        let [root, initiator, responder] = kdf::derive(&id, &ikm, label::HANDSHAKE_KEYS);
        let side = |header_key: Secret<32>| Side {
            ratchet_key: [0; 32],
            chain: Secret::new([0; 32]),
            header_key: Secret::new([0; 32]),
            next_header_key: header_key,
            transient_key: Secret::new([0; 32]),
            previous: 0,
            epoch: 1,
            adopts: false,
        };
        let mut forger = Self { id, root, alice: side(initiator), bob: side(responder), epoch: 1 };
        forger.turn(ALICE, ratchet, signed.agreement.public(), 0)?;
        Ok(forger)
    }

    /// One side draws a new ratchet key and turns; its chain before had `previous` messages.
    pub(super) fn turn(
        &mut self,
        direction: u8,
        ratchet: [u8; 32],
        peer: &AgreementPublic,
        previous: u32,
    ) -> Result<()> {
        self.step((direction, ratchet, peer, previous), None)
    }

    /// The same with the secret of an epoch, which ends with it (EPO-6).
    pub(super) fn adopt(
        &mut self,
        direction: u8,
        ratchet: [u8; 32],
        previous: u32,
        secret: &Secret<32>,
    ) -> Result<()> {
        let peer = self.ratchet_key(if direction == ALICE { BOB } else { ALICE })?;
        self.epoch = self.epoch.saturating_add(1);
        self.step((direction, ratchet, &peer, previous), Some(secret))
    }

    /// The secret of the epoch from the seed of its key and the draw of its ciphertext (EPO-5).
    pub(super) fn epoch_secret(&self, seed: [u8; 64], message: [u8; 32]) -> Result<Secret<32>> {
        self.epoch_secret_of(self.epoch, seed, message)
    }

    /// What that of another epoch would be.
    pub(super) fn epoch_secret_of(
        &self,
        epoch: u32,
        seed: [u8; 64],
        message: [u8; 32],
    ) -> Result<Secret<32>> {
        let key = KemSecret::from_seed(Secret::new(seed)).public();
        let drawn = Drawn { draw: "KEM message".to_owned(), bytes: hex::encode(&message) };
        let (ciphertext, shared) =
            key.encapsulate(&mut Tape::replay(&[drawn]), Draw("KEM message")).map_err(|e| e.to_string())?;
        let mut transcript = Transcript::new(label::KEM_TRANSCRIPT);
        transcript.add(&self.id);
        transcript.add(&epoch.to_be_bytes());
        for object in [key.to_bytes().as_slice(), &ciphertext] {
            transcript.add(hash(label::KEM_OBJECT, &[object]).as_bytes());
        }
        let [secret] = kdf::derive(transcript.finish().as_bytes(), &[shared.expose()], label::KEM_EPOCH);
        Ok(secret)
    }

    fn step(
        &mut self,
        (direction, ratchet, peer, previous): (u8, [u8; 32], &AgreementPublic, u32),
        adopted: Option<&Secret<32>>,
    ) -> Result<()> {
        let ratchet = AgreementSecret::from_seed(&Secret::new(ratchet));
        let agreement = ratchet.agree(peer)?;
        let root = self.root.expose();
        let [root, chain, next, transient_key] = match adopted {
            None => kdf::derive(root, &[agreement.expose()], label::ROOT_STEP),
            Some(epoch) => kdf::derive(root, &[agreement.expose(), epoch.expose()], label::KEM_ROOT_STEP),
        };
        self.root = root;
        let side = if direction == ALICE { &mut self.alice } else { &mut self.bob };
        let header_key = std::mem::replace(&mut side.next_header_key, next);
        *side = Side {
            ratchet_key: *ratchet.public().as_bytes(),
            chain,
            header_key,
            next_header_key: copy(&side.next_header_key),
            transient_key,
            previous,
            epoch: self.epoch,
            adopts: adopted.is_some(),
        };
        Ok(())
    }

    /// The ratchet key of one side.
    pub(super) fn ratchet_key(&self, direction: u8) -> Result<AgreementPublic> {
        let side = if direction == ALICE { &self.alice } else { &self.bob };
        Ok(AgreementPublic::parse(&side.ratchet_key)?)
    }

    /// A transient message of Alice's current chain: honest but for what `edit` does to it.
    pub(super) fn transient(&self, edit: impl FnOnce(&mut Draft)) -> Result<Vec<u8>> {
        self.message(|draft| {
            draft.front = vec![0x15];
            draft.control = 0;
            draft.transient_keys = true;
            draft.labels = [label::TRANSIENT_PAYLOAD, label::TRANSIENT_HEADER];
            edit(draft);
        })
    }

    /// A message of Alice's current chain: honest but for what `edit` does to it.
    pub(super) fn message(&self, edit: impl FnOnce(&mut Draft)) -> Result<Vec<u8>> {
        self.message_of(ALICE, edit)
    }

    /// The same of either side.
    pub(super) fn message_of(&self, direction: u8, edit: impl FnOnce(&mut Draft)) -> Result<Vec<u8>> {
        let side = if direction == ALICE { &self.alice } else { &self.bob };
        let mut draft = Draft {
            header: Header {
                ratchet_key: side.ratchet_key,
                previous: side.previous,
                number: 0,
                salt: *b"a salt  ",
                epoch: 0,
                adopts: false,
                slot: Slot::Held(0),
            },
            control: control(side.epoch, side.adopts),
            chunk: [0; 32],
            key_of: 0,
            text: b"forged".to_vec(),
            commitment: None,
            session: self.id,
            direction,
            bound_commitment: None,
            bound_tag: 16,
            next_header_key: false,
            zero_header_nonce: false,
            front: vec![0x11],
            transient_keys: false,
            labels: [label::PAYLOAD, label::HEADER],
        };
        edit(&mut draft);
        let [payload_label, header_label] = draft.labels;
        let secret = side.secret(draft.transient_keys, draft.key_of);
        let [message_key, franking] = kdf::expand_key::<2>(&secret, label::MESSAGE_KEYS);
        let honest = Commitment::compute(&franking, label::COMMITMENT, &[&draft.text]).0;
        let commitment = draft.commitment.unwrap_or(honest);

        let header = draft.header.encode().ok_or("a counter is too great")?;
        let header = with_control(header, draft.control, &draft.chunk);
        let bound = draft.bound_commitment.unwrap_or(commitment);
        let ad =
            [associated_prefix(payload_label, &draft.session, draft.direction).as_slice(), &bound, &header]
                .concat();
        let mut text = draft.text;
        let [a, b, c, d, e, f, g, h] = draft.header.salt;
        let tag = aead::seal(&message_key, &[a, b, c, d, e, f, g, h, 0, 0, 0, 0], &ad, &mut text)?;

        let mut nonce = [0; 12];
        if !draft.zero_header_nonce {
            for (place, byte) in nonce.iter_mut().zip(tag) {
                *place = byte;
            }
        }
        let bound_tag = tag.get(..draft.bound_tag).unwrap_or_default();
        let prefix = associated_prefix(header_label, &draft.session, draft.direction);
        let ad = [prefix.as_slice(), bound_tag].concat();
        let key = if draft.next_header_key { &side.next_header_key } else { &side.header_key };
        let mut sealed = header;
        let header_tag = aead::seal(key, &nonce, &ad, &mut sealed)?;
        Ok([draft.front.as_slice(), &sealed, &header_tag, &commitment, &text, &tag].concat())
    }
}
