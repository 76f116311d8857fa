//! Texts, and the people named in them.

use crate::Refused;
use alloc::{string::String, vec::Vec};
use aside_identity::AccountKey;
use aside_wire::{
    Malformed, decode,
    limits::{MENTIONS, TEXT_BYTES},
    pb,
};
use core::fmt;
use prost::Message;

/// A text of 1 to 16,384 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    body: String,
    mentions: Vec<Mention>,
}

/// Somebody named in a text. The account counts, and not what the text calls it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mention {
    /// Who.
    pub account: AccountKey,
    /// Where the name begins, in bytes of the text.
    pub start: u32,
    /// How many bytes it has, not 0.
    pub length: u32,
}

impl Text {
    /// A text that names nobody.
    ///
    /// # Errors
    /// [`Malformed::Field`] if it is empty or longer than 16,384 bytes.
    pub fn new(body: impl Into<String>) -> Result<Self, Malformed> {
        Self::with_mentions(body, Vec::new())
    }

    /// A text that names people, in the order of their places (CON-12).
    ///
    /// # Errors
    /// [`Malformed::Field`] if the text is empty or longer than 16,384 bytes, or the place of a mention is empty,
    /// not between characters of the text, or not behind the one before; [`Malformed::TooManyFields`] with more
    /// than 64 mentions.
    pub fn with_mentions(body: impl Into<String>, mentions: Vec<Mention>) -> Result<Self, Malformed> {
        let body = body.into();
        if body.is_empty() || body.len() > TEXT_BYTES {
            return Err(Malformed::Field("text"));
        }
        if mentions.len() > MENTIONS {
            return Err(Malformed::TooManyFields("Text"));
        }
        let mut free = 0;
        for mention in &mentions {
            free = mention.end_in(&body, free).ok_or(Malformed::Field("mentions"))?;
        }
        Ok(Self { body, mentions })
    }

    /// What it says.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.body
    }

    /// The people named in it, in the order of their places.
    #[must_use]
    pub fn mentions(&self) -> &[Mention] {
        &self.mentions
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mention = |mention: &Mention| pb::Mention {
            account: mention.account.as_bytes().to_vec(),
            start: mention.start,
            length: mention.length,
        };
        pb::Text { body: self.body.clone(), mentions: self.mentions.iter().map(mention).collect() }
            .encode_to_vec()
    }

    /// Decodes the content of a text (CON-8, CON-12).
    pub(crate) fn decode(content: &[u8]) -> Result<Self, Refused> {
        let pb::Text { body, mentions } = decode(content)?;
        let mention = |mention: &pb::Mention| {
            let pb::Mention { account, start, length } = mention;
            Ok::<_, Refused>(Mention { account: AccountKey::parse(account)?, start: *start, length: *length })
        };
        let mentions = mentions.iter().map(mention).collect::<Result<_, _>>()?;
        Ok(Self::with_mentions(body, mentions)?)
    }
}

impl Mention {
    /// Where its place ends, if that is between characters of `body`, not empty, and begins at `free` or later.
    fn end_in(&self, body: &str, free: usize) -> Option<usize> {
        let start = usize::try_from(self.start).ok().filter(|start| *start >= free)?;
        let end = start.checked_add(usize::try_from(self.length).ok()?)?;
        body.get(start..end).filter(|name| !name.is_empty()).map(|_| end)
    }
}

/// Says how long it is, never what it says or whom it names.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes, {} mentions)", self.body.len(), self.mentions.len())
    }
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
