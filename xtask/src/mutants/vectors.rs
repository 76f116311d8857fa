//! The test vectors in the place of the tests: what they alone notice.
//!
//! A build for each mutant would take a day. So the mutants of all functions stand beside the original in one copy of
//! the code, and a number chooses one while it runs. What cannot be chosen then (the value of a constant, and functions
//! that the compiler runs) is built one at a time.

use super::{
    Report, VERSION,
    alternatives::{self, Alternative, Span, Written},
    folder,
    mutant::Mutant,
    survivors, tree,
};
use crate::{
    Failure,
    step::{self, Outcome},
    tools,
    workspace::{capture, cargo, target_folder},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// The crates that the vectors are about, lowest first.
pub(super) const PACKAGES: &[&str] = &["aside-wire", "aside-identity", "aside-session"];
/// Names of generated values, and the way back; no part of the protocol.
const LEFT_OUT: &str = "crates/wire/src/generated/*";
/// What their lists are called.
pub(super) const LIST: &str = "unproven.md";
/// What runs the vectors, written into the copy.
const PROGRAM: &str = include_str!("program.txt");
/// The module that has the number, written into the lowest crate of the copy.
const CHOSEN: &str = "
pub mod alternatives {
    use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
    pub static CHOSEN: AtomicU32 = AtomicU32::new(0);
    pub static REACHED: [AtomicBool; 4096] = [const { AtomicBool::new(false) }; 4096];
    pub fn chosen(function: usize) -> u32 {
        REACHED[function].store(true, Relaxed);
        CHOSEN.load(Relaxed)
    }
}
";
/// Builds until nothing is refused any more, at the most.
const ROUNDS: usize = 20;
/// How long all vectors may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// What the program says when a vector fails.
const FAILS: i32 = 10;

/// A change with its place, as cargo-mutants lists it.
#[derive(Debug, Clone, serde::Deserialize)]
struct Change {
    file: String,
    /// `FILE:LINE:COLUMN: CHANGE`; of a constant with its name, which cargo-mutants leaves out.
    name: String,
    /// Absent for constants.
    function: Option<Function>,
    span: Span,
    replacement: String,
}

#[derive(Debug, Clone, serde::Deserialize)]
struct Function {
    function_name: String,
    span: Span,
}

/// How the vectors did with a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// By a vector, a panic or no end.
    Noticed(String),
    Survived,
    Refused,
}

/// The task.
pub(super) fn run(packages: &[&str], only_listed: bool) -> Result<(), Failure> {
    let about = "the test vectors alone notice whatever is changed in the code";
    step::alone("mutants", about, || attempt(packages, only_listed))
}

/// The lists are well-formed, and every entry is a change that can be made.
pub(super) fn check() -> Result<Outcome, Failure> {
    prepare()?;
    compare(&entries(PACKAGES)?, &all(PACKAGES)?, &Report::default())
}

fn prepare() -> Result<(), Failure> {
    tools::need_version("mutants", "cargo-mutants", VERSION)?;
    tree::copy(&place())
}

fn attempt(packages: &[&str], only_listed: bool) -> Result<Outcome, Failure> {
    prepare()?;
    let (known, entries) = (all(packages)?, entries(packages)?);
    let is_tried = |change: &&Change| {
        !only_listed || Mutant::read(&change.name).is_some_and(|mutant| entries.contains(&mutant))
    };
    let changes: Vec<Change> = known.iter().filter(is_tried).cloned().collect();
    let verdicts = Copy::new(&changes)?.verdicts()?;
    let report = report(&changes, &verdicts);
    compare(&entries, &known, &report)
}

fn report(changes: &[Change], verdicts: &BTreeMap<usize, Verdict>) -> Report {
    let (mut report, mut refused) = (Report::default(), 0usize);
    for (index, change) in (0..).zip(changes) {
        let Some(mutant) = Mutant::read(&change.name) else { continue };
        let verdict = verdicts.get(&index).unwrap_or(&Verdict::Refused);
        if *verdict == Verdict::Survived {
            report.survived.push(mutant);
        } else {
            refused = refused.saturating_add(usize::from(*verdict == Verdict::Refused));
            report.noticed.push(mutant);
        }
    }
    println!(
        "   {} changes: {refused} refused by the compiler, {} noticed, {} survived",
        changes.len(),
        report.noticed.len().saturating_sub(refused),
        report.survived.len()
    );
    report
}

/// What the lists of these crates say.
fn entries(packages: &[&str]) -> Result<Vec<Mutant>, Failure> {
    let mut entries = Vec::new();
    for package in packages {
        entries.extend(survivors::grouped(&folder(package), LIST)?);
    }
    Ok(entries)
}

fn compare(entries: &[Mutant], changes: &[Change], report: &Report) -> Result<Outcome, Failure> {
    let known: Vec<_> = changes.iter().filter_map(|change| Mutant::read(&change.name)).collect();
    let wrong = survivors::compare(entries, &known, report);
    if wrong.is_empty() { Ok(Outcome::Done) } else { Err(wrong.join("\n").into()) }
}

/// Every change that can be made.
fn all(packages: &[&str]) -> Result<Vec<Change>, Failure> {
    let mut command = cargo(&["mutants", "--no-config", "--list", "--json", "--exclude", LEFT_OUT, "--dir"]);
    command.arg(place());
    for package in packages {
        command.args(["--package", package]);
    }
    let mut changes: Vec<Change> = serde_json::from_str(&capture(command)?)?;
    for change in changes.iter_mut().filter(|change| change.function.is_none()) {
        let source = fs::read_to_string(place().join(&change.file))?;
        if let Some(constant) = alternatives::constant(&source, change.span) {
            change.name.push_str(&format!(" in {constant}"));
        }
    }
    Ok(changes)
}

fn work() -> PathBuf {
    target_folder("unproven")
}

fn place() -> PathBuf {
    work().join("tree")
}

/// The copy of the workspace with its alternatives. The number of a change is its index and one.
struct Copy<'a> {
    changes: &'a [Change],
    /// The files as they were.
    sources: BTreeMap<&'a str, String>,
    written: BTreeMap<&'a str, Written>,
    refused: BTreeSet<usize>,
    /// Built one at a time.
    alone: BTreeSet<usize>,
}

impl<'a> Copy<'a> {
    fn new(changes: &'a [Change]) -> Result<Self, Failure> {
        let mut sources = BTreeMap::new();
        for change in changes {
            if !sources.contains_key(change.file.as_str()) {
                sources.insert(change.file.as_str(), fs::read_to_string(place().join(&change.file))?);
            }
        }
        let alone = (0..).zip(changes).filter(|(_, change)| change.function.is_none());
        let alone = alone.map(|(index, _)| index).collect();
        let library = place().join("crates/wire/src/lib.rs");
        fs::write(&library, fs::read_to_string(&library)? + CHOSEN)?;
        let examples = place().join("crates/conformance/examples");
        fs::create_dir_all(&examples)?;
        fs::write(examples.join("alternatives.rs"), PROGRAM)?;
        Ok(Self { changes, sources, written: BTreeMap::new(), refused: BTreeSet::new(), alone })
    }

    /// Tries all of them.
    fn verdicts(mut self) -> Result<BTreeMap<usize, Verdict>, Failure> {
        self.settle()?;
        let beside = (0..self.changes.len()).filter(|index| self.is_alternative(*index)).count();
        println!("   {beside} of {} in one build, {} one at a time", self.changes.len(), self.alone.len());
        self.build()?;
        let began = Instant::now();
        if let Verdict::Noticed(what) = run_vectors(&[], PATIENCE)? {
            return Err(format!("the vectors fail without a change: {what}").into());
        }
        let limit = began.elapsed().saturating_mul(4).saturating_add(Duration::from_secs(10));
        let mut verdicts = self.try_all(limit)?;
        self.note(&verdicts)?;
        let survived = verdicts.values().filter(|verdict| **verdict == Verdict::Survived).count();
        println!("   {survived} of them survived");
        for (index, change) in (0..).zip(self.changes).filter(|(index, _)| self.alone.contains(index)) {
            let verdict = self.build_one(index, limit)?;
            println!("   {}: {verdict:?}", change.name);
            verdicts.insert(index, verdict);
            self.note(&verdicts)?;
        }
        Ok(verdicts)
    }

    /// Writes for people what noticed each.
    fn note(&self, verdicts: &BTreeMap<usize, Verdict>) -> Result<(), Failure> {
        let line = |(index, verdict): (&usize, &Verdict)| {
            self.changes.get(*index).map(|change| format!("{}\t{verdict:?}\n", change.name))
        };
        let lines: String = verdicts.iter().filter_map(line).collect();
        Ok(fs::write(work().join("verdicts.txt"), lines)?)
    }

    fn is_alternative(&self, index: usize) -> bool {
        !self.refused.contains(&index) && !self.alone.contains(&index)
    }

    /// Writes the files with what is left.
    fn write(&mut self) -> Result<(), Failure> {
        for (&file, source) in &self.sources {
            let numbered = (0usize..).zip(self.changes).filter(|(_, change)| change.file == file);
            let alternatives: Vec<_> = numbered
                .filter(|(index, _)| self.is_alternative(*index))
                .filter_map(|(index, change)| {
                    Some(Alternative {
                        number: index.saturating_add(1),
                        function: change.function.as_ref()?.span,
                        span: change.span,
                        replacement: &change.replacement,
                    })
                })
                .collect();
            let owner = if file.starts_with("crates/wire/") { "crate" } else { "aside_wire" };
            let written =
                alternatives::write(source, &alternatives, &format!("{owner}::alternatives::chosen"));
            fs::write(place().join(file), &written.text)?;
            self.alone.extend(written.left_out.iter().map(|number| number.saturating_sub(1)));
            self.written.insert(file, written);
        }
        Ok(())
    }

    /// Leaves out what the compiler refuses, until it refuses nothing.
    fn settle(&mut self) -> Result<(), Failure> {
        for _ in 0..ROUNDS {
            self.write()?;
            let errors = errors(&["check"])?;
            if errors.is_empty() {
                return Ok(());
            }
            let before = (self.refused.len(), self.alone.len());
            for error in &errors {
                self.learn(error);
            }
            if before == (self.refused.len(), self.alone.len()) {
                let texts: Vec<_> = errors.into_iter().map(|error| error.rendered).collect();
                return Err(format!("the copy is refused, and for no change: {}", texts.concat()).into());
            }
        }
        Err(format!("the copy is refused after {ROUNDS} rounds").into())
    }

    /// What an error is about.
    fn learn(&mut self, error: &Refusal) {
        for (file, line) in &error.places {
            let written = self.written.iter().find(|(name, _)| file.ends_with(**name));
            if let Some(number) = written.and_then(|(_, written)| written.on(*line)) {
                self.refused.insert(number.saturating_sub(1));
            }
        }
        // A constant calls it: "cannot call non-const associated function `Held::all` in constants".
        if error.code == "E0015" {
            let called = error.rendered.split('`').nth(1).unwrap_or_default();
            let name = |path: &str| path.rsplit("::").next().unwrap_or_default().to_owned();
            let of = |change: &Change| {
                change.function.as_ref().is_some_and(|function| name(&function.function_name) == name(called))
            };
            let found = (0..).zip(self.changes).filter(|(_, change)| of(change));
            self.alone.extend(found.map(|(index, _)| index));
        }
    }

    fn build(&self) -> Result<(), Failure> {
        match errors(&["build"])?.first() {
            None => Ok(()),
            Some(error) => Err(error.rendered.clone().into()),
        }
    }

    /// Runs the vectors with each alternative.
    fn try_all(&self, limit: Duration) -> Result<BTreeMap<usize, Verdict>, Failure> {
        let left: Vec<usize> = (0..self.changes.len()).filter(|index| self.is_alternative(*index)).collect();
        let (left, verdicts) = (Mutex::new(left), Mutex::new(BTreeMap::new()));
        let wrong = Mutex::new(None);
        let work = || {
            while let Some(index) = lock(&left).pop() {
                match self.try_one(index, limit) {
                    Ok(verdict) => drop(lock(&verdicts).insert(index, verdict)),
                    Err(error) => *lock(&wrong) = Some(error.to_string()),
                }
            }
        };
        let workers = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
        match lock(&wrong).take() {
            Some(error) => Err(error.into()),
            None => Ok(core::mem::take(&mut *lock(&verdicts))),
        }
    }

    fn try_one(&self, index: usize, limit: Duration) -> Result<Verdict, Failure> {
        let number = index.saturating_add(1);
        let mut functions = self.written.values().flat_map(|written| &written.functions);
        let (_, function) = functions.find(|(one, _)| *one == number).ok_or("it stands in no function")?;
        run_vectors(&[&number.to_string(), &function.to_string()], limit)
    }

    /// Builds the copy with one change, and runs the vectors.
    fn build_one(&self, index: usize, limit: Duration) -> Result<Verdict, Failure> {
        let change = self.changes.get(index).ok_or("no such change")?;
        let source = self.sources.get(change.file.as_str()).ok_or("no such file")?;
        let file = place().join(&change.file);
        let before = fs::read_to_string(&file)?;
        fs::write(&file, alternatives::replace(source, change.span, &change.replacement))?;
        let errors = errors(&["build"])?;
        fs::write(&file, before)?;
        if errors.is_empty() { run_vectors(&["0", "all"], limit) } else { Ok(Verdict::Refused) }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs the vectors; with a number and a function, only those that come through that function.
fn run_vectors(choice: &[&str], limit: Duration) -> Result<Verdict, Failure> {
    let program = work().join("build/debug/examples/alternatives");
    // A mutant without end may also want memory without end.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v 4000000; exec \"$0\" \"$@\""]).arg(program);
    command.arg(work().join("reach.txt")).args(choice).env("RUST_BACKTRACE", "0");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let end = Instant::now() + limit;
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() > end => {
                child.kill()?;
                child.wait()?;
                return Ok(Verdict::Noticed("no end".into()));
            }
            None => thread::sleep(Duration::from_millis(20)),
        }
    };
    let said = child.stdout.take().map(std::io::read_to_string).transpose()?.unwrap_or_default();
    Ok(match status.code() {
        Some(0) => Verdict::Survived,
        Some(FAILS) => Verdict::Noticed(said.trim().chars().take(200).collect()),
        _ => Verdict::Noticed(format!("it ended ({status})")),
    })
}

/// An error of the compiler.
#[derive(Debug)]
struct Refusal {
    code: String,
    rendered: String,
    places: Vec<(String, usize)>,
}

/// Checks or builds the copy; what the compiler refuses.
fn errors(call: &[&str]) -> Result<Vec<Refusal>, Failure> {
    let mut command = cargo(call);
    command.current_dir(place()).args(["--quiet", "-p", "aside-conformance", "--example", "alternatives"]);
    command.args(["--message-format", "json"]).env("CARGO_TARGET_DIR", work().join("build"));
    command.env("RUSTFLAGS", "--cap-lints allow").env("CARGO_PROFILE_DEV_DEBUG", "0");
    for package in PACKAGES {
        command.args(["--config", &format!("profile.dev.package.{package}.opt-level=1")]);
    }
    let output = command.stderr(Stdio::piped()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let refusals: Vec<_> = text.lines().filter_map(refusal).collect();
    if refusals.is_empty() && !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(refusals)
}

fn refusal(line: &str) -> Option<Refusal> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    let message = value.get("message")?;
    if message.get("level")?.as_str()? != "error" {
        return None;
    }
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let code = message.pointer("/code/code").map(text).unwrap_or_default();
    let places = message.get("spans")?.as_array()?.iter().flat_map(places).collect();
    Some(Refusal { code, rendered: text(message.get("rendered")?), places })
}

/// A place and those of the macros around it.
fn places(span: &serde_json::Value) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut span = Some(span);
    while let Some(one) = span {
        let file = one.get("file_name").and_then(serde_json::Value::as_str);
        let line = one.get("line_start").and_then(serde_json::Value::as_u64);
        let line = line.and_then(|line| usize::try_from(line).ok());
        let primary = one.get("is_primary").and_then(serde_json::Value::as_bool).unwrap_or(true);
        found.extend(file.filter(|_| primary).map(str::to_owned).zip(line));
        span = one.pointer("/expansion/span").filter(|span| !span.is_null());
    }
    found
}
