//! Generates `crates/wire/src/generated/aside.v1.rs` from `proto/`, without protoc.

use std::path::{Path, PathBuf};

/// The error of a task, for a person to read.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Writes the generated file.
pub(crate) fn write() -> Result<(), Failure> {
    generate(&root().join("crates/wire/src/generated"))
}

fn generate(out: &Path) -> Result<(), Failure> {
    let proto = root().join("proto");
    let files = ["aside/v1/identity.proto", "aside/v1/content.proto", "aside/v1/relay.proto"];
    let descriptors = protox::compile(files, [&proto])?;
    std::fs::create_dir_all(out)?;
    // Decoded messages carry what people write, so they have no `Debug`.
    prost_build::Config::new().skip_debug(["."]).out_dir(out).compile_fds(descriptors)?;
    Ok(())
}
