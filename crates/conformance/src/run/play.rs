//! A run: every vector that is picked, asked of a shim.

use super::{
    driver::{Breakdown, Shim},
    exempt::Exemptions,
    judge::{Miss, judge, line_of},
    pick::Pick,
    score::Score,
    verdict::{Finding, Verdict},
};
use crate::{
    check::bytes::Outputs,
    files::{self, Named},
    protocol::{Answer, Hello},
    value::Fields,
    vector::{Level, Person, Step, Vector},
};
use std::collections::{BTreeMap, BTreeSet};

/// So many breakdowns in a row, with no step answered between them, end a run.
const BREAKDOWNS: u32 = 25;
/// So many of them, if one cost the whole time limit.
const HANGS: u32 = 3;

/// What a run is about.
#[derive(Debug)]
pub struct Plan<'a> {
    /// All files.
    pub files: &'a [Named],
    /// The vectors that are asked.
    pub pick: Pick,
    /// What need not pass.
    pub exemptions: Exemptions,
    /// Whether a refusal with another word fails the run.
    pub strict: bool,
}

/// Asks every vector that is picked. `tell` hears of each as soon as it is known.
#[must_use]
pub fn play(plan: &Plan<'_>, shim: &mut Shim, mut tell: impl FnMut(&Finding)) -> Score {
    let hello = shim.hello().clone();
    let claimed = claimed(&hello.levels);
    let mut score = Score::new(hello, claimed.clone(), plan.strict);
    let mut patience = Patience::default();
    for named in plan.files {
        for vector in named.file.vectors.iter().filter(|vector| plan.pick.takes(named, vector)) {
            let mut finding = finding(named, vector);
            if !claimed.contains(&named.file.level) && score.hello.files.iter().all(|name| name != named.name)
            {
                finding.verdict = Verdict::NotClaimed;
            } else if let Some(reason) = &patience.over {
                finding.verdict = Verdict::NotRun;
                finding.got = Some(reason.clone());
            } else {
                run_vector(&mut finding, shim, &named.file.people, vector, &mut patience);
            }
            plan.exemptions.apply(&mut finding);
            tell(&finding);
            score.add(finding);
        }
    }
    score.notes.extend(patience.over);
    score.wrong = plan.exemptions.wrong(plan.files, &score.findings);
    score.wrong.extend(unknown(&score.hello));
    score
}

/// The levels claimed, and those that they rest on (CNF-1).
fn claimed(names: &[String]) -> BTreeSet<Level> {
    names.iter().filter_map(|name| Level::of(name)).flat_map(Level::with_base).collect()
}

/// Claims of what does not exist.
fn unknown(hello: &Hello) -> impl Iterator<Item = String> {
    let levels = hello.levels.iter().filter(|name| Level::of(name).is_none());
    let files = hello.files.iter().filter(|name| !files::ALL.contains(&name.as_str()));
    levels.chain(files).map(|name| format!("`{name}` is claimed, and is no level or file"))
}

fn finding(named: &Named, vector: &Vector) -> Finding {
    Finding {
        id: vector.id.clone(),
        file: named.name,
        level: named.file.level,
        verdict: Verdict::Pass,
        step: None,
        op: None,
        expected: None,
        got: None,
        comment: vector.comment.clone(),
        reqs: vector.reqs.clone(),
        exempt: None,
        stderr: Vec::new(),
    }
}

/// How long a run bears with a shim that breaks down.
#[derive(Default)]
struct Patience {
    in_a_row: u32,
    hangs: u32,
    over: Option<String>,
}

impl Patience {
    fn answered(&mut self) {
        (self.in_a_row, self.hangs) = (0, 0);
    }

    fn broke(&mut self, breakdown: &Breakdown) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.hangs = self.hangs.saturating_add(u32::from(breakdown.verdict == Verdict::Hang));
        if self.hangs >= HANGS || self.in_a_row >= BREAKDOWNS {
            let times = self.in_a_row;
            self.over = Some(format!(
                "given up: the shim broke down {times} times in a row without a reply to a step"
            ));
        }
    }
}

/// A script ends at its first step that is not as expected; one refused with another word goes on.
fn run_vector(
    finding: &mut Finding,
    shim: &mut Shim,
    people: &BTreeMap<String, Person>,
    vector: &Vector,
    patience: &mut Patience,
) {
    let mut outputs = Outputs::new();
    if vector.op.is_none() {
        match shim.begin(people) {
            Ok(Answer::Ok(_)) => {}
            Ok(other) => {
                finding.verdict = Verdict::Fault;
                finding.got = Some(format!("to `begin`: {other:?}"));
                return;
            }
            Err(breakdown) => return broke(finding, None, breakdown, patience),
        }
    }
    for step in &vector.steps() {
        let request = match line_of(step, &outputs) {
            Ok(request) => request,
            Err(what) => {
                return note(
                    finding,
                    step,
                    Miss { verdict: Verdict::Fail, expected: what, got: String::new() },
                );
            }
        };
        let (answer, reply) = match shim.step(request) {
            Ok(reply) => reply,
            Err(breakdown) => return broke(finding, Some(step), breakdown, patience),
        };
        patience.answered();
        if let Some(miss) = judge(step, &answer, &reply) {
            let weak = miss.verdict == Verdict::Weak;
            if finding.verdict == Verdict::Pass || !weak {
                note(finding, step, miss);
            }
            if !weak {
                return;
            }
        }
        let out = if let Answer::Ok(out) = answer { out } else { Fields::new() };
        outputs.insert(step.step.clone(), out);
    }
}

fn note(finding: &mut Finding, step: &Step, miss: Miss) {
    finding.verdict = miss.verdict;
    finding.step = step.actor.is_some().then(|| step.step.clone());
    finding.op = Some(step.op.clone());
    finding.expected = Some(miss.expected);
    finding.got = Some(miss.got);
}

fn broke(finding: &mut Finding, step: Option<&Step>, breakdown: Breakdown, patience: &mut Patience) {
    patience.broke(&breakdown);
    finding.verdict = breakdown.verdict;
    finding.step = step.filter(|step| step.actor.is_some()).map(|step| step.step.clone());
    finding.op = step.map(|step| step.op.clone());
    finding.expected = None;
    finding.got = Some(breakdown.what);
    finding.stderr = breakdown.stderr;
}
