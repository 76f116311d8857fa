//! The records a client stores. Private to this device; never on the wire.

use crate::store::{StoreError, Table, Transaction};
use aside_content::MessageId;
use aside_identity::{AccountKey, Address, PrekeyKind};
use aside_primitives::Digest;
use prost::Message;

/// The own account and device, private keys included.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Own {
    #[prost(string, tag = "1")]
    pub(crate) handle: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) account_seed: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) signing_seed: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) agreement_seed: Vec<u8>,
    #[prost(uint32, tag = "5")]
    pub(crate) device_id: u32,
    #[prost(bytes = "vec", tag = "6")]
    pub(crate) list: Vec<u8>,
    #[prost(string, tag = "7")]
    pub(crate) relay_url: String,
    /// Empty until the first connection.
    #[prost(bytes = "vec", tag = "8")]
    pub(crate) relay_key: Vec<u8>,
    #[prost(bool, tag = "9")]
    pub(crate) registered: bool,
    /// How long the relay says that it keeps mail, in days; 0 if it did not say.
    #[prost(uint32, tag = "10")]
    pub(crate) keep_days: u32,
}

/// Somebody else's account.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Peer {
    #[prost(string, tag = "1")]
    pub(crate) handle: String,
    /// The highest device list seen, as signed.
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) list: Vec<u8>,
    /// The safety number was compared.
    #[prost(bool, tag = "3")]
    pub(crate) verified: bool,
    /// The account that the relay says has the handle now; empty while that is this one.
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) contested_by: Vec<u8>,
    /// The person here has accepted another account under the handle.
    #[prost(bool, tag = "5")]
    pub(crate) former: bool,
    /// The person here wants nothing from them.
    #[prost(bool, tag = "6")]
    pub(crate) blocked: bool,
    /// The person here does not want to be told of what they write.
    #[prost(bool, tag = "7")]
    pub(crate) muted: bool,
    /// The person here has written to them, or accepted what they asked.
    #[prost(bool, tag = "8")]
    pub(crate) accepted: bool,
    /// The person here calls them a contact.
    #[prost(bool, tag = "10")]
    pub(crate) contact: bool,
    /// When the relay was last asked for their device lists; 0 for never.
    #[prost(uint64, tag = "11")]
    pub(crate) fetched_at: u64,
    /// What the person here has put on them, for themselves.
    #[prost(string, repeated, tag = "13")]
    pub(crate) labels: Vec<String>,
}

/// Somebody has asked, and was not answered.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Request {
    /// How many messages are kept.
    #[prost(uint32, tag = "1")]
    pub(crate) held: u32,
}

/// Who may write to the person here, and what the relay was told of it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Settings {
    /// [`aside_identity::Reach`] as a number: 0 for everyone, 1 for contacts, 2 for nobody.
    #[prost(uint32, tag = "1")]
    pub(crate) threads: u32,
    /// Likewise.
    #[prost(uint32, tag = "2")]
    pub(crate) chats: u32,
    /// Likewise.
    #[prost(uint32, tag = "3")]
    pub(crate) groups: u32,
    /// The highest version known of what was signed.
    #[prost(uint64, tag = "4")]
    pub(crate) version: u64,
    /// The newest settings as signed; empty while there are none.
    #[prost(bytes = "vec", tag = "5")]
    pub(crate) statement: Vec<u8>,
    /// The relay has those.
    #[prost(bool, tag = "6")]
    pub(crate) published: bool,
    /// What they are made of may have changed since.
    #[prost(bool, tag = "7")]
    pub(crate) review: bool,
}

/// What two people have declared to each other; the record itself says that nothing goes in the clear between them.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct EncryptedOnly {
    /// The own declaration as signed; empty if there is none.
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) own: Vec<u8>,
    #[prost(uint64, tag = "2")]
    pub(crate) own_version: u64,
    /// The relay has it.
    #[prost(bool, tag = "3")]
    pub(crate) published: bool,
    /// The other's declaration as signed; empty if none was shown.
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) theirs: Vec<u8>,
    #[prost(uint64, tag = "5")]
    pub(crate) their_version: u64,
    /// The own one was put into a chat with them.
    #[prost(bool, tag = "6")]
    pub(crate) shown: bool,
}

/// What is known of the time.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Time {
    #[prost(uint64, tag = "1")]
    pub(crate) confirmed: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) mark: u64,
    #[prost(uint64, tag = "3")]
    pub(crate) heard: u64,
}

/// A private prekey.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Prekey {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) secret: Vec<u8>,
    #[prost(uint64, tag = "2")]
    pub(crate) created_at: u64,
    #[prost(uint64, tag = "3")]
    pub(crate) not_after: u64,
}

/// A session.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Session {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) state: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub(crate) generation: u32,
    /// Since when it only receives.
    #[prost(uint64, optional, tag = "3")]
    pub(crate) retired_at: Option<u64>,
    /// Since when its KEM ratchet is in its newest epoch; 0 in records of versions without one.
    #[prost(uint64, tag = "4")]
    pub(crate) epoch_since: u64,
}

/// Messages of a device that could not be opened, and when this device has begun anew with it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Healing {
    /// How many.
    #[prost(uint32, tag = "1")]
    pub(crate) count: u32,
    /// Since when.
    #[prost(uint64, tag = "2")]
    pub(crate) since: u64,
    /// Their ids, up to as many as can be asked for at once.
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub(crate) messages: Vec<Vec<u8>>,
    /// What is wrong: the place in [`crate::Trouble::ALL`], from 1; 0 for nothing.
    #[prost(uint32, tag = "4")]
    pub(crate) trouble: u32,
    /// When this device begins anew and asks; 0 if it does not have to.
    #[prost(uint64, tag = "5")]
    pub(crate) due_at: u64,
    /// When it last began anew; 0 for never.
    #[prost(uint64, tag = "6")]
    pub(crate) asked_at: u64,
    /// The other has begun anew since, or this device has and was not answered.
    #[prost(bool, tag = "7")]
    pub(crate) renewed: bool,
    /// How often it has asked since it began anew; 0 once the other has answered.
    #[prost(uint32, tag = "8")]
    pub(crate) asks: u32,
    /// More prekeys are to be published than are missing.
    #[prost(bool, tag = "9")]
    pub(crate) doubtful: bool,
}

/// How far the store has come, as the relay was told.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Generation {
    #[prost(uint64, tag = "1")]
    pub(crate) number: u64,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) token: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) previous: Vec<u8>,
    /// The store has begun anew, and the relay has not answered yet.
    #[prost(bool, tag = "4")]
    pub(crate) restored: bool,
    /// The relay has it.
    #[prost(bool, tag = "5")]
    pub(crate) answered: bool,
    /// When it last began anew; 0 for never.
    #[prost(uint64, tag = "6")]
    pub(crate) restored_at: u64,
    /// The person here was not told of that yet.
    #[prost(bool, tag = "7")]
    pub(crate) untold: bool,
}

/// An accepted handshake.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Handshake {
    /// The signed prekey it used; when that dies, the record may go too.
    #[prost(uint32, tag = "1")]
    pub(crate) signed_prekey: u32,
}

/// A thread or a chat.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Conversation {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) peer: Vec<u8>,
    /// [`crate::ChatState`] as a number; 0 for a thread.
    #[prost(uint32, tag = "2")]
    pub(crate) chat_state: u32,
    #[prost(uint64, tag = "3")]
    pub(crate) since: u64,
    /// Index of the newest message that was shown.
    #[prost(uint64, tag = "4")]
    pub(crate) shown: u64,
    /// The newest wish of the person here for what they write in a chat, as it was said; empty without one.
    #[prost(bytes = "vec", tag = "11")]
    pub(crate) own_sharing: Vec<u8>,
    /// The same of the other person.
    #[prost(bytes = "vec", tag = "12")]
    pub(crate) their_sharing: Vec<u8>,
    /// Of a request: whose devices have changed since. 1 if some are new, 2 if none is left that asked.
    #[prost(uint32, tag = "5")]
    pub(crate) outdated: u32,
    /// The policy in force in a chat.
    #[prost(message, optional, tag = "14")]
    pub(crate) policy: Option<Policy>,
}

/// A message, sent or received.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct StoredMessage {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) sender: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub(crate) sender_device: u32,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) message_id: Vec<u8>,
    #[prost(uint64, tag = "4")]
    pub(crate) sent_at: u64,
    /// By the relay's clock; 0 while unknown.
    #[prost(uint64, tag = "5")]
    pub(crate) accepted_at: u64,
    #[prost(uint32, tag = "6")]
    pub(crate) kind: u32,
    #[prost(bytes = "vec", tag = "7")]
    pub(crate) content: Vec<u8>,
    /// Why the relay refused it for good; 0 if it did not.
    #[prost(int32, tag = "8")]
    pub(crate) refusal: i32,
    /// The hash of its frame, by which answers name it.
    #[prost(bytes = "vec", tag = "9")]
    pub(crate) hash: Vec<u8>,
    /// Whoever wrote it asks for no alert.
    #[prost(bool, tag = "14")]
    pub(crate) silent: bool,
    /// The certificate of the device said when it came that it is a program.
    #[prost(bool, tag = "13")]
    pub(crate) automated: bool,
    /// When it arrived at a device of the peer, as the peer says; 0 while that is not known.
    #[prost(uint64, tag = "10")]
    pub(crate) delivered_at: u64,
    /// When it was read: here, or as the peer says; 0 before.
    #[prost(uint64, tag = "11")]
    pub(crate) read_at: u64,
    /// When it was listened to or watched: here, or as the peer says; 0 before.
    #[prost(uint64, tag = "12")]
    pub(crate) viewed_at: u64,
    /// It came from an archive, and no channel has opened it here.
    #[prost(bool, tag = "15")]
    pub(crate) imported: bool,
    /// What is known of its life, as [`aside_content::Life`] exports it; empty if it stays, and once it is gone.
    #[prost(bytes = "vec", tag = "16")]
    pub(crate) life: Vec<u8>,
    /// The key its content is sealed under; 0 for none.
    #[prost(uint64, tag = "17")]
    pub(crate) key: u64,
    /// When it is due, by its life.
    #[prost(uint64, optional, tag = "18")]
    pub(crate) deadline: Option<u64>,
    /// Nothing is left of it: 1 its time was over, 2 it was opened. 0 before.
    #[prost(uint32, tag = "19")]
    pub(crate) gone: u32,
    /// Of a policy: another counts that was set at the same time.
    #[prost(bool, tag = "20")]
    pub(crate) superseded: bool,
    /// Until when it waits at the relay for devices that do not fetch it; 0 while that is not known.
    #[prost(uint64, tag = "21")]
    pub(crate) waits_until: u64,
}

/// The policy of a chat that is in force.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Policy {
    #[prost(uint64, tag = "1")]
    pub(crate) version: u64,
    /// The account that has set it.
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) setter: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) hash: Vec<u8>,
    /// Its terms; its number is that of the version.
    #[prost(message, optional, tag = "4")]
    pub(crate) terms: Option<aside_wire::pb::Expiry>,
    /// Hash of its parent; empty for none.
    #[prost(bytes = "vec", tag = "5")]
    pub(crate) parent: Vec<u8>,
    /// The index under which it stands in the chat.
    #[prost(uint64, tag = "6")]
    pub(crate) index: u64,
}

/// What somebody has said about a message.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Mark {
    /// Of the marks of one account the greatest counts.
    #[prost(uint64, tag = "1")]
    pub(crate) counter: u64,
    /// An emoji, a text, or nothing.
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

/// A conversation that an archive has told of, or somebody in it.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Imported {
    /// The other person's account; empty for a group, and for somebody in it.
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) peer: Vec<u8>,
    /// The name of a group, or somebody's handle.
    #[prost(string, tag = "2")]
    pub(crate) name: String,
}

/// How far the index of words is built.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Indexed {
    /// The rules by which texts become words.
    #[prost(string, tag = "1")]
    pub(crate) made_by: String,
    /// The key of the last message that was taken in.
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) after: Vec<u8>,
    /// Nothing is missing.
    #[prost(bool, tag = "3")]
    pub(crate) done: bool,
}

/// A receipt that waits to be sent.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Receipt {
    /// 1 delivered, 2 read, 3 viewed: the most that there is to say.
    #[prost(uint32, tag = "1")]
    pub(crate) kind: u32,
    /// When that was.
    #[prost(uint64, tag = "2")]
    pub(crate) at: u64,
    /// Nothing was said of the message yet, not even that it arrived.
    #[prost(bool, tag = "3")]
    pub(crate) first: bool,
}

/// What others are told of what the person here does, and when they were told last.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Telling {
    /// [`crate::ReceiptLevel`] as a number; 0 if nothing was decided.
    #[prost(uint32, tag = "1")]
    pub(crate) receipts: u32,
    /// Nobody is told that the person here is writing. Under nothing only.
    #[prost(bool, tag = "2")]
    pub(crate) hides_typing: bool,
    /// People are told that the person here is there. Under nothing only.
    #[prost(bool, tag = "3")]
    pub(crate) shows_presence: bool,
    /// When this account was last told that the person here is writing.
    #[prost(uint64, tag = "4")]
    pub(crate) writing_since: u64,
    /// They were not told yet that this has stopped.
    #[prost(bool, tag = "5")]
    pub(crate) writing: bool,
    /// What people were last told of presence: 0 nothing, 1 available, 2 recently, 3 away. Under nothing only.
    #[prost(uint32, tag = "6")]
    pub(crate) presence: u32,
    /// When that was.
    #[prost(uint64, tag = "7")]
    pub(crate) presence_at: u64,
}

/// A frame that the relay has not accepted yet.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Outgoing {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) peer: Vec<u8>,
    /// The key of its conversation, which says whether it is encrypted.
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) conversation: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) message_id: Vec<u8>,
    #[prost(uint64, tag = "5")]
    pub(crate) sent_at: u64,
    #[prost(uint32, tag = "6")]
    pub(crate) kind: u32,
    #[prost(bytes = "vec", tag = "7")]
    pub(crate) content: Vec<u8>,
    #[prost(bytes = "vec", tag = "8")]
    pub(crate) previous: Vec<u8>,
    /// The idempotency id at the relay.
    #[prost(bytes = "vec", tag = "9")]
    pub(crate) client_id: Vec<u8>,
    /// Index of the message that shows it; 0 if none does.
    #[prost(uint64, tag = "10")]
    pub(crate) message_index: u64,
    /// Present once it is sealed: sealing again would spend another key.
    #[prost(message, optional, tag = "11")]
    pub(crate) sealed: Option<Sealed>,
    /// It is a change of a group: kind and content are those of an entry of its log.
    #[prost(bool, tag = "12")]
    pub(crate) change: bool,
    /// The same as `sealed` for what goes to a group.
    #[prost(message, optional, tag = "13")]
    pub(crate) group_request: Option<GroupRequest>,
    /// The recipient's device list must have this version at least.
    #[prost(uint64, tag = "14")]
    pub(crate) least_list: u64,
    /// For a change of the log's key: the sequence at which the new key was handed out; 0 before.
    #[prost(uint64, tag = "15")]
    pub(crate) handed_out_at: u64,
    /// A signed entry of a group's log that a member has handed over, to be put where it belongs.
    #[prost(bytes = "vec", tag = "17")]
    pub(crate) handed_over: Vec<u8>,
    /// The position at which the relay has refused it, for another entry stands there.
    #[prost(uint64, tag = "18")]
    pub(crate) moved_at: u64,
    /// The frame asks for no alert.
    #[prost(bool, tag = "16")]
    pub(crate) silent: bool,
    /// How long the relay is asked to keep it, by the terms that were in force when it was said.
    #[prost(enumeration = "aside_wire::pb::Keep", tag = "22")]
    pub(crate) keep: i32,
    /// The terms on which the message lives.
    #[prost(message, optional, tag = "20")]
    pub(crate) expiry: Option<aside_wire::pb::Expiry>,
    /// The salt of the frame; empty in a thread.
    #[prost(bytes = "vec", tag = "21")]
    pub(crate) salt: Vec<u8>,
    /// The key its content is sealed under; 0 for none.
    #[prost(uint64, tag = "23")]
    pub(crate) key: u64,
    /// The place of the message it is about, if that goes some time: with it goes what was not sent.
    #[prost(bytes = "vec", tag = "24")]
    pub(crate) about: Vec<u8>,
    /// It was sent before. The content of a message stands in its conversation then, and a key is that of another record.
    #[prost(bool, tag = "25")]
    pub(crate) again: bool,
    /// The only device that it goes to again.
    #[prost(uint32, tag = "26")]
    pub(crate) only_device: u32,
    /// The agreement key of that device.
    #[prost(bytes = "vec", tag = "27")]
    pub(crate) agreement_key: Vec<u8>,
    /// What names it as it was sealed for that device.
    #[prost(bytes = "vec", tag = "28")]
    pub(crate) ciphertext: Vec<u8>,
    /// How often it was sent again.
    #[prost(uint32, tag = "29")]
    pub(crate) repeated: u32,
    /// When the relay had it.
    #[prost(uint64, tag = "30")]
    pub(crate) kept_at: u64,
    /// The session it was sealed in for that device.
    #[prost(bytes = "vec", tag = "31")]
    pub(crate) session: Vec<u8>,
}

/// The key of a view-once message that has not come.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct ViewKey {
    /// The key it is sealed under.
    #[prost(uint64, tag = "1")]
    pub(crate) key: u64,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) sealed: Vec<u8>,
}

/// A text to be written again and again.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Template {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
}

/// A list of people, by account.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct PeopleList {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(crate) accounts: Vec<Vec<u8>>,
}

/// The newest handover of an account in a conversation.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Answerer {
    #[prost(bool, tag = "1")]
    pub(crate) is_person: bool,
    /// When it was sent, by its sender's clock.
    #[prost(uint64, tag = "2")]
    pub(crate) sent_at: u64,
}

/// Something to be said later. Nothing of its frame is made before.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Scheduled {
    /// The key of the only conversation in which it may be said.
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) conversation: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub(crate) kind: u32,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) content: Vec<u8>,
    #[prost(uint64, tag = "4")]
    pub(crate) not_before: u64,
    /// Why it could not be said when it was due; empty before.
    #[prost(string, tag = "5")]
    pub(crate) failed: String,
    #[prost(bool, tag = "6")]
    pub(crate) silent: bool,
    /// The key its content is sealed under; 0 for none.
    #[prost(uint64, tag = "7")]
    pub(crate) key: u64,
    /// The terms wished for it.
    #[prost(message, optional, tag = "8")]
    pub(crate) wish: Option<aside_wire::pb::Expiry>,
}

/// A sealed request of a group, and the head it was made for.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct GroupRequest {
    /// An encoded `FanOut` or `AppendEntry`.
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) request: Vec<u8>,
    /// Sequence of the head.
    #[prost(uint64, tag = "2")]
    pub(crate) sequence: u64,
    /// Position of the entry in the log; 0 for a message.
    #[prost(uint64, tag = "3")]
    pub(crate) position: u64,
    /// The entry itself; empty for a message.
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) entry: Vec<u8>,
}

/// A group as this device knows it.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Group {
    /// The segment of the log that the current key encrypts; empty while that key is not known here.
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) segment: Vec<u8>,
    /// Everything in that segment up to this position was judged.
    #[prost(uint64, tag = "2")]
    pub(crate) position: u64,
    /// [`crate::Standing`] as a number.
    #[prost(uint32, tag = "3")]
    pub(crate) standing: u32,
    /// Who says that the person here is in the group; empty for the own account.
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) invited_by: Vec<u8>,
    /// [`crate::Mute`] as a number.
    #[prost(uint32, tag = "5")]
    pub(crate) mute: u32,
    /// Newer heads that members speak of, one of each.
    #[prost(message, repeated, tag = "6")]
    pub(crate) claims: Vec<Claim>,
    /// The relay may have entries beyond the position.
    #[prost(bool, tag = "7")]
    pub(crate) wanted: bool,
    /// Members who spoke of entries that nobody has shown.
    #[prost(bytes = "vec", repeated, tag = "9")]
    pub(crate) disbelieved: Vec<Vec<u8>>,
    /// Chains kept since the last entry of whoever is no member yet.
    #[prost(uint32, tag = "10")]
    pub(crate) early_chains: u32,
    /// The person was told that the relay hides entries, and it has shown none since.
    #[prost(bool, tag = "11")]
    pub(crate) hidden: bool,
    /// Nothing is said before the log was read: the store was restored.
    #[prost(bool, tag = "12")]
    pub(crate) unread: bool,
}

/// A head of a group that a member speaks of and that is not known here.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Claim {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) account: Vec<u8>,
    #[prost(uint64, tag = "2")]
    pub(crate) sequence: u64,
    /// Since when the member speaks of a newer head than there is; it does not begin anew with a still newer one.
    #[prost(uint64, tag = "3")]
    pub(crate) since: u64,
    /// The member was asked for the entries.
    #[prost(bool, tag = "4")]
    pub(crate) asked: bool,
}

/// A valid entry of a group's log.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct GroupEntry {
    /// As signed.
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) bytes: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) hash: Vec<u8>,
    /// When it was judged here.
    #[prost(uint64, tag = "3")]
    pub(crate) judged_at: u64,
}

/// The own sending chain of a group.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct SendingChain {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) state: Vec<u8>,
    /// Everybody who was a member at this sequence has it, or it is under way.
    #[prost(uint64, tag = "2")]
    pub(crate) given_up_to: u64,
}

/// The sending chain of another device.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct ReceivingChain {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) state: Vec<u8>,
    /// The highest sequence a message of it was stamped with.
    #[prost(uint64, tag = "2")]
    pub(crate) last_sequence: u64,
    /// When it goes, once its sender was removed; 0 for never.
    #[prost(uint64, tag = "3")]
    pub(crate) delete_at: u64,
    /// When it was received.
    #[prost(uint64, tag = "4")]
    pub(crate) since: u64,
    /// Sequence of the head at which it was handed over, until that was looked up in the log; 0 afterwards.
    #[prost(uint64, tag = "5")]
    pub(crate) head_sequence: u64,
    /// Hash of that head.
    #[prost(bytes = "vec", tag = "6")]
    pub(crate) head: Vec<u8>,
}

/// A group message that cannot be judged yet.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Held {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) sender: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub(crate) device: u32,
    #[prost(uint64, tag = "3")]
    pub(crate) accepted_at: u64,
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) payload: Vec<u8>,
    #[prost(uint64, tag = "5")]
    pub(crate) since: u64,
}

/// Ciphertexts (or plain frames) for each device of a list.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Sealed {
    #[prost(uint64, tag = "1")]
    pub(crate) list_version: u64,
    #[prost(message, repeated, tag = "2")]
    pub(crate) parcels: Vec<aside_wire::pb::Parcel>,
    /// How long the relay is asked to keep them.
    #[prost(enumeration = "aside_wire::pb::Keep", tag = "3")]
    pub(crate) keep: i32,
    /// The agreement keys of the devices that they are encrypted for; none in a thread.
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub(crate) agreement_keys: Vec<Vec<u8>>,
    /// The sessions that they are encrypted in.
    #[prost(bytes = "vec", repeated, tag = "5")]
    pub(crate) sessions: Vec<Vec<u8>>,
}

/// Records read at a time: a long table is never held in memory.
const PAGE: usize = 256;

/// Reads and writes records as what they are.
pub(crate) trait Records {
    /// Goes through the records under a prefix, and behind a key, in ascending order and page by page.
    fn walk(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        mut each: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.walk_while(table, prefix, after, |key, record| each(key, record).map(|()| true))
    }
    /// The same, as long as it is told to go on.
    fn walk_while(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        each: impl FnMut(&[u8], &[u8]) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError>;
    fn read<M: Message + Default>(&self, table: Table, key: &[u8]) -> Result<Option<M>, StoreError>;
    fn write(&mut self, table: Table, key: &[u8], record: &impl Message) -> Result<(), StoreError>;
    /// The value of a counter, 0 if it was never set.
    fn counter(&self, name: &str) -> Result<u64, StoreError>;
    fn set_counter(&mut self, name: &str, value: u64) -> Result<(), StoreError>;
    /// Raises a counter by one and returns its new value.
    fn next(&mut self, name: &str) -> Result<u64, StoreError>;
}

impl Records for dyn Transaction + '_ {
    fn walk_while(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        mut each: impl FnMut(&[u8], &[u8]) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let mut after = after.map(<[u8]>::to_vec);
        loop {
            let page = self.scan(table, prefix, after.as_deref(), PAGE)?;
            for (key, record) in &page {
                if !each(key, record)? {
                    return Ok(());
                }
            }
            match page.into_iter().next_back() {
                Some((last, _)) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    fn read<M: Message + Default>(&self, table: Table, key: &[u8]) -> Result<Option<M>, StoreError> {
        self.get(table, key)?.map(|bytes| decode(&bytes)).transpose()
    }

    fn write(&mut self, table: Table, key: &[u8], record: &impl Message) -> Result<(), StoreError> {
        let bytes = zeroize::Zeroizing::new(record.encode_to_vec());
        self.put(table, key, &bytes)
    }

    fn counter(&self, name: &str) -> Result<u64, StoreError> {
        match self.get(Table::Counter, name.as_bytes())? {
            None => Ok(0),
            Some(bytes) => index(&bytes),
        }
    }

    fn set_counter(&mut self, name: &str, value: u64) -> Result<(), StoreError> {
        self.put(Table::Counter, name.as_bytes(), &value.to_be_bytes())
    }

    fn next(&mut self, name: &str) -> Result<u64, StoreError> {
        let value = self.counter(name)?.checked_add(1).ok_or(StoreError::Damaged("counter"))?;
        self.set_counter(name, value)?;
        Ok(value)
    }
}

/// Decodes a record.
pub(crate) fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, StoreError> {
    M::decode(bytes).map_err(|_| StoreError::Damaged("record"))
}

/// A field of fixed length.
pub(crate) fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Damaged("field"))
}

/// An eight-byte index, as keys end in it.
pub(crate) fn index(bytes: &[u8]) -> Result<u64, StoreError> {
    fixed(bytes).map(u64::from_be_bytes)
}

/// A stored account key.
pub(crate) fn account(bytes: &[u8]) -> Result<AccountKey, StoreError> {
    fixed(bytes).map(AccountKey::from_own_store)
}

/// account 32 | device 1
pub(crate) fn address_key(address: &Address) -> Vec<u8> {
    [address.account.as_bytes().as_slice(), &[address.device.byte()]].concat()
}

/// account 32 | device 1 | session 32
pub(crate) fn session_key(address: &Address, id: &Digest) -> Vec<u8> {
    [address.account.as_bytes().as_slice(), &[address.device.byte()], id.as_bytes()].concat()
}

/// kind 1 | id 4
pub(crate) fn prekey_key(kind: PrekeyKind, id: u32) -> [u8; 5] {
    let kind = match kind {
        PrekeyKind::Signed => 1,
        PrekeyKind::OneTime => 2,
    };
    let [a, b, c, d] = id.to_be_bytes();
    [kind, a, b, c, d]
}

/// kind 1 | conversation 32 | index 8
pub(crate) fn message_key(conversation: &crate::Conversation, index: u64) -> Vec<u8> {
    [conversation.key().as_slice(), &index.to_be_bytes()].concat()
}

/// kind 1 | conversation 32 | account 32 | message id 16
pub(crate) fn message_id_key(
    conversation: &crate::Conversation,
    sender: &AccountKey,
    id: &MessageId,
) -> Vec<u8> {
    [conversation.key().as_slice(), sender.as_bytes(), id.as_bytes()].concat()
}

/// kind 1 | conversation 32 | author 32 | message id 16 | content kind 1 | account 32
pub(crate) fn mark_key(message: &[u8], kind: u8, by: &AccountKey) -> Vec<u8> {
    [message, &[kind], by.as_bytes()].concat()
}

/// kind 1 | conversation 32 | account 32 | device 1
pub(crate) fn last_frame_key(conversation: &crate::Conversation, sender: &Address) -> Vec<u8> {
    [conversation.key().as_slice(), sender.account.as_bytes(), &[sender.device.byte()]].concat()
}
