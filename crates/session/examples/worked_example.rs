//! Prints the bytes that the specification shows, so that they can be had again.
//!
//! Every random draw is one byte repeated: the first draw is all `01`, the second all `02`, and so on. Each step
//! is computed twice, by the library and by the formulas of the specification, and the two must agree.
//! `cargo xtask spec-lint` compares the output with the ```` ```hex ```` blocks of `spec/`.
#![expect(clippy::unwrap_used, reason = "an example that stops where something is wrong")]

use aside_identity::{
    Capabilities, Certificate, DeviceId, DeviceKeys, DeviceList, Prekey, PrekeyKind, PrekeySecret,
};
use aside_primitives::{
    AgreementPublic, AgreementSecret, Draw, Entropy, EntropyFailed, Secret, SigningKey, aead,
    commit::Commitment,
    hash::{Transcript, hash},
    kdf,
    kem::KemSecret,
    label,
};
use aside_session::{Bundle, Own, Prekeys, Session, handshake_hash, handshake_of};
use aside_wire::{
    SUITE, decode,
    header::{CIPHERTEXT_CHUNKS, KEY_CHUNKS},
    packet::Packet,
    pb,
};

/// 2027-01-15 08:00 UTC in milliseconds.
const NOW: u64 = 1_800_000_000_000;
/// One week in milliseconds.
const WEEK: u64 = 7 * 24 * 60 * 60 * 1000;

/// Randomness that anybody can repeat by hand.
#[derive(Default)]
struct Tape {
    count: u8,
    drawn: Vec<(&'static str, u8)>,
}

impl Entropy for Tape {
    fn draw(&mut self, what: Draw, out: &mut [u8]) -> Result<(), EntropyFailed> {
        self.count = self.count.checked_add(1).ok_or(EntropyFailed)?;
        println!("draw {:02x} × {:<3} {}", self.count, out.len(), what.0);
        out.fill(self.count);
        self.drawn.push((what.0, self.count));
        Ok(())
    }
}

impl Tape {
    /// The byte of the latest draw for a purpose.
    fn latest(&self, what: &str) -> u8 {
        self.drawn.iter().rev().find(|(name, _)| *name == what).unwrap().1
    }

    /// The ratchet key that was drawn last.
    fn ratchet(&self) -> AgreementSecret {
        AgreementSecret::from_seed(&Secret::new([self.latest("ratchet key"); 32]))
    }
}

/// A person's account and one device.
struct Person {
    account: SigningKey,
    keys: DeviceKeys,
    certificate: Certificate,
}

impl Person {
    fn new(tape: &mut Tape) -> Self {
        let account = SigningKey::generate(tape, Draw("account key")).unwrap();
        let keys = DeviceKeys::generate(tape).unwrap();
        let certificate = Certificate::issue(&account, DeviceId::FIRST, &keys, NOW, Capabilities::NONE);
        Self { account, keys, certificate }
    }

    fn own(&self) -> Own<'_> {
        Own { certificate: &self.certificate, agreement: &self.keys.agreement }
    }

    fn prekey(&self, tape: &mut Tape, kind: PrekeyKind, id: u32) -> (PrekeySecret, Prekey, Vec<u8>) {
        let (secret, bytes) =
            PrekeySecret::generate(tape, &self.certificate, &self.keys, kind, id, NOW + WEEK).unwrap();
        let prekey = Prekey::verify(&bytes, &self.certificate, kind, NOW).unwrap();
        (secret, prekey, bytes)
    }
}

fn main() {
    let mut tape = Tape::default();
    println!("Alice");
    let alice = Person::new(&mut tape);
    println!("\nBob");
    let bob = Person::new(&mut tape);
    let (signed, signed_public, signed_bytes) = bob.prekey(&mut tape, PrekeyKind::Signed, 1);
    let (one_time, one_time_public, _) = bob.prekey(&mut tape, PrekeyKind::OneTime, 7);

    println!("\nIdentity");
    identity(&alice, &signed_public, &signed_bytes);

    println!("\nAlice starts a session and says hello");
    let bundle =
        Bundle { certificate: &bob.certificate, signed: &signed_public, one_time: Some(&one_time_public) };
    let mut at_alice = Session::initiate(&mut tape, &alice.own(), &bundle).unwrap();
    let ratchet = tape.ratchet();
    let first = say(&mut at_alice, &mut tape, b"hello");
    let prekeys = Prekeys { signed: &signed, one_time: Some(&one_time) };
    let agreed = handshake(&bob, &alice, &prekeys, &first);
    assert_eq!(agreed.id, at_alice.id().as_bytes().as_slice());
    let next_root = message(&agreed, 1, &agreed.initiator_header_key, &prekeys.signed.agreement, &first);

    println!("\nBob opens it and answers");
    let (mut at_bob, received) = Session::respond(&bob.own(), &alice.certificate, &prekeys, &first).unwrap();
    assert_eq!(*received.plaintext, b"hello");
    let answer = say(&mut at_bob, &mut tape, b"hi");
    let agreed = Agreed { root: next_root, ..agreed };
    let next_root = message(&agreed, 2, &agreed.responder_header_key, &ratchet, &answer);

    println!("\nBob types");
    let typing = hint(&mut at_bob, &mut tape, b"typing");
    transient(&agreed, 2, &ratchet, &typing);

    let envelope = [[0x08, 0x02, 0x12, 0x93, 0x01].as_slice(), &answer].concat();
    let decoded: pb::Envelope = decode(&envelope).unwrap();
    assert_eq!(decoded.payload, answer);
    show("envelope", &envelope);

    let (received, transition) = at_alice.decrypt(&answer).unwrap();
    assert_eq!(*received.plaintext, b"hi");
    at_alice.advance(transition).unwrap();
    let (received, transition) = at_alice.decrypt_transient(&typing).unwrap();
    assert_eq!(*received.plaintext, b"typing");
    at_alice.advance(transition).unwrap();
    println!("\nState");
    show("Bob's state", &at_bob.export());

    println!("\nThe first epoch of the KEM ratchet");
    let agreed = Agreed { root: next_root, ..agreed };
    epoch(&agreed, (&mut at_alice, &mut at_bob), &mut tape);
}

/// Alice's key goes to Bob chunk by chunk, his ciphertext comes back, and her next chain adopts what they agree on.
fn epoch(agreed: &Agreed, (at_alice, at_bob): (&mut Session, &mut Session), tape: &mut Tape) {
    let seed = tape.latest("KEM key");
    let bobs_ratchet = tape.ratchet();
    // The first of the 37 chunks went with the first message.
    for _ in 1..KEY_CHUNKS {
        deliver(&say(at_alice, tape, b"a chunk"), at_bob);
    }
    let alices_ratchet = tape.ratchet();
    let dh = alices_ratchet.agree(bobs_ratchet.public()).unwrap();
    let [root, _, header_key, _]: [Secret<32>; 4] =
        kdf::derive(agreed.root.expose(), &[dh.expose()], label::ROOT_STEP);
    for _ in 0..CIPHERTEXT_CHUNKS {
        deliver(&say(at_bob, tape, b"a chunk"), at_alice);
    }
    let bobs_ratchet = tape.ratchet();
    let dh = alices_ratchet.agree(bobs_ratchet.public()).unwrap();
    let [root, ..]: [Secret<32>; 4] = kdf::derive(root.expose(), &[dh.expose()], label::ROOT_STEP);

    let key = KemSecret::from_seed(Secret::new([seed; 64]));
    let public = key.public();
    show("KEM key", &public.to_bytes());
    let mut message = Tape { count: tape.latest("KEM message") - 1, drawn: Vec::new() };
    let (ciphertext, shared) = public.encapsulate(&mut message, Draw("KEM message")).unwrap();
    show("KEM ciphertext", &ciphertext);
    show("KEM shared secret", shared.expose());
    let [key_hash, ciphertext_hash] =
        [public.to_bytes().as_slice(), &ciphertext].map(|object| hash(label::KEM_OBJECT, &[object]));
    show("hash of the key", key_hash.as_bytes());
    show("hash of the ciphertext", ciphertext_hash.as_bytes());
    let parts: [&[u8]; 4] =
        [&agreed.id, &1u32.to_be_bytes(), key_hash.as_bytes(), ciphertext_hash.as_bytes()];
    let transcript = hash(label::KEM_TRANSCRIPT, &parts);
    show("KEM transcript", transcript.as_bytes());
    let [epoch_secret]: [Secret<32>; 1] =
        kdf::derive(transcript.as_bytes(), &[shared.expose()], label::KEM_EPOCH);
    show("epoch secret", epoch_secret.expose());

    let adopting = say(at_alice, tape, b"healed");
    let packet = Packet::parse(&adopting).unwrap();
    let mut header = *packet.header;
    let nonce: [u8; 12] = core::array::from_fn(|i| *packet.tag.get(i).unwrap());
    let associated = [associated(label::HEADER, agreed, 1), packet.tag.to_vec()].concat();
    aead::open(&header_key, &nonce, &associated, &mut header, packet.header_tag).unwrap();
    show("adopting header", &header);
    let dh = tape.ratchet().agree(bobs_ratchet.public()).unwrap();
    show("adopting DH", dh.expose());
    let inputs: [&[u8]; 2] = [dh.expose(), epoch_secret.expose()];
    let [root, chain, next_header_key, transient_key] =
        kdf::derive(root.expose(), &inputs, label::KEM_ROOT_STEP);
    show("adopted root key", root.expose());
    show("adopted chain key 0", chain.expose());
    show("adopted next header key", next_header_key.expose());
    show("adopted transient key", transient_key.expose());
    deliver(&adopting, at_bob);
    assert_eq!((at_alice.epoch(), at_bob.epoch()), (2, 2));
}

fn deliver(message: &[u8], to: &mut Session) {
    let (_, transition) = to.decrypt(message).unwrap();
    to.advance(transition).unwrap();
}

/// Encrypts a text under a commitment to nothing but the text; a frame commits to more (see the content chapter).
fn say(session: &mut Session, tape: &mut Tape, text: &[u8]) -> Vec<u8> {
    session.encrypt(tape, text, |key| Commitment::compute(key, label::COMMITMENT, &[text])).unwrap()
}

/// The same for a transient message.
fn hint(session: &mut Session, tape: &mut Tape, text: &[u8]) -> Vec<u8> {
    let commit = |key: &_| Commitment::compute(key, label::COMMITMENT, &[text]);
    session.encrypt_transient(tape, text, commit).unwrap()
}

fn identity(alice: &Person, prekey: &Prekey, signed_prekey: &[u8]) {
    show("hash of one part", hash(label::HANDSHAKE_HASH, &[b"abc"]).as_bytes());
    show("signature", &alice.account.sign(label::LOGIN, b"abc").0);
    show("commitment", &Commitment::compute(&Secret::new([1; 32]), label::COMMITMENT, &[b"abc"]).0);
    show("account key", alice.certificate.account.as_bytes());
    show("signing key", alice.certificate.signing_key.as_bytes());
    show("agreement key", alice.certificate.agreement_key.as_bytes());
    show("certificate", alice.certificate.as_bytes());
    let list = DeviceList::issue_first(&alice.account, NOW, &alice.certificate);
    show("device list", list.as_bytes());
    show("list hash", list.reference().hash.as_bytes());
    show("prekey body", prekey.body());
    show("signed prekey", signed_prekey);
}

/// What the handshake gives.
struct Agreed {
    id: Vec<u8>,
    root: Secret<32>,
    initiator_header_key: Secret<32>,
    responder_header_key: Secret<32>,
}

/// The responder's computation, by the formulas.
fn handshake(bob: &Person, alice: &Person, prekeys: &Prekeys<'_>, message: &[u8]) -> Agreed {
    let handshake = handshake_of(message).unwrap().unwrap();
    show("handshake", handshake.bytes);
    show("handshake hash", handshake_hash(&handshake).as_bytes());
    let one_time = prekeys.one_time.unwrap();
    let ephemeral = AgreementPublic::parse(handshake.ephemeral).unwrap();
    let dh1 = prekeys.signed.agreement.agree(&alice.certificate.agreement_key).unwrap();
    let dh2 = bob.keys.agreement.agree(&ephemeral).unwrap();
    let dh3 = prekeys.signed.agreement.agree(&ephemeral).unwrap();
    let dh4 = one_time.agreement.agree(&ephemeral).unwrap();
    let ss = one_time.kem.decapsulate(handshake.ciphertext);
    for (name, secret) in [("DH1", &dh1), ("DH2", &dh2), ("DH3", &dh3), ("DH4", &dh4), ("SS", &ss)] {
        show(name, secret.expose());
    }
    let mut transcript = Transcript::new(label::HANDSHAKE_TRANSCRIPT);
    transcript.add(handshake.bytes);
    for side in [&alice.certificate, &bob.certificate] {
        transcript.add(side.account.as_bytes());
        transcript.add(&[side.device.byte()]);
        transcript.add(side.signing_key.as_bytes());
        transcript.add(side.agreement_key.as_bytes());
    }
    transcript.add(prekeys.signed.body());
    transcript.add(one_time.body());
    let id = transcript.finish().as_bytes().to_vec();
    show("session id", &id);
    let inputs: [&[u8]; 6] =
        [&[0xFF; 32], dh1.expose(), dh2.expose(), dh3.expose(), dh4.expose(), ss.expose()];
    let [root, initiator_header_key, responder_header_key] = kdf::derive(&id, &inputs, label::HANDSHAKE_KEYS);
    show("root key 0", root.expose());
    show("initiator header key", initiator_header_key.expose());
    show("responder header key", responder_header_key.expose());
    Agreed { id, root, initiator_header_key, responder_header_key }
}

/// The receiver's computation for the first message of a chain, by the formulas; returns the next root key.
fn message(
    agreed: &Agreed,
    direction: u8,
    header_key: &Secret<32>,
    ratchet: &AgreementSecret,
    message: &[u8],
) -> Secret<32> {
    let packet = Packet::parse(message).unwrap();
    let mut header = *packet.header;
    let nonce: [u8; 12] = core::array::from_fn(|i| *packet.tag.get(i).unwrap());
    let associated = [associated(label::HEADER, agreed, direction), packet.tag.to_vec()].concat();
    aead::open(header_key, &nonce, &associated, &mut header, packet.header_tag).unwrap();
    show("header", &header);
    show("header associated data", &associated);

    let ratchet_key = AgreementPublic::parse(header.split_at(32).0).unwrap();
    let dh = ratchet.agree(&ratchet_key).unwrap();
    show("DH", dh.expose());
    let [root, chain, next_header_key, transient_key] =
        kdf::derive(agreed.root.expose(), &[dh.expose()], label::ROOT_STEP);
    show("root key", root.expose());
    show("chain key 0", chain.expose());
    show("next header key", next_header_key.expose());
    show("transient key", transient_key.expose());
    let [chain, secret] = kdf::expand_key(&chain, label::CHAIN_STEP);
    show("chain key 1", chain.expose());
    show("message secret 0", secret.expose());
    let [message_key, franking_key] = kdf::expand_key(&secret, label::MESSAGE_KEYS);
    show("message key", message_key.expose());
    show("franking key", franking_key.expose());

    let salt = header.get(38..46).unwrap();
    let nonce: [u8; 12] = core::array::from_fn(|i| salt.get(i).copied().unwrap_or(0));
    let associated =
        [self::associated(label::PAYLOAD, agreed, direction), packet.commitment.to_vec(), header.to_vec()]
            .concat();
    show("payload associated data", &associated);
    let mut plaintext = packet.ciphertext.to_vec();
    aead::open(&message_key, &nonce, &associated, &mut plaintext, packet.tag).unwrap();
    show("plaintext", &plaintext);
    show("message", message);
    assert_eq!(Commitment::compute(&franking_key, label::COMMITMENT, &[&plaintext]).0, *packet.commitment);
    root
}

/// The receiver's computation for the first transient message of a chain, by the formulas.
fn transient(agreed: &Agreed, direction: u8, ratchet: &AgreementSecret, message: &[u8]) {
    let packet = Packet::parse(message).unwrap();
    assert!(packet.transient);
    let mut header = *packet.header;
    let nonce: [u8; 12] = core::array::from_fn(|i| *packet.tag.get(i).unwrap());
    let header_data = [associated(label::TRANSIENT_HEADER, agreed, direction), packet.tag.to_vec()].concat();
    aead::open(&agreed.responder_header_key, &nonce, &header_data, &mut header, packet.header_tag).unwrap();
    show("transient header", &header);

    let ratchet_key = AgreementPublic::parse(header.split_at(32).0).unwrap();
    let dh = ratchet.agree(&ratchet_key).unwrap();
    let [_, _, _, transient_key] = kdf::derive(agreed.root.expose(), &[dh.expose()], label::ROOT_STEP);
    let number = header.get(35..38).unwrap();
    let [secret] = kdf::derive(number, &[transient_key.expose()], label::TRANSIENT_KEY);
    show("transient secret 0", secret.expose());
    let [message_key, franking_key] = kdf::expand_key(&secret, label::MESSAGE_KEYS);
    show("transient message key", message_key.expose());
    show("transient franking key", franking_key.expose());

    let salt = header.get(38..46).unwrap();
    let nonce: [u8; 12] = core::array::from_fn(|i| salt.get(i).copied().unwrap_or(0));
    let prefix = associated(label::TRANSIENT_PAYLOAD, agreed, direction);
    let payload_data = [prefix, packet.commitment.to_vec(), header.to_vec()].concat();
    let mut plaintext = packet.ciphertext.to_vec();
    aead::open(&message_key, &nonce, &payload_data, &mut plaintext, packet.tag).unwrap();
    assert_eq!(Commitment::compute(&franking_key, label::COMMITMENT, &[&plaintext]).0, *packet.commitment);
    show("transient plaintext", &plaintext);
    show("transient message", message);
}

/// What the associated data of headers and payloads begin with.
fn associated(label: aside_primitives::Label, agreed: &Agreed, direction: u8) -> Vec<u8> {
    let label = label.as_bytes();
    let length = u32::try_from(label.len()).unwrap().to_be_bytes();
    [&length, label, &SUITE.to_be_bytes(), &agreed.id, &[direction]].concat()
}

/// Prints a value in rows of 32 bytes; a long one by its first rows and its last one.
fn show(name: &str, bytes: &[u8]) {
    let rows: Vec<String> = bytes
        .chunks(32)
        .map(|row| row.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        .collect();
    let mut name = name;
    if rows.len() <= 20 {
        for row in &rows {
            println!("{name:<24}{row}");
            name = "";
        }
    } else {
        for row in rows.iter().take(3) {
            println!("{name:<24}{row}");
            name = "";
        }
        println!("{name:<24}… {} bytes in all; the last row is", bytes.len());
        println!("{name:<24}{}", rows.last().unwrap());
    }
}
