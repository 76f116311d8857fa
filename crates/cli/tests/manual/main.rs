//! Plays the pages of the manual: what they show at the terminals is what happens there, through a relay.
//!
//! `SNAPSHOTS=overwrite cargo nextest run -p aside-cli --test manual` writes what happens into them.

mod page;
mod play;
mod table;

datatest_stable::harness! {
    { test = play::play, root = "manual", pattern = r"^[a-z-]+\.md$" },
    { test = table::check, root = "manual", pattern = r"^README\.md$" },
}
