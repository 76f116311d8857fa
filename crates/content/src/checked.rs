//! What the content kinds have in common: fields that are checked before they are a [`Body`](crate::Body).

use crate::{Kind, Refused, fallback};
use alloc::{boxed::Box, string::String, vec::Vec};
use aside_wire::{Malformed, Strict, decode};
use core::{fmt, ops::Deref};
use prost::Message;

/// The content of one kind, by its fields.
pub trait Content: Sized {
    /// The kind's number.
    const KIND: Kind;
    /// Its content says what to show instead of it (CON-17).
    const HAS_FALLBACK: bool = true;
    /// Its message on the wire.
    type Fields: Strict;

    /// Whether the fields are as the kind says (CON-8).
    ///
    /// # Errors
    /// [`Malformed`], with the field.
    fn check(&self) -> Result<(), Malformed>;

    /// Plain text for terminals, notifications and previews. It is not empty.
    fn fallback_text(&self) -> String;

    /// The fields on the wire.
    fn fields(&self, fallback: String) -> Self::Fields;

    /// The content and its fallback, whose fields have their types but are not checked otherwise.
    ///
    /// # Errors
    /// [`Refused::Malformed`] or [`Refused::Key`].
    fn read(fields: Self::Fields) -> Result<(Self, String), Refused>;

    /// Wipes what is secret in the fields, once they are encoded.
    fn wipe(_fields: &mut Self::Fields) {}
}

/// Content whose fields were checked, and cannot be changed since.
#[derive(Clone, PartialEq, Eq)]
pub struct Checked<T> {
    content: Box<T>,
    fallback: String,
}

impl<T: Content> Checked<T> {
    /// Checks the fields, and writes the fallback.
    ///
    /// # Errors
    /// [`Malformed::Field`] if a field is not as its kind says; [`Malformed::TooLarge`] or
    /// [`Malformed::TooManyFields`] if there is more of it than allowed.
    pub fn new(content: T) -> Result<Self, Malformed> {
        content.check()?;
        let fallback = if T::HAS_FALLBACK { fallback::cut(content.fallback_text()) } else { String::new() };
        let checked = Self { content: Box::new(content), fallback };
        if checked.encode().len() > T::Fields::MAX_BYTES {
            return Err(Malformed::TooLarge(T::Fields::NAME));
        }
        Ok(checked)
    }

    /// Decodes the content of this kind (CON-8). The fallback is kept as the sender wrote it (CON-17).
    pub(crate) fn decode(content: &[u8]) -> Result<Self, Refused> {
        let (content, fallback) = T::read(decode(content)?)?;
        content.check()?;
        if T::HAS_FALLBACK {
            fallback::check(&fallback)?;
        }
        Ok(Self { content: Box::new(content), fallback })
    }
}

impl<T> Checked<T> {
    /// Other content that is as good, with the same fallback.
    pub(crate) fn with(&self, content: T) -> Self {
        Self { content: Box::new(content), fallback: self.fallback.clone() }
    }

    pub(crate) fn into_content(self) -> T {
        *self.content
    }

    pub(crate) fn fallback(&self) -> &str {
        &self.fallback
    }
}

impl<T> Deref for Checked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.content
    }
}

/// What [`Body`](crate::Body) asks of the content of any kind.
pub(crate) trait AnyContent: fmt::Debug {
    fn kind(&self) -> Kind;
    fn encode(&self) -> Vec<u8>;
    fn fallback_text(&self) -> String;
}

impl<T: Content> AnyContent for Checked<T> {
    fn kind(&self) -> Kind {
        T::KIND
    }

    fn encode(&self) -> Vec<u8> {
        let mut fields = self.content.fields(self.fallback.clone());
        let encoded = fields.encode_to_vec();
        T::wipe(&mut fields);
        encoded
    }

    fn fallback_text(&self) -> String {
        self.content.fallback_text()
    }
}

/// Says what it is and how long, never what it says.
impl<T: Content> fmt::Debug for Checked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({} bytes)", T::Fields::NAME, AnyContent::encode(self).len())
    }
}
