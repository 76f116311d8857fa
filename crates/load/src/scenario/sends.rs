//! Durable sends to people who are not there, beside the bare store.

use crate::{
    Failure,
    bare::{Bare, syncs},
    client::{Client, Heard},
    letters::Letters,
    machine,
    percentiles::Latencies,
    person::Person,
    report::{Bound, Report, ms, rate, ratio, us_each},
    stand::{Measured, Stand},
};
use aside_wire::pb::request;
use futures_util::future::try_join_all;
use std::{
    process,
    time::{Duration, Instant},
};

/// Of the bare store's rate.
const SHARE: f64 = 0.6;
/// Half of all sends are answered in so many milliseconds.
const MEDIAN_MS: f64 = 5.0;
/// Writes to the disk that are measured.
const SYNCS: usize = 300;

pub(super) async fn run(stand: &Stand) -> Result<Report, Failure> {
    let work = &stand.workload;
    let senders = stand.senders()?;
    let recipients = Person::several("r", work.recipients)?;
    // The bare store before and after, since machines drift.
    let before = bare(stand, &senders, &recipients, work.sending / 2).await?;
    let sync = syncs(stand.grounds.folder()?.path(), SYNCS)?;
    let relay = stand.relay().await?;
    let sent = sends(stand, &relay, &senders, &recipients, work.sending).await?;
    drop(relay);
    let after = bare(stand, &senders, &recipients, work.sending / 2).await?;
    let store = rate(before.0.saturating_add(after.0), before.1.saturating_add(after.1));

    let about = format!(
        "{} senders with one message of {} bytes on its way each, {} % encrypted, to {} who are not there, {:.0} s",
        work.senders,
        work.payload,
        work.encrypted,
        work.recipients,
        work.sending.as_secs_f64()
    );
    let mut report = Report::new("sends", about);
    let latencies = sent.latencies.sorted();
    report.put("bare store", store, "/s");
    report.put("one fsync, p50", ms(sync.median()), "ms");
    report.put("accepted", rate(sent.count, sent.time), "/s");
    report.judge(
        "accepted / bare store",
        ratio(rate(sent.count, sent.time), store),
        "",
        Bound::AtLeast(SHARE),
    );
    report.judge("send to accepted, p50", ms(latencies.median()), "ms", Bound::AtMost(MEDIAN_MS));
    report.put("send to accepted, p90", ms(latencies.per_mille(900)), "ms");
    report.put("send to accepted, p99", ms(latencies.per_mille(990)), "ms");
    report.put("send to accepted, max", ms(latencies.per_mille(1000)), "ms");
    report.put("send to accepted, p50 / fsync", ratio(ms(latencies.median()), ms(sync.median())), "");
    report.put("processor time of the clients", us_each(sent.ours, sent.count), "us each");
    if let Some(servers) = sent.servers {
        report.put("processor time of PostgreSQL", us_each(servers, sent.count), "us each");
    }
    if let Some((theirs, resident)) = sent.theirs {
        report.put("processor time of the relay", us_each(theirs, sent.count), "us each");
        report.put("memory of the relay", f64::from(u32::try_from(resident)?), "KiB");
    }
    Ok(report)
}

/// The store alone, with nothing in it.
async fn bare(
    stand: &Stand,
    senders: &[(Person, Letters)],
    recipients: &[Person],
    time: Duration,
) -> Result<(usize, Duration), Failure> {
    let ground = stand.grounds.ground().await?;
    let people = recipients.iter().chain(senders.iter().map(|(person, _)| person));
    let bare = Bare::open(&ground, people).await?;
    let senders: Vec<_> = senders.iter().map(|(person, letters)| (person, letters)).collect();
    let stored = bare.enqueue(&senders, recipients, usize::MAX, time).await?;
    bare.close().await;
    Ok(stored)
}

/// What was sent.
struct Sent {
    count: usize,
    time: Duration,
    latencies: Latencies,
    /// Processor time of this process.
    ours: Duration,
    /// That of the relay, and its memory in KiB.
    theirs: Option<(Duration, u64)>,
    /// Processor time of the database's server.
    servers: Option<Duration>,
}

async fn sends(
    stand: &Stand,
    relay: &Measured,
    senders: &[(Person, Letters)],
    recipients: &[Person],
    time: Duration,
) -> Result<Sent, Failure> {
    drop(relay.join(recipients).await?);
    let mut clients = relay.join(senders.iter().map(|(person, _)| person)).await?;
    let used = |relay: &Measured| relay.program.as_ref().map(|program| program.processor_time()).transpose();
    let (ours, theirs) = (machine::processor_time(process::id())?, used(relay)?);
    let server = stand.grounds.processor_time().await?;
    let begun = Instant::now();
    let sending = clients.iter_mut().zip(senders).enumerate().map(async |(rank, (client, (_, letters)))| {
        send(client, letters, recipients, rank, senders.len(), begun, time).await
    });
    let each = try_join_all(sending).await?;
    let time = begun.elapsed();
    let ours = machine::processor_time(process::id())?.saturating_sub(ours);
    let theirs = match (theirs, &relay.program) {
        (Some(before), Some(program)) => {
            Some((program.processor_time()?.saturating_sub(before), program.resident()?))
        }
        _ => None,
    };
    let servers =
        stand.grounds.processor_time().await?.zip(server).map(|(now, before)| now.saturating_sub(before));
    let mut latencies = Latencies::default();
    latencies.extend(each);
    Ok(Sent { count: latencies.count(), time, latencies, ours, theirs, servers })
}

/// One sender: the next message when the last one is accepted.
async fn send(
    client: &mut Client,
    letters: &Letters,
    recipients: &[Person],
    rank: usize,
    step: usize,
    begun: Instant,
    time: Duration,
) -> Result<Latencies, Failure> {
    let mut latencies = Latencies::default();
    let mut number = rank;
    while begun.elapsed() < time {
        let recipient = number.checked_rem(recipients.len()).and_then(|rank| recipients.get(rank));
        let letter = letters.to(recipient.ok_or("nobody to send to")?, number)?;
        number = number.saturating_add(step);
        let sent = Instant::now();
        let id = client.post(request::Body::Send(letter)).await?;
        match client.read().await? {
            Heard::Answer(answered, _) if answered == id => latencies.push(sent.elapsed()),
            _ => return Err("another answer than asked for".into()),
        }
    }
    Ok(latencies)
}
