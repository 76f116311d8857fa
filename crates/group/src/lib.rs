//! Groups: sender keys, and a signed log of who is in.
//!
//! The clauses cited as `GRP-n` are those of `spec/group.md`.
#![no_std]

extern crate alloc;
