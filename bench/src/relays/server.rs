//! A server as a process, on this machine only.

use super::Failure;
use std::{
    ffi::OsString,
    fs::{self, File},
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::sleep,
};

/// Longer than any server takes to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a server is started.
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(&'static str, OsString)>,
    /// Where its output goes.
    pub(crate) log: PathBuf,
    pub(crate) port: u16,
}

/// A server that listens; killed when it is dropped.
pub(crate) struct Server {
    launch: Launch,
    child: Child,
}

impl Server {
    pub(crate) async fn start(launch: Launch) -> Result<Self, Failure> {
        let child = launch.run().await?;
        Ok(Self { launch, child })
    }

    /// Like a power switch, for the process.
    pub(crate) async fn kill_and_restart(&mut self) -> Result<(), Failure> {
        self.child.kill().await?;
        self.child = self.launch.run().await?;
        Ok(())
    }
}

impl Launch {
    async fn run(&self) -> Result<Child, Failure> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|failure| format!("{} does not run: {failure}", self.program.display()))?;
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.is_err() {
            if child.try_wait()?.is_some() || begun.elapsed() > PATIENCE {
                let said = fs::read_to_string(&self.log).unwrap_or_default();
                let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
                return Err(format!("it does not start: {last}").into());
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(child)
    }
}

/// A port that is free now.
pub(crate) fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
