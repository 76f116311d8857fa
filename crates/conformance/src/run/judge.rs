//! Holds a reply against what a vector says of the step.

use super::verdict::Verdict;
use crate::{
    check::{bytes::Outputs, inputs},
    ops,
    protocol::{self, Answer, Reply},
    value::Fields,
    vector::Step,
};
use aside_wire::Reject;

/// Why a step is not as expected.
#[derive(Debug)]
pub(super) struct Miss {
    pub(super) verdict: Verdict,
    pub(super) expected: String,
    pub(super) got: String,
}

/// The request for a step: with all its bytes evaluated (CNF-7).
pub(super) fn line_of(step: &Step, outputs: &Outputs) -> Result<protocol::Step, String> {
    let op = ops::find(&step.op).ok_or_else(|| format!("there is no operation `{}`", step.op))?;
    Ok(protocol::Step {
        op: step.op.clone(),
        actor: step.actor.clone(),
        session: step.session.clone(),
        input: inputs::evaluated(op.inputs, &step.input, outputs)?,
        tape: Some(step.tape.clone()),
    })
}

/// `None` for a step that is as expected.
pub(super) fn judge(step: &Step, answer: &Answer, reply: &Reply) -> Option<Miss> {
    let wanted = || match (&step.reject, &step.out) {
        (Some(word), _) => format!("refused with `{word}`"),
        (None, Some(out)) => format!("accepted: {out}"),
        (None, None) => "accepted".to_owned(),
    };
    let miss = |verdict, got| Some(Miss { verdict, expected: wanted(), got });
    match (answer, &step.reject) {
        (Answer::Skip(what), _) => miss(Verdict::Skip, format!("skipped: {what}")),
        (Answer::Fault(what), _) => miss(Verdict::Fault, format!("fault: {what}")),
        (Answer::Reject(word), None) => miss(Verdict::Fail, format!("refused with `{word}`")),
        (Answer::Ok(out), Some(_)) => miss(Verdict::Fail, format!("accepted: {out}")),
        (Answer::Ok(out), None) => {
            differing(step, out).or_else(|| tape(step, reply)).or_else(|| state(step, reply))
        }
        (Answer::Reject(word), Some(expected)) => {
            // A word that is wrong hides no change of the state.
            tape(step, reply).or_else(|| state(step, reply)).or_else(|| {
                let unknown = Reject::ALL.iter().all(|known| known.word() != word);
                let remark = if unknown { ", which is no word of the registry" } else { "" };
                let got = format!("refused with `{word}`{remark}");
                (word != expected).then(|| Miss { verdict: Verdict::Weak, expected: wanted(), got })
            })
        }
    }
}

/// Every field that the table of operations lists, and no other; bytes are compared as bytes.
fn differing(step: &Step, out: &Fields) -> Option<Miss> {
    let fail = |expected, got| Some(Miss { verdict: Verdict::Fail, expected, got });
    let places = ops::find(&step.op).map(|op| op.outputs).unwrap_or_default();
    let empty = Fields::new();
    let wanted = step.out.as_ref().unwrap_or(&empty);
    for (name, kind) in places {
        let expected =
            inputs::resolve(wanted, name, *kind).map(|value| value.to_string()).unwrap_or_default();
        let got = match inputs::replied(out, name, *kind) {
            Ok(value) => value.to_string(),
            Err(what) => return fail(format!("{name}: {expected}"), what),
        };
        if got != expected {
            return fail(format!("{name}: {expected}"), format!("{name}: {got}"));
        }
    }
    let (more, _) = out.iter().find(|(name, _)| places.iter().all(|(place, _)| place != name))?;
    fail(format!("no `{more}`"), format!("`{more}` in what comes out"))
}

/// CNF-2
fn tape(step: &Step, reply: &Reply) -> Option<Miss> {
    let names: Vec<_> = step.tape.iter().map(|drawn| drawn.draw.as_str()).collect();
    let list = |names: &[&str]| if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let drawn: Vec<_> = reply.drawn.iter().map(String::as_str).collect();
    (drawn != names).then(|| Miss {
        verdict: Verdict::Fail,
        expected: format!("drawn: {}", list(&names)),
        got: format!("drawn: {}", list(&drawn)),
    })
}

/// CNF-4
fn state(step: &Step, reply: &Reply) -> Option<Miss> {
    let wanted = step.state.as_ref()?;
    let got = reply.state.as_deref().unwrap_or("none given");
    (got != wanted).then(|| Miss {
        verdict: Verdict::Fail,
        expected: format!("state: {wanted}"),
        got: format!("state: {got}"),
    })
}
