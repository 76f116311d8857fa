use super::*;

#[test]
fn colours_are_taken_off() {
    assert_eq!(
        plain("\u{1b}[32;1m     Summary\u{1b}[0m [ 0.1s] \u{1b}[1m3\u{1b}[0m tests"),
        "     Summary [ 0.1s] 3 tests"
    );
    assert_eq!(plain("nothing to do"), "nothing to do");
}

#[test]
fn a_failing_command_is_named() {
    let error = capture(cargo(&["no-such-command-of-cargo"])).unwrap_err().to_string();
    assert!(error.starts_with("`cargo no-such-command-of-cargo` failed"), "{error}");
}

#[test]
fn the_workspace_contains_this_crate() {
    assert!(members().unwrap().contains(&"xtask".to_owned()));
}
