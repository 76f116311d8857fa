use super::*;

#[test]
fn hea_35_a_listener_logs_in_anew_after_an_hour() {
    let lasted = |minutes: u64| Duration::from_secs(60 * minutes);
    assert!(!is_worn(Goal::Forever, lasted(59)));
    assert!(is_worn(Goal::Forever, lasted(60)));
    for goal in [Goal::Flush, Goal::CatchUp] {
        assert!(!is_worn(goal, lasted(600)), "it ends by itself");
    }
}
