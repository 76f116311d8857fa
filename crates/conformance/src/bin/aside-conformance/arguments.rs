//! The command line.

use aside_conformance::{run::Pick, vector::Level};
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, time::Duration};

/// Scores an implementation of Aside by the test vectors.
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 nothing failed, 1 something failed or nothing was claimed, 2 it could not be run."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Subcommand)]
pub(crate) enum Task {
    /// Ask an implementation every vector, and show the score
    Run(Run),
    /// List vectors, or operations, one a line
    List(List),
    /// Show one vector, or the lines that a shim would get for it
    Show(Show),
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) picked: Picked,
    /// Another folder than `test-vectors/` of this workspace
    #[arg(long, value_name = "FOLDER")]
    pub(crate) vectors: Option<PathBuf>,
    /// The operations of these vectors instead, each with how many vectors have it
    #[arg(long)]
    pub(crate) ops: bool,
}

#[derive(Args)]
pub(crate) struct Show {
    /// The vector
    pub(crate) id: String,
    /// Another folder than `test-vectors/` of this workspace
    #[arg(long, value_name = "FOLDER")]
    pub(crate) vectors: Option<PathBuf>,
    /// Lines to give to the standard input of a shim
    #[arg(long)]
    pub(crate) lines: bool,
}

#[derive(Args)]
pub(crate) struct Run {
    /// The command that starts the shim, as in a shell
    #[arg(long = "impl", value_name = "COMMAND")]
    pub(crate) implementation: String,
    /// Let it talk to another one instead of giving it vectors, each in turn as Alice and as Bob: the command that starts
    /// the other shim
    #[arg(
        long,
        value_name = "COMMAND",
        conflicts_with_all = ["only", "levels", "vectors", "exempt", "strict", "junit"]
    )]
    pub(crate) against: Option<String>,
    /// How many conversations
    #[arg(long, value_name = "COUNT", default_value = "200", requires = "against",
        value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) conversations: u64,
    /// What the conversations follow from [default: drawn]
    #[arg(long, value_name = "NUMBER", requires = "against")]
    pub(crate) seed: Option<u64>,
    /// The number of the first conversation, to repeat one
    #[arg(long, value_name = "NUMBER", default_value = "0", requires = "against")]
    pub(crate) from: u64,
    #[command(flatten)]
    pub(crate) picked: Picked,
    /// Another folder than `test-vectors/` of this workspace
    #[arg(long, value_name = "FOLDER")]
    pub(crate) vectors: Option<PathBuf>,
    /// Vectors that need not pass: a JSON list of {"id", "reason"}
    #[arg(long, value_name = "FILE")]
    pub(crate) exempt: Option<PathBuf>,
    /// A refusal with another word fails, too
    #[arg(long)]
    pub(crate) strict: bool,
    /// How long one reply may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) timeout: Duration,
    /// Write everything as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the results as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Picked {
    /// Only vectors with this in their id or file, or with this operation
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) only: Vec<String>,
    /// Only vectors of this level
    #[arg(long = "level", value_name = "LEVEL", value_parser = level)]
    pub(crate) levels: Vec<Level>,
}

impl Picked {
    pub(crate) fn pick(&self) -> Pick {
        Pick { only: self.only.clone(), levels: self.levels.clone() }
    }
}

fn level(name: &str) -> Result<Level, String> {
    let names = || Level::ALL.iter().map(|level| level.name()).collect::<Vec<_>>().join(", ");
    Level::of(name).ok_or_else(|| format!("the levels are {}", names()))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is called for".to_owned())?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(|| "a time above 0 is called for".to_owned())
}
