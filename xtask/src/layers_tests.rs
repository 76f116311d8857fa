use super::*;

const MEMBERS: &[&str] =
    &["aside-primitives", "aside-relay", "aside-session", "aside-testkit", "aside-wire", "xtask"];

/// The violations of a crate with the given direct dependencies and linked crates.
fn found(name: &str, uses: &[&str], links: &[&str]) -> Vec<String> {
    let members: Vec<String> = MEMBERS.iter().map(|&member| member.to_owned()).collect();
    let set = |list: &[&str]| list.iter().map(|&item| item.to_owned()).collect();
    violations(name, &members, &set(uses), &set(links))
}

#[test]
fn a_crate_within_its_layer_is_accepted() {
    let links = ["aside-session", "aside-wire", "aside-primitives", "prost", "sha2"];
    assert!(found("aside-session", &["aside-session", "aside-wire", "prost"], &links).is_empty());
}

#[test]
fn a_dependency_outside_the_layer_is_a_violation() {
    assert_eq!(
        found("aside-primitives", &["aside-primitives", "aside-wire"], &[]),
        ["aside-primitives must not depend on aside-wire"]
    );
}

#[test]
fn the_relay_does_not_link_a_session_through_another_crate() {
    assert_eq!(
        found("aside-relay", &["aside-wire"], &["aside-wire", "aside-session"]),
        ["aside-relay must not link aside-session"]
    );
}

#[test]
fn nobody_depends_on_development_crates() {
    for layer in LAYERS {
        for tool in ["aside-testkit", "xtask"].iter().filter(|tool| **tool != layer.name) {
            assert_eq!(
                found(layer.name, &[tool], &[]),
                [format!("{} must not depend on {tool}", layer.name)]
            );
        }
    }
}

#[test]
fn w9_a_compression_crate_is_a_violation() {
    for name in ["flate2", "async-compression", "zstd-sys", "brotli", "miniz_oxide", "snap", "lz4_flex"] {
        assert_eq!(
            found("aside-client", &[], &[name]),
            [format!("aside-client must not link {name}, which compresses (threat W9)")]
        );
    }
    assert!(found("aside-client", &[], &["snapshot", "chacha20poly1305"]).is_empty());
}

#[test]
fn p14_a_base64_crate_below_the_client_is_a_violation() {
    for name in ["base64", "base64ct"] {
        assert_eq!(
            found("aside-session", &[], &[name]),
            [format!("aside-session must not link {name}: secrets are bytes there (threat P14)")]
        );
    }
    assert!(found("aside-cli", &[], &["base64"]).is_empty());
}

#[test]
fn a_crate_without_a_rule_is_a_violation() {
    assert_eq!(found("aside-new", &[], &[]), ["aside-new has no rule in LAYERS of xtask/src/layers.rs"]);
}

#[test]
fn the_table_names_only_its_own_crates() {
    for name in LAYERS.iter().flat_map(|layer| layer.may_use.iter().chain(layer.never_links)) {
        assert!(layer(name).is_some(), "{name}");
    }
}
