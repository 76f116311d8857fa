//! `archive/archive.json`: fields of records behind the manifest, each by itself.

use super::{
    Result,
    archive::{Lie, Made, record},
    kinds::{photo, text},
    people::NOW,
    proto,
    stamps::sealed,
};
use aside_content::ThreadId;
use aside_identity::AccountKey;
use aside_wire::pb;
use prost::Message;

const CONVERSATION: u8 = 2;
const PERSON: u8 = 3;
const MESSAGE: u8 = 4;
const MARK: u8 = 5;
/// Content kinds of marks.
const REACTION: u32 = 11;
const EDIT: u32 = 12;

/// Id, comment, records behind the manifest.
type Good = (&'static str, &'static str, Vec<Vec<u8>>);

fn key(account: AccountKey) -> Vec<u8> {
    account.as_bytes().to_vec()
}

fn chat(made: &Made) -> pb::ArchiveConversation {
    pb::ArchiveConversation { place: 2, id: vec![3; 32], peer: key(made.bob), name: String::new() }
}

fn group() -> pb::ArchiveConversation {
    pb::ArchiveConversation { place: 3, id: vec![4; 32], peer: Vec::new(), name: "Friends".into() }
}

fn thread(made: &Made) -> pb::ArchiveConversation {
    let id = ThreadId::between(&made.own(), &made.bob).as_bytes().to_vec();
    pb::ArchiveConversation { place: 1, id, ..chat(made) }
}

fn person(account: AccountKey, handle: &str) -> Vec<u8> {
    record(PERSON, &pb::ArchivePerson { account: key(account), handle: handle.into() }.encode_to_vec())
}

fn message(made: &Made, number: u64) -> pb::ArchiveMessage {
    pb::ArchiveMessage {
        number,
        sender: key(made.bob),
        device_id: 1,
        message_id: vec![7; 16],
        sent_at: NOW,
        accepted_at: NOW,
        kind: 1,
        content: text(),
        hash: vec![9; 32],
        imported: false,
    }
}

fn mark(account: AccountKey, kind: u32, value: &[u8]) -> pb::ArchiveMark {
    pb::ArchiveMark { kind, account: key(account), counter: 1, value: value.to_vec() }
}

fn conversation(fields: &pb::ArchiveConversation) -> Vec<u8> {
    record(CONVERSATION, &fields.encode_to_vec())
}

fn said(fields: &pb::ArchiveMessage) -> Vec<u8> {
    record(MESSAGE, &fields.encode_to_vec())
}

fn marked(fields: &pb::ArchiveMark) -> Vec<u8> {
    record(MARK, &fields.encode_to_vec())
}

/// Records that are good: at their bounds, and in orders that begin anew.
pub(super) fn good_fields(made: &Made) -> Result<Vec<Good>> {
    let named = |name: String| conversation(&pb::ArchiveConversation { name, ..group() });
    let (bob, own, carol) = (made.bob, made.own(), made.carol);
    let [low, high] = if bob.as_bytes() < carol.as_bytes() { [bob, carol] } else { [carol, bob] };
    let other = |id: u8| conversation(&pb::ArchiveConversation { id: vec![id; 32], ..chat(made) });
    let once = pb::ViewOnce { key: Vec::new(), ..sealed() }.encode_to_vec();
    let once = pb::ArchiveMessage { kind: 31, content: once, ..message(made, 1) };
    let unknown = pb::ArchiveMessage { kind: 4_000, content: vec![0xFF; 3], ..message(made, 1) };
    let last = pb::ArchiveMessage { number: u64::MAX, device_id: 127, ..message(made, 1) };
    Ok(vec![
        ("group-name-128-bytes", "As long as a name may be.", vec![named("ä".repeat(64))]),
        ("group-without-name", "Its name is not known.", vec![named(String::new())]),
        (
            "reaction-32-bytes",
            "As long as an emoji may be.",
            vec![other(3), said(&message(made, 1)), marked(&mark(own, REACTION, "👋".repeat(8).as_bytes()))],
        ),
        (
            "reaction-of-a-third-in-a-group",
            "Whoever is there may react.",
            vec![conversation(&group()), said(&message(made, 1)), marked(&mark(carol, REACTION, b"x"))],
        ),
        (
            "people-ascending",
            "Two people.",
            vec![conversation(&group()), person(low, "low"), person(high, "high")],
        ),
        (
            "people-begin-anew",
            "Each conversation has people of its own.",
            vec![other(3), person(high, "high"), other(4), person(low, "low")],
        ),
        (
            "numbers-begin-anew",
            "Each conversation has messages of its own.",
            vec![other(3), said(&message(made, 9)), other(4), said(&message(made, 1))],
        ),
        (
            "marks-begin-anew",
            "Each message has marks of its own.",
            vec![
                other(3),
                said(&message(made, 1)),
                marked(&mark(bob, EDIT, &text())),
                said(&message(made, 2)),
                marked(&mark(own, REACTION, b"x")),
            ],
        ),
        (
            "marks-of-two",
            "Ascending by account.",
            vec![
                conversation(&group()),
                said(&message(made, 1)),
                marked(&mark(low, REACTION, b"x")),
                marked(&mark(high, REACTION, b"x")),
            ],
        ),
        ("last-number", "The greatest number there is, and the last device.", vec![other(3), said(&last)]),
        ("message-of-unknown-kind", "It is shown by its fallback.", vec![other(3), said(&unknown)]),
        ("message-that-was-once", "What was opened once, without its key.", vec![other(3), said(&once)]),
    ])
}

/// Records with one thing wrong.
pub(super) fn bad_fields(made: &Made) -> Result<Vec<Lie<Vec<Vec<u8>>>>> {
    let mut lies = conversations(made);
    lies.extend(people(made));
    lies.extend(messages(made));
    lies.extend(marks(made));
    Ok(lies)
}

fn conversations(made: &Made) -> Vec<Lie<Vec<Vec<u8>>>> {
    let chats = |edit: &dyn Fn(&mut pb::ArchiveConversation)| {
        let mut fields = chat(made);
        edit(&mut fields);
        vec![conversation(&fields)]
    };
    let groups = |edit: &dyn Fn(&mut pb::ArchiveConversation)| {
        let mut fields = group();
        edit(&mut fields);
        vec![conversation(&fields)]
    };
    let other = |id: u8| conversation(&pb::ArchiveConversation { id: vec![id; 32], ..chat(made) });
    let wrong_thread = pb::ArchiveConversation { id: vec![1; 32], ..thread(made) };
    let self_thread = pb::ArchiveConversation { peer: key(made.own()), ..thread(made) };
    vec![
        ("place-0", "ARC-2 ENV-6", "No place.", chats(&|c| c.place = 0), "malformed"),
        ("place-4", "ARC-2 ENV-6", "A place that there is not.", chats(&|c| c.place = 4), "malformed"),
        ("chat-id-31-bytes", "ENV-6", "An id has 32 bytes.", chats(&|c| c.id.truncate(31)), "malformed"),
        ("chat-id-33-bytes", "ENV-6", "An id has 32 bytes.", chats(&|c| c.id.push(0)), "malformed"),
        ("group-id-31-bytes", "ENV-6", "An id has 32 bytes.", groups(&|c| c.id.truncate(31)), "malformed"),
        ("chat-without-peer", "PRM-6", "A chat has a peer.", chats(&|c| c.peer.clear()), "key"),
        ("chat-peer-31-bytes", "PRM-6", "A key has 32 bytes.", chats(&|c| c.peer.truncate(31)), "key"),
        ("chat-with-name", "ENV-6", "Only groups have names.", chats(&|c| c.name = "x".into()), "malformed"),
        (
            "group-with-peer",
            "ENV-6",
            "A group has no peer.",
            groups(&|c| c.peer = key(made.bob)),
            "malformed",
        ),
        (
            "group-name-129-bytes",
            "GRP-10",
            "128 are the most.",
            groups(&|c| c.name = "x".repeat(129)),
            "malformed",
        ),
        (
            "group-name-65-characters",
            "GRP-10",
            "130 bytes.",
            groups(&|c| c.name = "ä".repeat(65)),
            "malformed",
        ),
        ("group-name-two-lines", "GRP-10", "It misleads.", groups(&|c| c.name = "a\nb".into()), "malformed"),
        (
            "group-name-turned",
            "GRP-10",
            "It misleads.",
            groups(&|c| c.name = "a\u{202E}b".into()),
            "malformed",
        ),
        (
            "thread-of-others",
            "ARC-5",
            "The id of another thread.",
            vec![conversation(&wrong_thread)],
            "policy",
        ),
        (
            "thread-with-oneself",
            "ARC-5",
            "Nobody writes to themselves.",
            vec![conversation(&self_thread)],
            "policy",
        ),
        (
            "thread-of-others-behind-a-chat",
            "ARC-5",
            "A conversation that cannot be comes before its place.",
            vec![other(3), conversation(&wrong_thread)],
            "policy",
        ),
        ("chats-descending", "ARC-2", "Ids ascend.", vec![other(4), other(3)], "malformed"),
        (
            "group-before-chat",
            "ARC-2",
            "Groups come last, whatever their ids.",
            vec![conversation(&pb::ArchiveConversation { id: vec![1; 32], ..group() }), other(3)],
            "malformed",
        ),
    ]
}

fn people(made: &Made) -> Vec<Lie<Vec<Vec<u8>>>> {
    let (bob, carol) = (made.bob, made.carol);
    let [low, high] = if bob.as_bytes() < carol.as_bytes() { [bob, carol] } else { [carol, bob] };
    let place = conversation(&group());
    let short = pb::ArchivePerson { account: vec![1; 31], handle: "bob".into() }.encode_to_vec();
    let named = |handle: &str| vec![place.clone(), person(bob, handle)];
    vec![
        (
            "person-key-31-bytes",
            "PRM-6",
            "A key has 32 bytes.",
            vec![place.clone(), record(PERSON, &short)],
            "key",
        ),
        ("person-without-handle", "IDN-13", "Nothing is said of them.", named(""), "malformed"),
        ("person-handle-in-capitals", "IDN-13", "No handle has capitals.", named("Bob"), "malformed"),
        (
            "people-descending",
            "ARC-2",
            "Account keys ascend.",
            vec![place.clone(), person(high, "high"), person(low, "low")],
            "malformed",
        ),
    ]
}

fn messages(made: &Made) -> Vec<Lie<Vec<Vec<u8>>>> {
    let at = |place: &pb::ArchiveConversation, edit: &dyn Fn(&mut pb::ArchiveMessage)| {
        let mut fields = message(made, 1);
        edit(&mut fields);
        vec![conversation(place), said(&fields)]
    };
    let (chat, thread, group) = (chat(made), thread(made), group());
    let handover = [proto::number(1, 1), proto::bytes(15, "x")].concat();
    vec![
        ("sender-31-bytes", "PRM-6", "A key has 32 bytes.", at(&chat, &|m| m.sender.truncate(31)), "key"),
        ("without-sender", "PRM-6", "Somebody has said it.", at(&group, &|m| m.sender.clear()), "key"),
        ("device-128", "IDN-3", "Devices end at 127.", at(&chat, &|m| m.device_id = 128), "malformed"),
        ("message-id-of-17-bytes", "ENV-6", "It has 16.", at(&chat, &|m| m.message_id.push(0)), "malformed"),
        ("hash-of-33-bytes", "ENV-6", "It has 32.", at(&chat, &|m| m.hash.push(0)), "malformed"),
        ("empty-text", "ARC-5 CON-8", "It says nothing.", at(&chat, &|m| m.content.clear()), "malformed"),
        (
            "by-a-third-in-a-thread",
            "ARC-5",
            "Carol is not in this thread.",
            at(&thread, &|m| m.sender = key(made.carol)),
            "policy",
        ),
        (
            "once-in-a-thread",
            "ARC-5 CON-15",
            "It does not stand in threads.",
            at(&thread, &|m| (m.kind, m.content) = (31, sealed().encode_to_vec())),
            "policy",
        ),
        (
            "handover-in-a-group",
            "ARC-5 CON-15",
            "It does not stand in groups.",
            at(&group, &|m| (m.kind, m.content) = (23, handover.clone())),
            "policy",
        ),
        (
            "sender-key-in-a-group",
            "ARC-5 CON-14",
            "It goes from member to member.",
            at(&group, &|m| (m.kind, m.content) = (16, vec![1])),
            "policy",
        ),
        (
            "policy-as-a-message",
            "ARC-5",
            "A policy is no message.",
            at(&chat, &|m| {
                (m.kind, m.content) =
                    (29, [proto::number(1, 1), proto::number(2, 1), proto::number(3, 60)].concat())
            }),
            "policy",
        ),
    ]
}

fn marks(made: &Made) -> Vec<Lie<Vec<Vec<u8>>>> {
    let about = |message: &pb::ArchiveMessage, marks: &[pb::ArchiveMark]| {
        [vec![conversation(&chat(made)), said(message)], marks.iter().map(marked).collect()].concat()
    };
    let (bob, own) = (made.bob, made.own());
    let hi = message(made, 1);
    let picture = pb::ArchiveMessage { kind: 6, content: photo().encode_to_vec(), ..hi.clone() };
    let with = |fields: pb::ArchiveMark| about(&hi, &[fields]);
    let reaction = |value: &[u8]| with(mark(own, REACTION, value));
    let short = pb::ArchiveMark { account: vec![1; 31], ..mark(own, REACTION, b"x") };
    let uncounted = pb::ArchiveMark { counter: 0, ..mark(own, REACTION, b"x") };
    let edit_uncounted = pb::ArchiveMark { counter: 0, ..mark(bob, EDIT, &text()) };
    let short_of_no_kind = pb::ArchiveMark { kind: 1, ..short.clone() };
    let [low, high] = if own.as_bytes() < bob.as_bytes() { [own, bob] } else { [bob, own] };
    vec![
        ("mark-kind-0", "ARC-2", "No kind.", with(mark(own, 0, b"x")), "malformed"),
        ("mark-kind-1", "ARC-2", "A text is no mark.", with(mark(own, 1, &text())), "malformed"),
        (
            "mark-kind-13",
            "ARC-2",
            "What was taken back is not there.",
            with(mark(own, 13, b"x")),
            "malformed",
        ),
        ("mark-account-31-bytes", "PRM-6", "A key has 32 bytes.", with(short), "key"),
        (
            "mark-of-no-kind-by-nobody",
            "ARC-2 PRM-6",
            "The account comes first.",
            with(short_of_no_kind),
            "key",
        ),
        ("reaction-counter-0", "CON-24", "Counters begin with 1.", with(uncounted), "malformed"),
        ("edit-counter-0", "CON-25", "Versions begin with 1.", with(edit_uncounted), "malformed"),
        ("reaction-empty", "CON-24", "It was taken back, and is none.", reaction(b""), "malformed"),
        ("reaction-33-bytes", "CON-8", "32 are the most.", reaction(&[b'x'; 33]), "malformed"),
        ("reaction-two-lines", "CON-18", "It misleads.", reaction(b"a\nb"), "malformed"),
        ("reaction-no-text", "CON-24", "Not UTF-8.", reaction(&[0xFF]), "malformed"),
        (
            "edit-to-nothing",
            "CON-25",
            "A text has at least one byte.",
            with(mark(bob, EDIT, b"")),
            "malformed",
        ),
        ("edit-to-no-text", "CON-25", "No text that decodes.", with(mark(bob, EDIT, &[0xFF])), "malformed"),
        (
            "edit-by-another",
            "ARC-5",
            "Only its author words it anew.",
            with(mark(own, EDIT, &text())),
            "policy",
        ),
        (
            "edit-of-a-photo",
            "ARC-5",
            "Only texts are worded anew.",
            about(&picture, &[mark(bob, EDIT, &text())]),
            "policy",
        ),
        (
            "marks-descending",
            "ARC-2",
            "Account keys ascend.",
            about(&hi, &[mark(high, REACTION, b"x"), mark(low, REACTION, b"x")]),
            "malformed",
        ),
    ]
}
