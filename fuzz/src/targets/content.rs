//! What a session or a thread delivers.

use crate::{mutate::edit_as_told, world::world};
use arbitrary::Unstructured;
use aside_content::{
    Body, ChatFrame, ChatId, Context, Expiry, Frame, GroupFrame, Kind, MessageId, Refused, Salt, ThreadFrame,
    ThreadId, padding,
};
use aside_identity::Address;
use aside_primitives::{Digest, Secret, commit::Commitment};
use aside_wire::ExpiryTerms;

/// What opens was padded, encoded and committed to exactly as it stands, and no channel takes a frame of
/// another.
pub fn content_frame(data: &[u8]) {
    let Some((mode, rest)) = data.split_first() else { return };
    match mode % 4 {
        0 => decoded(rest),
        1 => padded(rest),
        2 => body(rest),
        _ => sealed(rest),
    }
}

fn decoded(data: &[u8]) {
    if let Ok(frame) = ThreadFrame::decode(data) {
        assert_eq!(frame.encode().as_deref(), Ok(data));
        if let Ok(padded) = padding::pad(data) {
            let none = Commitment([0; 32]);
            assert_eq!(open(&padded, &none).err(), Some(Refused::WrongConversation));
            let grouped = GroupFrame::open(&padded, &sender(), &key(), &none);
            assert_eq!(grouped.err(), Some(Refused::WrongConversation));
        }
    }
    if let Ok(padded) = padding::pad(data) {
        assert_eq!(padding::unpad(&padded), Ok(data));
        // Nobody knows a commitment in advance.
        assert!(open(&padded, &Commitment([0; 32])).is_err());
    }
}

fn padded(data: &[u8]) {
    if let Ok(frame) = padding::unpad(data) {
        assert_eq!(padding::pad(frame).as_deref(), Ok(data));
    }
    assert!(open(data, &Commitment([0; 32])).is_err());
}

fn body(data: &[u8]) {
    let Some((kind, content)) = data.split_first() else { return };
    if let Ok(body) = Body::decode(Kind(u32::from(*kind)), content) {
        assert_eq!((body.kind(), body.encode()), (Kind(u32::from(*kind)), content.to_vec()));
    }
}

/// A frame that its sender sealed opens; changed on the way, it is refused or says the same.
fn sealed(script: &[u8]) {
    let mut input = Unstructured::new(script);
    let Ok((kind, length, previous)) = input.arbitrary::<(u8, u16, Option<u8>)>() else { return };
    let text = "x".repeat(usize::from(length) % 700);
    let body = match kind % 4 {
        0 => Body::text(text).unwrap_or(Body::ChatAccept),
        1 => Body::ChatOpen { beside: previous.map(|byte| ThreadId::new([byte; 32])) },
        2 => Body::ChatAccept,
        _ => Body::Unknown { kind: Kind(u32::from(kind) + 1000), content: text.into_bytes() },
    };
    let terms = ExpiryTerms::AfterSend { duration_s: u32::from(length) + 1 };
    let is_timed = matches!(kind % 4, 0 | 3) && body != Body::ChatAccept && length >= 350;
    let frame = Frame {
        message_id: MessageId::new([kind; 16]),
        sent_at: u64::from(length),
        body,
        previous: previous.map(|byte| Digest([byte; 32])),
        silent: kind >= 128,
        expiry: is_timed.then_some(Expiry { policy: u64::from(kind), terms }),
        salt: Some(Salt([kind; 16])),
    };
    let chat = ChatFrame { chat: ChatId::new([5; 32]), frame };
    let list = world().alice.list.reference();
    let context = Context { sender_list: list, recipient_list: list, generation: 1 };
    let sealed = chat.seal_with(&sender(), &context, |padded, commit| {
        Ok::<_, aside_wire::Malformed>((padded.to_vec(), commit(&key())))
    });
    let (mut padded, commitment) = sealed.expect("it fits a class");
    assert_eq!(open(&padded, &commitment), Ok((chat.clone(), context)));

    edit_as_told(&mut padded, &mut input);
    if let Ok((opened, _)) = open(&padded, &commitment) {
        // The chain of frames and the lists are the session's to protect; the commitment covers the rest.
        let committed = |chat: &ChatFrame| {
            let Frame { message_id, sent_at, body, expiry, .. } = &chat.frame;
            (chat.chat, *message_id, *sent_at, body.clone(), *expiry)
        };
        assert_eq!(committed(&opened), committed(&chat), "a frame that nobody committed to");
    }
}

fn open(padded: &[u8], commitment: &Commitment) -> Result<(ChatFrame, Context), Refused> {
    ChatFrame::open(padded, &sender(), &key(), commitment)
}

fn sender() -> Address {
    let certificate = &world().alice.certificate;
    Address { account: certificate.account, device: certificate.device }
}

fn key() -> Secret<32> {
    Secret::new([9; 32])
}
