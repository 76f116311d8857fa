//! Holds `spec/` against the code, `proto/` and itself.
//!
//! It reads source text and not compiled crates, so that it says what is wrong while a crate does not compile; only
//! the bytes that chapters show come from a program that runs.

mod chapters;
mod citations;
mod guide;
mod links;
mod number;
mod page;
mod proofs;
mod quotes;
mod registry;
mod requirements;
mod words;

use crate::{
    Failure,
    step::{self, Outcome},
    workspace::{self, capture, cargo},
};
use page::Page;
use std::path::Path;

/// What to do about a finding.
pub(crate) const REMEDY: &str =
    "mend the chapter, the code or the citation; `cargo xtask spec-lint` repeats this check";
/// The packages whose worked examples print what the ```` ```hex ```` blocks quote.
const WORKED_EXAMPLES: &[&str] = &["aside-session", "aside-group", "aside-archive"];

/// Where else requirements are cited, beside the Rust code and the pages.
const CITING: &[(&str, &str)] = &[("proto", "proto"), ("interop", "py"), ("interop", "ts")];

/// The task.
pub(crate) fn run(_options: &[&str]) -> Result<(), Failure> {
    step::alone("spec-lint", "spec/ agrees with the code, proto/ and itself", check)
}

/// Everything that can be found.
pub(crate) fn check() -> Result<Outcome, Failure> {
    let root = workspace::root();
    let pages = read(&root, "", "md")?;
    let chapters: Vec<Page> = pages.iter().filter(|page| page.path.starts_with("spec/")).cloned().collect();
    let protos = read(&root, "proto", "proto")?;
    let code = read(&root, "crates", "rs")?;
    let vectors = read(&root, "test-vectors", "json")?;
    let mut cited = pages.clone();
    for (folder, ending) in CITING {
        cited.extend(read(&root, folder, ending)?);
    }

    let mut found = requirements::check(&chapters);
    found.extend(chapters::check(&chapters, &vectors));
    found.extend(proofs::check(&chapters, &code, &vectors));
    found.extend(citations::check(&chapters, &code, &cited, &vectors));
    found.extend(words::check(&chapters, &vectors));
    found.extend(guide::check(&chapters, &vectors, &cited));
    found.extend(registry::check(&chapters, &code, &protos));
    found.extend(quotes::check_proto(&chapters, &protos));
    found.extend(links::check(&pages, |path| root.join(path).exists()));
    match WORKED_EXAMPLES.iter().map(|package| worked_example(package)).collect::<Result<Vec<_>, _>>() {
        Ok(examples) => found.extend(quotes::check_hex(&chapters, &examples)),
        Err(error) => found.push(format!("the worked examples: {error}")),
    }
    if found.is_empty() {
        let all = requirements::all(&chapters).len();
        let (by_vectors, by_tests) = proofs::count(&chapters, &code, &vectors);
        println!("   {all} requirements, {by_vectors} of them proven by vectors, {by_tests} more by tests");
        return Ok(Outcome::Done);
    }
    Err(format!("{} findings\n{}", found.len(), found.join("\n")).into())
}

/// What the worked example of a package prints.
fn worked_example(package: &str) -> Result<String, Failure> {
    capture(cargo(&["run", "--quiet", "--package", package, "--example", "worked_example"]))
}

/// The files below a folder with a given ending, by path. Hidden folders and build output are left out.
pub(crate) fn read(root: &Path, folder: &str, ending: &str) -> Result<Vec<Page>, Failure> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if entry.file_type()?.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "node_modules" {
                files.extend(read(root, &path, ending)?);
            }
        } else if Path::new(&name).extension().is_some_and(|extension| extension == ending) {
            files.push(Page { text: std::fs::read_to_string(entry.path())?, path });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}
