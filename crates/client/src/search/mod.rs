//! Words to search for: what of a message can be found, and how a text becomes words. It knows no store.

mod findable;
mod words;

pub(crate) use findable::findable;
pub(crate) use words::{Words, unicode, words};
