//! `interop/python`, with its packages in an environment of its own.

use crate::{
    Failure,
    toolchain::succeeds,
    workspace::{self, root, target_folder},
};
use std::{fs, path::Path, process::Command};

const INSTALL: &str = "install Python 3.11 or newer with `venv` (on Debian: python3 and python3-venv)";

/// Makes the environment again when the requirements have changed.
pub(super) fn prepare() -> Result<String, Failure> {
    let folder = target_folder("interop").join("python");
    let wanted = fs::read(root().join("interop/python/requirements.txt"))?;
    let installed = folder.join("installed.txt");
    if fs::read(&installed).ok().as_deref() != Some(wanted.as_slice()) {
        environment(&folder)?;
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]);
        pip.args(["--requirement", "interop/python/requirements.txt"]).current_dir(root());
        workspace::run(pip)?;
        fs::write(&installed, wanted)?;
    }
    // With its own interpreter: another that is on the path may have other packages.
    Ok(format!("{} interop/python/shim.py", super::quoted(&folder.join("bin/python"))))
}

fn environment(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut version = Command::new("python3");
    version.arg("--version");
    if !succeeds(version) {
        return Err(format!("`python3` is missing: {INSTALL}").into());
    }
    // Distributions split `venv` off; `virtualenv` does the same.
    for module in ["venv", "virtualenv"] {
        let mut python = Command::new("python3");
        python.args(["-m", module]).arg(folder);
        if succeeds(python) {
            return Ok(());
        }
    }
    Err(format!("`python3 -m venv` does not work: {INSTALL}").into())
}
