//! Looks through a large database while it serves.
//!
//! SQLite itself notices a damaged page when it comes to it. This is for the pages that nobody comes to for long: the sooner
//! a relay stops on damage, the less is accepted that is lost with the file.

use super::{OpenError, open};
use crate::limits::INSPECTION;
use rusqlite::{Connection, ErrorCode};
use std::{
    future::pending,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};
use tokio::sync::watch;
use tracing::{info, warn};

/// Steps of SQLite between two looks at whether it is to go on.
const STEPS: i32 = 10_000;

/// A look through a database, in a thread of its own. Dropping it ends that.
#[derive(Debug)]
pub(super) struct Inspection {
    is_over: Arc<AtomicBool>,
    finding: watch::Receiver<Option<String>>,
}

impl Inspection {
    /// Starts it on a connection of its own.
    pub(super) fn start(mut connection: Connection) -> io::Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let (found, finding) = watch::channel(None);
        let ended = Arc::clone(&is_over);
        thread::Builder::new().name("relay-check".into()).spawn(move || {
            if let Some(damage) = look(&mut connection, &ended) {
                found.send_replace(Some(damage));
            }
        })?;
        Ok(Self { is_over, finding })
    }

    /// Returns with the first damage that is found, and never if there is none.
    pub(super) fn damage(&self) -> impl Future<Output = String> + use<> {
        let mut finding = self.finding.clone();
        async move {
            let found = finding.wait_for(Option::is_some).await.ok().and_then(|damage| damage.clone());
            match found {
                Some(damage) => damage,
                None => pending().await,
            }
        }
    }
}

#[cfg(test)]
impl super::SqliteStore {
    /// Returns when it was looked through.
    pub(super) async fn inspected(&self) {
        let mut finding = self.inspection.as_ref().unwrap().finding.clone();
        assert!(finding.changed().await.is_err());
    }
}

impl Drop for Inspection {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

fn look(connection: &mut Connection, is_over: &Arc<AtomicBool>) -> Option<String> {
    let (begun, ended) = (Instant::now(), Arc::clone(is_over));
    // What it reads at one time holds up the emptying of the write-ahead log: not for ever.
    let is_enough = move || ended.load(Ordering::Relaxed) || begun.elapsed() > INSPECTION;
    if let Err(failure) = connection.progress_handler(STEPS, Some(is_enough)) {
        warn!(%failure, "the database is not looked through");
        return None;
    }
    match open::check(connection) {
        Ok(()) => info!(seconds = begun.elapsed().as_secs(), "the database was looked through: it is whole"),
        Err(OpenError::Corrupt(damage)) => return Some(damage),
        Err(OpenError::Database(failure)) if is_interrupted(&failure) => {
            if !is_over.load(Ordering::Relaxed) {
                warn!(
                    "the database is too large to be looked through while it serves; have a copy of it checked"
                );
            }
        }
        Err(failure) => warn!(%failure, "the database was not looked through"),
    }
    None
}

fn is_interrupted(failure: &rusqlite::Error) -> bool {
    failure.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
}
