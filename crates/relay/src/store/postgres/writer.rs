//! The session that writes mail, with group commit.
//!
//! It takes everything that queued while the last transaction went to disk into the next one, and waits for nothing. All
//! statements of a transaction go out at once and are answered in one round trip; sends to one device that follow each other
//! are one statement. Each looks before it writes, so one
//! that is refused leaves the others alone; what the database itself fails at fails for the whole batch. Answers go out
//! only after the commit (RLY-8), and a commit that is in doubt is answered as failed: whoever sent it repeats it under
//! the same client id, which is stored once (RLY-9, RLY-24).

use super::{
    ServerError,
    line::Line,
    messages::Single,
    row::addresses,
    session::{Call, PATIENCE, Session, call, describe},
    wakes::Wakes,
};
use crate::{
    clock::now,
    hub::Hub,
    limits::{BATCH_DELIVERIES, BATCH_JOBS},
    store::{Answer, Commits, Log, Mailbox, StoreError, StoreFailed},
};
use futures_util::{FutureExt, future::poll_fn};
use std::{collections::BTreeSet, fmt, sync::Arc, task::Poll};
use tokio::{
    sync::{
        mpsc::{self, UnboundedReceiver},
        oneshot,
    },
    time::{Instant, timeout},
};
use tokio_postgres::Row;
use tracing::error;

const LOCK_ROWS: &str = "SELECT lock_rows($1, $2, $3, $4, $5)";

/// What jobs want locked before the first of them begins.
#[derive(Default)]
pub(super) struct Locks {
    stores: BTreeSet<Mailbox>,
    mailboxes: BTreeSet<Mailbox>,
    logs: BTreeSet<i64>,
}

impl Locks {
    /// The device does something.
    pub(super) fn store(&mut self, device: Mailbox) {
        self.stores.insert(device);
    }

    /// Mail comes or goes there.
    pub(super) fn mailbox(&mut self, mailbox: Mailbox) {
        self.mailboxes.insert(mailbox);
    }

    /// It grows.
    pub(super) fn log(&mut self, Log([a, b, c, d, e, f, g, h, ..]): &Log) {
        self.logs.insert(i64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]));
    }

    fn call(&self) -> Call {
        let (stores, store_devices) = addresses(&self.stores);
        let (mailboxes, mailbox_devices) = addresses(&self.mailboxes);
        let logs: Vec<i64> = self.logs.iter().copied().collect();
        call!(LOCK_ROWS, stores, store_devices, mailboxes, mailbox_devices, logs)
    }
}

/// What became of a job, if its transaction is committed.
pub(super) struct Done<T> {
    pub(super) answer: T,
    /// Mailboxes that got something.
    pub(super) wake: Vec<Mailbox>,
    /// Their rows.
    pub(super) rows: Vec<i64>,
}

impl<T> Done<T> {
    /// What wakes nobody.
    pub(super) const fn quietly(answer: T) -> Self {
        Self { answer, wake: Vec::new(), rows: Vec::new() }
    }
}

/// What a job asks of the database.
pub(super) enum Work {
    /// In a statement of its own.
    Alone(Call),
    /// In one with those before and after it.
    Single(Box<Single>),
}

impl From<Call> for Work {
    fn from(call: Call) -> Self {
        Self::Alone(call)
    }
}

/// One job among those of a batch.
pub(super) struct Task<T> {
    work: Work,
    locks: Box<dyn Fn(&mut Locks) + Send + Sync>,
    deliveries: usize,
    read: Option<Reading<T>>,
    outcome: Option<Result<Done<T>, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

type Reading<T> = Box<dyn FnOnce(&Row) -> Result<Done<T>, StoreError> + Send + Sync>;

/// The sending end of the writer's queue. When the last one is dropped, the task finishes and ends.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::UnboundedSender<Box<dyn Job>>,
    /// What is counted of its commits.
    pub(super) commits: Commits,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}

impl Writer {
    /// The sending end, and what works it off.
    pub(super) fn new(line: Line, hub: Arc<Hub>, wakes: Wakes) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, jobs) = mpsc::unbounded_channel();
        let commits = Commits::default();
        (Self { queue, commits: commits.clone() }, run(line, jobs, News { hub, wakes, commits }))
    }

    /// Queues a job; the queue's order is the order of calls (RLY-22).
    pub(super) fn submit<T: Send + Sync + 'static>(
        &self,
        work: impl Into<Work>,
        deliveries: usize,
        locks: impl Fn(&mut Locks) + Send + Sync + 'static,
        read: impl FnOnce(&Row) -> Result<Done<T>, StoreError> + Send + Sync + 'static,
    ) -> Answer<T> {
        let (answer, answered) = oneshot::channel();
        let work = work.into();
        let (locks, read) = (Box::new(locks), Some::<Reading<T>>(Box::new(read)));
        // If the task is gone, the job is dropped with its answer, and the receiver sees that.
        let _ = self.queue.send(Box::new(Task { work, locks, deliveries, read, outcome: None, answer }));
        answered.map(|outcome| outcome.unwrap_or(Err(StoreError::Failed(StoreFailed::Stopped)))).boxed()
    }
}

trait Job: Send + Sync {
    fn work(&self) -> &Work;
    fn lock(&self, locks: &mut Locks);
    fn deliveries(&self) -> usize;
    /// Reads the answer of the database.
    fn read(&mut self, row: &Row, effects: &mut Effects);
    /// Answers, after the commit or its failure.
    fn answer(self: Box<Self>, committed: Result<(), StoreFailed>);
}

/// What is to happen once a batch is durable.
#[derive(Default)]
struct Effects {
    wake: Vec<Mailbox>,
    rows: Vec<i64>,
}

impl<T: Send + Sync> Job for Task<T> {
    fn work(&self) -> &Work {
        &self.work
    }

    fn lock(&self, locks: &mut Locks) {
        (self.locks)(locks);
    }

    fn deliveries(&self) -> usize {
        self.deliveries
    }

    fn read(&mut self, row: &Row, effects: &mut Effects) {
        self.outcome = self.read.take().map(|read| read(row));
        if let Some(Ok(done)) = &mut self.outcome {
            effects.wake.append(&mut done.wake);
            effects.rows.append(&mut done.rows);
        }
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreFailed>) {
        let outcome = match (self.outcome, committed) {
            // A refusal changed nothing, so it does not depend on the commit.
            (Some(Err(error)), _) => Err(error),
            (_, Err(failed)) => Err(failed.into()),
            (Some(Ok(done)), Ok(())) => Ok(done.answer),
            (None, Ok(())) => Err(StoreFailed::Stopped.into()),
        };
        // Nobody may be listening any more; the work stays done.
        let _ = self.answer.send(outcome);
    }
}

/// Tells those who wait what has become of a transaction.
struct News {
    hub: Arc<Hub>,
    wakes: Wakes,
    commits: Commits,
}

async fn run(mut line: Line, mut jobs: UnboundedReceiver<Box<dyn Job>>, news: News) {
    while let Some(first) = jobs.recv().await {
        let mut batch = vec![first];
        let mut deliveries = 0usize;
        while batch.len() < BATCH_JOBS && deliveries < BATCH_DELIVERIES {
            let Ok(next) = jobs.try_recv() else { break };
            deliveries = deliveries.saturating_add(next.deliveries());
            batch.push(next);
        }
        let (began, mut effects) = (Instant::now(), Effects::default());
        let committed = match line.session(begin_run).await {
            Ok(session) => commit(session, &mut batch, &mut effects).await,
            Err(failed) => Err(failed),
        };
        if let Err(failure) = &committed {
            error!(%failure, "a transaction failed");
            // What becomes of it, nobody knows here; nothing else is sent after it on the same session.
            line.cut();
            // What the same trouble would meet fails with it; nobody waits for each attempt in turn, and nothing overtakes
            // what failed (RLY-22).
            while let Ok(next) = jobs.try_recv() {
                batch.push(next);
            }
        } else {
            news.commits.count(began.elapsed(), batch.len());
            for mailbox in &effects.wake {
                news.hub.wake(mailbox);
            }
            news.wakes.wake(effects.rows);
        }
        for job in batch {
            job.answer(committed.clone());
        }
    }
}

/// The database behind a new session may be an older copy (RLY-26).
pub(super) async fn begin_run(session: &mut Session) -> Result<(), ServerError> {
    session.call(&call!("SELECT begin_run($1)", super::row::int(now()))).await?;
    Ok(())
}

/// A statement for one job or several.
enum Step<'a> {
    Alone(&'a Call),
    Together(Call, usize),
}

impl<'a> Step<'a> {
    fn call(&self) -> &Call {
        match self {
            Self::Alone(call) => call,
            Self::Together(call, _) => call,
        }
    }

    /// Each answers with one row.
    const fn rows(&self) -> usize {
        match self {
            Self::Alone(_) => 1,
            Self::Together(_, jobs) => *jobs,
        }
    }

    /// What a batch says, in its order.
    fn of(batch: &'a [Box<dyn Job>]) -> Vec<Self> {
        let mut steps = Vec::new();
        let mut singles: Vec<&Single> = Vec::new();
        for job in batch {
            match job.work() {
                Work::Single(single) => singles.push(single),
                Work::Alone(call) => {
                    steps.extend(Self::together(&mut singles));
                    steps.push(Step::Alone(call));
                }
            }
        }
        steps.extend(Self::together(&mut singles));
        steps
    }

    fn together(singles: &mut Vec<&Single>) -> Option<Self> {
        let jobs = singles.len();
        let call = (jobs > 0).then(|| Single::together(singles))?;
        singles.clear();
        Some(Self::Together(call, jobs))
    }
}

/// Commits a batch in one round trip.
async fn commit(
    session: &mut Session,
    batch: &mut [Box<dyn Job>],
    effects: &mut Effects,
) -> Result<(), StoreFailed> {
    let failed = |failure: &tokio_postgres::Error| StoreFailed::Database(describe(failure));
    session.take_doubt();
    let mut locks = Locks::default();
    session.prepare(LOCK_ROWS).await.map_err(|failure| failed(&failure))?;
    let steps = Step::of(batch);
    for step in &steps {
        session.prepare(step.call().sql).await.map_err(|failure| failed(&failure))?;
    }
    batch.iter().for_each(|job| job.lock(&mut locks));
    let (lock, session) = (locks.call(), &*session);
    // All are sent before the first answer is awaited, in this order.
    let begun = sent(session.run("BEGIN")).await;
    let locked = sent(session.call(&lock)).await;
    let mut calls = Vec::with_capacity(steps.len());
    for step in &steps {
        calls.push(sent(session.call(step.call())).await);
    }
    let committed = sent(session.run("COMMIT")).await;
    let answered = timeout(PATIENCE, async {
        begun.await?;
        locked.await?;
        let mut answers = Vec::with_capacity(calls.len());
        for call in calls {
            // A commit after a statement that failed reports no failure, and commits nothing.
            answers.push(call.await?);
        }
        committed.await?;
        Ok(answers)
    });
    let answers = answered
        .await
        .map_err(|_| StoreFailed::Database("the database does not answer".into()))?
        .map_err(|failure| failed(&failure))?;
    if session.take_doubt() {
        return Err(doubtful());
    }
    if !steps.iter().map(Step::rows).eq(answers.iter().map(Vec::len)) {
        return Err(StoreFailed::Database("the database answers something else".into()));
    }
    for (job, row) in batch.iter_mut().zip(answers.iter().flatten()) {
        job.read(row, effects);
    }
    Ok(())
}

/// Begins a request, so that it is on its way before the next one begins.
async fn sent<T: Send>(request: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send {
    let mut request = Box::pin(request);
    let mut early = None;
    poll_fn(|context| {
        if let Poll::Ready(answer) = request.as_mut().poll(context) {
            early = Some(answer);
        }
        Poll::Ready(())
    })
    .await;
    async move {
        match early {
            Some(answer) => answer,
            None => request.await,
        }
    }
}

/// The server has committed and does not know whether the commit outlives it (RLY-86).
pub(super) fn doubtful() -> StoreFailed {
    StoreFailed::Database("the database warned about a commit".into())
}
