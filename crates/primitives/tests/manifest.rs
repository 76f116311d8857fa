//! What the manifest of the workspace must say for secrets to be wiped.

/// The libraries that hold a secret, each of which wipes it only under its feature.
const HOLD_SECRETS: [&str; 7] =
    ["chacha20poly1305", "curve25519-dalek", "ed25519-dalek", "hmac", "ml-kem", "sha2", "x25519-dalek"];

// PRM-12
#[test]
fn p12_the_wiping_features_are_on() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    // A crate taken out of its workspace has the features written into its own manifest.
    let Ok(manifest) = std::fs::read_to_string(folder.join("../../Cargo.toml")) else { return };
    for name in HOLD_SECRETS {
        let entry = manifest.lines().find(|line| line.starts_with(&format!("{name} = "))).unwrap_or_default();
        assert!(entry.contains("\"zeroize\""), "the entry of {name} is `{entry}`");
    }
    let own = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for name in HOLD_SECRETS {
        assert!(
            own.contains(&format!("\n{name}.workspace = true")),
            "{name} is not the one of the workspace"
        );
    }
}
