//! A shim as a process: started, asked, ended, and started again when it broke.

use super::{
    incoming::{Incoming, LastLines, read_lines, write_lines},
    verdict::Verdict,
};
use crate::{
    protocol::{Answer, Hello, Line, Reply, Request, Step, VERSION},
    vector::Person,
};
use std::{
    collections::BTreeMap,
    fmt,
    process::{Child, Command as Process, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

/// How long a shim may take to end after its input or output has.
const FAREWELL: Duration = Duration::from_millis(500);
/// How often it is asked whether it has.
const GLANCE: Duration = Duration::from_millis(5);
/// The most of a line that is shown.
const SHOWN: usize = 200;

/// How to start a shim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    program: String,
    arguments: Vec<String>,
}

impl Command {
    /// Reads a command as a shell does, with quotes and no more.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let words = shlex::split(text).ok_or("the quotes of the command do not match")?;
        let (program, arguments) = words.split_first().ok_or("the command is empty")?;
        Ok(Self { program: program.clone(), arguments: arguments.to_vec() })
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = std::iter::once(&self.program).chain(&self.arguments).map(String::as_str);
        f.write_str(&words.collect::<Vec<_>>().join(" "))
    }
}

/// A shim that cannot be asked at all.
#[derive(Debug, thiserror::Error)]
#[error("`{command}` {what}{}", stderr.iter().map(|line| format!("\n  {line}")).collect::<String>())]
pub struct NotStarted {
    command: String,
    what: String,
    stderr: Vec<String>,
}

/// No reply, or none that is one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breakdown {
    /// `hang`, `crash` or `garbage`.
    pub verdict: Verdict,
    /// What happened.
    pub what: String,
    /// The last lines that the shim wrote to its standard error.
    pub stderr: Vec<String>,
}

/// A shim.
#[derive(Debug)]
pub struct Shim {
    command: Command,
    timeout: Duration,
    hello: Hello,
    running: Option<Running>,
}

impl Shim {
    /// Starts a shim and asks who it is. A step may take as long as `timeout`.
    ///
    /// # Errors
    /// [`NotStarted`] if the command does not start, or what it starts does not answer `hello` as called for.
    pub fn start(command: Command, timeout: Duration) -> Result<Self, NotStarted> {
        let not_started =
            |Breakdown { what, stderr, .. }| NotStarted { command: command.to_string(), what, stderr };
        let mut running = Running::start(&command).map_err(not_started)?;
        let hello = running.hello(timeout).map_err(not_started)?;
        Ok(Self { command, timeout, hello, running: Some(running) })
    }

    /// What it said of itself.
    #[must_use]
    pub const fn hello(&self) -> &Hello {
        &self.hello
    }

    /// What it is started with.
    #[must_use]
    pub const fn command(&self) -> &Command {
        &self.command
    }

    /// Forgets everything; these are the people from now on.
    ///
    /// # Errors
    /// [`Breakdown`] if no reply came. The shim is started again with the next request.
    pub fn begin(&mut self, people: &BTreeMap<String, Person>) -> Result<Answer, Breakdown> {
        self.ask(Request::Begin { people: people.clone() }).map(|(answer, _)| answer)
    }

    /// Runs one step.
    ///
    /// # Errors
    /// As [`Shim::begin`].
    pub fn step(&mut self, step: Step) -> Result<(Answer, Reply), Breakdown> {
        self.ask(Request::Step(step))
    }

    fn ask(&mut self, request: Request) -> Result<(Answer, Reply), Breakdown> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => {
                let mut running = Running::start(&self.command)?;
                running.hello(self.timeout)?;
                running
            }
        };
        // CNF-12: after a breakdown it is dropped, and so ended.
        let reply = running.ask(request, self.timeout)?;
        self.running = Some(running);
        Ok(reply)
    }

    /// Ends the shim by ending its input; whether it ended by itself.
    #[must_use]
    pub fn finish(mut self) -> bool {
        self.running.take().is_none_or(Running::finish)
    }
}

#[derive(Debug)]
struct Running {
    child: Child,
    /// Lines to it; gone when its input is to end.
    input: Option<Sender<Vec<u8>>>,
    output: Receiver<Incoming>,
    errors: LastLines,
    asked: u64,
    ended: bool,
}

impl Running {
    fn start(command: &Command) -> Result<Self, Breakdown> {
        let broken = |what: String| Breakdown { verdict: Verdict::Crash, what, stderr: Vec::new() };
        let mut process = Process::new(&command.program);
        process.args(&command.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // What it starts is ended with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut process, 0);
        let mut child = process.spawn().map_err(|error| broken(format!("did not start: {error}")))?;
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(broken("did not start with its three streams".to_owned()));
        };
        let (output, deaf) = read_lines(output);
        let input = Some(write_lines(input, deaf));
        Ok(Self { child, input, output, errors: LastLines::read(errors), asked: 0, ended: false })
    }

    fn hello(&mut self, timeout: Duration) -> Result<Hello, Breakdown> {
        let (answer, _) = self.ask(Request::Hello { protocol: VERSION }, timeout).map_err(|broken| {
            let what = format!("did not answer `hello`: {}", broken.what);
            Breakdown { what, ..broken }
        })?;
        let out = match answer {
            Answer::Ok(out) => out,
            Answer::Reject(what) | Answer::Skip(what) | Answer::Fault(what) => {
                let what = format!("does not speak protocol {VERSION}: {what}");
                return Err(self.broken(Verdict::Garbage, what));
            }
        };
        let hello = serde_json::to_string(&out).and_then(|text| serde_json::from_str(&text));
        hello.map_err(|error| {
            self.broken(Verdict::Garbage, format!("answers `hello` with something else: {error}"))
        })
    }

    fn ask(&mut self, request: Request, timeout: Duration) -> Result<(Answer, Reply), Breakdown> {
        self.asked = self.asked.saturating_add(1);
        let id = self.asked;
        let mut line = serde_json::to_vec(&Line { id, request })
            .map_err(|error| self.broken(Verdict::Garbage, error.to_string()))?;
        line.push(b'\n');
        // If the writing thread has ended, it has said why.
        let _ = self.input.as_ref().map(|input| input.send(line));
        match self.output.recv_timeout(timeout) {
            Ok(Incoming::Line(line)) => {
                self.understood(&line, id).map_err(|what| self.broken(Verdict::Garbage, what))
            }
            Ok(Incoming::TooLong) => {
                Err(self.broken(Verdict::Garbage, "a line longer than 64 MiB".to_owned()))
            }
            Ok(Incoming::End(rest)) => Err(self.ended("its output", rest)),
            Ok(Incoming::Deaf) => Err(self.ended("its input", 0)),
            Err(RecvTimeoutError::Timeout) => {
                let what = format!("no reply within {} s", timeout.as_secs_f64());
                Err(self.broken(Verdict::Hang, what))
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.ended("its output", 0)),
        }
    }

    /// CNF-6
    fn understood(&self, line: &[u8], id: u64) -> Result<(Answer, Reply), String> {
        let shown = || {
            let text = String::from_utf8_lossy(line.get(..SHOWN).unwrap_or(line)).into_owned();
            format!("it wrote {text:?}{}", if line.len() > SHOWN { "…" } else { "" })
        };
        let text = std::str::from_utf8(line).map_err(|_| format!("no UTF-8: {}", shown()))?;
        let reply: Reply =
            serde_json::from_str(text).map_err(|error| format!("no reply ({error}): {}", shown()))?;
        if reply.id != id {
            return Err(format!("a reply to {}, and {id} was asked: {}", reply.id, shown()));
        }
        let answer = reply
            .answer()
            .ok_or_else(|| format!("not exactly one of `ok`, `reject`, `skip` and `fault`: {}", shown()))?;
        Ok((answer, reply))
    }

    /// The end of a stream is most often that of the process.
    fn ended(&mut self, stream: &str, rest: usize) -> Breakdown {
        let half =
            if rest > 0 { format!(", within a line, after {rest} bytes of it") } else { String::new() };
        let what = match self.wait() {
            Some(status) => format!("it ended ({status}){half}"),
            None => format!("it closed {stream}{half}"),
        };
        self.broken(Verdict::Crash, what)
    }

    fn broken(&mut self, verdict: Verdict, what: String) -> Breakdown {
        self.kill();
        // What it wrote last is on its way, unless somebody else holds the stream.
        let start = Instant::now();
        while !self.errors.are_all() && start.elapsed() < FAREWELL {
            thread::sleep(GLANCE);
        }
        Breakdown { verdict, what, stderr: self.errors.lines() }
    }

    fn finish(mut self) -> bool {
        self.input = None;
        self.wait().is_some()
    }

    /// Waits for the process to end, though not for long.
    fn wait(&mut self) -> Option<std::process::ExitStatus> {
        let start = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if start.elapsed() < FAREWELL => thread::sleep(GLANCE),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// Ends the process and all that it started.
    fn kill(&mut self) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        #[cfg(unix)]
        if let Ok(id) = i32::try_from(self.child.id())
            && let Some(group) = rustix::process::Pid::from_raw(id)
        {
            // They may have ended by themselves.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}
