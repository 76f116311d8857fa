//! What Cargo must build for secrets to be wiped.

use serde_json::Value;
use std::{error::Error, path::Path, process::Command};

/// Their feature only marks types of others as wiped; `ed25519` holds signatures, which everybody may see.
const NOTHING_TO_WIPE: [&str; 3] = ["cipher", "crypto-common", "ed25519"];

/// What `cargo` prints about the crate as it stands here.
fn cargo(arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).args(["--locked", "--offline"]);
    let output = command.output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// Every library below this crate that can wipe what it held is built so, the ones it did not choose included.
// PRM-12
#[test]
fn p12_the_wiping_features_are_on() {
    // A crate taken out of its workspace has no lock of its own.
    if !Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock").exists() {
        return;
    }
    for features in ["", "aws-lc-rs"] {
        let tree =
            ["tree", "-p", "aside-primitives", "-e", "normal", "--prefix", "none", "--format", "{p}|{f}"];
        let tree = cargo(&[&tree[..], &["--features", features]].concat()).unwrap();
        let metadata: Value =
            serde_json::from_str(&cargo(&["metadata", "--format-version", "1"]).unwrap()).unwrap();
        let can_wipe = |name: &str, version: &str| {
            metadata["packages"].as_array().unwrap().iter().any(|package| {
                package["name"] == name
                    && package["version"] == version
                    && package["features"].get("zeroize").is_some()
            })
        };
        let mut wiping = 0;
        for line in tree.lines() {
            let (package, on) = line.trim_end_matches(" (*)").split_once('|').unwrap();
            let mut words = package.split(' ');
            let (name, version) = (words.next().unwrap(), words.next().unwrap().trim_start_matches('v'));
            if !NOTHING_TO_WIPE.contains(&name) && can_wipe(name, version) {
                assert!(on.split(',').any(|feature| feature == "zeroize"), "{name} {version} has {on}");
                wiping += 1;
            }
        }
        assert!(wiping >= 15, "only {wiping} libraries found");
    }
}
