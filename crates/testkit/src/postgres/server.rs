//! The server's process and those it begins.

use super::{PATIENCE, Trouble, programs::Programs, until};
use std::{
    collections::VecDeque,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Instant,
};

/// Lines of its log that a message shows.
const LINES: usize = 20;

#[derive(Debug)]
pub(super) struct Server {
    child: Child,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Signal {
    Interrupt,
    Quit,
    Kill,
}

impl Server {
    /// Starts it and waits until it says that it is ready.
    pub(super) fn start(programs: &Programs, data: &Path) -> Result<Self, Trouble> {
        let mut command = programs.command("postgres", data);
        let mut child = command.arg("-D").arg(data).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let log = child.stderr.take();
        // Drops, and with that ends, a server that is not ready in time.
        let server = Self { child };
        let (sender, lines) = mpsc::channel();
        if let Some(log) = log {
            // Reads for as long as it writes, or it would wait for us.
            thread::spawn(move || {
                for line in BufReader::new(log).split(b'\n').map_while(Result::ok) {
                    let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
                }
            });
        }
        wait_until_ready(&lines)?;
        Ok(server)
    }

    /// Asks it to end, and waits.
    pub(super) fn end(mut self, signal: Signal) -> Result<(), Trouble> {
        send(signal, &[self.child.id()])?;
        until("the server ends", || Ok(self.child.try_wait()?.is_some()))
    }

    /// Ends all its processes without asking, and waits until the last has gone: one that remains would keep another server out.
    pub(super) fn kill(mut self) -> Result<(), Trouble> {
        let children = children(self.child.id());
        send(Signal::Kill, &[&[self.child.id()][..], &children].concat())?;
        self.child.wait()?;
        until("its processes end", || Ok(children.iter().all(|child| !runs(*child))))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = send(Signal::Quit, &[self.child.id()]);
            let ended = until("the server ends", || Ok(self.child.try_wait()?.is_some()));
            if ended.is_err() {
                let _ = self.child.kill();
                let _ = self.child.wait();
            }
        }
    }
}

/// Ends the server of a folder whose owner has gone, if it still runs.
pub(super) fn end_left_over(data: &Path) {
    let pid = fs::read_to_string(data.join("postmaster.pid")).ok();
    let pid = pid.and_then(|text| text.lines().next()?.trim().parse::<u32>().ok());
    // The number may be that of another program by now.
    if let Some(pid) = pid
        && fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|folder| folder == data)
        && send(Signal::Quit, &[pid]).is_ok()
    {
        let _ = until("the server ends", || Ok(!runs(pid)));
    }
}

fn wait_until_ready(lines: &Receiver<String>) -> Result<(), Trouble> {
    let begun = Instant::now();
    let mut seen = VecDeque::new();
    loop {
        match lines.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
            Ok(line) if line.contains("database system is ready to accept") => return Ok(()),
            Ok(line) => seen.push_back(line),
            Err(_) => {
                let log: Vec<_> = seen.into();
                return Err(Trouble(format!("PostgreSQL does not start:\n{}", log.join("\n"))));
            }
        }
        if seen.len() > LINES {
            seen.pop_front();
        }
    }
}

fn send(signal: Signal, to: &[u32]) -> Result<(), Trouble> {
    let name = match signal {
        Signal::Interrupt => "-INT",
        Signal::Quit => "-QUIT",
        Signal::Kill => "-KILL",
    };
    let mut command = Command::new("kill");
    // Of those that have gone meanwhile it complains; whoever sends looks whether they have.
    command.arg(name).args(to.iter().map(u32::to_string)).stderr(Stdio::null()).status()?;
    Ok(())
}

/// The processes a process has begun; none where there is no `/proc`, and there they end by themselves.
fn children(of: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers.filter(|number| stat(*number).is_some_and(|(_, parent)| parent == of)).collect()
}

fn runs(process: u32) -> bool {
    stat(process).is_some_and(|(state, _)| state != "Z")
}

/// State and parent: they follow the name, which stands in parentheses and may contain anything.
fn stat(process: u32) -> Option<(String, u32)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut words = text.rsplit_once(')')?.1.split_whitespace();
    Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
}
