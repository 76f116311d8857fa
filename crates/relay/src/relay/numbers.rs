//! Where an operator reads how the relay does, on an address of its own.

use super::health::{Health, health, ready};
use crate::{limits, metrics::Metrics};
use axum::{
    Router,
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
    routing::get,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};

/// Connections at a time: a few who look.
const CONNECTIONS: usize = 32;
/// How long one of them may last.
const PATIENCE: Duration = Duration::from_secs(30);

/// Serves `/metrics`, `/ready` and `/health` for ever.
pub(super) async fn serve(listener: TcpListener, counted: Arc<Metrics>, well: Health) {
    let router: Router = Router::new()
        .route("/metrics", get(metrics))
        .with_state(counted)
        .merge(Router::new().route("/health", get(health)).route("/ready", get(ready)).with_state(well));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits::HEADER_TIMEOUT)
        .max_buf_size(limits::HEADER_BYTES)
        .max_headers(limits::HEADER_FIELDS);
    let seats = Arc::new(Semaphore::new(CONNECTIONS));
    // Dropped with this function, and its connections with it.
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(seat) = Arc::clone(&seats).try_acquire_owned() else { continue };
        let connection =
            http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        connections.spawn(async move {
            let _ = timeout(PATIENCE, connection).await;
            drop(seat);
        });
    }
}

/// `/metrics`: everything that is counted.
async fn metrics(State(metrics): State<Arc<Metrics>>) -> Response {
    ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], metrics.text())
        .into_response()
}
