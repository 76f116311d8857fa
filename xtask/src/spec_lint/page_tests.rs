use super::*;

fn page(text: &str) -> Page {
    Page { path: "spec/x.md".into(), text: text.into() }
}

#[test]
fn code_is_no_prose() {
    let page = page("a `MUST` b\n```text\nMUST\n```\n```` ```hex ```` c\nan ` open one\n");
    assert_eq!(page.prose(), ["a  b", "", "", "", " c", "an  open one"]);
}

#[test]
fn blocks_are_found_by_their_language() {
    let page = page("```hex\nab\ncd\n```\n\n```\nef\n```\n```hex\n01\n```\n");
    assert_eq!(page.blocks("hex"), [(2, "ab\ncd\n".to_owned()), (10, "01\n".to_owned())]);
}

#[test]
fn a_table_is_read_under_its_heading_only() {
    let page =
        page("## A\n\ntext\n\n| x | y |\n|---|---|\n| `1` | two words |\n\n| z |\n## B\n| q |\n|---|\n");
    assert_eq!(page.table("A").unwrap(), [["1", "two words"]]);
    assert_eq!(page.table("B").unwrap(), Vec::<Vec<String>>::new());
    assert!(page.table("C").is_none());
}
