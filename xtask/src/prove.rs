//! What a relay promises, proven for longer than the tests do it: whole programs killed under load.

use crate::{
    Failure, postgres,
    scratch::Scratch,
    step::{self, Outcome},
    workspace::{self, cargo},
};

const ROUNDS: &str = "200";

/// The task.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    let about = "programs killed under load lose nothing that was acknowledged";
    step::alone("prove", about, || {
        all(after("--rounds", options).unwrap_or(ROUNDS), after("--only", options))
    })
}

fn all(rounds: &str, only: Option<&str>) -> Result<Outcome, Failure> {
    if rounds.parse::<u32>().is_err() {
        return Err(format!("`{rounds}` is no number of rounds").into());
    }
    let mut command = cargo(&["nextest", "run", "--release", "--profile", "prove", "--no-capture"]);
    command.args(["-p", "aside-relay", "--test", "prove"]).args(only);
    // Where the data of relays and databases is.
    let scratch = Scratch::new("prove")?;
    command.env("ASIDE_PROVE_ROUNDS", rounds).env("TMPDIR", scratch.path());
    match postgres::need() {
        Ok(()) => {
            command.args(["--features", "postgres"]);
        }
        Err(reason) => println!("   only over SQLite: {reason}"),
    }
    workspace::run(command)?;
    Ok(Outcome::Done)
}

/// The word behind an option.
fn after<'a>(option: &str, options: &[&'a str]) -> Option<&'a str> {
    let mut options = options.iter();
    options.find(|word| **word == option)?;
    options.next().copied()
}
