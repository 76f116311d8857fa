//! Numbers of content kinds.

/// The number of a content kind in the registry (CON-8).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Kind(pub u32);

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal;)+) => {
        impl Kind {
            $($(#[doc = $doc])+ pub const $name: Self = Self($number);)+

            /// All kinds of this version, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// It is a kind of this version.
            #[must_use]
            pub const fn is_known(self) -> bool {
                matches!(self.0, $($number)|+)
            }
        }
    };
}

kinds! {
    /// A text.
    TEXT = 1;
    /// Asks the recipient to talk encrypted.
    CHAT_OPEN = 2;
    /// Accepts a chat.
    CHAT_ACCEPT = 3;
    /// Declines a chat.
    CHAT_DECLINE = 4;
    /// Ends a chat.
    CHAT_CLOSE = 5;
    /// A picture, a video, a voice message or a file.
    MEDIA = 6;
    /// A sticker.
    STICKER = 7;
    /// Something published elsewhere.
    REFERENCE = 8;
    /// Somebody's profile.
    PROFILE = 9;
    /// An answer to one message.
    REPLY = 10;
    /// A reaction to one message.
    REACTION = 11;
    /// Another wording of a text.
    EDIT = 12;
    /// Takes back a message.
    UNSEND = 13;
    /// Something said elsewhere.
    FORWARD = 14;
    /// Hands a sending chain to a member of a group.
    SENDER_KEY = 16;
    /// Tells somebody that they are in a group.
    GROUP_INVITE = 17;
    /// Asks a member for entries of a group's log.
    GROUP_LOG_REQUEST = 18;
    /// Answers with them.
    GROUP_LOG_ENTRIES = 19;
    /// Questions.
    FORM = 20;
    /// Answers to a form, or an action of a card.
    CHOICE = 21;
    /// An order, a parcel or a payment.
    CARD = 22;
    /// Who answers from here: a program or a person.
    HANDOVER = 23;
    /// What became of messages.
    RECEIPTS = 24;
    /// The sender is writing, or stopped.
    TYPING = 25;
    /// Whether the sender is there.
    PRESENCE = 26;
    /// What may be done with what is said.
    SHARING = 27;
    /// The sender can be reached only encrypted.
    ENCRYPTED_ONLY = 28;
    /// How long what is said from here on lives.
    EXPIRY_POLICY = 29;
    /// A message lives shorter than it said.
    SHORTEN = 30;
    /// A message that can be opened once.
    VIEW_ONCE = 31;
    /// Opens such a message of a group.
    VIEW_KEY = 32;
    /// Messages were captured.
    CAPTURE = 33;
    /// Messages could not be opened, and are asked for again.
    RETRY = 34;
}

impl Kind {
    /// It is among what two members of a group tell each other alone (CON-14).
    pub(crate) const fn is_between_members(self) -> bool {
        matches!(
            self,
            Self::SENDER_KEY
                | Self::GROUP_INVITE
                | Self::GROUP_LOG_REQUEST
                | Self::GROUP_LOG_ENTRIES
                | Self::VIEW_KEY
        )
    }
}
