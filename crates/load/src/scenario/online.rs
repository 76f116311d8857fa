//! How soon those who are there get what was accepted.

use crate::{
    Failure,
    bare::syncs,
    client::{Client, Heard},
    letters::Letters,
    percentiles::Latencies,
    person::Person,
    report::{Bound, Report, ms, rate, ratio},
    stand::Stand,
    workload::ONLINE_RATE,
};
use aside_wire::pb::{self, request};
use futures_util::{FutureExt, future::try_join_all};
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval_at};

/// Ninety-nine of a hundred are delivered within so many times of one fsync.
const SYNCS: f64 = 3.0;
/// Writes to the disk that are measured.
const MEASURED: usize = 300;

pub(super) async fn run(stand: &Stand) -> Result<Report, Failure> {
    let work = &stand.workload;
    let senders = stand.senders()?;
    let recipients = Person::several("r", work.senders)?;
    let relay = stand.relay().await?;
    let mut receiving = relay.join(&recipients).await?;
    try_join_all(receiving.iter_mut().map(Client::subscribe)).await?;
    let mut sending = relay.join(senders.iter().map(|(person, _)| person)).await?;
    let sync = syncs(stand.grounds.folder()?.path(), MEASURED)?;

    let pause = Duration::from_secs(1) * u32::try_from(work.senders)? / ONLINE_RATE;
    let each = usize::try_from(work.sending.as_millis().checked_div(pause.as_millis()).unwrap_or(1))?;
    let begun = Instant::now();
    let pairs = sending.iter_mut().zip(&mut receiving).zip(senders.iter().zip(&recipients)).enumerate();
    let measured = try_join_all(pairs.map(async |(rank, ((from, to), ((_, letters), recipient)))| {
        // Spread over the pause, not all at once.
        let offset = pause * u32::try_from(rank)? / u32::try_from(work.senders)?;
        let accepted = paced(from, letters, recipient, each, (offset, pause)).boxed_local();
        let (accepted, delivered) = futures_util::try_join!(accepted, receive(to, each))?;
        // A delivery may come before the answer to its sender.
        let latencies = accepted.iter().zip(&delivered);
        Ok::<_, Failure>(
            latencies.map(|(from, to)| to.saturating_duration_since(*from)).collect::<Latencies>(),
        )
    }))
    .await?;
    let time = begun.elapsed();
    let mut latencies = Latencies::default();
    latencies.extend(measured);

    let about = format!("{} pairs, {ONLINE_RATE} messages a second in all, each acknowledged", work.senders);
    let mut report = Report::new("online", about);
    let count = latencies.count();
    let latencies = latencies.sorted();
    let (sync, last) = (ms(sync.median()), ms(latencies.per_mille(990)));
    report.put("delivered", rate(count, time), "/s");
    report.put("one fsync, p50", sync, "ms");
    report.put("accepted to delivered, p50", ms(latencies.median()), "ms");
    report.put("accepted to delivered, p90", ms(latencies.per_mille(900)), "ms");
    report.put("accepted to delivered, p99", last, "ms");
    report.put("accepted to delivered, max", ms(latencies.per_mille(1000)), "ms");
    report.judge("accepted to delivered, p99 / fsync", ratio(last, sync), "", Bound::AtMost(SYNCS));
    Ok(report)
}

/// Sends one message each time; when each was accepted.
async fn paced(
    client: &mut Client,
    letters: &Letters,
    recipient: &Person,
    number: usize,
    (offset, pause): (Duration, Duration),
) -> Result<Vec<Instant>, Failure> {
    let mut tick = interval_at(tokio::time::Instant::now() + offset, pause);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut accepted = Vec::with_capacity(number);
    for number in 0..number {
        tick.tick().await;
        client.ask(request::Body::Send(letters.to(recipient, number)?)).await?;
        accepted.push(Instant::now());
    }
    Ok(accepted)
}

/// Receives and acknowledges one message at a time; when each came.
async fn receive(client: &mut Client, number: usize) -> Result<Vec<Instant>, Failure> {
    let mut delivered = Vec::with_capacity(number);
    while delivered.len() < number {
        if let Heard::Delivery(delivery) = client.read().await? {
            delivered.push(Instant::now());
            client.post(request::Body::Acknowledge(pb::Acknowledge { up_to: delivery.sequence })).await?;
        }
    }
    Ok(delivered)
}
