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
    /// Account key over a registration at a relay.
    REGISTER = "aside/1 register";
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
    /// Chain key into next chain key and message secret.
    CHAIN_STEP = "aside/1 chain step";
    /// Message secret into message key and franking key.
    MESSAGE_KEYS = "aside/1 message keys";
    /// Associated data of a pairwise payload.
    PAYLOAD = "aside/1 payload";
    /// Associated data of an encrypted header.
    HEADER = "aside/1 header";
    /// Franking commitment of a frame.
    COMMITMENT = "aside/1 commitment";
    /// Hash of the previous frame of a sender in a conversation.
    PREVIOUS_FRAME = "aside/1 previous frame";
    /// Identifier of the thread between two accounts.
    THREAD_ID = "aside/1 thread id";
    /// Hash over the two identities of a safety number.
    SAFETY_NUMBER = "aside/1 safety number";
    /// That hash into the digits of a safety number.
    SAFETY_DIGITS = "aside/1 safety digits";
    /// Names the state of a session in test vectors.
    STATE_DIGEST = "aside/1 state digest";
}

#[cfg(test)]
#[path = "label_tests.rs"]
mod tests;
