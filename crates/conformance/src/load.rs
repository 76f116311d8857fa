//! Reads vector files and refuses a malformed one by name and place.

use crate::{
    check::{
        bug::Bug,
        bytes::{self, Outputs},
    },
    files::{self, Named},
    hex,
    ops::{self, Kind, Op, Place},
    value::{Fields, Value},
    vector::{Drawn, File, NO_SESSION, Step, Vector},
};
use aside_wire::Reject;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {place}{what}")]
pub struct Malformed {
    /// The file, by its path in `test-vectors/`.
    pub file: String,
    /// The vector and step, if it is about one.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

/// Reads one file of `test-vectors/`, by its path in that folder.
///
/// # Errors
/// [`Malformed`] if it is missing, empty, without vectors or against the format.
pub fn file(name: &str) -> Result<File, Malformed> {
    file_in(&files::folder(), name)
}

/// Reads all files of a folder like `test-vectors/` (CNF-3).
///
/// # Errors
/// [`Malformed`] if one of them is, or an id stands in two of them.
pub fn all_in(folder: &Path) -> Result<Vec<Named>, Malformed> {
    let mut ids = BTreeSet::new();
    let mut all = Vec::new();
    for name in files::ALL {
        let file = file_in(folder, name)?;
        if let Some(twice) = file.vectors.iter().find(|vector| !ids.insert(vector.id.clone())) {
            let place = format!("vector `{}`: ", twice.id);
            return Err(malformed(name, &place, "stands in another file, too".to_owned()));
        }
        all.push(Named { name, file });
    }
    Ok(all)
}

fn file_in(folder: &Path, name: &str) -> Result<File, Malformed> {
    let missing = |error| malformed(name, "", format!("cannot be read: {error}"));
    let text = std::fs::read_to_string(folder.join(name)).map_err(missing)?;
    parse(name, &text)
}

/// Reads the text of one file.
///
/// # Errors
/// [`Malformed`], with the place.
pub fn parse(name: &str, text: &str) -> Result<File, Malformed> {
    let file: File = serde_json::from_str(text)
        .map_err(|error| malformed(name, "", format!("is no vector file: {error}")))?;
    if file.vectors.is_empty() {
        return Err(malformed(name, "", "has no vectors".to_owned()));
    }
    let mut ids = BTreeSet::new();
    for vector in &file.vectors {
        check_vector(&file, vector)
            .map_err(|what| malformed(name, &format!("vector `{}`: ", vector.id), what))?;
        if !ids.insert(&vector.id) {
            return Err(malformed(name, &format!("vector `{}`: ", vector.id), "stands twice".to_owned()));
        }
    }
    Ok(file)
}

fn malformed(file: &str, place: &str, what: String) -> Malformed {
    Malformed { file: file.to_owned(), place: place.to_owned(), what }
}

fn check_vector(file: &File, vector: &Vector) -> Result<(), String> {
    if !is_name(&vector.id) {
        return Err("the id is not made of a–z, 0–9 and single hyphens".to_owned());
    }
    if vector.comment.is_empty() {
        return Err("there is no comment".to_owned());
    }
    if vector.reqs.is_empty() {
        return Err("it proves no requirement".to_owned());
    }
    if let Some(req) = vector.reqs.iter().find(|req| !is_requirement(req)) {
        return Err(format!("`{req}` is no requirement number"));
    }
    if let Some(bug) = vector.catches.iter().find(|bug| Bug::of(bug).is_none()) {
        return Err(format!("`{bug}` is no known mistake"));
    }
    let single = vector.op.is_some() && vector.input.is_some() && vector.steps.is_empty();
    let script = !vector.steps.is_empty()
        && vector.op.is_none()
        && vector.input.is_none()
        && vector.out.is_none()
        && vector.reject.is_none()
        && vector.tape.is_empty();
    if !single && !script {
        return Err("it is neither a single step nor a script".to_owned());
    }
    let mut outputs = Outputs::new();
    let mut states = BTreeMap::new();
    for step in &vector.steps() {
        check_step(file, step, script, &mut outputs, &mut states)
            .map_err(|what| if script { format!("step `{}`: {what}", step.step) } else { what })?;
    }
    Ok(())
}

fn check_step(
    file: &File,
    step: &Step,
    script: bool,
    outputs: &mut Outputs,
    states: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    let op: &Op = ops::find(&step.op).ok_or_else(|| format!("there is no operation `{}`", step.op))?;
    if op.in_session && !script {
        return Err(format!("`{}` stands in scripts only", op.name));
    }
    if !is_name(&step.step) || outputs.contains_key(&step.step) {
        return Err("the name of the step is no name, or stands twice".to_owned());
    }
    fields(&step.input, op.inputs, outputs).map_err(|what| format!("in.{what}"))?;
    step.tape.iter().try_for_each(drawn)?;
    match (&step.out, &step.reject) {
        (Some(out), None) => {
            fields(out, op.outputs, &Outputs::new()).map_err(|what| format!("out.{what}"))?
        }
        (None, Some(word)) if Reject::ALL.iter().any(|reject| reject.word() == word) => {}
        (None, Some(word)) => return Err(format!("`{word}` is no reject word of the registry")),
        _ => return Err("exactly one of `out` and `reject` is called for".to_owned()),
    }
    if script {
        actor(file, step)?;
    }
    if op.in_session {
        session(step, states)?;
    } else if step.session.is_some() || step.state.is_some() {
        return Err(format!("`{}` has no session and no state", op.name));
    }
    outputs.insert(step.step.clone(), step.out.clone().unwrap_or_default());
    Ok(())
}

fn actor(file: &File, step: &Step) -> Result<(), String> {
    let known = step.actor.as_ref().is_some_and(|actor| file.people.contains_key(actor));
    if known { Ok(()) } else { Err("the actor is none of the people of the file".to_owned()) }
}

/// A refusal leaves the state as it was.
fn session(step: &Step, states: &mut BTreeMap<String, String>) -> Result<(), String> {
    let session = step.session.clone().filter(|name| is_name(name)).ok_or("no session is named")?;
    let state = step.state.clone().ok_or("the state afterwards is not given")?;
    if state != NO_SESSION && hex::decode(&state).is_none_or(|bytes| bytes.len() != 32) {
        return Err("the state is no digest".to_owned());
    }
    let before = states.insert(session, state.clone()).unwrap_or_else(|| NO_SESSION.to_owned());
    if step.reject.is_some() && before != state {
        return Err("a refusal changes the state".to_owned());
    }
    // An exchange moves two sessions.
    let other = step.out.as_ref().and_then(|out| out.find("state_of_other"));
    if let (Some(Value::Text(with)), Some(Value::Text(state))) = (step.input.find("with"), other) {
        states.insert(with.clone(), state.clone());
    }
    Ok(())
}

fn drawn(drawn: &Drawn) -> Result<(), String> {
    match hex::decode(&drawn.bytes) {
        Some(bytes) if !bytes.is_empty() && !drawn.draw.is_empty() => Ok(()),
        _ => Err(format!("the draw `{}` has no name or no bytes in hex", drawn.draw)),
    }
}

/// All fields called for, no others, each of its form.
fn fields(fields: &Fields, places: &[Place], outputs: &Outputs) -> Result<(), String> {
    if let Some((name, _)) = fields.iter().find(|(name, _)| places.iter().all(|(place, _)| place != name)) {
        return Err(format!("{name}: is not called for"));
    }
    for (name, kind) in places {
        let value = fields.find(name).ok_or_else(|| format!("{name}: is missing"))?;
        form(value, *kind, outputs).map_err(|what| format!("{name}: {what}"))?;
    }
    Ok(())
}

fn form(value: &Value, kind: Kind, outputs: &Outputs) -> Result<(), String> {
    match (kind, value) {
        (Kind::Bytes, value) => bytes::eval(value, outputs).map(|_| ()),
        (Kind::BytesList, Value::List(list)) => {
            list.iter().try_for_each(|item| form(item, Kind::Bytes, outputs))
        }
        (Kind::Numbers, Value::List(list)) => {
            list.iter().try_for_each(|item| form(item, Kind::Number, outputs))
        }
        (Kind::Texts, Value::List(list)) => list.iter().try_for_each(|item| form(item, Kind::Text, outputs)),
        (Kind::Text, Value::Text(_)) | (Kind::Number, Value::Number(_)) | (Kind::Flag, Value::Flag(_)) => {
            Ok(())
        }
        _ => Err(format!("has another form than {kind:?}")),
    }
}

fn is_name(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.split('-').all(part)
}

/// Three capitals, a hyphen, a number.
fn is_requirement(text: &str) -> bool {
    text.split_once('-').is_some_and(|(chapter, count)| {
        chapter.len() == 3
            && chapter.bytes().all(|byte| byte.is_ascii_uppercase())
            && !count.starts_with('0')
            && count.parse::<u32>().is_ok()
    })
}
