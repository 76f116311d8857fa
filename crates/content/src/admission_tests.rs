use super::*;
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};

/// Every kind there is, and two of later versions.
fn kinds() -> impl Iterator<Item = Kind> {
    (1..=40).chain([1000]).map(Kind)
}

fn word(admission: Admission) -> &'static str {
    match admission {
        Admission::Shown => "shown",
        Admission::Held => "held",
        Admission::Acts => "acts",
        Admission::Refused => "–",
    }
}

/// The rows of the spec's table as the code says them: kinds that are treated alike stand together.
fn rows() -> Vec<String> {
    let mut rows = Vec::new();
    for (place, name) in Place::ALL.iter().zip(["thread", "chat", "transient", "group", "members"]) {
        let mut alike: BTreeMap<[&str; 5], Vec<String>> = BTreeMap::new();
        for kind in kinds() {
            let cells = [Sender::Own, Sender::Accepted, Sender::Requester, Sender::Member, Sender::Stranger]
                .map(|sender| word(admission(kind, *place, sender)));
            let number = if kind.is_known() { kind.0.to_string() } else { "other".into() };
            let row = alike.entry(cells).or_default();
            row.retain(|known| *known != number);
            row.push(number);
        }
        for (cells, kinds) in alike {
            if cells != ["–"; 5] {
                rows.push(format!("| {name} | {} | {} |", kinds.join(", "), cells.join(" | ")));
            }
        }
    }
    rows
}

// CNV-15: the spec and the code have one table (threats D4, H12, C9, G7).
#[test]
fn the_table_of_frames_and_senders_is_that_of_the_spec() {
    let spec = include_str!("../../../spec/conversations.md");
    let rows = rows();
    for row in &rows {
        assert!(
            spec.lines().any(|line| line == row),
            "the spec lacks this row; all of them:\n{}",
            rows.join("\n")
        );
    }
    let in_spec = spec
        .lines()
        .filter(|line| {
            ["thread", "chat", "transient", "group", "members"]
                .iter()
                .any(|name| line.starts_with(&format!("| {name} | ")) && line.split('|').count() == 9)
        })
        .count();
    assert_eq!(in_spec, rows.len(), "the spec has rows that the code does not have");
}

// D4: nothing that only own devices may say is taken from anybody else, and nothing of theirs before they exist.
#[test]
fn d4_nothing_is_taken_from_an_own_device_yet() {
    for kind in kinds() {
        for place in Place::ALL {
            assert_eq!(admission(kind, *place, Sender::Own), Admission::Refused);
        }
    }
}
