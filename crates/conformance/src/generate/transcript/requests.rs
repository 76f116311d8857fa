//! `transcripts/requests.json`: every request, what a relay sees of it, and what is none.

use super::{CHAPTER, PAIRWISE};
use crate::{
    check::material,
    generate::{
        Result,
        generation::store,
        group::account,
        people::{Cast, NOW},
        proto,
        sheet::{Sheet, bytes_of, note},
    },
    value::{Fields, Value},
    vector::{File, Level},
};
use aside_identity::PrekeyKind;

const LONGEST: &str = "KEEP_LONGEST";

/// The file.
pub(in crate::generate) fn requests() -> Result<File> {
    let about = "Requests: how each is encoded, what a relay sees of it, and what it must not be taken for.";
    let mut sheet = Sheet::new(Level::Transcripts, CHAPTER, about);
    let parts = Parts::new()?;
    for (id, op, input) in parts.honest()? {
        let comment = "Every field by its name, and nothing beside them.";
        let name = format!("request-{id}");
        let made = sheet.accept(note(name.clone(), "LEA-1 ENV-1", comment), op, input)?;
        let seen = note(format!("{name}-seen"), "LEA-1", "What a relay can tell of it.");
        sheet.accept(seen, "relay.see", parts.seen(op, &bytes_of(&made, "request")?))?;
    }
    orders(&mut sheet, &parts)?;
    lies(&mut sheet, &parts)?;
    field_lies(&mut sheet, &parts)?;
    bounds(&mut sheet, &parts)?;
    Ok(sheet.finish())
}

struct Parts {
    alice: Cast,
    bob: Cast,
    carol: Cast,
}

type Request = (&'static str, &'static str, Fields);

impl Parts {
    fn new() -> Result<Self> {
        Ok(Self {
            alice: Cast::new("alice")?.with_prekeys("alice")?,
            bob: Cast::bob()?,
            carol: Cast::new("carol")?,
        })
    }

    fn seen(&self, op: &str, request: &[u8]) -> Fields {
        let before_login = matches!(op, "request.register" | "request.login");
        let (key, device) = if before_login { (Vec::new(), 0) } else { (account(&self.alice), 1u32) };
        Fields::new().bytes("account_key", key).number("device_id", device).bytes("request", request)
    }

    fn honest(&self) -> Result<Vec<Request>> {
        let id = |id: u64| Fields::new().number("id", id);
        let (alice, bob) = (account(&self.alice), account(&self.bob));
        let signed = self.alice.published(PrekeyKind::Signed, 1)?;
        let one_time =
            [self.alice.published(PrekeyKind::OneTime, 7)?, self.alice.published(PrekeyKind::OneTime, 8)?];
        let register = id(1)
            .text("handle", "alice")
            .bytes("account_key", &alice)
            .bytes("device_list", self.alice.list.as_bytes())
            .bytes("signature", material("signature", 64));
        let login = id(2)
            .bytes("account_key", &alice)
            .number("device_id", 1u32)
            .bytes("signature", material("signature", 64))
            .bytes("store", store(2, &[0xB2; 16], &[0xB1; 16], false));
        let prekeys = id(3).bytes("signed_prekey", &signed).bytes_list("one_time", &one_time);
        let restored = id(300)
            .bytes("account_key", &alice)
            .number("device_id", 1u32)
            .bytes("signature", material("signature", 64))
            .bytes("store", store(3, &[0xB3; 16], &[0xB2; 16], true));
        Ok(vec![
            ("register", "request.register", register),
            ("login", "request.login", login),
            ("login-restored", "request.login", restored),
            ("publish-prekeys", "request.publish_prekeys", prekeys),
            (
                "publish-signed-prekey",
                "request.publish_prekeys",
                id(4).bytes("signed_prekey", &signed).bytes_list("one_time", [[]; 0]),
            ),
            ("resolve", "request.resolve", id(5).text("handle", "bob")),
            (
                "fetch-devices",
                "request.fetch_devices",
                id(6).bytes("account_key", &bob).number("known_version", 0u32),
            ),
            (
                "fetch-newer-devices",
                "request.fetch_devices",
                id(7).bytes("account_key", &bob).number("known_version", 3u32),
            ),
            (
                "fetch-prekeys",
                "request.fetch_prekeys",
                id(8).bytes("account_key", &bob).number("device_id", 1u32),
            ),
            ("send", "request.send", self.send(&[1], &[message(0x11)], LONGEST)),
            ("send-for-a-week", "request.send", self.send(&[1], &[message(0x11)], "KEEP_WEEK")),
            ("send-for-a-day", "request.send", self.send(&[1], &[message(0x11)], "KEEP_DAY")),
            ("send-with-handshake", "request.send", self.send(&[1], &[first_message()], LONGEST)),
            ("send-openly", "request.send", self.openly(&thread_frame())),
            ("subscribe", "request.subscribe", id(10)),
            ("acknowledge", "request.acknowledge", id(11).number("up_to", 7u32)),
            ("fan-out", "request.fan_out", self.fan_out(&[&self.bob], LONGEST)),
            ("append-entry", "request.append_entry", self.append(&[&self.bob])),
            ("append-entry-for-nobody", "request.append_entry", self.append(&[])),
            (
                "fetch-entries",
                "request.fetch_entries",
                id(14).bytes("log", material("log id", 32)).number("from", 1u32),
            ),
            ("transient", "request.transient", self.transient(&message(0x15))),
            (
                "publish-settings",
                "request.publish_settings",
                id(16).bytes("settings", material("settings", 112)),
            ),
            ("fetch-settings", "request.fetch_settings", id(17)),
            ("declare", "request.declare", id(18).bytes("declaration", material("declaration", 140))),
        ])
    }

    fn send(&self, devices: &[u64], payloads: &[Vec<u8>], keep: &str) -> Fields {
        let devices = devices.iter().map(|device| Value::Number(*device)).collect();
        Fields::new()
            .number("id", 9u32)
            .bytes("recipient", account(&self.bob))
            .number("list_version", 1u32)
            .with("devices", Value::List(devices))
            .text("channel", PAIRWISE)
            .bytes_list("payloads", payloads)
            .text("keep", keep)
    }

    fn openly(&self, frame: &[u8]) -> Fields {
        Fields::new()
            .number("id", 9u32)
            .bytes("recipient", account(&self.bob))
            .number("list_version", 1u32)
            .with("devices", Value::List(vec![Value::Number(1)]))
            .text("channel", "ENVELOPE_KIND_THREAD")
            .bytes_list("payloads", [frame])
            .text("keep", LONGEST)
    }

    fn fan_out(&self, to: &[&Cast], keep: &str) -> Fields {
        recipients(Fields::new().number("id", 12u32), to).bytes("payload", group_message()).text("keep", keep)
    }

    fn append(&self, to: &[&Cast]) -> Fields {
        let input = Fields::new()
            .number("id", 13u32)
            .bytes("log", material("log id", 32))
            .number("position", 1u32)
            .bytes("entry", entry());
        recipients(input, to)
    }

    fn transient(&self, payload: &[u8]) -> Fields {
        Fields::new()
            .number("id", 15u32)
            .bytes("recipient", account(&self.bob))
            .number("list_version", 1u32)
            .with("devices", Value::List(vec![Value::Number(1)]))
            .bytes_list("payloads", [payload])
    }
}

fn recipients(input: Fields, to: &[&Cast]) -> Fields {
    input
        .bytes_list("accounts", to.iter().map(|cast| account(cast)))
        .bytes_list("devices", to.iter().map(|_| [1u8]))
}

/// A message of the smallest class, its fields as good as random.
fn message(kind: u8) -> Vec<u8> {
    [vec![kind], material("session message", 80 + 16 + 32 + 512 + 16)].concat()
}

fn first_message() -> Vec<u8> {
    let handshake = [
        vec![1],
        material("account key", 32),
        vec![1],
        material("ephemeral key", 32),
        vec![0, 0, 0, 1, 0, 0, 0, 7],
        material("KEM ciphertext", 1_088),
    ];
    let [_, rest @ ..] = message(0x12).try_into().unwrap_or([0; 657]);
    [vec![0x12], handshake.concat(), rest.to_vec()].concat()
}

fn group_message() -> Vec<u8> {
    let rest = material("group message", 8 + 32 + 512 + 16 + 64);
    [vec![0x13], material("key id", 16), vec![0, 5], rest].concat()
}

fn entry() -> Vec<u8> {
    [vec![0x14], material("log key id", 16), material("log entry", 32 + 512 + 16)].concat()
}

fn thread_frame() -> Vec<u8> {
    [
        proto::bytes(1, material("thread id", 32)),
        proto::bytes(2, material("message id", 16)),
        proto::number(3, NOW),
        proto::number(4, 1),
        proto::bytes(5, proto::bytes(1, "hello")),
    ]
    .concat()
}

/// The order in which something is given shows nothing.
fn orders(sheet: &mut Sheet, parts: &Parts) -> Result<()> {
    let (one, two) = (message(0x11), [vec![0x11], material("another message", 656)].concat());
    for (id, devices, payloads) in
        [("ascending", [1, 2], [one.clone(), two.clone()]), ("descending", [2, 1], [two, one])]
    {
        let comment = "Parcels stand in ascending order of devices.";
        let made = note(format!("send-to-two-devices-{id}"), "LEA-1 RLY-21", comment);
        sheet.accept(made, "request.send", parts.send(&devices, &payloads, LONGEST))?;
    }
    let (bob, carol) = (&parts.bob, &parts.carol);
    for (id, to) in [("bob-first", [bob, carol]), ("carol-first", [carol, bob])] {
        let comment = "Recipients stand in ascending order of accounts, whoever came into the group first.";
        let made = note(format!("fan-out-{id}"), "LEA-1 RLY-31", comment);
        sheet.accept(made, "request.fan_out", parts.fan_out(&to, LONGEST))?;
        let made = note(format!("append-entry-{id}"), "LEA-1 RLY-31", comment);
        sheet.accept(made, "request.append_entry", parts.append(&to))?;
    }
    Ok(())
}

/// An envelope with this kind and payload.
fn envelope(kind: u64, payload: impl AsRef<[u8]>) -> Vec<u8> {
    [proto::number(1, kind), proto::bytes(2, payload)].concat()
}

fn parcel(device: u64, envelope: impl AsRef<[u8]>) -> Vec<u8> {
    proto::bytes(4, [proto::number(1, device), proto::bytes(2, envelope)].concat())
}

/// A send to Bob with these parcels and whatever follows them.
fn send(parts: &Parts, parcels: &[Vec<u8>], rest: impl AsRef<[u8]>) -> Vec<u8> {
    let head = [
        proto::bytes(1, material("client id", 16)),
        proto::bytes(2, account(&parts.bob)),
        proto::number(3, 1),
        parcels.concat(),
        rest.as_ref().to_vec(),
    ];
    asked(8, head.concat())
}

fn asked(tag: u64, body: impl AsRef<[u8]>) -> Vec<u8> {
    [proto::number(1, 1), proto::bytes(tag, body)].concat()
}

fn transient(parts: &Parts, envelope: &[u8]) -> Vec<u8> {
    let parcel = proto::bytes(3, [proto::number(1, 1), proto::bytes(2, envelope)].concat());
    asked(14, [proto::bytes(1, account(&parts.bob)), proto::number(2, 1), parcel].concat())
}

fn fan_out(recipients: &[Vec<u8>], envelope: &[u8]) -> Vec<u8> {
    asked(
        11,
        [proto::bytes(1, material("client id", 16)), recipients.concat(), proto::bytes(3, envelope)].concat(),
    )
}

fn recipient(account: &[u8], devices: &[u8]) -> Vec<u8> {
    let devices = if devices.is_empty() { Vec::new() } else { proto::bytes(2, devices) };
    proto::bytes(2, [proto::bytes(1, account), devices].concat())
}

fn lies(sheet: &mut Sheet, parts: &Parts) -> Result<()> {
    let good = parcel(1, envelope(2, message(0x11)));
    let send = |parcels: &[Vec<u8>], rest: &[u8]| send(parts, parcels, rest);
    let (bob, carol) = (account(&parts.bob), account(&parts.carol));
    let (low, high) = if bob < carol { (bob, carol) } else { (carol, bob) };
    let to_both = [recipient(&low, &[1]), recipient(&high, &[1])];
    let group = envelope(3, group_message());
    for (id, reqs, threat, comment, request, word) in [
        ("empty", "ENV-6", "W7", "Nothing is asked.", Vec::new(), "malformed"),
        (
            "without-an-id",
            "ENV-6",
            "W7",
            "No answer could be told from another.",
            proto::bytes(9, []),
            "malformed",
        ),
        ("without-a-body", "ENV-6", "W7", "Nothing is asked.", proto::number(1, 1), "malformed"),
        (
            "with-two-bodies",
            "ENV-5",
            "W3",
            "One is asked at a time.",
            [asked(9, []), proto::bytes(16, [])].concat(),
            "malformed",
        ),
        ("without-parcels", "ENV-6", "W7", "It is for no device.", send(&[], &[]), "malformed"),
        (
            "parcels-descending",
            "RLY-21",
            "W6",
            "Parcels stand in ascending order.",
            send(&[parcel(2, envelope(2, message(0x11))), good.clone()], &[]),
            "malformed",
        ),
        (
            "parcel-twice",
            "RLY-21",
            "W3",
            "Each device gets one.",
            send(&[good.clone(), good.clone()], &[]),
            "malformed",
        ),
        (
            "for-nine-devices",
            "RLY-21",
            "W2",
            "An account has eight.",
            send(&(1..10).map(|n| parcel(n, envelope(2, message(0x11)))).collect::<Vec<_>>(), &[]),
            "limit",
        ),
        (
            "both-channels",
            "RLY-21",
            "C1",
            "One in the clear and one encrypted.",
            send(&[good.clone(), parcel(2, envelope(1, thread_frame()))], &[]),
            "malformed",
        ),
        (
            "group-message-in-a-send",
            "RLY-31",
            "C1",
            "It goes to many at once, or not at all.",
            send(&[parcel(1, &group)], &[]),
            "malformed",
        ),
        (
            "entry-in-a-send",
            "RLY-31",
            "G7",
            "Those the relay makes itself.",
            send(&[parcel(1, envelope(4, entry()))], &[]),
            "malformed",
        ),
        (
            "envelope-of-no-kind",
            "ENV-6",
            "W7",
            "It belongs to no channel.",
            send(&[parcel(1, proto::bytes(2, message(0x11)))], &[]),
            "malformed",
        ),
        (
            "envelope-of-kind-5",
            "ENV-6",
            "W5",
            "It belongs to no channel of this version.",
            send(&[parcel(1, envelope(5, message(0x11)))], &[]),
            "malformed",
        ),
        (
            "transient-message-in-a-send",
            "RLY-34",
            "T5",
            "An indicator would be delivered for weeks.",
            send(&[parcel(1, envelope(2, message(0x15)))], &[]),
            "malformed",
        ),
        (
            "message-that-is-transient",
            "RLY-34",
            "T5",
            "What is to arrive has another lane.",
            transient(parts, &envelope(2, message(0x11))),
            "malformed",
        ),
        (
            "thread-frame-that-is-transient",
            "RLY-34",
            "C1",
            "The lane has nothing in the clear.",
            transient(parts, &envelope(1, thread_frame())),
            "malformed",
        ),
        (
            "transient-of-another-class",
            "RLY-34",
            "W2",
            "More than an indicator needs.",
            transient(parts, &envelope(2, [vec![0x15], material("session message", 144 + 1_024)].concat())),
            "limit",
        ),
        (
            "payload-short",
            "SES-3",
            "W5",
            "Not as long as a message without a payload.",
            send(&[parcel(1, envelope(2, [vec![0x11], vec![7; 143]].concat()))], &[]),
            "malformed",
        ),
        (
            "payload-of-version-2",
            "SES-2",
            "W5",
            "Made for other rules.",
            send(&[parcel(1, envelope(2, message(0x21)))], &[]),
            "version",
        ),
        (
            "payload-of-a-group-in-a-chat",
            "SES-2",
            "W5",
            "A group message is none of a session.",
            send(&[parcel(1, envelope(2, group_message()))], &[]),
            "malformed",
        ),
        (
            "payload-of-a-chat-in-a-group",
            "GRP-40",
            "W5",
            "A session message is none of a group.",
            fan_out(&to_both, &envelope(3, message(0x11))),
            "malformed",
        ),
        (
            "chat-frame-in-the-clear",
            "CON-3",
            "C1",
            "A private line, sent openly.",
            send(&[parcel(1, envelope(1, [thread_frame(), proto::number(9, 1)].concat()))], &[]),
            "policy",
        ),
        (
            "acceptance-in-the-clear",
            "CON-15",
            "C1",
            "It belongs into a chat.",
            send(&[parcel(1, envelope(1, acceptance()))], &[]),
            "policy",
        ),
        (
            "client-id-15-bytes",
            "ENV-6",
            "W6",
            "It has 16 bytes.",
            asked(
                8,
                [proto::bytes(1, [1; 15]), proto::bytes(2, &low), proto::number(3, 1), good.clone()].concat(),
            ),
            "malformed",
        ),
        (
            "client-id-missing",
            "ENV-6",
            "W7",
            "A repetition could not be told.",
            asked(8, [proto::bytes(2, &low), proto::number(3, 1), good.clone()].concat()),
            "malformed",
        ),
        (
            "recipient-31-bytes",
            "ENV-6",
            "W6",
            "An account key has 32 bytes.",
            asked(
                8,
                [proto::bytes(1, [1; 16]), proto::bytes(2, [1; 31]), proto::number(3, 1), good.clone()]
                    .concat(),
            ),
            "malformed",
        ),
        (
            "keep-3",
            "ENV-6",
            "W5",
            "There are three classes of time.",
            send(std::slice::from_ref(&good), &proto::number(5, 3)),
            "malformed",
        ),
        ("fan-out-for-nobody", "RLY-31", "W7", "It goes to nobody.", fan_out(&[], &group), "malformed"),
        (
            "recipients-descending",
            "RLY-31",
            "W6",
            "They stand in ascending order.",
            fan_out(&[recipient(&high, &[1]), recipient(&low, &[1])], &group),
            "malformed",
        ),
        (
            "recipient-twice",
            "RLY-31",
            "W3",
            "Nobody gets it twice.",
            fan_out(&[recipient(&low, &[1]), recipient(&low, &[1])], &group),
            "malformed",
        ),
        (
            "devices-descending",
            "RLY-31",
            "W6",
            "They stand in ascending order.",
            fan_out(&[recipient(&low, &[2, 1])], &group),
            "malformed",
        ),
        (
            "device-twice",
            "RLY-31",
            "W3",
            "Nobody gets it twice.",
            fan_out(&[recipient(&low, &[1, 1])], &group),
            "malformed",
        ),
        (
            "recipient-without-devices",
            "RLY-31",
            "W7",
            "It goes to none of them.",
            fan_out(&[recipient(&low, &[])], &group),
            "malformed",
        ),
        (
            "chat-message-fanned-out",
            "RLY-31",
            "C1",
            "A session is of two devices.",
            fan_out(&to_both, &envelope(2, message(0x11))),
            "malformed",
        ),
        (
            "log-31-bytes",
            "ENV-6",
            "W6",
            "A log's id has 32 bytes.",
            asked(13, [proto::bytes(1, [1; 31]), proto::number(2, 1)].concat()),
            "malformed",
        ),
        (
            "login-without-a-store",
            "ENV-6",
            "R4",
            "It could be an older copy.",
            asked(3, [proto::bytes(1, &low), proto::number(2, 1), proto::bytes(3, [1; 64])].concat()),
            "malformed",
        ),
    ] {
        let catches: &[_] = if reqs == "ENV-5" { &["lenient-decoding"] } else { &[] };
        let note = note(format!("see-{id}"), reqs, comment).threat(threat).catches(catches);
        sheet.refuse(note, "relay.see", parts.seen("", &request), word)?;
    }
    unknown(sheet, parts, &good)
}

/// Requests with one field that no honest client writes: tag, fields, and what follows them.
fn field_lies(sheet: &mut Sheet, parts: &Parts) -> Result<()> {
    let (key, own) = (account(&parts.bob), account(&parts.alice));
    let (number, bytes) = (proto::number, |tag, bytes: &[u8]| proto::bytes(tag, bytes));
    let store = |number| proto::bytes(4, store(number, &[0xB2; 16], &[0xB1; 16], false));
    let login = |key: &[u8], device, signature: &[u8], number| {
        asked(3, [bytes(1, key), proto::number(2, device), bytes(3, signature), store(number)].concat())
    };
    let register = |handle: &str, key: &[u8], signature: &[u8]| {
        let list = parts.alice.list.as_bytes();
        asked(2, [bytes(1, handle.as_bytes()), bytes(2, key), bytes(3, list), bytes(4, signature)].concat())
    };
    // What is empty is left out.
    let some = |tag, value: &[u8]| if value.is_empty() { Vec::new() } else { proto::bytes(tag, value) };
    let group = envelope(3, group_message());
    let client = |id: &[u8], rest: Vec<u8>| [bytes(1, id), rest].concat();
    let fan = |id: &[u8]| asked(11, client(id, [recipient(&key, &[1]), bytes(3, &group)].concat()));
    let append = |id: &[u8], log: &[u8], position: Vec<u8>, entry: &[u8], to: &[u8]| {
        asked(12, client(id, [bytes(2, log), position, some(4, entry), to.to_vec()].concat()))
    };
    let (id, log, position, blob) = ([1; 16], [1; 32], number(3, 1), entry());
    let to = |to: &[u8], devices: &[u8]| proto::bytes(5, [proto::bytes(1, to), some(2, devices)].concat());
    let message_to = |device| send(parts, &[parcel(device, envelope(2, message(0x11)))], []);
    let indicator = |key: &[u8], device| {
        let parcel = [number(1, device), bytes(2, &envelope(2, message(0x15)))].concat();
        asked(14, [bytes(1, key), number(2, 1), bytes(3, &parcel)].concat())
    };
    let prekeys = [vec![bytes(1, b"signed")], vec![bytes(2, b"one-time"); 101]].concat().concat();
    let first_login = |request: Vec<u8>| {
        Fields::new().bytes("account_key", []).number("device_id", 0u32).bytes("request", request)
    };
    for (name, reqs, comment, request) in [
        (
            "register-handle-in-capitals",
            "IDN-13",
            "No handle has capitals.",
            register("Alice", &own, &[1; 64]),
        ),
        ("register-key-31-bytes", "ENV-6", "A key has 32 bytes.", register("alice", &[1; 31], &[1; 64])),
        ("register-signature-63-bytes", "ENV-6", "A signature has 64.", register("alice", &own, &[1; 63])),
        ("login-key-31-bytes", "ENV-6", "A key has 32 bytes.", login(&[1; 31], 1, &[1; 64], 1)),
        ("login-device-128", "IDN-3", "Devices end at 127.", login(&own, 128, &[1; 64], 1)),
        ("login-signature-65-bytes", "ENV-6", "A signature has 64.", login(&own, 1, &[1; 65], 1)),
        ("login-number-2-to-the-63", "RLY-46", "Numbers lie below 2^63.", login(&own, 1, &[1; 64], 1 << 63)),
    ] {
        let note = note(format!("see-{name}"), reqs, comment).threat("W6");
        sheet.refuse(note, "relay.see", first_login(request), "malformed")?;
    }
    for (name, reqs, comment, request, word) in [
        ("101-prekeys", "ENV-3", "A hundred are the most.", asked(4, prekeys), "limit"),
        (
            "resolve-handle-in-capitals",
            "IDN-13",
            "No handle has capitals.",
            asked(5, bytes(1, b"Bob")),
            "malformed",
        ),
        ("resolve-nobody", "IDN-13", "A handle has a letter.", asked(5, Vec::new()), "malformed"),
        ("devices-of-31-bytes", "ENV-6", "A key has 32 bytes.", asked(6, bytes(1, &[1; 31])), "malformed"),
        (
            "prekeys-of-31-bytes",
            "ENV-6",
            "A key has 32 bytes.",
            asked(7, [bytes(1, &[1; 31]), number(2, 1)].concat()),
            "malformed",
        ),
        ("prekeys-of-device-0", "IDN-3", "Devices begin at 1.", asked(7, bytes(1, &key)), "malformed"),
        (
            "prekeys-of-device-128",
            "IDN-3",
            "Devices end at 127.",
            asked(7, [bytes(1, &key), number(2, 128)].concat()),
            "malformed",
        ),
        ("parcel-for-device-128", "IDN-3", "Devices end at 127.", message_to(128), "malformed"),
        ("fan-out-client-id-15-bytes", "ENV-6", "It has 16 bytes.", fan(&[1; 15]), "malformed"),
        (
            "fan-out-to-a-key-of-31-bytes",
            "ENV-6",
            "A key has 32 bytes.",
            fan_out(&[recipient(&[1; 31], &[1])], &group),
            "malformed",
        ),
        (
            "fan-out-to-device-0",
            "IDN-3",
            "Devices begin at 1.",
            fan_out(&[recipient(&key, &[0, 1])], &group),
            "malformed",
        ),
        (
            "fan-out-to-device-128",
            "IDN-3",
            "Devices end at 127.",
            fan_out(&[recipient(&key, &[1, 128])], &group),
            "malformed",
        ),
        (
            "fan-out-to-oneself",
            "RLY-31",
            "The sending device has it.",
            fan_out(&[recipient(&own, &[1])], &group),
            "malformed",
        ),
        (
            "fan-out-for-3",
            "ENV-6",
            "There are three classes of time.",
            asked(11, client(&id, [recipient(&key, &[1]), bytes(3, &group), number(4, 3)].concat())),
            "malformed",
        ),
        (
            "append-client-id-17-bytes",
            "ENV-6",
            "It has 16 bytes.",
            append(&[1; 17], &log, position.clone(), &blob, &[]),
            "malformed",
        ),
        (
            "append-log-31-bytes",
            "ENV-6",
            "It has 32 bytes.",
            append(&id, &[1; 31], position.clone(), &blob, &[]),
            "malformed",
        ),
        (
            "append-at-0",
            "ENV-6",
            "Positions begin with 1.",
            append(&id, &log, Vec::new(), &blob, &[]),
            "malformed",
        ),
        (
            "append-at-100001",
            "ENV-6",
            "A log has 100,000 entries.",
            append(&id, &log, number(3, 100_001), &blob, &[]),
            "limit",
        ),
        (
            "append-of-a-message",
            "GRP-40",
            "No entry.",
            append(&id, &log, position.clone(), &group_message(), &[]),
            "malformed",
        ),
        (
            "append-of-nothing",
            "GRP-40",
            "No entry.",
            append(&id, &log, position.clone(), &[], &[]),
            "malformed",
        ),
        (
            "append-for-oneself",
            "RLY-31",
            "The sending device has it.",
            append(&id, &log, position.clone(), &blob, &to(&own, &[1])),
            "malformed",
        ),
        (
            "append-for-no-device",
            "RLY-31",
            "It goes to none of them.",
            append(&id, &log, position, &blob, &to(&key, &[])),
            "malformed",
        ),
        ("entries-from-0", "ENV-6", "Positions begin with 1.", asked(13, bytes(1, &log)), "malformed"),
        ("transient-to-31-bytes", "ENV-6", "A key has 32 bytes.", indicator(&[1; 31], 1), "malformed"),
        ("transient-to-device-128", "IDN-3", "Devices end at 127.", indicator(&key, 128), "malformed"),
    ] {
        let note = note(format!("see-{name}"), reqs, comment).threat("W6");
        sheet.refuse(note, "relay.see", parts.seen("", &request), word)?;
    }
    Ok(())
}

/// As much as there may be.
fn bounds(sheet: &mut Sheet, parts: &Parts) -> Result<()> {
    let (own, group) = (account(&parts.alice), envelope(3, group_message()));
    let prekeys = [proto::bytes(1, "signed"), proto::bytes(2, "one-time").repeat(100)].concat();
    let eight: Vec<_> = (1..=8).map(|n| parcel(n, envelope(2, message(0x11)))).collect();
    let last = [
        proto::bytes(1, [1; 16]),
        proto::bytes(2, [1; 32]),
        proto::number(3, 100_000),
        proto::bytes(4, entry()),
    ];
    for (id, reqs, comment, request) in [
        ("100-prekeys", "LEA-1", "As many as there may be.", asked(4, prekeys)),
        ("for-eight-devices", "LEA-1 RLY-21", "As many as an account has.", send(parts, &eight, [])),
        (
            "fan-out-to-another-own-device",
            "LEA-1 RLY-31",
            "The sending device is not among them.",
            fan_out(&[recipient(&own, &[2, 127])], &group),
        ),
        ("append-at-100000", "LEA-1", "The last position of a log.", asked(12, last.concat())),
    ] {
        sheet.accept(note(format!("see-{id}"), reqs, comment), "relay.see", parts.seen("", &request))?;
    }
    Ok(())
}

/// What a client adds by itself is none of this protocol, however harmless it looks.
fn unknown(sheet: &mut Sheet, parts: &Parts, good: &[u8]) -> Result<()> {
    let with = |end: Vec<u8>| send(parts, &[good.to_vec()], end);
    let inner = [envelope(2, message(0x11)), proto::number(3, 1)].concat();
    for (id, comment, request) in [
        ("a-kind-beside-the-parcels", "It tells the relay what it carries.", with(proto::number(6, 11))),
        (
            "a-name-beside-the-parcels",
            "It tells the relay which program sends.",
            with(proto::bytes(7, "app 1.0")),
        ),
        (
            "a-number-in-the-envelope",
            "It tells a reaction from a text.",
            send(parts, &[parcel(1, inner)], []),
        ),
        (
            "a-field-in-the-parcel",
            "It tells devices apart.",
            send(
                parts,
                &[proto::bytes(
                    4,
                    [proto::number(1, 1), proto::bytes(2, envelope(2, message(0x11))), proto::number(3, 1)]
                        .concat(),
                )],
                [],
            ),
        ),
        (
            "a-time-beside-the-request",
            "It tells the clock of the device.",
            [with(Vec::new()), proto::number(18, NOW)].concat(),
        ),
        (
            "a-default-written",
            "The longest time, written out: one client does so, and is known by it.",
            with(proto::number(5, 0)),
        ),
        (
            "a-long-number",
            "A client id may not be told by how numbers are written.",
            [vec![0x08, 0x81, 0x00], proto::bytes(9, [])].concat(),
        ),
        (
            "two-times",
            "The last counts with lenient decoders, and the first is for the relay.",
            with([proto::number(5, 2), proto::number(5, 1)].concat()),
        ),
    ] {
        // An envelope has two fields, and a walk before decoding counts them.
        let (reqs, word, catches): (_, _, &[_]) = match id {
            "a-number-in-the-envelope" => ("LEA-1 ENV-3", "limit", &[]),
            _ => ("LEA-1 ENV-5", "malformed", &["lenient-decoding"]),
        };
        let note = note(format!("see-{id}"), reqs, comment).threat("W3").catches(catches);
        sheet.refuse(note, "relay.see", parts.seen("", &request), word)?;
    }
    Ok(())
}

fn acceptance() -> Vec<u8> {
    [
        proto::bytes(1, material("thread id", 32)),
        proto::bytes(2, material("message id", 16)),
        proto::number(3, NOW),
        proto::number(4, 3),
    ]
    .concat()
}
