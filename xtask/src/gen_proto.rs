//! Generates `crates/wire/src/generated/` from `proto/`, without protoc.

use crate::{
    Failure,
    step::{self, Outcome},
    workspace,
};
use protox::prost_reflect::prost_types::FileDescriptorSet;
use std::{collections::BTreeMap, path::Path};

/// The sources below `proto/`, in the order their messages are written.
const SOURCES: &[&str] = &[
    "aside/v1/identity.proto",
    "aside/v1/content.proto",
    "aside/v1/group.proto",
    "aside/v1/archive.proto",
    "aside/v1/relay.proto",
];
/// Where the generated files stand.
const GENERATED: &str = "crates/wire/src/generated";
/// What to do about a difference.
pub(crate) const REMEDY: &str = "run `cargo xtask gen-proto` and commit what it writes";

/// File names and contents.
type Files = BTreeMap<String, String>;

/// The task.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    if options.contains(&"--check") {
        return step::alone("gen-proto", "the committed Rust is that of proto/", check);
    }
    step::alone("gen-proto", "write the Rust of proto/", || write(&workspace::root().join(GENERATED)))
}

/// Compares what would be generated with what is there, byte for byte.
pub(crate) fn check() -> Result<Outcome, Failure> {
    let differences = differences(&generate()?, &read(&workspace::root().join(GENERATED))?);
    if differences.is_empty() {
        return Ok(Outcome::Done);
    }
    Err(format!("{GENERATED}: {}; {REMEDY}", differences.join(", ")).into())
}

fn write(folder: &Path) -> Result<Outcome, Failure> {
    let files = generate()?;
    std::fs::create_dir_all(folder)?;
    let there = read(folder)?;
    for (name, text) in &files {
        // An untouched file keeps its time, so nothing is built again.
        if there.get(name) != Some(text) {
            std::fs::write(folder.join(name), text)?;
            println!("   wrote {GENERATED}/{name}");
        }
    }
    for name in there.keys().filter(|name| !files.contains_key(*name)) {
        std::fs::remove_file(folder.join(name))?;
        println!("   removed {GENERATED}/{name}");
    }
    Ok(Outcome::Done)
}

/// The messages of `proto/` with their comments.
pub(crate) fn descriptors() -> Result<FileDescriptorSet, Failure> {
    Ok(protox::compile(SOURCES, [workspace::root().join("proto")])?)
}

fn generate() -> Result<Files, Failure> {
    let descriptors = descriptors()?;
    let requests: Vec<_> = descriptors
        .file
        .into_iter()
        .map(|file| (prost_build::Module::from_protobuf_package_name(file.package()), file))
        .collect();
    // Decoded messages carry what people write, so they have no `Debug`; enums carry nothing but a choice.
    let mut config = prost_build::Config::new();
    config.skip_debug(["."]);
    for choice in ["CaptureDetection", "PrekeyKind", "EnvelopeKind", "Keep", "RefusalCode"] {
        config.type_attribute(format!(".aside.v1.{choice}"), "#[derive(Debug)]");
    }
    let modules = config.generate(requests)?;
    Ok(modules.into_iter().map(|(module, text)| (module.to_file_name_or("_"), text)).collect())
}

fn read(folder: &Path) -> Result<Files, Failure> {
    let mut files = Files::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        files
            .insert(entry.file_name().to_string_lossy().into_owned(), std::fs::read_to_string(entry.path())?);
    }
    Ok(files)
}

fn differences(wanted: &Files, there: &Files) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in wanted {
        match there.get(name) {
            None => found.push(format!("`{name}` is missing")),
            Some(other) if other != text => found.push(format!("`{name}` differs")),
            Some(_) => {}
        }
    }
    found.extend(
        there.keys().filter(|name| !wanted.contains_key(*name)).map(|name| format!("`{name}` is left over")),
    );
    found
}

#[cfg(test)]
#[path = "gen_proto_tests.rs"]
mod tests;
