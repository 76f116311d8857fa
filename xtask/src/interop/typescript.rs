//! `interop/typescript`, compiled in a copy: nothing is written beside its sources.

use crate::{
    Failure,
    toolchain::succeeds,
    workspace::{self, root, target_folder},
};
use std::{fs, path::Path, process::Command};

const INSTALL: &str = "install Node.js 20 or newer with npm";

/// Copies, installs when the lock file has changed, and compiles.
pub(super) fn prepare() -> Result<String, Failure> {
    let (from, to) = (root().join("interop/typescript"), target_folder("interop").join("typescript"));
    for name in ["node", "npm"] {
        let mut version = Command::new(name);
        version.arg("--version");
        if !succeeds(version) {
            return Err(format!("`{name}` is missing: {INSTALL}").into());
        }
    }
    for gone in ["src", "dist"] {
        if to.join(gone).exists() {
            fs::remove_dir_all(to.join(gone))?;
        }
    }
    copy(&from, &to)?;
    let wanted = fs::read(to.join("package-lock.json"))?;
    let installed = to.join("installed.json");
    if fs::read(&installed).ok().as_deref() != Some(wanted.as_slice()) {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&to);
        workspace::run(npm)?;
        fs::write(&installed, wanted)?;
    }
    let mut compiler = Command::new(to.join("node_modules/.bin/tsc"));
    compiler.args(["--project", ".", "--outDir", "dist"]).current_dir(&to);
    workspace::run(compiler)?;
    Ok(format!("node {}", super::quoted(&to.join("dist/shim.js"))))
}

/// Copies a folder but for what is installed or compiled in it.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if entry.file_type()?.is_dir() {
            if name != "node_modules" && name != "dist" {
                copy(&entry.path(), &to.join(name))?;
            }
        } else {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}
