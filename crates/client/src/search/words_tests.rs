use super::*;

fn of(text: &str) -> Vec<String> {
    words(text).into_iter().collect()
}

#[test]
fn words_compare_equal_however_they_are_written() {
    assert_eq!(of("Dinner, on FRIDAY?"), ["dinner", "friday", "on"]);
    assert_eq!(of("STRASSE straße"), ["strasse"]);
    assert_eq!(of("Ελλάς ΕΛΛΆΣ"), of("ελλάσ"));
    assert_eq!(of("cafe\u{301}"), of("CAFÉ"));
    assert_eq!(of("ﬁne １２３"), ["123", "fine"]);
    assert_eq!(of("can't @bob_b x.y"), ["bob_b", "can't", "x.y"]);
    assert_eq!(of("👍 — …"), [""; 0]);
}

#[test]
fn a_text_of_thousands_of_words_stays_cheap_and_a_long_word_is_found_by_its_beginning() {
    let text: String = (0..3_000).map(|n| format!("w{n} ")).collect();
    assert_eq!(of(&text).len(), WORDS);
    let long = "ö".repeat(16_000);
    assert_eq!(of(&long), ["ö".repeat(WORD_BYTES / 2)]);
    assert_eq!(Words::read(&long).beginning, Some("ö".repeat(WORD_BYTES / 2)));
}

#[test]
fn the_last_word_typed_is_a_beginning_until_something_follows_it() {
    let read = Words::read("Dinner on Fri");
    assert_eq!(read.whole.into_iter().collect::<Vec<_>>(), ["dinner", "on"]);
    assert_eq!(read.beginning.as_deref(), Some("fri"));
    let read = Words::read("Friday ");
    assert_eq!((read.whole.len(), read.beginning), (1, None));
    assert!(Words::read(" …").is_empty());
}
