//! Somebody who records everything, computes every agreement of X25519 and has stolen states: how far the session can be
//! followed by the formulas of the specification (EPO-5, EPO-6, threat R12).

use crate::pair::{Pair, commitment, own, receive};
use aside_primitives::{
    AgreementPublic, AgreementSecret, Draw, Entropy, EntropyFailed, Secret, aead,
    hash::{Transcript, hash},
    kdf,
    kem::KemSecret,
    label,
};
use aside_session::{Bundle, Session, handshake_of};
use aside_testkit::TestRng;
use aside_wire::{SUITE, packet::Packet};
use std::collections::BTreeMap;

/// Randomness that is written down.
struct Recorder {
    rng: TestRng,
    drawn: Vec<(&'static str, Vec<u8>)>,
}

impl Recorder {
    /// What was drawn under a name, since the beginning.
    fn all<const N: usize>(&self, name: &str) -> Vec<[u8; N]> {
        let named = self.drawn.iter().filter(|(what, _)| *what == name);
        named.map(|(_, bytes)| bytes.as_slice().try_into().unwrap()).collect()
    }
}

impl Entropy for Recorder {
    fn draw(&mut self, what: Draw, out: &mut [u8]) -> Result<(), EntropyFailed> {
        self.rng.draw(what, out)?;
        self.drawn.push((what.0, out.to_vec()));
        Ok(())
    }
}

/// Gives what was drawn before.
struct Again([u8; 32]);

impl Entropy for Again {
    fn draw(&mut self, _what: Draw, out: &mut [u8]) -> Result<(), EntropyFailed> {
        out.copy_from_slice(&self.0);
        Ok(())
    }
}

/// A message under way, and the agreement of its turn if it begins a chain.
struct Sent {
    bob: bool,
    agreement: Option<[u8; 32]>,
    bytes: Vec<u8>,
}

/// Everything that can be known of a conversation.
struct Recorded {
    messages: Vec<Sent>,
    id: [u8; 32],
    /// Root key and both header keys of the handshake: a state stolen at its very beginning.
    start: [[u8; 32]; 3],
    epoch_secrets: BTreeMap<u32, [u8; 32]>,
}

/// Both sides while they talk.
struct Talk {
    sessions: [Session; 2],
    ratchets: [AgreementPublic; 2],
    entropy: Recorder,
    messages: Vec<Sent>,
}

impl Talk {
    /// One message, which arrives.
    fn say(&mut self, bob: bool) {
        let before = self.entropy.all::<32>("ratchet key").len();
        let bytes = encrypt(&mut self.sessions[usize::from(bob)], &mut self.entropy);
        let drawn = self.entropy.all("ratchet key").split_off(before).pop();
        let agreement = drawn.map(|seed| self.turn(bob, seed));
        receive(&mut self.sessions[usize::from(!bob)], &bytes).unwrap();
        self.messages.push(Sent { bob, agreement, bytes });
    }

    /// The agreement that a quantum computer finds.
    fn turn(&mut self, bob: bool, seed: [u8; 32]) -> [u8; 32] {
        let ratchet = AgreementSecret::from_seed(&Secret::new(seed));
        self.ratchets[usize::from(bob)] = *ratchet.public();
        *ratchet.agree(&self.ratchets[usize::from(!bob)]).unwrap().expose()
    }

    fn burst(&mut self, bob: bool, count: usize) {
        (0..count).for_each(|_| self.say(bob));
    }
}

const TEXT: &[u8] = b"said in confidence";

fn encrypt(session: &mut Session, entropy: &mut Recorder) -> Vec<u8> {
    session.encrypt(entropy, TEXT, |key| commitment(key, TEXT)).unwrap()
}

/// Three epochs, and something said in the fourth.
fn recorded() -> Recorded {
    let pair = Pair::new(12);
    let mut entropy = Recorder { rng: TestRng::new(13), drawn: Vec::new() };
    let bundle = Bundle {
        certificate: &pair.bob.certificate,
        signed: &pair.signed.1,
        one_time: Some(&pair.one_time.1),
    };
    let mut alice = Session::initiate(&mut entropy, &own(&pair.alice), &bundle).unwrap();
    let hello = encrypt(&mut alice, &mut entropy);
    let (bob, _) = pair.respond(&hello, true).unwrap();
    let start = handshake(&pair, &hello, alice.id().as_bytes());
    let mut talk = Talk {
        sessions: [alice, bob],
        ratchets: [pair.signed.1.agreement_key; 2],
        entropy,
        messages: Vec::new(),
    };
    let first = talk.entropy.all("ratchet key").remove(0);
    let agreement = Some(talk.turn(false, first));
    talk.messages.push(Sent { bob: false, agreement, bytes: hello });
    talk.burst(false, 36);
    for epoch in 1..=3 {
        let offerer_is_bob = epoch % 2 == 0;
        talk.burst(!offerer_is_bob, 34);
        // The first of these adopts. The other side offers in turn.
        talk.burst(offerer_is_bob, 2);
        talk.burst(!offerer_is_bob, 37);
    }
    assert!(talk.sessions.iter().all(|session| session.epoch() == 4));

    let id = *talk.sessions[0].id().as_bytes();
    let seeds = talk.entropy.all::<64>("KEM key");
    // The first one is that of the handshake.
    let messages = talk.entropy.all::<32>("KEM message").split_off(1);
    let epoch_secrets = (1u32..).zip(seeds.into_iter().zip(messages));
    let epoch_secrets = epoch_secrets.map(|(n, (seed, m))| (n, epoch_secret(&id, n, seed, m))).collect();
    Recorded { messages: talk.messages, id, start, epoch_secrets }
}

/// Root key and header keys of a handshake.
fn handshake(pair: &Pair, hello: &[u8], id: &[u8; 32]) -> [[u8; 32]; 3] {
    let handshake = handshake_of(hello).unwrap().unwrap();
    let ephemeral = AgreementPublic::parse(handshake.ephemeral).unwrap();
    let (signed, one_time) = (&pair.signed.0, &pair.one_time.0);
    let agreements = [
        signed.agreement.agree(&pair.alice.certificate.agreement_key),
        pair.bob.keys.agreement.agree(&ephemeral),
        signed.agreement.agree(&ephemeral),
        one_time.agreement.agree(&ephemeral),
    ]
    .map(Result::unwrap);
    let shared = one_time.kem.decapsulate(handshake.ciphertext);
    let [a, b, c, d] = agreements.each_ref().map(|agreement| agreement.expose().as_slice());
    let ikm = [[0xFF; 32].as_slice(), a, b, c, d, shared.expose()];
    kdf::derive::<3>(id, &ikm, label::HANDSHAKE_KEYS).map(|key| *key.expose())
}

/// The secret of an epoch, for whoever has the seed of its key.
fn epoch_secret(id: &[u8; 32], epoch: u32, seed: [u8; 64], message: [u8; 32]) -> [u8; 32] {
    let key = KemSecret::from_seed(Secret::new(seed)).public();
    let (ciphertext, shared) = key.encapsulate(&mut Again(message), Draw("KEM message")).unwrap();
    let mut transcript = Transcript::new(label::KEM_TRANSCRIPT);
    transcript.add(id);
    transcript.add(&epoch.to_be_bytes());
    transcript.add(hash(label::KEM_OBJECT, &[&key.to_bytes()]).as_bytes());
    transcript.add(hash(label::KEM_OBJECT, &[&ciphertext]).as_bytes());
    let [secret] = kdf::derive(transcript.finish().as_bytes(), &[shared.expose()], label::KEM_EPOCH);
    *secret.expose()
}

/// Follows root keys and chains with every agreement, and with the epoch secrets that it knows.
struct Follower<'a> {
    id: &'a [u8; 32],
    root: [u8; 32],
    header_keys: [[u8; 32]; 2],
    next_header_keys: [[u8; 32]; 2],
    chains: [[u8; 32]; 2],
    epoch: u32,
    knows: BTreeMap<u32, [u8; 32]>,
}

impl<'a> Follower<'a> {
    fn new(recorded: &'a Recorded, knows: impl Fn(u32) -> bool) -> Self {
        let [root, initiator, responder] = recorded.start;
        let known = recorded.epoch_secrets.iter().filter(|(epoch, _)| knows(**epoch));
        Self {
            id: &recorded.id,
            root,
            header_keys: [[0; 32]; 2],
            next_header_keys: [initiator, responder],
            chains: [[0; 32]; 2],
            epoch: 1,
            knows: known.map(|(epoch, secret)| (*epoch, *secret)).collect(),
        }
    }

    /// The header in clear, by the header key that is next for a turn.
    fn header(&self, sent: &Sent) -> Option<[u8; 80]> {
        let packet = Packet::parse(&sent.bytes).unwrap();
        let keys = if sent.agreement.is_some() { &self.next_header_keys } else { &self.header_keys };
        let nonce = packet.tag.first_chunk::<12>().unwrap();
        let associated = [associated(label::HEADER, self.id, sent.bob), packet.tag.to_vec()].concat();
        let mut header = *packet.header;
        let key = Secret::new(keys[usize::from(sent.bob)]);
        aead::open(&key, nonce, &associated, &mut header, packet.header_tag).ok()?;
        Some(header)
    }

    /// Whether the payload opens. The header is given, whoever found it.
    fn opens(&mut self, sent: &Sent, header: &[u8; 80]) -> bool {
        let side = usize::from(sent.bob);
        if let Some(agreement) = &sent.agreement {
            let known = if header[47] & 1 == 1 { self.knows.get(&self.epoch) } else { None };
            let [root, chain, next, _] = match known {
                Some(secret) => kdf::derive::<4>(&self.root, &[agreement, secret], label::KEM_ROOT_STEP),
                // The best that can be done without it.
                None => kdf::derive::<4>(&self.root, &[agreement], label::ROOT_STEP),
            }
            .map(|key| *key.expose());
            self.epoch += u32::from(header[47] & 1);
            (self.root, self.chains[side]) = (root, chain);
            self.header_keys[side] = std::mem::replace(&mut self.next_header_keys[side], next);
        }
        let [chain, secret] = kdf::expand_key(&Secret::new(self.chains[side]), label::CHAIN_STEP);
        self.chains[side] = *chain.expose();
        let [message_key, _] = kdf::expand_key(&secret, label::MESSAGE_KEYS);

        let packet = Packet::parse(&sent.bytes).unwrap();
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&header[38..46]);
        let prefix = associated(label::PAYLOAD, self.id, sent.bob);
        let associated = [prefix.as_slice(), packet.commitment, header].concat();
        let mut text = packet.ciphertext.to_vec();
        aead::open(&message_key, &nonce, &associated, &mut text, packet.tag).is_ok() && text == TEXT
    }
}

/// What associated data begins with.
fn associated(label: aside_primitives::Label, id: &[u8; 32], bob: bool) -> Vec<u8> {
    let label = label.as_bytes();
    let length = u32::try_from(label.len()).unwrap().to_be_bytes();
    [length.as_slice(), label, &SUITE.to_be_bytes(), id, &[1 + u8::from(bob)]].concat()
}

/// Which messages open for somebody who is told every header and knows these epoch secrets, and where chains adopt.
fn opened(recorded: &Recorded, knows: impl Fn(u32) -> bool) -> (Vec<bool>, Vec<usize>) {
    let mut all = Follower::new(recorded, |_| true);
    let mut some = Follower::new(recorded, knows);
    let (mut opened, mut adopting) = (Vec::new(), Vec::new());
    for (place, sent) in recorded.messages.iter().enumerate() {
        let header = all.header(sent).unwrap();
        if sent.agreement.is_some() && header[47] & 1 == 1 {
            adopting.push(place);
        }
        assert!(all.opens(sent, &header), "the formulas open message {place}");
        opened.push(some.opens(sent, &header));
    }
    (opened, adopting)
}

/// Everything before a place opens, and nothing from it on.
fn ends_at(opened: &[bool], place: usize) -> bool {
    let (before, after) = opened.split_at(place);
    before.iter().all(|opens| *opens) && !after.iter().any(|opens| *opens)
}

// EPO-5, EPO-6, R12
#[test]
fn r12_a_quantum_adversary_opens_nothing_from_the_first_chain_that_adopts_what_it_lacks() {
    let recorded = recorded();
    let (every, adopting) = opened(&recorded, |_| true);
    let [first, second, third] = adopting.as_slice() else { panic!("three epochs end: {adopting:?}") };
    assert!(every.iter().all(|opens| *opens));

    // Root and header keys of the beginning and every agreement: up to the end of the first epoch.
    let (none, _) = opened(&recorded, |_| false);
    assert!(ends_at(&none, *first));
    // A state stolen in the first epoch, with the seed of its key: up to the end of the second.
    let (old, _) = opened(&recorded, |epoch| epoch == 1);
    assert!(ends_at(&old, *second));
    let (older, _) = opened(&recorded, |epoch| epoch <= 2);
    assert!(ends_at(&older, *third));
    // A later secret does not make up for one that is missing.
    let (late, _) = opened(&recorded, |epoch| epoch >= 2);
    assert!(ends_at(&late, *first));
}

// EPO-6
#[test]
fn r12_without_an_epoch_secret_the_next_headers_are_lost_too() {
    let recorded = recorded();
    let mut lost = None;
    let mut follower = Follower::new(&recorded, |_| false);
    for (place, sent) in recorded.messages.iter().enumerate() {
        let Some(header) = follower.header(sent) else {
            lost = Some(place);
            break;
        };
        follower.opens(sent, &header);
    }
    // The chain that adopts still has the header key of the step before it, and the answer to it too.
    let (_, adopting) = opened(&recorded, |_| true);
    let lost = lost.unwrap();
    assert!(recorded.messages[lost].agreement.is_some() && lost > adopting[0], "{lost} and {adopting:?}");
    assert!(recorded.messages[adopting[0]..lost].iter().filter(|sent| sent.agreement.is_some()).count() <= 2);
}
