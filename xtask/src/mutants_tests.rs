use super::*;

#[test]
fn a_mutant_is_read_with_and_without_its_line() {
    let expected = Mutant { file: "crates/wire/src/a.rs".into(), change: "replace f -> A::B with ()".into() };
    for line in [
        "crates/wire/src/a.rs:12:5: replace f -> A::B with ()",
        "crates/wire/src/a.rs: replace f -> A::B with ()",
    ] {
        assert_eq!(Mutant::read(line), Some(expected.clone()));
    }
    assert_eq!(Mutant::read(""), None);
}

#[test]
fn a_part_is_one_of_several() {
    assert_eq!(part("0/1").unwrap(), (0, 1));
    assert_eq!(part("3/4").unwrap(), (3, 4));
    for wrong in ["", "4/4", "1", "a/2", "1/0", "-1/2"] {
        assert!(part(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn every_package_has_its_folder_and_list() {
    for package in PACKAGES {
        survivors::of(&folder(package)).unwrap();
    }
    for package in vectors::PACKAGES {
        survivors::grouped(&folder(package), vectors::LIST).unwrap();
    }
}
