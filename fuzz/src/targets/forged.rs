//! A peer that holds every key of the session and does what it likes.

use crate::{
    targets::state::storable,
    world::{commitment, import, scenes},
};
use arbitrary::{Arbitrary, Unstructured};
use aside_primitives::{AgreementPublic, AgreementSecret, Digest, Secret, aead, hash::hash, kdf, label};
use aside_session::{Refused, limits::JUMP};
use aside_wire::{
    SUITE,
    header::{CHUNK_BYTES, COUNTER_MAX, Chunk, Header, Slot},
    packet::{HANDSHAKE_BYTES, KIND_MESSAGE},
};

/// What the peer puts into one message.
#[derive(Arbitrary, Debug)]
struct Forgery {
    turn: bool,
    ratchet_key: Key,
    previous: Count,
    number: Count,
    /// That of the chain if there is none.
    epoch: Option<u8>,
    adopts: bool,
    slot: Carried,
    text: u8,
    apply: bool,
}

/// What the header carries of the KEM exchange.
#[derive(Arbitrary, Debug, Clone, Copy)]
enum Carried {
    Nothing,
    Held(u64),
    Key { index: u8, byte: u8 },
    Ciphertext { index: u8, byte: u8 },
}

impl Carried {
    fn slot(self) -> Slot {
        let chunk = |index, byte| Chunk { index, bytes: [byte; CHUNK_BYTES] };
        match self {
            Self::Nothing => Slot::Held(0),
            Self::Held(held) => Slot::Held(held),
            Self::Key { index, byte } => Slot::Key(chunk(index, byte)),
            Self::Ciphertext { index, byte } => Slot::Ciphertext(chunk(index, byte)),
        }
    }
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
                keys.assert_fitting(&forgery, &header);
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
    let (state, hash_at_end) = state.split_last_chunk_mut::<32>().expect("a hash at the end");
    *hash_at_end = hash(label::STORED_SESSION, &[state]).0;
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
    epoch: u32,
    /// The secret of the epoch, where the peer may adopt it.
    epoch_secret: Option<Secret<32>>,
}

struct Receiving {
    header_key: Secret<32>,
    ratchet_key: [u8; 32],
    mark: Mark,
    chain: Secret<32>,
    next: u32,
    next_at: usize,
}

/// What the headers of a chain say of its epoch.
type Mark = (u32, bool);

impl Keys {
    fn read(state: &[u8]) -> Self {
        let mut reader = Reader { state, at: 0 };
        let [version] = reader.take();
        assert_eq!(version, 3, "the layout of a state has changed; follow it here");
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
                reader.at += 32 + 32 + 4 + 32 + 32 + 32 + 4 + 1;
                Some(own)
            }
            [1] => {
                reader.at += 32;
                None
            }
            [2] => None,
            _ => {
                let own = AgreementSecret::from_seed(&reader.secret());
                reader.at += 32;
                Some(own)
            }
        };
        reader.at += 4;
        let next_header_key = reader.secret();
        let receiving = (reader.take() == [1u8]).then(|| {
            let (header_key, ratchet_key, mark) = (reader.secret(), reader.take(), reader.mark());
            let (chain, next_at) = (reader.secret(), reader.at);
            let next = u32::from_be_bytes(reader.take());
            reader.pass_kept();
            Receiving { header_key, ratchet_key, mark, chain, next, next_at }
        });
        let [old] = reader.take();
        for _ in 0..old {
            reader.at += 32 + 32 + 4 + 1;
            reader.pass_kept();
        }
        let epoch = u32::from_be_bytes(reader.take());
        reader.at += 2 + 2;
        let epoch_secret = (reader.take() == [5u8]).then(|| reader.secret());
        let direction = if role == 1 { 2 } else { 1 };
        Self { direction, root, own, next_header_key, receiving, epoch, epoch_secret }
    }

    /// The mark of the chain that a forgery is of.
    fn mark(&self, forgery: &Forgery) -> Option<Mark> {
        if forgery.turn {
            Some((self.epoch + u32::from(forgery.adopts), forgery.adopts))
        } else {
            self.receiving.as_ref().map(|current| current.mark)
        }
    }

    /// What opened says of its epoch what its chain does, adopts what is there, and carries what is the peer's to send.
    fn assert_fitting(&self, forgery: &Forgery, header: &Header) {
        let (epoch, adopts) = self.mark(forgery).expect("a chain");
        assert_eq!((u32::from(header.epoch), header.adopts), (epoch % 128, adopts));
        assert!(!forgery.turn || !adopts || self.epoch_secret.is_some(), "it adopts what nobody agreed on");
        let offers = (epoch % 2 == 1) == (self.direction == 1);
        match header.slot {
            Slot::Held(held) => assert!(!offers || held >> 34 == 0),
            Slot::Key(_) => assert!(offers),
            Slot::Ciphertext(_) => assert!(!offers),
        }
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
        let (epoch, _) = self.mark(forgery)?;
        let (expected, expected_previous) = if forgery.turn { (0, next) } else { (next, 0) };
        let header = Header {
            ratchet_key,
            previous: forgery.previous.value(expected_previous),
            number: forgery.number.value(expected),
            salt: [9; 8],
            epoch: forgery.epoch.unwrap_or(u8::try_from(epoch % 128).unwrap_or(0)),
            adopts: forgery.adopts,
            slot: forgery.slot.slot(),
        };
        let (header_key, chain) = if forgery.turn {
            // Without a key of the receiver to turn on, any chain will do: it is refused before.
            let agreed = self.own.as_ref().and_then(|own| {
                AgreementPublic::parse(&ratchet_key).ok().and_then(|key| own.agree(&key).ok())
            });
            let agreed = agreed.unwrap_or(Secret::new([0; 32]));
            let root = self.root.expose();
            let [_, chain, _, _] = match self.epoch_secret.as_ref().filter(|_| forgery.adopts) {
                Some(epoch) => {
                    kdf::derive::<4>(root, &[agreed.expose(), epoch.expose()], label::KEM_ROOT_STEP)
                }
                None => kdf::derive::<4>(root, &[agreed.expose()], label::ROOT_STEP),
            };
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

    fn mark(&mut self) -> Mark {
        (u32::from_be_bytes(self.take()), self.take() == [1u8])
    }

    /// Kept keys and transient messages of one chain.
    fn pass_kept(&mut self) {
        self.at += 36 * usize::from(u16::from_be_bytes(self.take()));
        let [ranges] = self.take();
        self.at += 8 * usize::from(ranges) + 32 + 4 + 8;
    }
}
