//! HTTP: lets connections in, within limits, and upgrades them to WebSockets.

use super::health::{Health, health, ready};
use crate::{
    config::{Config, Timeouts},
    connection, limits,
    metrics::Metrics,
    requests::Desk,
    seldom::Seldom,
    source::{Crowd, Proxies, Source},
    tls::Tls,
    unfinished::{Counted, Unfinished},
};
use aside_wire::limits::FRAME_BYTES;
use axum::{
    Router,
    extract::{Extension, State, WebSocketUpgrade},
    http::{HeaderMap, Request, StatusCode},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{convert::Infallible, net::IpAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, warn};

/// The way in.
pub(super) struct Door {
    router: Router,
    http: http1::Builder,
    streams: Arc<Semaphore>,
    callers: Arc<Crowd>,
    proxies: Arc<Proxies>,
    full: Seldom,
    tls: Option<Arc<Tls>>,
    metrics: Arc<Metrics>,
    handshake: Duration,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Who is at the other end of the TCP connection, and what came of it.
#[derive(Clone)]
struct Peer(IpAddr, Unfinished);

/// What the routes need.
#[derive(Clone)]
struct Hall {
    desk: Arc<Desk>,
    timeouts: Timeouts,
    seats: Arc<Semaphore>,
    crowd: Arc<Crowd>,
    proxies: Arc<Proxies>,
    tasks: TaskTracker,
    stop: CancellationToken,
    kill: CancellationToken,
}

impl Door {
    /// Connections end politely on `stop` and at once on `kill`; all of them run in `tasks`.
    pub(super) fn new(
        desk: Arc<Desk>,
        config: &Config,
        well: Health,
        tls: Option<Arc<Tls>>,
        tasks: TaskTracker,
        stop: CancellationToken,
        kill: CancellationToken,
    ) -> Self {
        let metrics = Arc::clone(&desk.metrics);
        let proxies = Arc::new(config.proxies.clone());
        let hall = Hall {
            desk,
            timeouts: config.timeouts,
            seats: Arc::new(Semaphore::new(config.connections)),
            crowd: Arc::new(Crowd::new(config.connections_of_source)),
            proxies: Arc::clone(&proxies),
            tasks: tasks.clone(),
            stop: stop.clone(),
            kill,
        };
        let mut http = http1::Builder::new();
        // Threat T1: headers that are endless or never end.
        http.timer(TokioTimer::new())
            .header_read_timeout(config.timeouts.headers)
            .max_buf_size(limits::HEADER_BYTES)
            .max_headers(limits::HEADER_FIELDS);
        Self {
            router: Router::new().route("/v1/connect", any(connect)).with_state(hall).merge(
                Router::new().route("/health", get(health)).route("/ready", get(ready)).with_state(well),
            ),
            http,
            streams: Arc::new(Semaphore::new(config.connections.saturating_add(limits::SPARE_CONNECTIONS))),
            callers: Arc::new(Crowd::new(
                config.connections_of_source.saturating_add(limits::SPARE_CONNECTIONS_OF_SOURCE),
            )),
            proxies,
            full: Seldom::default(),
            tls,
            metrics,
            handshake: config.timeouts.headers,
            tasks,
            stop,
        }
    }

    /// Serves HTTP on a stream, unless there are too many (RLY-15), or too many from there (RLY-70): places are held long before
    /// anybody says for whom.
    pub(super) fn admit(&self, stream: TcpStream, peer: IpAddr) {
        let source = if self.proxies.include(peer) { None } else { Source::of(peer) };
        let Some(place) = self.callers.enter(source) else {
            self.metrics.turned_away("source");
            return;
        };
        let Ok(permit) = Arc::clone(&self.streams).try_acquire_owned() else {
            self.metrics.turned_away("full");
            if let Some(times) = self.full.count() {
                warn!(times, "too many connections: some were dropped");
            }
            return;
        };
        // Small frames wait for nobody; without it the connection works too.
        let _ = stream.set_nodelay(true);
        let router = TowerToHyperService::new(self.router.clone());
        let unfinished = Unfinished::default();
        let read = unfinished.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer, read.clone()));
            router.call(request)
        });
        let (http, stop, handshake) = (self.http.clone(), self.stop.clone(), self.handshake);
        let acceptor = self.tls.as_ref().map(|tls| tls.acceptor());
        let metrics = Arc::clone(&self.metrics);
        self.tasks.spawn(async move {
            match acceptor {
                None => speak(http, Counted::new(stream, unfinished), service, stop).await,
                Some(acceptor) => {
                    // Threat T1: a handshake that never ends.
                    let shaken = timeout(handshake, acceptor.accept(stream));
                    match stop.run_until_cancelled(shaken).await {
                        Some(Ok(Ok(stream))) => {
                            speak(http, Counted::new(stream, unfinished), service, stop).await;
                        }
                        Some(Ok(Err(failure))) => {
                            metrics.failed_handshakes.inc();
                            debug!(%failure, "a TLS handshake failed");
                        }
                        Some(Err(_)) => {
                            metrics.failed_handshakes.inc();
                            debug!("a TLS handshake took too long");
                        }
                        None => (),
                    }
                }
            }
            drop((permit, place));
        });
    }
}

/// Serves HTTP on a stream until it or the relay ends.
async fn speak<I, S>(http: http1::Builder, stream: I, service: S, stop: CancellationToken)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response, Error = Infallible>,
{
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(failure) = ended {
        debug!(%failure, "an HTTP connection failed");
    }
}

/// `/v1/connect`: the protocol.
async fn connect(
    State(hall): State<Hall>,
    Extension(Peer(peer, unfinished)): Extension<Peer>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    // RLY-70: before a place is taken that somebody else may need.
    let source = hall.proxies.source(peer, headers.get_all("x-forwarded-for").iter());
    let may_begin = source.is_none_or(|source| hall.desk.meter.connection(source).is_ok());
    let Some(place) = may_begin.then(|| hall.crowd.enter(source)).flatten() else {
        hall.desk.metrics.turned_away("source");
        return (StatusCode::TOO_MANY_REQUESTS, "too many connections from there; try later\n")
            .into_response();
    };
    let Ok(seat) = Arc::clone(&hall.seats).try_acquire_owned() else {
        hall.desk.metrics.turned_away("full");
        return (StatusCode::SERVICE_UNAVAILABLE, "too many connections; try later\n").into_response();
    };
    // axum runs upgraded connections in tasks of its own: the token makes a shutdown wait for them (RLY-17).
    let task = hall.tasks.token();
    upgrade
        // RLY-2: cut off at the header that announces more, before anything of it is buffered.
        .max_frame_size(FRAME_BYTES)
        .max_message_size(FRAME_BYTES)
        .read_buffer_size(limits::READ_BUFFER_BYTES)
        .write_buffer_size(limits::WRITE_BUFFER_BYTES)
        .on_upgrade(async move |socket| {
            let serving = connection::serve(
                socket,
                Arc::clone(&hall.desk),
                hall.timeouts,
                source,
                unfinished,
                hall.stop.clone(),
            );
            hall.kill.run_until_cancelled(serving).await;
            drop((hall, seat, place, task));
        })
}

#[cfg(test)]
#[path = "door_tests.rs"]
mod tests;
