//! What everything else is measured by: the store without a relay around it, and one write that reaches the disk.

use crate::{
    Failure,
    ground::Ground,
    letters::{Letters, client_id},
    percentiles::{Latencies, Sorted},
    person::Person,
};
#[cfg(feature = "postgres")]
use aside_primitives::{Secret, SigningKey};
#[cfg(feature = "postgres")]
use aside_relay::store::PostgresStore;
use aside_relay::store::{Capacity, Channel, Closed, Enqueue, Parcel, Passed, SqliteStore, Store};
use aside_wire::pb::{self, EnvelopeKind};
use futures_util::future::try_join_all;
use prost::Message;
use std::{
    cell::Cell,
    fs::File,
    io::Write,
    path::Path,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Mail waits for so long, in milliseconds.
const KEPT: u64 = 30 * 24 * 60 * 60 * 1000;

/// A store with people in it.
pub struct Bare {
    store: Arc<dyn Store>,
    opened: Passed,
    closed: Closed,
}

impl Bare {
    /// Opens a store and registers everybody.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn open<'a>(
        ground: &Ground,
        people: impl IntoIterator<Item = &'a Person>,
    ) -> Result<Self, Failure> {
        let (store, opened, closed) = match ground.url() {
            Some(url) => on_server(url, ground.path()).await?,
            None => in_file(ground.path())?,
        };
        try_join_all(people.into_iter().map(|person| store.register(person.registered()))).await?;
        Ok(Self { store, opened, closed })
    }

    /// Stores what the senders send, each with one message on its way, until the time is over or there are enough; how many in what
    /// time.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn enqueue(
        &self,
        senders: &[(&Person, &Letters)],
        recipients: &[Person],
        most: usize,
        time: Duration,
    ) -> Result<(usize, Duration), Failure> {
        let taken = Cell::new(0usize);
        let begun = Instant::now();
        try_join_all(senders.iter().map(async |(person, letters)| {
            loop {
                let number = taken.get();
                if number >= most || begun.elapsed() >= time {
                    return Ok::<_, Failure>(());
                }
                taken.set(number.saturating_add(1));
                let rank = number.checked_rem(recipients.len()).unwrap_or_default();
                let recipient = recipients.get(rank).ok_or("nobody to send to")?;
                self.store.enqueue(self.message(person, recipient, letters.envelope(number))?).await?;
            }
        }))
        .await?;
        Ok((taken.get(), begun.elapsed()))
    }

    fn message(&self, sender: &Person, recipient: &Person, envelope: Vec<u8>) -> Result<Enqueue, Failure> {
        let kind = pb::Envelope::decode(envelope.as_slice())?.kind;
        let is_thread = kind == i32::from(EnvelopeKind::Thread);
        Ok(Enqueue {
            sender: sender.mailbox(),
            generation: 0,
            client_id: client_id()?,
            recipient: recipient.account(),
            channel: if is_thread { Channel::Thread } else { Channel::Session },
            list_version: 1,
            parcels: vec![Parcel { device: recipient.certificate.device, envelope }],
            now: u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?,
            passed: self.opened,
            until: Passed(self.opened.0.saturating_add(KEPT)),
        })
    }

    /// Finishes and closes the file.
    pub async fn close(self) {
        drop(self.store);
        self.closed.wait().await;
    }
}

type Opened = (Arc<dyn Store>, Passed, Closed);

fn in_file(folder: &Path) -> Result<Opened, Failure> {
    let (store, closed) = SqliteStore::open(&folder.join("relay.db"), Capacity::default())?;
    let opened = store.opened();
    Ok((Arc::new(store), opened, closed))
}

/// A store in a database, whose relay will find its key in the folder.
#[cfg(feature = "postgres")]
async fn on_server(url: &str, folder: &Path) -> Result<Opened, Failure> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| "no randomness")?;
    std::fs::write(folder.join("relay.key"), seed)?;
    let key = SigningKey::from_seed(&Secret::from_slice(&seed).ok_or("no key")?);
    let (store, closed) =
        PostgresStore::open(url, key.verifying_key().as_bytes(), Capacity::default()).await?;
    let opened = store.opened();
    Ok((Arc::new(store), opened, closed))
}

#[cfg(not(feature = "postgres"))]
async fn on_server(_: &str, _: &Path) -> Result<Opened, Failure> {
    Err("built without PostgreSQL".into())
}

/// Appends a page to a file and waits until it is on the disk, so many times.
///
/// # Errors
/// If the file cannot be written.
pub fn syncs(folder: &Path, count: usize) -> Result<Sorted, Failure> {
    let path = folder.join("sync");
    let mut file = File::create(&path)?;
    let mut latencies = Latencies::default();
    for _ in 0..count {
        let begun = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        latencies.push(begun.elapsed());
    }
    std::fs::remove_file(path)?;
    Ok(latencies.sorted())
}
