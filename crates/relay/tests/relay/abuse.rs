//! Garbage, floods, and clients that do not behave.

use crate::{
    client::Client,
    person::Person,
    running::{Running, health, relay, soon},
};
use aside_relay::{Config, Timeouts, limits};
use aside_wire::{
    limits::FRAME_BYTES,
    pb::{self, RefusalCode, reply, request::Body},
};
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream,
    tungstenite::{Message, client::IntoClientRequest, protocol::frame::coding::CloseCode},
};

const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

/// Shorter than every timeout that a test does not set.
const MOMENT: Duration = Duration::from_secs(15);

/// Why the relay closed, in its own words.
async fn close_code(client: &mut Client) -> Option<CloseCode> {
    loop {
        match soon(client.socket.next()).await? {
            Ok(Message::Close(frame)) => return frame.map(|frame| frame.code),
            Ok(_) => (),
            Err(_) => return None,
        }
    }
}

async fn refusal(client: &mut Client) -> (u64, RefusalCode) {
    match client.read().await.unwrap() {
        pb::Reply { id, body: Some(reply::Body::Refusal(refusal)) } => {
            (id, RefusalCode::try_from(refusal.code).unwrap())
        }
        _ => panic!("not a refusal"),
    }
}

async fn is_well(running: &Running) -> bool {
    let answer = health(running.address).await;
    answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok\n")
}

#[tokio::test]
// RLY-16.
async fn t10_garbage_is_refused_and_the_connection_survives() {
    let (_folder, running) = relay().await;
    let alice = Person::new("alice");
    let mut client = Client::join(&running.url, &alice).await;
    let mut unknown = pb::Request { id: 300, body: None }.encode_to_vec();
    unknown.extend_from_slice(&[0xFA, 0x01, 0x00]);
    let garbage = [
        (vec![0xFF; 100], 0, RefusalCode::Malformed),
        (pb::Request { id: 7, body: None }.encode_to_vec(), 7, RefusalCode::Malformed),
        (unknown, 300, RefusalCode::Malformed),
        ([vec![0x08, 0x05], [0x42, 0x00].repeat(2)].concat(), 5, RefusalCode::Malformed),
        ([vec![0x08, 0x09], [0x42, 0x00].repeat(1100)].concat(), 9, RefusalCode::Limit),
        (vec![], 0, RefusalCode::Malformed),
    ];
    for (bytes, id, code) in garbage {
        client.raw(bytes).await.unwrap();
        assert!(refusal(&mut client).await == (id, code));
    }
    client.socket.send(Message::text("{\"hello\": 1}")).await.unwrap();
    assert!(refusal(&mut client).await == (0, RefusalCode::Malformed));
    assert!(client.send(alice.letter(1, b"x")).await.is_ok());
}

#[tokio::test]
// RLY-16.
async fn t10_who_goes_on_breaking_the_protocol_is_cut_off() {
    let (_folder, running) = relay().await;
    let mut client = Client::connect(&running.url).await;
    for _ in 0..limits::VIOLATIONS {
        client.raw(vec![0xFF; 10]).await.unwrap();
        assert!(refusal(&mut client).await == (0, RefusalCode::Malformed));
    }
    // At once, and not because it never logged in.
    assert_eq!(timeout(MOMENT, close_code(&mut client)).await, Ok(Some(CloseCode::Policy)));
    assert!(is_well(&running).await);
}

#[tokio::test]
async fn t10_random_bytes_never_harm_the_relay() {
    let (_folder, running) = relay().await;
    let mut seed = 1u64;
    for round in 0..200 {
        let mut client = Client::connect(&running.url).await;
        let mut bytes = pb::Request { id: 1, body: Some(Body::Send(Person::new("alice").letter(1, b"x"))) }
            .encode_to_vec();
        for _ in 0..=round % 7 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let place = usize::try_from(seed >> 33).unwrap() % bytes.len();
            bytes[place] ^= seed.to_be_bytes()[2] | 1;
        }
        client.raw(bytes).await.unwrap();
        refusal(&mut client).await;
    }
    assert!(is_well(&running).await);
}

#[tokio::test]
// RLY-2.
async fn t1_a_frame_over_the_limit_closes_the_connection() {
    let (_folder, running) = relay().await;
    let alice = Person::new("alice");
    let mut client = Client::join(&running.url, &alice).await;
    client.raw(vec![0xFF; FRAME_BYTES]).await.unwrap();
    assert!(refusal(&mut client).await == (0, RefusalCode::Malformed));
    let _ = client.raw(vec![0xFF; FRAME_BYTES + 1]).await;
    // The relay does not read what it will not take, so its goodbye may be lost in a reset.
    assert!(matches!(close_code(&mut client).await, Some(CloseCode::Size) | None));

    // In pieces it is no smaller.
    let mut client = Client::enter(&running.url, &alice).await;
    let MaybeTlsStream::Plain(stream) = client.socket.get_mut() else { panic!("no TLS here") };
    let mut piece = vec![0x02, 0xFF];
    piece.extend_from_slice(&200_000u64.to_be_bytes());
    piece.extend_from_slice(&[0; 200_004]);
    stream.write_all(&piece).await.unwrap();
    piece[0] = 0x00;
    let _ = stream.write_all(&piece).await;
    assert!(matches!(close_code(&mut client).await, Some(CloseCode::Size) | None));
    assert!(is_well(&running).await);
}

#[tokio::test]
// RLY-101.
async fn t1_before_a_login_little_is_taken_of_a_frame() {
    let (_folder, running) = relay().await;
    let mut client = Client::connect(&running.url).await;
    // Larger than any registration.
    client.raw(vec![0xFF; 15_000]).await.unwrap();
    assert!(refusal(&mut client).await == (0, RefusalCode::Malformed));
    let _ = client.raw(vec![0xFF; 64_000]).await;
    assert!(matches!(close_code(&mut client).await, Some(CloseCode::Size) | None));

    // It is not waited for the end either.
    let mut client = Client::connect(&running.url).await;
    let MaybeTlsStream::Plain(stream) = client.socket.get_mut() else { panic!("no TLS here") };
    let mut part = vec![0x82, 0xFF];
    part.extend_from_slice(&200_000u64.to_be_bytes());
    part.extend_from_slice(&[0; 64_000]);
    let _ = stream.write_all(&part).await;
    let closed = timeout(MOMENT, close_code(&mut client)).await;
    assert!(matches!(closed, Ok(Some(CloseCode::Size) | None)));
    assert!(is_well(&running).await);
}

#[tokio::test]
// RLY-101.
async fn t1_a_frame_that_never_ends_is_not_waited_for_whatever_stands_between_its_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let timeouts = Timeouts { frame: Duration::from_millis(400), ..Timeouts::default() };
    let running = Running::start_with(Config { timeouts, ..Config::new(folder.path()) }).await;
    let alice = Person::new("alice");
    let mut slow = Client::join(&running.url, &alice).await;
    let mut quiet = Client::enter(&running.url, &alice).await;
    let pong = [0x8A, 0x80, 0, 0, 0, 0];
    for client in [&mut slow, &mut quiet] {
        let MaybeTlsStream::Plain(stream) = client.socket.get_mut() else { panic!("no TLS here") };
        stream.set_nodelay(true).unwrap();
    }
    let MaybeTlsStream::Plain(stream) = slow.socket.get_mut() else { panic!("no TLS here") };
    stream.write_all(&[[0x02, 0x84].as_slice(), &[0; 8]].concat()).await.unwrap();
    let begun = Instant::now();
    let ended = async {
        loop {
            let MaybeTlsStream::Plain(stream) = slow.socket.get_mut() else { panic!("no TLS here") };
            if stream.write_all(&pong).await.is_err() {
                break;
            }
            let MaybeTlsStream::Plain(stream) = quiet.socket.get_mut() else { panic!("no TLS here") };
            stream.write_all(&pong).await.unwrap();
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(MOMENT, ended).await.expect("it is cut off");
    assert!(begun.elapsed() >= timeouts.frame);
    // Whoever only answers pings has no frame under way.
    assert!(quiet.send(alice.letter(1, b"x")).await.is_ok());
}

#[tokio::test]
async fn t1_endless_and_slow_headers_are_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let timeouts = Timeouts { headers: Duration::from_millis(200), ..Timeouts::default() };
    let running = Running::start_with(Config { timeouts, ..Config::new(folder.path()) }).await;

    let mut slow = TcpStream::connect(running.address).await.unwrap();
    slow.write_all(b"GET /v1/connect HTTP/1.1\r\nHost: re").await.unwrap();
    let mut answer = Vec::new();
    timeout(MOMENT, slow.read_to_end(&mut answer)).await.expect("cut off in time").unwrap();

    let mut endless = TcpStream::connect(running.address).await.unwrap();
    endless.write_all(b"GET /v1/connect HTTP/1.1\r\nX: ").await.unwrap();
    // Ten megabytes of header; the relay stops reading long before.
    let flood = async {
        for _ in 0..160 {
            endless.write_all(&[b'a'; 65_536]).await?;
        }
        endless.read_u8().await
    };
    assert!(soon(flood).await.is_err() || is_well(&running).await);
    assert!(is_well(&running).await);
}

#[tokio::test]
// RLY-15.
async fn who_does_not_log_in_is_sent_away() {
    let folder = tempfile::tempdir().unwrap();
    let timeouts = Timeouts { login: Duration::from_millis(200), ..Timeouts::default() };
    let running = Running::start_with(Config { timeouts, ..Config::new(folder.path()) }).await;
    let alice = Person::new("alice");
    let mut member = Client::join(&running.url, &alice).await;
    let mut anonymous = Client::connect(&running.url).await;
    assert_eq!(timeout(MOMENT, close_code(&mut anonymous)).await, Ok(Some(CloseCode::Policy)));
    assert!(member.send(alice.letter(1, b"x")).await.is_ok());
}

#[tokio::test]
async fn a_dead_peer_is_noticed_and_a_quiet_one_is_not_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let (ping, dead_peer) = (Duration::from_millis(200), Duration::from_millis(1000));
    let timeouts = Timeouts { ping, dead_peer, ..Timeouts::default() };
    let running = Running::start_with(Config { timeouts, ..Config::new(folder.path()) }).await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut quiet = Client::join(&running.url, &alice).await;
    let mut dead = Client::join(&running.url, &bob).await;
    // The library answers pings only while it reads: a quiet client reads, a dead one does not.
    let mut pings = 0;
    while pings < 10 {
        if let Message::Ping(_) = soon(quiet.socket.next()).await.unwrap().unwrap() {
            pings += 1;
        }
    }
    // Its own late pongs may meet a reset before it has read the goodbye.
    assert!(matches!(close_code(&mut dead).await, Some(CloseCode::Policy) | None));
    assert!(quiet.send(alice.letter(1, b"x")).await.is_ok());
}

#[tokio::test]
// RLY-15.
async fn a_client_that_does_not_read_is_cut_off_and_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let timeouts = Timeouts { write: Duration::from_millis(500), ..Timeouts::default() };
    let running = Running::start_with(Config { timeouts, ..Config::new(folder.path()) }).await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    let mut slow = Client::join(&running.url, &bob).await;
    let mut quick = Client::enter(&running.url, &bob).await;
    quick.subscribe().await;
    // Asks for far more than the buffers of the sockets hold, and never looks.
    let question = pb::Request {
        id: 9,
        body: Some(Body::FetchPrekeys(pb::FetchPrekeys { account_key: bob.key(), device_id: 1 })),
    };
    slow.publish(bob.prekeys(1..2)).await.unwrap();
    let question = question.encode_to_vec();
    let flood = async {
        // The write fails when the relay has closed the connection.
        while slow.socket.send(Message::binary(question.clone())).await.is_ok() {}
    };
    let others = async {
        for number in 1..=50 {
            from.send(bob.letter(number, &[7; 60_000])).await.unwrap();
            assert_eq!(quick.delivery().await.sequence, number);
            quick.acknowledge(number).await.unwrap();
        }
    };
    soon(futures_util::future::join(flood, others)).await;
}

// LEA-3; threat W9.
#[tokio::test]
async fn w9_no_compression_is_agreed_on_for_a_connection() {
    let (_folder, running) = relay().await;
    let mut request = running.url.as_str().into_client_request().unwrap();
    request.headers_mut().insert(EXTENSIONS, "permessage-deflate".parse().unwrap());
    let (_socket, response) = soon(tokio_tungstenite::connect_async(request)).await.unwrap();
    assert!(!response.headers().contains_key(EXTENSIONS));
}

#[tokio::test]
// RLY-15.
async fn connections_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start_with(Config { connections: 2, ..Config::new(folder.path()) }).await;
    let first = Client::connect(&running.url).await;
    let _second = Client::connect(&running.url).await;
    let third = tokio_tungstenite::connect_async(&running.url).await;
    assert!(third.err().unwrap().to_string().contains("503"));
    assert!(is_well(&running).await);
    drop(first);
    // The seat is free as soon as the relay has noticed.
    soon(async {
        while tokio_tungstenite::connect_async(&running.url).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

// RLY-15.
#[tokio::test]
async fn a_connection_has_a_bounded_number_of_requests_in_flight() {
    let (folder, running) = relay().await;
    let alice = Person::new("alice");
    let mut client = Client::join(&running.url, &alice).await;
    // While another program holds the database, no send is answered; questions are, as long as they are taken up.
    let blocker = rusqlite::Connection::open(folder.path().join("relay.db")).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let question = || Body::Resolve(pb::Resolve { handle: "alice".into() });
    for number in 1..limits::PIPELINE {
        client.post(Body::Send(alice.letter(u64::try_from(number).unwrap(), b"x"))).await;
    }
    client.ask(question()).await.unwrap();
    let last = client.post(Body::Send(alice.letter(0, b"x"))).await;
    let waiting = client.post(question()).await;
    assert!(timeout(Duration::from_millis(300), client.read()).await.is_err(), "it was taken up");
    blocker.execute_batch("COMMIT").unwrap();
    client.answer(last).await.unwrap();
    client.answer(waiting).await.unwrap();
}

#[tokio::test]
// RLY-2, RLY-16.
async fn t3_ids_that_look_like_sql_are_ids_and_lengths_that_nobody_has_are_refused() {
    const DROP: &[u8] = b"'; DROP TABLE account; --'); DROP TABLE message; --";
    let (folder, running) = relay().await;
    let alice = Person::new("alice");
    let mut client = Client::join(&running.url, &alice).await;
    for handle in ["'; DROP TABLE account; --", "a' OR '1'='1", "a\";", "a%", "a\0b"] {
        let resolve = Body::Resolve(pb::Resolve { handle: handle.into() });
        assert_eq!(client.ask(resolve).await.err(), Some("BAD_HANDLE"), "{handle}");
    }
    let mut send = alice.letter(1, DROP);
    send.client_id = DROP[..16].to_vec();
    let accepted = client.send(send.clone()).await.unwrap();
    assert_eq!(client.send(send).await, Ok(accepted));
    let mut append = crate::person::entry(2, 1, &[], DROP);
    append.log = DROP[..32].to_vec();
    client.append(append).await.unwrap();
    assert_eq!(client.entries(&DROP[..32], 1).await.unwrap(), (1, vec![DROP.to_vec()]));
    assert_eq!(aside_relay::stored(folder.path()).unwrap().len(), 1);
    let again = Client::connect(&running.url).await.log_in(&alice).await;
    assert!(again.is_ok(), "the account is there still");

    // A length of 2^32 and more, of a body, a field in it, and one that does not end.
    for claim in [
        &[0x08, 0x07, 0x42, 0x80, 0x80, 0x80, 0x80, 0x10][..],
        &[0x08, 0x07, 0x42, 0x08, 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x00],
        &[0x08, 0x07, 0x42, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ] {
        client.raw(claim.to_vec()).await.unwrap();
        assert!(refusal(&mut client).await == (7, RefusalCode::Malformed), "{claim:?}");
    }
    assert!(is_well(&running).await);
}

/// The oldest versions without a known flaw of what reads from the network and the disk.
const FLOORS: [(&str, [u64; 3]); 10] = [
    ("rustls", [0, 23, 18]),
    ("rustls-webpki", [0, 103, 13]),
    ("bytes", [1, 11, 1]),
    ("tokio", [1, 44, 2]),
    ("tungstenite", [0, 20, 1]),
    ("axum-core", [0, 2, 8]),
    ("h2", [0, 4, 16]),
    ("rusqlite", [0, 26, 2]),
    ("libsqlite3-sys", [0, 25, 1]),
    ("time", [0, 3, 47]),
];

#[test]
fn t1_t2_t3_what_reads_from_the_network_and_the_disk_is_above_its_floor() {
    let lock = include_str!("../../../../Cargo.lock");
    let mut seen = 0;
    for package in lock.split("[[package]]") {
        let field = |name: &str| {
            package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"'))
        };
        let (Some(name), Some(version)) = (field("name"), field("version")) else { continue };
        let Some((_, floor)) = FLOORS.iter().find(|(floored, _)| *floored == name) else { continue };
        let numbers: Vec<u64> = version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect();
        assert!(numbers.as_slice() >= floor.as_slice(), "{name} {version} is below {floor:?}");
        seen += 1;
    }
    assert!(seen >= 8, "{seen}");
}
