//! A client of the Aside protocol.
//!
//! * [`engine`] decides: what to send, what to accept, what to refuse. It is sans-IO.
//! * [`store`] keeps: ordered records in transactions, in SQLite or in memory.
//! * [`channel`] seals and opens: one channel for plaintext threads, one for encrypted chats, one for groups.
//! * [`opt_in`] is how a chat begins and ends, in types, and [`admission`] which frame is taken from whom.
//! * [`driver`] talks to a relay over a WebSocket and reconnects.
//!
//! Plaintext **threads**, encrypted **chats** and **groups** are different types with different identifiers. Opening a
//! chat is one person's opt-in, accepting it the other's, and nothing turns one kind into another.
//!
//! The clauses cited as `CNV-n` are those of `spec/conversations.md`, as `GRP-n` those of `spec/group.md`, as `HEA-n` those
//! of `spec/healing.md`.

pub mod channel;
mod conversation;
pub mod driver;
pub mod engine;
mod error;
mod event;
mod group;
mod notification;
mod records;
mod search;
mod shield;
pub mod store;
mod telling;

pub use aside_content::{ChatState, admission, captured::Nobody, opt_in};
pub use aside_session::Trouble;
pub use conversation::{Answerer, Conversation, Delivery, Gone, Lifetime, Manner, Message, Summary};
pub use engine::{
    Capture, Declared, Engine, IdentityState, Levels, Matter, Opened, Relation, Request, Screen, Statement,
    Step, Swept, Unopened,
};
pub use error::{Error, Misuse, grouped};
pub use event::Event;
pub use group::{GroupInfo, GroupMember, GroupSummary, Mute, Standing};
pub use notification::Notification;
pub use shield::{Protection, Shield};
pub use telling::ReceiptLevel;
