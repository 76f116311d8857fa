//! Runs vectors against the crates of this workspace.

mod archive;
pub mod bug;
pub mod bytes;
mod capture;
mod content;
mod conversations;
mod expiry;
mod frame;
mod generation;
mod group;
mod group_log;
mod healing;
mod identity;
pub(crate) mod inputs;
mod keep;
mod kind;
mod primitives;
mod relay;
mod request;
mod schedule;
mod session;
mod stop;
mod tape;
mod wire;
mod world;

use crate::{
    ops,
    value::Fields,
    vector::{File, Step, Vector},
};
use bug::Bug;
use std::{collections::BTreeSet, fmt};

pub(crate) use schedule::associated_prefix;
pub(crate) use tape::{Tape, material};
pub(crate) use wire::with_control;
pub(crate) use world::{Outcome, World};

/// A vector that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The vector.
    pub id: String,
    /// The step, in a script.
    pub step: String,
    /// What was expected and what happened.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, step, what } = self;
        if step == id { write!(f, "{id}: {what}") } else { write!(f, "{id}, step {step}: {what}") }
    }
}

/// Runs all vectors of a file; what fails is returned. With a bug, a mistake is made.
#[must_use]
pub fn run(file: &File, bug: Option<Bug>) -> Vec<Failure> {
    file.vectors.iter().filter_map(|vector| run_vector(file, vector, bug).failure).collect()
}

/// What came of a vector.
#[derive(Debug)]
pub struct Run {
    /// Why it does not hold.
    pub failure: Option<Failure>,
    /// The mistakes that came into question: with any other, the same would have happened.
    pub met: BTreeSet<Bug>,
}

/// Runs one vector of a file. A script goes on after a refusal, and ends at the first step that is not as expected.
#[must_use]
pub fn run_vector(file: &File, vector: &Vector, bug: Option<Bug>) -> Run {
    let mut world = World::new(&file.people, bug);
    let failure = vector.steps().iter().find_map(|step| {
        let what = run_step(&mut world, step).err()?;
        Some(Failure { id: vector.id.clone(), step: step.step.clone(), what })
    });
    Run { failure, met: world.met() }
}

fn run_step(world: &mut World, step: &Step) -> Result<(), String> {
    let mut tape = Tape::replay(&step.tape);
    let outcome = world.step(step, &mut tape);
    // What is wrong with the tape explains what came of the step.
    tape.complaint()?;
    let Outcome { answer, state } = outcome?;
    tape.finish()?;
    match (answer, &step.out, &step.reject) {
        (Ok(out), Some(wanted), _) => compare(&step.op, &out, wanted)?,
        (Err(word), _, Some(wanted)) if word.word() == wanted => {}
        (Err(word), _, Some(wanted)) => {
            return Err(format!("refused with `{word}`, and not with `{wanted}`"));
        }
        (Err(word), _, None) => return Err(format!("refused with `{word}`, and not accepted")),
        (Ok(_), None, wanted) => {
            return Err(format!(
                "accepted, and not refused with `{}`",
                wanted.as_deref().unwrap_or_default()
            ));
        }
    }
    match &step.state {
        Some(wanted) if *wanted != state => Err(format!("the state is {state}, and not {wanted}")),
        _ => Ok(()),
    }
}

/// Every field as the table of operations lists them; bytes are compared as bytes, however they are written.
fn compare(op: &str, out: &Fields, wanted: &Fields) -> Result<(), String> {
    let outputs = ops::find(op).map(|op| op.outputs).unwrap_or_default();
    for (name, kind) in outputs {
        let (there, wanted) = (inputs::resolve(out, name, *kind)?, inputs::resolve(wanted, name, *kind)?);
        if there != wanted {
            return Err(format!("out.{name} is {there}, and not {wanted}"));
        }
    }
    Ok(())
}
