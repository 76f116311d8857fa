//! What is measured, by name.

mod drain;
mod groups;
mod idle;
mod million;
mod online;
mod sends;
mod slow;

use crate::{Failure, report::Report, stand::Stand};
use futures_util::future::LocalBoxFuture;

/// One measurement.
pub struct Scenario {
    /// What to call it by.
    pub name: &'static str,
    /// Whether it starts a relay itself, so that one elsewhere cannot be asked.
    pub needs_own: bool,
    /// Runs it.
    pub run: for<'a> fn(&'a Stand) -> LocalBoxFuture<'a, Result<Report, Failure>>,
}

/// All of them, in the order in which they run.
pub const SCENARIOS: &[Scenario] = &[
    Scenario { name: "sends", needs_own: false, run: |stand| Box::pin(sends::run(stand)) },
    Scenario { name: "drain", needs_own: false, run: |stand| Box::pin(drain::run(stand)) },
    Scenario { name: "online", needs_own: false, run: |stand| Box::pin(online::run(stand)) },
    Scenario { name: "groups", needs_own: false, run: |stand| Box::pin(groups::run(stand)) },
    Scenario { name: "idle", needs_own: true, run: |stand| Box::pin(idle::run(stand)) },
    Scenario { name: "slow", needs_own: true, run: |stand| Box::pin(slow::run(stand)) },
    Scenario { name: "million", needs_own: true, run: |stand| Box::pin(million::run(stand)) },
];
