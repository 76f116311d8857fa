//! Every label of the protocol. One purpose, one label (PRM-15); the spec's registry lists the same table.

/// The domain-separating prefix of a hash, MAC, derivation or signature input (PRM-1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(&'static str);

impl Label {
    /// The bytes that go into the input.
    #[must_use]
    pub const fn as_bytes(self) -> &'static [u8] {
        self.0.as_bytes()
    }

    /// The label as it stands in the registry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

macro_rules! labels {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)+) => {
        $($(#[doc = $doc])+ pub const $name: Label = Label($text);)+

        /// All labels, in the order of the registry.
        pub const ALL: &[Label] = &[$($name),+];
    };
}

labels! {
    /// Account key over a device certificate body.
    CERTIFICATE_ACCOUNT = "aside/1 certificate by account";
    /// Device key over its own certificate body.
    CERTIFICATE_DEVICE = "aside/1 certificate by device";
    /// Account key over a device list body.
    DEVICE_LIST = "aside/1 device list";
    /// Hash that names a device list.
    DEVICE_LIST_HASH = "aside/1 device list hash";
    /// Device key over a prekey body.
    PREKEY = "aside/1 prekey";
    /// Device key over reachability settings.
    SETTINGS = "aside/1 settings";
    /// Device key over a declaration to be reached only encrypted.
    ENCRYPTED_ONLY = "aside/1 encrypted only";
    /// Account key over a registration at a relay.
    REGISTER = "aside/1 register";
    /// Relay key over what the relay allows.
    RELAY_PARAMETERS = "aside/1 relay parameters";
    /// Device key over a login challenge.
    LOGIN = "aside/1 login";
    /// Hash of the handshake bytes, by which a responder recognises a repeated handshake.
    HANDSHAKE_HASH = "aside/1 handshake hash";
    /// Hash of everything both sides agreed on; it is the session id.
    HANDSHAKE_TRANSCRIPT = "aside/1 handshake transcript";
    /// Handshake secret into root key and the first two header keys.
    HANDSHAKE_KEYS = "aside/1 handshake keys";
    /// Root step without a KEM secret.
    ROOT_STEP = "aside/1 root step";
    /// Root step with the secret of a KEM epoch.
    KEM_ROOT_STEP = "aside/1 root step with KEM";
    /// Hash of an encapsulation key or a ciphertext of the KEM ratchet.
    KEM_OBJECT = "aside/1 KEM object";
    /// Hash of everything an epoch of the KEM ratchet agrees on.
    KEM_TRANSCRIPT = "aside/1 KEM transcript";
    /// KEM secret and transcript into the secret of an epoch.
    KEM_EPOCH = "aside/1 KEM epoch";
    /// Chain key into next chain key and message secret.
    CHAIN_STEP = "aside/1 chain step";
    /// Message secret into message key and franking key.
    MESSAGE_KEYS = "aside/1 message keys";
    /// Associated data of a pairwise payload.
    PAYLOAD = "aside/1 payload";
    /// Associated data of an encrypted header.
    HEADER = "aside/1 header";
    /// Transient key and number into the message secret of a transient message.
    TRANSIENT_KEY = "aside/1 transient key";
    /// Associated data of a transient payload.
    TRANSIENT_PAYLOAD = "aside/1 transient payload";
    /// Associated data of an encrypted header of a transient message.
    TRANSIENT_HEADER = "aside/1 transient header";
    /// Franking commitment of a frame.
    COMMITMENT = "aside/1 commitment";
    /// Hash of the previous frame of a sender in a conversation.
    PREVIOUS_FRAME = "aside/1 previous frame";
    /// Hash that names a session message that could not be opened.
    CIPHERTEXT = "aside/1 ciphertext";
    /// Hash of a policy of a chat.
    EXPIRY_POLICY = "aside/1 expiry policy";
    /// Keys of what can be opened once: cipher, commitment.
    VIEW_ONCE = "aside/1 view once";
    /// Commitment to what can be opened once.
    VIEW_ONCE_COMMITMENT = "aside/1 view once commitment";
    /// Identifier of the thread between two accounts.
    THREAD_ID = "aside/1 thread id";
    /// Hash over the two identities of a safety number.
    SAFETY_NUMBER = "aside/1 safety number";
    /// That hash into the digits of a safety number.
    SAFETY_DIGITS = "aside/1 safety digits";
    /// Device key over an entry of a group's log.
    GROUP_ENTRY = "aside/1 group entry";
    /// Hash that names an entry; that of the first is the group's id.
    GROUP_ENTRY_HASH = "aside/1 group entry hash";
    /// Identifier of a group's log at the relay.
    GROUP_LOG_ID = "aside/1 group log id";
    /// Hash that names a log key.
    GROUP_LOG_KEY_ID = "aside/1 group log key id";
    /// Log key and salt into the key of one entry.
    GROUP_LOG_ENTRY_KEY = "aside/1 group log entry key";
    /// Associated data of an encrypted entry.
    GROUP_LOG_ENTRY = "aside/1 group log entry";
    /// Hash that names a sending chain of a group.
    GROUP_KEY_ID = "aside/1 group key id";
    /// Chain key of a group into next chain key and message secret.
    GROUP_CHAIN_STEP = "aside/1 group chain step";
    /// Message secret of a group into message key and franking key.
    GROUP_MESSAGE_KEYS = "aside/1 group message keys";
    /// Associated data of a group payload.
    GROUP_PAYLOAD = "aside/1 group payload";
    /// Chain signing key over a group message.
    GROUP_MESSAGE = "aside/1 group message";
    /// Associated data of a piece of a file.
    ATTACHMENT = "aside/1 attachment";
    /// Hash over the encrypted pieces of a file.
    ATTACHMENT_HASH = "aside/1 attachment hash";
    /// Hash over the records of an archive.
    ARCHIVE_HASH = "aside/1 archive hash";
    /// Device key over that hash.
    ARCHIVE = "aside/1 archive";
    /// Page key and salt into the key of a stored page of message keys.
    KEY_PAGE = "aside/1 key page";
    /// Message key and salt into the key of something stored of a message that expires.
    STORED_MESSAGE = "aside/1 stored message";
    /// Hash over the stored state of a session.
    STORED_SESSION = "aside/1 stored session";
    /// Names the state of a session in test vectors.
    STATE_DIGEST = "aside/1 state digest";
}

#[cfg(test)]
#[path = "label_tests.rs"]
mod tests;
