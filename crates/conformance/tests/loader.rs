//! The loader refuses a malformed file by name and place.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use aside_conformance::{check, load, vector::Drawn};

/// A file with one vector, and a change in it.
fn complaint(from: &str, to: &str) -> String {
    let good = r#"{ "about": "An example.", "$schema": "../schema.json", "level": "wire", "chapter": "spec/primitives.md",
      "vectors": [{ "id": "an-id", "comment": "Why.", "reqs": ["PRM-2"], "op": "x25519.parse",
        "in": { "key": "09" }, "reject": "key" }] }"#;
    load::parse("example.json", good).unwrap();
    assert!(good.contains(from), "{from}");
    load::parse("example.json", &good.replace(from, to)).unwrap_err().to_string()
}

#[test]
fn the_file_and_the_vector_are_named() {
    assert_eq!(complaint("\"09\"", "\"9\""), "example.json: vector `an-id`: in.key: is not lower-case hex");
    assert_eq!(
        complaint("\"key\" }]", "\"no\" }]"),
        "example.json: vector `an-id`: `no` is no reject word of the registry"
    );
}

#[test]
fn what_is_missing_left_over_or_twice_is_refused() {
    for (from, to, part) in [
        ("\"in\": { \"key\": \"09\" }", "\"in\": {}", "in.key: is missing"),
        ("\"key\": \"09\"", "\"key\": \"09\", \"more\": 1", "in.more: is not called for"),
        ("\"key\": \"09\"", "\"key\": \"09\", \"key\": \"08\"", "stands twice"),
        (", \"reject\": \"key\"", "", "exactly one of"),
        ("\"reject\": \"key\"", "\"reject\": \"key\", \"out\": {}", "exactly one of"),
        ("\"reqs\": [\"PRM-2\"]", "\"reqs\": []", "proves no requirement"),
        ("PRM-2", "PRM2", "no requirement number"),
        ("x25519.parse", "x25519.pars", "no operation"),
        ("\"about\": \"An example.\",", "", "missing field `about`"),
        ("\"comment\"", "\"remark\"", "unknown field `remark`"),
        ("an-id", "An id", "not made of"),
        ("\"level\": \"wire\"", "\"level\": \"wires\"", "unknown variant"),
        ("\"09\"", "null", "invalid type"),
        ("\"09\"", "{ \"ref\": \"before.key\" }", "did not come out of an earlier step"),
        ("\"09\"", "{ \"repeat\": \"00\", \"times\": 99999999 }", "more than"),
        ("\"reject\"", "\"tape\": [{ \"draw\": \"salt\", \"bytes\": \"\" }], \"reject\"", "no bytes"),
        ("\"reject\"", "\"catches\": [\"nothing\"], \"reject\"", "no known mistake"),
    ] {
        let text = complaint(from, to);
        assert!(text.starts_with("example.json: ") && text.contains(part), "{from} → {to}: {text}");
    }
}

// CNF-3
#[test]
fn a_missing_an_empty_and_a_vectorless_file_are_errors() {
    assert!(load::file("no-such-file.json").unwrap_err().to_string().contains("cannot be read"));
    assert!(load::parse("empty.json", "").unwrap_err().to_string().contains("no vector file"));
    let none = r#"{ "about": "a", "$schema": "s", "level": "wire", "chapter": "c", "vectors": [] }"#;
    assert!(load::parse("none.json", none).unwrap_err().to_string().contains("has no vectors"));
}

// CNF-4
#[test]
fn a_script_may_not_say_that_a_refusal_changed_the_state() {
    let path = aside_conformance::files::folder().join("session/order.json");
    let text = std::fs::read_to_string(path).unwrap();
    let mut file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let steps =
        file["vectors"].as_array_mut().unwrap().iter_mut().flat_map(|v| v["steps"].as_array_mut().unwrap());
    let step = steps.into_iter().find(|step| step.get("reject").is_some()).unwrap();
    step["state"] = "none".into();
    let complaint = load::parse("order.json", &file.to_string()).unwrap_err().to_string();
    assert!(complaint.contains("a refusal changes the state"), "{complaint}");
}

// CNF-2
#[test]
fn a_tape_is_drawn_by_name_and_length_and_to_its_end() {
    let path = aside_conformance::files::folder().join("primitives/ml-kem.json");
    let text = std::fs::read_to_string(path).unwrap();
    let what = |edit: fn(&mut Vec<Drawn>)| {
        let mut file = load::parse("ml-kem.json", &text).unwrap();
        file.vectors.retain(|vector| !vector.tape.is_empty());
        file.vectors.iter_mut().for_each(|vector| edit(&mut vector.tape));
        check::run(&file, None).first().map(ToString::to_string)
    };
    assert_eq!(what(|_| {}), None);
    let other = "kem-encapsulation: `KEM message` of 32 bytes is drawn, and the tape has ";
    assert_eq!(what(Vec::clear), Some(format!("{other}nothing")));
    assert_eq!(what(|tape| tape[0].draw.push('s')), Some(format!("{other}`KEM messages` of 32")));
    assert_eq!(what(|tape| tape[0].bytes.push_str("00")), Some(format!("{other}`KEM message` of 33")));
    let left = "kem-encapsulation: `KEM message` is left on the tape";
    assert_eq!(what(|tape| tape.extend_from_within(..)), Some(left.to_owned()));
}
