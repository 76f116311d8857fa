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
/// People named in one text.
pub const MENTIONS: usize = 64;

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
    Frame: PLAINTEXT_BYTES, 11;
    Text: TEXT_BYTES + 8 + MENTIONS * 48, 1 + MENTIONS;
    ChatOpen: 64, 1;
    ChatAccept: 0, 0;
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
    Envelope: ENVELOPE_BYTES, 2;
    Request: FRAME_BYTES, 4 + GROUP_DEVICES, nested &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
    Reply: FRAME_BYTES, 4 + GROUP_DEVICES, nested &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];
}
