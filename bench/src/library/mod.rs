//! The library calls that a back end of `aside-primitives` makes, without what it puts around them.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(not(feature = "aws-lc-rs"))]
mod rust;

#[cfg(feature = "aws-lc-rs")]
pub(crate) use aws_lc::{Private, Signing, open, seal};
#[cfg(not(feature = "aws-lc-rs"))]
pub(crate) use rust::{Private, Signing, open, seal};

/// What the figures are of, for the line above them.
pub const NAME: &str = if cfg!(feature = "aws-lc-rs") { "AWS-LC" } else { "Rust" };
