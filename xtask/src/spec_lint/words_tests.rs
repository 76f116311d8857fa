use super::*;

const REGISTRY_MD: &str = "## Labels\n\n| l | u |\n|---|---|\n| `aside/1 a` | x |\n\n## Reject words\n\n| w | m |\n|---|---|\n| `mac` | x |\n\n## Refusal codes\n\n| c | n | m |\n|---|---|---|\n| 1 | `RATE` | x |\n";
const CHAPTER: &str = "| # | check | word |\n|---|---|---|\n| 1 | `x` | `mac`, `RATE` |\n\n| name | what |\n|---|---|\n| `y` | `z` |\n\nIt refuses, or they refuse with `mac`.\n\n    H(\"aside/1 a\"; x)   `aside/1 ` and a purpose\n    k ← draw(\"key\", 32)\n\n## Randomness drawn\n\nFirst `key` 32,\n`salt`\n8 more.\n";
const TAPE: &str = "\"tape\": [{ \"draw\": \"salt\", \"bytes\": \"0101010101010101\" }, {\n\"draw\": \"key\",\n\"bytes\": \"00000000000000000000000000000000000000000000000000000000000000aa\"\n}]";

fn found(chapter: &str, vectors: &str) -> Vec<String> {
    let page = |path: &str, text: &str| Page { path: path.to_owned(), text: text.to_owned() };
    check(&[page("spec/a.md", chapter), page(REGISTRY, REGISTRY_MD)], &[page("test-vectors/a.json", vectors)])
}

#[test]
fn what_the_registry_has_is_accepted() {
    assert!(found(CHAPTER, TAPE).is_empty());
}

#[test]
fn a_word_code_or_label_that_the_registry_lacks_is_found() {
    for (right, wrong, line) in [
        ("`mac`, `RATE`", "`mac`, `RAT`", "spec/a.md:3: `RAT` is not in spec/registry.md"),
        ("| `mac`,", "| `macs`,", "spec/a.md:3: `macs` is not in spec/registry.md"),
        ("refuse with `mac`", "refuse with `no`", "spec/a.md:9: `no` is not in spec/registry.md"),
        ("aside/1 a\"", "aside/1 b\"", "spec/a.md:11: `aside/1 b` is not in spec/registry.md"),
    ] {
        assert_eq!(found(&CHAPTER.replace(right, wrong), TAPE), [line]);
    }
    assert_eq!(check(&[], &[]), ["spec/registry.md is missing"]);
}

#[test]
fn draws_are_listed_with_their_length_where_they_are_made() {
    for (right, wrong) in [("`key` 32", "`key` 16"), ("`key` 32", "`kay` 32"), ("## Randomness", "## Chance")]
    {
        let found = found(&CHAPTER.replace(right, wrong), "");
        assert_eq!(found, ["spec/a.md:12: `key` 32 is not listed under \"Randomness drawn\""]);
    }
}

#[test]
fn draws_of_vectors_are_listed_in_a_chapter() {
    let lie = TAPE.replace("\"salt\"", "\"pepper\"");
    assert_eq!(
        found(CHAPTER, &format!("{lie}{lie}")),
        ["test-vectors/a.json: no chapter lists the draw `pepper` 8 under \"Randomness drawn\""]
    );
    assert_eq!(found(CHAPTER, &TAPE.replace("0101010101010101", "01")).len(), 1);
}
