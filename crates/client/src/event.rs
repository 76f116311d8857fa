//! What happened, for whoever shows it.

use crate::{Conversation, Message, Trouble};
use aside_content::{CaptureKind, Presence, ReceiptKind};
use aside_group::Change;
use aside_identity::{AccountKey, Address, GroupId};
use aside_wire::{Reject, pb::RefusalCode};

/// Something a person or an operator may want to know.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A message arrived in a thread or an accepted chat.
    Message(Box<Message>),
    /// Somebody asks to talk encrypted.
    ChatRequested {
        /// Who.
        peer: AccountKey,
    },
    /// Somebody whom the person here has not written to has written in the thread.
    ThreadRequested {
        /// Who.
        peer: AccountKey,
    },
    /// The other person does not want the chat, or not any more.
    ChatEnded {
        /// Who.
        peer: AccountKey,
    },
    /// Somebody has other devices than before. Chats wait for their word again if none is left that had accepted them.
    DevicesChanged {
        /// Who.
        peer: AccountKey,
        /// How many devices are new.
        added: usize,
        /// How many are not there any more.
        removed: usize,
    },
    /// The other person wants the chat too.
    ChatAccepted {
        /// Who.
        peer: AccountKey,
    },
    /// A frame of the sender before this one was dropped, or arrives later.
    Gap {
        /// Where.
        conversation: Conversation,
        /// Whose.
        sender: AccountKey,
    },
    /// A message of a device could not be opened. It is asked for by itself.
    Unopened {
        /// Whose.
        device: Address,
        /// Why not.
        trouble: Trouble,
        /// When it is asked for, in milliseconds since 1970-01-01 UTC.
        asks_at: u64,
    },
    /// A device has answered in a new session: what could not be opened, and can be sent again, has come or comes now.
    Healed {
        /// Whose.
        device: Address,
        /// How many messages could not be opened.
        count: u32,
    },
    /// A device that is known has begun a new session: it could not go on in the old one, or somebody who has what it had
    /// has begun one (threat R5).
    SessionReplaced {
        /// Which.
        device: Address,
    },
    /// Something received was refused; nothing of it was kept.
    Refused {
        /// Who sent it, as the relay says.
        sender: Address,
        /// Why.
        reason: Reject,
    },
    /// The profile is an older copy of itself, or another copy of it was in use: it has begun anew with everybody (HEA-30).
    StoreRestored,
    /// The relay's mailbox went back: it was restored from an older copy, or it lied about a number before.
    MailboxSetBack,
    /// The relay offered device lists that contradict what is known: it lies, or the account was taken over.
    ListRefused {
        /// Whose.
        peer: AccountKey,
        /// Why.
        reason: Reject,
    },
    /// Somebody can be reached only encrypted from now on.
    EncryptedOnly {
        /// Who.
        peer: AccountKey,
    },
    /// Alarm: a message in the clear came although one of the two has declared that nothing goes in the clear.
    InTheClear {
        /// Who sent it, as the relay says.
        peer: AccountKey,
    },
    /// The relay shows a declaration that is not what it seems.
    DeclarationRefused {
        /// Whose devices it was shown with.
        peer: AccountKey,
        /// Why.
        reason: Reject,
    },
    /// Somebody has reacted to a message, worded it anew or taken it back.
    Changed {
        /// Where.
        conversation: Conversation,
        /// Its index.
        index: u64,
        /// Who.
        by: AccountKey,
    },
    /// Somebody has said what they wish may be done with what they write in a chat.
    SharingChanged {
        /// Which chat.
        conversation: Conversation,
        /// Who.
        by: AccountKey,
    },
    /// Messages of one's own have arrived, or were read, listened to or watched, as the peer says.
    Receipts {
        /// In which chat.
        conversation: Conversation,
        /// Who says so.
        by: AccountKey,
        /// What became of them.
        kind: ReceiptKind,
        /// Their indexes, in ascending order.
        indexes: Vec<u64>,
    },
    /// Somebody's client says that they have captured messages. It is that client's word, and that none says so says nothing
    /// (CAP-1).
    Captured {
        /// Where.
        conversation: Conversation,
        /// Whose client says so.
        by: AccountKey,
        /// How.
        kind: CaptureKind,
        /// The indexes of the messages, in ascending order.
        indexes: Vec<u64>,
    },
    /// Somebody is writing, or has stopped. A message of theirs says that they have stopped, too.
    Typing {
        /// In which chat.
        conversation: Conversation,
        /// Who.
        by: AccountKey,
        /// Until when it may be shown, unless it is said again; `None` if they have stopped.
        until: Option<u64>,
    },
    /// Whether somebody is there.
    Presence {
        /// Who.
        by: AccountKey,
        /// Whether they are.
        state: Presence,
        /// Until when it may be shown, unless it is said again.
        until: u64,
    },
    /// The time of a message is over, or it was opened: what showed it, shows it no more.
    Expired {
        /// Where.
        conversation: Conversation,
        /// Its index.
        index: u64,
    },
    /// Somebody lets a message of their own go sooner.
    Shortened {
        /// Where.
        conversation: Conversation,
        /// Its index.
        index: u64,
        /// Who.
        by: AccountKey,
    },
    /// How long messages of a chat live from here on was decided.
    ExpiryChanged {
        /// Which chat.
        conversation: Conversation,
        /// Who has decided.
        by: AccountKey,
        /// The index under which it stands in the chat.
        index: u64,
        /// It counts. If not, another one counts that was decided at the same time.
        in_force: bool,
    },
    /// A message of one's own is on the relay's disk.
    Accepted {
        /// Its conversation.
        conversation: Conversation,
        /// Its index.
        index: u64,
    },
    /// Somebody has taken the person here into a group.
    GroupInvited {
        /// Which one.
        group: GroupId,
        /// Who says so.
        by: AccountKey,
    },
    /// A group has changed.
    GroupChanged {
        /// Which one.
        group: GroupId,
        /// Who changed it, and how.
        change: Box<Change>,
    },
    /// The person here is not in the group any more.
    GroupLeft {
        /// Which one.
        group: GroupId,
        /// Who has put them out; the own account if they left.
        by: AccountKey,
    },
    /// A change of one's own is not valid any more; it was not made.
    GroupChangeFailed {
        /// Of which group.
        group: GroupId,
        /// Why, in words.
        reasons: String,
    },
    /// Alarm: a member has another history of the group than this device. Somebody shows them different groups.
    GroupForked {
        /// Which group.
        group: GroupId,
        /// Whose history differs.
        sender: AccountKey,
        /// Up to which change it may be the same.
        sequence: u64,
    },
    /// Something in the log of a group is no valid change, and counts for nobody.
    GroupEntrySkipped {
        /// Which group.
        group: GroupId,
        /// Why.
        reason: Reject,
    },
    /// Alarm: the relay has less of a group's log than before: it was restored from an older copy, or it hides changes.
    GroupLogSetBack {
        /// Which group.
        group: GroupId,
    },
    /// Alarm: the relay says that a group has changed and does not show how; a member has shown it instead.
    GroupLogHidden {
        /// Which group.
        group: GroupId,
    },
    /// Alarm: a member spoke of changes that neither the relay nor they themselves have shown within an hour.
    GroupClaimDropped {
        /// Which group.
        group: GroupId,
        /// Who.
        claimant: AccountKey,
    },
    /// A device of a member does not get a message or a change.
    GroupMissed {
        /// Of which group.
        group: GroupId,
        /// Whose.
        account: AccountKey,
        /// Why, as the relay says.
        code: RefusalCode,
    },
    /// Something was due, and could not be said where it was to be said. It was said nowhere (CON-38).
    ScheduledFailed {
        /// Its number.
        number: u64,
        /// Where it was to be said.
        conversation: Conversation,
        /// Why not, in words.
        reason: String,
    },
    /// A message of one's own was refused for good.
    Failed {
        /// Its conversation.
        conversation: Conversation,
        /// Its index.
        index: u64,
        /// Why.
        code: RefusalCode,
    },
}
