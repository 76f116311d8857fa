//! Test vectors of the Aside protocol: their format, a strict loader, a checker and the generator.
//!
//! * [`vector`] and [`value`] are the format, [`ops`] the table of operations that a vector may ask for.
//! * [`load`] reads the files and refuses a malformed one by name and place.
//! * [`check`] runs every vector against the crates of this workspace.
//! * [`generate`] writes the files, the same bytes each time; `cargo xtask gen-vectors` calls it.
//!
//! What a vector file says is described in `spec/conformance.md` and in `test-vectors/README.md`.
//! The clauses cited as `CNF-n` are those of `spec/conformance.md`.

pub mod check;
pub mod files;
pub mod generate;
mod hex;
pub mod load;
pub mod ops;
pub mod value;
pub mod vector;
