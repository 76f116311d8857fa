use super::*;

fn found(line: &str) -> Vec<String> {
    numbers(line).iter().map(ToString::to_string).collect()
}

#[test]
fn numbers_stand_alone() {
    assert_eq!(found("// (SES-2, SES-13; threat P1)."), ["SES-2", "SES-13"]);
    assert_eq!(found("**IDN-1.** See [HSK-9](x)."), ["IDN-1", "HSK-9"]);
    assert!(found("ML-KEMX-768 XSES-2 SES-2a SES-n ses-2 A-SES-2 é-2 -2").is_empty());
}

#[test]
fn a_range_names_what_lies_between() {
    assert_eq!(found("IDN-4 to IDN-6"), ["IDN-4", "IDN-5", "IDN-6"]);
    assert_eq!(found("IDN-4 to HSK-6"), ["IDN-4", "HSK-6"]);
    assert_eq!(found("IDN-6 to IDN-4"), ["IDN-6", "IDN-4"]);
}
