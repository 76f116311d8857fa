use super::*;

const GUIDE_MD: &str = "```python\nprint()\n```\n\n## Stages\n\n### 1. A\n\nRead: x.\n\nOperations: `one`,\n`two`.\n\nFiles: `a/x.json`.\n\n### 2. B\n\nOperations: `three`.\n\nFiles: `a/y.json`,\n`a/z.json`.\n\n## Mistakes others have made\n\n| m | k | v |\n|---|---|---|\n| x | – | `v-1`, `v-2` |\n";

fn found(guide: &str) -> Vec<String> {
    let page = |path: &str, text: &str| Page { path: path.to_owned(), text: text.to_owned() };
    let vectors = [
        page("test-vectors/schema.json", ""),
        page("test-vectors/a/x.json", "\"id\": \"v-1\",\n\"op\": \"one\",\n\"op\": \"two\",\n"),
        page("test-vectors/a/y.json", "\"id\": \"v-2\",\n\"op\": \"one\",\n"),
        page("test-vectors/a/z.json", "\"op\": \"three\",\n"),
    ];
    check(&[page(GUIDE, guide)], &vectors, &[page(SHIM, "print()\n")])
}

#[test]
fn a_guide_that_is_right_has_no_finding() {
    assert!(found(GUIDE_MD).is_empty());
}

#[test]
fn every_file_is_in_one_stage() {
    assert_eq!(
        found(&GUIDE_MD.replace("`a/y.json`,\n", "")),
        ["spec/IMPLEMENTING.md: `a/y.json` is in no stage"]
    );
    assert_eq!(
        found(&GUIDE_MD.replace("`a/y.json`,", "`a/y.json`, `a/x.json`,")),
        ["spec/IMPLEMENTING.md, 2. B: `a/x.json` stands in two stages"]
    );
    assert_eq!(
        found(&GUIDE_MD.replace("`a/y.json`,", "`a/y.json`, `a/w.json`,")),
        ["spec/IMPLEMENTING.md, 2. B: there is no file `a/w.json`"]
    );
}

#[test]
fn a_stage_lists_the_operations_that_are_new() {
    assert_eq!(found(&GUIDE_MD.replace("`one`,\n", "")), ["spec/IMPLEMENTING.md, 1. A: `one` is missing"]);
    assert_eq!(
        found(&GUIDE_MD.replace("`three`", "`three`, `one`")),
        ["spec/IMPLEMENTING.md, 2. B: `one` is not new there"]
    );
}

#[test]
fn vectors_that_are_named_are_there() {
    assert_eq!(
        found(&GUIDE_MD.replace("`v-2`", "`v-3`")),
        ["spec/IMPLEMENTING.md: there is no vector `v-3`"]
    );
}

#[test]
fn the_shim_is_the_program() {
    assert_eq!(
        found(&GUIDE_MD.replace("print()", "print(1)")),
        ["spec/IMPLEMENTING.md: the shim is not interop/python/example_shim.py, word for word"]
    );
    assert_eq!(check(&[], &[], &[]), ["spec/IMPLEMENTING.md is missing"]);
}
