//! Sessions and groups of Aside beside the bare primitives and peers. `README.md` says what is measured and how.

pub mod bare;
pub mod clock;
pub mod double_ratchet;
pub mod group;
pub mod library;
pub mod ours;
pub mod peer;
pub mod table;
