//! How much one account or one source may do, and what others notice of it: nothing.

use crate::{
    client::Client,
    person::{Person, circular, entry, letter_in_session},
    running::{Running, soon},
};
use aside_identity::{Pace, Parameters, PrekeyKind};
use aside_relay::{Config, Rate, limits, stored};
use aside_wire::pb::{self, reply, request::Body};
use futures_util::StreamExt;
use prost::Message as _;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{connect_async, tungstenite::client::IntoClientRequest};

const HOUR: Duration = Duration::from_secs(3600);

async fn relay_with(change: impl FnOnce(&mut Config)) -> (TempDir, Running) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path());
    change(&mut config);
    let running = Running::start_with(config).await;
    (folder, running)
}

/// Asks so many things, some at a time, and counts by the words of the answers.
async fn ask_all(
    client: &mut Client,
    number: u64,
    mut question: impl FnMut(u64) -> Body,
) -> (Vec<reply::Body>, u64) {
    let (mut answers, mut refused) = (Vec::new(), 0);
    let mut from = 0;
    while from < number {
        let to = number.min(from + 50);
        let mut asked = Vec::new();
        for number in from..to {
            asked.push(client.post(question(number)).await);
        }
        for id in asked {
            match client.answer(id).await {
                Ok(answer) => answers.push(answer),
                Err(word) => {
                    assert_eq!(word, "RATE");
                    refused += 1;
                }
            }
        }
        from = to;
    }
    (answers, refused)
}

fn fetch(of: &Person) -> Body {
    Body::FetchPrekeys(pb::FetchPrekeys { account_key: of.key(), device_id: 1 })
}

fn one_time(answers: &[reply::Body]) -> u64 {
    let used = answers
        .iter()
        .filter(|answer| matches!(answer, reply::Body::Prekeys(prekeys) if !prekeys.one_time.is_empty()));
    u64::try_from(used.count()).unwrap()
}

#[tokio::test]
// RLY-71.
async fn h2_of_ten_thousand_bundles_one_account_gets_its_quota_and_the_victim_stays_within_reach() {
    let (_folder, running) = relay_with(|_| ()).await;
    let [alice, bob, mallory] = ["alice", "bob", "mallory"].map(Person::new);
    let mut victim = Client::join(&running.url, &bob).await;
    victim.publish(bob.prekeys(1..101)).await.unwrap();
    let mut greedy = Client::join(&running.url, &mallory).await;
    let (answers, refused) = ask_all(&mut greedy, 10_000, |_| fetch(&bob)).await;
    // What the time of the test earns is less than one.
    assert_eq!((one_time(&answers), refused), (u64::from(limits::BUNDLES_OF_ONE), 10_000 - 24));
    // On another connection it is the same account.
    let mut greedy = Client::enter(&running.url, &mallory).await;
    assert_eq!(greedy.take_prekeys(&bob).await.err(), Some("RATE"));
    let mut friend = Client::join(&running.url, &alice).await;
    assert!(!friend.take_prekeys(&bob).await.unwrap().one_time.is_empty());
    let status = Client::connect(&running.url).await.log_in(&bob).await.unwrap();
    assert_eq!(status.one_time_prekeys, 100 - limits::BUNDLES_OF_ONE - 1);
}

#[tokio::test]
// RLY-71.
async fn h2_however_many_ask_some_one_time_prekeys_stay_and_the_signed_one_goes_alone() {
    let (_folder, running) = relay_with(|_| ()).await;
    let bob = Person::new("bob");
    let mut victim = Client::join(&running.url, &bob).await;
    let uploaded = bob.prekeys(1..101);
    victim.publish(uploaded.clone()).await.unwrap();
    let mut used = 0;
    for number in 0..6 {
        let mut greedy = Client::join(&running.url, &Person::new(&format!("mallory{number}"))).await;
        let (answers, _) = ask_all(&mut greedy, 24, |_| fetch(&bob)).await;
        assert_eq!(answers.len(), 24);
        used += one_time(&answers);
        for answer in answers {
            let reply::Body::Prekeys(prekeys) = answer else { panic!("another answer than Prekeys") };
            assert!(prekeys.signed_prekey == uploaded.signed_prekey);
        }
    }
    assert_eq!(used, u64::from(limits::ONE_TIME_OF_ONE));
    let status = Client::connect(&running.url).await.log_in(&bob).await.unwrap();
    assert_eq!(status.one_time_prekeys, 100 - limits::ONE_TIME_OF_ONE);
    // Without a signed prekey there is nothing, also then.
    let carol = Person::new("carol");
    let mut other = Client::join(&running.url, &carol).await;
    assert_eq!(other.take_prekeys(&carol).await.err(), Some("NO_PREKEYS"));
}

#[tokio::test]
// RLY-71.
async fn h2_an_account_that_asks_for_everybodys_prekeys_is_told_to_wait() {
    let (_folder, running) = relay_with(|config| config.rates.bundles = Rate { burst: 3, each: HOUR }).await;
    let mut greedy = Client::join(&running.url, &Person::new("mallory")).await;
    for number in 0..4 {
        let person = Person::new(&format!("bob{number}"));
        Client::join(&running.url, &person).await.publish(person.prekeys(1..3)).await.unwrap();
        let outcome = greedy.take_prekeys(&person).await;
        assert_eq!(outcome.err(), (number == 3).then_some("RATE"));
    }
}

#[tokio::test]
// RLY-110.
async fn h2_a_device_that_replaces_its_prekeys_for_ever_is_told_to_wait_before_any_is_looked_at() {
    let (_folder, running) = relay_with(|_| ()).await;
    let [alice, mallory] = ["alice", "mallory"].map(Person::new);
    let mut greedy = Client::join(&running.url, &mallory).await;
    let signed = |id| pb::PublishPrekeys {
        signed_prekey: mallory.prekey(PrekeyKind::Signed, id),
        one_time: Vec::new(),
    };
    // What does not verify costs as much as what does; so does what was there before.
    let rubbish = pb::PublishPrekeys { signed_prekey: Vec::new(), one_time: vec![vec![0]; 100] };
    for _ in 0..4 {
        assert_eq!(greedy.publish(rubbish.clone()).await.err(), Some("MALFORMED"));
    }
    let mut last = signed(1);
    for id in 2..=100 {
        greedy.publish(last).await.unwrap();
        last = signed(id);
    }
    assert_eq!(greedy.publish(rubbish.clone()).await.err(), Some("RATE"));
    greedy.publish(last).await.unwrap();
    // On another connection it is the same device.
    let mut greedy = Client::enter(&running.url, &mallory).await;
    assert_eq!(greedy.publish(signed(101)).await.err(), Some("RATE"));
    // Whoever is new, and begins anew three times, is not held up.
    let mut honest = Client::join(&running.url, &alice).await;
    honest.publish(alice.prekeys(1..101)).await.unwrap();
    for _ in 0..3 {
        assert_eq!(honest.publish(rubbish.clone()).await.err(), Some("MALFORMED"));
    }
}

#[tokio::test]
// RLY-71, RLY-77.
async fn h3_whoever_has_used_prekeys_up_does_not_see_when_the_device_fills_up() {
    let (_folder, running) = relay_with(|config| config.rates.bundles_of_one = config.rates.bundles).await;
    let [alice, bob] = ["alice", "bob"].map(Person::new);
    let mut owner = Client::join(&running.url, &bob).await;
    owner.publish(bob.prekeys(1..101)).await.unwrap();
    let mut watcher = Client::join(&running.url, &alice).await;
    let (answers, _) = ask_all(&mut watcher, 60, |_| fetch(&bob)).await;
    assert_eq!(one_time(&answers), u64::from(limits::ONE_TIME_OF_ONE));
    let gone = raw_fetch(&mut watcher, &bob).await;
    // The owner comes, fills up and goes; each time the watcher is answered with the same bytes.
    drop(owner);
    assert_eq!(raw_fetch(&mut watcher, &bob).await, gone);
    let mut owner = Client::enter(&running.url, &bob).await;
    owner.subscribe().await;
    assert_eq!(raw_fetch(&mut watcher, &bob).await, gone);
    let refill = pb::PublishPrekeys { signed_prekey: Vec::new(), ..bob.prekeys(101..151) };
    assert_eq!(owner.publish(refill).await, Ok(100));
    assert_eq!(raw_fetch(&mut watcher, &bob).await, gone);
    // Nobody is told anything by the relay itself, and how many there are only the owner learns.
    watcher.ask(Body::FetchSettings(pb::FetchSettings {})).await.unwrap();
    assert!(watcher.delivered.is_empty() && watcher.transients.is_empty());
    let status = Client::connect(&running.url).await.log_in(&bob).await.unwrap();
    assert_eq!(status.one_time_prekeys, 100);
}

/// The answer to somebody who asks for prekeys, encoded.
async fn raw_fetch(client: &mut Client, of: &Person) -> Vec<u8> {
    let body = client.ask(fetch(of)).await.unwrap();
    pb::Reply { id: 1, body: Some(body) }.encode_to_vec()
}

#[tokio::test]
// RLY-72.
async fn t6_of_ten_thousand_frames_of_a_stranger_as_many_as_the_quota_allows_are_stored() {
    let (folder, running) = relay_with(|_| ()).await;
    let [alice, bob, mallory] = ["alice", "bob", "mallory"].map(Person::new);
    Client::join(&running.url, &bob).await;
    let mut stranger = Client::join(&running.url, &mallory).await;
    let began = Instant::now();
    let flood = |number| Body::Send(letter_in_session(&bob, number, b"x"));
    let (accepted, refused) = ask_all(&mut stranger, 10_000, flood).await;
    let earned = began.elapsed().as_secs() * u64::from(limits::SENDS_TO_ONE_PER_MINUTE) / 60 + 1;
    let kept = stored(folder.path()).unwrap().len();
    assert_eq!(kept, accepted.len());
    assert!(u64::try_from(kept).unwrap() <= u64::from(limits::SENDS_TO_ONE) + earned, "{kept}");
    assert!(refused > 7_000);
    // Whom the stranger did not write to, and who else writes, notices nothing.
    stranger.send(alice_first(&running, &alice).await).await.unwrap();
    let mut friend = Client::enter(&running.url, &alice).await;
    friend.send(bob.letter(1, b"hello")).await.unwrap();
}

#[tokio::test]
// RLY-111.
async fn t6_of_the_fan_outs_and_notices_of_a_stranger_a_small_part_of_a_mailbox_is_filled() {
    let (folder, running) = relay_with(|_| ()).await;
    let [alice, bob, mallory] = ["alice", "bob", "mallory"].map(Person::new);
    Client::join(&running.url, &bob).await;
    Client::join(&running.url, &alice).await;
    let mut stranger = Client::join(&running.url, &mallory).await;
    let began = Instant::now();
    let flood = |number| Body::FanOut(circular(number, &[&bob], b"x"));
    let (accepted, refused) = ask_all(&mut stranger, 3_000, flood).await;
    let earned = began.elapsed().as_secs() * u64::from(limits::FANNED_TO_ONE_PER_MINUTE) / 60 + 1;
    let kept = stored(folder.path()).unwrap().len();
    assert_eq!(kept, accepted.len());
    assert!(u64::try_from(kept).unwrap() <= u64::from(limits::FANNED_TO_ONE) + earned, "{kept}");
    assert!(refused > 1_500);
    // Nor beside others, nor with what tells of an entry; and a large one counts for more.
    let beside = circular(5_000, &[&alice, &bob], &[0; 60_000]);
    assert_eq!(stranger.fan_out(beside).await.err(), Some("RATE"));
    assert_eq!(stranger.append(entry(5_001, 1, &[&bob], &[0; 60_000])).await.err(), Some("RATE"));
    // Whoever has not been written to gets it, and who else writes is not held up.
    stranger.fan_out(circular(5_002, &[&alice], b"x")).await.unwrap();
    let mut friend = Client::enter(&running.url, &alice).await;
    assert!(friend.fan_out(circular(1, &[&bob], b"hello")).await.unwrap().missed.is_empty());
}

#[tokio::test]
// RLY-72, RLY-111.
async fn t6_what_is_large_counts_as_several() {
    let (folder, running) = relay_with(|config| {
        let few = Rate { burst: 5, each: HOUR };
        (config.rates.sends_to_one, config.rates.fanned_to_one) = (few, few);
    })
    .await;
    let [alice, bob] = ["alice", "bob"].map(Person::new);
    Client::join(&running.url, &bob).await;
    let mut from = Client::join(&running.url, &alice).await;
    from.send(bob.letter(1, &[0; 60_000])).await.unwrap();
    assert_eq!(from.send(bob.letter(2, &[0; 20_000])).await.err(), Some("RATE"));
    from.send(bob.letter(3, &[0; 16_000])).await.unwrap();
    // The two are counted apart: what passes no settings, and what does.
    from.fan_out(circular(4, &[&bob], &[0; 60_000])).await.unwrap();
    assert_eq!(from.append(entry(5, 1, &[&bob], &[0; 20_000])).await.err(), Some("RATE"));
    from.append(entry(6, 1, &[&bob], b"x")).await.unwrap();
    assert_eq!(from.fan_out(circular(7, &[&bob], b"x")).await.err(), Some("RATE"));
    assert_eq!(stored(folder.path()).unwrap().len(), 4);
}

async fn alice_first(running: &Running, alice: &Person) -> pb::Send {
    Client::join(&running.url, alice).await;
    letter_in_session(alice, 20_000, b"x")
}

#[tokio::test]
// RLY-72.
async fn t6_sends_bytes_and_first_contacts_of_an_account_have_a_rate_over_all_connections() {
    let few = Rate { burst: 3, each: HOUR };
    let (folder, running) = relay_with(|config| config.rates.sends = few).await;
    let [alice, bob] = ["alice", "bob"].map(Person::new);
    Client::join(&running.url, &bob).await;
    Client::join(&running.url, &alice).await;
    for number in 1..=4 {
        let mut from = Client::enter(&running.url, &alice).await;
        let outcome = from.send(bob.letter(number, b"x")).await;
        assert_eq!(outcome.err(), (number == 4).then_some("RATE"));
    }
    assert_eq!(stored(folder.path()).unwrap().len(), 3);

    let (folder, running) = relay_with(|config| config.rates.sent_kib = few).await;
    let mut from = Client::join(&running.url, &alice).await;
    Client::join(&running.url, &bob).await;
    assert_eq!(from.send(bob.letter(1, &[0; 3_100])).await.err(), Some("RATE"));
    from.send(bob.letter(2, &[0; 2_000])).await.unwrap();
    let fan = circular(3, &[&bob], &[0; 1_100]);
    assert_eq!(from.fan_out(fan).await.err(), Some("RATE"));
    from.send(bob.letter(4, b"x")).await.unwrap();
    assert_eq!(from.send(bob.letter(5, b"x")).await.err(), Some("RATE"));
    assert_eq!(stored(folder.path()).unwrap().len(), 2);

    let (_folder, running) = relay_with(|config| config.rates.contacts = few).await;
    let mut from = Client::join(&running.url, &alice).await;
    for number in 0..5 {
        let person = Person::new(&format!("bob{number}"));
        Client::join(&running.url, &person).await;
        // In a session, what counts is the prekeys that it began with.
        from.send(letter_in_session(&person, 100 + number, b"x")).await.unwrap();
        for again in 0..2 {
            let outcome = from.send(person.letter(10 * again + number, b"x")).await;
            assert_eq!(outcome.err(), (number >= 3).then_some("RATE"), "{number}");
        }
    }
}

#[tokio::test]
// RLY-74.
async fn a_relay_says_what_it_allows_and_signs_it() {
    let (folder, running) = relay_with(|config| {
        config.keep = "3".parse().unwrap();
        config.mailbox.messages = 70;
        config.rates.sends = Rate { burst: 5, each: Duration::from_millis(3) };
    })
    .await;
    let client = Client::connect(&running.url).await;
    let said = Parameters::verify(&client.parameters, "localhost", &client.relay_key).unwrap();
    assert_eq!((said.keep_days, said.mailbox_messages), (3, 70));
    assert_eq!(said.mailbox_bytes, limits::MAILBOX_BYTES);
    assert_eq!(said.sends, Pace { burst: 5, each_us: 3_000 });
    assert_eq!(said.sends_to_one, Pace { burst: limits::SENDS_TO_ONE, each_us: 500_000 });
    assert_eq!(said.fanned_to_one, Pace { burst: limits::FANNED_TO_ONE, each_us: 2_000_000 });
    assert!(said.issued_at > 1_700_000_000_000);
    // The same to everybody, until the relay starts again.
    assert_eq!(Client::connect(&running.url).await.parameters, client.parameters);
    running.stop().await;
    let running = Running::start(folder.path()).await;
    let again = Client::connect(&running.url).await;
    assert_eq!(Parameters::verify(&again.parameters, "localhost", &client.relay_key).unwrap().keep_days, 30);
}

#[tokio::test]
// RLY-114.
async fn t6_nobody_is_known_who_does_not_exist() {
    let few = Rate { burst: 3, each: HOUR };
    let (_folder, running) = relay_with(|config| config.rates.contacts = few).await;
    let [alice, bob] = ["alice", "bob"].map(Person::new);
    let mut from = Client::join(&running.url, &alice).await;
    for number in 0..4 {
        let word = if number < 3 { "UNKNOWN_ACCOUNT" } else { "RATE" };
        assert_eq!(from.send(bob.letter(number, b"x")).await.err(), Some(word), "{number}");
    }
}

async fn raw(client: &mut Client, id: u64, handle: &str) -> (Vec<u8>, Duration) {
    let request = pb::Request { id, body: Some(Body::Resolve(pb::Resolve { handle: handle.into() })) };
    let began = Instant::now();
    client.raw(request.encode_to_vec()).await.unwrap();
    let answer = soon(client.socket.next()).await.unwrap().unwrap().into_data();
    (answer.to_vec(), began.elapsed())
}

/// How far apart two lots of times are, by their ranks: some standard deviations of what equal ones would show.
fn rank_distance(one: &[Duration], other: &[Duration]) -> f64 {
    let mut all: Vec<_> =
        one.iter().map(|time| (time, true)).chain(other.iter().map(|time| (time, false))).collect();
    all.sort();
    let sum: usize =
        all.iter().enumerate().filter(|(_, (_, is_one))| *is_one).map(|(rank, _)| rank + 1).sum();
    let (n, m) =
        (f64::from(u32::try_from(one.len()).unwrap()), f64::from(u32::try_from(other.len()).unwrap()));
    let expected = n * (n + m + 1.0) / 2.0;
    let deviation = (n * m * (n + m + 1.0) / 12.0).sqrt();
    (f64::from(u32::try_from(sum).unwrap()) - expected) / deviation
}

#[tokio::test]
// RLY-73.
async fn t4_past_its_rate_nobody_can_tell_a_handle_that_exists_from_one_that_does_not() {
    let (_folder, running) = relay_with(|config| config.rates.resolves = Rate { burst: 3, each: HOUR }).await;
    let [bob, mallory] = ["bob", "mallory"].map(Person::new);
    Client::join(&running.url, &bob).await;
    let mut curious = Client::join(&running.url, &mallory).await;
    // A handle is a public name: within the rate, there is an answer, and all that are not there look alike.
    let devices = raw(&mut curious, 7, "bob").await.0;
    let (nobody, other) = (raw(&mut curious, 7, "bab").await.0, raw(&mut curious, 7, "zoe").await.0);
    assert!(devices != nobody && nobody == other);

    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for round in 0..400 {
        let names = if round % 2 == 0 { ["bob", "bab"] } else { ["bab", "bob"] };
        let [first, second] = names;
        let (first, second) = (raw(&mut curious, 7, first).await, raw(&mut curious, 7, second).await);
        assert_eq!(first.0, second.0);
        let (here, not_here) = if round % 2 == 0 { (first.1, second.1) } else { (second.1, first.1) };
        known.push(here);
        unknown.push(not_here);
    }
    let distance = rank_distance(&known, &unknown);
    assert!(distance.abs() < 6.0, "{distance} standard deviations apart");
}

/// A connection that a proxy says is made for this address.
async fn from(url: &str, address: &str) -> Result<Client, u16> {
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("X-Forwarded-For", address.parse().unwrap());
    match soon(connect_async(request)).await {
        Ok((socket, _)) => Ok(Client::greet(socket).await),
        Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

/// The same as it comes from a proxy, whatever the bytes are: the status, and the connection, which lasts as long as this.
async fn from_bytes(address: SocketAddr, said: &[u8]) -> (String, TcpStream) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let before = b"GET /v1/connect HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nX-Forwarded-For: ";
    stream.write_all(&[before, said, b"\r\n\r\n"].concat()).await.unwrap();
    let mut status = [0; 12];
    soon(stream.read_exact(&mut status)).await.unwrap();
    (String::from_utf8_lossy(&status[9..]).into(), stream)
}

#[tokio::test]
// RLY-70.
async fn t1_a_header_that_cannot_be_read_is_no_way_past_the_count_of_a_source() {
    for proxies in ["1", "127.0.0.1"] {
        let (_folder, running) = relay_with(|config| {
            config.proxies = proxies.parse().unwrap();
            config.connections_of_source = 2;
        })
        .await;
        for said in [b"\xFF, 192.0.2.1".as_slice(), b"\xFF", b"\xFF, 192.0.2.2"] {
            let mut there = Vec::new();
            for number in 0..4 {
                let (status, stream) = from_bytes(running.address, said).await;
                assert_eq!(status, if number < 2 { "101" } else { "429" }, "{proxies} {said:?}");
                there.push(stream);
            }
        }
    }
}

#[tokio::test]
// RLY-70.
async fn t4_a_source_registers_only_so_many_accounts() {
    let few = Rate { burst: 3, each: HOUR };
    let (_folder, running) = relay_with(|config| {
        config.proxies = "1".parse().unwrap();
        config.rates.registrations = few;
    })
    .await;
    for number in 0..6 {
        // Each from another address of the same half.
        let mut client = from(&running.url, &format!("198.51.100.9, 2001:db8::{number}")).await.unwrap();
        let outcome = client.register(&Person::new(&format!("mallory{number}"))).await;
        assert_eq!(outcome.err(), (number >= 3).then_some("RATE"));
    }
    let mut other = from(&running.url, "2001:db8:0:1::1").await.unwrap();
    other.register(&Person::new("alice")).await.unwrap();
    // Whoever is there already gets in from anywhere.
    let mut login = from(&running.url, "2001:db8::7").await.unwrap();
    assert_eq!(login.log_in(&Person::new("nobody")).await.err(), Some("UNKNOWN_ACCOUNT"));
}

#[tokio::test]
// RLY-70.
async fn t1_a_source_has_only_so_many_connections_and_begins_only_so_many() {
    let (_folder, running) = relay_with(|config| {
        config.proxies = "127.0.0.1".parse().unwrap();
        config.connections_of_source = 2;
    })
    .await;
    let first = from(&running.url, "192.0.2.1").await.unwrap();
    let _second = from(&running.url, "192.0.2.1").await.unwrap();
    assert_eq!(from(&running.url, "192.0.2.1").await.err(), Some(429));
    let _other = from(&running.url, "192.0.2.2").await.unwrap();
    drop(first);
    soon(async {
        while from(&running.url, "192.0.2.1").await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;

    let (_folder, running) = relay_with(|config| {
        config.proxies = "1".parse().unwrap();
        config.rates.connections = Rate { burst: 3, each: HOUR };
    })
    .await;
    for number in 0..5 {
        let outcome = from(&running.url, "192.0.2.1").await;
        assert_eq!(outcome.err(), (number >= 3).then_some(429));
    }
    // Without a proxy that is trusted, the header says nothing.
    let (_folder, running) =
        relay_with(|config| config.rates.connections = Rate { burst: 3, each: HOUR }).await;
    for _ in 0..5 {
        assert!(from(&running.url, "192.0.2.1").await.is_ok());
    }
}
