use super::*;

const NOTATION_MD: &str = "## Actors\n\n| a | w |\n|---|---|\n| sender, receiver | x |\n| sides | y |\n";

fn found(chapters: &[&str]) -> Vec<String> {
    let page = |path: &str, text: &str| Page { path: path.to_owned(), text: text.to_owned() };
    let texts = ["spec/a.md", "spec/b.md"].iter().zip(chapters).map(|(path, text)| page(path, text));
    check(&texts.chain([page(NOTATION, NOTATION_MD)]).collect::<Vec<_>>())
}

#[test]
fn a_sound_chapter_has_no_finding() {
    let text = "# A\n\n**AAA-1.** The sender MUST stop,\nbecause it is so.\n\n**AAA-2.** If it went, and only then, both \
                sides MUST NOT go on, because\nit is so. There is no more.\n\n`MUST`\n";
    assert!(found(&[text]).is_empty());
}

#[test]
fn a_number_is_defined_once() {
    let twice = "**AAA-1.** The sender MUST, because.\n\n**AAA-1.** The sender MUST, because.\n";
    assert_eq!(found(&[twice]), ["spec/a.md:3: AAA-1 is defined at spec/a.md:1 already"]);
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
    let text = "**AAA-1.** The sender MUST, because.\n\nThis MUST too.\n\n> **AAA-2.** So MUST this.\n";
    assert_eq!(
        found(&[text]),
        [
            "spec/a.md:3: a MUST outside a numbered paragraph",
            "spec/a.md:5: a MUST outside a numbered paragraph"
        ]
    );
}

#[test]
fn a_requirement_binds_an_actor() {
    let text = "**AAA-1.** The sender waits. A label MUST be short, because it is.\n\n**AAA-2.** If the sender can, it\n\
                MUST wait, because it can.\n";
    assert_eq!(
        found(&[text]),
        [
            "spec/a.md:1: AAA-1 binds \"A label\", and that is no actor",
            "spec/a.md:3: AAA-2 binds \"it\", and that is no actor"
        ]
    );
    assert_eq!(check(&[]), ["spec/notation.md: there is no table \"Actors\""]);
}

#[test]
fn a_requirement_has_its_reason_in_the_same_sentence() {
    let text = "**AAA-1.** The sender MUST wait. That is so because it is.\n\n**AAA-2.** (Because it is.) The sender MUST \
                wait.\n\n**AAA-3.** The sender (because it can) MUST wait.\n";
    assert_eq!(
        found(&[text]),
        [
            "spec/a.md:1: AAA-1 has no \"because\" in its sentence",
            "spec/a.md:3: AAA-2 has no \"because\" in its sentence"
        ]
    );
}
