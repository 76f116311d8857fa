//! Whether the relay is well, for whoever asks.

use crate::{limits, store::Store};
use axum::{extract::State, http::StatusCode};
use std::sync::Arc;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::error;

/// What is answered.
pub(super) type Answer = (StatusCode, &'static str);

/// Looks at the store, once in a while however often it is asked: each look is a transaction, and anybody may ask.
#[derive(Clone)]
pub(super) struct Health {
    store: Arc<dyn Store>,
    last: Arc<Mutex<Option<(Instant, Answer)>>>,
    stop: CancellationToken,
}

impl Health {
    /// Not ready from `stop` on.
    pub(super) fn new(store: Arc<dyn Store>, stop: CancellationToken) -> Self {
        Self { store, last: Arc::default(), stop }
    }

    pub(super) async fn answer(&self) -> Answer {
        let mut last = Arc::clone(&self.last).lock_owned().await;
        if let Some((looked, answer)) = *last
            && looked.elapsed() < limits::HEALTH_FRESH
        {
            return answer;
        }
        let store = Arc::clone(&self.store);
        // In a task of its own, so that whoever asks and leaves does not begin a second look beside the first.
        let look = tokio::spawn(async move {
            let answer = look(&*store).await;
            *last = Some((Instant::now(), answer));
            answer
        });
        look.await.unwrap_or((StatusCode::SERVICE_UNAVAILABLE, "the store cannot be looked at\n"))
    }
}

async fn look(store: &dyn Store) -> Answer {
    match timeout(limits::HEALTH_TIMEOUT, store.check()).await {
        Ok(Ok(())) => (StatusCode::OK, "ok\n"),
        Ok(Err(failure)) => {
            error!(%failure, "the store fails its health check");
            (StatusCode::SERVICE_UNAVAILABLE, "the store fails\n")
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n"),
    }
}

/// `/health`: whether a transaction goes through.
pub(super) async fn health(State(health): State<Health>) -> Answer {
    health.answer().await
}

/// `/ready`: whether new connections are welcome; not while the relay shuts down.
pub(super) async fn ready(State(health): State<Health>) -> Answer {
    if health.stop.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n");
    }
    health.answer().await
}
