use super::*;

#[test]
fn the_number_of_passed_tests_is_read() {
    let line =
        "test result: ok. 17 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out; finished in 45.54s";
    assert_eq!(count(line), Some(17));
    assert_eq!(count("running 17 tests"), None);
}

#[test]
fn what_is_left_out_is_an_option_of_the_test_runner() {
    let tests = Run { package: "aside-wire", only: &["w1", "w2"], except: &["w3"] };
    let command = command(&tests);
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
    assert!(arguments.ends_with(&["--".into(), "w1".into(), "w2".into(), "--skip".into(), "w3".into()]));
}
