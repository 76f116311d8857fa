use super::*;

const CHAPTER: &str = "**AAA-1.** It.\n\n**AAA-2.** It.\n\n## Vectors\n\nWithout a vector: AAA-1, AAA-2.\n";

fn page(path: &str, text: &str) -> Page {
    Page { path: path.to_owned(), text: text.to_owned() }
}

fn found(chapter: &str, code: &str, unproven: &str, vectors: &str) -> Vec<String> {
    let table = format!("## Unproven\n\n| n | r |\n|---|---|\n{unproven}");
    check(
        &[page("spec/a.md", chapter), page(UNPROVEN, &table)],
        &[page("crates/a/src/lib.rs", code)],
        &[page("test-vectors/a/a.json", vectors)],
    )
}

const BOTH: &str = "#[test]\nfn aaa_1_holds() {}\n\n// AAA-2\n#[test]\nfn it_holds() {}\n";

#[test]
fn names_of_tests_and_comments_at_them_prove() {
    assert!(found(CHAPTER, BOTH, "", "").is_empty());
    for code in [
        "    /// AAA-1 to AAA-2, SHA-256.\n    #[tokio::test(flavor = \"current_thread\")]\n    async fn x() {}\n",
        "#[test]\n// AAA-1\n#[should_panic]\n// AAA-2\nfn x() {}\n",
        "crate::cases! {\n    x\n}\n\n// AAA-1, AAA-2.\nasync fn x(store: &dyn Store) {}\n",
        "#[test]\nfn aaa_1_aaa_2_hold() {}\n",
        "/// It cannot be (AAA-1, AAA-2):\n///\n/// ```compile_fail\n/// x\n/// ```\nstruct X;\n",
    ] {
        assert!(found(CHAPTER, code, "", "").is_empty(), "{code}");
    }
}

#[test]
fn a_mention_in_code_proves_nothing() {
    for code in [
        "// AAA-2\nfn it_holds() {}\n",
        "cases! {\n    x\n}\n// AAA-2\nfn it_holds() {}\n",
        "// AAA-2\n\n#[test]\nfn x() {}\n",
        "// AAA-2\nconst X: u8 = 1;\n#[test]\nfn x() {}\n",
        "#[test]\nfn x() {\n    // AAA-2\n}\n",
        "#[test]\nfn x_aaa_2() {}\n",
        "//! AAA-2\n\nfn aaa_2_helps() {}\n",
        "/// ```compile_fail\n/// x\n/// ```\n/// AAA-2\nstruct X;\n",
    ] {
        assert_eq!(
            found(CHAPTER, &format!("#[test]\nfn aaa_1_holds() {{}}\n{code}"), "", ""),
            [
                "spec/a.md:3: no vector has AAA-2 in its reqs, no test is named after it, and spec/unproven.md does not say why"
            ],
            "{code}"
        );
    }
}

#[test]
fn a_reason_stands_in_for_a_proof_until_there_is_one() {
    let reason = "| AAA-2 | what happens here cannot be seen |\n";
    let one = "#[test]\nfn aaa_1_holds() {}\n";
    assert!(found(CHAPTER, one, reason, "").is_empty());
    assert_eq!(
        found(CHAPTER, BOTH, reason, ""),
        ["spec/unproven.md: AAA-2 is proven, so it does not belong here"]
    );
    assert_eq!(found(CHAPTER, one, "| AAA-2 | later |\n", ""), ["spec/unproven.md: AAA-2 has no reason"]);
    assert_eq!(
        found(CHAPTER, BOTH, "| AAA-9 | what happens here cannot be seen |\n", ""),
        ["spec/unproven.md: AAA-9 is not defined"]
    );
}

#[test]
fn the_reqs_of_vectors_prove() {
    let both = CHAPTER.replace("\n\nWithout a vector: AAA-1, AAA-2.", "");
    for vectors in
        ["\"reqs\": [\"AAA-1\", \"AAA-2\"]\n", "\"reqs\": [\n\"AAA-1\",\n\"AAA-2\"\n]\n\"AAA-8\"\n"]
    {
        assert!(found(&both, "", "", vectors).is_empty());
    }
    let comment = "\"comment\": \"AAA-1\",\n\"reqs\": [\"AAA-2\"], \"id\": \"AAA-1\"\n";
    assert_eq!(found(&both, "", "", comment).len(), 2);
}

#[test]
fn a_chapter_lists_what_has_no_vector() {
    let vectors = "\"reqs\": [\"AAA-2\"]\n";
    assert_eq!(
        found(CHAPTER, BOTH, "", vectors),
        ["spec/a.md: the right line is \"Without a vector: AAA-1.\""]
    );
    let all = "\"reqs\": [\"AAA-1\", \"AAA-2\"]\n";
    assert_eq!(
        found(CHAPTER, BOTH, "", all),
        ["spec/a.md: the right line is \"Without a vector: (no such line).\""]
    );
    let none = CHAPTER.replace("Without", "With");
    assert_eq!(
        found(&none, BOTH, "", ""),
        ["spec/a.md: the right line is \"Without a vector: AAA-1, AAA-2.\""]
    );
}

#[test]
fn runs_of_numbers_are_named_by_their_ends() {
    let set =
        |counts: &[u32]| counts.iter().map(|count| Number { prefix: "AAA".into(), count: *count }).collect();
    assert_eq!(listed(&set(&[1, 3, 4, 6, 7, 8])), "AAA-1, AAA-3, AAA-4, AAA-6 to AAA-8");
}

#[test]
fn proofs_are_counted() {
    let chapters = [page("spec/a.md", CHAPTER)];
    let vectors = [page("test-vectors/a/a.json", "\"reqs\": [\"AAA-2\"]")];
    assert_eq!(count(&chapters, &[page("crates/a/src/lib.rs", BOTH)], &vectors), (1, 1));
}
