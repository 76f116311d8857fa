//! The program in a process of its own.

use crate::{held, running::soon};
use std::{
    ffi::{OsStr, OsString},
    path::Path,
    process::Stdio,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) url: String,
    pub(crate) key: String,
    _stdout: Lines<BufReader<ChildStdout>>,
}

/// The program with arguments, its output captured, and nothing inherited that could change it.
pub(crate) fn command(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    program(env!("CARGO_BIN_EXE_aside-relay"), arguments)
}

fn arguments(data: &Path) -> Vec<OsString> {
    let words = ["--data".into(), data.into(), "--listen".into(), "127.0.0.1:0".into()];
    words.into_iter().chain(held::arguments(data).into_iter().map(OsString::from)).collect()
}

fn program(name: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(name);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    for name in ["DATA", "LISTEN", "NAME", "LOG_FORMAT", "STORE"] {
        command.env_remove(format!("ASIDE_RELAY_{name}"));
    }
    command
}

impl Process {
    /// Starts on a free port and waits until it listens.
    pub(crate) async fn start(data: &Path) -> Self {
        Self::start_with(data, &[]).await
    }

    /// The same with more arguments.
    pub(crate) async fn start_with(data: &Path, more: &[&str]) -> Self {
        Self::start_as(command(arguments(data).into_iter().chain(more.iter().map(OsString::from)))).await
    }

    /// The same, but none of its files can become longer than so many of the shell's blocks.
    pub(crate) async fn start_with_short_files(data: &Path, blocks: u32) -> Self {
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let shell = ["-c".into(), limited.into(), env!("CARGO_BIN_EXE_aside-relay").into()];
        Self::start_as(program("sh", shell.into_iter().chain(arguments(data)))).await
    }

    pub(crate) async fn start_as(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line = async || soon(stdout.next_line()).await.unwrap().expect("the relay did not start");
        let (url, key) = (line().await, line().await);
        Self {
            child,
            url: url.strip_prefix("listening on ").unwrap().into(),
            key: key.strip_prefix("relay key ").unwrap().into(),
            _stdout: stdout,
        }
    }

    /// Like a power switch, for the process.
    pub(crate) async fn kill(mut self) {
        self.child.start_kill().unwrap();
        soon(self.child.wait()).await.unwrap();
    }

    /// Asks politely, and returns the exit code.
    pub(crate) async fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        soon(self.child.wait()).await.unwrap().code()
    }
}

/// Runs to the end; exit code, standard output, standard error.
pub(crate) async fn run(mut command: Command) -> (Option<i32>, String, String) {
    let mut child = command.spawn().unwrap();
    let (mut out, mut err) = (String::new(), String::new());
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (status, _, _) = soon(async {
        tokio::join!(child.wait(), stdout.read_to_string(&mut out), stderr.read_to_string(&mut err))
    })
    .await;
    (status.unwrap().code(), out, err)
}
