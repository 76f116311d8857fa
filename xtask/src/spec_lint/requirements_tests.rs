use super::*;

fn found(chapters: &[&str]) -> Vec<String> {
    let pages: Vec<Page> = ["spec/a.md", "spec/b.md"]
        .iter()
        .zip(chapters)
        .map(|(path, text)| Page { path: (*path).to_owned(), text: (*text).to_owned() })
        .collect();
    check(&pages)
}

#[test]
fn a_sound_chapter_has_no_finding() {
    let text = "# A\n\n**AAA-1.** The sender MUST stop,\nbecause it is so.\n\n**AAA-2.** It MUST NOT go on.\n\n`MUST`\n\n\
                Unproven: AAA-2 (nothing sends yet)\n";
    assert!(found(&[text]).is_empty());
}

#[test]
fn a_number_is_defined_once() {
    assert_eq!(
        found(&["**AAA-1.** It MUST.\n\n**AAA-1.** It MUST.\n"]),
        ["spec/a.md:3: AAA-1 is defined at spec/a.md:1 already"]
    );
}

#[test]
fn a_numbered_paragraph_says_must_once() {
    let text = "**AAA-1.** It may.\n\n**AAA-2.** It MUST,\nand it MUST.\n\n**AAA-3.** `MUST`.\n";
    assert_eq!(
        found(&[text]),
        [
            "spec/a.md:1: AAA-1 says MUST 0 times; once is right",
            "spec/a.md:3: AAA-2 says MUST 2 times; once is right",
            "spec/a.md:6: AAA-3 says MUST 0 times; once is right",
        ]
    );
}

#[test]
fn a_must_has_a_number() {
    let text = "**AAA-1.** It MUST.\n\nThis MUST too.\n\n> **AAA-2.** So MUST this.\n";
    assert_eq!(
        found(&[text]),
        [
            "spec/a.md:3: a MUST outside a numbered paragraph",
            "spec/a.md:5: a MUST outside a numbered paragraph"
        ]
    );
}

#[test]
fn an_exemption_has_a_reason_and_a_requirement() {
    assert_eq!(
        found(&["**AAA-1.** It MUST.\n\nUnproven: AAA-1\nUnproven: AAA-9 (not written yet)\n"]),
        ["spec/a.md:3: AAA-1 is unproven without a reason", "spec/a.md:4: AAA-9 is not defined"]
    );
}
