//! The runner: asks any implementation, through its shim, every vector, and keeps the score.

mod cross;
mod driver;
mod exempt;
mod incoming;
mod judge;
mod lines;
mod pick;
mod play;
mod report;
mod score;
mod show;
mod verdict;

pub use cross::{Broken, CrossPlan, CrossScore, Scene, converse};
pub use driver::{Breakdown, Command, NotStarted, Shim};
pub use exempt::{Exemption, Exemptions};
pub use lines::lines_of;
pub use pick::Pick;
pub use play::{Plan, play};
pub use report::{json, junit};
pub use score::{Counts, Score};
pub use show::{cross_card, score_card};
pub use verdict::{Finding, Verdict};
