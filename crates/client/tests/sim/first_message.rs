//! H4, P9: what starts a session starts it once, and only if it opens.

use crate::{
    client::Client,
    relay::Relay,
    store::{dump, rows},
    world::{World, handle},
};
use aside_client::store::{Store, StoreError, Table};
use aside_testkit::person::DAY;
use aside_wire::{
    Reject,
    packet::{HANDSHAKE_BYTES, KEM_CIPHERTEXT_BYTES, OVERHEAD_BYTES},
    pb,
};
use prost::Message;

/// Alice has asked Bob for a chat; the second value waits in his mailbox.
fn first_message(one_time: bool) -> (World, pb::Delivery) {
    let mut world = World::new(40);
    let bob = world.bob.address();
    if !one_time {
        world.relay.one_time_prekeys(&bob).clear();
    }
    world.alice.open_chat(&handle("bob")).unwrap();
    world.alice.sync(&mut world.relay);
    let delivery = world.relay.mail(&bob).pop_front().unwrap();
    (world, delivery)
}

fn delete_all(client: &mut Client, table: Table, prefix: &[u8]) {
    let store = &mut client.store;
    let deleted: Result<(), StoreError> = store.step(|tx| {
        for (key, _) in tx.scan(table, prefix, None, usize::MAX)? {
            tx.delete(table, &key)?;
        }
        Ok(())
    });
    deleted.unwrap();
}

/// Delivers, and asserts that it is refused for this reason and changes nothing.
fn assert_refused(relay: &mut Relay, client: &mut Client, delivery: &pb::Delivery, reason: Reject) {
    let address = client.address();
    let before = dump(&client.store.inner);
    relay.redeliver(&address, delivery);
    client.receive(relay, &mut Default::default()).unwrap();
    assert_eq!(client.refusals(), [reason]);
    let but_cursor = |dump: Vec<(Table, _)>| dump.into_iter().filter(|(table, _)| *table != Table::Counter);
    assert!(but_cursor(dump(&client.store.inner)).eq(but_cursor(before)), "something has changed");
}

#[test]
fn h4_a_first_message_is_no_second_session_after_the_first_is_gone() {
    for one_time in [true, false] {
        let (mut world, delivery) = first_message(one_time);
        let World { relay, bob, .. } = &mut world;
        relay.redeliver(&bob.address(), &delivery);
        bob.sync(relay);
        assert_eq!(rows(&bob.store.inner, Table::Session).len(), 1);
        delete_all(bob, Table::Session, &[]);
        assert_refused(relay, bob, &delivery, Reject::Replay);
        // Not even for somebody who has forgotten the chat, too.
        delete_all(bob, Table::Conversation, &[]);
        delete_all(bob, Table::PeerChat, &[]);
        assert_refused(relay, bob, &delivery, Reject::Replay);
        // The memory is wiped together with the prekey without which the message is worth nothing.
        bob.now += 38 * DAY;
        bob.sync(relay);
        assert_eq!(rows(&bob.store.inner, Table::Handshake), []);
        assert_refused(relay, bob, &delivery, Reject::UnknownPrekey);
    }
}

#[test]
fn h4_a_prekey_past_its_date_serves_nobody_even_before_it_is_wiped() {
    let (mut world, delivery) = first_message(true);
    world.bob.now += 38 * DAY;
    assert_refused(&mut world.relay, &mut world.bob, &delivery, Reject::UnknownPrekey);
}

#[test]
fn h4_a_one_time_prekey_serves_once() {
    let (mut world, delivery) = first_message(true);
    let World { relay, bob, .. } = &mut world;
    let before = rows(&bob.store.inner, Table::Prekey).len();
    relay.redeliver(&bob.address(), &delivery);
    bob.receive(relay, &mut Default::default()).unwrap();
    assert_eq!(rows(&bob.store.inner, Table::Prekey).len(), before - 1);

    let (mut world, delivery) = first_message(true);
    let World { relay, bob, .. } = &mut world;
    delete_all(bob, Table::Prekey, &[2]);
    assert_refused(relay, bob, &delivery, Reject::UnknownPrekey);
}

#[test]
fn p9_a_tampered_first_message_uses_up_nothing() {
    let (mut world, good) = first_message(true);
    let World { relay, bob, .. } = &mut world;
    let envelope = pb::Envelope::decode(good.envelope.as_slice()).unwrap();
    let kem = 1 + HANDSHAKE_BYTES - KEM_CIPHERTEXT_BYTES;
    let end = envelope.payload.len();
    let places = [kem, kem + 500, HANDSHAKE_BYTES, HANDSHAKE_BYTES + 1, HANDSHAKE_BYTES + 90]
        .into_iter()
        .chain([HANDSHAKE_BYTES + OVERHEAD_BYTES, end - 17, end - 1]);
    for place in places {
        let mut tampered = envelope.clone();
        tampered.payload[place] ^= 1;
        let delivery = pb::Delivery { envelope: tampered.encode_to_vec(), ..good.clone() };
        assert_refused(relay, bob, &delivery, Reject::Mac);
    }
    relay.redeliver(&bob.address(), &good);
    bob.receive(relay, &mut Default::default()).unwrap();
    assert_eq!(bob.refusals(), []);
    assert_eq!(bob.conversations().len(), 1);
}

#[test]
fn h10_a_first_message_under_another_name_starts_nothing() {
    let (mut world, good) = first_message(true);
    let carol = world.carol.address();
    let delivery = pb::Delivery { sender: carol.account.as_bytes().to_vec(), ..good };
    assert_refused(&mut world.relay, &mut world.bob, &delivery, Reject::UnknownPrekey);
}
