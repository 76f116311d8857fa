//! Alice, Bob and Carol on one relay. Setting them up once is enough: a store is cloned.

use crate::{
    client::{Client, Fuse},
    relay::Relay,
    store::Faulty,
};
use aside_identity::Handle;
use std::sync::OnceLock;

pub(crate) struct World {
    pub(crate) relay: Relay,
    pub(crate) alice: Client,
    pub(crate) bob: Client,
    pub(crate) carol: Client,
}

struct Snapshot {
    relay: Relay,
    stores: [Faulty; 3],
}

pub(crate) fn handle(name: &str) -> Handle {
    Handle::parse(name).unwrap()
}

impl World {
    /// Three people who know each other's handles and have not written yet.
    pub(crate) fn new(seed: u64) -> Self {
        static READY: OnceLock<Snapshot> = OnceLock::new();
        Self::of(READY.get_or_init(registered), seed)
    }

    /// The same, with an accepted chat between Alice and Bob.
    pub(crate) fn chatting(seed: u64) -> Self {
        static READY: OnceLock<Snapshot> = OnceLock::new();
        let snapshot = READY.get_or_init(|| {
            let mut world = Self::new(1);
            world.open_chat();
            world.snapshot()
        });
        Self::of(snapshot, seed)
    }

    fn of(snapshot: &Snapshot, seed: u64) -> Self {
        let Snapshot { relay, stores: [alice, bob, carol] } = snapshot;
        let [a, b, c] = [1, 2, 3].map(|n| seed.wrapping_mul(1000).wrapping_add(n));
        Self {
            relay: relay.clone(),
            alice: Client::load(alice.clone(), a),
            bob: Client::load(bob.clone(), b),
            carol: Client::load(carol.clone(), c),
        }
    }

    fn snapshot(self) -> Snapshot {
        Snapshot { relay: self.relay, stores: [self.alice.store, self.bob.store, self.carol.store] }
    }

    /// Everybody talks to the relay until nothing moves any more.
    pub(crate) fn settle(&mut self) {
        let Self { relay, alice, bob, carol } = self;
        let fuse = &mut Fuse::default();
        for client in [&mut *alice, &mut *bob, &mut *carol] {
            client.sync(relay);
        }
        loop {
            let mut moved = false;
            for client in [&mut *alice, &mut *bob, &mut *carol] {
                moved |= client.receive(relay, fuse).unwrap();
                moved |= client.flush(relay, fuse).unwrap();
            }
            if !moved {
                return;
            }
        }
    }

    /// Alice opens a chat, Bob accepts it, and both have said something in it.
    pub(crate) fn open_chat(&mut self) {
        self.alice.open_chat(&handle("bob")).unwrap();
        self.settle();
        self.bob.accept_chat(&handle("alice")).unwrap();
        self.settle();
        self.alice.say(&handle("bob"), "first").unwrap();
        self.bob.say(&handle("alice"), "second").unwrap();
        self.settle();
        for client in [&mut self.alice, &mut self.bob, &mut self.carol] {
            client.news();
        }
    }
}

fn registered() -> Snapshot {
    let mut relay = Relay::default();
    let names = ["alice", "bob", "carol"];
    let mut people = [("alice", 11), ("bob", 12), ("carol", 13)].map(|(name, seed)| {
        let client = Client::create(Faulty::default(), name, seed);
        relay.register(name, client.account(), client.engine.list().as_bytes());
        client
    });
    for client in &mut people {
        client.sync(&mut relay);
        let own = client.engine.handle().clone();
        for name in names.into_iter().map(handle).filter(|name| *name != own) {
            client.resolve(&relay, &name);
        }
    }
    Snapshot { relay, stores: people.map(|client| client.store) }
}
