//! Sessions of Aside beside the bare primitives and a peer. `README.md` says what is measured and how.

pub mod bare;
pub mod clock;
pub mod ours;
pub mod peer;
pub mod table;
