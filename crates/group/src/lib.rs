//! Groups: sender keys, and a signed log of who is in.
//!
//! The clauses cited as `GRP-n` are those of `spec/group.md`.
#![no_std]

extern crate alloc;

mod action;
mod binding;
mod catch_up;
mod chain;
mod chain_state;
mod change;
mod cut;
mod entitlement;
mod entry;
mod error;
mod expiry;
mod export;
mod handover;
mod head;
mod history;
mod invite;
mod judgement;
mod key_id;
pub mod limits;
mod log_id;
mod log_key;
mod member;
mod name;
mod offered_list;
mod receiving;
mod rejected;
mod role;
pub mod sealed_entry;
mod sender_key;
mod sending;
mod state;
mod validate;

pub use action::Action;
pub use catch_up::{LogEntries, LogRequest};
pub use change::{Change, Checked, GroupEvent, StaleCheck};
pub use cut::ChainCut;
pub use entry::{Entry, Place};
pub use error::{CannotSend, ImportError, Refused, StaleAdvance};
pub use expiry::ExpiryTerms;
pub use export::CannotImport;
pub use handover::ChainHandover;
pub use head::Head;
pub use invite::GroupInvite;
pub use judgement::{Standing, Superseded, Unfit};
pub use key_id::KeyId;
pub use log_id::LogId;
pub use log_key::{LogKey, LogKeyId};
pub use member::{Member, MemberDevice};
pub use name::GroupName;
pub use receiving::{Advance, Received, ReceivingChain};
pub use rejected::{Reason, Rejected};
pub use role::Role;
pub use sender_key::SenderKey;
pub use sending::SendingChain;
pub use state::Group;
