//! `aside-shim`: answers a conformance runner for the crates of this workspace.

use aside_conformance::{check::bug::Bug, shim};
use clap::Parser;
use std::process::ExitCode;

/// Answers a conformance runner, line by line, for the Rust crates of Aside.
#[derive(Parser)]
struct Arguments {
    /// Make a mistake on purpose, to see that the vectors notice it.
    #[arg(long, value_name = "NAME", value_parser = bug)]
    bug: Option<Bug>,
}

fn bug(name: &str) -> Result<Bug, String> {
    let names = || Bug::ALL.iter().map(|bug| bug.name()).collect::<Vec<_>>().join(", ");
    Bug::of(name).ok_or_else(|| format!("the mistakes are {}", names()))
}

fn main() -> ExitCode {
    let Arguments { bug } = Arguments::parse();
    match shim::serve(std::io::stdin().lock(), std::io::stdout().lock(), bug) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("aside-shim: {error}");
            ExitCode::FAILURE
        }
    }
}
