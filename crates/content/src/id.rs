//! Identifiers of threads, chats and messages: three types that do not mix.

use aside_identity::AccountKey;
use aside_primitives::{
    Draw, Entropy, EntropyFailed, entropy,
    hash::{Digest, hash},
    label,
};
use core::fmt;

macro_rules! id {
    ($(#[doc = $doc:literal])+ $name:ident, $bytes:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// The identifier in these bytes.
            #[must_use]
            pub const fn new(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "("))?;
                for byte in self.0.iter().take(4) {
                    write!(f, "{byte:02x}")?;
                }
                f.write_str("…)")
            }
        }
    };
}

id! {
    /// A plaintext thread, 32 bytes.
    ThreadId, 32
}
id! {
    /// An encrypted chat, 32 bytes, drawn by the person who opens it (CON-5).
    ChatId, 32
}
id! {
    /// A message, 16 bytes, drawn by its sender (CON-6).
    MessageId, 16
}

impl ThreadId {
    /// The thread between two accounts: the same for both, and nobody else's (CON-4).
    #[must_use]
    pub fn between(one: &AccountKey, other: &AccountKey) -> Self {
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        let Digest(id) = hash(label::THREAD_ID, &[low.as_bytes(), high.as_bytes()]);
        Self(id)
    }
}

impl ChatId {
    /// Draws a new identifier.
    ///
    /// # Errors
    /// [`EntropyFailed`] if the source failed.
    pub fn draw(entropy: &mut (impl Entropy + ?Sized)) -> Result<Self, EntropyFailed> {
        entropy::public(entropy, Draw("chat id")).map(Self)
    }
}

impl MessageId {
    /// Draws a new identifier.
    ///
    /// # Errors
    /// [`EntropyFailed`] if the source failed.
    pub fn draw(entropy: &mut (impl Entropy + ?Sized)) -> Result<Self, EntropyFailed> {
        entropy::public(entropy, Draw("message id")).map(Self)
    }
}
