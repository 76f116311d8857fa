//! Fanning out, and logs.

use crate::{
    client::Client,
    held::{change, logged, stored},
    person::{self, LOG, Person, circular, entry},
    running::{Running, relay, soon},
};
use aside_relay::{Config, Logged, Rate, limits, store::Log};
use aside_wire::{
    decode,
    limits::{ENTRIES_PER_REPLY, GROUP_DEVICES, LOG_ENTRY_BYTES},
    pb::{self, EnvelopeKind, RefusalCode, request::Body},
};
use futures_util::future::join_all;
use std::time::Duration;

/// Alice, Bob and Carol, each with a connection.
async fn three(running: &Running) -> ([Person; 3], [Client; 3]) {
    let people = ["alice", "bob", "carol"].map(Person::new);
    let clients = join_all(people.iter().map(|person| Client::join(&running.url, person))).await;
    (people, clients.try_into().unwrap_or_else(|_| panic!("three")))
}

/// What an envelope of a group holds.
fn open(envelope: &[u8]) -> (EnvelopeKind, Vec<u8>) {
    let envelope: pb::Envelope = decode(envelope).unwrap();
    (EnvelopeKind::try_from(envelope.kind).unwrap(), envelope.payload)
}

fn notice(envelope: &[u8]) -> pb::GroupLogEntry {
    let (kind, payload) = open(envelope);
    assert_eq!(kind, EnvelopeKind::GroupEntry);
    decode(&payload).unwrap()
}

#[tokio::test]
// RLY-28, RLY-29.
async fn a_message_and_an_entry_reach_everybody_and_the_relay_holds_what_it_was_given() {
    let (folder, running) = relay().await;
    let ([alice, bob, carol], [mut from, mut to, mut also]) = three(&running).await;
    let group = [&bob, &carol];
    to.subscribe().await;
    also.subscribe().await;
    let sent = from.fan_out(circular(1, &group, b"to all")).await.unwrap();
    let appended = from.append(entry(2, 1, &group, b"an entry")).await.unwrap();
    assert!(sent.missed.is_empty() && appended.missed.is_empty());
    for client in [&mut to, &mut also] {
        let message = client.delivery().await;
        assert_eq!((message.sender, message.sender_device), (alice.key(), 1));
        assert_eq!((message.sequence, message.accepted_at), (1, sent.accepted_at));
        assert_eq!(open(&message.envelope), (EnvelopeKind::Group, b"to all".to_vec()));
        let message = client.delivery().await;
        assert_eq!((message.sequence, message.accepted_at), (2, appended.accepted_at));
        let pb::GroupLogEntry { log, position, entry } = notice(&message.envelope);
        assert_eq!((log.as_slice(), position, entry.as_slice()), (&LOG[..], 1, &b"an entry"[..]));
    }
    // Somebody who was told nothing but the name can read on.
    let mut later = Client::join(&running.url, &Person::new("dave")).await;
    assert_eq!(later.entries(&LOG, 1).await, Ok((1, vec![b"an entry".to_vec()])));
    assert_eq!(later.entries(&[0x11; 32], 1).await, Ok((0, vec![])));

    let held = stored(folder.path()).unwrap();
    let texts = held.iter().map(|entry| open(&entry.message.envelope).0);
    assert!(texts.eq([
        EnvelopeKind::Group,
        EnvelopeKind::Group,
        EnvelopeKind::GroupEntry,
        EnvelopeKind::GroupEntry
    ]));
    let only = Logged { log: Log(LOG), position: 1, entry: b"an entry".to_vec() };
    assert_eq!(logged(folder.path()).unwrap(), [only]);
    to.acknowledge(2).await.unwrap();
    also.acknowledge(2).await.unwrap();
    assert!(stored(folder.path()).unwrap().is_empty());
    assert_eq!(logged(folder.path()).unwrap().len(), 1);
}

#[tokio::test]
// RLY-14, RLY-29.
async fn who_misses_a_message_is_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path());
    config.mailbox.messages = 1;
    let running = Running::start_with(config).await;
    let ([_, bob, carol], [mut from, ..]) = three(&running).await;
    let (dave, group) = (Person::new("dave"), [&bob, &carol]);
    from.fan_out(circular(1, &group[..1], b"x")).await.unwrap();
    let mut message = circular(2, &[&bob, &carol, &dave], b"y");
    let third = message.recipients.iter_mut().find(|recipient| recipient.account_key == carol.key()).unwrap();
    third.devices = vec![1, 127];
    let outcome = from.fan_out(message.clone()).await.unwrap();
    let missed = |outcome: &pb::FannedOut| {
        let named = outcome.missed.iter().map(|missed| {
            (missed.account_key.clone(), missed.device_id, RefusalCode::try_from(missed.code).unwrap())
        });
        named.collect::<Vec<_>>()
    };
    let mut expected = vec![
        (bob.key(), 1, RefusalCode::MailboxFull),
        (carol.key(), 127, RefusalCode::UnknownAccount),
        (dave.key(), 1, RefusalCode::UnknownAccount),
    ];
    expected.sort_by(|left, right| left.0.cmp(&right.0));
    assert_eq!(missed(&outcome), expected);
    assert_eq!(stored(folder.path()).unwrap().len(), 2);
    // A repetition is answered, but not with who missed it.
    let again = from.fan_out(message).await.unwrap();
    assert_eq!((again.accepted_at, missed(&again)), (outcome.accepted_at, vec![]));
    // The entry stands although nobody hears of it.
    let outcome = from.append(entry(3, 1, &group, b"z")).await.unwrap();
    assert_eq!(missed(&outcome).len(), 2);
    assert_eq!(from.entries(&LOG, 1).await, Ok((1, vec![b"z".to_vec()])));
}

#[tokio::test]
// RLY-28.
async fn g12_of_many_connections_at_one_position_exactly_one_appends() {
    let (folder, running) = relay().await;
    let mut clients = Vec::new();
    for number in 0..8 {
        clients.push(Client::join(&running.url, &Person::new(&format!("p{number}"))).await);
    }
    for position in 1..=10 {
        let race = clients
            .iter_mut()
            .zip(0u8..)
            .map(|(client, number)| client.append(entry(position, position, &[], &[number])));
        let outcomes = soon(join_all(race)).await;
        let winner = outcomes.iter().position(Result::is_ok).unwrap();
        for (place, outcome) in outcomes.into_iter().enumerate() {
            assert_eq!(outcome.err(), (place != winner).then_some("LOG_MOVED"));
        }
        let last = logged(folder.path()).unwrap().pop().unwrap();
        assert_eq!((last.position, last.entry), (position, vec![u8::try_from(winner).unwrap()]));
    }
}

#[tokio::test]
// RLY-9.
async fn t8_an_append_is_repeated_after_its_answer_was_lost() {
    let (_folder, running) = relay().await;
    let ([alice, bob, _], [mut from, mut to, _]) = three(&running).await;
    from.post(Body::AppendEntry(entry(1, 1, &[&bob], b"one"))).await;
    // The connection ends before the answer; meanwhile the log moves on.
    to.subscribe().await;
    let accepted_at = to.delivery().await.accepted_at;
    drop(from);
    to.append(entry(1, 2, &[], b"two")).await.unwrap();
    let mut from = Client::enter(&running.url, &alice).await;
    let again = from.append(entry(1, 1, &[&bob], b"one")).await.unwrap();
    assert_eq!(again.accepted_at, accepted_at);
    assert_eq!(from.append(entry(2, 1, &[&bob], b"one")).await.err(), Some("LOG_MOVED"));
    assert_eq!(from.entries(&LOG, 1).await, Ok((2, vec![b"one".to_vec(), b"two".to_vec()])));
    // Bob was told once.
    assert_eq!(Client::enter(&running.url, &bob).await.subscribe().await, 1);
}

#[tokio::test]
// RLY-22.
async fn sends_fan_outs_and_appends_of_a_connection_keep_their_order() {
    let (_folder, running) = relay().await;
    let ([_, bob, carol], [mut from, mut to, _]) = three(&running).await;
    to.subscribe().await;
    let mut ids = Vec::new();
    for number in 1..=90u64 {
        let text = number.to_be_bytes();
        ids.push(
            from.post(match number % 9 {
                0 => Body::AppendEntry(entry(number, number / 9, &[&bob], &text)),
                1..4 => Body::Send(bob.letter(number, &text)),
                _ => Body::FanOut(circular(number, &[&bob, &carol], &text)),
            })
            .await,
        );
    }
    for number in 1..=90u64 {
        let delivery = to.delivery().await;
        let text = match open(&delivery.envelope) {
            (EnvelopeKind::GroupEntry, _) => notice(&delivery.envelope).entry,
            (_, payload) => payload,
        };
        assert_eq!((delivery.sequence, text), (number, number.to_be_bytes().to_vec()));
    }
    for id in ids {
        from.answer(id).await.unwrap();
    }
}

#[tokio::test]
// RLY-29, RLY-31.
async fn wrong_fan_outs_are_refused_with_their_reason() {
    let (folder, running) = relay().await;
    let ([alice, bob, carol], [mut from, ..]) = three(&running).await;
    type Change = fn(&mut pb::FanOut);
    let cases: [(Change, &str); 18] = [
        (|message| message.client_id.truncate(15), "MALFORMED"),
        (|message| message.recipients.clear(), "MALFORMED"),
        (|message| message.recipients.reverse(), "MALFORMED"),
        (|message| message.recipients[1] = message.recipients[0].clone(), "MALFORMED"),
        // One account in two places.
        (
            |message| {
                message.recipients[1] = message.recipients[0].clone();
                message.recipients[1].devices = vec![2];
            },
            "MALFORMED",
        ),
        (|message| message.recipients[1].account_key.truncate(31), "MALFORMED"),
        (|message| message.recipients[1].devices.clear(), "MALFORMED"),
        (|message| message.recipients[1].devices = vec![0], "MALFORMED"),
        (|message| message.recipients[1].devices = vec![128], "MALFORMED"),
        (|message| message.recipients[1].devices = vec![2, 1], "MALFORMED"),
        (|message| message.recipients[1].devices = vec![1, 1], "MALFORMED"),
        (|message| message.recipients[1].devices = vec![1; GROUP_DEVICES], "LIMIT"),
        (|message| message.envelope.clear(), "MALFORMED"),
        (|message| message.envelope = person::envelope(b"a thread"), "MALFORMED"),
        (|message| message.envelope = b"\x08\x02\x12\x01x".to_vec(), "MALFORMED"),
        (|message| message.envelope = b"\x08\x04\x12\x01x".to_vec(), "MALFORMED"),
        (|message| message.envelope = b"\x08\x03\x12\x81\x00x".to_vec(), "MALFORMED"),
        (|message| message.envelope = circular(1, &[], &[0; 70_000]).envelope, "LIMIT"),
    ];
    for (place, (change, word)) in cases.into_iter().enumerate() {
        let mut message = circular(1, &[&bob, &carol], b"x");
        change(&mut message);
        assert_eq!(from.fan_out(message).await.err(), Some(word), "case {place}");
    }
    assert_eq!(from.fan_out(circular(1, &[&alice, &bob], b"x")).await.err(), Some("MALFORMED"));
    assert!(stored(folder.path()).unwrap().is_empty());
    // One's other devices may be named; and none of the above used up the client id.
    let mut message = circular(1, &[&alice, &bob], b"x");
    let own = message.recipients.iter_mut().find(|recipient| recipient.account_key == alice.key()).unwrap();
    own.devices = vec![2];
    assert_eq!(from.fan_out(message).await.unwrap().missed.len(), 1);
    assert_eq!(stored(folder.path()).unwrap().len(), 1);
}

#[tokio::test]
// RLY-5, RLY-28, RLY-31.
async fn wrong_appends_and_questions_are_refused_with_their_reason() {
    let (folder, running) = relay().await;
    let ([alice, bob, _], [mut from, ..]) = three(&running).await;
    type Change = fn(&mut pb::AppendEntry);
    let cases: [(Change, &str); 8] = [
        (|entry| entry.client_id.truncate(15), "MALFORMED"),
        (|entry| entry.log.truncate(31), "MALFORMED"),
        (|entry| entry.log.push(0), "MALFORMED"),
        (|entry| entry.position = 0, "MALFORMED"),
        (|entry| entry.position = 2, "LOG_MOVED"),
        (|entry| entry.entry.clear(), "MALFORMED"),
        (|entry| entry.recipients[0].devices = vec![0], "MALFORMED"),
        (|entry| entry.recipients[0].devices = vec![1; GROUP_DEVICES + 1], "LIMIT"),
    ];
    for (change, word) in cases {
        let mut entry = entry(1, 1, &[&bob], b"x");
        change(&mut entry);
        assert_eq!(from.append(entry).await.err(), Some(word));
    }
    assert_eq!(from.append(entry(1, 1, &[&alice], b"x")).await.err(), Some("MALFORMED"));
    assert!(logged(folder.path()).unwrap().is_empty() && stored(folder.path()).unwrap().is_empty());
    from.append(entry(1, 1, &[&bob], b"x")).await.unwrap();

    assert_eq!(from.entries(&LOG[..31], 1).await, Err("MALFORMED"));
    assert_eq!(from.entries(&LOG, 0).await, Err("MALFORMED"));
    let mut stranger = Client::connect(&running.url).await;
    assert_eq!(stranger.entries(&LOG, 1).await, Err("NOT_LOGGED_IN"));
    assert_eq!(stranger.append(entry(2, 2, &[], b"x")).await.err(), Some("NOT_LOGGED_IN"));
    assert_eq!(stranger.fan_out(circular(3, &[&bob], b"x")).await.err(), Some("NOT_LOGGED_IN"));
}

#[tokio::test]
// RLY-28, RLY-29, RLY-31.
async fn t1_the_limits_of_groups_are_exact() {
    let (folder, running) = relay().await;
    let ([_, bob, _], [mut from, mut to, _]) = three(&running).await;
    // The largest entry fits one envelope with what is around it.
    let large = entry(1, 1, &[&bob], &vec![7; LOG_ENTRY_BYTES + 1]);
    assert_eq!(from.append(large).await.err(), Some("LIMIT"));
    from.append(entry(1, 1, &[&bob], &vec![7; LOG_ENTRY_BYTES])).await.unwrap();
    to.subscribe().await;
    assert_eq!(notice(&to.delivery().await.envelope).entry.len(), LOG_ENTRY_BYTES);

    // As many devices as a group may have, and the answer that names them all.
    let everybody = |devices: usize| {
        let mut message = circular(2, &[], b"x");
        let each: Vec<u8> = (1..=127).collect();
        for (rest, number) in (0..=devices).rev().step_by(each.len()).zip(0u8..) {
            let devices = each[..rest.min(each.len())].to_vec();
            message.recipients.push(pb::Recipient { account_key: vec![number; 32], devices });
        }
        message.recipients.retain(|recipient| !recipient.devices.is_empty());
        message
    };
    assert_eq!(from.fan_out(everybody(GROUP_DEVICES + 1)).await.err(), Some("LIMIT"));
    let missed = from.fan_out(everybody(GROUP_DEVICES)).await.unwrap().missed;
    assert_eq!(missed.len(), GROUP_DEVICES);

    // The last position of a log.
    change(folder.path(), &format!("UPDATE log SET newest = {}", limits::LOG_ENTRIES - 1));
    from.append(entry(3, limits::LOG_ENTRIES, &[], b"the last")).await.unwrap();
    assert_eq!(from.append(entry(4, limits::LOG_ENTRIES + 1, &[], b"x")).await.err(), Some("LIMIT"));
    assert_eq!(
        from.entries(&LOG, limits::LOG_ENTRIES).await,
        Ok((limits::LOG_ENTRIES, vec![b"the last".to_vec()]))
    );
}

#[tokio::test]
// RLY-28.
async fn answers_with_entries_are_bounded_and_the_rest_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path());
    config.rates.appends.burst = 1000;
    config.rates.appended_kib.burst = 100_000;
    let running = Running::start_with(config).await;
    let mut client = Client::join(&running.url, &Person::new("alice")).await;
    for position in 1..=5u8 {
        client
            .append(entry(position.into(), position.into(), &[], &vec![position; LOG_ENTRY_BYTES]))
            .await
            .unwrap();
    }
    for position in 6..=100u8 {
        client.append(entry(position.into(), position.into(), &[], &[position])).await.unwrap();
    }
    let (mut next, mut answers) = (1u64, Vec::new());
    while next <= 100 {
        let (newest, entries) = client.entries(&LOG, next).await.unwrap();
        assert_eq!(newest, 100);
        for entry in &entries {
            assert_eq!(u64::from(entry[0]), next);
            next += 1;
        }
        answers.push(entries.len());
    }
    assert_eq!(answers, [3, ENTRIES_PER_REPLY, 100 - 3 - ENTRIES_PER_REPLY]);
    assert_eq!(client.entries(&LOG, 101).await, Ok((100, vec![])));
}

#[tokio::test]
// RLY-30.
async fn t1_an_account_that_does_too_much_is_told_to_wait() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path());
    let rate = |burst| Rate { burst, each: Duration::from_secs(3600) };
    config.rates.appends = rate(4);
    config.rates.logs = rate(2);
    config.rates.appended_kib = rate(67);
    config.rates.fanned_out = rate(5);
    let running = Running::start_with(config).await;
    let ([alice, bob, carol], [mut from, mut other, _]) = three(&running).await;
    let group = [&bob, &carol];
    let begin = |log: u8, size: usize| pb::AppendEntry {
        log: vec![log; 32],
        ..entry(log.into(), 1, &[], &vec![0; size])
    };
    // 64 KiB, then one for each entry however short.
    from.append(begin(1, 64 * 1024)).await.unwrap();
    assert_eq!(from.append(begin(2, 3073)).await.err(), Some("RATE"));
    from.append(begin(2, 1)).await.unwrap();
    assert_eq!(from.append(begin(3, 1)).await.err(), Some("RATE"));
    // On every connection of the account, and whatever is asked for.
    let mut again = Client::enter(&running.url, &alice).await;
    let next = pb::AppendEntry { position: 2, ..begin(1, 1) };
    assert_eq!(again.append(next).await.err(), Some("RATE"));
    assert_eq!(logged(folder.path()).unwrap().len(), 2);

    for number in 10..12 {
        from.fan_out(circular(number, &group, b"x")).await.unwrap();
    }
    assert_eq!(from.fan_out(circular(12, &group, b"x")).await.err(), Some("RATE"));
    from.fan_out(circular(12, &group[..1], b"x")).await.unwrap();
    assert_eq!(again.fan_out(circular(13, &group[..1], b"x")).await.err(), Some("RATE"));
    assert_eq!(stored(folder.path()).unwrap().len(), 5);
    // What goes to one person is not counted, and others are not held up.
    from.send(bob.letter(14, b"x")).await.unwrap();
    other.append(begin(5, 1)).await.unwrap();
    other.fan_out(circular(15, &[&alice], b"x")).await.unwrap();
}
