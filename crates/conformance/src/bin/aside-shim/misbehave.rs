//! Ways in which a shim breaks, for the tests of the runner.

use aside_conformance::{
    protocol::{LINE_BYTES, Line, Reply, Request},
    shim,
    value::{Fields, Value},
};
use clap::ValueEnum;
use std::{
    cell::RefCell,
    io::{self, BufRead, Read, StdinLock, Write},
    process::{Command, Stdio},
    rc::Rc,
    thread,
    time::Duration,
};

/// What a shim does instead of answering.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing, for ever.
    Hang,
    /// The same, with a process that it has started.
    HangWithChild,
    /// Ends with a code, and says why.
    Exit,
    /// Ends by a signal.
    Abort,
    /// Writes so much to its standard error that nobody wants to read it, then ends.
    Scream,
    /// Ends within its reply.
    Half,
    /// Answers in two pieces, and takes its time.
    Slow,
    /// No UTF-8.
    NoText,
    /// No JSON.
    NoJson,
    /// Something that no reply has in it.
    MoreFields,
    /// Two answers in one reply.
    Both,
    /// No answer in the reply.
    Neither,
    /// A reply to another request.
    OtherId,
    /// The same reply twice.
    Twice,
    /// Replies without an end, and never reads again.
    Flood,
    /// A line without an end.
    LongLine,
    /// Refuses with another word.
    OtherWord,
    /// Refuses.
    Refuse,
    /// Says that it is not implemented.
    Skip,
    /// Says that something went wrong.
    Fault,
    /// Draws nothing.
    DrawNothing,
    /// Says that the state is another one.
    OtherState,
    /// Says nothing of the state.
    NoState,
    /// Gives something more than is called for.
    MoreOut,
    /// Gives bytes as vectors write them, and not in hex.
    Expression,
}

/// Answers all requests, but breaks at those that have `at` in them.
pub(crate) fn serve(kind: Kind, at: &str) -> io::Result<()> {
    let heard = Rc::default();
    let input = Hearing { input: io::stdin().lock(), heard: Rc::clone(&heard) };
    shim::serve(input, Answering { kind, at: at.to_owned(), heard }, None)
}

/// Standard input, and the last line of it.
struct Hearing {
    input: StdinLock<'static>,
    heard: Rc<RefCell<Vec<u8>>>,
}

impl Read for Hearing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.input.read(buffer)
    }
}

impl BufRead for Hearing {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        let mut heard = self.heard.borrow_mut();
        if heard.ends_with(b"\n") {
            heard.clear();
        }
        heard.extend(self.input.fill_buf().unwrap_or_default().iter().take(amount));
        self.input.consume(amount);
    }
}

/// Standard output, for all replies but some.
struct Answering {
    kind: Kind,
    at: String,
    heard: Rc<RefCell<Vec<u8>>>,
}

impl Write for Answering {
    /// A whole reply.
    fn write(&mut self, reply: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(&self.heard.borrow()).into_owned();
        if line.contains(&self.at) && !line.contains("\"do\":\"hello\"") {
            misbehave(self.kind, &line, reply)?;
        } else {
            write(reply)?;
        }
        Ok(reply.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn misbehave(kind: Kind, line: &str, honest: &[u8]) -> io::Result<()> {
    let Line { id, request } = serde_json::from_str(line)?;
    let reply: Reply = serde_json::from_slice(honest)?;
    match kind {
        Kind::Hang => wait(),
        Kind::HangWithChild => {
            let mut child = Command::new(std::env::current_exe()?)
                .args(["--misbehave", "hang", "--at", ""])
                .stdin(Stdio::piped())
                .spawn()?;
            let Some(mut input) = child.stdin.take() else { return Ok(()) };
            eprintln!("{}", child.id());
            input.write_all(b"{\"id\":1,\"do\":\"step\",\"op\":\"\",\"in\":{}}\n")?;
            wait()
        }
        Kind::Exit => {
            eprintln!("something is wrong");
            std::process::exit(3)
        }
        Kind::Abort => std::process::abort(),
        Kind::Scream => {
            for line in 0..10_000 {
                eprintln!("{line} {}", "a".repeat(3000));
            }
            std::process::exit(3)
        }
        Kind::Half => {
            write(honest.get(..honest.len() / 2).unwrap_or_default())?;
            std::process::exit(0)
        }
        Kind::Slow => {
            let (first, rest) = honest.split_at(honest.len() / 2);
            write(first)?;
            thread::sleep(Duration::from_millis(50));
            write(rest)
        }
        Kind::NoText => write(b"\xff\xfe\n"),
        Kind::NoJson => write(b"Hello, who are you?\n"),
        Kind::MoreFields => write(format!("{{\"id\":{id},\"ok\":{{}},\"more\":1}}\n").as_bytes()),
        Kind::Both => send(&Reply { reject: Some("key".to_owned()), skip: Some(String::new()), ..reply }),
        Kind::Neither => send(&Reply { id, ..Reply::default() }),
        Kind::OtherId => send(&Reply { id: id.saturating_add(1), ..reply }),
        Kind::Twice => write(&[honest, honest].concat()),
        Kind::Flood => loop {
            write(honest)?;
        },
        Kind::LongLine => {
            let piece = vec![b'a'; 1 << 20];
            for _ in 0..LINE_BYTES >> 19 {
                write(&piece)?;
            }
            wait()
        }
        Kind::OtherWord => {
            let word = reply.reject.as_ref().map(|_| "another".to_owned());
            send(&Reply { reject: word, ..reply })
        }
        Kind::Refuse => send(&Reply { id, reject: Some("policy".to_owned()), ..Reply::default() }),
        Kind::Skip => send(&Reply { id, skip: Some(name(&request)), ..Reply::default() }),
        Kind::Fault => send(&Reply { id, fault: Some(name(&request)), ..Reply::default() }),
        Kind::DrawNothing => send(&Reply { drawn: Vec::new(), ..reply }),
        Kind::OtherState => send(&Reply { state: Some("00".repeat(32)), ..reply }),
        Kind::NoState => send(&Reply { state: None, ..reply }),
        Kind::MoreOut => send(&Reply { ok: reply.ok.map(|out| out.number("more", 1u32)), ..reply }),
        Kind::Expression => send(&Reply { ok: reply.ok.map(|out| expressions(&out)), ..reply }),
    }
}

fn expressions(out: &Fields) -> Fields {
    out.iter().fold(Fields::new(), |all, (name, value)| all.with(name, Value::List(vec![value.clone()])))
}

fn name(request: &Request) -> String {
    match request {
        Request::Step(step) => step.op.clone(),
        Request::Hello { .. } | Request::Begin { .. } => String::new(),
    }
}

fn send(reply: &Reply) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    write(&line)
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(bytes)?;
    output.flush()
}

fn wait() -> ! {
    loop {
        thread::park();
    }
}
