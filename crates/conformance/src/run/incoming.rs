//! Threads that read what a shim writes and write what it reads, so that neither waits for the other.

use crate::protocol::LINE_BYTES;
use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread,
};

/// How many of the last lines of standard error are kept.
const KEPT_LINES: usize = 12;
/// How much of each of them.
const KEPT_BYTES: u64 = 1000;

/// What comes from a shim.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A whole line, without its end.
    Line(Vec<u8>),
    /// A line longer than [`LINE_BYTES`]. Nothing follows.
    TooLong,
    /// The output ended, with so many bytes of a line that has no end. Nothing follows.
    End(usize),
    /// The shim reads no more.
    Deaf,
}

/// Reads lines (CNF-11). At most one waits to be taken: who writes without being asked is kept waiting.
pub(super) fn read_lines(output: impl Read + Send + 'static) -> (Receiver<Incoming>, SyncSender<Incoming>) {
    let (sender, receiver) = sync_channel(1);
    let sending = sender.clone();
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        loop {
            let incoming = read_line(&mut output);
            let last = !matches!(incoming, Incoming::Line(_));
            // Nobody listens any more when the shim has been given up.
            if sending.send(incoming).is_err() || last {
                break;
            }
        }
    });
    (receiver, sender)
}

fn read_line(output: &mut impl BufRead) -> Incoming {
    let mut line = Vec::new();
    let most = u64::try_from(LINE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    // An output that fails has ended.
    let _ = output.take(most).read_until(b'\n', &mut line);
    match line.pop() {
        Some(b'\n') => Incoming::Line(line),
        Some(_) if line.len() >= LINE_BYTES => Incoming::TooLong,
        Some(_) => Incoming::End(line.len().saturating_add(1)),
        None => Incoming::End(0),
    }
}

/// Writes lines, and says so when nobody reads them. The input is closed when the sender is dropped.
pub(super) fn write_lines(
    mut input: impl Write + Send + 'static,
    deaf: SyncSender<Incoming>,
) -> Sender<Vec<u8>> {
    let (sender, receiver) = channel::<Vec<u8>>();
    thread::spawn(move || {
        for line in receiver {
            if input.write_all(&line).and_then(|()| input.flush()).is_err() {
                let _ = deaf.send(Incoming::Deaf);
                break;
            }
        }
    });
    sender
}

/// The last lines of standard error.
#[derive(Clone, Default, Debug)]
pub(super) struct LastLines(Arc<Mutex<VecDeque<String>>>);

impl LastLines {
    pub(super) fn read(errors: impl Read + Send + 'static) -> Self {
        let kept = Self::default();
        let lines = kept.clone();
        thread::spawn(move || {
            let mut errors = BufReader::new(errors);
            let mut line = Vec::new();
            // Long lines come in pieces: nothing is without a bound.
            while (&mut errors).take(KEPT_BYTES).read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                lines.keep(String::from_utf8_lossy(&line).trim_end().to_owned());
                line.clear();
            }
        });
        kept
    }

    fn keep(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_back(line);
        if lines.len() > KEPT_LINES {
            lines.pop_front();
        }
    }

    /// Whether the stream has ended.
    pub(super) fn are_all(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
