//! A few sessions beside the one that writes mail: each takes one question at a time, whichever is free.

use super::{
    line::Line,
    session::{Call, PATIENCE, Session},
};
use crate::store::{Answer, StoreError, StoreFailed};
use futures_util::{FutureExt, future::BoxFuture};
use std::{fmt, sync::Arc};
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};
use tokio_postgres::Row;

type Job = Box<dyn for<'a> FnOnce(Result<&'a mut Session, StoreFailed>) -> BoxFuture<'a, ()> + Send>;

/// The sending end of the queue. When the last one is dropped, the sessions finish and end.
#[derive(Clone)]
pub(super) struct Pool {
    queue: mpsc::UnboundedSender<Job>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool")
    }
}

impl Pool {
    /// Starts a task for each line.
    pub(super) fn start(lines: Vec<Line>, tasks: &mut JoinSet<()>) -> Self {
        let (queue, jobs) = mpsc::unbounded_channel::<Job>();
        let jobs = Arc::new(Mutex::new(jobs));
        for mut line in lines {
            let jobs = Arc::clone(&jobs);
            tasks.spawn(async move {
                loop {
                    let next = jobs.lock().await.recv().await;
                    let Some(job) = next else { return };
                    let session = line.session(async |_| Ok(())).await;
                    // A server that does not answer holds up no other question for ever.
                    if timeout(PATIENCE, job(session)).await.is_err() {
                        line.cut();
                    }
                }
            });
        }
        Self { queue }
    }

    /// Asks one thing and reads its rows.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        call: Call,
        read: impl FnOnce(Vec<Row>) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        self.submit(move |session| {
            async move {
                session.prepare(call.sql).await?;
                read(session.call(&call).await?)
            }
            .boxed()
        })
    }

    /// Queues work of several steps.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        work: impl for<'a> FnOnce(&'a mut Session) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
    ) -> Answer<T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |session| {
            async move {
                let outcome = match session {
                    Ok(session) => settle(session, work).await,
                    Err(failed) => Err(failed.into()),
                };
                // Nobody may be listening any more.
                let _ = answer.send(outcome);
            }
            .boxed()
        });
        // If the tasks are gone, the job is dropped with its answer, and the receiver sees that.
        let _ = self.queue.send(job);
        answered.map(|outcome| outcome.unwrap_or(Err(StoreError::Failed(StoreFailed::Stopped)))).boxed()
    }
}

/// Does the work, and believes its outcome only if the server has no doubt (RLY-86).
async fn settle<T>(
    session: &mut Session,
    work: impl for<'a> FnOnce(&'a mut Session) -> BoxFuture<'a, Result<T, StoreError>>,
) -> Result<T, StoreError> {
    session.take_doubt();
    let outcome = work(session).await;
    if session.take_doubt() { Err(super::writer::doubtful().into()) } else { outcome }
}
