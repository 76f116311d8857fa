//! Plays one page.

use crate::page::{Part, parts};
use aside_relay::{Config, Relay};
use regex::Regex;
use snapbox::{Assert, Data, Redactions};
use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tempfile::TempDir;

/// Longer than anything here takes, also on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How far the clock at the terminals is ahead when a page begins: whoever registers goes by the clock of the machine, which would
/// otherwise be ahead of theirs.
const AHEAD: Duration = Duration::from_secs(600);
/// The address of the relay as the pages show it.
const SHOWN_ADDRESS: &str = "ws://127.0.0.1:8750";

pub(crate) fn play(path: &Path) -> Result<(), Box<dyn Error>> {
    let page = fs::read_to_string(path)?;
    let mut stage = Stage::open()?;
    let mut played = String::new();
    for part in parts(&page) {
        match part {
            Part::Line(line) => played += &format!("{line}\n"),
            Part::File { name, content, is_hex } => {
                let bytes = if is_hex { bytes(&content)? } else { content.clone().into_bytes() };
                fs::write(stage.folder.path().join(name), bytes)?;
                played += &content;
            }
            Part::Typed { who, command } => {
                played += &format!("{who}$ {command}\n");
                played += &stage.run(who, command)?.replace(&stage.url, SHOWN_ADDRESS);
            }
        }
    }
    let assert = Assert::new().action_env("SNAPSHOTS").redact_with(stage.differing()?);
    assert.eq(Data::text(played), Data::read_from(path, None));
    Ok(())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

/// What lines of hexadecimal digits stand for.
fn bytes(digits: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let digits: String = digits.split_whitespace().collect();
    let pair = |place| u8::from_str_radix(digits.get(place..place + 2).unwrap_or_default(), 16);
    Ok((0..digits.len()).step_by(2).map(pair).collect::<Result<_, _>>()?)
}

/// A relay and the terminals of some people, each with a profile of their own.
struct Stage {
    folder: TempDir,
    url: String,
    /// What was started with `&`, by terminal.
    running: BTreeMap<String, Background>,
    /// What time it is at the terminals, in milliseconds since 1970. It stands still but for `sleep`, so that nothing depends on
    /// how fast the machine is.
    now: u64,
    _runtime: tokio::runtime::Runtime,
}

impl Stage {
    fn open() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let runtime = tokio::runtime::Runtime::new()?;
        let relay = runtime.block_on(Relay::bind(Config::new(folder.path().join("relay"))))?;
        let url = relay.url();
        runtime.spawn(relay.serve(std::future::pending()));
        let now = SystemTime::now().duration_since(UNIX_EPOCH)? + AHEAD;
        let now = u64::try_from(now.as_millis())?;
        let stage = Self { folder, url, running: BTreeMap::new(), now, _runtime: runtime };
        stage.set_clock()?;
        Ok(stage)
    }

    /// What is another thing each time, and what the pages call it.
    fn differing(&self) -> Result<Redactions, Box<dyn Error>> {
        let mut differing = Redactions::new();
        differing.insert("[DIR]", self.folder.path().to_owned())?;
        differing.insert("[TIME]", Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?")?)?;
        differing.insert(
            "[ID]",
            Regex::new(r"\b([0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{8}|([0-9a-f]{4} ){7}[0-9a-f]{4})\b")?,
        )?;
        Ok(differing)
    }

    fn clock(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    /// In one step: a command that runs must not read half of it.
    fn set_clock(&self) -> std::io::Result<()> {
        let next = self.folder.path().join("next");
        fs::write(&next, self.now.to_string())?;
        fs::rename(next, self.clock())
    }

    /// What a command prints: first what it has to say, then what it complains about, then how it ended if not well.
    fn run(&mut self, who: &str, command: &str) -> Result<String, Box<dyn Error>> {
        let words = shlex::split(command).ok_or("unbalanced quotes")?;
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["sleep", seconds] => {
                self.now += seconds.parse::<u64>()? * 1000;
                self.set_clock()?;
                Ok(String::new())
            }
            ["cp", "-r", from, to] => {
                copy(&self.folder.path().join(from), &self.folder.path().join(to))?;
                Ok(String::new())
            }
            ["mv", from, to] => {
                fs::rename(self.folder.path().join(from), self.folder.path().join(to))?;
                Ok(String::new())
            }
            ["wait"] => self.running.remove(who).ok_or("nothing runs there")?.finish(),
            ["aside", arguments @ .., "&"] => {
                let started = Background::start(self.aside(who, arguments))?;
                self.running.insert(who.to_owned(), started);
                Ok(String::new())
            }
            ["aside", arguments @ ..] => {
                let output = self.aside(who, arguments).stdin(Stdio::null()).output()?;
                let mut shown = String::from_utf8(output.stdout)? + &String::from_utf8(output.stderr)?;
                if !output.status.success() {
                    shown += &format!("? {}\n", output.status.code().ok_or("killed")?);
                }
                Ok(shown)
            }
            _ => Err(format!("no such command: {command}").into()),
        }
    }

    fn aside(&self, who: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aside"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("ASIDE_PROFILE", self.folder.path().join(who))
            .env("ASIDE_RELAY", &self.url)
            .env("ASIDE_TEST_CLOCK", self.clock())
            .env("COLUMNS", "100");
        command
    }
}

/// A command that goes on while others are typed.
struct Background {
    child: Child,
    lines: Receiver<String>,
    shown: String,
}

impl Background {
    /// Starts it, and waits until it is connected.
    fn start(mut command: Command) -> Result<Self, Box<dyn Error>> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (sender, lines) = channel();
        forward(child.stdout.take().ok_or("no standard output")?, sender.clone());
        forward(child.stderr.take().ok_or("no standard error")?, sender);
        let mut started = Self { child, lines, shown: String::new() };
        while !started.shown.contains("connected") {
            started.read()?;
        }
        Ok(started)
    }

    fn read(&mut self) -> Result<(), RecvTimeoutError> {
        let line = self.lines.recv_timeout(PATIENCE)?;
        self.shown += &format!("{line}\n");
        Ok(())
    }

    /// What it has shown when it ends by itself.
    fn finish(mut self) -> Result<String, Box<dyn Error>> {
        loop {
            match self.read() {
                Ok(()) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => return Err(format!("it goes on:\n{}", self.shown).into()),
            }
        }
        self.child.wait()?;
        Ok(std::mem::take(&mut self.shown))
    }
}

fn forward(pipe: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            // Nobody waits for it if the page has ended.
            let _ = lines.send(line);
        }
    });
}

impl Drop for Background {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
