use super::*;

fn mutant(change: &str) -> Mutant {
    Mutant { file: "crates/wire/src/strict.rs".into(), change: change.into() }
}

fn report(survived: &[&str], noticed: &[&str]) -> Report {
    let mutants = |changes: &[&str]| changes.iter().map(|change| mutant(change)).collect();
    Report { survived: mutants(survived), noticed: mutants(noticed), ..Report::default() }
}

#[test]
fn an_entry_is_a_file_a_change_and_a_reason() {
    let text = "# Survivors\n\nWhy.\n\n- `src/strict.rs`: `replace < with <= in decode`\n  Equal, because\n  of this.\n";
    assert_eq!(read("crates/wire", text), Ok(vec![mutant("replace < with <= in decode")]));
    for (text, error) in [
        ("- `src/strict.rs`: `a`\n", "line 1 has no reason below it"),
        ("- `src/strict.rs`: `a`\n\n  Because.\n", "line 1 has no reason below it"),
        ("- `src/strict.rs`: `a`\n- `src/strict.rs`: `b`\n  Because.\n", "line 1 has no reason below it"),
        ("\n- src/strict.rs: a\n  Because.\n", "line 2 is not: - `src/FILE`: `CHANGE`"),
    ] {
        assert_eq!(read("crates/wire", text), Err(error.into()));
    }
}

#[test]
fn a_group_is_a_heading_a_reason_and_entries() {
    let text = "# Unproven\n\nWhy.\n\n## One\n\nBecause.\n\n- `src/strict.rs`: `a`\n- `src/strict.rs`: `b`\n\n## Two\n\nAlso.\n\n- `src/strict.rs`: `c`\n";
    assert_eq!(read_groups("crates/wire", text), Ok(["a", "b", "c"].map(mutant).to_vec()));
    let without = "the group `One` has no reason, or no entry";
    for (text, error) in [
        ("\n## One\n\n- `src/strict.rs`: `a`\n", without),
        ("\n## One\n\nBecause.\n", without),
        (
            "\n## One\n\nBecause.\n\n- src/strict.rs: a\n",
            "this is not - `src/FILE`: `CHANGE`: - src/strict.rs: a",
        ),
    ] {
        assert_eq!(read_groups("crates/wire", text), Err(error.into()));
    }
    assert!(read_groups("crates/wire", "# Unproven\n\n- `src/strict.rs`: `a`\n").is_err());
}

#[test]
fn a_survivor_is_listed_and_what_is_listed_survives() {
    let known = [mutant("a"), mutant("b")];
    let survives = report(&["a"], &["b"]);
    assert_eq!(compare(&[mutant("a")], &known, &survives), [""; 0]);
    let path = "crates/wire/src/strict.rs";
    assert_eq!(
        compare(&[], &known, &survives),
        [format!("no test notices it, and it is not listed: {path}: a")]
    );
    assert_eq!(
        compare(&[mutant("a"), mutant("b")], &known, &survives),
        [format!("it is listed, and noticed now: {path}: b")]
    );
    assert_eq!(
        compare(&[mutant("a"), mutant("c")], &known, &survives),
        [format!("it is listed, and no such change can be made: {path}: c")]
    );
}

#[test]
fn an_entry_stands_while_it_is_not_tried() {
    let known = [mutant("a"), mutant("b")];
    assert_eq!(compare(&[mutant("a")], &known, &report(&[], &["b"])), [""; 0]);
    let timed_out = Report { timed_out: vec![mutant("a")], ..Report::default() };
    assert_eq!(compare(&[mutant("a")], &known, &timed_out), [""; 0]);
}

#[test]
fn equal_changes_are_counted() {
    let known = [mutant("a"), mutant("a")];
    assert_eq!(compare(&[mutant("a")], &known, &report(&["a"], &["a"])), [""; 0]);
    assert_eq!(compare(&[mutant("a")], &known, &report(&["a", "a"], &[])).len(), 1);
    assert_eq!(compare(&[mutant("a")], &known, &report(&[], &["a", "a"])).len(), 1);
    assert_eq!(compare(&[mutant("a"), mutant("a")], &known, &report(&["a"], &["a"])).len(), 1);
}
