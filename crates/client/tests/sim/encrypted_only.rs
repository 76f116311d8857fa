//! C1, V29: what two people say encrypted stays encrypted, whatever becomes of the mark that says so.

use crate::{
    client::{Client, Fuse, Halt},
    forge,
    world::{World, handle},
};
use aside_client::{
    Conversation, Declared, Delivery, Error, Event, Manner, Misuse, Protection,
    store::{Store, StoreError, Table},
};
use aside_content::{Body, ChatId, EncryptedOnly, MessageId};
use aside_identity::Declaration;
use aside_wire::{
    Reject,
    pb::{self, RefusalCode},
};
use prost::Message;
use std::sync::Arc;

const CANARY: &str = "not for the relay";
/// Longer than devices and declarations count as known (CNV-42).
const MONTH: u64 = 30 * 24 * 60 * 60 * 1000;

fn declare(client: &mut Client, who: &str) -> Vec<Event> {
    client.step(|engine, step| engine.declare_encrypted_only(step, &handle(who))).unwrap()
}

fn declared(client: &mut Client) -> Vec<Declared> {
    client.step(|engine, step| engine.declared(step.tx)).unwrap()
}

/// Bob cannot be brought to write to Alice in the clear, and says what to do instead.
fn assert_refused(client: &mut Client, to: &str) {
    match client.say_openly(&handle(to), CANARY) {
        Err(Halt::Client(Error::Misuse(Misuse::EncryptedOnly(whom)))) => assert_eq!(whom, handle(to)),
        other => panic!("{other:?}"),
    }
}

/// In the thread nothing, in the chat everything, and nothing for the relay to read.
fn assert_only_encrypted(world: &mut World) {
    assert_refused(&mut world.bob, "alice");
    assert_refused(&mut world.alice, "bob");
    let chat = world.alice.chat_with(&world.bob.account());
    world.alice.say(&handle("bob"), CANARY).unwrap();
    world.bob.say(&handle("alice"), CANARY).unwrap();
    world.settle();
    assert_eq!(world.bob.received(chat).last().unwrap(), CANARY);
    assert_eq!(world.alice.received(chat).last().unwrap(), CANARY);
    assert!(!world.relay.has_read(CANARY));
}

/// A declaration of Alice's for somebody, of any version.
fn issue(by: &mut Client, peer: &Client, version: u64) -> Vec<u8> {
    let keys = forge::device_keys(by);
    let declaration = Declaration::issue(by.engine.certificate(), &keys, peer.account(), version);
    declaration.unwrap().as_bytes().to_vec()
}

/// Alice has declared it in the chat with Bob, and Bob knows.
fn declared_between(seed: u64) -> World {
    let mut world = World::chatting(seed);
    assert_eq!(declare(&mut world.alice, "bob"), []);
    world.settle();
    let peer = world.alice.account();
    assert_eq!(world.bob.news(), [Event::EncryptedOnly { peer }]);
    world.alice.news();
    world
}

// F47
#[test]
fn cnv_40_after_a_declaration_neither_says_anything_in_the_clear() {
    let mut world = declared_between(120);
    let [of_alice] = declared(&mut world.alice).try_into().unwrap();
    assert_eq!(of_alice, Declared { peer: world.bob.account(), here: true, there: false, published: true });
    let [of_bob] = declared(&mut world.bob).try_into().unwrap();
    assert_eq!(of_bob, Declared { peer: world.alice.account(), here: false, there: true, published: true });
    assert_only_encrypted(&mut world);
    // Once more is nothing new.
    let sends = world.relay.sends.len();
    declare(&mut world.alice, "bob");
    world.settle();
    assert_eq!(world.relay.sends.len(), sends);
    // Others are not concerned.
    world.alice.say_openly(&handle("carol"), "hello").unwrap();
    world.settle();
    assert_eq!(world.carol.conversations().len(), 1);
}

#[test]
fn cnv_40_without_a_chat_the_relay_is_told_and_tells_the_other() {
    let mut world = World::new(121);
    declare(&mut world.alice, "bob");
    world.alice.sync(&mut world.relay);
    assert!(world.relay.sends.is_empty());
    world.bob.resolve(&world.relay, &handle("alice"));
    assert_eq!(world.bob.news(), [Event::EncryptedOnly { peer: world.alice.account() }]);
    assert_refused(&mut world.bob, "alice");
    assert_refused(&mut world.alice, "bob");
}

#[test]
fn cnv_40_nothing_in_the_clear_is_put_off_either() {
    let mut world = World::chatting(140);
    let thread = world.alice.thread_with(&world.bob.account());
    let at = world.alice.now + 1000;
    let later = |world: &mut World| {
        let said = (Body::text(CANARY).unwrap(), Manner::default());
        world.alice.step(|engine, step| engine.schedule(step, thread, said, at))
    };
    world.alice.say_openly(&handle("bob"), "hello").unwrap();
    world.settle();
    later(&mut world).unwrap();
    declare(&mut world.alice, "bob");
    world.settle();
    assert!(matches!(later(&mut world), Err(Halt::Client(Error::Misuse(Misuse::EncryptedOnly(_))))));
    world.alice.news();
    world.alice.now = at;
    world.settle();
    assert!(matches!(world.alice.news().as_slice(), [Event::ScheduledFailed { .. }]));
    assert!(!world.relay.has_read(CANARY));
}

#[test]
fn cnv_40_what_waits_to_go_out_in_the_clear_fails_and_says_so() {
    let mut world = World::chatting(122);
    let first = world.alice.say_openly(&handle("bob"), CANARY).unwrap();
    let second = world.alice.say_openly(&handle("bob"), CANARY).unwrap();
    let conversation = world.alice.thread_with(&world.bob.account());
    let code = RefusalCode::EncryptedOnly;
    let failed = |index| Event::Failed { conversation, index, code };
    assert_eq!(declare(&mut world.alice, "bob"), [failed(first), failed(second)]);
    world.settle();
    assert!(!world.relay.has_read(CANARY));
    let deliveries: Vec<_> =
        world.alice.messages(conversation).into_iter().map(|message| message.delivery).collect();
    assert_eq!(deliveries, [Delivery::Failed(code); 2]);
    assert_eq!(world.alice.waiting(), 0);
}

#[test]
fn cnv_41_what_waits_when_the_declaration_comes_fails_and_is_said_nowhere_else() {
    let mut world = World::chatting(123);
    declare(&mut world.alice, "bob");
    world.alice.sync(&mut world.relay);
    world.bob.say_openly(&handle("alice"), CANARY).unwrap();
    let conversation = world.bob.thread_with(&world.alice.account());
    let sends = world.relay.sends.len();
    world.bob.sync(&mut world.relay);
    assert!(!world.relay.has_read(CANARY), "the chat's frame came before it went out");
    assert_eq!(world.bob.messages(conversation)[0].delivery, Delivery::Failed(RefusalCode::EncryptedOnly));
    assert_eq!(world.relay.sends.len(), sends);
    assert_eq!(world.bob.waiting(), 0);
}

#[test]
fn cnv_41_by_the_refusal_of_a_relay_the_other_learns_it_for_good() {
    let mut world = World::new(124);
    declare(&mut world.alice, "bob");
    world.alice.sync(&mut world.relay);
    let index = world.bob.say_openly(&handle("alice"), "the relay refuses this").unwrap();
    world.bob.sync(&mut world.relay);
    let conversation = world.bob.thread_with(&world.alice.account());
    let code = RefusalCode::EncryptedOnly;
    let peer = world.alice.account();
    assert_eq!(
        world.bob.news(),
        [Event::Failed { conversation, index, code }, Event::EncryptedOnly { peer }],
        "and the declaration is asked for at once"
    );
    assert!(declared(&mut world.bob)[0].there);
    assert_refused(&mut world.bob, "alice");
    assert_eq!(world.bob.chats_with(&peer), [], "nothing is said anywhere else by itself");
}

#[test]
fn cnv_41_what_waits_behind_a_refused_message_is_not_even_tried() {
    let mut world = World::new(141);
    declare(&mut world.alice, "bob");
    world.alice.sync(&mut world.relay);
    world.relay.lie_about_devices = Some(Arc::new(|devices| devices.declarations.clear()));
    world.bob.say_openly(&handle("alice"), "the relay refuses this").unwrap();
    world.bob.say_openly(&handle("alice"), CANARY).unwrap();
    world.bob.sync(&mut world.relay);
    let thread = world.bob.thread_with(&world.alice.account());
    let failed = Delivery::Failed(RefusalCode::EncryptedOnly);
    assert!(world.bob.messages(thread).iter().all(|message| message.delivery == failed));
    assert!(!world.relay.has_read(CANARY));
}

#[test]
fn cnv_41_a_relay_that_refuses_and_shows_nothing_is_believed_all_the_same() {
    let mut world = World::new(125);
    declare(&mut world.alice, "bob");
    world.alice.sync(&mut world.relay);
    world.relay.lie_about_devices = Some(Arc::new(|devices| devices.declarations.clear()));
    world.bob.say_openly(&handle("alice"), "the relay refuses this").unwrap();
    world.bob.sync(&mut world.relay);
    let [only] = declared(&mut world.bob).try_into().unwrap();
    assert!(!only.here && !only.there);
    assert_refused(&mut world.bob, "alice");
    world.relay.lie_about_devices = None;
    world.bob.sync(&mut world.relay);
    assert!(declared(&mut world.bob)[0].there);
}

#[test]
fn v29_a_hidden_mark_leaves_everything_encrypted() {
    let mut world = declared_between(126);
    world.relay.declarations.clear();
    world.relay.is_lax = true;
    for client in [&mut world.alice, &mut world.bob] {
        client.now += 2 * MONTH;
    }
    for client in [&mut world.alice, &mut world.bob] {
        for name in ["alice", "bob"] {
            client.resolve(&world.relay, &handle(name));
        }
        client.reboot();
    }
    assert_only_encrypted(&mut world);
}

#[test]
fn v29_a_mark_stripped_from_the_chat_is_told_by_the_relay() {
    let mut world = World::chatting(127);
    declare(&mut world.alice, "bob");
    world.alice.sync(&mut world.relay);
    world.relay.mail(&world.bob.address()).clear();
    world.bob.sync(&mut world.relay);
    assert_eq!(declared(&mut world.bob), []);
    // The list is not fresh any more, so the devices are asked for before anything is sealed.
    world.bob.now += MONTH;
    world.bob.say_openly(&handle("alice"), CANARY).unwrap();
    world.bob.sync(&mut world.relay);
    assert!(!world.relay.has_read(CANARY));
    assert!(declared(&mut world.bob)[0].there);
    assert_only_encrypted(&mut world);
}

#[test]
fn v29_a_mark_hidden_from_the_beginning_comes_with_the_chat() {
    let mut world = World::new(139);
    world.relay.lie_about_devices = Some(Arc::new(|devices| devices.declarations.clear()));
    declare(&mut world.alice, "bob");
    world.alice.open_chat(&handle("bob")).unwrap();
    world.settle();
    assert_eq!(declared(&mut world.bob), []);
    world.bob.accept_chat(&handle("alice")).unwrap();
    world.settle();
    assert!(declared(&mut world.bob)[0].there);
    assert_only_encrypted(&mut world);
}

#[test]
fn v29_a_mark_replaced_by_an_older_a_foreign_or_a_broken_one_stays() {
    let mut world = declared_between(128);
    let newer = issue(&mut world.alice, &world.bob, 5);
    let older = issue(&mut world.alice, &world.bob, 1);
    let for_carol = issue(&mut world.alice, &world.carol, 9);
    let of_carol = issue(&mut world.carol, &world.bob, 9);
    let mut broken = newer.clone();
    *broken.last_mut().unwrap() ^= 1;
    let shown = |world: &mut World, declarations: Vec<Vec<u8>>| {
        world.relay.lie_about_devices =
            Some(Arc::new(move |devices| devices.declarations.clone_from(&declarations)));
        world.bob.resolve(&world.relay, &handle("alice"));
        world.relay.lie_about_devices = None;
        world.bob.news()
    };
    let peer = world.alice.account();
    let kept = |world: &mut World| {
        let record: Result<_, StoreError> =
            world.bob.store.step(|tx| tx.get(Table::EncryptedOnly, peer.as_bytes()));
        record.unwrap().unwrap()
    };
    assert_eq!(shown(&mut world, vec![newer]), []);
    let pinned = kept(&mut world);
    let refused = |reason| vec![Event::DeclarationRefused { peer, reason }];
    assert_eq!(shown(&mut world, vec![older]), []);
    assert_eq!(shown(&mut world, vec![for_carol]), refused(Reject::Policy));
    assert_eq!(shown(&mut world, vec![of_carol]), refused(Reject::Signature));
    assert_eq!(shown(&mut world, vec![broken]), refused(Reject::Signature));
    assert_eq!(shown(&mut world, vec![vec![0xff; 300]]).len(), 1);
    assert_eq!(shown(&mut world, vec![Vec::new()]).len(), 1);
    assert_eq!(shown(&mut world, Vec::new()), []);
    assert_eq!(kept(&mut world), pinned);
    assert_only_encrypted(&mut world);
}

#[test]
fn v29_a_mark_that_is_taken_back_stays() {
    let mut world = World::chatting(129);
    let Conversation::Chat(chat) = world.bob.chat_with(&world.alice.account()) else { panic!("a chat") };
    let declaration = issue(&mut world.alice, &world.bob, 1);
    let id = show_in_chat(&mut world, chat, declaration);
    let unsend = forge::frame(&mut world.alice, Body::Unsend(id));
    let envelope = forge::encrypt(&mut world.alice, &world.bob.address(), chat, unsend, |_| {});
    world.relay.deliver(&world.bob.address(), &world.alice.address(), &envelope);
    world.bob.sync(&mut world.relay);
    assert!(declared(&mut world.bob)[0].there);
    assert_refused(&mut world.bob, "alice");
}

#[test]
fn con_27_a_declaration_of_somebody_else_in_a_chat_is_refused() {
    let mut world = World::chatting(130);
    let Conversation::Chat(chat) = world.bob.chat_with(&world.alice.account()) else { panic!("a chat") };
    let for_carol = issue(&mut world.alice, &world.carol, 1);
    let of_carol = issue(&mut world.carol, &world.bob, 1);
    let mut broken = issue(&mut world.alice, &world.bob, 1);
    *broken.last_mut().unwrap() ^= 1;
    for (declaration, reason) in
        [(for_carol, Reject::Policy), (of_carol, Reject::Signature), (broken, Reject::Signature)]
    {
        show_in_chat(&mut world, chat, declaration);
        assert_eq!(world.bob.refusals(), [reason]);
        assert_eq!(declared(&mut world.bob), []);
    }
    let right = issue(&mut world.alice, &world.bob, 1);
    show_in_chat(&mut world, chat, right);
    assert!(declared(&mut world.bob)[0].there);
}

fn show_in_chat(world: &mut World, chat: ChatId, declaration: Vec<u8>) -> MessageId {
    let body = Body::of(EncryptedOnly { declaration }).unwrap();
    let frame = forge::frame(&mut world.alice, body);
    let id = frame.message_id;
    let envelope = forge::encrypt(&mut world.alice, &world.bob.address(), chat, frame, |_| {});
    world.relay.deliver(&world.bob.address(), &world.alice.address(), &envelope);
    world.bob.sync(&mut world.relay);
    id
}

// C1
#[test]
fn cnv_43_a_message_in_the_clear_is_refused_with_an_alarm_on_both_sides() {
    let mut world = declared_between(131);
    world.relay.is_lax = true;
    for alice_writes in [true, false] {
        // An old client, or the relay itself: an engine that knows of nothing.
        let mut other = World::new(132);
        let (writer, to) = match alice_writes {
            true => (&mut other.alice, "bob"),
            false => (&mut other.bob, "alice"),
        };
        writer.say_openly(&handle(to), CANARY).unwrap();
        writer.sync(&mut other.relay);
        let (from, send) = other.relay.sends.pop().unwrap();
        let reader = if alice_writes { &mut world.bob } else { &mut world.alice };
        world.relay.deliver(&reader.address(), &from, &send.parcels[0].envelope);
        reader.sync(&mut world.relay);
        let reason = Reject::Policy;
        assert_eq!(
            reader.news(),
            [Event::InTheClear { peer: from.account }, Event::Refused { sender: from, reason }]
        );
        let thread = reader.thread_with(&from.account);
        assert_eq!(reader.messages(thread), []);
    }
    let chat = world.bob.chat_with(&world.alice.account());
    assert!(world.bob.messages(chat).iter().all(|m| m.shield.protection() == Protection::Pairwise));
}

#[test]
fn cnv_43_of_somebody_blocked_not_even_that_is_told() {
    let mut world = declared_between(133);
    world.bob.step(|engine, step| engine.set_blocked(step, &handle("alice"), true)).unwrap();
    let mut other = World::new(134);
    other.alice.say_openly(&handle("bob"), CANARY).unwrap();
    other.alice.sync(&mut other.relay);
    let (from, send) = other.relay.sends.pop().unwrap();
    world.relay.deliver(&world.bob.address(), &from, &send.parcels[0].envelope);
    world.bob.sync(&mut world.relay);
    assert_eq!(world.bob.news(), []);
    assert_eq!(world.bob.messages(world.bob.thread_with(&world.alice.account())), []);
}

#[test]
fn cnv_42_devices_that_were_not_asked_for_in_a_month_are_asked_for_first() {
    let mut world = World::new(135);
    world.bob.now += MONTH - 1;
    world.bob.say_openly(&handle("alice"), "fresh enough").unwrap();
    world.relay.lie_about_devices = Some(Arc::new(|_| panic!("nothing to ask")));
    world.bob.sync(&mut world.relay);
    world.relay.lie_about_devices = None;
    assert_eq!(world.bob.waiting(), 0);

    world.bob.now += 1;
    world.bob.say_openly(&handle("alice"), CANARY).unwrap();
    // A relay that answers nothing that verifies gets nothing.
    world.relay.lie_about_devices = Some(Arc::new(|devices: &mut pb::Devices| {
        devices.lists = vec![vec![1, 2, 3]];
    }));
    world.bob.sync(&mut world.relay);
    assert_eq!(world.bob.waiting(), 1);
    assert!(!world.relay.has_read(CANARY));
    world.relay.lie_about_devices = None;
    world.bob.sync(&mut world.relay);
    assert_eq!(world.bob.waiting(), 0);

    // A clock that is set back makes nothing fresh.
    world.bob.now -= 2 * MONTH;
    world.bob.say_openly(&handle("alice"), "again").unwrap();
    world.relay.lie_about_devices = Some(Arc::new(|devices: &mut pb::Devices| {
        devices.lists = vec![vec![1, 2, 3]];
    }));
    world.bob.sync(&mut world.relay);
    assert_eq!(world.bob.waiting(), 1);
}

#[test]
fn cnv_40_an_older_copy_of_a_profile_learns_from_the_relay_what_it_had_declared() {
    let mut world = World::chatting(136);
    let older = world.alice.store.clone();
    declare(&mut world.alice, "bob");
    world.settle();
    world.alice.store = older;
    world.alice.reboot();
    world.alice.news();
    world.alice.now += MONTH;
    world.alice.say_openly(&handle("bob"), CANARY).unwrap();
    world.alice.sync(&mut world.relay);
    assert!(!world.relay.has_read(CANARY));
    let [only] = declared(&mut world.alice).try_into().unwrap();
    assert!(only.here && only.published);
    assert_refused(&mut world.alice, "bob");
}

// H13
#[test]
fn cnv_44_a_declaration_survives_a_crash_at_every_point() {
    for crash in 1.. {
        let mut world = World::chatting(137);
        declare(&mut world.alice, "bob");
        let mut fuse = Fuse { passed: 0, burns_at: [crash].into() };
        let ended = world.alice.sync_until(&mut world.relay, &mut fuse);
        world.alice.reboot();
        assert_refused(&mut world.alice, "bob");
        world.settle();
        assert_eq!(world.relay.declarations.len(), 1, "crash at {crash}");
        assert!(declared(&mut world.bob)[0].there, "crash at {crash}");
        if !matches!(ended, Err(Halt::Crashed)) {
            assert!(crash > 8);
            break;
        }
    }
}

#[test]
fn cnv_40_a_relay_that_does_not_take_it_lifts_nothing() {
    let mut world = World::chatting(138);
    world.relay.refuse_statements = Some(RefusalCode::Limit);
    declare(&mut world.alice, "bob");
    world.settle();
    assert!(!declared(&mut world.alice)[0].published);
    assert!(declared(&mut world.bob)[0].there, "the chat tells");
    assert_only_encrypted(&mut world);
    let parcels = world.relay.sends.iter().flat_map(|(_, send)| &send.parcels);
    let in_clear = |parcel: &pb::Parcel| {
        pb::Envelope::decode(parcel.envelope.as_slice()).unwrap().kind == i32::from(pb::EnvelopeKind::Thread)
    };
    assert!(!parcels.into_iter().any(in_clear));
    world.relay.refuse_statements = None;
    world.settle();
    assert!(declared(&mut world.alice)[0].published);
}
