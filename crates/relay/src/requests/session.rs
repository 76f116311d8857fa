//! What one connection has proved so far.

use super::malformed;
use crate::{
    limits::{LOGINS, REGISTRATIONS},
    refused::Refused,
    source::Source,
    store::Mailbox,
};
use aside_wire::pb::RefusalCode;
use std::sync::Arc;
use tokio::sync::watch;

/// Who sends something.
#[derive(Clone, Copy)]
pub(super) struct Sender {
    pub(super) device: Mailbox,
    /// That of the device's store when it logged in (RLY-49).
    pub(super) generation: u64,
}

/// State of a connection: fresh, then logged in, then perhaps subscribed; never back.
pub(crate) struct Session {
    /// The challenge's nonce (RLY-1).
    pub(super) nonce: [u8; 32],
    /// Where the connection comes from (RLY-70).
    pub(super) source: Option<Source>,
    device: Option<Mailbox>,
    generation: u64,
    registrations: u32,
    logins: u32,
    subscribed: bool,
    /// The highest sequence number acknowledged on this connection.
    pub(super) acknowledged: Arc<watch::Sender<u64>>,
}

impl Session {
    pub(crate) fn new(nonce: [u8; 32], source: Option<Source>, acknowledged: watch::Sender<u64>) -> Self {
        Self {
            nonce,
            source,
            device: None,
            generation: 0,
            registrations: 0,
            logins: 0,
            subscribed: false,
            acknowledged: Arc::new(acknowledged),
        }
    }

    /// The challenge's nonce.
    pub(crate) const fn nonce(&self) -> &[u8; 32] {
        &self.nonce
    }

    /// Who is on the connection (RLY-5).
    pub(crate) fn device(&self) -> Result<Mailbox, Refused> {
        self.device.ok_or(Refused::new(RefusalCode::NotLoggedIn, "log in first"))
    }

    /// The same, for what is sent.
    pub(super) const fn sender(&self, device: Mailbox) -> Sender {
        Sender { device, generation: self.generation }
    }

    /// Counts an attempt to register (RLY-15).
    pub(super) fn try_register(&mut self) -> Result<(), Refused> {
        attempt(&mut self.registrations, REGISTRATIONS)
    }

    /// Counts an attempt to log in (RLY-15). A connection speaks for one device.
    pub(super) fn try_login(&mut self) -> Result<(), Refused> {
        if self.device.is_some() {
            return Err(malformed("logged in already"));
        }
        attempt(&mut self.logins, LOGINS)
    }

    pub(super) const fn logged_in(&mut self, device: Mailbox, generation: u64) {
        self.device = Some(device);
        self.generation = generation;
    }

    pub(super) const fn subscribe(&mut self) -> Result<(), Refused> {
        if self.subscribed {
            return Err(malformed("subscribed already"));
        }
        self.subscribed = true;
        Ok(())
    }
}

fn attempt(count: &mut u32, limit: u32) -> Result<(), Refused> {
    if *count >= limit {
        return Err(Refused::new(RefusalCode::Rate, "too many attempts on this connection"));
    }
    *count = count.saturating_add(1);
    Ok(())
}
