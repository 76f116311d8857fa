//! `aside-conformance`: scores an implementation of Aside by the test vectors.

mod arguments;
mod list;

use arguments::{Arguments, Run, Task};
use aside_conformance::{
    files, load,
    run::{
        Broken, Command, CrossPlan, Exemptions, Plan, Shim, converse, cross_card, json, junit, play,
        score_card,
    },
};
use clap::Parser;
use std::{fs, path::Path, process::ExitCode};

/// Why nothing could be asked.
type Failure = Box<dyn std::error::Error>;

/// Something failed.
const FAILED: u8 = 1;
/// Nothing could be asked.
const NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    let Arguments { task } = Arguments::parse();
    let result = match task {
        Task::Run(run) => match &run.against {
            Some(against) => cross_play(&run, against),
            None => score(&run),
        },
        Task::List(asked) => list::list(&asked).map(|()| true),
        Task::Show(asked) => list::show(&asked).map(|()| true),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(error) => {
            eprintln!("aside-conformance: {error}");
            ExitCode::from(NOT_RUN)
        }
    }
}

/// Whether nothing failed.
fn cross_play(run: &Run, against: &str) -> Result<bool, Failure> {
    let seed = match run.seed {
        Some(seed) => seed,
        // Half of the bits, for people to type.
        None => getrandom::u32().map_err(|error| error.to_string())?.into(),
    };
    let mut shims = [
        Shim::start(Command::parse(&run.implementation)?, run.timeout)?,
        Shim::start(Command::parse(against)?, run.timeout)?,
    ];
    let [a, b] = &mut shims;
    println!("{} and {}, seed {seed}", a.hello().name, b.hello().name);
    let plan = CrossPlan { conversations: run.conversations, from: run.from, seed };
    let score = converse(a, b, plan, |_| {});
    print!("{}", cross_card(&score));
    if let Some(Broken { conversation, .. }) = score.broken.first() {
        println!("the first again: --seed {seed} --from {conversation} --conversations 1");
    }
    if let Some(path) = &run.json {
        write(path, serde_json::to_string_pretty(&score)?)?;
    }
    Ok(score.is_good())
}

/// Whether nothing failed.
fn score(run: &Run) -> Result<bool, Failure> {
    let files = load::all_in(&run.vectors.clone().unwrap_or_else(files::folder))?;
    let pick = run.picked.pick();
    if !files.iter().any(|named| named.file.vectors.iter().any(|vector| pick.takes(named, vector))) {
        return Err("no vector is picked".into());
    }
    let exemptions = match &run.exempt {
        Some(path) => fs::read_to_string(path)
            .map_err(|error| error.to_string())
            .and_then(|text| Exemptions::parse(&text))
            .map_err(|error| format!("{}: {error}", path.display()))?,
        None => Exemptions::default(),
    };
    let mut shim = Shim::start(Command::parse(&run.implementation)?, run.timeout)?;
    let plan = Plan { files: &files, pick, exemptions, strict: run.strict };
    let score = play(&plan, &mut shim, |_| {});
    if !shim.finish() {
        eprintln!("aside-conformance: the shim did not end with its input, and was ended");
    }
    print!("{}", score_card(&score));
    if let Some(path) = &run.json {
        write(path, json(&score)?)?;
    }
    if let Some(path) = &run.junit {
        write(path, junit(&score)?)?;
    }
    Ok(score.is_good())
}

/// After the score is shown, so that it is not lost if this fails.
fn write(path: &Path, text: String) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()).into())
}
