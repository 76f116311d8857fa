//! Errors by blame: the caller, the store, the surroundings. What a peer did wrong is an
//! [`Event`](crate::Event), not an error.

use crate::store::StoreError;
use aside_identity::Handle;
use aside_primitives::EntropyFailed;
use aside_wire::limits::TEXT_BYTES;

/// Why a step did not happen. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller asked for something that cannot be done.
    #[error(transparent)]
    Misuse(#[from] Misuse),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The source of randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyFailed),
}

/// What the caller cannot do, with the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// The profile has no account yet.
    #[error("this profile is not registered; register a handle first")]
    NotRegistered,
    /// The profile has an account already.
    #[error("this profile already belongs to {0}; use another profile for another account")]
    AlreadyRegistered(Handle),
    /// The relay can read what is said there, and keep it.
    #[error(
        "nothing goes by itself in a thread, for the relay can keep what it reads; say it in an encrypted chat"
    )]
    NothingGoes,
    /// It goes some time, and would not elsewhere.
    #[error("this message goes by itself, and is passed on nowhere")]
    Expiring,
    /// This cannot be said so that it is opened.
    #[error(
        "this cannot be sent to be opened once; say it without --once, or change how long messages live here"
    )]
    NotOnce,
    /// It is no message that can be opened once, or one's own.
    #[error("there is nothing to open: it is no message to be opened once, or your own")]
    NothingToOpen,
    /// This device did not get the key.
    #[error("this device cannot open it: whoever sent it saw no protected viewer here")]
    NoViewKey,
    /// The times of terms are out of range.
    #[error("a time is 1 second to 1 year")]
    Terms,
    /// No further policy can be set.
    #[error("how long messages live was changed too often in this chat; open another one")]
    NoVersionLeft,
    /// Nothing is known of the account.
    #[error("{0} is not known here yet; connect to the relay so that the handle can be looked up")]
    UnknownPeer(Handle),
    /// The relay says that the handle belongs to another account now.
    #[error(
        "{0} points to another account than before: somebody else may have it, or the relay lies; nothing is sent. \
         Compare safety numbers with the person, then: aside verify {0} --accept-new-key, or --keep-old-key"
    )]
    AccountChanged(Handle),
    /// The person here has blocked the other.
    #[error("you have blocked {0}; to write there: aside unblock {0}")]
    Blocked(Handle),
    /// One of the two has declared that nothing goes in the clear.
    #[error("between you and {0} everything is said encrypted; nothing goes out in the clear")]
    EncryptedOnly(Handle),
    /// The own settings would refuse every answer.
    #[error("your settings do not let {0} write in a chat, so there would be no answer")]
    NoAnswer(Handle),
    /// There are more contacts than can be published.
    #[error("there are 2,000 contacts, and no more can be published; take somebody out first")]
    TooManyContacts,
    /// What was typed is no safety number.
    #[error("that is no safety number: it has 60 digits, or begins with ASIDE-VERIFY:1: when it was scanned")]
    NoSafetyNumber,
    /// The safety number typed is not the one of this account.
    #[error(
        "the numbers differ: this is not the account that {0} compared; do not write there what the relay must not read"
    )]
    NumbersDiffer(Handle),
    /// Nothing contests the handle.
    #[error("{0} is the same account as before")]
    NotChanged(Handle),
    /// A person cannot write to the own account.
    #[error("this is your own handle")]
    Oneself,
    /// There is no chat with that person.
    #[error("there is no encrypted chat with {0}; open one first")]
    NoChat(Handle),
    /// The other person asked for the chat, and it was not accepted yet.
    #[error("{0} has asked for an encrypted chat; accept it before you write")]
    NotAccepted(Handle),
    /// There is nothing to accept.
    #[error("{0} has not asked for an encrypted chat")]
    NoRequest(Handle),
    /// There is nothing to accept or decline.
    #[error("{0} has not asked for anything; to see who has: aside requests")]
    NoRequestAtAll(Handle),
    /// One of the two has ended the chat.
    #[error("the encrypted chat with {0} has ended; to ask for another: aside chat open {0}")]
    ChatEnded(Handle),
    /// There is a chat already.
    #[error("there already is an encrypted chat with {0}")]
    ChatExists(Handle),
    /// Nothing is known of the group.
    #[error("no such group is known here")]
    NoGroup,
    /// The person here is not in the group.
    #[error("you are not in this group")]
    NotInGroup,
    /// There is nothing to accept.
    #[error(
        "you are not invited to this group, or its log could not be verified yet; fetch your messages first"
    )]
    NotInvited,
    /// The invitation was not accepted yet.
    #[error("you are invited to this group; accept it before you write")]
    GroupNotAccepted,
    /// Only the owner and admins write.
    #[error("only the owner and the admins write in this group")]
    AnnounceOnly,
    /// The name cannot be used.
    #[error("a group's name has 1 to 128 bytes and no control characters")]
    GroupName,
    /// The change is not valid.
    #[error("the group cannot be changed like this: {0}")]
    GroupChange(String),
    /// The archive is another account's.
    #[error(
        "this is an archive of {0}, and only one of your own can be imported; to read it: aside archive show FILE"
    )]
    ForeignArchive(Handle),
    /// There is no such message.
    #[error("there is no such message, or it was taken back")]
    NoMessage,
    /// The message is somebody else's, or of a kind that cannot be changed.
    #[error(
        "only a text of your own can be worded anew, and only a message of your own taken back or let go sooner"
    )]
    NotYours,
    /// There is nothing to listen to or to watch in the message.
    #[error("there is nothing to listen to or to watch in that message")]
    NotMedia,
    /// What was said encrypted does not go into a plaintext thread.
    #[error("what was said encrypted is not forwarded into a thread that the relay can read")]
    WouldLeaveEncryption,
    /// The message asks nothing.
    #[error("that message is neither a form nor a card that somebody else has sent")]
    NothingAsked,
    /// Answers do not fit the form.
    #[error("the answers do not fit: {0}")]
    Answers(String),
    /// The note of a handover cannot be used.
    #[error("a note has at most 512 bytes")]
    Note,
    /// The name of a template or a list cannot be used.
    #[error("a name has 1 to 64 bytes: letters, digits, dots, dashes and underscores")]
    Name,
    /// There is no such template.
    #[error("there is no template {0}")]
    NoTemplate(String),
    /// A group has no handle.
    #[error("the template {0} has {{handle}} in it, and a group has none")]
    Placeholder(String),
    /// There is no such list.
    #[error("there is no list {0}")]
    NoList(String),
    /// There is such a list.
    #[error("there is a list {0} already")]
    ListExists(String),
    /// The label cannot be used.
    #[error("a label has 1 to 64 bytes and no control characters, and a person has at most 16")]
    Label,
    /// The other person has not accepted the chat.
    #[error("{0} has not accepted the encrypted chat yet")]
    NotTheirsYet(Handle),
    /// The time is over.
    #[error("that time has passed")]
    Past,
    /// Nothing of the number is to be said.
    #[error("nothing is scheduled under that number; it may have been sent")]
    NotScheduled,
    /// It cannot stand there.
    #[error("this cannot be said there")]
    NotThere,
    /// The text is empty or too long.
    #[error("a text has 1 to 16,384 bytes")]
    Text,
    /// There is more of it than can be sent.
    #[error("{what} has {} bytes, and at most {} can be sent", grouped(*bytes), grouped(*most))]
    TooLong {
        /// What it is.
        what: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        most: usize,
    },
    /// A thread has no silent messages.
    #[error("only in a chat or a group can something be said silently")]
    Silent,
    /// The other person has not answered in the chat yet.
    #[error("{0} has not answered yet; a wish for the chat can be said once you both talk in it")]
    NotAnswered(Handle),
    /// Captures of a thread are nobody's business.
    #[error(
        "of captures in a plaintext thread nobody is told: the relay can read it, and nothing was promised there"
    )]
    NothingPromised,
    /// A capture shows messages.
    #[error("somebody is told of a capture only if messages were on the screen, and there were none")]
    NothingOnScreen,
    /// A screen shows one conversation.
    #[error("those are messages of several conversations, and a screen shows one")]
    SeveralConversations,
    /// Another profile has read them.
    #[error("another account has read those messages")]
    OtherViewer,
    /// The other person wishes that what they write stays in the chat.
    #[error(
        "{0} wishes that nothing of what they write in this chat is forwarded, and this program keeps to it"
    )]
    NotToBeForwarded(Handle),
}

impl Misuse {
    /// What is wrong with a text that cannot be sent.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        Self::within("the text", text, TEXT_BYTES).err().unwrap_or(Self::Text)
    }

    /// Whether there is not too much of it.
    ///
    /// # Errors
    /// [`Misuse::TooLong`] if there is.
    pub const fn within(what: &'static str, text: &str, most: usize) -> Result<(), Self> {
        let bytes = text.len();
        if bytes > most { Err(Self::TooLong { what, bytes, most }) } else { Ok(()) }
    }
}

/// A number as people read it: "16,384".
#[must_use]
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_says_how_long_it_is_and_may_be() {
        let said = |bytes| Misuse::of_text(&"x".repeat(bytes)).to_string();
        assert_eq!(said(16_385), "the text has 16,385 bytes, and at most 16,384 can be sent");
        assert_eq!(said(0), "a text has 1 to 16,384 bytes");
        let of = |number| grouped(number);
        assert_eq!([of(0), of(999), of(1_000), of(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
    }
}
