use super::*;

fn counts(passed: u64, failed: u64, skipped: u64) -> Option<Counts> {
    Some(Counts { passed, failed, skipped })
}

#[test]
fn nextest_summaries_are_read() {
    for (line, expected) in [
        ("     Summary [   0.123s] 12 tests run: 12 passed, 0 skipped", counts(12, 0, 0)),
        ("     Summary [   0.123s] 1 test run: 1 passed, 4 skipped", counts(1, 0, 4)),
        (
            "     Summary [   2.5s] 9 tests run: 8 passed (1 slow, 2 leaky), 1 failed, 3 skipped",
            counts(8, 1, 3),
        ),
        (
            "     Summary [   2.5s] 9/12 tests run: 5 passed, 2 failed (1 due to being leaky), 1 timed out, 1 exec failed, 0 skipped",
            counts(5, 4, 0),
        ),
        ("        PASS [   0.005s] xtask layers::tests::tests run: 3 passed", None),
        ("    Starting 12 tests across 3 binaries", None),
    ] {
        assert_eq!(Counts::of_nextest(line), expected, "{line}");
    }
}

#[test]
fn what_a_filter_leaves_out_is_not_skipped() {
    let line = "     Summary [   2.5s] 9 tests run: 8 passed, 1 failed, 3 skipped";
    assert_eq!(Counts::of_nextest_filtered(line), counts(8, 1, 0));
    assert_eq!(Counts::of_nextest_filtered("    Starting 12 tests across 3 binaries"), None);
}

#[test]
fn libtest_summaries_are_read() {
    for (line, expected) in [
        (
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s",
            counts(3, 0, 1),
        ),
        (
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s",
            counts(1, 2, 0),
        ),
        ("running 3 tests", None),
    ] {
        assert_eq!(Counts::of_libtest(line), expected, "{line}");
    }
}

#[test]
fn counts_add_up_and_print_as_a_summary() {
    let mut sum = Counts { passed: 1, failed: 2, skipped: 3 };
    sum += Counts { passed: 10, failed: 20, skipped: 30 };
    assert_eq!(sum.to_string(), "11 passed, 22 failed, 33 skipped");
}
