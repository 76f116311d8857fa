//! Which crate may link which: the table, and the check of it over `cargo tree`.

use crate::{
    Failure,
    step::{self, Outcome},
    workspace::{self, capture, cargo, package_name},
};
use std::collections::BTreeSet;

/// The rule of one crate.
pub(crate) struct Layer {
    pub(crate) name: &'static str,
    /// The crates of the workspace it may depend on. Development dependencies are free.
    may_use: &'static [&'static str],
    /// The crates of the workspace it may not even link through another.
    never_links: &'static [&'static str],
    /// It stands before the encryption, where compressed lengths would tell contents (LEA-3, threat W9).
    /// A WebSocket that compresses would need such a crate, too.
    never_compresses: bool,
    /// It builds without the standard library.
    pub(crate) no_std: bool,
}

const PLAIN: Layer =
    Layer { name: "", may_use: &[], never_links: &[], never_compresses: false, no_std: false };

const CORE: &[&str] = &["aside-primitives", "aside-wire", "aside-identity"];
const ABOVE_CLIENT: &[&str] = &[
    "aside-primitives",
    "aside-wire",
    "aside-identity",
    "aside-session",
    "aside-group",
    "aside-content",
    "aside-archive",
    "aside-client",
    "aside-relay",
];

/// Every crate of the workspace, lowest first. Nobody may use testkit and xtask: they are for development.
pub(crate) const LAYERS: &[Layer] = &[
    Layer { name: "aside-primitives", no_std: true, ..PLAIN },
    Layer { name: "aside-wire", may_use: &["aside-primitives"], no_std: true, ..PLAIN },
    Layer { name: "aside-identity", may_use: &["aside-primitives", "aside-wire"], no_std: true, ..PLAIN },
    Layer { name: "aside-session", may_use: CORE, never_compresses: true, no_std: true, ..PLAIN },
    Layer { name: "aside-group", may_use: CORE, never_compresses: true, no_std: true, ..PLAIN },
    Layer { name: "aside-content", may_use: CORE, never_compresses: true, no_std: true, ..PLAIN },
    Layer {
        name: "aside-archive",
        may_use: &["aside-primitives", "aside-wire", "aside-identity", "aside-content"],
        never_compresses: true,
        no_std: true,
        ..PLAIN
    },
    Layer {
        name: "aside-client",
        may_use: &[
            "aside-archive",
            "aside-primitives",
            "aside-wire",
            "aside-identity",
            "aside-session",
            "aside-group",
            "aside-content",
        ],
        never_links: &["aside-relay", "aside-cli"],
        never_compresses: true,
        ..PLAIN
    },
    // It cannot read a chat because the code is not there.
    Layer {
        name: "aside-relay",
        may_use: CORE,
        never_links: &["aside-session", "aside-group", "aside-content", "aside-client"],
        never_compresses: true,
        ..PLAIN
    },
    Layer { name: "aside-cli", may_use: ABOVE_CLIENT, ..PLAIN },
    Layer { name: "aside-conformance", may_use: ABOVE_CLIENT, ..PLAIN },
    Layer { name: "aside-load", may_use: ABOVE_CLIENT, ..PLAIN },
    Layer { name: "aside-testkit", may_use: ABOVE_CLIENT, ..PLAIN },
    // Tasks must run while a crate does not compile.
    Layer { name: "xtask", ..PLAIN },
];

/// Parts of the names of compression crates, and whole names too short to look for as a part.
const COMPRESSION: &[&str] =
    &["flate", "miniz", "zlib", "zopfli", "brotli", "zstd", "lz4", "lzma", "bzip", "gzip", "compression"];
const COMPRESSION_NAMES: &[&str] = &["snap", "xz2", "liblzma"];

/// The rule of a crate.
pub(crate) fn layer(name: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.name == name)
}

/// The task.
pub(crate) fn run(_options: &[&str]) -> Result<(), Failure> {
    step::alone("layers", "each crate links only what its layer may", check)
}

/// Checks every crate of the workspace.
pub(crate) fn check() -> Result<Outcome, Failure> {
    let members = workspace::members()?;
    let mut found = Vec::new();
    for name in &members {
        let uses = tree(&["-p", name, "--edges", "normal,build", "--depth", "1"])?;
        let links = tree(&["-p", name, "--edges", "normal,no-proc-macro"])?;
        found.extend(violations(name, &members, &uses, &links));
    }
    if found.is_empty() {
        println!("   {} crates", members.len());
        return Ok(Outcome::Done);
    }
    Err(format!(
        "{}\nmove the code to the layer it belongs to, or argue the change in LAYERS of xtask/src/layers.rs",
        found.join("\n")
    )
    .into())
}

/// The packages of a tree. Features are all on, so that none of them smuggles a crate in.
fn tree(arguments: &[&str]) -> Result<BTreeSet<String>, Failure> {
    let mut command = cargo(&["tree", "--all-features", "--prefix", "none", "--format", "{p}"]);
    command.args(arguments);
    Ok(capture(command)?.lines().filter_map(package_name).map(str::to_owned).collect())
}

/// What a crate does against its rule.
///
/// `uses` are its direct dependencies, at run time and in its build script; `links` is all that is linked into
/// it. Both may contain the crate itself.
fn violations(
    name: &str,
    members: &[String],
    uses: &BTreeSet<String>,
    links: &BTreeSet<String>,
) -> Vec<String> {
    let Some(layer) = layer(name) else {
        return vec![format!("{name} has no rule in LAYERS of xtask/src/layers.rs")];
    };
    let mut found = Vec::new();
    for used in uses.iter().filter(|used| *used != name && members.contains(used)) {
        if !layer.may_use.contains(&used.as_str()) {
            found.push(format!("{name} must not depend on {used}"));
        }
    }
    for linked in links.iter().filter(|linked| *linked != name) {
        if layer.never_links.contains(&linked.as_str()) {
            found.push(format!("{name} must not link {linked}"));
        }
        if layer.no_std && linked.contains("base64") {
            found.push(format!("{name} must not link {linked}: secrets are bytes there (threat P14)"));
        }
        if layer.never_compresses && compresses(linked) {
            found.push(format!("{name} must not link {linked}, which compresses (threat W9)"));
        }
    }
    found
}

fn compresses(name: &str) -> bool {
    COMPRESSION_NAMES.contains(&name) || COMPRESSION.iter().any(|part| name.contains(part))
}

#[cfg(test)]
#[path = "layers_tests.rs"]
mod tests;
