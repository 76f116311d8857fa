//! The table at which two implementations sit, one as Alice and one as Bob.

use super::dice::Dice;
use crate::{
    check::{bytes::eval, inputs},
    ops,
    protocol::{Answer, Step},
    run::driver::{Breakdown, Shim},
    value::Fields,
    vector::{NO_SESSION, Person},
};
use std::collections::{BTreeMap, VecDeque};

/// How many of the last steps are told.
const KEPT: usize = 10;

/// Alice or Bob.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Who {
    Alice,
    Bob,
}

impl Who {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Alice => "alice",
            Self::Bob => "bob",
        }
    }

    pub(super) const fn other(self) -> Self {
        match self {
            Self::Alice => Self::Bob,
            Self::Bob => Self::Alice,
        }
    }
}

/// Why a conversation ends early.
#[derive(Debug)]
pub(super) struct Stumble {
    pub(super) what: String,
    /// A shim broke down.
    pub(super) broke: bool,
}

impl Stumble {
    pub(super) const fn of(what: String) -> Self {
        Self { what, broke: false }
    }
}

pub(super) type Play<T> = Result<T, Stumble>;

/// Two shims, and what is known of their sessions.
pub(super) struct Table<'a> {
    shims: [&'a mut Shim; 2],
    pub(super) dice: Dice,
    states: BTreeMap<(Who, String), String>,
    steps: u64,
    log: VecDeque<String>,
}

impl<'a> Table<'a> {
    pub(super) const fn new(shims: [&'a mut Shim; 2], dice: Dice) -> Self {
        Self { shims, dice, states: BTreeMap::new(), steps: 0, log: VecDeque::new() }
    }

    /// How many steps there were, and the last of them.
    pub(super) fn leave(self) -> (u64, Vec<String>) {
        (self.steps, self.log.into())
    }

    pub(super) fn begin(&mut self, people: &BTreeMap<String, Person>) -> Play<()> {
        for shim in &mut self.shims {
            match shim.begin(people).map_err(broken)? {
                Answer::Ok(_) => {}
                other => return Err(Stumble::of(format!("`begin`: {other:?}"))),
            }
        }
        Ok(())
    }

    /// A step without a session that has to work.
    pub(super) fn does(&mut self, who: Who, op: &str, input: Fields) -> Play<Fields> {
        self.works(who, None, op, input)
    }

    /// A step in a session that has to work.
    pub(super) fn does_in(&mut self, who: Who, session: &str, op: &str, input: Fields) -> Play<Fields> {
        self.works(who, Some(session), op, input)
    }

    fn works(&mut self, who: Who, session: Option<&str>, op: &str, input: Fields) -> Play<Fields> {
        match self.ask(who, session, op, input)? {
            (Answer::Ok(out), _) => Ok(out),
            (other, _) => Err(self.stumble(who, op, "accepted", &said(&other))),
        }
    }

    /// A step without a session that has to be refused with a word.
    pub(super) fn refuses(&mut self, who: Who, op: &str, input: Fields, word: &str) -> Play<()> {
        self.refused(who, None, op, input, Some(word))
    }

    /// A step in a session that has to be refused, with a word if it is known which, and without any change.
    pub(super) fn refuses_in(
        &mut self,
        who: Who,
        session: &str,
        op: &str,
        input: Fields,
        word: Option<&str>,
    ) -> Play<()> {
        self.refused(who, Some(session), op, input, word)
    }

    fn refused(
        &mut self,
        who: Who,
        session: Option<&str>,
        op: &str,
        input: Fields,
        word: Option<&str>,
    ) -> Play<()> {
        let before = session.map(|session| self.state(who, session));
        match self.ask(who, session, op, input)? {
            (Answer::Reject(given), state) if word.is_none_or(|word| word == given) => match before {
                Some(before) if before != state => Err(self.stumble(
                    who,
                    op,
                    &format!("state {before} as before"),
                    &format!("state {state}"),
                )),
                _ => Ok(()),
            },
            (other, _) => {
                let wanted = word.map_or("refused".to_owned(), |word| format!("refused with `{word}`"));
                Err(self.stumble(who, op, &wanted, &said(&other)))
            }
        }
    }

    /// What came out has to be this.
    pub(super) fn same(&self, who: Who, op: &str, what: &str, wanted: &str, got: &str) -> Play<()> {
        if wanted == got {
            return Ok(());
        }
        Err(self.stumble(who, op, &format!("{what} {wanted}"), &format!("{what} {got}")))
    }

    /// A field that came out.
    pub(super) fn field(&self, who: Who, op: &str, out: &Fields, name: &str) -> Play<String> {
        match out.find(name) {
            Some(crate::value::Value::Text(text)) => Ok(text.clone()),
            Some(value) => Ok(value.to_string()),
            None => Err(self.stumble(who, op, name, "nothing of that name")),
        }
    }

    /// Bytes that came out.
    pub(super) fn bytes(&self, who: Who, op: &str, out: &Fields, name: &str) -> Play<Vec<u8>> {
        let value = out.find(name).ok_or_else(|| self.stumble(who, op, name, "nothing of that name"))?;
        eval(value, &BTreeMap::new()).map_err(|what| self.stumble(who, op, name, &what))
    }

    pub(super) fn stumble(&self, who: Who, op: &str, wanted: &str, got: &str) -> Stumble {
        let shim = self.shim(who).hello().name.clone();
        let steps = self.steps;
        Stumble::of(format!("step {steps}, {} ({shim}), {op}: expected {wanted}, got {got}", who.name()))
    }

    fn shim(&self, who: Who) -> &Shim {
        let [alice, bob] = &self.shims;
        match who {
            Who::Alice => alice,
            Who::Bob => bob,
        }
    }

    fn state(&self, who: Who, session: &str) -> String {
        self.states.get(&(who, session.to_owned())).cloned().unwrap_or_else(|| NO_SESSION.to_owned())
    }

    fn ask(&mut self, who: Who, session: Option<&str>, op: &str, input: Fields) -> Play<(Answer, String)> {
        self.steps = self.steps.saturating_add(1);
        let places = ops::find(op).map(|op| op.inputs).unwrap_or_default();
        // CNF-7
        let input = inputs::evaluated(places, &input, &BTreeMap::new()).map_err(Stumble::of)?;
        let step = Step {
            op: op.to_owned(),
            actor: session.map(|_| who.name().to_owned()),
            session: session.map(str::to_owned),
            input,
            tape: None,
        };
        let [alice, bob] = &mut self.shims;
        let shim = match who {
            Who::Alice => alice,
            Who::Bob => bob,
        };
        let name = shim.hello().name.clone();
        let reply = shim.step(step);
        let place = format!("step {}, {} ({name}), {op}", self.steps, who.name());
        let (answer, reply) = reply.map_err(|breakdown| {
            let Stumble { what, broke } = broken(breakdown);
            Stumble { what: format!("{place}: {what}"), broke }
        })?;
        let outcome = match &answer {
            Answer::Ok(_) => "accepted".to_owned(),
            other => said(other),
        };
        self.log.push_back(format!(
            "{place}{}: {outcome}",
            session.map(|session| format!(" in {session}")).unwrap_or_default()
        ));
        if self.log.len() > KEPT {
            self.log.pop_front();
        }
        let mut state = String::new();
        if let (Some(session), Answer::Ok(_) | Answer::Reject(_)) = (session, &answer) {
            let Some(after) = reply.state else {
                return Err(self.stumble(who, op, "a state", "none"));
            };
            state.clone_from(&after);
            if matches!(answer, Answer::Ok(_)) {
                self.states.insert((who, session.to_owned()), after);
            }
        }
        Ok((answer, state))
    }
}

fn said(answer: &Answer) -> String {
    match answer {
        Answer::Ok(out) => format!("accepted: {out}"),
        Answer::Reject(word) => format!("refused with `{word}`"),
        Answer::Skip(what) => format!("skipped: {what}"),
        Answer::Fault(what) => format!("fault: {what}"),
    }
}

fn broken(Breakdown { verdict, what, stderr }: Breakdown) -> Stumble {
    let stderr: String = stderr.iter().map(|line| format!("\n    stderr: {line}")).collect();
    Stumble { what: format!("{verdict}: {what}{stderr}"), broke: true }
}
