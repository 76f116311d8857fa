//! A way to the server that mends itself.

use super::{
    ServerError,
    server::Server,
    session::{Purpose, Session},
};
use crate::store::StoreFailed;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{info, warn};

/// Between a failed attempt and the next one.
const SHORTEST: Duration = Duration::from_millis(100);
/// After many: people wait for so long in vain after the server is back, or another one leads.
const LONGEST: Duration = Duration::from_millis(500);

/// A session, or when to try for another.
pub(super) struct Line {
    server: Server,
    session: Option<Session>,
    failed: Option<Failed>,
}

struct Failed {
    why: String,
    until: Instant,
    delay: Duration,
    /// What [`Server::found`] said before the attempt.
    found: u64,
}

impl Line {
    pub(super) const fn new(server: Server, session: Session) -> Self {
        Self { server, session: Some(session), failed: None }
    }

    /// A session, perhaps a new one: then `renewed` has run on it. While the server is away, this fails at once between two
    /// attempts, so that nobody waits for what is not there; whoever finds it spares the others the wait.
    pub(super) async fn session(
        &mut self,
        renewed: impl AsyncFnOnce(&mut Session) -> Result<(), ServerError>,
    ) -> Result<&mut Session, StoreFailed> {
        if self.session.as_ref().is_none_or(Session::is_closed) {
            self.session = None;
            let found = self.server.found();
            let waits = |failed: &&Failed| failed.found == found && Instant::now() < failed.until;
            if let Some(failed) = self.failed.as_ref().filter(waits) {
                return Err(StoreFailed::Database(failed.why.clone()));
            }
            let opened = async {
                let mut session = Session::open(&self.server, Purpose::Durable, None).await?;
                renewed(&mut session).await?;
                Ok(session)
            };
            match opened.await {
                Ok(session) => {
                    info!("the database is there again");
                    self.server.find();
                    self.failed = None;
                    self.session = Some(session);
                }
                Err(failure) => return Err(self.note(&failure, found)),
            }
        }
        self.session.as_mut().ok_or(StoreFailed::Stopped)
    }

    /// Whatever it was doing is unknown; the next one begins anew.
    pub(super) fn cut(&mut self) {
        self.session = None;
    }

    fn note(&mut self, failure: &ServerError, found: u64) -> StoreFailed {
        let why = failure.to_string();
        let delay =
            self.failed.as_ref().map_or(SHORTEST, |failed| failed.delay.saturating_mul(2).min(LONGEST));
        if self.failed.is_none() {
            warn!(%failure, "the database cannot be reached");
        }
        let until = Instant::now().checked_add(delay).unwrap_or_else(Instant::now);
        self.failed = Some(Failed { why: why.clone(), until, delay, found });
        StoreFailed::Database(why)
    }
}
