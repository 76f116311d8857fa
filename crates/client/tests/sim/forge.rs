//! A peer whose client does what it likes: frames of any content, in the sessions that its engine has.

use crate::{
    client::Client,
    observer::{SessionRecord, sessions},
};
use aside_client::{
    channel::pairwise,
    store::{Store, StoreError, Table},
};
use aside_content::{Body, ChatFrame, ChatId, Context, Frame, MessageId};
use aside_identity::{Address, DeviceKeys, DeviceList};
use aside_primitives::Secret;
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

/// A frame with a new message id.
pub(crate) fn frame(client: &mut Client, body: Body) -> Frame {
    let message_id = MessageId::draw(&mut client.rng).unwrap();
    Frame { message_id, sent_at: client.now, body, previous: None, silent: false }
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
