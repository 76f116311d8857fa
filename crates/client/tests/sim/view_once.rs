//! What can be opened once.

use crate::{
    client::{Client, Halt},
    crowd::{ALICE, BOB, Crowd, NAMES},
    store::{Faulty, dump, rows},
    world::{World, handle},
};
use aside_client::{Conversation, Error, Gone, Lifetime, Manner, Misuse, Opened, store::Table};
use aside_content::{Body, ChatId, Kind, MessageId, ViewKey};
use aside_identity::{Capabilities, GroupId};
use aside_primitives::Secret;
use aside_wire::ExpiryTerms;

const WEEK: u32 = 604_800;

fn open(client: &mut Client, chat: Conversation, which: u64) -> Result<Opened, Misuse> {
    match client.step(|engine, step| engine.open_once(step, chat, which)) {
        Ok(opened) => Ok(opened),
        Err(Halt::Client(Error::Misuse(misuse))) => Err(misuse),
        Err(_) => panic!("the store"),
    }
}

/// Alice and Dave have a chat, and Dave's device may show what is opened once, or not.
struct Two {
    world: World,
    dave: Client,
    chat: Conversation,
}

impl Two {
    fn new(seed: u64, protected_viewer: bool) -> Self {
        let mut world = World::new(seed);
        let able = Capabilities { protected_viewer, ..Capabilities::NONE };
        let mut dave = Client::create_able(Faulty::default(), "dave", seed, able);
        world.relay.register("dave", dave.account(), dave.engine.list().as_bytes());
        dave.sync(&mut world.relay);
        dave.resolve(&world.relay, &handle("alice"));
        world.alice.resolve(&world.relay, &handle("dave"));
        world.alice.open_chat(&handle("dave")).unwrap();
        let mut two = Self { chat: Conversation::Chat(ChatId::new([0; 32])), world, dave };
        two.settle();
        two.dave.accept_chat(&handle("alice")).unwrap();
        two.settle();
        two.chat = two.world.alice.chat_with(&two.dave.account());
        two
    }

    fn settle(&mut self) {
        for _ in 0..4 {
            self.world.settle();
            self.dave.sync(&mut self.world.relay);
        }
    }

    fn say(&mut self, terms: ExpiryTerms) {
        let manner = Manner { terms: Some(terms), ..Manner::default() };
        let (body, chat) = (Body::text("pangolin").unwrap(), self.chat);
        self.world.alice.step(|engine, step| engine.say_as(step, chat, body, manner)).unwrap();
        self.settle();
    }
}

fn knows_canary(client: &Client) -> bool {
    dump(&client.store.inner).iter().any(|(_, (_, record))| record.windows(8).any(|at| at == b"pangolin"))
}

// EXP-15; threat C3
#[test]
fn c3_what_is_opened_once_is_gone_with_its_opening() {
    let mut two = Two::new(701, true);
    let chat = two.chat;
    for (terms, times) in [
        (ExpiryTerms::Once { unread_cap_s: WEEK }, 1),
        (ExpiryTerms::OnceWithReplay { unread_cap_s: WEEK }, 2),
    ] {
        two.say(terms);
        let Two { world, dave, .. } = &mut two;
        let last = dave.messages(chat).pop().unwrap();
        assert_eq!(last.body, Body::Unsend(last.message_id), "nothing of it is shown before");
        assert!(matches!(last.lifetime, Lifetime::Closed { openings, .. } if openings == times));
        for left in (0..times).rev() {
            let opened = open(dave, chat, last.index).unwrap();
            assert_eq!((opened.body, opened.left), (Some(Body::text("pangolin").unwrap()), left));
        }
        assert_eq!(open(dave, chat, last.index), Err(Misuse::NoMessage));
        assert_eq!(dave.messages(chat).pop().unwrap().lifetime, Lifetime::Gone(Gone::Opened));
        // Of what one has sent so, one keeps nothing.
        let sent = world.alice.messages(chat).pop().unwrap();
        assert!(!sent.lifetime.is_open());
        assert_eq!(open(&mut world.alice, chat, sent.index), Err(Misuse::NoMessage));
        world.alice.step(|engine, step| engine.sweep(step)).unwrap();
        for client in [&world.alice, &*dave] {
            assert!(!knows_canary(client));
            assert_eq!(rows(&client.store.inner, Table::KeyPage), []);
        }
    }
}

// EXP-21; threat C3, V19
#[test]
fn v19_a_device_without_a_protected_viewer_gets_no_key() {
    let mut two = Two::new(702, false);
    let chat = two.chat;
    two.say(ExpiryTerms::Once { unread_cap_s: WEEK });
    assert_eq!(two.dave.refusals(), []);
    let last = two.dave.messages(chat).pop().unwrap();
    assert!(matches!(last.lifetime, Lifetime::Closed { openings: 0, .. }), "{last:?}");
    assert_eq!(open(&mut two.dave, chat, last.index), Err(Misuse::NoViewKey));
    // The next frame names its hash, which is the same with and without a key.
    two.world.alice.say(&handle("dave"), "afterwards").unwrap();
    two.dave.news();
    two.settle();
    let gap = |event: &aside_client::Event| matches!(event, aside_client::Event::Gap { .. });
    assert!(!two.dave.news().iter().any(gap));
}

/// A group of Alice, Bob, whose device has no protected viewer, and two whose devices have one.
fn group(seed: u64) -> (Crowd, Conversation) {
    let mut crowd = Crowd::new(seed);
    let group = crowd.people[ALICE].step(|engine, step| engine.create_group(step, "Friends", false)).unwrap();
    crowd.settle();
    crowd.add(ALICE, &group, &[NAMES[BOB], NAMES[10], NAMES[11]]).unwrap();
    crowd.settle();
    for who in [BOB, 10, 11] {
        crowd.people[who].step(|engine, step| engine.accept_group(step, &group)).unwrap();
    }
    crowd.settle();
    crowd.say(ALICE, &group, "hello").unwrap();
    crowd.settle();
    (crowd, Conversation::Group(group))
}

// EXP-22; V19, F40
#[test]
fn v19_in_a_group_the_key_goes_to_devices_that_may_have_it_and_each_opens_for_itself() {
    let (mut crowd, chat) = group(703);
    let terms = ExpiryTerms::Once { unread_cap_s: WEEK };
    let manner = Manner { terms: Some(terms), ..Manner::default() };
    let body = Body::text("pangolin").unwrap();
    crowd.people[ALICE].step(|engine, step| engine.say_as(step, chat, body.clone(), manner)).unwrap();
    crowd.settle();
    let last = |client: &mut Client| client.messages(chat).pop().unwrap();
    for (who, times) in [(BOB, 0), (10, 1), (11, 1)] {
        let person = &mut crowd.people[who];
        assert_eq!(person.refusals(), []);
        let message = last(person);
        let Lifetime::Closed { openings, .. } = message.lifetime else { panic!("{message:?}") };
        assert_eq!(openings, times, "{who}");
        assert_eq!(rows(&person.store.inner, Table::ViewKey), []);
        let opened = open(person, chat, message.index);
        match times {
            0 => assert_eq!(opened, Err(Misuse::NoViewKey)),
            _ => assert_eq!(opened.unwrap().body.as_ref(), Some(&body)),
        }
    }
    for who in [10, 11] {
        assert!(!knows_canary(&crowd.people[who]));
        assert_eq!(last(&mut crowd.people[who]).lifetime, Lifetime::Gone(Gone::Opened));
    }
    // Whatever stays at Bob's opens it for nobody.
    assert!(matches!(last(&mut crowd.people[BOB]).lifetime, Lifetime::Closed { openings: 0, .. }));
}

// EXP-15: however the clock stands, an opening is an opening.
#[test]
fn c3_a_clock_set_back_opens_nothing_again() {
    let mut two = Two::new(704, true);
    let chat = two.chat;
    // Begun by clocks that are further ahead than a device believes.
    two.world.alice.now += 3 * 3_600_000;
    two.dave.now += 3 * 3_600_000;
    two.say(ExpiryTerms::Once { unread_cap_s: WEEK });
    let last = two.dave.messages(chat).pop().unwrap();
    two.dave.now -= 3 * 3_600_000;
    assert!(open(&mut two.dave, chat, last.index).is_ok());
    assert_eq!(rows(&two.dave.store.inner, Table::KeyPage), [], "with the last opening its key is gone");
    assert_eq!(open(&mut two.dave, chat, last.index), Err(Misuse::NoMessage));
}

fn hand_over(crowd: &mut Crowd, to: usize, group: GroupId, key: &ViewKey) {
    let (alice, to) = (crowd.people[ALICE].address(), crowd.people[to].address());
    let body = Body::Group { kind: Kind::VIEW_KEY, content: key.encode() };
    let frame = crate::forge::frame(&mut crowd.people[ALICE], body);
    let chat = ChatId::new(*group.as_bytes());
    let envelope = crate::forge::encrypt(&mut crowd.people[ALICE], &to, chat, frame, |_| ());
    crowd.relay.deliver(&to, &alice, &envelope);
}

// EXP-22, EXP-40
#[test]
fn a_key_that_is_handed_over_again_leaves_no_stray_key_and_breaks_nothing() {
    let (mut crowd, chat) = group(705);
    let Conversation::Group(id) = chat else { panic!("a group") };
    let stray = ViewKey { message_id: MessageId::new([9; 16]), key: Some(Secret::new([1; 32])) };
    for _ in 0..3 {
        hand_over(&mut crowd, 10, id, &stray);
        crowd.sync(10);
    }
    assert_eq!(crowd.people[10].refusals(), []);
    assert_eq!(rows(&crowd.people[10].store.inner, Table::ViewKey).len(), 1);
    let audit = crowd.people[10].step(|engine, step| engine.audit(step)).unwrap();
    assert_eq!(audit.stray_keys, 0, "{audit:?}");

    // A reaction is sealed under the key that the message has; a key that comes again changes nothing of that.
    let manner = Manner { terms: Some(ExpiryTerms::Once { unread_cap_s: WEEK }), ..Manner::default() };
    let body = Body::text("pangolin").unwrap();
    crowd.people[ALICE].step(|engine, step| engine.say_as(step, chat, body, manner)).unwrap();
    crowd.settle();
    let last = crowd.people[10].messages(chat).pop().unwrap();
    let at_other = crowd.people[11].messages(chat).pop().unwrap().index;
    crowd.people[11].step(|engine, step| engine.react(step, chat, at_other, "👍")).unwrap();
    crowd.settle();
    let again = ViewKey { message_id: last.message_id, key: Some(Secret::new([1; 32])) };
    hand_over(&mut crowd, 10, id, &again);
    crowd.sync(10);
    assert!(
        crowd.people[10].step(|engine, step| engine.search(step, "anything", None, 9)).unwrap().is_empty()
    );
    assert!(open(&mut crowd.people[10], chat, last.index).unwrap().body.is_some());
}
