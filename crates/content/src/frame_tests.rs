use super::*;
use crate::{
    EncryptedOnly, Presence,
    samples::{account, bodies, edit, reaction, receipts, reply, sharing},
};
use alloc::vec;
use aside_identity::DeviceId;
use aside_testkit::{Person, TestRng, person::NOW};

fn frame(body: Body) -> Frame {
    Frame {
        message_id: MessageId::new([1; 16]),
        sent_at: NOW,
        body,
        previous: Some(Digest([2; 32])),
        silent: false,
    }
}

fn context(person: &Person) -> Context {
    let list = person.list.reference();
    Context { sender_list: list, recipient_list: list, generation: 1 }
}

fn address(person: &Person) -> Address {
    Address { account: person.certificate.account, device: person.certificate.device }
}

/// What a session would carry: the padded bytes and the commitment under `key`.
fn seal(frame: &ChatFrame, person: &Person, key: &Secret<32>) -> (Vec<u8>, Commitment) {
    frame
        .seal_with(&address(person), &context(person), |padded, commit| {
            Ok::<_, Malformed>((padded.to_vec(), commit(key)))
        })
        .unwrap()
}

#[test]
fn every_kind_survives_the_channels_it_is_allowed_in() {
    let alice = Person::new(&mut TestRng::new(1));
    let key = Secret::new([9; 32]);
    for body in bodies() {
        let thread = ThreadFrame { thread: ThreadId::new([4; 32]), frame: frame(body.clone()) };
        if allowed(body.kind(), Place::Thread) {
            assert_eq!(ThreadFrame::decode(&thread.encode().unwrap()).unwrap(), thread);
        }
        let chat = ChatFrame { chat: ChatId::new([5; 32]), frame: frame(body) };
        let (padded, commitment) = seal(&chat, &alice, &key);
        let (opened, read) = ChatFrame::open(&padded, &address(&alice), &key, &commitment).unwrap();
        assert_eq!((opened, read), (chat, context(&alice)));
    }
}

#[test]
fn con_15_a_kind_that_does_not_belong_into_a_thread_is_refused() {
    let mut refused = 0;
    for body in bodies().into_iter().filter(|body| !allowed(body.kind(), Place::Thread)) {
        let thread = ThreadFrame { thread: ThreadId::new([4; 32]), frame: frame(body) };
        assert_eq!(thread.encode(), Err(Malformed::Field("kind")));
        let bytes = thread.frame.fields(thread.thread.as_bytes()).encode_to_vec();
        assert_eq!(ThreadFrame::decode(&bytes), Err(Refused::WrongConversation));
        refused += 1;
    }
    assert_eq!(refused, 11);
}

#[test]
fn con_3_only_encrypted_frames_ask_for_silence() {
    let alice = Person::new(&mut TestRng::new(1));
    let key = Secret::new([9; 32]);
    let frame = Frame { silent: true, ..frame(Body::text("hello").unwrap()) };
    let chat = ChatFrame { chat: ChatId::new([5; 32]), frame: frame.clone() };
    let (padded, commitment) = seal(&chat, &alice, &key);
    let (opened, _) = ChatFrame::open(&padded, &address(&alice), &key, &commitment).unwrap();
    assert!(opened.frame.silent);
    let thread = ThreadFrame { thread: ThreadId::new([4; 32]), frame };
    assert_eq!(thread.encode(), Err(Malformed::Field("silent")));
    let bytes = thread.frame.fields(thread.thread.as_bytes()).encode_to_vec();
    assert_eq!(ThreadFrame::decode(&bytes), Err(Refused::WrongConversation));
}

#[test]
fn w8_a_text_a_reaction_a_receipt_and_control_frames_have_the_same_length() {
    let alice = Person::new(&mut TestRng::new(2));
    let declaration =
        aside_identity::Declaration::issue(&alice.certificate, &alice.keys, account(), u64::MAX).unwrap();
    let short = [
        Body::text("See you at eight, in front of the station").unwrap(),
        Body::of(reaction()).unwrap(),
        Body::of(receipts()).unwrap(),
        Body::ChatOpen { beside: Some(ThreadId::new([3; 32])) },
        Body::ChatAccept,
        Body::ChatDecline,
        Body::ChatClose,
        Body::Unsend(MessageId::new([1; 16])),
        Body::of(edit()).unwrap(),
        Body::of(reply()).unwrap(),
        Body::Typing { started: true },
        Body::Presence(Presence::Away),
        Body::of(sharing()).unwrap(),
        Body::of(EncryptedOnly { declaration: declaration.as_bytes().to_vec() }).unwrap(),
    ];
    for body in short {
        let kind = body.kind();
        let chat = ChatFrame { chat: ChatId::new([5; 32]), frame: Frame { silent: true, ..frame(body) } };
        let padded = seal(&chat, &alice, &Secret::new([9; 32])).0;
        assert_eq!(padded.len(), crate::padding::SMALLEST_CLASS, "{kind:?}");
    }
}

#[test]
fn c1_a_frame_of_one_channel_is_refused_in_the_other() {
    let alice = Person::new(&mut TestRng::new(3));
    let key = Secret::new([9; 32]);
    let chat = ChatFrame { chat: ChatId::new([5; 32]), frame: frame(Body::text("secret").unwrap()) };
    let (padded, commitment) = seal(&chat, &alice, &key);
    let bare = crate::padding::unpad(&padded).unwrap();
    assert_eq!(ThreadFrame::decode(bare), Err(Refused::WrongConversation));

    let thread = ThreadFrame { thread: ThreadId::new([5; 32]), frame: chat.frame.clone() };
    let padded = crate::padding::pad(&thread.encode().unwrap()).unwrap();
    let refused = ChatFrame::open(&padded, &address(&alice), &key, &commitment).unwrap_err();
    assert_eq!(refused, Refused::WrongConversation);
}

#[test]
fn f2_a_commitment_to_anything_else_is_refused() {
    let mut rng = TestRng::new(4);
    let (alice, carol) = (Person::new(&mut rng), Person::new(&mut rng));
    let (key, other_key) = (Secret::new([9; 32]), Secret::new([8; 32]));
    let chat = ChatFrame { chat: ChatId::new([5; 32]), frame: frame(Body::text("hello").unwrap()) };
    let (padded, commitment) = seal(&chat, &alice, &key);
    let sender = address(&alice);
    let open = |sender: &Address, key: &Secret<32>, commitment: &Commitment| {
        ChatFrame::open(&padded, sender, key, commitment).map(|_| ())
    };
    assert_eq!(open(&sender, &key, &commitment), Ok(()));
    assert_eq!(open(&sender, &other_key, &commitment), Err(Refused::Commitment));
    assert_eq!(open(&address(&carol), &key, &commitment), Err(Refused::Commitment));
    let second_device = Address { device: DeviceId::parse(2).unwrap(), ..sender };
    assert_eq!(open(&second_device, &key, &commitment), Err(Refused::Commitment));

    let mut changed = [chat.clone(), chat.clone(), chat.clone(), chat.clone()];
    changed[0].chat = ChatId::new([6; 32]);
    changed[1].frame.message_id = MessageId::new([7; 16]);
    changed[2].frame.sent_at += 1;
    changed[3].frame.body = Body::text("hellO").unwrap();
    for other in changed {
        let (_, commitment) = seal(&other, &alice, &key);
        assert_eq!(open(&sender, &key, &commitment), Err(Refused::Commitment));
    }
}

#[test]
fn w7_missing_fields_are_refused() {
    assert!(ThreadFrame::decode(&[]).is_err());
    let mut fields = pb::Frame {
        conversation: vec![1; 32],
        message_id: vec![2; 16],
        kind: 1,
        content: Body::text("x").unwrap().encode(),
        ..Default::default()
    };
    assert!(ThreadFrame::decode(&fields.encode_to_vec()).is_ok());
    fields.kind = 0;
    assert!(ThreadFrame::decode(&fields.encode_to_vec()).is_err());
    fields.kind = 1;
    fields.content = vec![];
    assert!(ThreadFrame::decode(&fields.encode_to_vec()).is_err());
    fields.content = Body::text("x").unwrap().encode();
    fields.message_id = vec![2; 15];
    assert!(ThreadFrame::decode(&fields.encode_to_vec()).is_err());
}

#[test]
fn what_people_write_is_never_printed() {
    use alloc::format;
    assert!(!format!("{:?}", frame(Body::text("secret").unwrap())).contains("secret"));
}
