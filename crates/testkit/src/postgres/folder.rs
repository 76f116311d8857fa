//! The folder of a cluster: locked while its owner lives, removed with it, by its guard or by the next one.

use super::{Trouble, guard::Guard, random, server};
use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
};

const PREFIX: &str = "aside-postgres-";
const LOCK: &str = "lock";

#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Given back by the system when this process ends, however it ends.
    lock: File,
    guard: Guard,
}

impl Folder {
    pub(super) fn new() -> Result<Self, Trouble> {
        remove_left_over(&env::temp_dir());
        // Until it is locked, a folder of this name looks left over.
        let path = env::temp_dir().join(format!("{PREFIX}{:016x}", random()));
        let made = path.with_extension("new");
        fs::create_dir(&made)?;
        let lock = File::create(made.join(LOCK))?;
        lock.lock()?;
        let guard = Guard::of(&path)?;
        fs::rename(&made, &path)?;
        Ok(Self { path, lock, guard })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// As the system does it when the owner dies.
    #[cfg(test)]
    pub(super) fn unlock(&self) {
        self.lock.unlock().unwrap();
    }

    /// The same, and nothing is unlocked meanwhile.
    #[cfg(test)]
    pub(super) fn let_go(&mut self) {
        self.guard.let_go();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The guard tries again, and the next one.
        let _ = fs::remove_dir_all(&self.path);
        let _ = self.lock.unlock();
        self.guard.let_go();
    }
}

/// Ends servers whose owner has gone, and removes their folders.
fn remove_left_over(folders: &Path) {
    let Ok(entries) = fs::read_dir(folders) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with(PREFIX) || name.ends_with(".new") {
            continue;
        }
        // Held until the end of this round: nobody else removes the same folder.
        let Ok(lock) = File::open(path.join(LOCK)) else { continue };
        if lock.try_lock().is_ok() {
            server::end_left_over(&path.join("data"));
            let _ = fs::remove_dir_all(&path);
        }
    }
}
