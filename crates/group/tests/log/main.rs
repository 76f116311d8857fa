//! The membership log through the crate's public types: what is valid, what is refused, and that all agree.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod agreement;
mod export;
mod judgement;
mod mutation;
mod oracle;
mod oracle_check;
mod refusal;
mod rules;
mod world;
