use super::*;

#[test]
// RLY-42.
fn a_class_is_cut_to_what_the_operator_allows() {
    let days = |longest: &str, keep| {
        let passing = Passing::from(Passed(7));
        let keeping = Keeping::new(passing, longest.parse().unwrap());
        // What passes between the two looks is far less than a day.
        keeping.until(keep).0.saturating_sub(7) / DAY_MS
    };
    for (longest, expected) in [("30", [30, 7, 1]), ("365", [365, 7, 1]), ("3", [3, 3, 1]), ("1", [1, 1, 1])]
    {
        assert_eq!(
            [Keep::Longest, Keep::Week, Keep::Day].map(|keep| days(longest, keep)),
            expected,
            "{longest}"
        );
    }
}

#[test]
fn an_operator_allows_a_day_to_a_year() {
    assert_eq!(KeepDays::default().number(), 30);
    for wrong in ["0", "366", "-1", "1.5", "", "x", "99999999999"] {
        assert!(wrong.parse::<KeepDays>().is_err(), "{wrong}");
    }
}
