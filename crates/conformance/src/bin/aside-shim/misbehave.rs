//! Ways in which a shim breaks, for the tests of the runner.

use aside_conformance::{
    protocol::{LINE_BYTES, Line, Reply, Request},
    shim,
    value::{Fields, Value},
};
use clap::ValueEnum;
use std::{
    io::{self, BufRead as _, Write as _},
    process::{Command, Stdio},
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
    /// Gives something more than is called for.
    MoreOut,
    /// Gives bytes as vectors write them, and not in hex.
    Expression,
}

/// Answers each step by itself, but those whose request has `at` in it.
pub(crate) fn serve(kind: Kind, at: &str) -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let mut line = line?;
        line.push('\n');
        let mut reply = Vec::new();
        shim::serve(line.as_bytes(), &mut reply, None)?;
        if line.contains(at) && !line.contains("\"do\":\"hello\"") {
            misbehave(kind, &line, &reply)?;
        } else {
            write(&reply)?;
        }
    }
    Ok(())
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
