//! A recipient whose settings exclude the sender.

use crate::world::{World, handle};
use aside_client::{Delivery, Event};
use aside_wire::pb::RefusalCode;

// RLY-36
#[test]
fn t6_what_nobody_will_take_fails_and_does_not_wait_for_ever() {
    for code in [RefusalCode::Unreachable, RefusalCode::EncryptedOnly] {
        let mut world = World::new(80);
        world.alice.say_openly(&handle("bob"), "hello").unwrap();
        world.relay.refuse_sends = Some(code);
        world.settle();
        assert_eq!(world.alice.waiting(), 0);
        let failed = world
            .alice
            .news()
            .into_iter()
            .any(|event| matches!(event, Event::Failed { code: reason, index: 1, .. } if reason == code));
        assert!(failed);
        let thread = world.alice.thread_with(&world.bob.account());
        let [message] = world.alice.messages(thread).try_into().unwrap_or_else(|_| panic!("one"));
        assert_eq!(message.delivery, Delivery::Failed(code));
    }
}

// RLY-36
#[test]
fn h2_without_prekeys_for_an_excluded_sender_what_is_encrypted_fails_and_nothing_else() {
    let mut world = World::new(81);
    world.alice.open_chat(&handle("bob")).unwrap();
    world.alice.say_openly(&handle("bob"), "in the clear").unwrap();
    world.alice.open_chat(&handle("carol")).unwrap();
    let bob = world.bob.account();
    let events = world.alice.step(|engine, step| engine.on_unreachable(step, &bob)).unwrap();
    let [Event::Failed { code: RefusalCode::Unreachable, .. }] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(world.alice.waiting(), 2);
    world.settle();
    assert_eq!(world.alice.waiting(), 0);
    assert!(world.bob.chats_with(&world.alice.account()).is_empty());
    assert_eq!(world.carol.chats_with(&world.alice.account()).len(), 1);
}
