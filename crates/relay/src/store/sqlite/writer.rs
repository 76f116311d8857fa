//! The one thread that writes, with group commit.
//!
//! It takes everything that queued while the last transaction went to disk into the next one, and waits for
//! nothing: a lone request is committed at once, and a crowd shares one fsync. Each job runs in its own savepoint,
//! so one that fails leaves the others alone; answers go out only after the commit (RLY-8).

use super::open::BUSY;
use crate::{
    hub::Hub,
    limits::{BATCH_DELIVERIES, BATCH_JOBS, CLEARING},
    store::{Answer, Commits, Mailbox, StoreError, StoreFailed},
};
use futures_util::FutureExt;
use rusqlite::Connection;
use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::{runtime::Handle, sync::oneshot};
use tracing::error;

/// When deleted bodies are cleared out of the write-ahead log too (RLY-42).
#[derive(Debug, Clone, Copy)]
pub(super) struct Clearing {
    /// After so long without work.
    pub(super) quiet: Duration,
    /// After so long with work that does not end.
    pub(super) busy: Duration,
}

impl Default for Clearing {
    fn default() -> Self {
        Self { quiet: Duration::from_secs(2), busy: Duration::from_secs(60) }
    }
}

/// What a job wants to happen once it is durable.
#[derive(Default)]
pub(super) struct Effects {
    /// Mailboxes that got something.
    pub(super) wake: Vec<Mailbox>,
}

/// The sending end of the writer's queue. When the last one is dropped, the thread finishes and ends.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
    /// What is counted of its commits.
    pub(super) commits: Commits,
}

impl Writer {
    /// Starts the thread; the receiver answers when it has ended.
    pub(super) fn start(
        connection: Connection,
        hub: Arc<Hub>,
        clearing: Clearing,
    ) -> io::Result<(Self, oneshot::Receiver<()>)> {
        let (queue, jobs) = mpsc::channel();
        let (ended, end) = oneshot::channel();
        let commits = Commits::default();
        let news = News { hub, runtime: Handle::try_current().ok(), commits: commits.clone() };
        thread::Builder::new().name("relay-writer".into()).spawn(move || {
            run(&connection, &jobs, &news, clearing);
            drop(connection);
            let _ = ended.send(());
        })?;
        Ok((Self { queue, commits }, end))
    }

    /// Queues a job; the queue's order is the order of calls.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection, &mut Effects) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        let (answer, answered) = oneshot::channel();
        // If the thread is gone, the job is dropped with its answer, and the receiver sees that.
        let _ = self.queue.send(Box::new(Task { work, outcome: None, answer }));
        answered.map(|outcome| outcome.unwrap_or(Err(StoreError::Failed(StoreFailed::Stopped)))).boxed()
    }
}

trait Job: Send {
    /// Does the work; whether it is to be kept. May be called again if the transaction was rolled back.
    fn run(&mut self, connection: &Connection, effects: &mut Effects) -> bool;
    /// Answers, after the commit or its failure.
    fn answer(self: Box<Self>, committed: Result<(), StoreFailed>);
}

struct Task<T, W> {
    work: W,
    outcome: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, W> Job for Task<T, W>
where
    W: Fn(&Connection, &mut Effects) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, connection: &Connection, effects: &mut Effects) -> bool {
        self.outcome.insert((self.work)(connection, effects)).is_ok()
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreFailed>) {
        let outcome = match (self.outcome, committed) {
            // A refusal changed nothing, so it does not depend on the commit.
            (Some(Err(error)), _) => Err(error),
            (_, Err(failed)) => Err(failed.into()),
            (Some(outcome), Ok(())) => outcome,
            (None, Ok(())) => Err(StoreFailed::Stopped.into()),
        };
        // Nobody may be listening any more; the work stays done.
        let _ = self.answer.send(outcome);
    }
}

fn run(connection: &Connection, jobs: &Receiver<Box<dyn Job>>, news: &News, clearing: Clearing) {
    let mut dirty = false;
    let mut cleared = Instant::now();
    loop {
        let first = match jobs.recv_timeout(clearing.quiet) {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => {
                dirty = dirty && !truncate_log(connection);
                if !dirty {
                    cleared = Instant::now();
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let mut queued: VecDeque<_> =
            std::iter::once(first).chain(jobs.try_iter()).take(BATCH_JOBS).collect();
        while !queued.is_empty() {
            commit_together(connection, &mut queued, jobs, news);
        }
        dirty = true;
        if cleared.elapsed() >= clearing.busy {
            dirty = !truncate_log(connection);
            cleared = Instant::now();
        }
    }
    truncate_log(connection);
}

/// Commits as many of the queued jobs as one transaction takes, from the first on.
fn commit_together(
    connection: &Connection,
    queued: &mut VecDeque<Box<dyn Job>>,
    jobs: &Receiver<Box<dyn Job>>,
    news: &News,
) {
    let began = Instant::now();
    let mut batch = Vec::new();
    let mut effects = Effects::default();
    let committed = attempt(connection, queued, &mut batch, &mut effects).map_err(|failure| {
        error!(%failure, "a transaction failed");
        if !connection.is_autocommit() && connection.execute_batch("ROLLBACK").is_err() {
            error!("and could not be rolled back");
        }
        StoreFailed::Database(failure.to_string())
    });
    if committed.is_ok() {
        news.commits.count(began.elapsed(), batch.len());
    } else {
        effects.wake.clear();
        // What the same trouble would meet fails with it; nobody waits for each attempt in turn, and nothing overtakes
        // what failed (RLY-22).
        batch.extend(queued.drain(..).chain(jobs.try_iter()));
    }
    news.tell(batch, effects, committed);
}

/// Tells those who wait what has become of a transaction.
struct News {
    hub: Arc<Hub>,
    runtime: Option<Handle>,
    commits: Commits,
}

impl News {
    /// In the runtime, if there is one: a thread in it wakes many tasks at a small part of what it costs one outside, and the next
    /// transaction does not wait for that.
    fn tell(&self, batch: Vec<Box<dyn Job>>, effects: Effects, committed: Result<(), StoreFailed>) {
        let hub = Arc::clone(&self.hub);
        let tell = move || {
            for mailbox in &effects.wake {
                hub.wake(mailbox);
            }
            for job in batch {
                job.answer(committed.clone());
            }
        };
        match &self.runtime {
            Some(runtime) => drop(runtime.spawn(async move { tell() })),
            None => tell(),
        }
    }
}

/// Runs jobs until the transaction delivers enough; every job that was taken is in the batch, whatever happens.
///
/// Nearly all of them look before they write, so that one that is refused leaves nothing to be undone: savepoints, which copy every page
/// that is touched, wait until one does.
fn attempt(
    connection: &Connection,
    queued: &mut VecDeque<Box<dyn Job>>,
    batch: &mut Vec<Box<dyn Job>>,
    effects: &mut Effects,
) -> Result<(), rusqlite::Error> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    while effects.wake.len() < BATCH_DELIVERIES {
        let Some(next) = queued.pop_front() else { break };
        let job = batch.push_mut(next);
        let (wakes, changes) = (effects.wake.len(), connection.total_changes());
        if job.run(connection, effects) {
            continue;
        }
        effects.wake.truncate(wakes);
        if connection.total_changes() != changes || connection.is_autocommit() {
            return begin_again(connection, batch, effects);
        }
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

/// Runs the jobs of a batch once more, each in a savepoint: one of them has to be undone without the others.
fn begin_again(
    connection: &Connection,
    batch: &mut [Box<dyn Job>],
    effects: &mut Effects,
) -> Result<(), rusqlite::Error> {
    // After some failures (disk full) SQLite has rolled back everything; then this fails, and so does the whole batch.
    connection.prepare_cached("ROLLBACK")?.execute([])?;
    effects.wake.clear();
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    for job in batch {
        connection.prepare_cached("SAVEPOINT job")?.execute([])?;
        let wakes = effects.wake.len();
        if !job.run(connection, effects) {
            effects.wake.truncate(wakes);
            connection.prepare_cached("ROLLBACK TO job")?.execute([])?;
        }
        connection.prepare_cached("RELEASE job")?.execute([])?;
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

/// Copies the log into the database and empties it; whether that went through. Whoever reads for long, like a backup, holds it
/// up until the next attempt and nobody else.
fn truncate_log(connection: &Connection) -> bool {
    let patience = |time| connection.busy_timeout(time).is_ok();
    let is_set = patience(CLEARING);
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    is_set && patience(BUSY) && matches!(busy, Ok(0))
}
