use super::*;

const CHAPTER: &str = "**AAA-1.** It MUST.\n\n**AAA-2.** It MUST.\n";

fn found(chapter: &str, code: &str, proto: &str) -> Vec<String> {
    with_vectors(chapter, code, proto, "")
}

fn with_vectors(chapter: &str, code: &str, proto: &str, vectors: &str) -> Vec<String> {
    let page = |path: &str, text: &str| Page { path: path.to_owned(), text: text.to_owned() };
    check(
        &[page("spec/a.md", chapter)],
        &[page("crates/a/src/lib.rs", code), page("crates/a/src/generated/b.rs", "// AAA-9\n")],
        &[page("proto/a.proto", proto), page("spec/a.md", chapter)],
        &[page("test-vectors/a.json", vectors)],
    )
}

#[test]
fn citations_of_what_is_there_are_accepted() {
    let code = "let x = 1; // AAA-1\n#[test]\nfn aaa_2_holds() {}\nlet y = \"AAA-7\";\n";
    assert!(found(CHAPTER, code, "").is_empty());
    assert!(found(CHAPTER, "/// Both (AAA-1 to AAA-2), SHA-256, BBB-7.\n", "").is_empty());
}

#[test]
fn a_citation_of_nothing_is_found_everywhere() {
    assert_eq!(
        found(
            &format!("{CHAPTER}\nSee AAA-7.\n"),
            "// AAA-1, AAA-2, AAA-8\nfn aaa_6_holds() {}\n",
            "// AAA-9\n"
        ),
        [
            "crates/a/src/lib.rs:1: AAA-8 is not defined",
            "crates/a/src/lib.rs:2: AAA-6 is not defined",
            "proto/a.proto:1: AAA-9 is not defined",
            "spec/a.md:5: AAA-7 is not defined",
        ]
    );
}

#[test]
fn the_reqs_of_vectors_have_to_exist() {
    let vectors = "\"comment\": \"AAA-9\",\n\"reqs\": [\"AAA-2\", \"BBB-1\"], \"id\": \"AAA-9\"\n";
    assert_eq!(with_vectors(CHAPTER, "", "", vectors), ["test-vectors/a.json:2: BBB-1 is not defined"]);
}
