//! Every way in which a relay can deliver what two people say while they opt in to a chat, and out of it, explored to the
//! end (threat C1).
//!
//! Alice has one device, Bob has two. People open, accept, decline, close and write whenever they like. The relay delivers
//! in any order, drops, repeats, holds back device lists and makes up what is in the clear. Once, a device starts again
//! before it knows that the relay has something; once, a device loses everything and comes back as a new one.
//!
//! What leads from one state to the next is the crate's own. Of a session, the model has what it guarantees: a frame comes
//! from who it says, and has an effect at most once on a device.
#![expect(clippy::indexing_slicing, reason = "tests")]

use aside_client::{
    ChatState,
    admission::{Admission, Sender, admission},
    opt_in::{AnyChat, Chat, News, Received, Said},
};
use aside_content::{Body, ChatId, Kind, Place, ThreadId};
use aside_identity::AccountKey;
use aside_testkit::{Person, TestRng};
use stateright::{Checker, HasDiscoveries, Model, Property};
use std::collections::{BTreeMap, BTreeSet};

const ALICE: usize = 0;
const BOB: usize = 1;
const IN_FLIGHT: usize = 4;

/// What may happen beside deliveries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Budget {
    acts: u8,
    chats: u8,
    drops: u8,
    repeats: u8,
    restarts: u8,
    reinstalls: u8,
}

/// A conversation, as people see one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Talk {
    Thread,
    Chat(u8),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Frame {
    number: u8,
    said: Said,
    /// Where it goes: in the clear for the thread, encrypted for a chat.
    goes_to: Talk,
    /// Where the person was when they typed or decided it.
    meant_for: Talk,
    /// The state of its chat once it was said.
    after: Option<ChatState>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Parcel {
    from: usize,
    to: usize,
    frame: Frame,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Device {
    account: usize,
    /// It was reinstalled; only what it has sent is left.
    gone: bool,
    /// Which list of the peer's it knows.
    knows: usize,
    chats: BTreeMap<u8, ChatState>,
    outbox: Vec<Frame>,
    said: u8,
    opened: BTreeSet<(usize, u8)>,
    /// The person here has opened or accepted it.
    wanted: BTreeSet<u8>,
    /// The person here has closed or declined it.
    unwanted: BTreeSet<u8>,
    /// It has ended here.
    ended: BTreeSet<u8>,
    /// The person here was told something since they last did something there: news, a refusal, or other devices.
    told: BTreeSet<u8>,
    /// It was asked for before the peer's devices changed; whether one of them is left.
    outdated: BTreeMap<u8, bool>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct World {
    devices: Vec<Device>,
    /// The devices of each account, list by list.
    lists: [Vec<Vec<usize>>; 2],
    wire: BTreeSet<Parcel>,
    chats: u8,
    left: Budget,
    /// The relay has kept something from somebody for good.
    lost: bool,
    /// Something in the clear has moved a chat.
    forged: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Act {
    Open,
    Accept(u8),
    Decline(u8, bool),
    Close,
    Write(Talk),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Event {
    Person(usize, Act),
    /// The relay has the first frame of the outbox, and the device knows it.
    Hand(usize),
    /// The relay has it, and the device starts again without knowing.
    HandAndRestart(usize),
    Deliver(Parcel),
    DeliverAndKeep(Parcel),
    Drop(Parcel),
    /// What the relay makes up in the clear, about a chat.
    Forge(usize, u8, Said),
    Learn(usize),
    Reinstall(usize),
}

struct OptIn {
    accounts: [AccountKey; 2],
    budget: Budget,
}

fn chat_id(chat: u8) -> ChatId {
    ChatId::new([chat + 1; 32])
}

const fn kind(said: Said) -> Kind {
    match said {
        Said::Open => Kind::CHAT_OPEN,
        Said::Accept => Kind::CHAT_ACCEPT,
        Said::Decline => Kind::CHAT_DECLINE,
        Said::Close => Kind::CHAT_CLOSE,
        Said::Message => Kind::TEXT,
        Said::Revision => Kind::EDIT,
        Said::Other => Kind::RECEIPTS,
    }
}

const ALL_SAID: [Said; 7] =
    [Said::Open, Said::Accept, Said::Decline, Said::Close, Said::Message, Said::Revision, Said::Other];

impl Device {
    /// As the client puts something into its outbox, in the transaction that moves the chat.
    fn say(&mut self, chat: u8, body: &Body) {
        let talk = Talk::Chat(chat);
        self.queue(Said::of(body), talk, talk);
    }

    fn queue(&mut self, said: Said, goes_to: Talk, meant_for: Talk) {
        let after = match goes_to {
            Talk::Thread => None,
            Talk::Chat(chat) => self.chats.get(&chat).copied(),
        };
        self.outbox.push(Frame { number: self.said, said, goes_to, meant_for, after });
        self.said += 1;
    }

    fn keep(&mut self, chat: u8, state: ChatState) {
        self.chats.insert(chat, state);
        if state == ChatState::Ended {
            self.ended.insert(chat);
        }
    }

    /// The state of the chat to write in, as `chat_with` chooses it.
    fn foremost(&self) -> Option<ChatState> {
        let rank = |state: &ChatState| match state {
            ChatState::Ended => 0,
            ChatState::Requested => 1,
            ChatState::Opened => 2,
            ChatState::Accepted => 3,
        };
        self.chats.values().copied().max_by_key(rank)
    }

    fn in_state(&self, wanted: ChatState) -> impl Iterator<Item = u8> {
        let found = self.chats.iter().filter(move |(_, state)| **state == wanted);
        found.map(|(chat, _)| *chat)
    }
}

impl OptIn {
    fn new(budget: Budget) -> Self {
        let mut rng = TestRng::new(5);
        let mut account = || Person::new(&mut rng).certificate.account;
        Self { accounts: [account(), account()], budget }
    }

    fn peer(&self, device: &Device) -> AccountKey {
        self.accounts[1 - device.account]
    }

    fn chat(&self, device: &Device, chat: u8) -> Option<AnyChat> {
        let state = device.chats.get(&chat)?;
        Some(AnyChat::of(chat_id(chat), self.peer(device), *state))
    }

    /// As `open_chat`, `accept_chat`, `decline_chat`, `close_chat` and `send_to_chat` do it.
    fn act(&self, world: &mut World, who: usize, act: Act) -> Option<()> {
        let peer = self.peer(&world.devices[who]);
        let number = world.chats;
        let device = &mut world.devices[who];
        match act {
            Act::Open => {
                let thread = ThreadId::between(&self.accounts[ALICE], &self.accounts[BOB]);
                let (opened, question) = Chat::open(chat_id(number), peer, Some(thread));
                device.wanted.insert(number);
                device.keep(number, AnyChat::Opened(opened).state());
                device.say(number, &question);
                world.chats += 1;
            }
            Act::Accept(chat) => {
                let AnyChat::Requested(requested) = self.chat(device, chat)? else { return None };
                let (accepted, word) = requested.accept();
                device.wanted.insert(chat);
                device.told.remove(&chat);
                device.keep(chat, AnyChat::Accepted(accepted).state());
                // CNV-14
                let outdated = device.outdated.remove(&chat);
                if outdated != Some(false) {
                    device.say(chat, &word);
                }
                if outdated.is_some() {
                    device.say(chat, &Body::ChatOpen { beside: None });
                }
                if outdated == Some(false) {
                    device.keep(chat, ChatState::Opened);
                }
            }
            Act::Decline(chat, openly) => {
                let AnyChat::Requested(requested) = self.chat(device, chat)? else { return None };
                device.unwanted.insert(chat);
                device.chats.remove(&chat);
                if openly {
                    device.say(chat, &requested.decline_openly().1);
                }
            }
            Act::Close => {
                for chat in device.chats.keys().copied().collect::<Vec<_>>() {
                    let any = self.chat(device, chat)?;
                    if any.writable().is_some() {
                        let (ended, word) = any.close();
                        device.unwanted.insert(chat);
                        device.keep(chat, AnyChat::Ended(ended).state());
                        device.say(chat, &word?);
                    }
                }
            }
            Act::Write(Talk::Thread) => device.queue(Said::Message, Talk::Thread, Talk::Thread),
            Act::Write(Talk::Chat(chat)) => {
                let writable = self.chat(device, chat)?.writable()?;
                let goes_to = Talk::Chat(writable.chat.as_bytes()[0] - 1);
                device.queue(Said::Message, goes_to, Talk::Chat(chat));
            }
        }
        Some(())
    }

    /// As `check_opt_in` does it.
    fn judge(&self, device: &Device, chat: u8, said: Said) -> Option<Received> {
        let known = self.chat(device, chat);
        let sender = match &known {
            None => Sender::Stranger,
            Some(AnyChat::Requested(_)) => Sender::Requester,
            Some(_) => Sender::Accepted,
        };
        if admission(kind(said), Place::Chat, sender) == Admission::Refused {
            return None;
        }
        match known {
            Some(chat) => chat.receive(said).ok(),
            None => {
                let opened_another = device.foremost() == Some(ChatState::Opened);
                AnyChat::first(chat_id(chat), self.peer(device), said, opened_another).ok()
            }
        }
    }

    /// As `apply_opt_in` does it.
    fn apply(&self, device: &mut Device, chat: u8, received: &Received) {
        let was_asked = device.chats.get(&chat) == Some(&ChatState::Requested);
        if !device.chats.contains_key(&chat) && received.chat.state() == ChatState::Accepted {
            // Whoever has opened another wants to talk (CNV-6).
            device.wanted.insert(chat);
        }
        if was_asked && received.news == Some(News::Ended) {
            device.chats.remove(&chat);
        } else {
            device.keep(chat, received.chat.state());
        }
        if let Some(answer) = &received.answer {
            device.say(chat, answer);
        }
        if received.news == Some(News::Ended) {
            device.outbox.retain(|frame| frame.goes_to != Talk::Chat(chat));
        }
        if received.news.is_some() {
            device.told.insert(chat);
        }
    }

    fn deliver(&self, world: &mut World, parcel: Parcel) {
        let Parcel { from, to, frame } = parcel;
        let overtakes = world
            .wire
            .iter()
            .any(|other| other.from == from && other.to == to && other.frame.number < frame.number);
        let device = &mut world.devices[to];
        let Talk::Chat(chat) = frame.goes_to else { return };
        if device.opened.contains(&(from, frame.number)) {
            return;
        }
        let received = self.judge(device, chat, frame.said);
        if let Some(received) = &received {
            device.opened.insert((from, frame.number));
            self.apply(device, chat, received);
        } else {
            device.told.insert(chat);
        }
        // What is refused because it came first, or is forgotten with a request before the rest of the request comes, the
        // relay could as well have kept.
        world.lost |= overtakes && (received.is_none() || !device.chats.contains_key(&chat));
    }

    /// As `on_other_devices` and `open_again` do it.
    fn learn(&self, world: &mut World, who: usize) {
        let account = 1 - world.devices[who].account;
        let newest = world.lists[account].len() - 1;
        let (old, new) = (&world.lists[account][world.devices[who].knows], &world.lists[account][newest]);
        let nobody_left = !old.iter().any(|device| new.contains(device));
        let gone: Vec<usize> = old.iter().copied().filter(|device| !new.contains(device)).collect();
        // Their sessions are forgotten.
        world.wire.retain(|parcel| parcel.to != who || !gone.contains(&parcel.from));
        let device = &mut world.devices[who];
        device.knows = newest;
        for chat in device.chats.keys().copied().collect::<Vec<_>>() {
            device.told.insert(chat);
            let any = self.chat(device, chat);
            if matches!(any, Some(AnyChat::Requested(_))) {
                let left = device.outdated.entry(chat).or_insert(true);
                *left &= !nobody_left;
            }
            if any.and_then(|any| any.writable()).is_none() {
                continue;
            }
            if nobody_left {
                device.keep(chat, ChatState::Opened);
            }
            device.say(chat, &Body::ChatOpen { beside: None });
        }
    }
}

impl World {
    fn targets(&self, who: usize) -> &[usize] {
        let device = &self.devices[who];
        &self.lists[1 - device.account][device.knows]
    }

    /// Whether the relay has room for what a device says next.
    fn can_hand(&self, who: usize) -> bool {
        !self.devices[who].outbox.is_empty() && self.wire.len() + self.targets(who).len() <= IN_FLIGHT
    }

    fn hand(&mut self, who: usize) {
        let frame = self.devices[who].outbox[0];
        let gone = |to: &usize| self.devices[*to].gone;
        let targets: Vec<usize> = self.targets(who).iter().copied().filter(|to| !gone(to)).collect();
        self.wire.extend(targets.into_iter().map(|to| Parcel { from: who, to, frame }));
    }

    fn is_behind(&self, who: usize) -> bool {
        let device = &self.devices[who];
        device.knows + 1 < self.lists[1 - device.account].len()
    }

    fn can_deliver(&self, parcel: &Parcel) -> bool {
        self.targets(parcel.to).contains(&parcel.from)
    }

    fn live(&self, account: usize) -> impl Iterator<Item = &Device> {
        self.devices.iter().filter(move |device| device.account == account && !device.gone)
    }

    /// Nothing is on its way to anybody, and nothing was kept from them.
    fn is_settled(&self) -> bool {
        let at_rest = |(who, device): (usize, &Device)| {
            device.gone || (device.outbox.is_empty() && !self.is_behind(who))
        };
        !self.lost && self.wire.is_empty() && self.devices.iter().enumerate().all(at_rest)
    }

    /// Whether the two of them believe the same of a chat, or know that they do not.
    fn agree(&self, chat: u8, one: &Device, other: &Device) -> bool {
        self.fit(chat, one, other) || self.fit(chat, other, one)
    }

    fn fit(&self, chat: u8, one: &Device, other: &Device) -> bool {
        use ChatState::{Accepted, Ended, Opened, Requested};
        let has_it = |device: &Device| device.chats.contains_key(&chat);
        match (one.chats.get(&chat), other.chats.get(&chat)) {
            // Not known to either, or forgotten.
            (None, None) => true,
            // Declined in silence, and the other waits (CNV-12).
            (None, Some(Opened)) => true,
            // Declined aloud, or taken back.
            (None, Some(Ended)) => true,
            // One asks, the other is asked.
            (Some(Opened), Some(Requested)) => true,
            // Both want it.
            (Some(Accepted), Some(Accepted)) => true,
            // Another device of whoever is asked has accepted, or the one that had is gone. This one still can.
            (Some(Requested), Some(Accepted)) => true,
            // Whoever asked has lost everything, and was asked by another device since.
            (Some(Requested), Some(Requested)) => other.outdated.contains_key(&chat),
            // It is over.
            (Some(Ended), Some(Ended)) => true,
            // Whoever asked has lost everything.
            (None, Some(Requested)) => other.told.contains(&chat),
            // The same; or they have it on another device, or wanted nothing of it.
            (None, Some(Accepted)) => {
                other.told.contains(&chat)
                    || self.live(one.account).any(has_it)
                    || self.has_refused(one.account, chat)
            }
            // Whoever does not know has ended it themselves, on another device.
            (Some(Ended), Some(Opened | Requested | Accepted)) => {
                other.told.contains(&chat) || self.has_refused(other.account, chat)
            }
            _ => false,
        }
    }

    fn has_refused(&self, account: usize, chat: u8) -> bool {
        self.devices.iter().any(|device| device.account == account && device.unwanted.contains(&chat))
    }
}

impl Model for OptIn {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        let device = |account| Device { account, ..Device::default() };
        let devices = vec![device(ALICE), device(BOB), device(BOB)];
        let lists = [vec![vec![0]], vec![vec![1, 2]]];
        let (wire, left) = (BTreeSet::new(), self.budget);
        vec![World { devices, lists, wire, chats: 0, left, lost: false, forged: false }]
    }

    fn actions(&self, world: &World, events: &mut Vec<Event>) {
        for (who, device) in world.devices.iter().enumerate().filter(|(_, device)| !device.gone) {
            if world.left.acts > 0 {
                let mut person = |act| events.push(Event::Person(who, act));
                let ended = matches!(device.foremost(), None | Some(ChatState::Ended));
                if ended && world.chats < world.left.chats {
                    person(Act::Open);
                }
                for chat in device.in_state(ChatState::Requested) {
                    person(Act::Accept(chat));
                    person(Act::Decline(chat, false));
                    person(Act::Decline(chat, true));
                }
                if matches!(device.foremost(), Some(ChatState::Opened | ChatState::Accepted)) {
                    person(Act::Close);
                }
                device.chats.keys().for_each(|chat| person(Act::Write(Talk::Chat(*chat))));
                if device.outbox.is_empty() {
                    person(Act::Write(Talk::Thread));
                }
            }
            if world.can_hand(who) {
                events.push(Event::Hand(who));
                if world.left.restarts > 0 {
                    events.push(Event::HandAndRestart(who));
                }
            }
            if world.is_behind(who) {
                events.push(Event::Learn(who));
            }
            // Bob's two devices are alike.
            if world.left.reinstalls > 0 && who < 2 {
                events.push(Event::Reinstall(who));
            }
            for chat in 0..world.chats {
                let forgeries = ALL_SAID.map(|said| Event::Forge(who, chat, said));
                events.extend(forgeries.into_iter().filter(|forgery| self.is_taken_in(forgery)));
            }
        }
        for parcel in &world.wire {
            if world.can_deliver(parcel) {
                events.push(Event::Deliver(*parcel));
                if world.left.repeats > 0 {
                    events.push(Event::DeliverAndKeep(*parcel));
                }
            }
            if world.left.drops > 0 {
                events.push(Event::Drop(*parcel));
            }
        }
    }

    fn next_state(&self, world: &World, event: Event) -> Option<World> {
        let mut next = world.clone();
        match event {
            Event::Person(who, act) => {
                next.left.acts -= 1;
                self.act(&mut next, who, act)?;
            }
            Event::Hand(who) => {
                next.hand(who);
                next.devices[who].outbox.remove(0);
            }
            Event::HandAndRestart(who) => {
                next.left.restarts -= 1;
                next.hand(who);
            }
            Event::Deliver(parcel) => {
                next.wire.remove(&parcel);
                self.deliver(&mut next, parcel);
            }
            Event::DeliverAndKeep(parcel) => {
                next.left.repeats -= 1;
                self.deliver(&mut next, parcel);
            }
            Event::Drop(parcel) => {
                next.left.drops -= 1;
                next.wire.remove(&parcel);
                next.lost = true;
            }
            Event::Forge(who, chat, said) => {
                next.forged = true;
                let device = &mut next.devices[who];
                let received = self.judge(device, chat, said)?;
                self.apply(device, chat, &received);
            }
            Event::Learn(who) => self.learn(&mut next, who),
            Event::Reinstall(who) => {
                next.left.reinstalls -= 1;
                let new = next.devices.len();
                let account = next.devices[who].account;
                let knows = next.lists[1 - account].len() - 1;
                next.devices.push(Device { account, knows, ..Device::default() });
                let old = &mut next.devices[who];
                let (wanted, unwanted) = (old.wanted.clone(), old.unwanted.clone());
                *old = Device { account, gone: true, wanted, unwanted, ..Device::default() };
                let mut list = next.lists[account].last()?.clone();
                list.retain(|device| *device != who);
                list.push(new);
                next.lists[account].push(list);
                next.wire.retain(|parcel| parcel.to != who);
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            // CNV-1, CNV-5
            Property::always("what was typed for a chat goes there or nowhere", |_: &Self, world: &World| {
                world.sent().all(|(_, frame)| frame.goes_to == frame.meant_for)
            }),
            // CNV-4, CNV-12, CNV-13
            Property::always("nothing is said where nobody wanted to talk", |_: &Self, world: &World| {
                world.sent().all(|(who, frame)| match (frame.goes_to, frame.after) {
                    (Talk::Thread, _) => true,
                    (Talk::Chat(_), None) => frame.said == Said::Decline,
                    (Talk::Chat(_), Some(ChatState::Requested)) => false,
                    (Talk::Chat(_), Some(ChatState::Ended)) => frame.said == Said::Close,
                    (Talk::Chat(chat), Some(_)) => world.devices[who].wanted.contains(&chat),
                })
            }),
            // CNV-2
            Property::always("nothing in the clear moves a chat", |_: &Self, world: &World| !world.forged),
            // CNV-6, CNV-7, CNV-14
            Property::always("both agree on every chat, or are told", |_: &Self, world: &World| {
                let pairs =
                    || world.live(ALICE).flat_map(|one| world.live(BOB).map(move |other| (one, other)));
                !world.is_settled()
                    || (0..world.chats).all(|chat| pairs().all(|(one, other)| world.agree(chat, one, other)))
            }),
            // CNV-13
            Property::always("a chat that has ended stays so", |_: &Self, world: &World| {
                let stays = |device: &Device| {
                    device.ended.iter().all(|chat| device.chats.get(chat) == Some(&ChatState::Ended))
                };
                world.devices.iter().filter(|device| !device.gone).all(stays)
            }),
            Property::sometimes("both have accepted", |_: &Self, world: &World| {
                world.all_are(ChatState::Accepted)
            }),
            // CNV-14
            Property::sometimes("both have accepted again after a loss", |model: &Self, world: &World| {
                let lost = world.left.reinstalls < model.budget.reinstalls;
                model.budget.reinstalls == 0 || (lost && world.all_are(ChatState::Accepted))
            }),
            Property::sometimes("it has ended for both", |_: &Self, world: &World| {
                world.all_are(ChatState::Ended)
            }),
        ]
    }
}

impl OptIn {
    /// Whether a frame in the clear that names a chat would get past the checks of a thread, from anybody.
    fn is_taken_in(&self, forgery: &Event) -> bool {
        let Event::Forge(_, chat, said) = forgery else { return false };
        let expected = ThreadId::between(&self.accounts[ALICE], &self.accounts[BOB]);
        let names_thread = ThreadId::new(*chat_id(*chat).as_bytes()) == expected;
        let opts_in = matches!(said, Said::Open | Said::Accept | Said::Decline | Said::Close);
        let admitted = |sender: &Sender| admission(kind(*said), Place::Thread, *sender) != Admission::Refused;
        (opts_in || names_thread) && Sender::ALL.iter().any(admitted)
    }
}

impl World {
    /// What is on its way, or is about to be.
    fn sent(&self) -> impl Iterator<Item = (usize, &Frame)> {
        let waiting = self.devices.iter().enumerate();
        let waiting = waiting.flat_map(|(who, device)| device.outbox.iter().map(move |frame| (who, frame)));
        waiting.chain(self.wire.iter().map(|parcel| (parcel.from, &parcel.frame)))
    }

    /// Whether somebody of each account has this state of one chat, and none is on the way to another.
    fn all_are(&self, state: ChatState) -> bool {
        let has = |account, chat| self.live(account).any(|device| device.chats.get(&chat) == Some(&state));
        self.is_settled() && (0..self.chats).any(|chat| has(ALICE, chat) && has(BOB, chat))
    }
}

fn explore(budget: Budget) {
    let checker = OptIn::new(budget).checker().threads(2).finish_when(HasDiscoveries::AnyFailures);
    let checker = checker.spawn_bfs().join();
    println!("{} states", checker.unique_state_count());
    checker.assert_properties();
}

#[test]
fn cnv_6_two_chats_at_once_in_every_schedule() {
    explore(Budget { acts: 3, chats: 2, drops: 0, repeats: 1, restarts: 0, reinstalls: 0 });
}

#[test]
fn cnv_7_one_chat_against_a_hostile_relay() {
    explore(Budget { acts: 3, chats: 1, drops: 1, repeats: 1, restarts: 1, reinstalls: 0 });
}

#[test]
fn cnv_14_one_chat_and_a_device_that_lost_everything() {
    explore(Budget { acts: 3, chats: 1, drops: 0, repeats: 0, restarts: 1, reinstalls: 1 });
}
