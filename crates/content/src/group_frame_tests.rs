use super::*;
use crate::{Body, ChatFrame, ChatId, Context, Kind, MessageId, Salt, ThreadFrame, ThreadId, padding::unpad};
use alloc::{format, vec, vec::Vec};
use aside_identity::DeviceId;
use aside_testkit::{Person, TestRng, person::NOW};
use prost::Message;
use zeroize::Zeroizing;

const GROUP: GroupId = GroupId::new([5; 32]);
const STAMP: Stamp = Stamp { sequence: 7, head: Digest([6; 32]) };

fn group_frame(body: Body) -> GroupFrame {
    let frame = Frame {
        message_id: MessageId::new([1; 16]),
        sent_at: NOW,
        body,
        previous: Some(Digest([2; 32])),
        silent: false,
        expiry: None,
        salt: Some(Salt([12; 16])),
    };
    GroupFrame { group: GROUP, frame }
}

fn hello() -> GroupFrame {
    group_frame(Body::text("hello").unwrap())
}

fn address(person: &Person) -> Address {
    Address { account: person.certificate.account, device: person.certificate.device }
}

fn alice() -> Person {
    Person::new(&mut TestRng::new(1))
}

fn key() -> Secret<32> {
    Secret::new([9; 32])
}

/// What a sending chain would carry: the padded bytes and the commitment.
fn seal(frame: &GroupFrame, person: &Person) -> (Vec<u8>, Commitment) {
    frame
        .seal_with(&address(person), &STAMP, |padded, commit| {
            Ok::<_, Malformed>((padded.to_vec(), commit(&key())))
        })
        .unwrap()
}

fn seal_chat(frame: &ChatFrame, person: &Person) -> (Vec<u8>, Commitment) {
    let list = person.list.reference();
    let context = Context { sender_list: list, recipient_list: list, generation: 1 };
    frame
        .seal_with(&address(person), &context, |padded, commit| {
            Ok::<_, Malformed>((padded.to_vec(), commit(&key())))
        })
        .unwrap()
}

/// The frame in `padded` with one thing changed, padded again.
fn edited(padded: &[u8], edit: impl FnOnce(&mut pb::Frame)) -> Vec<u8> {
    let mut fields: pb::Frame = decode(unpad(padded).unwrap()).unwrap();
    edit(&mut fields);
    crate::padding::pad(&fields.encode_to_vec()).unwrap()
}

/// The kinds that go over a session only.
fn over_a_session() -> Vec<Body> {
    [Kind::SENDER_KEY, Kind::GROUP_INVITE, Kind::GROUP_LOG_REQUEST, Kind::GROUP_LOG_ENTRIES, Kind::VIEW_KEY]
        .map(|kind| Body::Group { kind, content: Zeroizing::new(b"chain key".to_vec()) })
        .into()
}

#[test]
fn con_13_a_frame_and_its_stamp_survive() {
    let alice = alice();
    for body in [Body::text("hello").unwrap(), Body::Unknown { kind: Kind(4000), content: vec![1, 2, 3] }] {
        let frame = group_frame(body);
        let (padded, commitment) = seal(&frame, &alice);
        assert_eq!(padded.len(), crate::padding::SMALLEST_CLASS);
        let opened = GroupFrame::open(&padded, &address(&alice), &key(), &commitment);
        assert_eq!(opened, Ok((frame, STAMP)));
    }
}

#[test]
fn con_3_each_field_of_another_conversation_is_refused() {
    let alice = alice();
    let (padded, commitment) = seal(&hello(), &alice);
    let list = || Some(pb::ListReference { version: 1, hash: vec![3; 32] });
    let edits: [fn(&mut pb::Frame, Option<pb::ListReference>); 4] = [
        |fields, list| fields.sender_list = list,
        |fields, list| fields.recipient_list = list,
        |fields, _| fields.generation = 1,
        // Of a thread: nothing that only a group has.
        |fields, _| {
            fields.group_sequence = 0;
            fields.group_head.clear();
        },
    ];
    for (place, edit) in edits.into_iter().enumerate() {
        let padded = edited(&padded, |fields| edit(fields, list()));
        let opened = GroupFrame::open(&padded, &address(&alice), &key(), &commitment);
        assert_eq!(opened, Err(Refused::WrongConversation), "{place}");
    }
}

#[test]
fn w7_half_a_stamp_is_refused() {
    let alice = alice();
    let (padded, commitment) = seal(&hello(), &alice);
    type Edit = fn(&mut pb::Frame);
    let edits: [(Edit, &str); 5] = [
        (|fields| fields.group_sequence = 0, "group_sequence"),
        (|fields| fields.group_head.clear(), "group_head"),
        (|fields| fields.group_head.truncate(31), "group_head"),
        (|fields| fields.group_head.push(0), "group_head"),
        (|fields| fields.conversation.truncate(31), "conversation"),
    ];
    for (edit, field) in edits {
        let padded = edited(&padded, edit);
        let opened = GroupFrame::open(&padded, &address(&alice), &key(), &commitment);
        assert_eq!(opened, Err(Malformed::Field(field).into()));
    }
}

#[test]
fn c1_a_frame_of_a_group_is_refused_in_the_other_channels() {
    let alice = alice();
    let (padded, commitment) = seal(&hello(), &alice);
    let bare = unpad(&padded).unwrap();
    assert_eq!(ThreadFrame::decode(bare), Err(Refused::WrongConversation));
    let opened = ChatFrame::open(&padded, &address(&alice), &key(), &commitment);
    assert_eq!(opened, Err(Refused::WrongConversation));

    // One field of a group is enough, next to everything that the other channel asks for.
    let edits: [fn(&mut pb::Frame); 2] =
        [|fields| fields.group_sequence = 1, |fields| fields.group_head = vec![1]];
    let frame = hello().frame;
    let bare = Frame { salt: None, ..frame.clone() };
    let thread = ThreadFrame { thread: ThreadId::new([5; 32]), frame: bare };
    let thread = crate::padding::pad(&thread.encode().unwrap()).unwrap();
    let (chat, commitment) = seal_chat(&ChatFrame { chat: ChatId::new([5; 32]), frame }, &alice);
    let refused = GroupFrame::open(&chat, &address(&alice), &key(), &commitment);
    assert_eq!(refused, Err(Refused::WrongConversation));
    for edit in edits {
        let thread = edited(&thread, edit);
        assert_eq!(ThreadFrame::decode(unpad(&thread).unwrap()), Err(Refused::WrongConversation));
        let opened = ChatFrame::open(&edited(&chat, edit), &address(&alice), &key(), &commitment);
        assert_eq!(opened, Err(Refused::WrongConversation));
    }
}

#[test]
fn con_14_what_goes_over_a_session_goes_nowhere_else() {
    let alice = alice();
    let (honest, _) = seal(&hello(), &alice);
    for body in over_a_session() {
        let kind = body.kind();
        let frame = group_frame(body).frame;

        let chat = ChatFrame { chat: ChatId::new(*GROUP.as_bytes()), frame: frame.clone() };
        let (padded, commitment) = seal_chat(&chat, &alice);
        let opened = ChatFrame::open(&padded, &address(&alice), &key(), &commitment).unwrap();
        assert_eq!(opened.0, chat);

        let thread = ThreadFrame { thread: ThreadId::new([5; 32]), frame: frame.clone() };
        assert_eq!(thread.encode(), Err(Malformed::Field("kind")));
        let bare = Frame { salt: None, ..hello().frame };
        let hello = ThreadFrame { thread: thread.thread, frame: bare }.encode().unwrap();
        let hello = crate::padding::pad(&hello).unwrap();
        let forged = edited(&hello, |fields| fields.kind = kind.0);
        assert_eq!(ThreadFrame::decode(unpad(&forged).unwrap()), Err(Refused::WrongConversation));

        let group = GroupFrame { group: GROUP, frame };
        let sealed: Result<(), Malformed> = group.seal_with(&address(&alice), &STAMP, |_, _| Ok(()));
        assert_eq!(sealed, Err(Malformed::Field("kind")));
        let forged = edited(&honest, |fields| {
            fields.kind = kind.0;
            fields.content = b"chain key".to_vec();
        });
        let commitment = group.commitment(&key(), &address(&alice));
        let opened = GroupFrame::open(&forged, &address(&alice), &key(), &commitment);
        assert_eq!(opened, Err(Refused::WrongConversation));
    }
}

#[test]
fn f2_a_commitment_to_anything_else_is_refused() {
    let mut rng = TestRng::new(1);
    let (alice, carol) = (Person::new(&mut rng), Person::new(&mut rng));
    let honest = hello();
    let (padded, commitment) = seal(&honest, &alice);
    let sender = address(&alice);
    let open = |sender: &Address, key: &Secret<32>, commitment: &Commitment| {
        GroupFrame::open(&padded, sender, key, commitment).map(|_| ())
    };
    assert_eq!(open(&sender, &key(), &commitment), Ok(()));
    assert_eq!(open(&sender, &Secret::new([8; 32]), &commitment), Err(Refused::Commitment));
    assert_eq!(open(&address(&carol), &key(), &commitment), Err(Refused::Commitment));
    let second_device = Address { device: DeviceId::parse(2).unwrap(), ..sender };
    assert_eq!(open(&second_device, &key(), &commitment), Err(Refused::Commitment));

    let mut changed = [honest.clone(), honest.clone(), honest.clone(), honest.clone()];
    changed[0].group = GroupId::new([6; 32]);
    changed[1].frame.message_id = MessageId::new([7; 16]);
    changed[2].frame.sent_at += 1;
    changed[3].frame.body = Body::text("hellO").unwrap();
    for other in changed {
        let (_, commitment) = seal(&other, &alice);
        assert_eq!(open(&sender, &key(), &commitment), Err(Refused::Commitment));
    }
}

#[test]
fn con_7_the_group_is_part_of_the_hash() {
    let (one, other) = (hello(), GroupFrame { group: GroupId::new([6; 32]), ..hello() });
    assert_ne!(one.hash(), other.hash());
    let chat = ChatFrame { chat: ChatId::new(*GROUP.as_bytes()), frame: one.frame.clone() };
    assert_eq!(one.hash(), chat.hash());
}

#[test]
fn keys_for_a_group_are_never_printed() {
    for body in over_a_session() {
        let Body::Group { kind, .. } = &body else { panic!("of a group") };
        assert_eq!(format!("{body:?}"), format!("Group({kind:?}, 9 bytes)"));
    }
}

#[test]
fn exp_22_a_groups_frame_has_no_key_of_what_is_opened_once() {
    let alice = alice();
    let once = crate::samples::view_once();
    let terms = aside_wire::ExpiryTerms::Once { unread_cap_s: 60 };
    let frame = |once| {
        let mut frame = group_frame(Body::of(once).unwrap());
        frame.frame.expiry = Some(crate::Expiry { policy: 0, terms });
        frame
    };
    let withheld = frame(once.without_key());
    let (padded, commitment) = seal(&withheld, &alice);
    let opened = GroupFrame::open(&padded, &address(&alice), &key(), &commitment);
    assert_eq!(opened, Ok((withheld, STAMP)));

    let with_key = frame(once);
    let sealed: Result<(), Malformed> = with_key.seal_with(&address(&alice), &STAMP, |_, _| Ok(()));
    assert_eq!(sealed, Err(Malformed::Field("key")));
    let content = with_key.frame.body.encode();
    let commitment = with_key.commitment(&key(), &address(&alice));
    let forged = edited(&padded, |fields| fields.content = content);
    let opened = GroupFrame::open(&forged, &address(&alice), &key(), &commitment);
    assert_eq!(opened, Err(Refused::Malformed(Malformed::Field("key"))));
}
