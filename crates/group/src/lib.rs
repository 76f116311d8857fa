//! Groups: sender keys, and a signed log of who is in.
//!
//! * Each device encrypts a message once for the whole group, with a [`SendingChain`] of its own, and signs it. A
//!   [`SenderKey`] hands the chain to another device; a [`ReceivingChain`] is what that device keeps of it.
//! * The [`Group`] is the state of a log of signed entries, and [`Entry`] is one of them. The relay orders the entries and
//!   cannot read them ([`sealed_entry`]); every member verifies all of them, so that nobody adds a member in secret.
//! * Chains are replaced when somebody goes, after 1,000 messages, and after seven days. Who joins reads nothing older.
//!
//! # What this crate does not do
//!
//! It has no clock, no storage, no randomness and no network of its own. It has no sessions (`aside-session`) and does not
//! know what a payload says (`aside-content`); it checks no franking commitment, and hands out what is needed to. It
//! decides neither when to fetch nor whom to tell (`aside-client`).
//!
//! # Rules for the caller
//!
//! 1. Hand a chain only to devices of members in the log verified here, each over its own session (GRP-19).
//! 2. Accept a chain only over the session with the device that owns it, a member (GRP-20), and keep the one that is there.
//! 3. Before a message: a new chain if [`SendingChain::is_spent`] or if its epoch is not the group's (GRP-18).
//! 4. Persist the chain after [`SendingChain::encrypt`] and *before* the ciphertext leaves the device.
//! 5. Check what [`ReceivingChain::decrypt`] returned (the commitment, the payload, and what it says about the log), then
//!    apply the [`Advance`], and persist chain and message together (GRP-29).
//!
//! # Alice writes to a group
//!
//! ```
//! use aside_group::{Head, LogKey, ReceivingChain, SenderKey, SendingChain};
//! use aside_identity::{AccountKey, Address, DeviceId, GroupId};
//! use aside_primitives::{Digest, Draw, SigningKey, commit::Commitment, label};
//! use aside_wire::group_packet::GroupPacket;
//! # struct Rng(u64);
//! # impl rand_core::TryRng for Rng {
//! #     type Error = core::convert::Infallible;
//! #     fn try_next_u32(&mut self) -> Result<u32, Self::Error> { self.try_next_u64().map(|n| n as u32) }
//! #     fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
//! #         self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
//! #         Ok(self.0 ^ (self.0 >> 29))
//! #     }
//! #     fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
//! #         for byte in out { *byte = self.try_next_u64()?.to_be_bytes()[0]; }
//! #         Ok(())
//! #     }
//! # }
//! # impl rand_core::TryCryptoRng for Rng {}
//! # let mut rng = Rng(7);
//! # let now = 1_000;
//! # let account = AccountKey::new(SigningKey::generate(&mut rng, Draw("account key")).unwrap().verifying_key());
//! # let alice = Address { account, device: DeviceId::FIRST };
//! # let (group, epoch) = (GroupId::new([7; 32]), 1);
//! # let (head, log_key) = (Head { sequence: 1, hash: Digest([7; 32]) }, LogKey::generate(&mut rng).unwrap());
//! // Alice makes a chain for the epoch of the group, and hands it to Bob over their session.
//! let mut at_alice = SendingChain::generate(&mut rng, group, alice, epoch, now).unwrap();
//! let content = SenderKey { epoch, head, chain: at_alice.hand_over().unwrap(), log_key }.encode();
//!
//! // Bob knows by the session that it is hers.
//! let SenderKey { epoch, head, chain, log_key } = SenderKey::decode(&content)?;
//! let mut at_bob = ReceivingChain::accept(group, alice, epoch, chain);
//!
//! // She encrypts once, and the relay copies it to everybody.
//! let commit = |key: &_| Commitment::compute(key, label::COMMITMENT, &[b"hello"]);
//! let message = at_alice.encrypt(&mut rng, b"hello", commit).unwrap();
//!
//! // Bob finds the chain by its name, opens it, and checks the commitment before he looks at the text.
//! let packet = GroupPacket::parse(&message)?;
//! assert_eq!(packet.key_id, at_bob.key_id().as_bytes());
//! let (received, advance) = at_bob.decrypt(&alice, &packet)?;
//! assert_eq!(received.commitment, commit(&received.franking_key));
//! assert_eq!(*received.plaintext, b"hello");
//! at_bob.advance(advance).unwrap();
//!
//! // A second copy is recognised.
//! assert!(at_bob.decrypt(&alice, &packet).is_err());
//! # Ok::<(), aside_group::Refused>(())
//! ```
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
pub use aside_wire::ExpiryTerms;
pub use catch_up::{LogEntries, LogRequest};
pub use change::{Change, Checked, GroupEvent, StaleCheck};
pub use cut::ChainCut;
pub use entry::{Entry, Place};
pub use error::{CannotSend, ImportError, Refused, StaleAdvance};
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
