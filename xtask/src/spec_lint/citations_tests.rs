use super::*;

const CHAPTER: &str = "**AAA-1.** It MUST.\n\n**AAA-2.** It MUST.\n";

fn found(chapter: &str, code: &str, proto: &str) -> Vec<String> {
    with_vectors(chapter, code, proto, "")
}

fn with_vectors(chapter: &str, code: &str, proto: &str, vectors: &str) -> Vec<String> {
    let page = |path: &str, text: &str| Page { path: path.to_owned(), text: text.to_owned() };
    check(
        &[page("spec/a.md", chapter)],
        &[page("crates/a/src/lib.rs", code), page("crates/a/src/generated/b.rs", "// AAA-1 to AAA-2\n")],
        &[page("proto/a.proto", proto)],
        &[page("test-vectors/a.json", vectors)],
    )
}

#[test]
fn comments_and_names_of_tests_cite() {
    let code = "let x = 1; // AAA-1\n#[test]\nfn aaa_2_holds() {}\n";
    assert!(found(CHAPTER, code, "").is_empty());
    assert!(found(CHAPTER, "/// Both (AAA-1 to AAA-2), SHA-256, BBB-7.\n", "").is_empty());
}

#[test]
fn code_and_strings_do_not_cite() {
    assert_eq!(
        found(CHAPTER, "let x = \"AAA-1\"; // AAA-2\n", ""),
        ["spec/a.md:1: AAA-1 is cited nowhere in crates/ or test-vectors/"]
    );
}

#[test]
fn neither_proto_nor_what_is_generated_from_it_proves() {
    assert_eq!(
        found(CHAPTER, "// AAA-2\n", "// AAA-1\n"),
        ["spec/a.md:1: AAA-1 is cited nowhere in crates/ or test-vectors/"]
    );
}

#[test]
fn a_citation_of_nothing_is_found_everywhere() {
    assert_eq!(
        found(&format!("{CHAPTER}\nSee AAA-7.\n"), "// AAA-1, AAA-2, AAA-8\n", "// AAA-9\n"),
        [
            "crates/a/src/lib.rs:1: AAA-8 is not defined",
            "proto/a.proto:1: AAA-9 is not defined",
            "spec/a.md:5: AAA-7 is not defined",
        ]
    );
}

#[test]
fn an_exemption_stands_in_for_a_citation_until_there_is_one() {
    let chapter = format!("{CHAPTER}\nUnproven: AAA-2 (nothing sends yet)\n");
    assert!(found(&chapter, "// AAA-1\n", "").is_empty());
    assert_eq!(
        found(&chapter, "// AAA-1, AAA-2\n", ""),
        ["spec/a.md:5: AAA-2 is cited, so it is not unproven"]
    );
}

#[test]
fn only_tests_count_as_tests() {
    let page = |path: &str, text: &str| Page { path: path.to_owned(), text: text.to_owned() };
    let requirements = requirements::all(&[page("spec/a.md", CHAPTER)]);
    let tested = |path: &str| in_tests(&requirements, &[page(path, "// AAA-1, AAA-9\n")], &[]);
    assert_eq!(
        [tested("crates/a/src/b.rs"), tested("crates/a/src/b_tests.rs"), tested("crates/a/tests/b.rs")],
        [0, 1, 1]
    );
}

#[test]
fn the_reqs_of_vectors_prove_and_have_to_exist() {
    let vectors = "\"comment\": \"AAA-1\",\n\"reqs\": [\"AAA-2\", \"BBB-1\"], \"id\": \"AAA-9\"\n";
    assert_eq!(
        with_vectors(CHAPTER, "", "", vectors),
        [
            "test-vectors/a.json:2: BBB-1 is not defined",
            "spec/a.md:1: AAA-1 is cited nowhere in crates/ or test-vectors/",
        ]
    );
    let over_lines = "\"reqs\": [\n\"AAA-1\",\n\"AAA-2\"\n]\n\"AAA-8\"\n";
    assert!(with_vectors(CHAPTER, "", "", over_lines).is_empty());
    let page = |path: &str, text: &str| Page { path: path.to_owned(), text: text.to_owned() };
    let requirements = requirements::all(&[page("spec/a.md", CHAPTER)]);
    assert_eq!(in_tests(&requirements, &[], &[page("test-vectors/a.json", over_lines)]), 2);
}
