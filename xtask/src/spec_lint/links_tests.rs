use super::*;

fn found(files: &[(&str, &str)]) -> Vec<String> {
    let pages: Vec<Page> = files
        .iter()
        .map(|(path, text)| Page { path: (*path).to_owned(), text: (*text).to_owned() })
        .collect();
    check(&pages, |path| path == "LICENSE" || files.iter().any(|(file, _)| *file == path))
}

#[test]
fn links_that_resolve_are_accepted() {
    let links = "# Key derivation\n[a](../README.md) [b](#key-derivation) [c](https://example.org/x) [d](../LICENSE) \
                 `[e](nowhere)`\n";
    assert!(found(&[("README.md", "[a](spec/a.md#key-derivation)\n"), ("spec/a.md", links)]).is_empty());
}

#[test]
fn links_to_nothing_are_found() {
    let text = "# A\n\n[a](b.md) and [c](../../x.md)\n[d](a.md#b)\n";
    assert_eq!(
        found(&[("spec/a.md", text)]),
        [
            "spec/a.md:3: `b.md` is not there",
            "spec/a.md:3: `../../x.md` is not there",
            "spec/a.md:4: `a.md#b` names no heading",
        ]
    );
}

#[test]
fn every_chapter_stands_in_the_table() {
    assert_eq!(
        found(&[("spec/README.md", "| [a](a.md) |\n"), ("spec/a.md", ""), ("spec/b.md", ""), ("C.md", "")]),
        ["spec/README.md: `b.md` is missing from the table of chapters"]
    );
}
