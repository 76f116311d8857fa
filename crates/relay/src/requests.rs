//! What the relay decides about each request. Frames and sockets are `connection`'s, memory is the store's.

mod declare;
mod directory;
mod fan_out;
mod log;
mod login;
mod mailbox;
mod prekeys;
mod register;
mod send;
mod session;
mod settings;
mod transient;

use session::Sender;
pub(crate) use session::Session;

use crate::{
    budget::Budget,
    config::RelayName,
    connection::Lane,
    keeping::Keeping,
    meter::Meter,
    metrics::Metrics,
    refused::Refused,
    store::{Mailbox, Store, StoreError, StoreFailed},
};
use aside_identity::{AccountKey, Certificate, DeviceList};
use aside_primitives::VerifyingKey;
use aside_wire::pb::{self, RefusalCode, reply, request};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// What all connections share.
pub(crate) struct Desk {
    /// What the relay remembers.
    pub(crate) store: Arc<dyn Store>,
    /// The relay's public name.
    pub(crate) name: RelayName,
    /// The relay's long-term key.
    pub(crate) key: VerifyingKey,
    /// What the relay allows, signed (RLY-74).
    pub(crate) parameters: Vec<u8>,
    /// What requests may take of the memory (RLY-15).
    pub(crate) budget: Arc<Budget>,
    /// Who is there for what is not stored (RLY-33).
    pub(crate) lane: Arc<Lane>,
    /// What each account did lately (RLY-30).
    pub(crate) meter: Arc<Meter>,
    /// How long mail is kept (RLY-42).
    pub(crate) keeping: Keeping,
    /// What an operator reads.
    pub(crate) metrics: Arc<Metrics>,
}

/// What becomes of a request.
pub(crate) enum Outcome {
    /// It is decided.
    Now(Result<reply::Body, StoreError>),
    /// It has its place in the order of writes; the answer follows when it is durable.
    Later(BoxFuture<'static, Result<reply::Body, StoreError>>),
    /// It is accepted, and deliveries follow.
    Subscribed(pb::Subscribed),
}

impl From<Result<BoxFuture<'static, Result<reply::Body, StoreError>>, Refused>> for Outcome {
    fn from(queued: Result<BoxFuture<'static, Result<reply::Body, StoreError>>, Refused>) -> Self {
        match queued {
            Ok(answer) => Self::Later(answer),
            Err(refused) => Self::Now(Err(refused.into())),
        }
    }
}

impl Desk {
    /// Decides about one request. Requests of a connection are taken up one after another, so that their writes keep
    /// the order in which they were sent (RLY-22).
    pub(crate) async fn decide(&self, session: &mut Session, body: request::Body) -> Outcome {
        use request::Body;
        let store = &self.store;
        // RLY-5: whoever has not logged in can do nothing but that.
        let device = match body {
            Body::Register(request) => return Outcome::Now(register::register(self, session, request).await),
            Body::Login(request) => return Outcome::Now(login::login(self, session, request).await),
            _ => match session.device() {
                Ok(device) => device,
                Err(refused) => return Outcome::Now(Err(refused.into())),
            },
        };
        // RLY-60: what writes to mailboxes or moves a cursor is refused in the same step in which it would be stored.
        let is_stored =
            matches!(body, Body::Send(_) | Body::FanOut(_) | Body::AppendEntry(_) | Body::Acknowledge(_));
        if !is_stored && let Err(error) = store.standing(device.account).await {
            return Outcome::Now(Err(error));
        }
        match body {
            Body::Register(_) | Body::Login(_) => Outcome::Now(Err(StoreFailed::Stopped.into())),
            Body::PublishPrekeys(request) => Outcome::Now(prekeys::publish(self, device, request).await),
            Body::FetchPrekeys(request) => Outcome::Now(prekeys::fetch(self, device, request).await),
            Body::Resolve(request) => Outcome::Now(directory::resolve(self, device, request).await),
            Body::FetchDevices(request) => Outcome::Now(directory::fetch(store, device, request).await),
            Body::FetchEntries(request) => Outcome::Now(log::fetch(store, request).await),
            Body::Transient(request) => Outcome::Now(transient::transient(self, device, request).await),
            Body::PublishSettings(request) => Outcome::Now(settings::publish(self, device, request).await),
            Body::FetchSettings(_) => Outcome::Now(settings::fetch(store, device).await),
            Body::Declare(request) => Outcome::Now(declare::declare(self, device, request).await),
            Body::Send(request) => send::send(self, session.sender(device), request).into(),
            Body::FanOut(request) => fan_out::fan_out(self, session.sender(device), request).into(),
            Body::AppendEntry(request) => log::append(self, session.sender(device), request).into(),
            Body::Acknowledge(request) => {
                Outcome::Later(mailbox::acknowledge(store, session, device, &request))
            }
            Body::Subscribe(_) => match mailbox::subscribe(self, session, device).await {
                Ok(subscribed) => Outcome::Subscribed(subscribed),
                Err(error) => Outcome::Now(Err(error)),
            },
        }
    }
}

/// Runs checks that take milliseconds where they hold up no other connection.
async fn verified<T: Send + 'static>(
    checks: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    spawn_blocking(checks).await.unwrap_or(Err(StoreError::Failed(StoreFailed::Stopped)))
}

/// The certificate of a device in its account's list. The list comes from the store, which took in only verified
/// ones; if it does not verify now, the store is damaged.
fn certificate(device: &Mailbox, list: &[u8]) -> Result<Certificate, StoreError> {
    let damaged = || StoreFailed::Database("a stored device list does not verify".into());
    let account = AccountKey::parse(&device.account.0).map_err(|_| damaged())?;
    let list = DeviceList::verify(list, &account).map_err(|_| damaged())?;
    let certificate = list.certificate(device.device).cloned();
    Ok(certificate.ok_or(Refused::new(RefusalCode::Signature, "the device is not in the account's list"))?)
}

const fn malformed(detail: &'static str) -> Refused {
    Refused::new(RefusalCode::Malformed, detail)
}
