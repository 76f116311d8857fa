use super::*;

fn page(text: &str) -> Page {
    Page { path: "spec/a.md".into(), text: text.into() }
}

#[test]
fn a_verbatim_part_of_a_proto_file_is_accepted() {
    let proto = page("// A.\nmessage A {\n  bytes x = 1;\n}\n\nmessage B {}\n");
    let quote =
        |block: &str| check_proto(&[page(&format!("```proto\n{block}```\n"))], std::slice::from_ref(&proto));
    assert!(quote("message A {\n  bytes x = 1;\n}\n").is_empty());
    assert!(quote("message B {}\n").is_empty());
    for wrong in ["message A {\n  bytes y = 1;\n}\n", "message A {\n}\n", "essage B {}\n", ""] {
        assert_eq!(quote(wrong), ["spec/a.md:2: the proto block is not part of proto/"], "{wrong}");
    }
}

#[test]
fn bytes_are_those_the_program_prints() {
    let outputs = ["key  0102\nid   03\n".to_owned(), "tag  04\n".to_owned()];
    let quote = |block: &str| check_hex(&[page(&format!("text\n\n```hex\n{block}```\n"))], &outputs);
    assert!(quote("key  0102\nid   03\n").is_empty());
    assert!(quote("tag  04\n").is_empty());
    assert_eq!(quote("id   03\ntag  04\n").len(), 1, "a block is of one program");
    assert_eq!(quote("key  0103\n"), ["spec/a.md:4: the hex block is not part of a worked example's output"]);
}

#[test]
fn hex_blocks_decode() {
    for (line, is_good) in [
        ("key  0102", true),
        ("     0a", true),
        ("0a", true),
        ("      … 1270 bytes in all", true),
        ("draw 09 × 8   salt", true),
        ("key  010", false),
        ("key  0G", false),
        ("key  0A", false),
    ] {
        let found = check_hex(&[page(&format!("```hex\n{line}\n```\n"))], &[format!("{line}\n")]);
        assert_eq!(found.is_empty(), is_good, "{line}: {found:?}");
    }
}
