//! Measures and prints the tables: `aside-bench [--rounds N] [--only PART-OF-A-NAME] [--filled]`, or those of relays:
//! `aside-bench relays`.

mod groups;
mod operation;
#[cfg(feature = "relays")]
mod relays;
mod sessions;

use operation::Effort;
use std::process::ExitCode;

const ROUNDS: usize = 15;
const BATCHES: usize = 9;
const USAGE: &str = "usage: aside-bench [--rounds N] [--only PART-OF-A-NAME] [--filled]";

struct Options {
    rounds: usize,
    only: String,
    filled: bool,
}

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|task| task == "relays") {
        return relays();
    }
    let Some(Options { rounds, only, filled }) = options(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    // OpenMLS spreads some of its work over threads, ours does not.
    if let Err(error) = rayon::ThreadPoolBuilder::new().num_threads(1).build_global() {
        eprintln!("aside-bench: {error}");
        return ExitCode::FAILURE;
    }
    println!("Back end: {}.\n", aside_bench::library::NAME);
    let effort = Effort { rounds, batches: BATCHES };
    sessions::print(&only, effort);
    groups::print(&only, effort, filled);
    println!(
        "\nMedians of {rounds} rounds, each the fastest of {BATCHES} batches; in brackets the extremes of the rounds."
    );
    println!("Changes of groups: medians and extremes of {} changes, in computing time.", groups::CHANGES);
    ExitCode::SUCCESS
}

#[cfg(feature = "relays")]
fn relays() -> ExitCode {
    relays::run(std::env::args().skip(2))
}

#[cfg(not(feature = "relays"))]
fn relays() -> ExitCode {
    eprintln!("aside-bench: relays need --features relays");
    ExitCode::FAILURE
}

fn options(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
    let mut options = Options { rounds: ROUNDS, only: String::new(), filled: false };
    while let Some(option) = arguments.next() {
        match option.as_str() {
            "--rounds" => options.rounds = arguments.next()?.parse().ok().filter(|rounds| *rounds > 0)?,
            "--only" => options.only = arguments.next()?,
            "--filled" => options.filled = true,
            _ => return None,
        }
    }
    Some(options)
}
