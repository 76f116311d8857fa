//! Groups: sender keys, and a signed log of who is in.
//!
//! The clauses cited as `GRP-n` are those of `spec/group.md`.
#![no_std]

extern crate alloc;

mod binding;
mod catch_up;
mod chain;
mod chain_state;
mod error;
mod handover;
mod head;
mod invite;
mod key_id;
pub mod limits;
mod log_id;
mod log_key;
mod receiving;
pub mod sealed_entry;
mod sender_key;
mod sending;

pub use catch_up::{LogEntries, LogRequest};
pub use error::{CannotSend, ImportError, Refused, StaleAdvance};
pub use handover::ChainHandover;
pub use head::Head;
pub use invite::GroupInvite;
pub use key_id::KeyId;
pub use log_id::LogId;
pub use log_key::{LogKey, LogKeyId};
pub use receiving::{Advance, Received, ReceivingChain};
pub use sender_key::SenderKey;
pub use sending::SendingChain;
