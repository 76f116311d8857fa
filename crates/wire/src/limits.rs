//! Every size limit of the wire, with its reason. The spec's registry mirrors this file.

use crate::{pb, strict::Strict};

/// One WebSocket message in either direction: fits a full upload of 100 prekeys (about 140 KB) and bounds what
/// a peer can make us hold before we know who it is (threats W2, T1).
pub const FRAME_BYTES: usize = 256 * 1024;
/// One envelope: the largest padded frame, a handshake and the overhead of a session.
pub const ENVELOPE_BYTES: usize = PLAINTEXT_BYTES + 2048;
/// One padded plaintext: twice the largest text, so that every kind of content fits a size class.
pub const PLAINTEXT_BYTES: usize = 64 * 1024;
/// One text in bytes of UTF-8: longer writing belongs in a file.
pub const TEXT_BYTES: usize = 16 * 1024;
/// One handle in bytes.
pub const HANDLE_BYTES: usize = 32;
/// Devices of one account: what people own, and what a sender encrypts for.
pub const DEVICES: usize = 8;
/// The greatest device id; an account never reuses one.
pub const DEVICE_ID: u32 = 127;
/// One encoded certificate: two keys, two signatures, room for capabilities.
pub const CERTIFICATE_BYTES: usize = 512;
/// One encoded device list: a full set of certificates and its signature.
pub const DEVICE_LIST_BYTES: usize = DEVICES * CERTIFICATE_BYTES + 512;
/// One encoded prekey: an ML-KEM key of 1,184 bytes, an X25519 key, a signature, identifiers.
pub const PREKEY_BYTES: usize = 1536;
/// One-time prekeys in one upload, and the most a relay holds for a device.
pub const ONE_TIME_PREKEYS: usize = 100;
/// Device lists in one answer; a client further behind asks again.
pub const LISTS_PER_REPLY: usize = 32;

/// Devices of one group, and recipients of one message: what one sender can hand its keys to in seconds.
pub const GROUP_DEVICES: usize = 1024;
/// One name of a group in bytes of UTF-8.
pub const GROUP_NAME_BYTES: usize = 128;
/// One entry of a group's log, encoded and signed: fits a size class below one envelope once it is encrypted.
pub const GROUP_ENTRY_BYTES: usize = 62 * 1024;
/// One entry of a log as the relay keeps it, encrypted: the largest padded plaintext and what encrypts it, inside one
/// envelope.
pub const LOG_ENTRY_BYTES: usize = PLAINTEXT_BYTES + 1024;
/// People in one entry that adds or removes: an entry of them with one device each stays below its bytes.
pub const GROUP_CHANGE: usize = 100;
/// Ends of sending chains in one entry: those of a hundred people with more devices than most have.
pub const GROUP_CUTS: usize = 512;
/// Log keys in one invitation, and rekeyings of one log: every key fits one frame.
pub const GROUP_LOG_KEYS: usize = 1024;
/// Entries of a log in one answer; a client further behind asks again.
pub const ENTRIES_PER_REPLY: usize = 64;
/// The longest a message may live, or wait unread, in seconds (GRP-11): a year.
pub const EXPIRY_SECONDS: u32 = 31_536_000;
/// By how much the version of a policy may exceed the one in force: what nobody sets by hand, and 2^32 times less than
/// would leave none above it.
pub const POLICY_STEP: u64 = 4_294_967_296;
/// People named in one text.
pub const MENTIONS: usize = 64;

/// What stands for content whose kind is not known, in bytes of UTF-8: a line or a few on any screen.
pub const FALLBACK_BYTES: usize = 512;
/// One piece of a file before it is encrypted: little enough to hold, much enough that its tag does not count.
pub const ATTACHMENT_PIECE_BYTES: usize = 64 * 1024;
/// What is said to a picture, in bytes of UTF-8: a paragraph or two.
pub const CAPTION_BYTES: usize = 4 * 1024;
/// One thumbnail: a picture of some 100 pixels, and all of a message in a size class of 16 KiB.
pub const THUMBNAIL_BYTES: usize = 8 * 1024;
/// Levels of a waveform, one byte each: what fits the width of a bubble.
pub const WAVEFORM_LEVELS: usize = 64;
/// One media type in bytes, with its parameters.
pub const MEDIA_TYPE_BYTES: usize = 128;
/// One emoji in bytes of UTF-8: the longest sequences of Unicode have 28 to 35, of which none is in common use.
pub const EMOJI_BYTES: usize = 32;
/// One address in bytes: what browsers take everywhere.
pub const LINK_BYTES: usize = 2 * 1024;
/// One title, label, line or name of a file in bytes of UTF-8.
pub const TITLE_BYTES: usize = 256;
/// One description in a preview in bytes of UTF-8.
pub const DESCRIPTION_BYTES: usize = 1024;
/// One name of a person in bytes of UTF-8.
pub const PROFILE_NAME_BYTES: usize = 128;
/// How often something can have been forwarded and still be counted: one byte.
pub const FORWARD_DEPTH: u32 = 127;
/// Questions in one form, and answers to it: a screen full.
pub const FORM_FIELDS: usize = 16;
/// Options of one question: more are a search and not a choice.
pub const FORM_OPTIONS: usize = 16;
/// One option in bytes of UTF-8.
pub const FORM_OPTION_BYTES: usize = 128;
/// One name of a question in bytes of UTF-8: for programs, not for people.
pub const FORM_ID_BYTES: usize = 32;
/// One encoded question with all its options.
pub const FORM_FIELD_BYTES: usize = 2560;
/// One answer in bytes of UTF-8: an address, a wish; more is a text.
pub const ANSWER_BYTES: usize = 1024;
/// Lines of one card.
pub const CARD_LINES: usize = 32;
/// Actions of one card.
pub const CARD_ACTIONS: usize = 8;
/// What stands on one action in bytes of UTF-8.
pub const ACTION_BYTES: usize = 64;
/// Decimals of an amount: twice what any currency has.
pub const AMOUNT_DECIMALS: u32 = 8;
/// One note of a handover in bytes of UTF-8.
pub const NOTE_BYTES: usize = 512;
/// Messages in one receipt.
pub const RECEIPTS: usize = 64;
/// Messages in one capture notice: they fit the smallest size class, so that it looks like a short text.
pub const CAPTURE_REFS: usize = 8;
/// Messages that one retry asks for again: they fit the smallest size class, so that it looks like a short text.
pub const RETRY_MESSAGES: usize = 16;
/// What can be opened once, encrypted: the longest answer there is.
pub const VIEW_ONCE_BYTES: usize = 33 * 1024;
/// One encoded declaration: two keys, a version, a signature.
pub const DECLARATION_BYTES: usize = 256;
/// Accounts in one list of the reachability settings: more people than anybody knows, and a list that fits one request.
pub const REACH_ACCOUNTS: usize = 2000;
/// One encoded statement of settings: two full lists of account keys, and what names and signs them.
pub const SETTINGS_BYTES: usize = 2 * REACH_ACCOUNTS * 34 + 256;
/// Parameters of a relay, encoded and signed: the longest name, fifteen numbers and a signature.
pub const PARAMETERS_BYTES: usize = 640;
/// One message of the transient lane: the smallest size class and what a session adds; the next class does not fit.
pub const TRANSIENT_BYTES: usize = 1024;
/// One record of an archive: a message with the longest content there is, and what is said beside it.
pub const ARCHIVE_RECORD_BYTES: usize = PLAINTEXT_BYTES + 1024;

macro_rules! strict {
    ($($type:ident: $bytes:expr, $fields:expr $(, nested $nested:expr)?;)+) => {
        $(impl Strict for pb::$type {
            const NAME: &'static str = stringify!($type);
            const MAX_BYTES: usize = $bytes;
            const MAX_FIELDS: usize = $fields;
            $(const NESTED: &'static [u32] = $nested;)?
        })+
    };
}

strict! {
    Signed: DEVICE_LIST_BYTES, 2;
    Certificate: CERTIFICATE_BYTES, 3;
    CertificateBody: CERTIFICATE_BYTES, 7;
    DeviceListBody: DEVICE_LIST_BYTES, 4 + DEVICES;
    PrekeyBody: PREKEY_BYTES, 8;
    SettingsBody: SETTINGS_BYTES, 6 + 2 * REACH_ACCOUNTS;
    StoreGeneration: 64, 4;
    ParametersBody: 512, 16;
    Frame: PLAINTEXT_BYTES, 14;
    Expiry: 32, 4;
    Text: TEXT_BYTES + 8 + MENTIONS * 48, 1 + MENTIONS;
    ChatOpen: 64, 1;
    ChatAccept: 0, 0;
    ChatDecline: 0, 0;
    ChatClose: 0, 0;
    Media: CAPTION_BYTES + THUMBNAIL_BYTES + 2048, 10;
    Sticker: 1024, 5;
    Reference: LINK_BYTES + DESCRIPTION_BYTES + THUMBNAIL_BYTES + 2048, 4;
    Profile: 1024, 4;
    ReplyTo: 32 * 1024, 4;
    Reaction: 192, 3;
    Edit: TEXT_BYTES + 4096, 3;
    Unsend: 24, 1;
    Forward: 24 * 1024, 4;
    Form: FORM_FIELDS * FORM_FIELD_BYTES + 1024, 2 + FORM_FIELDS;
    FormField: FORM_FIELD_BYTES, 4 + FORM_OPTIONS;
    Choice: FORM_FIELDS * ANSWER_BYTES + 2048, 2 + FORM_FIELDS;
    Card: 24 * 1024, 5 + CARD_LINES + CARD_ACTIONS;
    Handover: NOTE_BYTES + FALLBACK_BYTES + 64, 3;
    Receipts: RECEIPTS * 18 + 64, 2 + RECEIPTS;
    Typing: 8, 1;
    Presence: 16, 1;
    Sharing: 32, 4;
    EncryptedOnly: DECLARATION_BYTES + 8, 1;
    EncryptedOnlyBody: DECLARATION_BYTES, 4;
    ExpiryPolicy: 64, 5;
    Shorten: 40, 4;
    ViewOnce: VIEW_ONCE_BYTES + FALLBACK_BYTES + 96, 4;
    ViewKey: 56, 2;
    CaptureNotice: CAPTURE_REFS * 18 + 32, 3 + CAPTURE_REFS;
    Retry: RETRY_MESSAGES * 18, RETRY_MESSAGES;
    ListReference: 64, 2;
    GroupEntryBody: GROUP_ENTRY_BYTES, 9;
    GroupCreate: DEVICE_LIST_BYTES + 512, 5;
    GroupAdd: GROUP_ENTRY_BYTES, GROUP_CHANGE;
    GroupRemove: GROUP_ENTRY_BYTES, GROUP_CHANGE + GROUP_CUTS;
    GroupLeave: 32 * 1024, GROUP_CUTS;
    GroupSetRole: 64, 2;
    GroupRename: GROUP_NAME_BYTES + 8, 1;
    GroupSetExpiry: 32, 3;
    GroupSetCapture: 8, 1;
    GroupSetAnnounce: 8, 1;
    GroupDevices: GROUP_ENTRY_BYTES, LISTS_PER_REPLY + GROUP_CUTS;
    GroupRekey: 32, 1;
    SenderKey: 256, 7;
    GroupInvite: PLAINTEXT_BYTES, 2 + GROUP_LOG_KEYS;
    GroupLogRequest: 16, 1;
    GroupLogEntries: PLAINTEXT_BYTES, ENTRIES_PER_REPLY;
    GroupLogEntry: ENVELOPE_BYTES, 3;
    ArchiveManifest: DEVICE_LIST_BYTES + 256, 5;
    ArchiveConversation: 256, 4;
    ArchivePerson: 128, 2;
    ArchiveMessage: PLAINTEXT_BYTES + 512, 10;
    ArchiveMark: TEXT_BYTES + 4096, 4;
    ArchiveSeal: 80, 1;
    Envelope: ENVELOPE_BYTES, 2;
    Request: FRAME_BYTES, 4 + GROUP_DEVICES, nested &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17];
    Reply: FRAME_BYTES, 4 + GROUP_DEVICES, nested &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19];
}
