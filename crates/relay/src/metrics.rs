//! Numbers for an operator, in the text format of Prometheus. None of them names anybody (RLY-18).

use crate::{
    refused::Refused,
    store::{Commits, Statistics, StoreError},
};
use aside_wire::pb::request::Body;
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};
use std::sync::atomic::AtomicU64;

/// What was asked, and the code of the refusal.
type Why = [(&'static str, &'static str); 2];
/// One label.
type Of = [(&'static str, &'static str); 1];

/// Everything that is counted.
pub(crate) struct Metrics {
    registry: Registry,
    /// WebSockets that are there.
    pub(crate) connections: Gauge,
    /// Bytes of requests.
    pub(crate) received_bytes: Counter,
    /// Messages handed to devices, again ones included.
    pub(crate) deliveries: Counter,
    /// Bytes of their envelopes.
    pub(crate) delivered_bytes: Counter,
    /// TLS handshakes that failed or took too long.
    pub(crate) failed_handshakes: Counter,
    /// When the certificate ends, in seconds since 1970.
    pub(crate) certificate_end: Gauge<u64, AtomicU64>,
    requests: Family<Of, Counter>,
    refusals: Family<Why, Counter>,
    turned_away: Family<Of, Counter>,
    held: Held,
}

/// What the store held when it was counted last.
#[derive(Default)]
struct Held {
    accounts: Gauge<u64, AtomicU64>,
    suspended: Gauge<u64, AtomicU64>,
    devices: Gauge<u64, AtomicU64>,
    messages: Gauge<u64, AtomicU64>,
    bytes: Gauge<u64, AtomicU64>,
    oldest: Gauge<u64, AtomicU64>,
    logs: Gauge<u64, AtomicU64>,
    entries: Gauge<u64, AtomicU64>,
    one_time_prekeys: Gauge<u64, AtomicU64>,
    disk: Gauge<u64, AtomicU64>,
    free: Gauge<u64, AtomicU64>,
}

impl Metrics {
    /// Nothing counted yet but what the store counts by itself.
    pub(crate) fn new(commits: &Commits) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("aside_relay"),
            connections: Gauge::default(),
            received_bytes: Counter::default(),
            deliveries: Counter::default(),
            delivered_bytes: Counter::default(),
            failed_handshakes: Counter::default(),
            certificate_end: Gauge::default(),
            requests: Family::default(),
            refusals: Family::default(),
            turned_away: Family::default(),
            held: Held::default(),
        };
        metrics.register_traffic();
        metrics.register_held();
        let seconds = commits.seconds.clone();
        let registry = &mut metrics.registry;
        registry.register_with_unit(
            "commit",
            "From the first job of a batch to its commit",
            Unit::Seconds,
            seconds,
        );
        registry.register("batch_jobs", "Jobs in one commit", commits.jobs.clone());
        metrics
    }

    fn register_traffic(&mut self) {
        let registry = &mut self.registry;
        registry.register("connections", "WebSockets that are there", self.connections.clone());
        registry.register("requests", "Requests taken up, by kind", self.requests.clone());
        registry.register(
            "refusals",
            "Requests refused, by kind and code; RATE are rates that were hit",
            self.refusals.clone(),
        );
        registry.register(
            "turned_away",
            "Connections not let in: `full`, or too many of one `source`",
            self.turned_away.clone(),
        );
        registry.register_with_unit("received", "Requests", Unit::Bytes, self.received_bytes.clone());
        registry.register("deliveries", "Messages handed to devices", self.deliveries.clone());
        registry.register_with_unit(
            "delivered",
            "Envelopes handed to devices",
            Unit::Bytes,
            self.delivered_bytes.clone(),
        );
        registry.register(
            "tls_handshakes_failed",
            "TLS handshakes that failed or took too long",
            self.failed_handshakes.clone(),
        );
        registry.register_with_unit(
            "tls_certificate_end",
            "When the certificate ends, since 1970; 0 without one",
            Unit::Seconds,
            self.certificate_end.clone(),
        );
    }

    fn register_held(&mut self) {
        let (registry, held) = (&mut self.registry, &self.held);
        registry.register("accounts", "Accounts", held.accounts.clone());
        registry.register("accounts_suspended", "Accounts that are suspended", held.suspended.clone());
        registry.register("devices", "Devices", held.devices.clone());
        registry.register("messages_waiting", "Messages in all mailboxes", held.messages.clone());
        registry.register_with_unit(
            "messages_waiting",
            "Envelopes in all mailboxes",
            Unit::Bytes,
            held.bytes.clone(),
        );
        registry.register_with_unit(
            "oldest_message",
            "How long the oldest message waits",
            Unit::Seconds,
            held.oldest.clone(),
        );
        registry.register("logs", "Logs of groups", held.logs.clone());
        registry.register("log_entries", "Entries of all logs", held.entries.clone());
        registry.register("one_time_prekeys", "One-time prekeys to hand out", held.one_time_prekeys.clone());
        registry.register_with_unit("disk", "The database on disk", Unit::Bytes, held.disk.clone());
        registry.register_with_unit(
            "disk_free",
            "Of that, free within the files",
            Unit::Bytes,
            held.free.clone(),
        );
    }

    /// Counts a request; the word is its label.
    pub(crate) fn request(&self, body: &Body, bytes: usize) -> &'static str {
        let kind = kind(body);
        self.requests.get_or_create(&[("kind", kind)]).inc();
        self.received_bytes.inc_by(u64::try_from(bytes).unwrap_or(u64::MAX));
        kind
    }

    /// Counts what became of a request.
    pub(crate) fn outcome<T>(&self, kind: &'static str, outcome: &Result<T, StoreError>) {
        match outcome {
            Ok(_) => (),
            Err(StoreError::Refused(refused)) => self.refused(kind, refused),
            Err(StoreError::Failed(_)) => {
                self.refusals.get_or_create(&[("kind", kind), ("code", "UNAVAILABLE")]).inc();
            }
        }
    }

    /// Counts a refusal.
    pub(crate) fn refused(&self, kind: &'static str, refused: &Refused) {
        let code = refused.code.as_str_name().trim_start_matches("REFUSAL_CODE_");
        self.refusals.get_or_create(&[("kind", kind), ("code", code)]).inc();
    }

    /// Counts a connection that was not let in.
    pub(crate) fn turned_away(&self, why: &'static str) {
        self.turned_away.get_or_create(&[("why", why)]).inc();
    }

    /// Keeps what a store held.
    pub(crate) fn hold(&self, counted: &Statistics, now: u64) {
        let held = &self.held;
        held.accounts.set(counted.accounts);
        held.suspended.set(counted.suspended);
        held.devices.set(counted.devices);
        held.messages.set(counted.messages);
        held.bytes.set(counted.bytes);
        held.oldest.set(counted.oldest.map_or(0, |oldest| now.saturating_sub(oldest) / 1000));
        held.logs.set(counted.logs);
        held.entries.set(counted.entries);
        held.one_time_prekeys.set(counted.one_time_prekeys);
        held.disk.set(counted.disk);
        held.free.set(counted.free);
    }

    /// All of it as text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// The word for a request; nothing of its contents.
const fn kind(body: &Body) -> &'static str {
    match body {
        Body::Register(_) => "register",
        Body::Login(_) => "login",
        Body::PublishPrekeys(_) => "publish_prekeys",
        Body::FetchPrekeys(_) => "fetch_prekeys",
        Body::Resolve(_) => "resolve",
        Body::FetchDevices(_) => "fetch_devices",
        Body::Send(_) => "send",
        Body::FanOut(_) => "fan_out",
        Body::AppendEntry(_) => "append_entry",
        Body::FetchEntries(_) => "fetch_entries",
        Body::Subscribe(_) => "subscribe",
        Body::Acknowledge(_) => "acknowledge",
        Body::Transient(_) => "transient",
        Body::PublishSettings(_) => "publish_settings",
        Body::FetchSettings(_) => "fetch_settings",
        Body::Declare(_) => "declare",
    }
}
