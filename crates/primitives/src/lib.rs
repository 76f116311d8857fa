//! The only crate of Aside that touches raw key bytes.
//!
//! Every operation the protocol needs stands here once, behind a type that makes misuse hard:
//! decoding a public key checks it, an agreement can fail, a secret wipes itself and prints nothing,
//! and every derivation, signature and commitment starts with a label from [`label`].
//!
//! Randomness is an argument ([`entropy::Entropy`]); nothing here draws it from a global.
//! The published vectors (Wycheproof, the RFCs, FIPS 203) are unit tests without a condition on the target, so that
//! `cargo test --target …` runs them wherever somebody means to use the crate (threat P10).
//!
//! # Back ends
//!
//! By default everything is Rust: no C compiler, any target, no standard library. With the feature `aws-lc-rs`, for
//! servers and desktops, AWS-LC agrees, signs and encrypts: an agreement and a signature take half the time, a short message
//! half or less. Nothing else differs: every check of a stranger's bytes stands before both, verification,
//! derivations and ML-KEM are the same code, and the published vectors run with either. A test compares what all libraries give.
//!
//! A build needs no flags. Programs that stay on the machine they are built on gain from `-C target-cpu=native`: a message
//! of 512 bytes takes half the time to encrypt. `bench/README.md` has the figures.
//!
//! The feature `differential` is for tests: it shows what each library gives without the checks, and is no part of what versions
//! promise.
//!
//! # What is wiped
//!
//! Secrets lie in types that overwrite themselves, and so do the states of the libraries, each under a feature that is
//! turned on here, and that a test looks for in the whole tree (threat P12). Not wiped: registers, and what a compiler
//! copies to the stack. AWS-LC overwrites whatever it gives back to the allocator.
//!
//! The clauses cited as `PRM-n` are those of `spec/primitives.md`.
#![no_std]

extern crate alloc;

pub mod aead;
mod backend;
pub mod commit;
pub mod dh;
#[cfg(any(test, feature = "differential"))]
#[doc(hidden)]
pub mod differential;
pub mod entropy;
pub mod hash;
pub mod kdf;
pub mod kem;
pub mod label;
mod mac;
pub mod secret;
pub mod sign;
pub mod suite;

#[cfg(test)]
mod hex;

pub use dh::{AgreementPublic, AgreementSecret};
pub use entropy::{Draw, Entropy, EntropyFailed};
pub use hash::Digest;
pub use label::Label;
pub use secret::Secret;
pub use sign::{Signature, SigningKey, VerifyingKey};

/// Why a key offered by somebody else was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRefused {
    /// The bytes have the wrong length.
    #[error("the key has the wrong length")]
    Length,
    /// The bytes are not the one canonical encoding of a key (PRM-2, PRM-6).
    #[error("the key is not canonically encoded")]
    NonCanonical,
    /// The key is of small order, or has a component of small order where that is refused (PRM-3, PRM-7).
    #[error("the key has a small-order component")]
    SmallOrder,
    /// The agreement gave the all-zero output (PRM-4).
    #[error("the agreement did not depend on both keys")]
    NonContributory,
    /// The encapsulation key fails the modulus check of FIPS 203 (PRM-9).
    #[error("the encapsulation key is invalid")]
    Encapsulation,
}
