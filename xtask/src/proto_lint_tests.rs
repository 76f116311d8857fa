use super::*;
use protox::{
    Compiler, Error,
    file::{File, FileResolver},
};

/// One file in memory.
struct Source(String);

impl FileResolver for Source {
    fn open_file(&self, name: &str) -> Result<File, Error> {
        File::from_source(name, &self.0)
    }
}

fn set(source: &str) -> FileDescriptorSet {
    let source = if source.starts_with("syntax") {
        source.to_owned()
    } else {
        format!("syntax = \"proto3\";\n{source}")
    };
    let mut compiler = Compiler::with_file_resolver(Source(source));
    compiler.include_source_info(true).open_file("a.proto").unwrap();
    compiler.file_descriptor_set()
}

const GOOD: &str = "\
// A list.
message List {
  // Names it.
  uint64 id = 1;
  oneof body {
    Item item = 2;
    Empty empty = 3;
  }
  // What comes after.
  repeated bytes rest = 4;
}
// One item.
message Item {
  // Why.
  Choice choice = 1;
}
// Nothing.
message Empty {}
// A choice.
enum Choice {
  // None.
  CHOICE_NONE = 0;
}
";

#[test]
fn a_good_file_has_no_findings() {
    assert!(encoding(&set(GOOD)).is_empty());
    assert!(comments(&set(GOOD)).is_empty());
    let limits = "\nstrict! {\n    List: 64, 2 + REST, nested &[2, 3];\n}\n";
    assert!(limits_differ(&set(GOOD), limits).is_empty());
}

#[test]
fn a_oneof_with_a_number_between_its_members_is_found() {
    let finding =
        ["A.body: the numbers of its members must follow each other, or encoders order it differently"];
    for number in ["3", "5"] {
        // With a field between, and with a gap where one could come.
        let source =
            format!("message A {{ oneof body {{ bytes b = 2; bytes c = 4; }} bytes d = {number}; }}");
        assert_eq!(encoding(&set(&source)), finding);
    }
    let declared_backwards = "message A { oneof body { bytes b = 3; bytes c = 2; } bytes d = 1; }";
    assert!(encoding(&set(declared_backwards)).is_empty());
}

#[test]
fn w4_a_map_is_found() {
    let found = encoding(&set("message A { map<string, bytes> names = 1; }"));
    assert_eq!(found, ["A.NamesEntry: a map has no order"]);
}

#[test]
fn w1_a_group_is_found() {
    let found = encoding(&set("syntax = \"proto2\";\nmessage A { optional group Inner = 1 {} }"));
    assert_eq!(
        found,
        ["a.proto: proto3 only", "A.Inner: messages and groups stand at the top level", "A.inner: no groups"]
    );
}

#[test]
fn w1_a_message_that_contains_itself_is_found() {
    assert_eq!(encoding(&set("message A { A a = 1; }")), ["A: contains itself"]);
    let through_others = "message A { B b = 1; } message B { repeated C c = 1; } message C { oneof x { A a = 1; } } message D { A a = 1; }";
    assert_eq!(
        encoding(&set(through_others)),
        ["A: contains itself", "B: contains itself", "C: contains itself"]
    );
}

#[test]
fn a_type_that_the_walk_refuses_is_found() {
    for (field, finding) in [
        ("fixed32 a = 1", "no fixed-width types"),
        ("sfixed64 a = 1", "no fixed-width types"),
        ("double a = 1", "no fixed-width types"),
        ("float a = 1", "no fixed-width types"),
        ("int32 a = 1", "numbers are unsigned"),
        ("sint64 a = 1", "numbers are unsigned"),
        ("repeated uint32 a = 1", "no packed fields"),
        ("repeated bool a = 1", "no packed fields"),
        ("optional uint32 a = 1", "no `optional`: a default is never written"),
    ] {
        assert_eq!(encoding(&set(&format!("message A {{ {field}; }}"))), [format!("A.a: {finding}")]);
    }
}

#[test]
fn what_has_no_comment_is_found() {
    let bare: String =
        GOOD.lines().filter(|line| !line.trim().starts_with("//")).map(|line| format!("{line}\n")).collect();
    assert_eq!(
        comments(&set(&bare)),
        ["List", "List.id", "List.rest", "Item", "Item.choice", "Empty", "Choice", "CHOICE_NONE"]
            .map(|name| format!("{name}: no comment"))
    );
}

#[test]
fn a_message_without_limits_and_limits_without_a_message_are_found() {
    let limits = "\nstrict! {\n    Other: 64, 2;\n    Item: 64, 3;\n}\n";
    assert_eq!(
        limits_differ(&set(GOOD), limits),
        [
            "List: nothing holds it, and it has no limits in crates/wire/src/limits.rs",
            "Item: it has 1 fields, and another number in crates/wire/src/limits.rs",
            "Other: it has limits in crates/wire/src/limits.rs, and is no message of proto/",
        ]
    );
    let nested = "\nstrict! {\n    List: 64, 2 + REST, nested &[2];\n}\n";
    assert_eq!(
        limits_differ(&set(GOOD), nested),
        ["List: the members of its oneof are not those nested in crates/wire/src/limits.rs"]
    );
    assert_eq!(limits_differ(&set(GOOD), "").len(), 1);
}

#[test]
fn the_protocol_has_no_findings() {
    check().unwrap();
}
