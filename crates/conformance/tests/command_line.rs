//! The program as people call it: exit codes, reports, lists.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

const SHIM: &str = env!("CARGO_BIN_EXE_aside-shim");

fn call(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_aside-conformance")).args(arguments).output().unwrap()
}

/// What a run of `x25519` against this shim says, and its exit code.
fn run(shim: &str, more: &[&str]) -> (String, Option<i32>) {
    let output = call(&[&["run", "--impl", shim, "--only", "primitives/x25519"], more].concat());
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).unwrap(), output.status.code())
}

/// A shim in one line that claims these levels and files, and implements nothing.
fn claiming(levels: &str, files: &str) -> String {
    let hello =
        format!(r#"{{\"id\":1,\"ok\":{{\"name\":\"sh\",\"levels\":[{levels}],\"files\":[{files}]}}}}"#);
    let skip = r#"id=2; while read line; do echo "{\"id\":$id,\"skip\":\"all\"}"; id=$((id + 1)); done"#;
    format!("sh -c 'read line; echo \"{hello}\"; {skip}'")
}

fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn exit_codes_say_what_came_of_it() {
    assert_eq!(run(SHIM, &[]).1, Some(0));
    assert_eq!(run(&format!("'{SHIM}' --bug accept-low-order"), &[]).1, Some(1));
    for (arguments, what) in [
        (vec!["run", "--impl", "no-such-command"], "`no-such-command` did not start"),
        (vec!["run", "--impl", SHIM, "--only", "no-such-vector"], "no vector is picked"),
        (vec!["run", "--impl", SHIM, "--vectors", "no-such-folder"], "primitives/hash.json: cannot be read"),
        (vec!["run", "--impl", SHIM, "--exempt", "no-such-file"], "no-such-file: "),
        (vec!["run", "--impl", SHIM, "--level", "wires"], "the levels are wire, session"),
        (vec!["run", "--impl", SHIM, "--timeout", "0"], "a time above 0"),
        (vec!["run", "--impl", SHIM, "--only", ""], "a value is required for '--only <TEXT>'"),
        (vec!["run", "--impl", SHIM, "--against", SHIM, "--conversations", "0"], "0 is not in 1.."),
        (vec!["run", "--impl", SHIM, "--against", SHIM, "--strict"], "cannot be used with '--strict'"),
        (vec!["run", "--impl", SHIM, "--seed", "1"], "--against <COMMAND>"),
        (vec!["show", "no-such-vector"], "there is no vector `no-such-vector`"),
    ] {
        let output = call(&arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && error.contains(what), "{arguments:?}: {error}");
    }
}

#[test]
fn a_failure_shows_all_that_somebody_needs_to_mend_it() {
    let (card, _) = run(&format!("'{SHIM}' --bug accept-low-order"), &[]);
    for part in [
        "primitives/x25519.json: 16 failures",
        "  fail: x25519-long-lived-key-small-order-1 (x25519.parse_long_lived)",
        "expected  refused with `key`",
        "got       accepted: {}",
        "why       ",
        "proves    PRM-3",
        "  and: x25519-",
        "18 of 34 vectors pass; 16 failures",
    ] {
        assert!(card.contains(part), "{part}\n{card}");
    }
}

#[test]
fn reports_for_programs_have_everything() {
    let (json, junit) = (scratch("score.json"), scratch("score.xml"));
    let (json, junit) = (json.to_str().unwrap(), junit.to_str().unwrap());
    run(&format!("'{SHIM}' --bug accept-low-order"), &["--json", json, "--junit", junit]);
    let score: serde_json::Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    assert_eq!((&score["implementation"], &score["good"]), (&"aside-rust".into(), &false.into()));
    let wire = &score["levels"]["wire"];
    assert_eq!((&wire["vectors"], &wire["verdicts"]["fail"]), (&34.into(), &16.into()));
    let vectors = score["vectors"].as_array().unwrap();
    let failing = vectors.iter().find(|vector| vector["verdict"] == "fail").unwrap();
    assert_eq!(
        (&failing["expected"], &failing["op"]),
        (&"refused with `key`".into(), &"x25519.parse_long_lived".into())
    );
    let xml = fs::read_to_string(junit).unwrap();
    assert!(xml.contains(r#"<testsuite name="primitives/x25519.json" tests="34""#), "{xml}");
    assert!(xml.contains(r#"failures="16""#) && xml.contains(r#"type="fail""#), "{xml}");
}

#[test]
fn a_report_that_cannot_be_written_costs_no_score() {
    let path = scratch("no-such-folder").join("score.json");
    let path = path.to_str().unwrap();
    for report in ["--json", "--junit"] {
        let (card, code) = run(SHIM, &[report, path]);
        assert!(code == Some(2) && card.contains("34 of 34 vectors pass"), "{card}");
        assert!(card.contains("score.json cannot be written: "), "{card}");
    }
}

// CNF-1, CNF-3
#[cfg(unix)]
#[test]
fn what_is_claimed_is_asked_and_nothing_is_no_success() {
    let (nothing, code) = run(&claiming("", ""), &[]);
    assert!(code == Some(1) && nothing.contains("nothing was asked"), "{nothing}");
    // A level stands on those below it.
    let (content, code) = run(&claiming(r#"\"content\""#, ""), &[]);
    assert!(code == Some(1) && content.contains("34 failures"), "{content}");
    let (files, _) = run(&claiming("", r#"\"primitives/x25519.json\""#), &[]);
    assert!(files.contains("skip: x25519-") && files.contains("34 failures"), "{files}");
    let (unknown, code) = run(&claiming(r#"\"wires\""#, r#"\"primitives/x448.json\""#), &[]);
    assert!(code == Some(1) && unknown.contains("`wires` is claimed, and is no level or file"), "{unknown}");
    assert!(unknown.contains("`primitives/x448.json` is claimed"), "{unknown}");
    let (more, code) = run(&claiming("", r#"\"primitives/x25519.json\",\"primitives/x448.json\""#), &[]);
    assert!(code == Some(1) && more.contains("0 of 34 vectors pass; 34 failures, 1 wrong claim"), "{more}");
}

// CNF-7
#[test]
fn one_vector_is_shown_as_it_is_and_as_the_lines_of_a_shim() {
    let shown = String::from_utf8(call(&["show", "message-twice"]).stdout).unwrap();
    assert!(shown.starts_with("session/order.json, level session, spec/session.md\n"), "{shown}");
    let lines = call(&["show", "message-twice", "--lines"]).stdout;
    let text = String::from_utf8(lines.clone()).unwrap();
    assert!(text.starts_with("{\"id\":1,\"do\":\"hello\"") && !text.contains("\"ref\""), "{text}");
    // They are what a shim reads: each gets its reply, and the last but two refuses.
    let mut shim = Command::new(SHIM).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    shim.stdin.take().unwrap().write_all(&lines).unwrap();
    let replies = String::from_utf8(shim.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(replies.lines().count(), text.lines().count());
    assert!(replies.contains("\"reject\":\"replay\"") && !replies.contains("fault"), "{replies}");
}

#[test]
fn lists_say_what_there_is() {
    let text = |arguments: &[&str]| String::from_utf8(call(arguments).stdout).unwrap();
    let list = text(&["list", "--only", "primitives/x25519", "--only", "unpad"]);
    assert_eq!(list.lines().filter(|line| line.starts_with("wire ")).count(), 34);
    assert!(list.lines().any(|line| line.starts_with("content ") && line.contains(" refuses ")), "{list}");
    let ops = text(&["list", "--level", "wire", "--ops"]);
    assert!(
        ops.lines().any(|line| line.starts_with("x25519.parse ")) && !ops.contains("\ndecrypt "),
        "{ops}"
    );
}

#[test]
fn two_that_talk_say_how_to_repeat_it() {
    let call = |other: &str| {
        let output =
            call(&["run", "--impl", SHIM, "--against", other, "--conversations", "12", "--seed", "3"]);
        (String::from_utf8(output.stdout).unwrap(), output.status.code())
    };
    let (good, code) = call(SHIM);
    assert!(code == Some(0) && good.contains("12 conversations (") && good.contains("no failure"), "{good}");
    let (bad, code) = call(&format!("'{SHIM}' --bug accept-replay"));
    assert!(code == Some(1) && bad.contains("the first again: --seed 3 --from "), "{bad}");
}
