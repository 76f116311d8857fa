//! Messages that go, at random: whatever two people do, whatever their clocks and their relay say, in any order.

use crate::{
    client::{Client, Fuse},
    relay::Relay,
    store::rows,
    world::World,
};
use aside_client::{Conversation, Error, Event, Lifetime, Manner, Message, store::Table};
use aside_content::{Body, Text};
use aside_testkit::person::NOW;
use aside_wire::ExpiryTerms;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const HOUR: u64 = 60 * 60 * 1000;
const DAY: u64 = 24 * HOUR;

#[derive(Clone, Copy, Debug)]
enum Act {
    Decides(ExpiryTerms),
    Says(ExpiryTerms),
    Reads,
    /// One of the messages there, counted from the last.
    Deletes(usize),
    Unsends(usize),
    Shortens(usize, ExpiryTerms),
    Words(usize),
    Reacts(usize),
    Restarts,
    Sweeps,
    /// Sends and fetches what there is.
    Syncs,
    /// Sends without fetching.
    Sends,
    /// The clock of the device is set so far ahead, or right again.
    IsAhead(u64),
}

#[derive(Clone, Copy, Debug)]
enum Happening {
    Does {
        is_alice: bool,
        act: Act,
    },
    Passes(u64),
    /// The relay says another time with what it takes next.
    RelaySays(u64),
}

/// One of the two, and what has been seen there.
#[derive(Default)]
struct Witness {
    /// Each message by its index: the earliest deadline it ever had.
    deadlines: BTreeMap<u64, u64>,
    /// What can never be seen again.
    gone: BTreeSet<u64>,
    is_ahead: bool,
}

fn terms() -> impl Strategy<Value = ExpiryTerms> {
    let seconds = || prop_oneof![1u32..60, 60u32..7200, 60u32..7200, 7200u32..2_000_000];
    prop_oneof![
        1 => Just(ExpiryTerms::Off),
        3 => seconds().prop_map(|duration_s| ExpiryTerms::AfterSend { duration_s }),
        3 => (seconds(), seconds())
            .prop_map(|(duration_s, unread_cap_s)| ExpiryTerms::AfterRead { duration_s, unread_cap_s }),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let which = 0usize..4;
    prop_oneof![
        2 => terms().prop_map(Act::Decides),
        9 => terms().prop_map(Act::Says),
        3 => Just(Act::Reads),
        1 => which.clone().prop_map(Act::Deletes),
        1 => which.clone().prop_map(Act::Unsends),
        1 => (which.clone(), terms()).prop_map(|(which, terms)| Act::Shortens(which, terms)),
        1 => which.clone().prop_map(Act::Words),
        1 => which.prop_map(Act::Reacts),
        1 => Just(Act::Restarts),
        2 => Just(Act::Sweeps),
        9 => Just(Act::Syncs),
        2 => Just(Act::Sends),
        1 => prop_oneof![Just(0), 0..4 * DAY].prop_map(Act::IsAhead),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    let time = prop_oneof![Just(1), Just(u64::MAX), NOW - 5 * DAY..NOW + 5 * DAY];
    prop_oneof![
        10 => (any::<bool>(), act()).prop_map(|(is_alice, act)| Happening::Does { is_alice, act }),
        3 => prop_oneof![0..2 * HOUR, 0..2 * DAY].prop_map(Happening::Passes),
        1 => time.prop_map(Happening::RelaySays),
    ]
}

/// The index of a message, counted from the last.
fn index(client: &mut Client, chat: Conversation, which: usize) -> Option<u64> {
    client.messages(chat).iter().rev().nth(which).map(|message| message.index)
}

fn word(number: usize) -> String {
    format!("pangolin{number:04}")
}

impl Client {
    /// Does something; what cannot be done now is not done.
    fn does(&mut self, relay: &mut Relay, chat: Conversation, act: Act, said: &mut Said) {
        match act {
            Act::Decides(terms) => drop(self.step(|engine, step| engine.set_expiry(step, chat, terms))),
            Act::Says(terms) => {
                let manner = Manner { terms: Some(terms), ..Manner::default() };
                let body = Body::text(word(said.count)).unwrap();
                let index = self.step(|engine, step| engine.say_as(step, chat, body, manner)).unwrap();
                let lifetime = self.messages(chat).into_iter().find(|message| message.index == index);
                if matches!(lifetime.unwrap().lifetime, Lifetime::Goes { .. }) {
                    said.timed.push(word(said.count));
                }
                said.count += 1;
            }
            Act::Reads => {
                if let Some(index) = index(self, chat, 0) {
                    self.step(|engine, step| engine.mark_shown(step, chat, index)).unwrap();
                }
            }
            Act::Restarts => self.reboot(),
            Act::Syncs => self.sync(relay),
            Act::Sends => drop(self.flush(relay, &mut Fuse::default()).unwrap()),
            Act::Sweeps | Act::IsAhead(_) => {}
            Act::Deletes(which) => {
                if let Some(index) = index(self, chat, which) {
                    self.step(|engine, step| engine.delete(step, chat, index)).unwrap();
                }
            }
            Act::Unsends(which) => {
                if let Some(index) = index(self, chat, which) {
                    drop(self.step(|engine, step| engine.unsend(step, chat, index)));
                }
            }
            Act::Shortens(which, terms) => {
                if let Some(index) = index(self, chat, which) {
                    drop(self.step(|engine, step| engine.shorten(step, chat, index, terms)));
                }
            }
            Act::Words(which) => {
                if let Some(index) = index(self, chat, which) {
                    let before = self.messages(chat).into_iter().find(|message| message.index == index);
                    let Some(Message { body: Body::Text(text), .. }) = before else { return };
                    let text = Text::new(format!("{}, no", text.as_str())).unwrap();
                    drop(self.step(|engine, step| engine.edit(step, chat, index, text)));
                }
            }
            Act::Reacts(which) => {
                if let Some(index) = index(self, chat, which) {
                    drop(self.step(|engine, step| engine.react(step, chat, index, "🦔")));
                }
            }
        }
    }
}

#[derive(Default)]
struct Said {
    count: usize,
    /// What was to go from the beginning.
    timed: Vec<String>,
}

impl Witness {
    fn sweeps(&mut self, client: &mut Client) {
        let swept = client.step(|engine, step| engine.sweep(step)).unwrap();
        for event in swept.events {
            let Event::Expired { index, .. } = event else { panic!("{event:?}") };
            self.gone.insert(index);
        }
    }

    /// Looks at everything there is to see.
    fn looks(&mut self, client: &mut Client, chat: Conversation, said: &Said) -> Result<(), TestCaseError> {
        let now = client.now;
        for message in client.messages(chat) {
            let is_open = message.lifetime.is_open() && message.body.is_shown();
            prop_assert!(!(is_open && self.gone.contains(&message.index)), "it comes back: {message:?}");
            let Lifetime::Goes { deadline, .. } = message.lifetime else {
                if matches!(message.lifetime, Lifetime::Gone(_)) && !self.is_ahead {
                    self.gone.insert(message.index);
                }
                continue;
            };
            let before = self.deadlines.get(&message.index).copied();
            if let Some(deadline) = deadline {
                prop_assert!(deadline > now, "it should be gone: {message:?}");
                prop_assert!(before.is_none_or(|before| deadline <= before), "it lives longer: {message:?}");
                self.deadlines.insert(message.index, deadline);
            } else {
                prop_assert!(before.is_none(), "it lives for ever: {message:?}");
            }
            prop_assert_eq!(message.notification().unwrap().text, None);
        }
        for word in &said.timed {
            prop_assert!(!client.keeps(word.as_bytes()), "{word} stands in the clear");
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn v1_to_v21_in_any_order_nothing_lives_longer_comes_back_or_leaves_a_trace(
        schedule in prop::collection::vec(happening(), 20..60),
    ) {
        let mut world = World::chatting(900);
        let chat = world.alice.chat_with(&world.bob.account());
        let mut truth = NOW + DAY;
        let mut said = Said::default();
        let mut witnesses = [Witness::default(), Witness::default()];
        let mut ahead = [0, 0];
        let mut lie = None;
        for happening in schedule {
            match happening {
                Happening::Passes(by) => truth += by,
                Happening::RelaySays(time) => lie = Some(time),
                Happening::Does { .. } => {}
            }
            // With a clock that is wrong as well, nobody could know.
            world.relay.time = lie.filter(|_| ahead == [0, 0]).unwrap_or(truth);
            for (client, ahead) in [&mut world.alice, &mut world.bob].into_iter().zip(ahead) {
                client.now = truth + ahead;
            }
            if let Happening::Does { is_alice, act } = happening {
                let World { relay, alice, bob, .. } = &mut world;
                let who = usize::from(!is_alice);
                let client = if is_alice { alice } else { bob };
                if let Act::IsAhead(by) = act {
                    ahead[who] = by;
                    witnesses[who].is_ahead = by != 0;
                    client.sleeps = true;
                    client.now = truth + by;
                    client.step(|_, _| Ok::<_, Error>(())).unwrap();
                    client.sleeps = false;
                } else if let Act::Sweeps = act {
                    witnesses[who].sweeps(client);
                } else {
                    if matches!(act, Act::Syncs | Act::Sends) {
                        lie = None;
                    }
                    client.does(relay, chat, act, &mut said);
                }
            }
            witnesses[0].looks(&mut world.alice, chat, &said)?;
            witnesses[1].looks(&mut world.bob, chat, &said)?;
        }
        // In the end everything is gone, and no key is left.
        for client in [&mut world.alice, &mut world.bob] {
            client.sleeps = true;
            client.now = truth;
            client.step(|_, _| Ok::<_, Error>(())).unwrap();
            client.sleeps = false;
        }
        for by in [0, 400 * DAY, DAY] {
            truth += by;
            world.relay.time = truth;
            (world.alice.now, world.bob.now) = (truth, truth);
            world.settle();
            world.alice.step(|engine, step| engine.sweep(step)).unwrap();
            world.bob.step(|engine, step| engine.sweep(step)).unwrap();
        }
        for client in [&mut world.alice, &mut world.bob] {
            for message in client.messages(chat) {
                prop_assert!(!matches!(message.lifetime, Lifetime::Goes { .. }), "{message:?}");
            }
            prop_assert_eq!(client.waiting(), 0);
            for table in [Table::Due, Table::KeyPage, Table::PageKey] {
                prop_assert_eq!(rows(&client.store.inner, table), vec![], "{:?}", table);
            }
        }
    }
}
