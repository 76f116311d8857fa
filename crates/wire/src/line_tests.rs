use super::is_line;
use alloc::format;

// CON-18, GRP-10
#[test]
fn con_18_a_line_neither_breaks_nor_turns() {
    for text in ["", "Friends", "Zoë ÷ 李", "👩‍👩‍👧", "שלום", "a\u{200D}b"] {
        assert!(is_line(text), "{text:?}");
    }
    let turning =
        "\u{061C}\u{200E}\u{200F}\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}\u{2066}\u{2067}\u{2068}\u{2069}";
    for c in turning.chars().chain("\0\t\n\r\u{1B}\u{7F}\u{85}\u{9F}".chars()) {
        assert!(!is_line(&format!("a{c}b")), "{c:?}");
    }
}
