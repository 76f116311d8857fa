//! Wakes the connections of a device when its mailbox got something.

use crate::store::Mailbox;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Notify;

type Watchers = HashMap<Mailbox, Vec<Arc<Notify>>>;

/// Who waits for which mailbox. Waking never waits, so a slow consumer holds up nobody.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    watchers: Mutex<Watchers>,
}

impl Hub {
    /// From now on, [`Watch::changed`] sees every [`Self::wake`].
    pub(crate) fn watch(self: &Arc<Self>, mailbox: Mailbox) -> Watch {
        let notify = Arc::new(Notify::new());
        self.with(|watchers| watchers.entry(mailbox).or_default().push(Arc::clone(&notify)));
        Watch { hub: Arc::clone(self), mailbox, notify }
    }

    /// Wakes every watcher of a mailbox, also one that looks elsewhere just now: it keeps one permit.
    pub(crate) fn wake(&self, mailbox: &Mailbox) {
        self.with(|watchers| {
            for notify in watchers.get(mailbox).into_iter().flatten() {
                notify.notify_one();
            }
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut Watchers) -> T) -> T {
        // Nothing here leaves the map half changed.
        act(&mut self.watchers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One watcher of one mailbox; dropping it ends the watch.
#[derive(Debug)]
pub struct Watch {
    hub: Arc<Hub>,
    mailbox: Mailbox,
    notify: Arc<Notify>,
}

impl Watch {
    /// Returns when something was stored since the watch began or since this returned last. May return without
    /// cause.
    pub async fn changed(&self) {
        self.notify.notified().await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.hub.with(|watchers| {
            if let Some(list) = watchers.get_mut(&self.mailbox) {
                list.retain(|notify| !Arc::ptr_eq(notify, &self.notify));
                if list.is_empty() {
                    watchers.remove(&self.mailbox);
                }
            }
        });
    }
}
