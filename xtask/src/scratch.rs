//! A folder for what a task leaves lying about: gone when the task ends, also when it is killed.

use crate::Failure;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
};

/// Waits until nobody holds the other end of its standard input; programs of the task may take a moment longer to end.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
read -r _
for _ in $(seq 20); do
    rm -rf "$1"
    [ -e "$1" ] || exit 0
    sleep 0.5
done
"#;

/// The folder, and the process that removes it.
pub(crate) struct Scratch {
    path: PathBuf,
    guard: Child,
}

impl Scratch {
    /// Makes one for the task of this name.
    pub(crate) fn new(task: &str) -> Result<Self, Failure> {
        let path = env::temp_dir().join(format!("aside-{task}-{}", process::id()));
        fs::create_dir(&path)?;
        let mut guard = Command::new("sh");
        guard.args(["-c", SCRIPT, "guard"]).arg(&path).stdin(Stdio::piped());
        let guard = guard.spawn()?;
        Ok(Self { path, guard })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}
