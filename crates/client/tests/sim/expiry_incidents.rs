//! What went wrong with messages that go in messengers that people use, played with one device each (V4 to V21, C4, C5, C8).

use crate::{
    client::{Client, Fuse, Halt},
    crowd::{ALICE, BOB, Crowd},
    forge,
    relay::contains,
    store::{dump, rows},
    world::{World, handle},
};
use aside_client::{Conversation, Error, Event, Gone, Lifetime, Manner, Message, Misuse, store::Table};
use aside_content::{Attachment, Body, ChatId, ExpiryPolicy, Media, MediaKind, Text};
use aside_primitives::Digest;
use aside_testkit::person::NOW;
use aside_wire::{ExpiryTerms, Reject, pb::RefusalCode};
use zeroize::Zeroizing;

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// 2099-01-01.
const FAR: u64 = 4_070_908_800_000;
const YEAR_S: u32 = 365 * 24 * 60 * 60;
const CANARY: &str = "pangolin";

const fn after_send(duration_s: u32) -> ExpiryTerms {
    ExpiryTerms::AfterSend { duration_s }
}

const fn after_read(duration_s: u32, unread_cap_s: u32) -> ExpiryTerms {
    ExpiryTerms::AfterRead { duration_s, unread_cap_s }
}

impl World {
    /// Alice and Bob, in whose chat she has decided on terms.
    fn agreed(seed: u64, terms: ExpiryTerms) -> (Self, Conversation) {
        let mut world = Self::chatting(seed);
        let chat = world.alice.chat_with(&world.bob.account());
        world.alice.step(|engine, step| engine.set_expiry(step, chat, terms)).unwrap();
        world.settle();
        for client in [&mut world.alice, &mut world.bob] {
            assert_eq!(client.terms(chat), terms);
            client.news();
        }
        (world, chat)
    }

    /// The same, and she has said something, which is at the end for both.
    fn said(seed: u64, terms: ExpiryTerms) -> (Self, Conversation) {
        let (mut world, chat) = Self::agreed(seed, terms);
        world.alice.say(&handle("bob"), CANARY).unwrap();
        world.settle();
        for client in [&mut world.alice, &mut world.bob] {
            assert_eq!(client.last_text(chat), Some(CANARY.to_owned()));
        }
        (world, chat)
    }

    /// Time passes for everybody.
    fn pass(&mut self, by: u64) {
        for client in [&mut self.alice, &mut self.bob, &mut self.carol] {
            client.now += by;
        }
        self.relay.time += by;
    }
}

impl Client {
    fn terms(&mut self, conversation: Conversation) -> ExpiryTerms {
        self.step(|engine, step| engine.expiry(step.tx, conversation)).unwrap()
    }

    fn last(&mut self, conversation: Conversation) -> Message {
        self.messages(conversation).pop().unwrap()
    }

    /// What the last message says, if it is to be shown.
    fn last_text(&mut self, conversation: Conversation) -> Option<String> {
        let Message { body, lifetime, .. } = self.last(conversation);
        match body {
            Body::Text(text) if lifetime.is_open() => Some(text.as_str().to_owned()),
            _ => None,
        }
    }

    /// When the last message is gone.
    fn deadline(&mut self, conversation: Conversation) -> Option<u64> {
        match self.last(conversation).lifetime {
            Lifetime::Goes { deadline, .. } | Lifetime::Closed { deadline, .. } => deadline,
            other => panic!("{other:?}"),
        }
    }

    fn sweep(&mut self) -> Vec<Event> {
        self.step(|engine, step| engine.sweep(step)).unwrap().events
    }

    /// The person here has seen everything.
    fn reads(&mut self, conversation: Conversation) {
        let index = self.last(conversation).index;
        self.step(|engine, step| engine.mark_shown(step, conversation, index)).unwrap();
    }

    /// The clock of the device is set, and nothing counts that.
    fn set_clock(&mut self, to: u64) {
        (self.sleeps, self.now) = (true, to);
        self.step(|_, _| Ok::<_, Error>(())).unwrap();
        self.sleeps = false;
    }

    /// Whether nothing is left of what the last message said, whatever the clock says from now on.
    fn is_destroyed(&mut self, conversation: Conversation) -> bool {
        let now = self.now;
        self.set_clock(NOW);
        let is_gone = matches!(self.last(conversation).lifetime, Lifetime::Gone(_));
        self.set_clock(now);
        let no_key = |client: &Self| rows(&client.store.inner, Table::KeyPage).is_empty();
        is_gone && no_key(self)
    }

    /// Whether a word stands anywhere in the store.
    pub(crate) fn keeps(&self, word: &[u8]) -> bool {
        dump(&self.store.inner).iter().any(|(_, (key, record))| contains(key, word) || contains(record, word))
    }

    fn finds(&mut self, word: &str) -> usize {
        self.step(|engine, step| engine.search(step, word, None, 9)).unwrap().len()
    }
}

// TIM-3
#[test]
fn v4_what_expired_while_the_device_slept_is_not_shown_at_the_first_look() {
    let (mut world, chat) = World::said(800, after_send(3600));
    let deadline = world.bob.deadline(chat).unwrap();
    world.bob.sleeps = true;
    world.bob.now = deadline - 1;
    assert_eq!(world.bob.last_text(chat), Some(CANARY.to_owned()));
    world.bob.now = deadline;
    let last = world.bob.last(chat);
    assert_eq!((last.lifetime, last.body), (Lifetime::Gone(Gone::Expired), Body::Unsend(last.message_id)));
    assert_eq!(world.bob.finds(CANARY), 0);
    // A device that never slept through a sweep either, long after.
    world.bob.now = deadline + 100 * DAY;
    assert_eq!(world.bob.last_text(chat), None);
}

// EXP-2
#[test]
fn v5_c4_a_message_in_flight_keeps_its_own_terms_and_rolls_no_policy_back() {
    let (mut world, chat) = World::agreed(801, after_send(60));
    world.alice.say(&handle("bob"), "under the first").unwrap();
    world.alice.flush(&mut world.relay, &mut Fuse::default()).unwrap();
    world.bob.step(|engine, step| engine.set_expiry(step, chat, after_send(3600))).unwrap();
    world.settle();
    for client in [&mut world.alice, &mut world.bob] {
        assert_eq!(client.terms(chat), after_send(3600));
    }
    let at_bob = |world: &mut World, index: u64| {
        let messages = world.bob.messages(chat);
        messages.into_iter().find(|message| message.index == index).unwrap().lifetime
    };
    let first = world.bob.messages(chat);
    let first = first.iter().find(|message| message.body == Body::text("under the first").unwrap());
    let index = first.unwrap().index;
    let Lifetime::Goes { deadline: Some(deadline), .. } = at_bob(&mut world, index) else {
        panic!("it goes")
    };
    assert!(deadline <= world.bob.now + MINUTE + SECOND);
    world.alice.say(&handle("bob"), "under the second").unwrap();
    world.settle();
    world.pass(2 * MINUTE);
    assert_eq!(at_bob(&mut world, index), Lifetime::Gone(Gone::Expired));
    assert_eq!(world.bob.last_text(chat), Some("under the second".to_owned()));
    // What came under the old terms has changed nothing.
    assert_eq!(world.bob.terms(chat), after_send(3600));
}

// EXP-16, TIM-4
#[test]
fn v6_a_reader_whose_clock_is_three_days_ahead_loses_nothing_for_good() {
    let (mut world, chat) = World::agreed(802, after_send(2 * 3600));
    world.bob.set_clock(NOW + 3 * DAY);
    world.alice.say(&handle("bob"), CANARY).unwrap();
    world.settle();
    assert_eq!(world.bob.last_text(chat), None, "by its own clock it is over");
    world.bob.sweep();
    world.bob.set_clock(NOW + MINUTE);
    assert_eq!(world.bob.last_text(chat), Some(CANARY.to_owned()));
    world.bob.set_clock(NOW + 3 * HOUR);
    world.relay.time = NOW + 3 * HOUR;
    world.bob.sync(&mut world.relay);
    world.bob.sweep();
    assert_eq!(world.bob.last_text(chat), None);
    assert!(world.bob.is_destroyed(chat));
}

#[test]
fn v6_a_reader_whose_clock_is_three_days_behind_shows_it_no_longer_than_it_lives() {
    let (mut world, chat) = World::agreed(803, after_send(3600));
    world.bob.set_clock(NOW - 3 * DAY);
    world.alice.say(&handle("bob"), CANARY).unwrap();
    world.settle();
    assert_eq!(world.bob.last_text(chat), Some(CANARY.to_owned()));
    world.pass(HOUR - MINUTE);
    assert_eq!(world.bob.last_text(chat), Some(CANARY.to_owned()));
    world.pass(2 * MINUTE);
    assert_eq!(world.bob.last_text(chat), None);
    world.bob.sweep();
    assert!(world.bob.is_destroyed(chat));
}

#[test]
fn v6_an_author_whose_clock_is_three_days_off_changes_nothing_for_the_reader() {
    for (seed, clock) in [(805, NOW + 3 * DAY), (806, NOW - 3 * DAY), (807, 0), (808, FAR)] {
        let (mut world, chat) = World::agreed(seed, after_send(3600));
        world.alice.set_clock(clock);
        world.alice.say(&handle("bob"), CANARY).unwrap();
        world.alice.flush(&mut world.relay, &mut Fuse::default()).unwrap();
        world.bob.receive(&mut world.relay, &mut Fuse::default()).unwrap();
        let deadline = world.bob.deadline(chat).unwrap();
        assert!((NOW + HOUR..NOW + HOUR + MINUTE).contains(&deadline), "{clock}: {deadline}");
    }
}

#[test]
fn v7_durations_hold_to_the_millisecond_from_a_second_to_a_year() {
    let week = 7 * 24 * 60 * 60;
    let boundaries = [60, 3600, 24 * 3600, week, 4 * week, 30 * 24 * 3600, YEAR_S];
    let around = boundaries.into_iter().flat_map(|at| [at - 1, at, at + 1]);
    for (seed, seconds) in (820..).zip([1, 2].into_iter().chain(around).filter(|s| *s <= YEAR_S)) {
        let (mut world, chat) = World::said(seed, after_send(seconds));
        for client in [&mut world.alice, &mut world.bob] {
            let deadline = client.deadline(chat).unwrap();
            let lives = u64::from(seconds) * SECOND;
            assert!((NOW + lives..NOW + lives + SECOND).contains(&deadline), "{seconds}: {deadline}");
            client.now = deadline - 1;
            assert_eq!(client.last_text(chat), Some(CANARY.to_owned()), "{seconds}");
            assert_eq!(client.sweep(), [], "{seconds}");
            client.now = deadline;
            assert_eq!(client.last_text(chat), None, "{seconds}");
            assert_eq!(client.sweep().len(), 1, "{seconds}");
            assert!(client.is_destroyed(chat));
        }
    }
    let (mut world, chat) = World::agreed(850, after_send(60));
    for terms in
        [after_send(0), after_send(YEAR_S + 1), after_read(60, 0), after_read(0, 60), after_send(u32::MAX)]
    {
        let refused = world.alice.step(|engine, step| engine.set_expiry(step, chat, terms));
        assert!(matches!(refused, Err(Halt::Client(Error::Misuse(Misuse::Terms)))), "{terms:?}");
    }
}

// EXP-13
#[test]
fn v8_the_clock_of_an_outgoing_message_starts_when_the_relay_accepts_it() {
    let (mut world, chat) = World::agreed(851, after_send(60));
    world.relay.refuse_sends = Some(RefusalCode::Rate);
    world.alice.say(&handle("bob"), CANARY).unwrap();
    world.settle();
    assert_eq!(world.alice.deadline(chat), None);
    world.pass(3 * DAY);
    world.settle();
    assert_eq!((world.alice.sweep(), world.alice.deadline(chat)), (vec![], None));
    assert_eq!(world.alice.last_text(chat), Some(CANARY.to_owned()));
    world.relay.refuse_sends = None;
    world.settle();
    for client in [&mut world.alice, &mut world.bob] {
        assert_eq!(client.last_text(chat), Some(CANARY.to_owned()));
        let deadline = client.deadline(chat).unwrap();
        assert!((NOW + 3 * DAY + MINUTE..NOW + 3 * DAY + 2 * MINUTE).contains(&deadline), "{deadline}");
        client.now += 2 * MINUTE;
        assert_eq!(client.last_text(chat), None);
        client.sweep();
        assert!(client.is_destroyed(chat));
    }
}

#[test]
fn v8_what_the_relay_refuses_for_good_does_not_vanish_unsent() {
    let (mut world, chat) = World::agreed(852, after_send(60));
    world.relay.refuse_sends = Some(RefusalCode::Malformed);
    world.alice.say(&handle("bob"), CANARY).unwrap();
    world.settle();
    world.pass(3 * DAY);
    assert_eq!((world.alice.sweep(), world.alice.deadline(chat)), (vec![], None));
    assert_eq!(world.alice.last_text(chat), Some(CANARY.to_owned()));
    let index = world.alice.last(chat).index;
    world.alice.step(|engine, step| engine.delete(step, chat, index)).unwrap();
    assert!(rows(&world.alice.store.inner, Table::KeyPage).is_empty(), "nor does its key stay behind");
}

#[test]
fn v9_what_is_never_read_goes_with_its_cap() {
    let (mut world, chat) = World::said(853, after_read(10, 3600));
    let deadline = world.bob.deadline(chat).unwrap();
    assert!((NOW + HOUR..NOW + HOUR + SECOND).contains(&deadline));
    world.bob.now = deadline - 1;
    assert_eq!(world.bob.last_text(chat), Some(CANARY.to_owned()));
    world.bob.now = deadline;
    assert_eq!(world.bob.last_text(chat), None);
    assert_eq!(world.bob.sweep().len(), 1);
    assert!(world.bob.is_destroyed(chat));
}

#[test]
fn v9_reading_at_the_last_moment_grants_nothing_beyond_the_cap_and_a_second_time_nothing_at_all() {
    let (mut world, chat) = World::said(854, after_read(60, 3600));
    let cap = world.bob.deadline(chat).unwrap();
    world.bob.now = cap - SECOND;
    world.bob.reads(chat);
    assert_eq!(world.bob.deadline(chat), Some(cap));

    let (mut world, chat) = World::said(855, after_read(60, 3600));
    world.bob.now += MINUTE;
    let read = world.bob.now;
    world.bob.reads(chat);
    assert_eq!(world.bob.deadline(chat), Some(read + MINUTE));
    world.bob.now += 30 * SECOND;
    world.bob.reads(chat);
    world.bob.reboot();
    world.bob.reads(chat);
    assert_eq!(world.bob.deadline(chat), Some(read + MINUTE));
    // Nobody's reading moves the copy of its author (V12).
    world.settle();
    world.alice.now = NOW;
    assert!(world.alice.deadline(chat).unwrap() < NOW + MINUTE + SECOND);
}

/// What somebody says is a policy for a chat.
fn policy(version: u64, terms: ExpiryTerms) -> Body {
    Body::of(ExpiryPolicy { version, terms, parent: None }).unwrap()
}

// EXP-7
#[test]
fn v10_in_a_group_only_the_log_decides_and_a_frame_of_a_chat_nothing() {
    let (mut crowd, group) = Crowd::group(86, 3);
    let there = Conversation::Group(group);
    let terms = after_send(3600);
    let no = crowd.people[BOB].step(|engine, step| engine.set_group_expiry(step, &group, terms));
    assert!(matches!(no, Err(Halt::Client(Error::Misuse(_)))), "he is no admin");
    crowd.people[ALICE].step(|engine, step| engine.set_group_expiry(step, &group, terms)).unwrap();
    crowd.settle();
    assert_eq!(crowd.people[BOB].terms(there), terms);

    // A session between the two, in which he says that the group has other terms.
    crowd.people[BOB].step(|engine, step| engine.open_chat(step, &handle("alice"))).unwrap();
    crowd.settle();
    crowd.people[ALICE].step(|engine, step| engine.accept_chat(step, &handle("bob"))).unwrap();
    crowd.settle();
    let alice = crowd.people[ALICE].address();
    let bob = crowd.people[BOB].address();
    crowd.news(ALICE);
    let body = policy(1, ExpiryTerms::Off);
    let frame = forge::frame(&mut crowd.people[BOB], body);
    let id = ChatId::new(*group.as_bytes());
    let envelope = forge::encrypt(&mut crowd.people[BOB], &alice, id, frame, |_| ());
    crowd.relay.deliver(&alice, &bob, &envelope);
    crowd.sync(ALICE);
    assert!(crowd.people[ALICE].refusals().contains(&Reject::Policy));
    crowd.settle();
    for who in [ALICE, BOB] {
        assert_eq!(crowd.people[who].terms(there), terms);
    }
    crowd.say(BOB, &group, CANARY).unwrap();
    crowd.settle();
    let deadline = crowd.people[ALICE].deadline(there).unwrap();
    assert!((NOW + HOUR..NOW + HOUR + MINUTE).contains(&deadline));
}

#[test]
fn v11_whoever_has_no_part_in_a_chat_decides_nothing_in_it() {
    let (mut world, chat) = World::agreed(856, after_send(3600));
    let Conversation::Chat(id) = chat else { panic!("a chat") };
    world.carol.open_chat(&handle("alice")).unwrap();
    world.settle();
    world.alice.accept_chat(&handle("carol")).unwrap();
    world.settle();
    world.alice.news();
    let (alice, carol) = (world.alice.address(), world.carol.address());
    for version in [1, 2, 3, u64::MAX] {
        let frame = forge::frame(&mut world.carol, policy(version.min(1), ExpiryTerms::Off));
        let envelope = forge::encrypt(&mut world.carol, &alice, id, frame, |_| ());
        world.relay.deliver(&alice, &carol, &envelope);
        world.alice.sync(&mut world.relay);
        assert_eq!(world.alice.refusals(), [Reject::Policy], "{version}");
    }
    assert_eq!(world.alice.terms(chat), after_send(3600));
}

// EXP-13
#[test]
fn v12_the_copy_of_an_author_goes_when_it_would_have_gone_unread_in_however_large_a_group() {
    let terms = after_read(600, 7200);
    let mut ends = Vec::new();
    for reads in [false, true] {
        let (mut crowd, group) = Crowd::group(87, 8);
        let there = Conversation::Group(group);
        crowd.people[ALICE].step(|engine, step| engine.set_group_expiry(step, &group, terms)).unwrap();
        crowd.settle();
        crowd.say(ALICE, &group, CANARY).unwrap();
        crowd.settle();
        let before = crowd.people[ALICE].deadline(there);
        if reads {
            for who in 1..8 {
                crowd.people[who].reads(there);
            }
            crowd.settle();
        }
        assert_eq!(crowd.people[ALICE].deadline(there), before);
        ends.push(before.unwrap());
        crowd.people[ALICE].now = before.unwrap() - 1;
        assert_eq!(crowd.people[ALICE].last_text(there), Some(CANARY.to_owned()));
    }
    assert_eq!(ends[0], ends[1]);
}

#[test]
fn v13_what_the_reader_deletes_is_over_there_and_goes_elsewhere_in_its_time() {
    let (mut world, chat) = World::said(857, after_send(3600));
    let index = world.bob.last(chat).index;
    world.bob.step(|engine, step| engine.delete(step, chat, index)).unwrap();
    for table in [Table::KeyPage, Table::PageKey, Table::Due] {
        assert_eq!(rows(&world.bob.store.inner, table), [], "{table:?}");
    }
    world.settle();
    world.pass(2 * HOUR);
    assert_eq!(world.bob.sweep(), [], "nothing is told of what is not there");
    assert_eq!(world.alice.sweep().len(), 1);
    assert_eq!(world.alice.last_text(chat), None);
    assert!(world.alice.is_destroyed(chat));
}

#[test]
fn v14_a_restart_neither_stops_a_clock_nor_sets_it_back() {
    let (mut world, chat) = World::said(858, after_read(3600, 7200));
    world.bob.reads(chat);
    let deadline = world.bob.deadline(chat).unwrap();
    for _ in 0..5 {
        world.bob.now += 10 * MINUTE;
        world.bob.reboot();
        world.bob.reads(chat);
        assert_eq!(world.bob.deadline(chat), Some(deadline));
    }
    world.bob.now = deadline;
    world.bob.reboot();
    assert_eq!(world.bob.last_text(chat), None);
    assert_eq!(world.bob.sweep().len(), 1);
    world.bob.reboot();
    assert_eq!(world.bob.sweep(), []);
    assert!(world.bob.is_destroyed(chat));
}

// EXP-31
#[test]
fn v15_c8_a_quote_of_what_is_gone_is_a_placeholder_and_the_answer_stays() {
    let (mut world, chat) = World::said(859, after_send(3600));
    world.bob.step(|engine, step| engine.set_expiry(step, chat, ExpiryTerms::Off)).unwrap();
    world.settle();
    let quoted = |world: &mut World| {
        [&mut world.alice, &mut world.bob].map(|client| {
            let answer = client.last(chat);
            assert!(matches!(answer.body, Body::Reply(_)), "{answer:?}");
            client.step(|engine, step| engine.answered(step, &answer)).unwrap().unwrap()
        })
    };
    let messages = world.bob.messages(chat);
    let said = messages.iter().find(|message| message.body == Body::text(CANARY).unwrap());
    let index = said.unwrap().index;
    let answer = Body::text("an answer").unwrap();
    world.bob.step(|engine, step| engine.reply(step, chat, index, answer)).unwrap();
    world.settle();
    for quoted in quoted(&mut world) {
        assert_eq!(quoted.body, Body::text(CANARY).unwrap());
    }
    world.pass(2 * HOUR);
    for swept in [false, true] {
        for quoted in quoted(&mut world) {
            assert_eq!(quoted.lifetime, Lifetime::Gone(Gone::Expired), "{swept}");
            assert_eq!(quoted.body, Body::Unsend(quoted.message_id));
        }
        for client in [&mut world.alice, &mut world.bob] {
            client.sweep();
            assert!(!client.keeps(CANARY.as_bytes()));
        }
    }
}

// EXP-33
#[test]
fn v16_c8_what_goes_is_passed_on_nowhere() {
    let (mut world, chat) = World::said(860, after_send(3600));
    world.carol.open_chat(&handle("bob")).unwrap();
    world.settle();
    world.bob.accept_chat(&handle("carol")).unwrap();
    world.settle();
    let elsewhere = world.bob.chat_with(&world.carol.account());
    let index = world.bob.last(chat).index;
    for to in [elsewhere, chat] {
        let no = world.bob.step(|engine, step| engine.forward(step, (chat, index), to));
        assert!(matches!(no, Err(Halt::Client(Error::Misuse(Misuse::Expiring)))), "{to:?}");
    }
    world.pass(2 * HOUR);
    for _ in 0..2 {
        let no = world.bob.step(|engine, step| engine.forward(step, (chat, index), elsewhere));
        assert!(matches!(no, Err(Halt::Client(Error::Misuse(Misuse::NoMessage)))));
        world.bob.sweep();
    }
}

// EXP-32
#[test]
fn v17_c6_a_notification_says_nothing_of_what_goes_and_is_withdrawn() {
    let (mut world, chat) = World::agreed(861, after_send(3600));
    world.alice.say(&handle("bob"), CANARY).unwrap();
    world.settle();
    let news = world.bob.news();
    let told = news.iter().find_map(|event| match event {
        Event::Message(message) => message.notification(),
        _ => None,
    });
    let told = told.unwrap();
    assert_eq!((told.sender, told.text, told.silent), (world.alice.account(), None, false));
    // Nor once it is worded anew, or somebody has reacted.
    let mine = world.alice.last(chat).index;
    let reworded = Text::new(format!("{CANARY} once more")).unwrap();
    world.alice.step(|engine, step| engine.edit(step, chat, mine, reworded)).unwrap();
    world.settle();
    let revised: Vec<_> = world.bob.news().iter().filter_map(Event::revises).collect();
    assert_eq!(revised, [(told.conversation, told.index)]);
    assert_eq!(world.bob.last(chat).notification().unwrap().text, None);
    world.pass(2 * HOUR);
    assert_eq!(world.bob.last(chat).notification(), None);
    let withdrawn: Vec<_> = world.bob.sweep().iter().filter_map(Event::revises).collect();
    assert_eq!(withdrawn, [(told.conversation, told.index)]);
}

// EXP-16, EXP-32
#[test]
fn v17_what_has_expired_on_the_way_is_told_of_without_a_word() {
    let (mut world, _) = World::agreed(862, after_send(60));
    world.alice.say(&handle("bob"), CANARY).unwrap();
    world.alice.flush(&mut world.relay, &mut Fuse::default()).unwrap();
    world.pass(HOUR);
    world.bob.sync(&mut world.relay);
    for event in world.bob.news() {
        assert!(!format!("{event:?}").contains(CANARY));
        if let Event::Message(message) = event {
            assert_eq!(message.notification(), None);
        }
    }
}

// EXP-31
#[test]
fn v18_the_key_of_a_file_goes_with_its_message() {
    let (mut world, chat) = World::agreed(863, after_send(3600));
    let key = [0xA7; 32];
    let attachment = Attachment {
        id: [0xB8; 32],
        key: Zeroizing::new(key),
        size: 1000,
        hash: Digest([0xC9; 32]),
        media_type: "image/jpeg".into(),
    };
    let body = Body::of(Media {
        kind: MediaKind::Image,
        attachment,
        name: String::new(),
        width: 640,
        height: 480,
        duration_ms: 0,
        waveform: vec![],
        thumbnail: vec![0xDA; 64],
        caption: CANARY.into(),
    })
    .unwrap();
    world.alice.step(|engine, step| engine.say_in(step, chat, body.clone())).unwrap();
    for seen in [&key[..], &[0xB8; 32], &[0xDA; 64]] {
        assert!(!world.alice.keeps(seen), "also while it waits");
    }
    world.settle();
    for client in [&mut world.alice, &mut world.bob] {
        assert_eq!(client.last(chat).body, body);
        for seen in [&key[..], &[0xB8; 32], &[0xC9; 32], &[0xDA; 64], CANARY.as_bytes()] {
            assert!(!client.keeps(seen));
        }
        client.now += 2 * HOUR;
        assert_eq!(client.sweep().len(), 1);
        assert!(client.is_destroyed(chat));
    }
}

// EXP-3
#[test]
fn v20_a_policy_does_not_go_by_what_it_says() {
    let (mut world, chat) = World::agreed(864, after_send(1));
    let before = [world.alice.messages(chat).len(), world.bob.messages(chat).len()];
    world.pass(DAY);
    for (client, before) in [&mut world.alice, &mut world.bob].into_iter().zip(before) {
        assert_eq!(client.sweep(), []);
        let messages = client.messages(chat);
        assert_eq!(messages.len(), before);
        let policy = messages.iter().find(|message| matches!(message.body, Body::ExpiryPolicy(_))).unwrap();
        assert_eq!(policy.lifetime, Lifetime::Stays);
        assert_eq!(client.terms(chat), after_send(1));
    }
}

// EXP-4
#[test]
fn v21_a_wish_for_longer_than_the_policy_changes_nothing() {
    let (mut world, chat) = World::agreed(865, after_send(3600));
    for (wish, lives) in [
        (after_send(YEAR_S), HOUR),
        (ExpiryTerms::Off, HOUR),
        (after_read(YEAR_S, YEAR_S), HOUR),
        (after_send(60), MINUTE),
        (after_read(1, 60), MINUTE),
    ] {
        let manner = Manner { terms: Some(wish), ..Manner::default() };
        let body = Body::text(CANARY).unwrap();
        world.alice.step(|engine, step| engine.say_as(step, chat, body, manner)).unwrap();
        world.settle();
        let deadline = world.bob.deadline(chat).unwrap();
        assert!((NOW + lives..NOW + lives + SECOND).contains(&deadline), "{wish:?}: {deadline}");
    }
}

// EXP-16
#[test]
fn c5_a_device_that_was_offline_for_twice_the_time_never_stores_a_word() {
    let (mut world, chat) = World::agreed(866, after_send(3600));
    world.alice.say(&handle("bob"), CANARY).unwrap();
    world.alice.flush(&mut world.relay, &mut Fuse::default()).unwrap();
    world.bob.sleeps = true;
    world.pass(2 * HOUR);
    world.bob.step(|_, _| Ok::<_, Error>(())).unwrap();
    world.bob.sleeps = false;
    let keys = rows(&world.bob.store.inner, Table::KeyPage).len();
    world.bob.sync(&mut world.relay);
    let last = world.bob.last(chat);
    assert_eq!((last.lifetime, last.body), (Lifetime::Gone(Gone::Expired), Body::Unsend(last.message_id)));
    assert!(world.bob.is_destroyed(chat));
    assert_eq!(rows(&world.bob.store.inner, Table::KeyPage).len(), keys);
    assert!(!world.bob.keeps(CANARY.as_bytes()));
}

#[test]
fn c5_a_clock_set_back_keeps_nothing_alive() {
    // While the program runs, what passes counts.
    let (mut world, chat) = World::said(867, after_send(3600));
    world.bob.now += 30 * MINUTE;
    assert_eq!(world.bob.last_text(chat), Some(CANARY.to_owned()));
    let set_back = world.bob.now - 10 * DAY;
    world.bob.set_clock(set_back);
    world.bob.now += 29 * MINUTE;
    assert_eq!(world.bob.last_text(chat), Some(CANARY.to_owned()));
    world.bob.now += 2 * MINUTE;
    assert_eq!(world.bob.last_text(chat), None);
    assert_eq!(world.bob.sweep().len(), 1);
    assert!(world.bob.is_destroyed(chat));

    // Begun anew, it hears of the relay.
    let (mut world, chat) = World::said(868, after_send(3600));
    world.bob.set_clock(NOW - 10 * DAY);
    world.relay.time += 2 * HOUR;
    world.bob.reboot();
    world.bob.sync(&mut world.relay);
    assert_eq!(world.bob.last_text(chat), None);
}

#[test]
fn c5_a_clock_at_2099_hides_everything_and_destroys_nothing() {
    let (mut world, chat) = World::said(869, after_send(YEAR_S));
    for _ in 0..3 {
        world.bob.set_clock(FAR);
        world.bob.reboot();
        world.bob.sync(&mut world.relay);
        assert_eq!(world.bob.last_text(chat), None);
        assert_eq!(world.bob.sweep(), []);
        world.bob.set_clock(NOW);
        assert_eq!(world.bob.last_text(chat), Some(CANARY.to_owned()));
    }
}

#[test]
fn c5_t7_a_relay_that_lies_about_the_time_lengthens_and_destroys_nothing() {
    for (seed, lie) in (870..).zip([1, NOW - 10 * DAY, NOW + 10 * DAY, FAR, u64::MAX - 10]) {
        let (mut world, chat) = World::agreed(seed, after_send(3600));
        world.alice.say(&handle("bob"), CANARY).unwrap();
        world.relay.time = lie;
        world.alice.flush(&mut world.relay, &mut Fuse::default()).unwrap();
        world.bob.sync(&mut world.relay);
        for client in [&mut world.alice, &mut world.bob] {
            assert_eq!(client.last_text(chat), Some(CANARY.to_owned()), "{lie}");
            let deadline = client.deadline(chat).unwrap();
            assert!((NOW + HOUR..NOW + HOUR + MINUTE).contains(&deadline), "{lie}: {deadline}");
            client.now += HOUR + MINUTE;
            assert_eq!(client.last_text(chat), None, "{lie}");
            assert_eq!(client.sweep().len(), 1);
        }
    }
}

// EXP-9, EXP-11, EXP-31
#[test]
fn c5_t7_a_copy_and_what_is_said_about_it_extend_nothing() {
    let (mut world, chat) = World::said(880, after_send(3600));
    let bob = world.bob.address();
    let deadline = world.bob.deadline(chat).unwrap();
    let mine = world.alice.last(chat).index;
    world.pass(50 * MINUTE);
    let reworded = Text::new(format!("{CANARY} anew")).unwrap();
    world.alice.step(|engine, step| engine.edit(step, chat, mine, reworded)).unwrap();
    world.settle();
    let theirs = world.bob.last(chat).index;
    world.bob.step(|engine, step| engine.react(step, chat, theirs, "👍")).unwrap();
    world.settle();
    assert_eq!(world.bob.deadline(chat), Some(deadline));
    assert_eq!(world.bob.last_text(chat), Some(format!("{CANARY} anew")));
    for client in [&mut world.alice, &mut world.bob] {
        assert!(!client.keeps(CANARY.as_bytes()), "what was said about it is sealed as well");
        assert!(!client.keeps("👍".as_bytes()));
    }
    let _ = bob;
    world.pass(11 * MINUTE);
    for client in [&mut world.alice, &mut world.bob] {
        assert_eq!(client.last_text(chat), None);
        assert_eq!(client.last(chat).reactions, []);
        client.sweep();
        assert!(client.is_destroyed(chat));
        assert_eq!(client.last(chat).reactions, []);
        assert_eq!(rows(&client.store.inner, Table::Mark), []);
    }
    // What is said about it now finds nothing.
    let reworded = Text::new("again").unwrap();
    assert!(world.alice.step(|engine, step| engine.edit(step, chat, mine, reworded)).is_err());
    assert!(world.bob.step(|engine, step| engine.react(step, chat, theirs, "🎉")).is_err());
}

// EXP-31
#[test]
fn c5_a_message_that_goes_stands_nowhere_in_the_clear() {
    let (mut world, chat) = World::agreed(881, after_send(3600));
    let check = |world: &World, when: &str| {
        for client in [&world.alice, &world.bob] {
            assert!(!client.keeps(CANARY.as_bytes()), "{when}");
        }
    };
    let later = (Body::text(CANARY).unwrap(), Manner::default());
    let at = world.alice.now + MINUTE;
    world.alice.step(|engine, step| engine.schedule(step, chat, later, at)).unwrap();
    check(&world, "scheduled");
    world.pass(MINUTE);
    world.relay.refuse_sends = Some(RefusalCode::Rate);
    world.settle();
    check(&world, "waiting");
    world.relay.refuse_sends = None;
    world.settle();
    check(&world, "there");
    assert_eq!((world.alice.finds(CANARY), world.bob.finds(CANARY)), (1, 1));
    let index = world.alice.last(chat).index;
    world.alice.step(|engine, step| engine.unsend(step, chat, index)).unwrap();
    world.settle();
    check(&world, "taken back");
    for client in [&mut world.alice, &mut world.bob] {
        assert_eq!(rows(&client.store.inner, Table::KeyPage), []);
        assert_eq!(rows(&client.store.inner, Table::Due), []);
    }
}

#[test]
fn v7_v21_a_wish_that_cannot_be_said_is_refused_where_it_is_made() {
    let (mut world, chat) = World::agreed(882, ExpiryTerms::Off);
    let (mut crowd, group) = Crowd::group(88, 2);
    for terms in [after_send(0), after_send(YEAR_S + 1), after_read(60, 0), after_read(0, 60)] {
        let manner = Manner { terms: Some(terms), ..Manner::default() };
        let body = Body::text(CANARY).unwrap();
        let is_refused = |said: Result<(), Halt>| matches!(said, Err(Halt::Client(Error::Misuse(_))));
        let wished = world.alice.step(|engine, step| engine.say_as(step, chat, body.clone(), manner));
        assert!(is_refused(wished.map(drop)), "{terms:?}");
        let later = (body, manner);
        let at = world.alice.now + MINUTE;
        let wished = world.alice.step(|engine, step| engine.schedule(step, chat, later, at));
        assert!(is_refused(wished.map(drop)), "{terms:?}");
        let mine = world.alice.messages(chat).into_iter().rfind(|message| message.body.is_shown());
        let mine = mine.unwrap().index;
        let wished = world.alice.step(|engine, step| engine.shorten(step, chat, mine, terms));
        assert!(is_refused(wished), "{terms:?}");
        let decided = crowd.people[ALICE].step(|engine, step| engine.set_group_expiry(step, &group, terms));
        assert!(is_refused(decided), "{terms:?}");
    }
    world.settle();
    assert_eq!(world.alice.waiting(), 0);
}

// EXP-6
#[test]
fn c5_shortening_shortens_and_lengthens_nothing_on_either_side() {
    let (mut world, chat) = World::said(883, after_send(3600));
    let mine = world.alice.last(chat).index;
    let before = world.bob.deadline(chat).unwrap();
    for (terms, lives) in
        [(after_send(7200), HOUR), (after_send(600), 10 * MINUTE), (after_send(1200), 10 * MINUTE)]
    {
        world.alice.step(|engine, step| engine.shorten(step, chat, mine, terms)).unwrap();
        world.settle();
        for client in [&mut world.alice, &mut world.bob] {
            let deadline = client.deadline(chat).unwrap();
            assert!(
                deadline <= before && (NOW + lives..NOW + lives + SECOND).contains(&deadline),
                "{terms:?}"
            );
        }
    }
    // Nobody shortens what somebody else has said.
    let theirs = world.bob.last(chat).index;
    let no = world.bob.step(|engine, step| engine.shorten(step, chat, theirs, after_send(1)));
    assert!(matches!(no, Err(Halt::Client(Error::Misuse(Misuse::NotYours)))));
}

#[test]
fn c5_what_was_to_stay_and_is_shortened_goes_without_a_trace() {
    let mut world = World::chatting(884);
    let chat = world.alice.chat_with(&world.bob.account());
    world.alice.say(&handle("bob"), CANARY).unwrap();
    world.settle();
    let theirs = world.bob.last(chat).index;
    world.bob.step(|engine, step| engine.react(step, chat, theirs, "👍")).unwrap();
    let mine = world.alice.last(chat).index;
    let reworded = Text::new(format!("{CANARY} anew")).unwrap();
    world.alice.step(|engine, step| engine.edit(step, chat, mine, reworded)).unwrap();
    world.settle();
    assert!(world.alice.keeps(CANARY.as_bytes()) && world.bob.keeps(CANARY.as_bytes()));
    world.alice.step(|engine, step| engine.shorten(step, chat, mine, after_send(3600))).unwrap();
    world.settle();
    for client in [&mut world.alice, &mut world.bob] {
        assert!(!client.keeps(CANARY.as_bytes()));
        assert_eq!(client.last_text(chat), Some(format!("{CANARY} anew")));
        assert_eq!(client.finds(CANARY), 1);
        client.now += 2 * HOUR;
        assert_eq!(client.last_text(chat), None);
        assert_eq!(client.sweep().len(), 1);
        assert!(client.is_destroyed(chat));
        assert_eq!(rows(&client.store.inner, Table::Mark), []);
    }
}

// EXP-30
#[test]
fn c5_a_tombstone_tells_nothing_of_how_much_there_was() {
    let (mut world, _) = World::agreed(885, after_send(60));
    world.alice.say(&handle("bob"), &CANARY.repeat(1000)).unwrap();
    world.settle();
    world.pass(HOUR);
    for client in [&mut world.alice, &mut world.bob] {
        assert_eq!(client.sweep().len(), 1);
        let longest = dump(&client.store.inner).into_iter().filter(|(table, _)| *table == Table::Message);
        assert!(longest.map(|(_, (_, record))| record.len()).max().unwrap() < 300);
    }
}

// EXP-32
#[test]
fn c6_what_stays_may_be_told_of_and_what_was_taken_back_is_not() {
    let mut world = World::chatting(886);
    let chat = world.alice.chat_with(&world.bob.account());
    world.alice.say(&handle("bob"), CANARY).unwrap();
    world.settle();
    assert_eq!(world.bob.last(chat).notification().unwrap().text, Some(CANARY.to_owned()));
    let mine = world.alice.last(chat).index;
    world.alice.step(|engine, step| engine.unsend(step, chat, mine)).unwrap();
    world.bob.news();
    world.settle();
    let index = world.bob.last(chat).index;
    let revised: Vec<_> = world.bob.news().iter().filter_map(Event::revises).collect();
    assert_eq!(revised, [(chat, index)]);
    assert_eq!(world.bob.last(chat).notification(), None);
    // What can be opened once says nothing before.
    let once = Manner { terms: Some(ExpiryTerms::Once { unread_cap_s: 3600 }), ..Manner::default() };
    let body = Body::text(CANARY).unwrap();
    world.alice.step(|engine, step| engine.say_as(step, chat, body, once)).unwrap();
    world.settle();
    let last = world.bob.last(chat);
    assert!(matches!(last.lifetime, Lifetime::Closed { .. }), "{last:?}");
    assert_eq!(last.notification().unwrap().text, None);
}

// EXP-3
#[test]
fn v5_a_policy_that_comes_late_and_two_set_at_once_end_alike_on_both_sides() {
    let mut world = World::chatting(887);
    let chat = world.alice.chat_with(&world.bob.account());
    for terms in [after_send(60), after_send(3600)] {
        world.alice.step(|engine, step| engine.set_expiry(step, chat, terms)).unwrap();
    }
    world.alice.flush(&mut world.relay, &mut Fuse::default()).unwrap();
    let bob = world.bob.address();
    assert_eq!(world.relay.waiting(&bob).len(), 2);
    world.relay.swap(&bob, 0, 1);
    world.settle();
    assert_eq!((world.alice.terms(chat), world.bob.terms(chat)), (after_send(3600), after_send(3600)));

    world.alice.step(|engine, step| engine.set_expiry(step, chat, after_send(10))).unwrap();
    world.bob.step(|engine, step| engine.set_expiry(step, chat, after_send(20))).unwrap();
    world.settle();
    assert_eq!(world.alice.terms(chat), world.bob.terms(chat));
}
