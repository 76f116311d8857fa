//! Many clients of a relay at once, over real WebSockets: what it takes and how fast, beside the bare store and one fsync in
//! the same run. Absolute figures say something about a machine; only ratios of one run say something about the relay.
//!
//! The parameters stand in [`workload`]. What is in encrypted messages was sealed by real sessions before the measurement
//! begins, a few hundred for each sender, and is sent again and again under fresh ids: the relay cannot tell, and it is the relay that
//! is measured.
//!
//! All clients share one thread, so that on two cores one is left for the relay.

pub mod bare;
pub mod client;
pub mod ground;
pub mod letters;
pub mod machine;
pub mod percentiles;
pub mod person;
pub mod program;
pub mod report;
pub mod scenario;
pub mod stand;
pub mod workload;

/// Why something was not measured, for a person to read.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
