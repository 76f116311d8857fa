//! The ledger of what a relay sees: it has everything that the schema lets a client send, and tells who shows more.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use aside_conformance::leakage::{Kind, Ledger, Place, Row, Varies};

const RELAY: &str = include_str!("../../../proto/aside/v1/relay.proto");

/// Name and type of each field of a message of `relay.proto`.
fn fields(message: &str) -> Vec<(&'static str, &'static str)> {
    let (_, rest) = RELAY.split_once(&format!("\nmessage {message} {{")).unwrap();
    let body = rest.split('}').next().unwrap();
    let field = |line: &'static str| {
        let words: Vec<_> = line.trim().split(" = ").next()?.split(' ').collect();
        let [.., kind, name] = words.as_slice() else { return None };
        (line.contains(" = ") && !line.contains("//")).then_some((*name, *kind))
    };
    body.lines().filter_map(field).collect()
}

/// Every path under a name, as far as it consists of messages.
fn paths(name: &str, message: &str, paths_of: &mut Vec<String>) {
    for (field, kind) in fields(message) {
        let path = format!("{name}.{field}");
        if RELAY.contains(&format!("\nmessage {kind} {{")) {
            paths(&path, kind, paths_of);
        } else {
            paths_of.push(path);
        }
    }
}

// LEA-1
#[test]
fn lea_1_every_field_that_a_client_can_send_occurs_in_the_transcripts() {
    let ledger = Ledger::load().unwrap();
    let mut wanted = Vec::new();
    for (name, message) in fields("Request").into_iter().filter(|(name, _)| *name != "id") {
        paths(name, message, &mut wanted);
    }
    assert!(wanted.len() > 40, "{wanted:?}");
    // What holds something else is looked into.
    let there = |path: &str| {
        ledger.fields.iter().any(|row| row.path == path || row.path.starts_with(&format!("{path}.")))
    };
    let missing: Vec<_> = wanted.iter().filter(|path| !there(path)).collect();
    assert!(missing.is_empty(), "not in the ledger: {missing:?}");
}

fn row() -> Row {
    Row {
        path: "send.keep".into(),
        tells: "choice".into(),
        lengths: vec![],
        values: vec!["KEEP_DAY".into()],
        varies: Varies::Constant,
        why: "mail that has gone is not kept".into(),
        clause: "LEA-2".into(),
    }
}

fn ledger() -> Ledger {
    let kind = |kind, name: &str, also: &[&str]| Kind {
        kind,
        name: name.into(),
        also: also.iter().map(|line| (*line).to_owned()).collect(),
    };
    let payload = Row {
        path: "send.payload".into(),
        tells: "sealed".into(),
        lengths: vec![512],
        values: vec![],
        varies: Varies::Fresh,
        ..row()
    };
    Ledger {
        about: "An example.".into(),
        chapter: "spec/leakage.md".into(),
        fields: vec![row(), payload],
        places: vec![Place {
            place: "chat".into(),
            always: vec!["send.keep choice KEEP_DAY".into()],
            kinds: vec![kind(1, "Text", &["send.payload sealed 512"]), kind(11, "Reaction", &[])],
        }],
    }
}

fn changed(edit: impl FnOnce(&mut Ledger)) -> Vec<String> {
    let mut more = ledger();
    edit(&mut more);
    // Whoever shows less has nothing to ask for.
    assert!(ledger().beyond(&ledger()).is_empty());
    more.beyond(&ledger())
}

/// A change, and what is told of it.
type Case = (fn(&mut Ledger), &'static str);

// LEA-1
#[test]
fn lea_1_who_shows_a_relay_more_is_told_what() {
    let news = |edit: fn(&mut Ledger)| changed(edit).join("; ");
    let cases: [Case; 7] = [
        (|l| l.fields.push(Row { path: "send.kind".into(), ..row() }), "`send.kind`, a field that is new"),
        (|l| l.fields[1].lengths.push(600), "`send.payload` with 600 bytes"),
        (|l| l.fields[0].values.push("KEEP_WEEK".into()), "`send.keep` with the value KEEP_WEEK"),
        (|l| l.fields[1].tells = "clear".into(), "`send.payload` is clear, and was sealed"),
        (
            |l| l.fields[0].varies = Varies::Linkable,
            "`send.keep` is the same in some requests and another one in others, and was the same in all requests",
        ),
        (
            |l| l.fields[1].varies = Varies::Linkable,
            "`send.payload` is the same in some requests and another one in others, and was another one in each request",
        ),
        (
            |l| l.places[0].kinds[1].also.push("send.payload sealed 512".into()),
            "chat: kind 11, Reaction: `send.payload sealed 512`",
        ),
    ];
    for (edit, told) in cases {
        assert_eq!(news(edit), told);
    }
}

#[test]
fn a_kind_that_is_new_may_look_like_the_others_and_no_other_way() {
    let with = |also: &str| {
        let kind = Kind { kind: 12, name: "Edit".into(), also: vec![also.into()] };
        changed(|ledger| ledger.places[0].kinds.push(kind))
    };
    assert!(with("send.payload sealed 512").is_empty());
    assert_eq!(with("send.payload sealed 1024"), ["chat: kind 12, Edit: `send.payload sealed 1024`"]);
}

#[test]
fn whoever_shows_less_is_not_held_up() {
    let mut less = ledger();
    less.fields.pop();
    less.places[0].kinds.pop();
    assert!(less.beyond(&ledger()).is_empty());
    assert_eq!(ledger().beyond(&less), ["`send.payload`, a field that is new"]);
    // Without a ledger everything is more.
    assert_eq!(ledger().beyond(&Ledger::empty()).len(), 5);
}

// LEA-1
#[test]
fn lea_1_more_is_written_only_if_somebody_asks_for_it_and_less_at_once() {
    let mut more = ledger();
    more.fields[1].lengths.push(600);
    let refused = more.in_place_of(&ledger(), false).unwrap_err();
    assert!(refused.contains("a relay would see more:\n  `send.payload` with 600 bytes\n"), "{refused}");
    assert!(refused.contains("--shows-more"), "{refused}");
    let told = |told: Result<Vec<String>, String>| told.unwrap().join("\n");
    assert_eq!(told(more.in_place_of(&ledger(), true)), "a relay sees more: `send.payload` with 600 bytes");
    assert_eq!(told(ledger().in_place_of(&more, false)), "a relay sees less: `send.payload` with 600 bytes");
    assert_eq!(told(ledger().in_place_of(&ledger(), false)), "");
}

#[test]
fn a_ledger_has_no_fields_that_nobody_reads() {
    let text = ledger().print().unwrap();
    assert_eq!(Ledger::parse(&text).unwrap(), ledger());
    let more = text.replacen("\"about\"", "\"shows\": \"more\", \"about\"", 1);
    assert!(Ledger::parse(&more).unwrap_err().contains("unknown field `shows`"));
}
