//! A file while it is written.

use super::{Result, catches, script::Script};
use crate::{
    check::{Tape, World},
    value::Fields,
    vector::{File, Level, Person, Step, Vector},
};
use std::collections::BTreeMap;

/// What stands at the head of a vector.
pub(super) struct Note {
    id: String,
    reqs: &'static str,
    comment: String,
    threat: Option<&'static str>,
    catches: &'static [&'static str],
}

/// Id, requirements with spaces between them, and why the outcome is what it is.
pub(super) fn note(id: impl Into<String>, reqs: &'static str, comment: impl Into<String>) -> Note {
    Note { id: id.into(), reqs, comment: comment.into(), threat: None, catches: &[] }
}

impl Note {
    /// The known attack that this repeats.
    pub(super) fn threat(self, threat: &'static str) -> Self {
        Self { threat: Some(threat), ..self }
    }

    /// The mistake that this uncovers.
    pub(super) fn catches(self, catches: &'static [&'static str]) -> Self {
        Self { catches, ..self }
    }

    fn vector(self) -> Vector {
        Vector {
            id: self.id,
            comment: self.comment,
            reqs: self.reqs.split(' ').map(str::to_owned).collect(),
            threat: self.threat.map(str::to_owned),
            catches: self.catches.iter().map(|bug| (*bug).to_owned()).collect(),
            op: None,
            input: None,
            tape: Vec::new(),
            out: None,
            reject: None,
            steps: Vec::new(),
        }
    }
}

/// A file while it is written.
pub(super) struct Sheet(File);

impl Sheet {
    pub(super) fn new(level: Level, chapter: &str, about: &str) -> Self {
        Self(File {
            about: about.to_owned(),
            schema: "../schema.json".to_owned(),
            level,
            chapter: chapter.to_owned(),
            people: BTreeMap::new(),
            vectors: Vec::new(),
        })
    }

    pub(super) fn with_people(mut self, people: BTreeMap<String, Person>) -> Self {
        self.0.people = people;
        self
    }

    pub(super) fn finish(mut self) -> File {
        self.0.vectors.iter_mut().for_each(catches::add);
        self.0
    }

    /// A single step that works. What comes out is what the crates give.
    pub(super) fn accept(&mut self, note: Note, op: &str, input: Fields) -> Result<Fields> {
        let vector = self.single(note, op, input, None)?;
        let out = vector.out.clone().unwrap_or_default();
        self.0.vectors.push(vector);
        Ok(out)
    }

    /// A single step that is refused with a word.
    pub(super) fn refuse(&mut self, note: Note, op: &str, input: Fields, word: &str) -> Result<()> {
        let vector = self.single(note, op, input, Some(word))?;
        self.0.vectors.push(vector);
        Ok(())
    }

    fn single(&self, note: Note, op: &str, input: Fields, word: Option<&str>) -> Result<Vector> {
        let mut vector = Vector { op: Some(op.to_owned()), input: Some(input), ..note.vector() };
        let people = BTreeMap::new();
        let step = vector.steps().pop().ok_or("a single step is a step")?;
        let step = play(&mut World::new(&people, None), step, &vector.id, word)?;
        vector.tape = step.tape;
        vector.out = step.out;
        vector.reject = step.reject;
        Ok(vector)
    }

    /// A script.
    pub(super) fn script(
        &mut self,
        note: Note,
        play: impl FnOnce(&mut Script<'_>) -> Result<()>,
    ) -> Result<()> {
        let people = self.0.people.clone();
        let mut vector = note.vector();
        let mut script = Script::new(&vector.id, &people);
        play(&mut script).map_err(|error| format!("{}: {error}", vector.id))?;
        vector.steps = script.steps();
        self.0.vectors.push(vector);
        Ok(())
    }
}

/// Runs a step that has no outcome yet, and fills in what came of it.
pub(super) fn play(world: &mut World<'_>, step: Step, id: &str, word: Option<&str>) -> Result<Step> {
    let mut step = step;
    let mut tape = Tape::record(&format!("{id}/{}", step.step));
    let place = format!("{id}, step {}", step.step);
    let outcome = world.step(&step, &mut tape).map_err(|what| format!("{place}: {what}"))?;
    match (outcome.answer, word) {
        (Ok(out), None) => step.out = Some(out),
        (Err(there), Some(word)) if there.word() == word => step.reject = Some(word.to_owned()),
        (Ok(_), Some(word)) => return Err(format!("{place}: accepted, and not refused with `{word}`").into()),
        (Err(there), _) => return Err(format!("{place}: refused with `{there}`, and not {word:?}").into()),
    }
    // A refused step draws nothing that could be used again.
    step.tape = tape.drawn();
    if step.session.is_some() {
        step.state = Some(outcome.state);
    }
    Ok(step)
}

/// The bytes of a field that came out.
pub(super) fn bytes_of(out: &Fields, name: &str) -> Result<Vec<u8>> {
    let value = out.find(name).ok_or_else(|| format!("there is no `{name}`"))?;
    Ok(crate::check::bytes::eval(value, &BTreeMap::new())?)
}
