//! The shim of this workspace: answers what a runner asks, with the crates of this workspace.

use crate::{
    check::{Outcome, Tape, World, bug::Bug, inputs::out_in_hex},
    protocol::{Answer, Hello, LINE_BYTES, Line, Reply, Request, Step, VERSION},
    value::Fields,
    vector::{self, Level, Person},
};
use std::{
    collections::BTreeMap,
    io::{self, BufRead, Read, Write},
};

/// Answers line by line until the input ends, with a mistake if one is named.
///
/// # Errors
/// [`io::Error`] if the streams fail, or a line is no request.
pub fn serve(mut input: impl BufRead, mut output: impl Write, bug: Option<Bug>) -> io::Result<()> {
    let mut people = BTreeMap::new();
    loop {
        let mut world = World::new(&people, bug);
        match play(&mut world, &mut input, &mut output)? {
            Some(next) => people = next,
            None => return Ok(()),
        }
    }
}

/// Answers until other people come, who are returned: nothing else is left of the world (CNF-9).
fn play(
    world: &mut World<'_>,
    input: &mut impl BufRead,
    output: &mut impl Write,
) -> io::Result<Option<BTreeMap<String, Person>>> {
    while let Some(Line { id, request }) = next(input)? {
        match request {
            Request::Hello { protocol } => write(output, &Reply::new(id, hello(protocol)))?,
            Request::Step(step) => {
                let reply = run(world, step);
                write(output, &Reply { id, ..reply })?;
            }
            Request::Begin { people } => {
                write(output, &Reply::new(id, Answer::Ok(Fields::new())))?;
                return Ok(Some(people));
            }
        }
    }
    Ok(None)
}

fn next(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let most = u64::try_from(LINE_BYTES).unwrap_or(u64::MAX);
    input.take(most).read_until(b'\n', &mut line)?;
    if line.is_empty() { Ok(None) } else { Ok(Some(serde_json::from_slice(&line)?)) }
}

fn write(output: &mut impl Write, reply: &Reply) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}

fn hello(protocol: u64) -> Answer {
    if protocol != VERSION {
        return Answer::Fault(format!("protocol {protocol} is not spoken here"));
    }
    let levels = Level::ALL.iter().map(|level| level.name().to_owned()).collect();
    let hello = Hello { name: "aside-rust".to_owned(), levels, files: Vec::new(), features: Vec::new() };
    match serde_json::to_string(&hello).and_then(|text| serde_json::from_str(&text)) {
        Ok(out) => Answer::Ok(out),
        Err(error) => Answer::Fault(error.to_string()),
    }
}

fn run(world: &mut World<'_>, step: Step) -> Reply {
    let fault = |what| Reply::new(0, Answer::Fault(what));
    let mut tape = match step.tape {
        Some(drawn) => Tape::replay(&drawn),
        None => Tape::fresh(),
    };
    let in_session = step.session.is_some();
    let step = vector::Step {
        step: String::new(),
        actor: step.actor,
        session: step.session,
        op: step.op,
        input: step.input,
        tape: Vec::new(),
        out: None,
        reject: None,
        state: None,
    };
    let outcome = world.step(&step, &mut tape);
    // What is wrong with the tape explains what came of the step.
    if let Err(what) = tape.complaint() {
        return fault(what);
    }
    let Outcome { answer, state } = match outcome {
        Ok(outcome) => outcome,
        Err(what) => return fault(what),
    };
    let answer = match answer.map(|out| out_in_hex(&step.op, &out)) {
        Ok(Ok(out)) => Answer::Ok(out),
        Ok(Err(what)) => return fault(what),
        Err(word) => Answer::Reject(word.word().to_owned()),
    };
    let drawn = tape.names();
    match tape.finish() {
        Ok(()) => Reply { state: in_session.then_some(state), drawn, ..Reply::new(0, answer) },
        Err(what) => fault(what),
    }
}
