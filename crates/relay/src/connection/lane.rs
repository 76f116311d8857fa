//! The transient lane: past the mailboxes, to the connections that are there.

use super::{frame, outbox::Outbox};
use crate::store::Mailbox;
use aside_wire::pb;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

type Listeners = HashMap<Mailbox, Vec<Outbox>>;

/// The outboxes of the connections that are subscribed. Nothing here waits or is kept: whoever is not there, or has no
/// room, misses it (RLY-33).
#[derive(Debug, Default)]
pub(crate) struct Lane {
    listeners: Mutex<Listeners>,
}

impl Lane {
    /// From now on, the connection with this outbox gets what the device is sent.
    pub(super) fn listen(self: &Arc<Self>, mailbox: Mailbox, outbox: Outbox) -> Listening {
        self.with(|listeners| listeners.entry(mailbox).or_default().push(outbox.clone()));
        Listening { lane: Arc::clone(self), mailbox, outbox }
    }

    /// Gives it to whoever is there. The frame is made in any case: it costs the same if nobody is (RLY-32).
    pub(crate) fn offer(&self, mailbox: &Mailbox, delivery: pb::TransientDelivery) {
        let frame = frame::transient(delivery);
        self.with(|listeners| {
            for outbox in listeners.get(mailbox).into_iter().flatten() {
                outbox.offer(frame.clone());
            }
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut Listeners) -> T) -> T {
        // Nothing here leaves the map half changed.
        act(&mut self.listeners.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One connection that listens; dropping it ends that.
#[derive(Debug)]
pub(super) struct Listening {
    lane: Arc<Lane>,
    mailbox: Mailbox,
    outbox: Outbox,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.lane.with(|listeners| {
            if let Some(list) = listeners.get_mut(&self.mailbox) {
                list.retain(|outbox| !outbox.is_same(&self.outbox));
                if list.is_empty() {
                    listeners.remove(&self.mailbox);
                }
            }
        });
    }
}

#[cfg(test)]
#[path = "lane_tests.rs"]
mod tests;
