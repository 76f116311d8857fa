//! Stored states of every version that was ever written: they import, and go on where they were.
//!
//! A file per version, a line per state: its name, the state, its digest, and a message that it has yet to open. The file of the
//! version that is written now is made by `GOLDEN=write cargo test -p aside-session golden` and compared here; those before it are
//! never made again.
use crate::pair::{Pair, receive};
use aside_session::{Session, handshake_of};
use std::{fmt::Write as _, fs, path::PathBuf};

/// The version that is written now.
const CURRENT: &str = "v3";

fn path(version: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "golden", &format!("{version}.txt")].iter().collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect()
}

/// The states in which something differs in their layout.
fn states() -> String {
    let mut pair = Pair::new(70);
    let mut lines = String::new();
    let mut line = |name: &str, session: &Session, message: &[u8]| {
        let (state, digest) = (hex(&session.export()), hex(session.digest().as_bytes()));
        writeln!(lines, "{name} {state} {digest} {}", hex(message)).unwrap();
    };
    let mut alice = pair.initiate(true);
    let hello = pair.send(&mut alice, b"hello");
    assert!(handshake_of(&hello).unwrap().is_some());
    let (mut bob, _) = pair.respond(&hello, true).unwrap();
    let answer = pair.send(&mut bob, b"golden");
    line("initiator-unanswered", &alice, &answer);
    receive(&mut alice, &answer).unwrap();
    // Kept and dropped secrets, transient messages, an old chain.
    let late: Vec<_> = (0..3).map(|_| pair.send(&mut alice, b"golden")).collect();
    line("responder-waiting", &bob, &late[1]);
    receive(&mut bob, &late[2]).unwrap();
    let hint = pair.hint(&mut alice, b"typing").unwrap();
    crate::pair::notice(&mut bob, &hint).unwrap();
    line("responder-with-kept-secrets", &bob, &late[0]);
    let answer = pair.send(&mut bob, b"golden");
    line("initiator-offering", &alice, &answer);
    receive(&mut alice, &answer).unwrap();
    for _ in 0..40 {
        let message = pair.send(&mut alice, b"golden");
        receive(&mut bob, &message).unwrap();
    }
    for count in 0..34 {
        let answer = pair.send(&mut bob, b"golden");
        if count == 10 {
            line("initiator-collecting", &alice, &answer);
        }
        receive(&mut alice, &answer).unwrap();
    }
    let answer = pair.send(&mut bob, b"golden");
    line("initiator-adopting", &alice, &answer);
    let adopting = pair.send(&mut alice, b"golden");
    line("responder-answering", &bob, &adopting);
    receive(&mut bob, &adopting).unwrap();
    let answer = pair.send(&mut bob, b"golden");
    line("initiator-waiting", &alice, &answer);
    alice.retire();
    line("initiator-retired", &alice, &answer);
    lines
}

// SES-26
#[test]
fn golden_states_of_every_version_import_and_go_on() {
    for version in [CURRENT] {
        let lines = fs::read_to_string(path(version)).unwrap();
        assert_eq!(lines.lines().count(), 9);
        for line in lines.lines() {
            let [name, state, digest, message] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let mut session = Session::import(&bytes(state)).unwrap();
            assert_eq!(hex(session.digest().as_bytes()), digest, "{version} {name}");
            assert_eq!(receive(&mut session, &bytes(message)), Ok(b"golden".to_vec()), "{version} {name}");
            assert!(Session::import(&session.export()).is_ok());
        }
    }
}

#[test]
fn golden_states_of_this_version_are_fresh() {
    if std::env::var_os("GOLDEN").is_some() {
        fs::write(path(CURRENT), states()).unwrap();
    }
    assert!(fs::read_to_string(path(CURRENT)).unwrap() == states(), "GOLDEN=write writes them anew");
}
