//! The same operations through `aside-group`, bytes to bytes, as an application calls it.

use crate::{
    clock::{stopped, time},
    group::{Membership, TEXT_BYTES},
    ours::{Pair, commitment, receive, send},
};
use aside_group::{
    Action, Entry, Group, GroupInvite, GroupName, LogId, LogKey, ReceivingChain, SenderKey, SendingChain,
    sealed_entry,
};
use aside_identity::{AccountKey, Address, DeviceId, GroupId};
use aside_primitives::Secret;
use aside_session::Session;
use aside_testkit::{Person, TestRng, person::NOW};
use aside_wire::{group_packet::GroupPacket, limits::GROUP_CHANGE, padding};

const GROUP: GroupId = GroupId::new([7; 32]);

/// Alice's chain, and what Bob has of it.
pub struct Chains {
    rng: TestRng,
    alice: Address,
    sending: SendingChain,
    receiving: ReceivingChain,
}

impl Default for Chains {
    fn default() -> Self {
        let mut rng = TestRng::new(1);
        let alice = address(&Person::new(&mut rng));
        let sending = chain(&mut rng, GROUP, alice, 1);
        let receiving = ReceivingChain::accept(GROUP, alice, 1, sending.hand_over().expect("a new chain"));
        Self { rng, alice, sending, receiving }
    }
}

impl Chains {
    /// Encrypts a message.
    pub fn send(&mut self, text: &[u8]) -> Vec<u8> {
        let message = self.sending.encrypt(&mut self.rng, text, |key| commitment(key, text));
        message.expect("a chain that is not spent")
    }

    /// Decrypts, checks the commitment, applies.
    pub fn receive(&mut self, message: &[u8]) {
        let packet = GroupPacket::parse(message).expect("a group message");
        let (received, advance) = self.receiving.decrypt(&self.alice, &packet).expect("a message of Alice");
        assert_eq!(received.commitment, commitment(&received.franking_key, &received.plaintext));
        self.receiving.advance(advance).expect("the chain has not changed");
    }

    /// Bytes of a stored chain: sending, receiving.
    #[must_use]
    pub fn state_bytes(&self) -> (usize, usize) {
        (self.sending.export().len(), self.receiving.export().len())
    }
}

/// Encrypts.
pub fn encrypt(count: usize) -> f64 {
    let (mut chains, text) = (Chains::default(), [7; TEXT_BYTES]);
    time(vec![(); count], |()| chains.send(&text))
}

/// Decrypts, in order.
pub fn decrypt(count: usize) -> f64 {
    let (mut chains, text) = (Chains::default(), [7; TEXT_BYTES]);
    let messages: Vec<_> = (0..count).map(|_| chains.send(&text)).collect();
    time(messages, |message| chains.receive(&message))
}

/// Alice's sessions with the devices of a group.
pub struct Devices {
    rng: TestRng,
    alice: Address,
    sessions: Vec<Session>,
}

impl Devices {
    /// Copies of one session: which keys are used makes no difference to the time.
    #[must_use]
    pub fn new(count: usize) -> Self {
        let mut rng = TestRng::new(2);
        let state = Pair::default().established().0.export();
        let session = || Session::import(&state).expect("an exported state");
        Self {
            alice: address(&Person::new(&mut rng)),
            sessions: (0..count).map(|_| session()).collect(),
            rng,
        }
    }

    /// A new chain, handed to all of them.
    pub fn rotate(&mut self, count: usize) -> f64 {
        time(vec![(); count], |()| {
            let chain = chain(&mut self.rng, GROUP, self.alice, 1);
            hand_over(&mut self.rng, &chain, &LogKey::new(Secret::new([5; 32])), self.sessions.iter_mut())
        })
    }

    /// As many messages as one to each of them, of the same length, each over one session and nothing else.
    pub fn single(&mut self, count: usize) -> f64 {
        let chain = chain(&mut self.rng, GROUP, self.alice, 1);
        let text = sender_key(&chain, &LogKey::new(Secret::new([5; 32])));
        time(vec![(); count], |()| {
            let Self { rng, sessions, .. } = self;
            sessions.iter_mut().map(|session| send(session, rng, &text)).collect::<Vec<_>>()
        })
    }
}

/// A log key, and every entry under it as the relay has it.
struct Segment {
    key: LogKey,
    log: LogId,
    entries: Vec<Vec<u8>>,
}

impl Segment {
    fn new(group: &GroupId, key: LogKey) -> Self {
        Self { log: LogId::of(group, &key), key, entries: Vec::new() }
    }

    fn seal(&self, rng: &mut TestRng, entry: &[u8]) -> Vec<u8> {
        sealed_entry::seal(rng, &self.key, &self.log, entry).expect("it is short")
    }

    fn open(&self, blob: &[u8]) -> Entry {
        let entry = sealed_entry::open(blob, &self.key, &self.log).expect("an entry of the log");
        Entry::decode(&entry).expect("an entry")
    }

    /// Opens, decodes, checks and applies an entry.
    fn take(&self, group: &mut Group, blob: &[u8]) {
        let checked = group.check(&self.open(blob), self.key.id()).expect("the next entry");
        group.apply(checked).expect("the group has not changed");
    }
}

/// A group as Alice, who owns it, and Bob see it; Alice's sessions with everybody else, and Bob's with her.
pub struct Members {
    rng: TestRng,
    pair: Pair,
    alice: Person,
    segments: Vec<Segment>,
    alices: Group,
    bobs: Group,
    to_bob: Session,
    from_alice: Session,
    to_others: Vec<Session>,
}

impl Members {
    /// A group of so many.
    #[must_use]
    pub fn new(members: usize) -> Self {
        let mut rng = TestRng::new(3);
        let (mut pair, alice) = (Pair::default(), Person::new(&mut rng));
        let key = LogKey::generate(&mut rng).expect("a test generator does not fail");
        let action = Action::Create {
            nonce: [7; 32],
            name: GroupName::parse("Hikers").expect("a name"),
            device_list: alice.list.as_bytes().to_vec(),
            announce_only: false,
            log_key_id: key.id(),
        };
        let first = Entry::sign(&alice.keys.signing, None, &address(&alice), NOW, &action);
        let group = Group::found(&Entry::decode(&first).expect("an entry")).expect("a first entry");
        let mut segment = Segment::new(&group.id(), key);
        segment.entries.push(segment.seal(&mut rng, &first));
        let (to_bob, from_alice) = pair.established();
        let state = to_bob.export();
        let to_others = (2..members).map(|_| Session::import(&state).expect("an exported state")).collect();
        let (alices, bobs, segments) = (group.clone(), group, vec![segment]);
        let mut this = Self { rng, pair, alice, segments, alices, bobs, to_bob, from_alice, to_others };
        let others: Vec<_> = (1..members).map(|_| Person::new(&mut this.rng)).collect();
        for others in others.chunks(GROUP_CHANGE) {
            let blob = this.propose(&add(others));
            this.taken(blob);
        }
        this
    }

    /// Carol comes and goes.
    pub fn membership(&mut self) -> Membership {
        let carol = Person::new(&mut self.rng);
        let action = add(std::slice::from_ref(&carol));
        // She is invited, and handed Alice's chain, in the first two messages of a session.
        let (add, (blob, ..)) = stopped(|| {
            let blob = self.propose(&action);
            let mut session = self.pair.initiate_one();
            let log_keys = self.segments.iter().map(|segment| copy(&segment.key)).collect();
            let invite = GroupInvite { head: self.alices.head(), log_keys }.encode();
            let invite = padding::pad(&invite).expect("it is short");
            let invite = send(&mut session, &mut self.rng, &invite);
            let chain = chain(&mut self.rng, self.alices.id(), address(&self.alice), self.alices.epoch());
            (blob, invite, hand_over(&mut self.rng, &chain, &newest(&self.segments).key, [&mut session]))
        });
        let (added, ()) = stopped(|| self.taken(blob));
        let (join, joined) = stopped(|| self.replay());
        assert!(joined == self.alices && joined == self.bobs);
        let (remove, (blobs, key, message)) = stopped(|| self.remove(&carol));
        let (removed, _chain) = stopped(|| {
            blobs.into_iter().for_each(|blob| self.taken(blob));
            self.take_chain(&message)
        });
        // Measured again, the group is as it was, but for the log key.
        self.segments.push(Segment::new(&self.alices.id(), key));
        for group in [&mut self.alices, &mut self.bobs] {
            group.forget_before(u64::MAX);
        }
        assert!(self.alices == self.bobs);
        Membership { add, added, join, remove, removed }
    }

    /// Exports the state.
    pub fn export(&self, count: usize) -> f64 {
        time(vec![(); count], |()| self.alices.export())
    }

    /// Imports it.
    pub fn import(&self, count: usize) -> f64 {
        let state = self.alices.export();
        time(vec![(); count], |()| Group::import(&state).expect("an exported state"))
    }

    /// Bytes of the stored state.
    #[must_use]
    pub fn state_bytes(&self) -> usize {
        self.alices.export().len()
    }

    /// Makes an entry of Alice, and applies it as it comes back from the relay.
    fn propose(&mut self, action: &Action) -> Vec<u8> {
        let segment = newest(&self.segments);
        let entry = self.alices.propose(&self.alice.keys.signing, &address(&self.alice), NOW, action);
        let blob = segment.seal(&mut self.rng, entry.expect("it is allowed").as_bytes());
        segment.take(&mut self.alices, &blob);
        blob
    }

    /// Bob applies it.
    fn taken(&mut self, blob: Vec<u8>) {
        let segment = self.segments.last_mut().expect("there is always one");
        segment.take(&mut self.bobs, &blob);
        segment.entries.push(blob);
    }

    /// Puts somebody out, replaces the log's key, and hands it with a new chain to all who stay.
    fn remove(&mut self, who: &Person) -> ([Vec<u8>; 2], LogKey, Vec<u8>) {
        let removal = self.propose(&Action::Remove { accounts: vec![account(who)], cuts: Vec::new() });
        let key = LogKey::generate(&mut self.rng).expect("a test generator does not fail");
        let rekeying = self.propose(&Action::Rekey { log_key_id: key.id() });
        let chain = chain(&mut self.rng, self.alices.id(), address(&self.alice), self.alices.epoch());
        let devices = [&mut self.to_bob].into_iter().chain(&mut self.to_others);
        let messages = hand_over(&mut self.rng, &chain, &key, devices);
        ([removal, rekeying], key, messages.into_iter().next().expect("Bob is the first"))
    }

    /// Takes Alice's new chain, and the log's new key.
    fn take_chain(&mut self, message: &[u8]) -> (ReceivingChain, LogKey) {
        let content = receive(&mut self.from_alice, message);
        let content = padding::unpad(&content).expect("it was padded");
        let SenderKey { epoch, chain, log_key, head: _ } = SenderKey::decode(content).expect("a chain");
        (ReceivingChain::accept(self.bobs.id(), address(&self.alice), epoch, chain), log_key)
    }

    /// The state that the whole log makes, as a newcomer verifies it.
    fn replay(&self) -> Group {
        let all = self.segments.iter();
        let mut all = all.flat_map(|segment| segment.entries.iter().map(move |blob| (segment, blob)));
        let (segment, first) = all.next().expect("a first entry");
        let mut group = Group::found(&segment.open(first)).expect("a first entry");
        for (segment, blob) in all {
            segment.take(&mut group, blob);
        }
        group.forget_before(u64::MAX);
        group
    }
}

fn chain(rng: &mut TestRng, group: GroupId, owner: Address, epoch: u64) -> SendingChain {
    SendingChain::generate(rng, group, owner, epoch, NOW).expect("a test generator does not fail")
}

/// What a session carries to hand over a chain: padded, as all that a session carries.
fn sender_key(chain: &SendingChain, key: &LogKey) -> Vec<u8> {
    let content = SenderKey {
        epoch: chain.epoch(),
        head: aside_group::Head { sequence: chain.epoch(), hash: aside_primitives::Digest([7; 32]) },
        chain: chain.hand_over().expect("a new chain"),
        log_key: copy(key),
    };
    padding::pad(&content.encode()).expect("it is short")
}

fn hand_over<'a>(
    rng: &mut TestRng,
    chain: &SendingChain,
    key: &LogKey,
    devices: impl IntoIterator<Item = &'a mut Session>,
) -> Vec<Vec<u8>> {
    devices.into_iter().map(|session| send(session, rng, &sender_key(chain, key))).collect()
}

fn newest(segments: &[Segment]) -> &Segment {
    segments.last().expect("there is always one")
}

fn copy(key: &LogKey) -> LogKey {
    LogKey::new(Secret::new(*key.expose()))
}

fn add(people: &[Person]) -> Action {
    let mut people: Vec<&Person> = people.iter().collect();
    people.sort_by_key(|person| account(person));
    Action::Add { device_lists: people.iter().map(|person| person.list.as_bytes().to_vec()).collect() }
}

fn account(person: &Person) -> AccountKey {
    person.certificate.account
}

fn address(person: &Person) -> Address {
    Address { account: account(person), device: DeviceId::FIRST }
}
