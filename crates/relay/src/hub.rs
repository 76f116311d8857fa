//! Wakes the connections of a device when its mailbox got something.

use crate::store::Mailbox;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
#[cfg(feature = "postgres")]
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::{Notify, mpsc::UnboundedSender};

type Watchers = HashMap<Mailbox, Vec<Arc<Notify>>>;

/// Who waits for which mailbox. Waking never waits, so a slow consumer holds up nobody.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    watchers: Mutex<Watchers>,
    /// Who is told that a mailbox is watched from now on, or not any more.
    news: Option<UnboundedSender<Mailbox>>,
}

impl Hub {
    /// One that tells of which mailboxes something has changed: ask [`Self::is_watched`] what is so now.
    #[cfg(feature = "postgres")]
    pub(crate) fn with_news() -> (Self, UnboundedReceiver<Mailbox>) {
        let (news, told) = unbounded_channel();
        (Self { watchers: Mutex::default(), news: Some(news) }, told)
    }

    /// Whether somebody watches it.
    #[cfg(feature = "postgres")]
    pub(crate) fn is_watched(&self, mailbox: &Mailbox) -> bool {
        self.with(|watchers| watchers.contains_key(mailbox))
    }

    /// All that somebody watches.
    #[cfg(feature = "postgres")]
    pub(crate) fn watched(&self) -> Vec<Mailbox> {
        self.with(|watchers| watchers.keys().copied().collect())
    }

    fn tell(&self, mailbox: Mailbox) {
        if let Some(news) = &self.news {
            // An error means that the relay is ending.
            let _ = news.send(mailbox);
        }
    }

    /// From now on, [`Watch::changed`] sees every [`Self::wake`].
    pub(crate) fn watch(self: &Arc<Self>, mailbox: Mailbox) -> Watch {
        let notify = Arc::new(Notify::new());
        let is_first = self.with(|watchers| {
            let list = watchers.entry(mailbox).or_default();
            list.push(Arc::clone(&notify));
            list.len() == 1
        });
        if is_first {
            self.tell(mailbox);
        }
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
        let was_last = self.hub.with(|watchers| {
            let Some(list) = watchers.get_mut(&self.mailbox) else { return false };
            list.retain(|notify| !Arc::ptr_eq(notify, &self.notify));
            let is_empty = list.is_empty();
            if is_empty {
                watchers.remove(&self.mailbox);
            }
            is_empty
        });
        if was_last {
            self.hub.tell(self.mailbox);
        }
    }
}
