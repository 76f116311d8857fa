//! What every relay has to do: take messages for people who are away, hand them over when they come, and be killed.

use super::Failure;
use std::{
    collections::HashSet,
    future::Future,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

pub(crate) const SENDERS: u64 = 64;
pub(crate) const RECIPIENTS: u64 = 100;
/// As many messages give every sender and every recipient the same number of them.
pub(crate) const STEP: u64 = 1_600;
/// Bytes of a body; the first eight are its number.
const BODY: usize = 300;
/// Longer than any relay is silent while it has something to say.
const SILENCE: Duration = Duration::from_secs(15);
/// Longer than any relay takes to come back.
const RECOVERY: Duration = Duration::from_secs(60);

/// A relay that runs.
pub(crate) trait Relay: Send + Sync + Sized + 'static {
    type Sender: Sender;
    type Recipient: Recipient;

    fn version(&self) -> &str;

    /// What its acknowledgement stands for with the settings used.
    fn promise(&self) -> &'static str;

    /// Makes the queues of the recipients, who are away then.
    fn prepare(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;

    fn sender(&self, number: u64) -> impl Future<Output = Result<Self::Sender, Failure>> + Send;

    /// Comes for what is in the queue.
    fn recipient(&self, number: u64) -> impl Future<Output = Result<Self::Recipient, Failure>> + Send;

    /// Ends it with SIGKILL and starts it over what it has left on the disk.
    fn kill_and_restart(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;
}

pub(crate) trait Sender: Send + 'static {
    /// Returns when the relay has acknowledged the message.
    fn send(&mut self, to: u64, body: Vec<u8>) -> impl Future<Output = Result<(), Failure>> + Send;
}

pub(crate) trait Recipient: Send + 'static {
    /// The next message. What was taken is acknowledged as often as the relay likes best.
    fn next(&mut self) -> impl Future<Output = Result<Vec<u8>, Failure>> + Send;

    /// Acknowledges the rest and goes.
    fn finish(self) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What one round has shown.
pub(crate) struct Round {
    /// Messages accepted in a second.
    pub(crate) accepted: f64,
    /// From each call to its acknowledgement.
    pub(crate) waited: Vec<Duration>,
    /// Messages handed over and acknowledged in a second.
    pub(crate) drained: f64,
}

/// What a kill has cost.
#[derive(Default)]
pub(crate) struct Loss {
    pub(crate) acknowledged: usize,
    pub(crate) lost: usize,
}

/// Everybody sends, then everybody fetches.
pub(crate) async fn round<R: Relay>(relay: &R, numbers: Range<u64>) -> Result<Round, Failure> {
    let (accepted, waited) = flood(relay, &numbers).await?;
    let drained = drain(relay, &numbers).await?;
    Ok(Round { accepted, waited, drained })
}

async fn flood<R: Relay>(relay: &R, numbers: &Range<u64>) -> Result<(f64, Vec<Duration>), Failure> {
    let mut connected = Vec::new();
    for number in 0..SENDERS {
        connected.push((number, relay.sender(number).await?));
    }
    let begun = Instant::now();
    let mut senders = JoinSet::new();
    for (place, mut sender) in connected {
        let own = own(numbers, place, SENDERS);
        senders.spawn(async move {
            let mut waited = Vec::with_capacity(own.len());
            for number in own {
                let asked = Instant::now();
                sender.send(number % RECIPIENTS, body(number)).await?;
                waited.push(asked.elapsed());
            }
            Ok::<_, Failure>(waited)
        });
    }
    let mut waited = Vec::new();
    while let Some(done) = senders.join_next().await {
        waited.extend(done??);
    }
    Ok((rate(numbers, begun), waited))
}

/// Counts from the first connection to the last acknowledgement.
async fn drain<R: Relay>(relay: &R, numbers: &Range<u64>) -> Result<f64, Failure> {
    let begun = Instant::now();
    let mut recipients = JoinSet::new();
    for number in 0..RECIPIENTS {
        let expected = own(numbers, number, RECIPIENTS).into_iter().collect();
        let mut recipient = relay.recipient(number).await?;
        recipients.spawn(async move {
            let missing = fetch(&mut recipient, expected).await?;
            recipient.finish().await?;
            Ok::<_, Failure>(missing.len())
        });
    }
    while let Some(done) = recipients.join_next().await {
        if done?? > 0 {
            return Err("a message has not come although nobody was killed".into());
        }
    }
    Ok(rate(numbers, begun))
}

/// Kills the relay while everybody sends, and looks for what was acknowledged.
pub(crate) async fn killed<R: Relay>(relay: &mut R, first: u64, accepted: u64) -> Result<Loss, Failure> {
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let known = || acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut senders = JoinSet::new();
    for place in 0..SENDERS {
        let mut sender = relay.sender(place).await?;
        let acknowledged = acknowledged.clone();
        senders.spawn(async move {
            for number in (first + place..).step_by(usize::try_from(SENDERS).unwrap_or(usize::MAX)) {
                if sender.send(number % RECIPIENTS, body(number)).await.is_err() {
                    return;
                }
                acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push(number);
            }
        });
    }
    let enough = async {
        while u64::try_from(known().len()).unwrap_or(u64::MAX) < accepted {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(RECOVERY, enough).await.map_err(|_| "takes no messages any more")?;
    relay.kill_and_restart().await?;
    // Clients that reconnect by themselves would send on.
    senders.shutdown().await;
    let acknowledged = known();
    let mut recipients = JoinSet::new();
    for number in 0..RECIPIENTS {
        let expected = acknowledged.iter().copied().filter(|own| own % RECIPIENTS == number).collect();
        let mut recipient = again(|| relay.recipient(number)).await?;
        recipients.spawn(async move { fetch(&mut recipient, expected).await });
    }
    let mut lost = 0;
    while let Some(done) = recipients.join_next().await {
        lost += done??.len();
    }
    Ok(Loss { acknowledged: acknowledged.len(), lost })
}

/// Takes messages until everything expected was there or nothing comes any more; returns what is missing.
async fn fetch(recipient: &mut impl Recipient, mut expected: HashSet<u64>) -> Result<HashSet<u64>, Failure> {
    while !expected.is_empty() {
        let Ok(body) = timeout(SILENCE, recipient.next()).await else { break };
        let body = body?;
        let number = body.first_chunk().filter(|_| body.len() == BODY).ok_or("another body than was sent")?;
        expected.remove(&u64::from_be_bytes(*number));
    }
    Ok(expected)
}

/// Tries until it works.
async fn again<T, F: Future<Output = Result<T, Failure>>>(attempt: impl Fn() -> F) -> Result<T, Failure> {
    let begun = Instant::now();
    loop {
        match attempt().await {
            Err(_) if begun.elapsed() < RECOVERY => sleep(Duration::from_millis(200)).await,
            outcome => return outcome,
        }
    }
}

/// The numbers of one of many.
fn own(numbers: &Range<u64>, place: u64, of: u64) -> Vec<u64> {
    numbers.clone().filter(|number| number % of == place).collect()
}

fn body(number: u64) -> Vec<u8> {
    let mut body = vec![0x61; BODY];
    body.splice(..8, number.to_be_bytes());
    body
}

fn rate(numbers: &Range<u64>, since: Instant) -> f64 {
    let count = u32::try_from(numbers.end - numbers.start).unwrap_or(u32::MAX);
    f64::from(count) / since.elapsed().as_secs_f64()
}
