//! A peer whose client does what it likes: frames of any content, in the sessions that its engine has.

use crate::{
    client::Client,
    observer::{SessionRecord, sessions},
};
use aside_client::{
    Conversation,
    channel::pairwise,
    store::{Store, StoreError, Table},
};
use aside_content::{
    Body, ChatFrame, ChatId, Context, Edit, Expiry, Frame, MessageId, Reaction, Salt, Target, Text,
};
use aside_identity::{AccountKey, Address, Capabilities, Certificate, DeviceId, DeviceKeys, DeviceList};
use aside_primitives::{Digest, Secret};
use aside_wire::{ExpiryTerms, pb};
use prost::Message;

#[derive(Clone, PartialEq, Message)]
struct OwnRecord {
    #[prost(string, tag = "1")]
    handle: String,
    #[prost(bytes = "vec", tag = "2")]
    account_seed: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    signing_seed: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    agreement_seed: Vec<u8>,
    #[prost(uint32, tag = "5")]
    device_id: u32,
    #[prost(bytes = "vec", tag = "6")]
    list: Vec<u8>,
    #[prost(string, tag = "7")]
    relay_url: String,
    #[prost(bytes = "vec", tag = "8")]
    relay_key: Vec<u8>,
    #[prost(bool, tag = "9")]
    registered: bool,
}

/// Signs a new list of the same devices, for the client to use from now on.
pub(crate) fn next_list(client: &mut Client) -> DeviceList {
    let engine = &client.engine;
    let certificates = engine.list().certificates();
    let next = engine.list().issue_next(engine.account_key(), client.now, certificates).unwrap();
    let stored: Result<(), StoreError> = client.store.step(|tx| {
        let record = tx.get(Table::Own, b"own")?.unwrap();
        let mut record = OwnRecord::decode(record.as_slice()).unwrap();
        record.list = next.as_bytes().to_vec();
        tx.put(Table::Own, b"own", &record.encode_to_vec())
    });
    stored.unwrap();
    client.reboot();
    next
}

/// The keys with which a client's device signs.
pub(crate) fn device_keys(client: &mut Client) -> DeviceKeys {
    let record: Result<_, StoreError> = client.store.step(|tx| tx.get(Table::Own, b"own"));
    let record = OwnRecord::decode(record.unwrap().unwrap().as_slice()).unwrap();
    let seed = |bytes: Vec<u8>| Secret::new(bytes.try_into().unwrap());
    DeviceKeys::from_seeds(&seed(record.signing_seed), &seed(record.agreement_seed))
}

/// Signs a new list with another device in the place of the one there was.
pub(crate) fn other_device(client: &mut Client) -> DeviceList {
    let account = client.engine.account_key();
    let keys = DeviceKeys::generate(&mut client.rng).unwrap();
    let second = DeviceId::parse(2).unwrap();
    let certificate = Certificate::issue(account, second, &keys, 1, Capabilities::NONE);
    client.engine.list().issue_next(account, 1, &[certificate]).unwrap()
}

/// A frame with a new message id.
pub(crate) fn frame(client: &mut Client, body: Body) -> Frame {
    let message_id = MessageId::draw(&mut client.rng).unwrap();
    let once = Expiry { policy: 0, terms: ExpiryTerms::Once { unread_cap_s: 3600 } };
    let expiry = matches!(body, Body::ViewOnce(_)).then_some(once);
    let salt = Some(Salt::draw(&mut client.rng).unwrap());
    Frame { message_id, sent_at: client.now, body, previous: None, silent: false, expiry, salt }
}

/// The envelope of a frame in a thread, whatever may stand there.
pub(crate) fn in_the_open(thread: Conversation, frame: Frame) -> Vec<u8> {
    let fields = pb::Frame {
        conversation: id(thread).to_vec(),
        message_id: frame.message_id.as_bytes().to_vec(),
        sent_at: frame.sent_at,
        kind: frame.body.kind().0,
        content: frame.body.encode(),
        ..Default::default()
    };
    let kind = pb::EnvelopeKind::Thread.into();
    pb::Envelope { kind, payload: fields.encode_to_vec() }.encode_to_vec()
}

/// The 32 bytes of a conversation's id.
pub(crate) fn id(conversation: Conversation) -> [u8; 32] {
    match conversation {
        Conversation::Thread(id) => *id.as_bytes(),
        Conversation::Chat(id) => *id.as_bytes(),
        Conversation::Group(id) => *id.as_bytes(),
    }
}

/// A reaction, an edit and an unsending of a message.
pub(crate) fn marks_of(message_id: MessageId, author: &AccountKey) -> [Body; 3] {
    let target = Target { message_id, author: *author, hash: Digest([3; 32]) };
    let text = Text::new("other words").unwrap();
    [
        Body::of(Reaction { target, emoji: "👍".into(), counter: 1 }).unwrap(),
        Body::of(Edit { target, version: 1, text }).unwrap(),
        Body::Unsend(message_id),
    ]
}

/// Encrypts a frame for a device as `client`, in its best session. `edit` changes what only encrypted frames say.
pub(crate) fn encrypt(
    client: &mut Client,
    to: &Address,
    chat: ChatId,
    frame: Frame,
    edit: impl FnOnce(&mut Context),
) -> Vec<u8> {
    let own = client.address();
    let list = client.engine.list().reference();
    let known = client.engine.list_of(&client.store.inner, &to.account).unwrap().unwrap().reference();
    let (store, rng) = (&mut client.store, &mut client.rng);
    let sealed: Result<Vec<u8>, StoreError> = store.step(|tx| {
        let kept = sessions(tx, to).into_iter().max_by_key(|(_, _, generation)| *generation);
        let (key, mut session, generation) = kept.expect("a session");
        let mut context = Context { sender_list: list, recipient_list: known, generation };
        edit(&mut context);
        let frame = ChatFrame { chat, frame };
        let envelope = pairwise::seal(rng, &mut session, &own, &context, &frame).unwrap();
        let record = SessionRecord { state: session.export().to_vec(), generation };
        tx.put(Table::Session, &key, &record.encode_to_vec())?;
        Ok(envelope.encode_to_vec())
    });
    sealed.unwrap()
}
