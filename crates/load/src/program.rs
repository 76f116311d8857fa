//! The relay as a program, in a process of its own.

use crate::{Failure, client::soon, machine};
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// How the program is started.
#[derive(Debug, Clone)]
pub struct Start {
    /// The program.
    pub program: PathBuf,
    /// Arguments beside those for folder and address.
    pub arguments: Vec<String>,
    /// Cores it may use, as `taskset` names them.
    pub cores: Option<String>,
}

/// A relay that runs.
pub struct Program {
    child: Child,
    id: u32,
    url: String,
    started_in: Duration,
    _output: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts it on a free port and waits until it listens.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn start(start: &Start, data: &Path) -> Result<Self, Failure> {
        let mut command = match &start.cores {
            None => Command::new(&start.program),
            Some(cores) => {
                let mut command = Command::new("taskset");
                command.args(["-c", cores]).arg(&start.program);
                command
            }
        };
        command
            .args([OsStr::new("--data"), data.as_os_str(), "--listen".as_ref(), "127.0.0.1:0".as_ref()])
            .args(&start.arguments)
            .env("RUST_LOG", "warn")
            // What people may do in a minute is not what is measured.
            .env("ASIDE_RELAY_RATE_FACTOR", "1000000")
            .env("ASIDE_RELAY_CONNECTIONS_OF_SOURCE", "1000000")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let begun = Instant::now();
        let mut child =
            command.spawn().map_err(|failure| format!("{}: {failure}", start.program.display()))?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let line = soon(async { Ok(output.next_line().await?.ok_or("the relay did not start")?) }).await?;
        let started_in = begun.elapsed();
        let url =
            line.strip_prefix("listening on ").ok_or("the relay does not say where it listens")?.to_owned();
        let id = child.id().ok_or("the relay has ended")?;
        Ok(Self { child, id, url, started_in, _output: output })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From its start to the line that says where it listens.
    #[must_use]
    pub const fn started_in(&self) -> Duration {
        self.started_in
    }

    /// Memory that it has now, in KiB.
    ///
    /// # Errors
    /// If it has ended.
    pub fn resident(&self) -> Result<u64, Failure> {
        machine::resident(self.id)
    }

    /// Processor time that it has used.
    ///
    /// # Errors
    /// If it has ended.
    pub fn processor_time(&self) -> Result<Duration, Failure> {
        machine::processor_time(self.id)
    }

    /// Like a power switch, for the process.
    ///
    /// # Errors
    /// If it cannot be ended.
    pub async fn kill(mut self) -> Result<(), Failure> {
        Ok(self.child.kill().await?)
    }
}
