//! What ends the server and removes the folder of an owner that was killed, and could do neither.

use super::Trouble;
use std::{
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
};

/// Waits until nobody holds the other end of its standard input. The number in the file may be that of another program by then.
const SCRIPT: &str = r#"
read -r _
for _ in $(seq 100); do
    pid=$(head -n 1 "$1/data/postmaster.pid")
    if [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd")" = "$1/data" ]; then
        kill -QUIT "$pid"
    else
        rm -rf "$1"
    fi
    [ -e "$1" ] || exit 0
    sleep 0.1
done
"#;

/// A process that waits for the end of this one, or of this value.
#[derive(Debug)]
pub(super) struct Guard(Child);

impl Guard {
    /// Guards a folder.
    pub(super) fn of(folder: &Path) -> Result<Self, Trouble> {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "guard"]).arg(folder).current_dir("/");
        // What ends the owner and all its children is not for this one.
        command.process_group(0);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        Ok(Self(child))
    }

    /// As the system does it when the owner dies.
    pub(super) fn let_go(&mut self) {
        drop(self.0.stdin.take());
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.let_go();
        let _ = self.0.wait();
    }
}
