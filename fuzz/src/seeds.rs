//! Inputs to start from: valid ones, built by the crates themselves, the same bytes each time.

use crate::{
    group_world,
    mutate::Mutator,
    targets::live::KINDS,
    world::{scenes, world},
};
use aside_archive::{MAGIC_BYTES, Manifest, Mark, Person, Place, Said, Writer};
use aside_content::{Body, ChatId, Context, Fact, Frame, Life, MessageId, ThreadFrame, ThreadId};
use aside_group::{GroupInvite, LogKey, SenderKey};
use aside_identity::{Address, GroupId, Handle, ListReference};
use aside_primitives::{Digest, Secret, SigningKey, label};
use aside_testkit::person::NOW;
use aside_wire::{ExpiryTerms, decode, pb};
use prost::Message;

/// Each operation: peers of small order, written with p added, with a high bit; a signature; texts of several lengths.
pub fn back_ends() -> Vec<Vec<u8>> {
    let joined = |mode: u8, parts: &[&[u8]]| [&[mode], parts.concat().as_slice()].concat();
    let mut beyond = [0xFF; 32];
    (beyond[0], beyond[31]) = (0xEE, 0x7F);
    let mut high = [9; 32];
    high[31] = 0x89;
    let mut one = [0; 32];
    one[0] = 1;
    let mut seeds: Vec<_> =
        [[0; 32], one, [9; 32], beyond, high, [0xFF; 32]].map(|peer| joined(0, &[&[7; 32], &peer])).into();
    let own = SigningKey::from_seed(&Secret::new([1; 32]));
    let signature = own.sign(label::LOGIN, b"abc");
    seeds.push(joined(1, &[&[1; 32], b"abc"]));
    seeds.push(joined(2, &[own.verifying_key().as_bytes(), &signature.0, b"abc"]));
    seeds.extend(
        [0, 1, 63, 64, 640, 641, 1_024, 1_025]
            .map(|length: u16| joined(3, &[&[5; 44], &[3], &length.to_le_bytes(), &[20], &[8; 90]])),
    );
    seeds
}

/// Every statement, frame and envelope.
pub fn strict_decode() -> Vec<Vec<u8>> {
    let world = world();
    let certificate = world.alice.certificate.as_bytes();
    let list = world.alice.list.as_bytes();
    let mut seeds = vec![certificate.to_vec(), list.to_vec()];
    if let Ok(pb::Certificate { body, .. }) = decode(certificate) {
        seeds.push(body);
    }
    if let Ok(pb::Signed { body, .. }) = decode(list) {
        seeds.push(body);
    }
    seeds.push(world.signed.1.body().to_vec());
    seeds.extend(world.published.iter().cloned());
    seeds.extend(frames());
    seeds.push(envelope(&world.first.0));
    seeds.extend(relay_frames());
    seeds
}

/// Session messages with and without a handshake.
pub fn packet() -> Vec<Vec<u8>> {
    let mut seeds = vec![world().first.0.clone(), vec![0; 80]];
    seeds.extend(scenes().iter().filter_map(|scene| scene.messages.first()).map(|sent| sent.bytes.clone()));
    seeds
}

/// Each mode of the target: arbitrary bytes, and edit scripts.
pub fn identity() -> Vec<Vec<u8>> {
    let world = world();
    let mode = |mode: u8, rest: &[u8]| [&[mode], rest].concat();
    let mut seeds = vec![
        mode(0, world.alice.certificate.as_bytes()),
        mode(0, world.alice.list.as_bytes()),
        mode(0, &world.published[0]),
        mode(7, b"@alice"),
        mode(7, &world.signed.0.export()),
    ];
    seeds.extend((1..=6).flat_map(|number| [mode(number, &[]), mode(number, &[0, 0, 9, 1, 1])]));
    seeds
}

/// Frames of each kind, plain and padded.
pub fn content_frame() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for frame in frames() {
        if let Ok(padded) = aside_content::padding::pad(&frame) {
            seeds.push([&[1], padded.as_slice()].concat());
        }
        seeds.push([&[0], frame.as_slice()].concat());
    }
    for body in bodies() {
        let kind = u8::try_from(body.kind().0).unwrap_or(u8::MAX);
        seeds.push([&[2, kind], body.encode().as_slice()].concat());
        seeds.push(vec![3, kind, 0, 20, 1, 4]);
    }
    seeds
}

/// An archive with everything in it, and its records for the maker to sign.
pub fn archive() -> Vec<Vec<u8>> {
    let world = world();
    let certificate = &world.alice.certificate;
    let maker = Address { account: certificate.account, device: certificate.device };
    let bob = world.bob.certificate.account;
    let Ok(handle) = Handle::parse("alice") else { return Vec::new() };
    let manifest =
        Manifest { maker, handle: handle.clone(), created_at: NOW, list: world.alice.list.clone() };
    let (mut writer, mut bytes) = Writer::begin(&manifest);
    let thread = Place::Thread { id: ThreadId::between(&maker.account, &bob), peer: bob };
    let chat = Place::Chat { id: ChatId::new([3; 32]), peer: bob };
    let group = Place::Group { id: GroupId::new([4; 32]), name: "Friends".into() };
    for place in [thread, chat, group] {
        bytes.extend(writer.place(&place));
        bytes.extend(writer.person(&Person { account: bob, handle: handle.clone() }));
        let shown = bodies().into_iter();
        let shown = shown.filter(|body| body.is_shown() && !matches!(body, Body::Handover(_)));
        for (number, body) in (1..).zip(shown) {
            let is_text = matches!(body, Body::Text(_));
            let wording = match &body {
                Body::Text(text) => Some(Said::Wording(text.clone())),
                _ => None,
            };
            bytes.extend(writer.message(&aside_archive::Message {
                number,
                sender: Address { account: bob, ..maker },
                message_id: MessageId::new([9; 16]),
                sent_at: NOW,
                accepted_at: NOW,
                body,
                hash: Digest([8; 32]),
                imported: is_text,
            }));
            let said = [Some(Said::Reaction("👍".into())), wording];
            for said in said.into_iter().flatten() {
                bytes.extend(writer.mark(&Mark { account: bob, counter: number, said }));
            }
        }
    }
    let records = bytes.get(MAGIC_BYTES..).unwrap_or_default().to_vec();
    bytes.extend(writer.seal(&world.alice.keys.signing));
    vec![bytes, [&[0], records.as_slice()].concat()]
}

/// Requests and replies with something in each.
pub fn relay_frames() -> Vec<Vec<u8>> {
    use pb::{reply::Body as Answer, request::Body};
    let world = world();
    let account_key = world.alice.certificate.account.as_bytes().to_vec();
    let device_list = world.alice.list.as_bytes().to_vec();
    let [signed_prekey, one_time] = world.published.clone();
    let parcel = pb::Parcel { device_id: 1, envelope: envelope(&world.first.0) };
    let requests = [
        Body::Register(pb::Register {
            handle: "alice".into(),
            account_key: account_key.clone(),
            device_list: device_list.clone(),
            signature: vec![1; 64],
        }),
        Body::Login(pb::Login {
            account_key: account_key.clone(),
            device_id: 1,
            signature: vec![1; 64],
            store: Some(pb::StoreGeneration {
                number: 2,
                token: vec![3; 16],
                previous: vec![4; 16],
                restored: true,
            }),
        }),
        Body::PublishPrekeys(pb::PublishPrekeys {
            signed_prekey: signed_prekey.clone(),
            one_time: vec![one_time.clone()],
        }),
        Body::FetchPrekeys(pb::FetchPrekeys { account_key: account_key.clone(), device_id: 1 }),
        Body::Resolve(pb::Resolve { handle: "bob".into() }),
        Body::FetchDevices(pb::FetchDevices { account_key: account_key.clone(), known_version: 1 }),
        Body::Send(pb::Send {
            client_id: vec![2; 16],
            recipient: account_key.clone(),
            list_version: 1,
            parcels: vec![parcel],
            keep: 1,
        }),
        Body::Acknowledge(pb::Acknowledge { up_to: 300 }),
        Body::Subscribe(pb::Subscribe {}),
    ];
    let replies = [
        Answer::Devices(pb::Devices {
            handle: "alice".into(),
            account_key: account_key.clone(),
            lists: vec![device_list],
            declarations: Vec::new(),
        }),
        Answer::Prekeys(pb::Prekeys { signed_prekey, one_time }),
        Answer::Delivery(pb::Delivery {
            sequence: 1,
            sender: account_key,
            sender_device: 1,
            accepted_at: 2,
            envelope: envelope(&world.first.0),
        }),
        Answer::Refusal(pb::Refusal { code: 3, detail: "too many".into() }),
        Answer::Accepted(pb::Accepted { accepted_at: 9 }),
    ];
    let requests = requests.map(|body| pb::Request { id: 1, body: Some(body) }.encode_to_vec());
    let replies = replies.map(|body| pb::Reply { id: 1, body: Some(body) }.encode_to_vec());
    requests.into_iter().chain(replies).collect()
}

/// Each kind of request from a stranger and from a member, as it is and changed; whole conversations; bytes instead of
/// HTTP and of WebSocket frames.
pub fn relay_live() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for kind in 0..KINDS {
        seeds.extend([2, 3].map(|mode| vec![mode, 0, kind, 0, 0]));
        seeds.push(vec![3, 0, kind, 1, 2, 0, 0x20, 2, 0xFF, 0, 1, 0x40, 0, 3, 0]);
    }
    let all = |salt: u8| (0..KINDS).flat_map(move |kind| [0, kind, salt, 0]);
    seeds.push([3].into_iter().chain((0..8).flat_map(all)).collect());
    seeds.push([2].into_iter().chain(all(0)).collect());
    // Repeated at once; nonsense; frames around the longest; pings, text and a goodbye.
    seeds.push(vec![3, 6, 6, 0, 0, 63, 6, 10, 0, 0, 63, 6, 13, 0, 0, 63]);
    seeds.push(vec![2, 4, 3, 0xFF, 0xFF, 0xFF, 4, 0, 4, 2, 0x08, 0x05]);
    seeds.extend([251, 252, 253].map(|length| vec![3, 5, length, 0x0A]));
    seeds.push([&[3, 7][..], &[1; 125], &[15, 1, 23, 31]].concat());
    for request in [
        "GET /health HTTP/1.1\r\nHost: relay\r\n\r\n",
        "GET /v1/connect HTTP/1.1\r\nHost: relay\r\n\r\n",
        "GET /v1/connect HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        "POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nContent-Length: 3\r\n\r\nabc",
        "POST /health HTTP/1.1\r\nHost: relay\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ] {
        seeds.push([&[0], request.as_bytes()].concat());
    }
    // Masked frames: of nothing, of an unfinished message, of a length that nobody has; one that is not masked.
    for frames in [
        &[0x82, 0x80, 1, 2, 3, 4][..],
        &[0x02, 0x83, 0, 0, 0, 0, 1, 2, 3, 0x80, 0x81, 0, 0, 0, 0, 9],
        &[0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4],
        &[0x82, 0x01, 0x00],
        &[0x89, 0x80, 0, 0, 0, 0, 0x88, 0x82, 0, 0, 0, 0, 3, 0xE8],
    ] {
        seeds.push([&[1], frames].concat());
    }
    seeds
}

/// Every stored state with a message for it.
pub fn session_from_bytes() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for scene in scenes() {
        let length = u16::try_from(scene.receiver.len()).unwrap_or(u16::MAX).to_be_bytes();
        // The first is the one in order; the others are ahead or late.
        for sent in scene.messages.iter().step_by(3) {
            seeds.push([length.as_slice(), &scene.receiver, &sent.bytes].concat());
        }
    }
    seeds
}

/// Each message in each scene, as it is and signed again; any bytes; other edits.
pub fn group_packet() -> Vec<Vec<u8>> {
    let scenes = u8::try_from(group_world::scenes().len()).unwrap_or(u8::MAX);
    let mut seeds: Vec<_> =
        (0..scenes).flat_map(|scene| (0..9).map(move |number| vec![scene, number, 0])).collect();
    for (scene, number) in (0..scenes).flat_map(|scene| (0..9).map(move |number| (scene, number))).step_by(5)
    {
        // A byte of the name, the number, the commitment, the text or the tag.
        for at in [5, 17, 18, 40, 60, 100] {
            seeds.push(vec![scene, number, 1, 0, 0, at, 0, 0]);
        }
    }
    let message = &group_world::scenes()[0].messages[1].bytes;
    seeds.extend([[&[scenes, 1, 0], message.as_slice()].concat(), vec![scenes, 0, 0, 0x14]]);
    seeds
}

/// Entries, actions and contents as any bytes, and noise that the target reads as steps.
pub fn group_log() -> Vec<Vec<u8>> {
    let group = group_world::group();
    let mut seeds = Vec::new();
    for entry in group_world::entries() {
        let (kind, content) = (entry.action().kind(), entry.action().encode());
        let kind = u8::try_from(kind).unwrap_or(u8::MAX);
        seeds.extend([[&[0], entry.as_bytes()].concat(), [&[0, kind], content.as_slice()].concat()]);
    }
    if let Ok(chain) = group_world::sending().hand_over() {
        let key = || LogKey::new(Secret::new([8; 32]));
        let content =
            SenderKey { epoch: group_world::EPOCH, head: group.head(), chain, log_key: key() }.encode();
        let invite = GroupInvite { head: group.head(), log_keys: vec![key()] }.encode();
        seeds.extend([content, invite].map(|content| [&[0], content.as_slice()].concat()));
    }
    seeds.extend(scripts().into_iter().map(|script| [&[1], script.as_slice()].concat()));
    seeds
}

/// A group, Alice's chain, and the chain in each scene.
pub fn group_state() -> Vec<Vec<u8>> {
    let mut seeds = vec![
        [&[0], group_world::group().export().as_slice()].concat(),
        [&[1], group_world::sending().export().as_slice()].concat(),
    ];
    seeds.extend(group_world::scenes().iter().map(|scene| [&[2], scene.receiver.as_slice()].concat()));
    seeds
}

/// Lives as they are stored, and scripts of facts.
pub fn life() -> Vec<Vec<u8>> {
    let once = ExpiryTerms::OnceWithReplay { unread_cap_s: 60 };
    let mut read = Life::of_reader(once, NOW, NOW, NOW);
    for byte in 1..=2 {
        let id = MessageId::new([byte; 16]);
        read.learn(Fact::Opened { id, at: NOW + u64::from(byte), told_at: NOW + 5 });
    }
    let lives = [read, Life::of_author(once, NOW), Life::of_reader(ExpiryTerms::Off, 0, 0, NOW)];
    let mut seeds: Vec<_> = lives.iter().map(|life| [&[0], life.export().as_slice()].concat()).collect();
    seeds.extend(scripts().into_iter().map(|script| [&[1], script.as_slice()].concat()));
    seeds
}

/// Scripts without a meaning of their own: each scene untouched, then noise that the targets read as steps.
pub fn scripts() -> Vec<Vec<u8>> {
    let untouched = (0..8).map(|scene| vec![scene, 1]);
    let mut mutator = Mutator::new(7);
    let noise = (1..=24)
        .map(|number| (0..number * 24).map(|_| u8::try_from(mutator.below(256)).unwrap_or(0)).collect());
    untouched.chain(noise.collect::<Vec<Vec<u8>>>()).collect()
}

fn bodies() -> Vec<Body> {
    vec![
        Body::text("hello").expect("it is not empty"),
        Body::ChatOpen { beside: Some(ThreadId::new([3; 32])) },
        Body::ChatAccept,
        Body::Unknown { kind: aside_content::Kind(200), content: vec![1, 2, 3] },
    ]
}

fn frames() -> Vec<Vec<u8>> {
    let list = ListReference { version: 1, hash: Digest([6; 32]) };
    let context = Context { sender_list: list, recipient_list: list, generation: 1 };
    let mut frames = Vec::new();
    for body in bodies() {
        let message_id = MessageId::new([1; 16]);
        let frame = Frame {
            message_id,
            sent_at: 1_800_000_000_000,
            body,
            previous: Some(Digest([2; 32])),
            silent: false,
            expiry: None,
            salt: None,
        };
        let thread = ThreadFrame { thread: ThreadId::new([4; 32]), frame: frame.clone() };
        frames.extend(thread.encode());
        let chat = aside_content::ChatFrame { chat: ChatId::new([5; 32]), frame };
        let certificate = &world().alice.certificate;
        let sender = Address { account: certificate.account, device: certificate.device };
        let padded =
            chat.seal_with(&sender, &context, |padded, _| Ok::<_, aside_wire::Malformed>(padded.to_vec()));
        if let Ok(Ok(bare)) = padded.as_deref().map(aside_content::padding::unpad) {
            frames.push(bare.to_vec());
        }
    }
    frames
}

fn envelope(payload: &[u8]) -> Vec<u8> {
    pb::Envelope { kind: pb::EnvelopeKind::Pairwise.into(), payload: payload.to_vec() }.encode_to_vec()
}
