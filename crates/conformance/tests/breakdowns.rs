//! Shims that break in every way: the runner says how, ends them, and goes on.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where something is wrong")]

use aside_conformance::{
    files::{self, Named},
    load,
    run::{Command, Exemptions, Finding, Pick, Plan, Score, Shim, Verdict, play, score_card},
};
use std::time::{Duration, Instant};

/// More than these need not be read.
const FILES: &[&str] = &[
    "primitives/hash.json",
    "primitives/aead.json",
    "primitives/x25519.json",
    "primitives/ml-kem.json",
    "session/limits.json",
    "content/attachments.json",
];
/// Long enough for a reply on a machine that has much to do.
const LONG: Duration = Duration::from_secs(20);
/// Long enough for a reply, and short enough to wait for none.
const SHORT: Duration = Duration::from_millis(1500);
/// The request of one vector of `primitives/hash.json`, and of no other.
const ONE: &str = "\"op\":\"commit\",";

fn start(command: &str, timeout: Duration) -> Result<Shim, String> {
    Shim::start(Command::parse(command).unwrap(), timeout).map_err(|error| error.to_string())
}

fn misbehaving(kind: &str, at: &str) -> String {
    format!("'{}' --misbehave {kind} --at '{at}'", env!("CARGO_BIN_EXE_aside-shim"))
}

fn score_with(command: &str, timeout: Duration, only: &str, exempt: &str, strict: bool) -> Score {
    let named = |name: &&'static str| Named { name, file: load::file(name).unwrap() };
    let files: Vec<_> = files::ALL.iter().filter(|name| FILES.contains(name)).map(named).collect();
    let pick = Pick { only: vec![only.to_owned()], levels: Vec::new() };
    let exemptions = Exemptions::parse(exempt).unwrap();
    let plan = Plan { files: &files, pick, exemptions, strict };
    play(&plan, &mut start(command, timeout).unwrap(), |_| {})
}

fn score(command: &str, timeout: Duration) -> Score {
    score_with(command, timeout, "primitives/hash.json", "[]", false)
}

/// The one vector that has a verdict other than pass.
fn only_one(score: &Score) -> &Finding {
    let others: Vec<_> = score.findings.iter().filter(|finding| finding.verdict != Verdict::Pass).collect();
    assert!(score.findings.len() > 20);
    let [one] = others.as_slice() else { panic!("{}", score_card(score)) };
    one
}

/// One vector breaks in this way, and all others pass.
fn breaks(kind: &str, verdict: Verdict, what: &str) {
    let score = score(&misbehaving(kind, ONE), if verdict == Verdict::Hang { SHORT } else { LONG });
    let finding = only_one(&score);
    assert_eq!(finding.verdict, verdict, "{finding:?}");
    assert!(finding.got.as_ref().unwrap().contains(what), "{finding:?}");
    assert!(!score.is_good());
}

// CNF-12
#[test]
fn silence_is_a_hang() {
    breaks("hang", Verdict::Hang, "no reply within 1.5 s");
}

// CNF-12
#[test]
fn a_shim_that_ends_is_a_crash_with_its_code_and_its_last_words() {
    breaks("exit", Verdict::Crash, "exit status: 3");
    let score = score(&misbehaving("exit", ONE), LONG);
    assert_eq!(only_one(&score).stderr, ["something is wrong"]);
    assert!(score_card(&score).contains("stderr    something is wrong"));
}

#[cfg(unix)]
#[test]
fn a_signal_is_a_crash_with_its_name() {
    breaks("abort", Verdict::Crash, "signal: 6 (SIGABRT)");
}

#[test]
fn an_end_within_a_line_is_a_crash_that_says_so() {
    breaks("half", Verdict::Crash, "within a line");
}

#[test]
fn standard_error_is_kept_within_bounds() {
    let score = score(&misbehaving("scream", ONE), LONG);
    let Finding { verdict, stderr, .. } = only_one(&score);
    assert_eq!((*verdict, stderr.len()), (Verdict::Crash, 12));
    assert!(stderr.iter().all(|line| line.len() <= 1000));
}

// CNF-6
#[test]
fn what_is_no_reply_is_garbage() {
    breaks("no-text", Verdict::Garbage, "no UTF-8");
    breaks("no-json", Verdict::Garbage, "Hello, who are you?");
    breaks("more-fields", Verdict::Garbage, "unknown field `more`");
    breaks("both", Verdict::Garbage, "exactly one");
    breaks("neither", Verdict::Garbage, "exactly one");
    breaks("other-id", Verdict::Garbage, "was asked");
}

// CNF-5, CNF-6
#[test]
fn a_second_reply_is_not_taken_for_the_next() {
    let score = score(&misbehaving("twice", ONE), LONG);
    let place = score.findings.iter().position(|finding| finding.op.is_some()).unwrap();
    assert_eq!(score.findings[place - 1].id, "commit-one-part");
    assert_eq!(only_one(&score).verdict, Verdict::Garbage);
}

// CNF-11
#[test]
fn a_line_without_an_end_is_garbage() {
    breaks("long-line", Verdict::Garbage, "longer than 64 MiB");
}

#[test]
fn slow_replies_in_pieces_are_replies() {
    assert!(score(&misbehaving("slow", ""), LONG).is_good());
}

/// A shim that writes for ever and reads nothing: neither waits for the other, and nothing piles up.
#[test]
fn a_flood_is_garbage_however_much_is_to_be_read() {
    let flood = misbehaving("flood", "aead.seal");
    let score = score_with(&flood, LONG, "primitives/aead.json", "[]", false);
    let broken: Vec<_> = score.failures().map(|finding| finding.verdict).collect();
    assert!(!broken.is_empty() && broken.iter().all(|verdict| *verdict == Verdict::Garbage), "{broken:?}");
    // A megabyte is asked while the shim writes and does not read.
    let all = score_with(&misbehaving("flood", ""), LONG, "attachment.seal", "[]", false);
    assert!(all.findings.len() > 3 && all.counts(None).of(Verdict::Garbage) > 0, "{}", score_card(&all));
}

// CNF-12
#[cfg(target_os = "linux")]
#[test]
fn what_a_shim_has_started_ends_with_it() {
    let score = score(&misbehaving("hang-with-child", ONE), SHORT);
    let child = &only_one(&score).stderr[0];
    let status = std::fs::read_to_string(format!("/proc/{child}/status")).unwrap_or_default();
    let state = status.lines().find(|line| line.starts_with("State:"));
    assert!(state.is_none_or(|state| state.contains('Z')), "{state:?}");
}

#[cfg(unix)]
#[test]
fn a_stream_that_is_closed_is_a_crash() {
    let hello = r#"echo "{\"id\":1,\"ok\":{\"name\":\"sh\",\"levels\":[\"wire\"]}}""#;
    for (script, what) in [
        (format!("read line; exec 0<&-; {hello}; sleep 60"), "it closed its input"),
        (format!("read line; {hello}; read line; exec 1>&-; sleep 60"), "it closed its output"),
    ] {
        let began = Instant::now();
        let score = score_with(&format!("sh -c '{script}'"), LONG, "commit-one-part", "[]", false);
        let [finding] = score.findings.as_slice() else { panic!("one is asked") };
        assert_eq!((finding.verdict, finding.got.as_deref().unwrap()), (Verdict::Crash, what));
        assert!(began.elapsed() < LONG, "nobody waits for the end of the time");
    }
}

// CNF-12
#[test]
fn three_hangs_in_a_row_end_the_run() {
    let score = score(&misbehaving("hang", ""), Duration::from_millis(200));
    let counts = score.counts(None);
    assert_eq!(counts.of(Verdict::Hang), 3, "{counts:?}");
    assert_eq!(counts.of(Verdict::NotRun), counts.all() - 3);
    assert!(score_card(&score).contains("given up: the shim broke down 3 times in a row"));
    assert!(!score.is_good());
}

#[test]
fn twenty_five_crashes_in_a_row_end_the_run() {
    let score = score_with(&misbehaving("exit", ""), LONG, "primitives/", "[]", false);
    let counts = score.counts(None);
    assert_eq!(counts.of(Verdict::Crash), 25, "{counts:?}");
    assert_eq!(counts.of(Verdict::NotRun), counts.all() - 25);
}

#[test]
fn a_shim_that_cannot_be_asked_is_no_score() {
    let why = |command: &str| start(command, Duration::from_millis(300)).unwrap_err();
    assert!(why("no-such-command --really").starts_with("`no-such-command --really` did not start: "));
    assert!(why("true").contains("did not answer `hello`: it ended (exit status: 0)"));
    assert!(why("sleep 60").contains("did not answer `hello`: no reply within 0.3 s"));
    assert!(why("cat").contains("did not answer `hello`: no reply"));
    assert!(why("sh -c 'echo oh >&2; exit 7'").ends_with("(exit status: 7)\n  oh"));
    let fault = why(r#"sh -c 'read a; echo "{\"id\":1,\"fault\":\"too new\"}"'"#);
    assert!(fault.contains("does not speak protocol 1: too new"), "{fault}");
    assert_eq!(Command::parse("a 'b"), Err("the quotes of the command do not match".to_owned()));
    assert_eq!(Command::parse(" "), Err("the command is empty".to_owned()));
}

#[test]
fn what_a_shim_says_of_itself_is_counted_as_it_says() {
    breaks("skip", Verdict::Skip, "skipped: commit");
    breaks("fault", Verdict::Fault, "fault: commit");
    breaks("refuse", Verdict::Fail, "refused with `policy`");
    breaks("more-out", Verdict::Fail, "`more` in what comes out");
    breaks("expression", Verdict::Fail, "is not plain hex");
}

// CNF-2
#[test]
fn who_draws_nothing_fails() {
    let score = score_with(&misbehaving("draw-nothing", ""), LONG, "primitives/ml-kem.json", "[]", false);
    let finding = only_failure(&score);
    assert_eq!((finding.id.as_str(), finding.got.as_deref()), ("kem-encapsulation", Some("drawn: nothing")));
}

fn only_failure(score: &Score) -> &Finding {
    let failures: Vec<_> = score.failures().collect();
    let [one] = failures.as_slice() else { panic!("{}", score_card(score)) };
    one
}

#[test]
fn another_word_is_a_weak_pass_unless_the_run_is_strict() {
    let command = misbehaving("other-word", "commit.verify");
    for strict in [false, true] {
        let score = score_with(&command, LONG, "primitives/hash.json", "[]", strict);
        let weak = score.counts(None).of(Verdict::Weak);
        assert!(weak > 3);
        assert_eq!((score.is_good(), score.failures().count()), (!strict, if strict { weak } else { 0 }));
        let card = score_card(&score);
        assert_eq!(card.contains("refused, with another word"), !strict);
        assert_eq!(card.contains("which is no word of the registry"), strict);
    }
}

// CNF-13
#[test]
fn exemptions_are_of_vectors_that_fail() {
    let reason = |id: &str| format!(r#"[{{ "id": "{id}", "reason": "A library cannot." }}]"#);
    let score =
        |id: &str| score_with(&misbehaving("exit", ONE), LONG, "primitives/hash.json", &reason(id), true);
    let exempt = score("commit-one-part");
    let finding = only_one(&exempt);
    assert!(exempt.is_good() && finding.verdict == Verdict::Exempt);
    assert_eq!(finding.exempt.as_deref(), Some("A library cannot."));
    let passing = score("hash-no-part");
    assert!(!passing.is_good());
    assert!(
        score_card(&passing).contains("`hash-no-part` is exempt, and passes"),
        "{}",
        score_card(&passing)
    );
    assert!(score_card(&score("nobody")).contains("`nobody` is exempt, and there is no such vector"));
    for (text, what) in [
        (r#"[{ "id": "a", "reason": " " }]"#, "without a reason"),
        (r#"[{ "id": "a" }]"#, "missing field `reason`"),
        (r#"[{ "id": "a", "reason": "b" }, { "id": "a", "reason": "b" }]"#, "twice"),
    ] {
        assert!(Exemptions::parse(text).unwrap_err().contains(what));
    }
}

// CNF-4
#[test]
fn a_state_that_differs_or_is_not_given_fails() {
    for (kind, at, what) in [
        ("other-state", "\"op\":\"decrypt\"", "state: 0000"),
        ("no-state", "\"op\":\"decrypt\"", "state: none given"),
        // A refusal that changes the state is none, whatever its word.
        ("other-state", "\"session\":\"bob\"", "state: 0000"),
    ] {
        let score = score_with(&misbehaving(kind, at), LONG, "decrypt", "[]", false);
        assert!(score.findings.len() > 3);
        for finding in &score.findings {
            assert_eq!(finding.verdict, Verdict::Fail, "{finding:?}");
            assert!(finding.got.as_ref().unwrap().starts_with(what), "{finding:?}");
        }
    }
}
