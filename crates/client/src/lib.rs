//! A client of the Aside protocol.
//!
//! * [`engine`] decides: what to send, what to accept, what to refuse. It is sans-IO.
//! * [`store`] keeps: ordered records in transactions, in SQLite or in memory.
//! * [`channel`] seals and opens: one channel for plaintext threads, one for encrypted chats.
//! * [`driver`] talks to a relay over a WebSocket and reconnects.
//!
//! Plaintext **threads** and encrypted **chats** are different types with different identifiers. Opening a chat is
//! one person's opt-in, accepting it the other's, and nothing turns one into the other.
//!
//! The clauses cited as `CNV-n` are those of `spec/conversations.md`.

pub mod channel;
mod conversation;
pub mod driver;
pub mod engine;
mod error;
mod event;
mod records;
mod shield;
pub mod store;

pub use conversation::{ChatState, Conversation, Delivery, Message, Summary};
pub use engine::{Engine, IdentityState, Step};
pub use error::{Error, Misuse};
pub use event::Event;
pub use shield::{Protection, Shield};
