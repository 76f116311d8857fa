//! `aside-shim`: answers a conformance runner for the crates of this workspace.

mod misbehave;

use aside_conformance::{check::bug::Bug, shim};
use clap::Parser;
use misbehave::Kind;
use std::process::ExitCode;

/// Answers a conformance runner, line by line, for the Rust crates of Aside.
#[derive(Parser)]
struct Arguments {
    /// Make a mistake on purpose, to see that the vectors notice it.
    #[arg(long, value_name = "NAME", value_parser = bug)]
    bug: Option<Bug>,
    /// Break in this way, to test the runner.
    #[arg(long, hide = true, value_name = "KIND")]
    misbehave: Option<Kind>,
    /// Break at requests with this text in them.
    #[arg(long, hide = true, value_name = "TEXT", default_value = "")]
    at: String,
}

fn bug(name: &str) -> Result<Bug, String> {
    let names = || Bug::ALL.iter().map(|bug| bug.name()).collect::<Vec<_>>().join(", ");
    Bug::of(name).ok_or_else(|| format!("the mistakes are {}", names()))
}

fn main() -> ExitCode {
    let Arguments { bug, misbehave, at } = Arguments::parse();
    let result = match misbehave {
        Some(kind) => misbehave::serve(kind, &at),
        None => shim::serve(std::io::stdin().lock(), std::io::stdout().lock(), bug),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("aside-shim: {error}");
            ExitCode::FAILURE
        }
    }
}
