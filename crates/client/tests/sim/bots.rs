//! F54: a program is shown to be one, on each message, and no relay takes that away.

use crate::{
    client::Client,
    crowd::{ALICE, BOB, Crowd},
    forge,
    store::{Faulty, dump},
    world::{World, handle},
};
use aside_client::{Conversation, Engine, Event, Step, engine::Room, store::Store};
use aside_content::Body;
use aside_identity::{Capabilities, Certificate, DeviceId};
use aside_testkit::{TestRng, person::NOW};
use aside_wire::{Reject, pb};
use prost::Message;
use std::sync::Arc;

/// Alice and Bob, and a shop that is a program. They know each other.
struct Market {
    world: World,
    shop: Client,
}

impl Market {
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed);
        let mut store = Faulty::default();
        let mut rng = TestRng::new(seed + 5000);
        let name = handle("shop");
        let created: Result<Engine, aside_client::Error> = store.step(|tx| {
            Engine::create_automated(&mut Step { tx, now: NOW, entropy: &mut rng }, &name, "memory")
        });
        created.unwrap();
        let mut shop = Client::load(store, seed + 6000);
        world.relay.register("shop", shop.account(), shop.engine.list().as_bytes());
        shop.sync(&mut world.relay);
        shop.resolve(&world.relay, &handle("alice"));
        world.alice.resolve(&world.relay, &name);
        Self { world, shop }
    }

    fn settle(&mut self) {
        for _ in 0..4 {
            self.shop.sync(&mut self.world.relay);
            self.world.settle();
        }
    }
}

// CON-32
#[test]
fn con_32_every_message_of_a_program_is_shown_as_one_in_threads_chats_and_groups() {
    let Market { world, shop } = Market::new(221);
    let mut market = Market { world, shop };
    let to = handle("alice");
    market.shop.say_openly(&to, "in the thread").unwrap();
    market.shop.open_chat(&to).unwrap();
    market.settle();
    market.world.alice.accept_chat(&handle("shop")).unwrap();
    market.settle();
    market.shop.say(&to, "in the chat").unwrap();
    market.world.alice.say(&handle("shop"), "from a person").unwrap();
    let group = market.shop.step(|engine, step| {
        let group = engine.create_group(step, "Offers", false)?;
        engine.add_to_group(step, &group, &[handle("alice")])?;
        Ok::<_, aside_client::Error>(group)
    });
    let group = group.unwrap();
    market.settle();
    market.world.alice.step(|engine, step| engine.accept_group(step, &group)).unwrap();
    market.settle();
    let room = Conversation::Group(group);
    let text = Body::text("in the group").unwrap();
    market.shop.step(|engine, step| engine.say_in(step, room, text)).unwrap();
    market.settle();
    let (alice, shop) = (market.world.alice.account(), market.shop.account());
    let chat = market.world.alice.chat_with(&shop);
    for room in [market.world.alice.thread_with(&shop), chat, room] {
        for client in [&mut market.world.alice, &mut market.shop] {
            let messages = client.messages(room);
            assert!(messages.iter().any(|message| message.sender == shop));
            for message in messages {
                assert_eq!(message.automated, message.sender == shop, "{:?}", message.body);
            }
        }
    }
    assert!(market.world.alice.messages(chat).iter().any(|message| message.sender == alice));
}

/// The list of the shop with the mark of a program taken out of the certificate, signed again by nobody.
fn stripped(list: &[u8]) -> Vec<u8> {
    let mut signed = pb::Signed::decode(list).unwrap();
    let mut body = pb::DeviceListBody::decode(signed.body.as_slice()).unwrap();
    let mut certificate = pb::Certificate::decode(body.certificates[0].as_slice()).unwrap();
    let mut fields = pb::CertificateBody::decode(certificate.body.as_slice()).unwrap();
    fields.capabilities.as_mut().unwrap().automated = false;
    certificate.body = fields.encode_to_vec();
    body.certificates[0] = certificate.encode_to_vec();
    signed.body = body.encode_to_vec();
    signed.encode_to_vec()
}

// CON-32
#[test]
fn con_32_a_relay_cannot_strip_the_mark_of_a_program() {
    let mut market = Market::new(222);
    market.shop.resolve(&market.world.relay, &handle("bob"));
    let mut stranger: Client = Client::create(Faulty::default(), "dave", 223);
    let devices = market.world.relay.resolve("shop").unwrap();
    let honest = devices.lists[0].clone();
    let mut lie = devices.clone();
    lie.lists = vec![stripped(&honest)];
    let learned = stranger.step(|engine, step| engine.on_devices(step, None, &lie)).unwrap();
    assert!(matches!(learned.events.as_slice(), [Event::ListRefused { reason: Reject::Signature, .. }]));
    assert!(dump(&stranger.store.inner).iter().all(|(_, (key, _))| key != devices.account_key.as_slice()));

    // Bob knows nothing of the shop. As long as the relay lies about it, nothing of the shop's is shown.
    market.world.relay.lie_about_devices = Some(Arc::new(move |devices: &mut pb::Devices| {
        if devices.handle == "shop" {
            devices.lists = vec![stripped(&devices.lists[0])];
        }
    }));
    market.shop.say_openly(&handle("bob"), "as if by a person").unwrap();
    market.shop.sync(&mut market.world.relay);
    market.world.bob.sync(&mut market.world.relay);
    assert_eq!(market.world.bob.refusals().last(), Some(&Reject::Stale));
    assert_eq!(market.world.bob.conversations().len(), 0);
    market.world.relay.lie_about_devices = None;
    market.shop.say_openly(&handle("bob"), "again").unwrap();
    market.settle();
    let thread = market.world.bob.thread_with(&market.shop.account());
    let messages = market.world.bob.messages(thread);
    assert!(messages.len() == 1 && messages[0].automated);
}

// CON-33
#[test]
fn con_33_a_device_that_is_in_no_list_says_nothing_in_a_thread() {
    let mut market = Market::new(224);
    market.shop.say_openly(&handle("alice"), "from the device that is listed").unwrap();
    market.shop.sync(&mut market.world.relay);
    let alice = market.world.alice.address();
    let mail = &mut market.world.relay.mail(&alice)[0];
    mail.sender_device = 2;
    market.world.alice.sync(&mut market.world.relay);
    assert_eq!(market.world.alice.refusals(), [Reject::Stale]);
    assert_eq!(market.world.alice.conversations().len(), 0);
}

// CON-33: a device of which the list has come since is asked for, and its label is the one of its certificate.
#[test]
fn con_33_the_list_of_an_unknown_device_is_asked_for_first() {
    let mut market = Market::new(225);
    let engine = &market.shop.engine;
    let keys = aside_identity::DeviceKeys::generate(&mut TestRng::new(226)).unwrap();
    let second = DeviceId::parse(2).unwrap();
    let person = Certificate::issue(engine.account_key(), second, &keys, NOW, Capabilities::NONE);
    let both = [engine.list().certificates()[0].clone(), person];
    let next = engine.list().issue_next(engine.account_key(), NOW, &both).unwrap();
    let shop = market.shop.account();
    market.world.relay.lists(&shop).push(next.as_bytes().to_vec());
    market.shop.say_openly(&handle("alice"), "of the program").unwrap();
    market.shop.say_openly(&handle("alice"), "of the person").unwrap();
    market.shop.sync(&mut market.world.relay);
    let alice = market.world.alice.address();
    market.world.relay.mail(&alice)[1].sender_device = 2;
    market.world.alice.sync(&mut market.world.relay);
    assert_eq!(market.world.alice.list_version_of(&shop), 2);
    let thread = market.world.alice.thread_with(&shop);
    let labels: Vec<_> =
        market.world.alice.messages(thread).iter().map(|message| message.automated).collect();
    assert_eq!(labels, [true, false]);
}

// CON-33: with a new list come new chains, over sessions whose frames name it.
#[test]
fn con_33_a_relay_that_hides_a_list_hides_what_is_said_in_groups_since() {
    let (mut crowd, group) = Crowd::group(228, 3);
    let bob = crowd.account(BOB);
    let next = forge::next_list(&mut crowd.people[BOB]);
    crowd.relay.lists(&bob).push(next.as_bytes().to_vec());
    crowd.relay.lie_about_devices = Some(Arc::new(move |devices: &mut pb::Devices| {
        if devices.account_key == bob.as_bytes() {
            devices.lists.clear();
        }
    }));
    crowd.settle();
    crowd.say(BOB, &group, "hidden").unwrap();
    crowd.settle();
    assert_eq!(crowd.people[ALICE].list_version_of(&bob), 1);
    assert_eq!(crowd.people[ALICE].received(Conversation::Group(group)), Vec::<String>::new());
}

// CON-33
#[test]
fn con_33_a_group_message_of_a_device_in_no_list_is_refused() {
    let (mut crowd, group) = Crowd::group(232, 3);
    crowd.say(BOB, &group, "from the device that is listed").unwrap();
    crowd.sync(BOB);
    let alice = crowd.people[ALICE].address();
    crowd.relay.mail(&alice)[0].sender_device = 2;
    crowd.people[ALICE].news();
    crowd.sync(ALICE);
    assert_eq!(crowd.people[ALICE].refusals(), [Reject::Stale]);
}

// CON-38, CNV-9
#[test]
fn con_38_a_list_follows_the_account_and_not_the_handle() {
    let mut world = World::chatting(229);
    let bob = handle("bob");
    world
        .alice
        .step(|engine, step| engine.create_list(step, "customers", std::slice::from_ref(&bob)))
        .unwrap();
    let mallory: Client = Client::create(Faulty::default(), "bob", 230);
    world.relay.register("bob", mallory.account(), mallory.engine.list().as_bytes());
    world.alice.resolve(&world.relay, &bob);
    world.alice.step(|engine, step| engine.accept_new_account(step, &bob)).unwrap();
    world.alice.resolve(&world.relay, &bob);
    let sends = world.relay.sends.len();
    for room in [Room::Threads, Room::Chats] {
        let words = |_: &aside_identity::Handle| "for the Bob of before".to_owned();
        let done =
            world.alice.step(|engine, step| engine.broadcast(step, "customers", room, &words)).unwrap();
        assert_eq!((done.said.len(), done.left_out.len()), (0, 1));
    }
    world.alice.sync(&mut world.relay);
    assert_eq!(world.relay.sends.len(), sends);
}

// CON-38
#[test]
fn con_38_a_chat_that_was_not_accepted_gets_no_broadcast() {
    let mut world = World::new(231);
    let bob = handle("bob");
    world.alice.open_chat(&bob).unwrap();
    world
        .alice
        .step(|engine, step| engine.create_list(step, "customers", std::slice::from_ref(&bob)))
        .unwrap();
    let words = |_: &aside_identity::Handle| "an offer".to_owned();
    let done =
        world.alice.step(|engine, step| engine.broadcast(step, "customers", Room::Chats, &words)).unwrap();
    assert_eq!((done.said.len(), done.left_out.len()), (0, 1));
}

// CON-38
#[test]
fn con_38_a_broadcast_is_as_many_messages_as_people_and_links_nobody() {
    let mut world = World::chatting(227);
    let [bob, carol] = [handle("bob"), handle("carol")];
    let list = |engine: &Engine, step: &mut Step<'_>| {
        engine.create_list(step, "customers", &[bob.clone(), carol.clone()])
    };
    world.alice.step(list).unwrap();
    let words = |handle: &aside_identity::Handle| format!("Open on Sunday, {handle}!");
    let sends = world.relay.sends.len();
    let in_chats =
        world.alice.step(|engine, step| engine.broadcast(step, "customers", Room::Chats, &words)).unwrap();
    assert_eq!((in_chats.said.len(), in_chats.left_out.len()), (1, 1));
    assert_eq!(in_chats.left_out[0].0, world.carol.account());
    world.settle();
    assert_eq!(world.relay.sends.len(), sends + 1);
    assert!(!world.relay.has_read("Sunday"), "nothing goes elsewhere in the clear");

    let in_threads =
        world.alice.step(|engine, step| engine.broadcast(step, "customers", Room::Threads, &words)).unwrap();
    assert_eq!((in_threads.said.len(), in_threads.left_out.len()), (2, 0));
    world.settle();
    let sent: Vec<_> = world.relay.sends[sends + 1..].iter().map(|(_, send)| send.clone()).collect();
    let frames: Vec<_> = sent
        .iter()
        .map(|send| {
            let envelope = pb::Envelope::decode(send.parcels[0].envelope.as_slice()).unwrap();
            pb::Frame::decode(envelope.payload.as_slice()).unwrap()
        })
        .collect();
    assert_eq!(frames.len(), 2);
    assert_ne!(sent[0].client_id, sent[1].client_id);
    assert_ne!(frames[0].message_id, frames[1].message_id);
    assert_ne!(frames[0].conversation, frames[1].conversation);
    assert_eq!([&frames[0].previous, &frames[1].previous], [&Vec::<u8>::new(), &Vec::new()]);
    for (client, name) in [(&mut world.bob, "bob"), (&mut world.carol, "carol")] {
        let thread = client.thread_with(&world.alice.account());
        assert_eq!(client.received(thread), [format!("Open on Sunday, @{name}!")]);
    }

    // Whoever is blocked is left out; a text that cannot be sent goes to nobody.
    world.alice.step(|engine, step| engine.set_blocked(step, &carol, true)).unwrap();
    let again =
        world.alice.step(|engine, step| engine.broadcast(step, "customers", Room::Threads, &words)).unwrap();
    assert_eq!((again.said.len(), again.left_out.len()), (1, 1));
    let waiting = world.alice.waiting();
    let nothing = |_: &aside_identity::Handle| String::new();
    assert!(
        world
            .alice
            .step(|engine, step| engine.broadcast(step, "customers", Room::Threads, &nothing))
            .is_err()
    );
    assert_eq!(world.alice.waiting(), waiting);
}
