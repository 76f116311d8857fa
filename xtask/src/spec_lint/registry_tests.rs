use super::*;

const LABEL_RS: &str = "labels! {\n    /// A.\n    A = \"aside/1 a\";\n    /// B.\n    B = \"aside/1 b\";\n}\n#[cfg(test)]\nlet x = \"no\";\n";
const REJECT_RS: &str = "        match self {\n            Self::Mac => \"mac\",\n        }\n";
const WIRE_RS: &str = "/// A.\npub const A: usize = B * 2 + 1;\n/// B.\npub const B: usize =\n    1_000;\n\nstrict! {\n    \
                       X: A, 2 + B;\n    Y: 7, 1, nested &[2, 3];\n}\n";
const SESSION_RS: &str = "pub const JUMP: u32 = 1_000;\n";
const PROTO: &str = "// Kind 4: a card\n// of cards.\nmessage Card {}\n\n// Entry kind 2: a move.\nmessage Move {}\n\nenum Colour {\n  // Red.\n  RED = 0;\n}\n\nenum RefusalCode {\n  \
                     REFUSAL_CODE_RATE = 15;\n}\n";
const REGISTRY_MD: &str = "## Labels\n\n| l | u |\n|---|---|\n| `aside/1 a` | x |\n| `aside/1 b` | y |\n\n\
## Limits\n\n| c | n | v | w |\n|---|---|---|---|\n| wire | `A` | 2,001 | x |\n| wire | `B` | 1,000 | |\n| session | `JUMP` | 1,000 | |\n\n\
## Message limits\n\n| m | b | f |\n|---|---|---|\n| `X` | 2,001 | 1,002 |\n| `Y` | 7 | 1 |\n\n\
## Type numbers\n\n| w | n | m |\n|---|---|---|\n| byte | 0x11 | x |\n| suite | 1 | y |\n\n\
## Enums\n\n| e | n | v |\n|---|---|---|\n| `Colour` | 0 | `RED` |\n\n\
## Content kinds\n\n| k | m |\n|---|---|\n| 4 | `Card` |\n\n\
## Entry kinds\n\n| k | m |\n|---|---|\n| 2 | `Move` |\n\n\
## Reject words\n\n| w | m |\n|---|---|\n| `mac` | x |\n\n\
## Refusal codes\n\n| c | n | m |\n|---|---|---|\n| 15 | `RATE` | x |\n";

fn found(registry: &str) -> Vec<String> {
    let page = |path: &str, text: &str| Page { path: path.to_owned(), text: text.to_owned() };
    let code = [
        page(FIRST_BYTES[0], "pub const KIND_A: u8 = 0x11;\npub const LENGTH: u8 = 0x12;\n"),
        page(LABELS, LABEL_RS),
        page(REJECT, REJECT_RS),
        page("crates/wire/src/limits.rs", WIRE_RS),
        page("crates/session/src/limits.rs", SESSION_RS),
    ];
    check(&[page(REGISTRY, registry)], &code, &[page("proto/a.proto", PROTO)])
}

#[test]
fn tables_that_agree_are_accepted() {
    assert!(found(REGISTRY_MD).is_empty());
}

#[test]
fn a_row_changed_in_any_table_is_found_twice() {
    for (heading, row, changed) in [
        ("Labels", "aside/1 a", "aside/1 c"),
        ("Limits", "| wire | `B` | 1,000", "| wire | `B` | 1,001"),
        ("Message limits", "| `Y` | 7 | 1", "| `Y` | 7 | 2"),
        ("Type numbers", "| 0x11", "| 0x12"),
        ("Enums", "| `Colour` | 0", "| `Colour` | 1"),
        ("Content kinds", "| 4 |", "| 5 |"),
        ("Entry kinds", "| `Move` |", "| `Turn` |"),
        ("Reject words", "`mac`", "`mack`"),
        ("Refusal codes", "| 15 |", "| 16 |"),
    ] {
        let found = found(&REGISTRY_MD.replacen(row, changed, 1));
        assert_eq!(found.len(), 2, "{heading}: {found:?}");
        assert!(found.iter().all(|finding| finding.starts_with(&format!("spec/registry.md, {heading}: "))));
    }
}

#[test]
fn missing_rows_tables_and_orders_are_found() {
    assert_eq!(
        found(&REGISTRY_MD.replacen("| `aside/1 b` | y |\n", "", 1)),
        ["spec/registry.md, Labels: `aside/1 b` is missing"]
    );
    assert_eq!(
        found(&REGISTRY_MD.replacen("## Enums", "## Others", 1)),
        ["spec/registry.md: there is no table \"Enums\""]
    );
    let swapped = REGISTRY_MD.replacen(
        "| `aside/1 a` | x |\n| `aside/1 b` | y |",
        "| `aside/1 b` | y |\n| `aside/1 a` | x |",
        1,
    );
    assert_eq!(
        found(&swapped),
        ["spec/registry.md, Labels: the rows are repeated or in another order than the code"]
    );
}

#[test]
fn a_source_that_cannot_be_read_is_a_finding() {
    let page = Page { path: REGISTRY.to_owned(), text: REGISTRY_MD.to_owned() };
    let found = check(&[page], &[], &[]);
    assert_eq!(
        found.iter().filter(|finding| finding.ends_with("nothing to compare it with was found")).count(),
        9
    );
    assert_eq!(check(&[], &[], &[]), ["spec/registry.md is missing"]);
}
