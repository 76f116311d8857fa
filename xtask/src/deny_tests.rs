use crate::workspace::root;
use std::fs;

/// The first release without a known flaw, of libraries that had one.
const REPAIRED: &[(&str, [u64; 3])] = &[
    ("axum-core", [0, 2, 8]),
    ("bytes", [1, 11, 1]),
    ("curve25519-dalek", [4, 1, 3]),
    ("ed25519-dalek", [2, 0, 0]),
    ("ml-kem", [0, 3, 0]),
    ("rusqlite", [0, 26, 2]),
    ("sha2", [0, 9, 8]),
    ("time", [0, 3, 47]),
    ("tokio", [1, 44, 2]),
    ("tungstenite", [0, 20, 1]),
];

#[test]
fn p18_a_dependency_nobody_keeps_is_refused() {
    let rules = fs::read_to_string(root().join("deny.toml")).unwrap();
    for rule in [
        "unmaintained = \"all\"",
        "unsound = \"all\"",
        "yanked = \"deny\"",
        "unknown-registry = \"deny\"",
        "unknown-git = \"deny\"",
        "all-features = true",
    ] {
        assert!(rules.lines().any(|line| line == rule), "deny.toml does not say {rule}");
    }
    // CI asks for the advisories, which need the network.
    let workflow = fs::read_to_string(root().join(".github/workflows/ci.yml")).unwrap();
    assert!(workflow.contains("cargo-deny-action"));
}

#[test]
fn p10_p18_no_library_is_older_than_its_repair() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for (name, repaired) in REPAIRED {
        let mut found = 0;
        for package in lock.split("[[package]]") {
            let field = |key: &str| {
                package.lines().find_map(|line| line.strip_prefix(key)?.strip_suffix('"').map(str::to_owned))
            };
            if field("name = \"").as_deref() == Some(*name) {
                let version = field("version = \"").unwrap();
                let numbers: Vec<u64> =
                    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect();
                assert!(numbers.as_slice() >= repaired.as_slice(), "{name} {version}");
                found += 1;
            }
        }
        assert!(found > 0, "{name} is used no more: take it off the list");
    }
}
