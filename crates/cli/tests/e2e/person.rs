//! Somebody at a terminal: a profile, and `aside` run in it.

use aside_client::driver::Client;
use serde_json::Value;
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// Longer than anything here takes, also on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for a future, but not for ever.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it should have happened by now")
}

/// Looks again and again until something is there.
pub(crate) async fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    soon(async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
}

/// A profile directory and the handle it is for.
pub(crate) struct Person {
    pub(crate) handle: String,
    pub(crate) profile: PathBuf,
    /// What the commands find in their environment.
    env: Vec<(&'static str, PathBuf)>,
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Person {
    /// Somebody with a place for a profile under `folder`, and nothing in it yet.
    pub(crate) fn new(folder: &Path, name: &str) -> Self {
        Self { handle: format!("@{name}"), profile: folder.join(name), env: Vec::new() }
    }

    /// The same, whose commands find more in their environment.
    pub(crate) fn with_env(mut self, name: &'static str, value: &Path) -> Self {
        self.env.push((name, value.to_owned()));
        self
    }

    /// The same, registered at a relay.
    pub(crate) async fn registered(folder: &Path, name: &str, relay: &str) -> Self {
        let person = Self::new(folder, name);
        person.run(&["register", &person.handle, "--relay", relay]).await.done();
        person
    }

    /// Has somebody as a contact, so that what they write is no request.
    pub(crate) async fn knows(&self, other: &Self) {
        let handle = other.handle.parse().unwrap();
        let mut client = Client::open(&self.profile).unwrap();
        client.look_up(&handle).await.unwrap();
        client.step(|engine, step| engine.set_contact(step, &handle, true)).unwrap();
    }

    /// `aside` in this profile, with nothing inherited that could change it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = aside(
            ["--profile".as_ref(), self.profile.as_os_str()]
                .into_iter()
                .chain(arguments.iter().map(OsStr::new)),
        );
        command.envs(self.env.iter().cloned());
        command
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Outcome {
        finish(self.command(arguments), "").await
    }

    /// The same, with lines on standard input.
    pub(crate) async fn run_with(&self, arguments: &[&str], input: &str) -> Outcome {
        finish(self.command(arguments), input).await
    }

    /// Starts a command and leaves it running.
    pub(crate) async fn start(&self, arguments: &[&str], input: &str) -> Running {
        let mut child = spawn(self.command(arguments), input).await;
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Running { child, lines }
    }

    /// The messages that `aside inbox --all` knows, as JSON.
    pub(crate) async fn history(&self) -> Vec<Value> {
        messages(&self.run(&["inbox", "--all", "--json"]).await.done())
    }

    /// Everything in the profile directory, byte for byte.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let Ok(directory) = fs::read_dir(&self.profile) else { return Vec::new() };
        let mut files: Vec<_> = directory
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    }
}

/// `aside` without a profile of its own.
pub(crate) fn aside(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aside"));
    command
        .args(arguments)
        .env_remove("ASIDE_PROFILE")
        .env_remove("ASIDE_RELAY")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs a command to its end.
pub(crate) async fn finish(command: Command, input: &str) -> Outcome {
    let child = spawn(command, input).await;
    let output = soon(child.wait_with_output()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

async fn spawn(mut command: Command, input: &str) -> Child {
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A command that fails early does not read it.
    let _ = stdin.write_all(input.as_bytes()).await;
    child
}

impl Outcome {
    /// What it printed; it must have succeeded without a word of complaint.
    pub(crate) fn done(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// It must have failed with a code, in one line that has these words in it.
    pub(crate) fn failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        let line = self.err.strip_prefix("aside: ").unwrap_or_else(|| panic!("{self:?}"));
        assert_eq!(line.lines().count(), 1, "{self:?}");
        for word in words {
            assert!(line.contains(word), "{word:?} is not in {self:?}");
        }
    }
}

/// The JSON objects in an output, each on its own line.
pub(crate) fn objects(output: &str) -> Vec<Value> {
    output.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// The messages among them.
pub(crate) fn messages(output: &str) -> Vec<Value> {
    objects(output).into_iter().filter(|object| object["type"] == "message").collect()
}

/// The texts of one kind of conversation, in the order given.
pub(crate) fn texts(messages: &[Value], conversation: &str) -> Vec<String> {
    let of_kind = messages.iter().filter(|message| message["conversation"] == conversation);
    of_kind.map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

/// A command that runs.
pub(crate) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Its next line.
    pub(crate) async fn line(&mut self) -> String {
        soon(self.lines.next_line()).await.unwrap().expect("the command has ended")
    }

    /// Its next line that is a JSON object of this type.
    pub(crate) async fn object(&mut self, kind: &str) -> Value {
        loop {
            let object: Value = serde_json::from_str(&self.line().await).unwrap();
            if object["type"] == kind {
                return object;
            }
        }
    }

    /// Like a power switch: SIGKILL, and what it had printed by then.
    pub(crate) async fn kill(mut self) -> String {
        self.child.start_kill().unwrap();
        let mut rest = String::new();
        while let Ok(Some(line)) = soon(self.lines.next_line()).await {
            rest.push_str(&line);
            rest.push('\n');
        }
        let status = soon(self.child.wait()).await.unwrap();
        assert_eq!(status.code(), None, "it ended by itself before it was killed: {rest}");
        rest
    }

    /// Waits until it ends by itself.
    pub(crate) async fn end(mut self) -> Outcome {
        let mut out = String::new();
        while let Some(line) = soon(self.lines.next_line()).await.unwrap() {
            out.push_str(&line);
            out.push('\n');
        }
        let output = soon(self.child.wait_with_output()).await.unwrap();
        Outcome { code: output.status.code(), out, err: String::from_utf8(output.stderr).unwrap() }
    }
}
