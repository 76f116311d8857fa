//! A copy of the workspace that may be changed.

use crate::{
    Failure,
    workspace::{self, capture, git},
};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// Brings the copy up to date: what git knows or would add. What has not changed is not touched, nor built again.
pub(super) fn copy(to: &Path) -> Result<(), Failure> {
    let list = capture(git(&["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    let from = workspace::root();
    let files: BTreeSet<PathBuf> =
        list.split('\0').filter(|name| from.join(name).is_file()).map(PathBuf::from).collect();
    fs::create_dir_all(to)?;
    remove_others(to, to, &files)?;
    for file in &files {
        let (bytes, copy) = (fs::read(from.join(file))?, to.join(file));
        if fs::read(&copy).is_ok_and(|old| old == bytes) {
            continue;
        }
        if let Some(folder) = copy.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&copy, bytes)?;
    }
    Ok(())
}

/// A test that is gone would still be found by cargo.
fn remove_others(root: &Path, folder: &Path, files: &BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(root, &path, files)?;
        } else if !path
            .strip_prefix(root)
            .is_ok_and(|name| files.contains(name) || name == Path::new("Cargo.lock"))
        {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
