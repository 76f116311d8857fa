use super::*;

const CONTENTS_MD: &str = "## Chapters\n\n| c | w | n | s |\n|---|---|---|---|\n| [a](a.md) | x | AAA | d |\n| [b](b.md) | y | – | d |\n";
const CHAPTER: &str = "# A\n\n**Purpose.** To be.\n\n## Names\n\n**AAA-1.** The sender MUST.\n\n## Own\n\n## Receiving\n\n## Vectors\n\n[x](../test-vectors/a/x.json)\n";

fn found(chapter: &str) -> Vec<String> {
    with(chapter, &["test-vectors/a/x.json", "test-vectors/schema.json"])
}

fn with(chapter: &str, files: &[&str]) -> Vec<String> {
    let page = |path: &str, text: &str| Page { path: path.to_owned(), text: text.to_owned() };
    let vectors: Vec<Page> = files.iter().map(|path| page(path, "")).collect();
    let pages = [
        page("spec/README.md", CONTENTS_MD),
        page("spec/a.md", chapter),
        page("spec/b.md", "# B\n\n**Purpose.** None.\n"),
        page("spec/lists.md", "# Lists\n\nNo chapter.\n\n## Vectors\n\n## Names\n"),
    ];
    check(&pages, &vectors)
}

#[test]
fn a_chapter_of_the_right_form_has_no_finding() {
    assert!(found(CHAPTER).is_empty());
}

#[test]
fn a_chapter_begins_with_its_purpose() {
    for wrong in [CHAPTER.replace("**Purpose.** ", ""), CHAPTER.replace("# A\n\n", ""), String::new()] {
        assert!(
            found(&wrong)
                .contains(&"spec/a.md:1: a chapter begins with its title and \"**Purpose.**\"".to_owned())
        );
    }
}

#[test]
fn sections_stand_in_order() {
    assert_eq!(
        found(&CHAPTER.replace("## Own", "## Security")),
        ["spec/a.md:11: \"Receiving\" stands too late"]
    );
}

#[test]
fn a_chapter_with_requirements_names_its_vectors() {
    assert_eq!(
        found(&CHAPTER.replace("## Vectors", "### Vectors")),
        [
            "spec/a.md: there is no section \"Vectors\"",
            "test-vectors/a/x.json: no chapter names it under \"Vectors\""
        ]
    );
}

#[test]
fn every_file_of_vectors_is_named() {
    assert_eq!(
        with(CHAPTER, &["test-vectors/a/x.json", "test-vectors/a/y.json"]),
        ["test-vectors/a/y.json: no chapter names it under \"Vectors\""]
    );
}

#[test]
fn numbers_are_those_of_the_contents() {
    assert_eq!(
        found(&CHAPTER.replace("AAA-1", "BBB-1")),
        ["spec/a.md:7: BBB-1 is none of this chapter's numbers in spec/README.md"]
    );
}

#[test]
fn without_contents_there_are_no_chapters() {
    assert_eq!(check(&[], &[]), ["spec/README.md: there is no table \"Chapters\""]);
}
