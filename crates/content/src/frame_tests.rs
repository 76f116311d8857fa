use super::*;
use crate::{
    CaptureNotice, EncryptedOnly, Presence, Shorten,
    samples::{account, bodies, capture, edit, expiry_policy, minute, reaction, receipts, reply, sharing},
};
use alloc::vec;
use aside_identity::DeviceId;
use aside_testkit::{Person, TestRng, person::NOW};
use aside_wire::ExpiryTerms;

fn frame(body: Body) -> Frame {
    Frame {
        message_id: MessageId::new([1; 16]),
        sent_at: NOW,
        body,
        previous: Some(Digest([2; 32])),
        silent: false,
        expiry: None,
        salt: None,
    }
}

/// The same as chats have it: what can be opened once on the terms that it needs.
fn salted(body: Body) -> Frame {
    let once = ExpiryTerms::Once { unread_cap_s: 60 };
    let expiry = matches!(body, Body::ViewOnce(_)).then_some(Expiry { policy: 0, terms: once });
    Frame { expiry, salt: Some(Salt([12; 16])), ..frame(body) }
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
        let chat = ChatFrame { chat: ChatId::new([5; 32]), frame: salted(body) };
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
    assert_eq!(refused, 16);
}

#[test]
fn con_3_only_encrypted_frames_ask_for_silence() {
    let alice = Person::new(&mut TestRng::new(1));
    let key = Secret::new([9; 32]);
    let frame = Frame { silent: true, ..salted(Body::text("hello").unwrap()) };
    let chat = ChatFrame { chat: ChatId::new([5; 32]), frame: frame.clone() };
    let (padded, commitment) = seal(&chat, &alice, &key);
    let (opened, _) = ChatFrame::open(&padded, &address(&alice), &key, &commitment).unwrap();
    assert!(opened.frame.silent);
    let frame = Frame { salt: None, ..frame };
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
        Body::of(expiry_policy()).unwrap(),
        Body::of(Shorten { message_id: MessageId::new([1; 16]), terms: minute() }).unwrap(),
        Body::of(CaptureNotice { refs: (0..8).map(|n| MessageId::new([n; 16])).collect(), ..capture() })
            .unwrap(),
    ];
    for body in short {
        let kind = body.kind();
        let chat = ChatFrame { chat: ChatId::new([5; 32]), frame: Frame { silent: true, ..salted(body) } };
        let padded = seal(&chat, &alice, &Secret::new([9; 32])).0;
        assert_eq!(padded.len(), crate::padding::SMALLEST_CLASS, "{kind:?}");
    }
}

#[test]
fn c1_a_frame_of_one_channel_is_refused_in_the_other() {
    let alice = Person::new(&mut TestRng::new(3));
    let key = Secret::new([9; 32]);
    let chat = ChatFrame { chat: ChatId::new([5; 32]), frame: salted(Body::text("secret").unwrap()) };
    let (padded, commitment) = seal(&chat, &alice, &key);
    let bare = crate::padding::unpad(&padded).unwrap();
    assert_eq!(ThreadFrame::decode(bare), Err(Refused::WrongConversation));

    let bare = Frame { salt: None, ..chat.frame.clone() };
    let thread = ThreadFrame { thread: ThreadId::new([5; 32]), frame: bare };
    let padded = crate::padding::pad(&thread.encode().unwrap()).unwrap();
    let refused = ChatFrame::open(&padded, &address(&alice), &key, &commitment).unwrap_err();
    assert_eq!(refused, Refused::WrongConversation);
}

#[test]
fn f2_a_commitment_to_anything_else_is_refused() {
    let mut rng = TestRng::new(4);
    let (alice, carol) = (Person::new(&mut rng), Person::new(&mut rng));
    let (key, other_key) = (Secret::new([9; 32]), Secret::new([8; 32]));
    let chat = ChatFrame { chat: ChatId::new([5; 32]), frame: salted(Body::text("hello").unwrap()) };
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

    let mut changed = [const { None::<()> }; 5].map(|_| chat.clone());
    changed[0].chat = ChatId::new([6; 32]);
    changed[1].frame.message_id = MessageId::new([7; 16]);
    changed[2].frame.sent_at += 1;
    changed[3].frame.body = Body::text("hellO").unwrap();
    changed[4].frame.expiry = Some(Expiry { policy: 0, terms: minute() });
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

#[test]
fn con_40_equal_frames_have_different_hashes() {
    let chat = |salt| {
        let frame = Frame { salt: Some(Salt(salt)), ..salted(Body::text("hello").unwrap()) };
        ChatFrame { chat: ChatId::new([5; 32]), frame }
    };
    assert_ne!(chat([1; 16]).hash(), chat([2; 16]).hash());
    let mut timed = chat([1; 16]);
    timed.frame.expiry = Some(Expiry { policy: 0, terms: minute() });
    assert_ne!(timed.hash(), chat([1; 16]).hash());
}

#[test]
fn exp_1_only_messages_have_terms_and_only_what_is_opened_once_has_those_of_it() {
    let alice = Person::new(&mut TestRng::new(5));
    let once = ExpiryTerms::Once { unread_cap_s: 60 };
    let mut refused = 0;
    for body in bodies() {
        for terms in [minute(), once, ExpiryTerms::Off] {
            let is_once = matches!(body, Body::ViewOnce(_));
            let fits = is_message(body.kind()) && is_once == (terms == once);
            let frame = Frame { expiry: Some(Expiry { policy: 1, terms }), ..salted(body.clone()) };
            let sealed = ChatFrame { chat: ChatId::new([5; 32]), frame: frame.clone() }.seal_with(
                &address(&alice),
                &context(&alice),
                |_, _| Ok::<_, Malformed>(()),
            );
            assert_eq!(sealed.is_ok(), fits, "{body:?} {terms:?}");
            assert_eq!(frame.check_terms().is_ok(), fits, "{body:?} {terms:?}");
            refused += usize::from(!fits);
        }
    }
    assert!(refused > 40);
    let bare = Frame {
        expiry: None,
        ..salted(bodies().into_iter().find(|b| matches!(b, Body::ViewOnce(_))).unwrap())
    };
    assert_eq!(bare.check_terms(), Err(Malformed::Field("expiry")));
}
