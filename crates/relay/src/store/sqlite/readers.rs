//! A few threads that read, each with its own connection, beside the one that writes.

use crate::store::{Answer, StoreError, StoreFailed};
use futures_util::FutureExt;
use rusqlite::Connection;
use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver},
    },
    thread,
};
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// The sending end of the readers' queue. When the last one is dropped, the threads finish and end.
#[derive(Clone, Debug)]
pub(super) struct Readers {
    queue: mpsc::Sender<Job>,
}

impl Readers {
    /// Starts a thread for each connection.
    pub(super) fn start(connections: Vec<Connection>) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel();
        let jobs = Arc::new(Mutex::new(jobs));
        for connection in connections {
            let jobs = Arc::clone(&jobs);
            thread::Builder::new().name("relay-reader".into()).spawn(move || {
                while let Some(job) = next(&jobs) {
                    job(&connection);
                }
            })?;
        }
        Ok(Self { queue })
    }

    /// Queues a reading.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Nobody may be listening any more.
            let _ = answer.send(work(connection));
        });
        // If the threads are gone, the job is dropped with its answer, and the receiver sees that.
        let _ = self.queue.send(job);
        answered.map(|outcome| outcome.unwrap_or(Err(StoreError::Failed(StoreFailed::Stopped)))).boxed()
    }
}

fn next(jobs: &Mutex<Receiver<Job>>) -> Option<Job> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}
