use super::*;
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};
use aside_testkit::{Person, TestRng};

fn peer() -> AccountKey {
    Person::new(&mut TestRng::new(1)).certificate.account
}

const SAID: [Said; 7] =
    [Said::Open, Said::Accept, Said::Decline, Said::Close, Said::Message, Said::Revision, Said::Other];
const STATES: [ChatState; 4] =
    [ChatState::Opened, ChatState::Requested, ChatState::Accepted, ChatState::Ended];

/// The transition table of `spec/conversations.md`, cell by cell, as the code says it: state afterwards, what becomes
/// of the frame, and what is answered.
fn cell(received: Result<Received, Reject>, before: ChatState) -> String {
    let Ok(Received { chat, taken, answer, .. }) = received else { return "`policy`".into() };
    let mut words = Vec::new();
    match (before, chat.state()) {
        // A request that ends is deleted, and its id means nothing any more (CNV-18).
        (ChatState::Requested, ChatState::Ended) => words.push("none".to_owned()),
        (before, after) if before != after => words.push(format!("{after:?}")),
        _ => {}
    }
    match taken {
        Taken::Noted => {}
        Taken::Shown => words.push("shown".into()),
        Taken::Held => words.push("held".into()),
    }
    words.extend(answer.map(|_| "answered".to_owned()));
    if words.is_empty() { "–".into() } else { words.join(", ") }
}

// CNV-7: the spec and the code have one table.
#[test]
fn the_transition_table_is_that_of_the_spec() {
    let spec = include_str!("../../../spec/conversations.md");
    let peer = peer();
    let id = ChatId::new([7; 32]);
    let mut expected = Vec::new();
    for (name, opened_another) in [("none", false), ("none, another Opened", true)] {
        let cells = SAID.map(|said| cell(AnyChat::first(id, peer, said, opened_another), ChatState::Ended));
        expected.push(format!("| {name} | {} |", cells.join(" | ")));
    }
    for state in STATES {
        let cells = SAID.map(|said| cell(AnyChat::of(id, peer, state).receive(said), state));
        expected.push(format!("| {state:?} | {} |", cells.join(" | ")));
    }
    for row in expected {
        assert!(spec.lines().any(|line| line == row), "the spec lacks this row:\n{row}");
    }
}

// CNV-4: a requested chat says nothing by itself, and nothing makes an ended one speak.
#[test]
fn nothing_is_said_without_the_person() {
    let peer = peer();
    let id = ChatId::new([7; 32]);
    for said in SAID {
        for state in [ChatState::Requested, ChatState::Ended] {
            let received = AnyChat::of(id, peer, state).receive(said);
            assert!(received.is_err() || received.is_ok_and(|received| received.answer.is_none()));
        }
    }
    assert!(AnyChat::of(id, peer, ChatState::Requested).writable().is_none());
    assert!(AnyChat::of(id, peer, ChatState::Ended).writable().is_none());
}

#[test]
fn an_ended_chat_stays_ended() {
    let peer = peer();
    for said in SAID {
        if let Ok(received) = AnyChat::of(ChatId::new([7; 32]), peer, ChatState::Ended).receive(said) {
            assert_eq!(received.chat.state(), ChatState::Ended);
            assert_eq!(received.taken, Taken::Noted);
        }
    }
}
