//! Whatever reaches a relay that listens.

use crate::{
    line::{Greeting, Line, said},
    mutate,
    stage::{get, letter, mallory, on_stage},
    world::world,
};
use aside_identity::{AccountKey, Declaration, Handle, PrekeyKind, PrekeySecret, Reach, Rules, Settings};
use aside_testkit::{Person, TestRng};
use aside_wire::pb::{self, request::Body};
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use std::{net::SocketAddr, slice::Iter, sync::OnceLock, time::Duration};
use tokio::net::TcpStream;
use tokio_tungstenite::{client_async, tungstenite::Message};

/// Frames of one input at the most.
const FRAMES: usize = 256;
/// The id of what is asked at the end.
const LAST: u64 = u64::MAX;

/// The relay answers whoever asks, or closes the connection; it answers nothing that is not valid, nothing panics, and
/// others are served as before.
///
/// The first byte says what the rest is: bytes instead of HTTP, bytes instead of WebSocket frames, or steps of somebody who
/// has not logged in, or has.
pub fn relay_live(data: &[u8]) {
    let Some((mode, rest)) = data.split_first() else { return };
    on_stage(async |address| match mode % 4 {
        0 => {
            // Whoever says half of it waits for the other half.
            let answer = get(address, rest, Duration::from_millis(5)).await;
            assert!(!answer.starts_with(b"HTTP/1.1 5"), "the relay blames itself");
        }
        1 => after_handshake(address, rest).await,
        mode => harass(address, mode == 3, rest).await,
    });
}

async fn after_handshake(address: SocketAddr, bytes: &[u8]) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let stream = TcpStream::connect(address).await.expect("the relay listens");
    let (socket, _) =
        client_async(format!("ws://{address}/v1/connect"), stream).await.expect("the relay lets in");
    let mut stream = socket.into_inner();
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

/// Sends what the steps say and then a question; until it is answered, or the connection is closed, everything is read.
async fn harass(address: SocketAddr, is_member: bool, steps: &[u8]) {
    let mut line = Line::open(address).await;
    if is_member {
        line.log_in(mallory()).await;
    }
    let mut messages = messages(&line.greeting, steps);
    let last = pb::Request { id: LAST, body: Some(Body::FetchSettings(pb::FetchSettings {})) };
    messages.push(Message::binary(last.encode_to_vec()));
    let (mut sink, mut stream) = line.socket.split();
    let sending = async {
        for message in messages {
            if sink.send(message).await.is_err() {
                return;
            }
        }
    };
    let reading = async {
        while let Some(Ok(message)) = stream.next().await {
            if said(&message).is_some_and(|reply| reply.id == LAST) {
                return;
            }
        }
    };
    tokio::join!(sending, reading);
}

/// What is sent in each step.
fn messages(greeting: &Greeting, steps: &[u8]) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut steps = steps.iter();
    while let Some(step) = steps.next() {
        if messages.len() > FRAMES {
            break;
        }
        let message = match step % 8 {
            0..=3 => frame(greeting, &mut steps),
            4 => {
                let length = usize::from(byte(&mut steps));
                Message::binary(steps.by_ref().take(length).copied().collect::<Vec<_>>())
            }
            5 => {
                // Around the longest frame that is taken, too.
                let length = usize::from(byte(&mut steps)) * 1_040;
                Message::binary(vec![byte(&mut steps); length])
            }
            6 => {
                let again = frame(greeting, &mut steps);
                let times = usize::from(byte(&mut steps) % 64);
                messages.extend(std::iter::repeat_n(again.clone(), times));
                again
            }
            _ => match step / 8 % 4 {
                0 => Message::Ping(steps.by_ref().take(125).copied().collect::<Vec<_>>().into()),
                1 => Message::Pong(vec![byte(&mut steps)].into()),
                2 => Message::text("{}"),
                _ => Message::Close(None),
            },
        };
        messages.push(message);
    }
    messages
}

/// An honest request, changed in up to three places.
fn frame(greeting: &Greeting, steps: &mut Iter<'_, u8>) -> Message {
    let (kind, salt, edits) = (byte(steps), byte(steps), byte(steps));
    let request = pb::Request { id: u64::from(salt) + 1, body: Some(honest(greeting, kind, salt)) };
    let mut bytes = request.encode_to_vec();
    for _ in 0..edits % 4 {
        let at = usize::from(byte(steps)) << 4 | usize::from(byte(steps) >> 4);
        let (kind, value, length) = (byte(steps), byte(steps), usize::from(byte(steps)));
        mutate::edit(&mut bytes, kind, at, value, length);
    }
    Message::binary(bytes)
}

fn byte(steps: &mut Iter<'_, u8>) -> u8 {
    steps.next().copied().unwrap_or(0)
}

/// Each kind of request as somebody would make it who means it.
fn honest(greeting: &Greeting, kind: u8, salt: u8) -> Body {
    let bob = &world().bob.certificate.account;
    let (account_key, number) = (bob.as_bytes().to_vec(), 1_000 + u64::from(salt));
    let client_id = [[9; 8], number.to_be_bytes()].concat();
    let to_bob = || vec![pb::Recipient { account_key: account_key.clone(), devices: vec![1] }];
    let envelope = |kind: pb::EnvelopeKind, payload: &[u8]| {
        pb::Envelope { kind: kind.into(), payload: payload.to_vec() }.encode_to_vec()
    };
    let parcel = |envelope| vec![pb::Parcel { device_id: 1, envelope }];
    match kind % KINDS {
        0 => Body::Register(greeting.registration(mallory(), &handle(salt))),
        1 => Body::Login(greeting.login(mallory())),
        2 => Body::PublishPrekeys(prekeys().clone()),
        3 => Body::Resolve(pb::Resolve { handle: handle(salt).as_str().into() }),
        4 => Body::FetchDevices(pb::FetchDevices { account_key, known_version: u64::from(salt % 2) }),
        5 => Body::FetchPrekeys(pb::FetchPrekeys { account_key: own(), device_id: 1 }),
        6 => Body::Send(letter(bob, number, b"a letter")),
        7 => {
            let parcels = parcel(envelope(pb::EnvelopeKind::Pairwise, &[0x11, salt]));
            Body::Send(pb::Send { client_id, parcels, ..letter(bob, number, b"") })
        }
        8 => Body::Subscribe(pb::Subscribe {}),
        9 => Body::Acknowledge(pb::Acknowledge { up_to: salt.into() }),
        10 => Body::FanOut(pb::FanOut {
            client_id,
            recipients: to_bob(),
            envelope: envelope(pb::EnvelopeKind::Group, b"to many"),
            keep: (salt % 3).into(),
        }),
        11 => Body::AppendEntry(pb::AppendEntry {
            client_id,
            log: vec![salt % 4; 32],
            position: (salt / 4).into(),
            entry: b"an entry".to_vec(),
            recipients: to_bob(),
        }),
        12 => Body::FetchEntries(pb::FetchEntries { log: vec![salt % 4; 32], from: (salt / 4).into() }),
        13 => Body::Transient(pb::Transient {
            recipient: account_key.clone(),
            list_version: 1,
            parcels: parcel(envelope(pb::EnvelopeKind::Pairwise, &[0x15, salt])),
        }),
        14 => Body::PublishSettings(pb::PublishSettings { settings: settings(salt) }),
        15 => Body::FetchSettings(pb::FetchSettings {}),
        16 => Body::Send(letter(&mallory().certificate.account, number, b"to myself")),
        _ => Body::Declare(pb::Declare { declaration: declaration(salt) }),
    }
}

/// Kinds of honest requests.
pub(crate) const KINDS: u8 = 18;

fn own() -> Vec<u8> {
    mallory().certificate.account.as_bytes().to_vec()
}

fn handle(salt: u8) -> Handle {
    let name = ["mallory", "bob", "nobody", "alice"][usize::from(salt % 4)];
    Handle::parse(name).expect("a handle")
}

/// Drawn once: keys are slow to make.
fn prekeys() -> &'static pb::PublishPrekeys {
    static PREKEYS: OnceLock<pb::PublishPrekeys> = OnceLock::new();
    PREKEYS.get_or_init(|| {
        let Person { certificate, keys, .. } = mallory();
        let mut rng = TestRng::new(667);
        let mut draw = |kind, id| {
            let never = 4_000_000_000_000;
            PrekeySecret::generate(&mut rng, certificate, keys, kind, id, never).expect("a prekey").1
        };
        pb::PublishPrekeys {
            signed_prekey: draw(PrekeyKind::Signed, 1),
            one_time: (2..5).map(|id| draw(PrekeyKind::OneTime, id)).collect(),
        }
    })
}

fn settings(version: u8) -> Vec<u8> {
    let Person { certificate, keys, .. } = mallory();
    let contacts: Vec<AccountKey> = vec![world().bob.certificate.account];
    let rules = Rules {
        threads: Reach::Everyone,
        chats: Reach::Contacts,
        groups: Reach::Nobody,
        contacts,
        blocked: Vec::new(),
    };
    let settings = Settings::issue(certificate, keys, u64::from(version) + 1, rules);
    settings.map(|settings| settings.as_bytes().to_vec()).unwrap_or_default()
}

fn declaration(version: u8) -> Vec<u8> {
    let Person { certificate, keys, .. } = mallory();
    let bob = world().bob.certificate.account;
    let declaration = Declaration::issue(certificate, keys, bob, u64::from(version) + 1);
    declaration.map(|declaration| declaration.as_bytes().to_vec()).unwrap_or_default()
}
