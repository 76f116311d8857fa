//! Alice and Bob, drawn once, and sessions between them at points where something is at stake.

use aside_identity::{Prekey, PrekeyKind, PrekeySecret};
use aside_primitives::{Secret, commit::Commitment, label};
use aside_session::{Bundle, Own, Prekeys, Received, Refused, Session};
use aside_testkit::{Person, TestRng};
use std::sync::OnceLock;

/// Two people, and Bob's prekeys.
pub(crate) struct World {
    pub(crate) alice: Person,
    pub(crate) bob: Person,
    pub(crate) signed: (PrekeySecret, Prekey),
    pub(crate) one_time: (PrekeySecret, Prekey),
    /// As the relay has them: the signed one, then the one-time one.
    pub(crate) published: [Vec<u8>; 2],
    /// Alice's first message, with its handshake, and her session after it.
    pub(crate) first: (Vec<u8>, Vec<u8>),
    /// Bob's session after that message.
    pub(crate) answered: Vec<u8>,
}

/// A message with what it says.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) bytes: Vec<u8>,
    pub(crate) text: Vec<u8>,
}

/// A session as its owner stored it, and messages that it has not received.
pub(crate) struct Scene {
    pub(crate) receiver: Vec<u8>,
    pub(crate) messages: Vec<Sent>,
}

/// The one world of all targets.
pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(World::draw)
}

/// Every scene; see [`World::scenes`].
pub(crate) fn scenes() -> &'static [Scene] {
    static SCENES: OnceLock<Vec<Scene>> = OnceLock::new();
    SCENES.get_or_init(|| world().scenes())
}

impl World {
    fn draw() -> Self {
        let mut rng = TestRng::new(1);
        let (alice, bob) = (Person::new(&mut rng), Person::new(&mut rng));
        let prekey = |rng: &mut TestRng, kind, id| {
            let (secret, bytes) = bob.signed_prekey(rng, kind, id);
            let verified = Prekey::verify(&bytes, &bob.certificate, kind, aside_testkit::person::NOW);
            ((secret, verified.expect("just signed")), bytes)
        };
        let (signed, signed_bytes) = prekey(&mut rng, PrekeyKind::Signed, 1);
        let (one_time, one_time_bytes) = prekey(&mut rng, PrekeyKind::OneTime, 7);

        let bundle = Bundle { certificate: &bob.certificate, signed: &signed.1, one_time: Some(&one_time.1) };
        let mut at_alice = Session::initiate(&mut rng, &own(&alice), &bundle).expect("a whole bundle");
        let first = send(&mut at_alice, &mut rng, b"first");
        let prekeys = Prekeys { signed: &signed.0, one_time: Some(&one_time.0) };
        let (at_bob, _) =
            Session::respond(&own(&bob), &alice.certificate, &prekeys, &first).expect("a first message");
        Self {
            first: (first, at_alice.export().to_vec()),
            answered: at_bob.export().to_vec(),
            published: [signed_bytes, one_time_bytes],
            alice,
            bob,
            signed,
            one_time,
        }
    }

    /// Bob's side of a message that should carry a handshake.
    pub(crate) fn respond(&self, message: &[u8]) -> Result<(Session, Received), Refused> {
        let prekeys = Prekeys { signed: &self.signed.0, one_time: Some(&self.one_time.0) };
        Session::respond(&own(&self.bob), &self.alice.certificate, &prekeys, message)
    }

    /// Alice's session after her first message, and Bob's.
    pub(crate) fn unanswered(&self) -> (Session, Session) {
        (import(&self.first.1), import(&self.answered))
    }

    fn scenes(&self) -> Vec<Scene> {
        let mut rng = TestRng::new(2);
        let scene = |receiver: &Session, messages: &[Sent]| Scene {
            receiver: receiver.export().to_vec(),
            messages: messages.to_vec(),
        };
        let mut scenes = Vec::new();
        let (mut alice, mut bob) = self.unanswered();

        // Bob has the session; the next messages still carry the handshake.
        let repeated = several(&mut alice, &mut rng, 2);
        scenes.push(scene(&bob, &repeated));
        // Alice has no answer yet.
        let answers = several(&mut bob, &mut rng, 2);
        scenes.push(scene(&alice, &answers));
        open(&mut alice, &answers[0].bytes);
        // Bob turned last; Alice turns.
        let turn = several(&mut alice, &mut rng, 8);
        scenes.push(scene(&bob, &turn));
        // Keys are kept for messages before the sixth.
        open(&mut bob, &turn[5].bytes);
        scenes.push(scene(&bob, &turn));
        // Four old chains, with messages missing in each.
        let mut late = Vec::new();
        let (mut from, mut to) = (&mut bob, &mut alice);
        for _ in 0..10 {
            let batch = several(from, &mut rng, 3);
            open(to, &batch[1].bytes);
            late.extend(batch);
            (from, to) = (to, from);
        }
        scenes.push(scene(&bob, &late));
        scenes.push(scene(&alice, &late));
        // An epoch of the KEM ratchet comes to its end: Alice adopts it, and Bob has yet to hear of it.
        while alice.epoch() == 1 {
            let answers = several(&mut bob, &mut rng, 1);
            open(&mut alice, &answers[0].bytes);
            let adopting = several(&mut alice, &mut rng, 4);
            if alice.epoch() > 1 {
                scenes.push(scene(&bob, &adopting));
            }
            open(&mut bob, &adopting[0].bytes);
        }
        scenes
    }
}

pub(crate) fn own(person: &Person) -> Own<'_> {
    Own { certificate: &person.certificate, agreement: &person.keys.agreement }
}

pub(crate) fn import(state: &[u8]) -> Session {
    Session::import(state).expect("an exported state")
}

pub(crate) fn commitment(key: &Secret<32>, text: &[u8]) -> Commitment {
    Commitment::compute(key, label::COMMITMENT, &[text])
}

pub(crate) fn send(session: &mut Session, rng: &mut TestRng, text: &[u8]) -> Vec<u8> {
    session.encrypt(rng, text, |key| commitment(key, text)).expect("a session that can send")
}

/// Decrypts, checks the commitment, applies.
pub(crate) fn receive(session: &mut Session, message: &[u8]) -> Result<Vec<u8>, Refused> {
    let (received, transition) = session.decrypt(message)?;
    assert_eq!(received.commitment, commitment(&received.franking_key, &received.plaintext));
    session.advance(transition).expect("the session has not changed");
    Ok(received.plaintext.to_vec())
}

fn open(session: &mut Session, message: &[u8]) {
    receive(session, message).expect("a message of the peer");
}

fn several(session: &mut Session, rng: &mut TestRng, count: usize) -> Vec<Sent> {
    (0..count)
        .map(|number| {
            let text = vec![b'a'; number * 16];
            Sent { bytes: send(session, rng, &text), text }
        })
        .collect()
}
