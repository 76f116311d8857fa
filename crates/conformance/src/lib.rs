//! Test vectors of the Aside protocol: their format, a strict loader, a checker, the generator, and a runner that asks any
//! implementation.
//!
//! * [`vector`] and [`value`] are the format, [`ops`] the table of operations that a vector may ask for.
//! * [`load`] reads the files and refuses a malformed one by name and place.
//! * [`check`] runs every vector against the crates of this workspace.
//! * [`run`] asks an implementation through its shim, in the words of [`protocol`]; the program is `aside-conformance run`.
//! * [`shim`] answers for the crates of this workspace; the program is `aside-shim`.
//! * [`generate`] writes the files, the same bytes each time; `cargo xtask gen-vectors` calls it.
//!
//! What a vector file says is described in `spec/conformance.md` and in `test-vectors/README.md`.
//! The clauses cited as `CNF-n` are those of `spec/conformance.md`.

pub mod check;
pub mod files;
pub mod generate;
mod hex;
pub mod leakage;
pub mod load;
pub mod ops;
pub mod protocol;
pub mod run;
pub mod seen;
pub mod shim;
pub mod value;
pub mod vector;
