//! What `aside gc --verify` counts: nothing where nothing is left, and everything that was put there.

use crate::{
    client::Client,
    store::{Faulty, rows},
    world::{World, handle},
};
use aside_client::{
    Error,
    engine::Audit,
    store::{Remains, Table},
};
use aside_wire::ExpiryTerms;

const MINUTE: ExpiryTerms = ExpiryTerms::AfterSend { duration_s: 60 };

/// Alice has said two things that go after a minute; Bob has both.
fn world(seed: u64) -> World {
    let mut world = World::chatting(seed);
    let chat = world.alice.chat_with(&world.bob.account());
    world.alice.step(|engine, step| engine.set_expiry(step, chat, MINUTE)).unwrap();
    for text in ["one", "two"] {
        world.alice.say(&handle("bob"), text).unwrap();
    }
    world.settle();
    world
}

fn audit(client: &mut Client<Faulty>) -> Audit {
    client.step(|engine, step| engine.audit(step)).unwrap()
}

fn is_clean(audit: &Audit) -> bool {
    audit.is_clean(&Remains::default())
}

// EXP-41
#[test]
fn what_is_due_is_counted_until_it_is_destroyed() {
    let mut world = world(1);
    let bob = &mut world.bob;
    assert_eq!(audit(bob), Audit { living: 2, ..Audit::default() });
    bob.now += 60_000;
    let due = audit(bob);
    assert_eq!(due, Audit { living: 2, hidden: 2, overdue: 2, ..Audit::default() });
    assert!(!is_clean(&due));
    bob.step(|engine, step| engine.sweep(step)).unwrap();
    let gone = audit(bob);
    assert_eq!(gone, Audit { tombstones: 2, ..Audit::default() });
    assert!(is_clean(&gone));
    let left = Remains { page_keys: 1, ..Remains::default() };
    assert!(!gone.is_clean(&left));
}

#[test]
fn a_key_of_nothing_a_tombstone_with_something_and_a_missing_key_are_counted() {
    let mut world = world(2);
    let bob = &mut world.bob;
    let timed = rows(&bob.store.inner, Table::Due).first().unwrap().0[8..].to_vec();
    let record = rows(&bob.store.inner, Table::Message).into_iter().find(|(key, _)| *key == timed).unwrap().1;
    bob.step(|_, step| Ok::<_, Error>(step.tx.delete(Table::Message, &timed)?)).unwrap();
    let stray = audit(bob);
    assert_eq!((stray.stray_keys, is_clean(&stray)), (1, false));
    bob.step(|_, step| Ok::<_, Error>(step.tx.put(Table::Message, &timed, &record)?)).unwrap();
    assert!(is_clean(&audit(bob)));

    bob.now += 60_000;
    let marked = rows(&bob.store.inner, Table::MessageId);
    bob.step(|engine, step| engine.sweep(step)).unwrap();
    let index = &timed[timed.len() - 8..];
    let id_key = marked.into_iter().find(|(_, place)| place == index).unwrap().0;
    let mark = [id_key.as_slice(), &[1]].concat();
    bob.step(|_, step| Ok::<_, Error>(step.tx.put(Table::Mark, &mark, b"")?)).unwrap();
    let full = audit(bob);
    assert_eq!((full.tombstones, full.unfinished, is_clean(&full)), (2, 1, false));

    let alice = &mut world.alice;
    let page = rows(&alice.store.inner, Table::PageKey).first().unwrap().0.clone();
    alice.step(|_, step| Ok::<_, Error>(step.tx.delete(Table::PageKey, &page)?)).unwrap();
    let locked = audit(alice);
    assert_eq!((locked.locked, is_clean(&locked)), (2, true));
}
