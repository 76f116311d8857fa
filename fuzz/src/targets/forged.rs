//! A peer that holds every key of the session and does what it likes.

use crate::{
    targets::state::storable,
    world::{commitment, import, scenes},
};
use arbitrary::{Arbitrary, Unstructured};
use aside_primitives::{AgreementPublic, AgreementSecret, Digest, Secret, aead, kdf, label};
use aside_session::{Refused, limits::JUMP};
use aside_wire::{
    SUITE,
    header::{COUNTER_MAX, Header},
    packet::{HANDSHAKE_BYTES, KIND_MESSAGE},
};

/// What the peer puts into one message.
#[derive(Arbitrary, Debug)]
struct Forgery {
    turn: bool,
    ratchet_key: Key,
    previous: Count,
    number: Count,
    control: u16,
    chunk: u8,
    honest_control: bool,
    text: u8,
    apply: bool,
}

#[derive(Arbitrary, Debug)]
enum Key {
    Fitting,
    Fresh(u8),
    Any([u8; 32]),
}

/// A number for a counter, near where it matters.
#[derive(Arbitrary, Debug, Clone, Copy)]
enum Count {
    Expected,
    Behind(u16),
    Ahead(u16),
    AtJump(i8),
    AtEnd(u8),
}

impl Count {
    fn value(self, expected: u32) -> u32 {
        let value = match self {
            Self::Expected => expected,
            Self::Behind(by) => expected.saturating_sub(by.into()),
            Self::Ahead(by) => expected + u32::from(by),
            Self::AtJump(off) => (expected + JUMP).saturating_add_signed(off.into()),
            Self::AtEnd(by) => COUNTER_MAX - u32::from(by),
        };
        value.min(COUNTER_MAX)
    }
}

/// Whatever an authenticated header says, the session refuses it without a change or reaches a state that can be
/// stored, and it never walks further than its bound.
pub fn session_forged(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok((which, start)) = input.arbitrary::<(u8, Option<Count>)>() else { return };
    let mut state = scenes()[usize::from(which) % scenes().len()].receiver.clone();
    if let Some(start) = start {
        start_at(&mut state, start);
    }
    let mut session = import(&state);
    for _ in 0..8 {
        if input.is_empty() {
            return;
        }
        let Ok(forgery) = input.arbitrary::<Forgery>() else { return };
        let keys = Keys::read(&session.export());
        let Some((message, header)) = keys.seal(&forgery, session.id()) else { continue };
        let before = session.digest();
        match session.decrypt(&message) {
            Ok((received, transition)) => {
                assert_eq!(received.plaintext.len(), usize::from(forgery.text));
                assert_eq!((header.control, header.chunk), (0, [0; 32]));
                assert!(AgreementPublic::parse(&header.ratchet_key).is_ok());
                if forgery.apply {
                    session.advance(transition).expect("the session has not changed");
                    storable(&session);
                    assert_eq!(session.decrypt(&message).map(|_| ()), Err(Refused::Replay));
                }
            }
            Err(_) => assert_eq!(session.digest(), before, "a refused message changed the state"),
        }
    }
}

/// Moves the receiver's place in the current chain; kept keys stay behind it.
fn start_at(state: &mut [u8], start: Count) {
    let Some(Receiving { next_at, .. }) = Keys::read(state).receiving else { return };
    let place = state.get_mut(next_at..next_at + 4).expect("four bytes");
    let next = u32::from_be_bytes((&*place).try_into().expect("four bytes"));
    place.copy_from_slice(&start.value(next).max(next).to_be_bytes());
}

/// What a receiver's state holds; the peer knows or can compute all of it.
///
/// It is read from the exported bytes, whose layout stands in `aside_session`'s `state.rs`.
struct Keys {
    /// The sender's direction.
    direction: u8,
    root: Secret<32>,
    own: Option<AgreementSecret>,
    next_header_key: Secret<32>,
    receiving: Option<Receiving>,
}

struct Receiving {
    header_key: Secret<32>,
    ratchet_key: [u8; 32],
    chain: Secret<32>,
    next: u32,
    next_at: usize,
}

impl Keys {
    fn read(state: &[u8]) -> Self {
        let mut reader = Reader { state, at: 0 };
        let [version] = reader.take();
        assert_eq!(version, 2, "the layout of a state has changed; follow it here");
        let [role] = reader.take();
        reader.at += 8 + 32;
        match reader.take() {
            [0u8] => reader.at += HANDSHAKE_BYTES,
            [1] => {}
            _ => reader.at += 32,
        }
        let root = reader.secret();
        let own = match reader.take() {
            [0u8] => {
                let own = AgreementSecret::from_seed(&reader.secret());
                reader.at += 32 + 4 + 32 + 32 + 32 + 4;
                Some(own)
            }
            _ => {
                reader.at += 32;
                None
            }
        };
        reader.at += 4;
        let next_header_key = reader.secret();
        let receiving = (reader.take() == [1u8]).then(|| {
            let (header_key, ratchet_key, chain) = (reader.secret(), reader.take(), reader.secret());
            let next_at = reader.at;
            Receiving { header_key, ratchet_key, chain, next: u32::from_be_bytes(reader.take()), next_at }
        });
        Self { direction: if role == 1 { 2 } else { 1 }, root, own, next_header_key, receiving }
    }

    /// A message with the header that was asked for; `None` if not even the peer could make it.
    fn seal(&self, forgery: &Forgery, session: &Digest) -> Option<(Vec<u8>, Header)> {
        let fresh = |seed: u8| AgreementSecret::from_seed(&Secret::new([seed; 32]));
        let current = self.receiving.as_ref();
        let ratchet_key = match (&forgery.ratchet_key, forgery.turn) {
            (Key::Fitting, false) => current?.ratchet_key,
            (Key::Fitting, true) => *fresh(77).public().as_bytes(),
            (Key::Fresh(seed), _) => *fresh(*seed).public().as_bytes(),
            (Key::Any(bytes), _) => *bytes,
        };
        let next = current.map_or(0, |current| current.next);
        let (expected, expected_previous) = if forgery.turn { (0, next) } else { (next, 0) };
        let header = Header {
            ratchet_key,
            previous: forgery.previous.value(expected_previous),
            number: forgery.number.value(expected),
            salt: [9; 8],
            control: if forgery.honest_control { 0 } else { forgery.control },
            chunk: [if forgery.honest_control { 0 } else { forgery.chunk }; 32],
        };
        let (header_key, chain) = if forgery.turn {
            // Without a key of the receiver to turn on, any chain will do: it is refused before.
            let agreed = self.own.as_ref().and_then(|own| {
                AgreementPublic::parse(&ratchet_key).ok().and_then(|key| own.agree(&key).ok())
            });
            let agreed = agreed.unwrap_or(Secret::new([0; 32]));
            let [_, chain, _] = kdf::derive::<3>(self.root.expose(), &[agreed.expose()], label::ROOT_STEP);
            (&self.next_header_key, chain)
        } else {
            (&current?.header_key, Secret::new(*current?.chain.expose()))
        };
        let steps = header.number.saturating_sub(expected);
        let message_key = message_key(chain, steps.min(JUMP + 1));
        Some((self.join(&header, header_key, &message_key, session, usize::from(forgery.text))?, header))
    }

    /// The message as the specification builds it, written a second time.
    fn join(
        &self,
        header: &Header,
        header_key: &Secret<32>,
        message_key: &Secret<32>,
        session: &Digest,
        length: usize,
    ) -> Option<Vec<u8>> {
        let mut header = header.encode()?;
        let mut payload = vec![b'm'; length];
        let commitment = commitment(&Secret::new([1; 32]), &payload).0;
        let associated = |label: aside_primitives::Label, rest: &[&[u8]]| {
            let length = u32::try_from(label.as_bytes().len()).unwrap_or(u32::MAX).to_be_bytes();
            let start: [&[u8]; 5] =
                [&length, label.as_bytes(), &SUITE.to_be_bytes(), session.as_bytes(), &[self.direction]];
            [start.concat(), rest.concat()].concat()
        };
        let nonce = [[9; 8].as_slice(), &[0; 4]].concat();
        let payload_data = associated(label::PAYLOAD, &[&commitment, &header]);
        let tag =
            aead::seal(message_key, nonce.as_slice().try_into().ok()?, &payload_data, &mut payload).ok()?;
        let header_data = associated(label::HEADER, &[&tag]);
        let header_tag = aead::seal(header_key, tag.first_chunk()?, &header_data, &mut header).ok()?;
        let parts: [&[u8]; 6] = [&[KIND_MESSAGE], &header, &header_tag, &commitment, &payload, &tag];
        Some(parts.concat())
    }
}

fn message_key(mut chain: Secret<32>, steps: u32) -> Secret<32> {
    for _ in 0..steps {
        [chain, _] = kdf::expand_key::<2>(&chain, label::CHAIN_STEP);
    }
    let [_, message] = kdf::expand_key::<2>(&chain, label::CHAIN_STEP);
    let [key, _] = kdf::expand_key::<2>(&message, label::MESSAGE_KEYS);
    key
}

struct Reader<'a> {
    state: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let bytes = self.state.get(self.at..).and_then(|rest| rest.first_chunk::<N>());
        self.at += N;
        *bytes.expect("the layout of a state has changed; follow it here")
    }

    fn secret(&mut self) -> Secret<32> {
        Secret::new(self.take())
    }
}
