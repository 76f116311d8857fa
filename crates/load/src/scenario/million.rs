//! A database that has grown: how it starts, and what a mailbox of it costs.

use crate::{
    Failure,
    bare::Bare,
    client::{Client, Heard},
    ground::Ground,
    letters::Letters,
    percentiles::Latencies,
    person::Person,
    program::Program,
    report::{Bound, Report, float, ms, rate, ratio},
    stand::{Measured, Stand, Target},
};
use aside_relay::limits::WINDOW_MESSAGES;
use aside_wire::pb::{self, request};
use std::time::{Duration, Instant};

/// Within so many milliseconds it listens.
const START_MS: f64 = 1000.0;
/// What a mailbox of a tenth of the database costs, so many times at most.
const INDEPENDENT: f64 = 1.5;
/// Messages of each mailbox.
const EACH: usize = 1_000;
/// Mailboxes that are looked at.
const FETCHED: usize = 50;
/// Messages on their way to the store while it is filled.
const AT_A_TIME: usize = 1_024;
/// The smaller database is a part of so many; neither fits into the caches of those who read.
const SMALL: usize = 10;

pub(super) async fn run(stand: &Stand) -> Result<Report, Failure> {
    let Target::Own(start) = &stand.target else { return Err("it needs a relay of its own".into()) };
    let stored = stand.workload.stored;
    let fewer = stored.div_ceil(SMALL).next_multiple_of(EACH);
    let (small, few, _) = filled(stand, fewer).await?;
    let (large, people, filling) = filled(stand, stored).await?;
    let disk = large.disk().await?;

    let relay = stand.relay_on(large).await?;
    let program = relay.program.as_ref().ok_or("it needs a relay of its own")?;
    let (clean, resident) = (program.started_in(), program.resident()?);
    let of_large = fetch(&relay, &people).await?;
    let Measured { program, ground, .. } = relay;
    program.ok_or("it needs a relay of its own")?.kill().await?;
    let killed = Program::start(&ground.start(start), ground.path()).await?;
    let after_kill = killed.started_in();
    killed.kill().await?;
    drop(ground);
    let of_small = fetch(&stand.relay_on(small).await?, &few).await?;

    let about =
        format!("{stored} stored messages of {} bytes, {EACH} in each mailbox", stand.workload.payload);
    let mut report = Report::new("million", about);
    report.judge("start", ms(clean), "ms", Bound::AtMost(START_MS));
    report.judge("start after kill -9", ms(after_kill), "ms", Bound::AtMost(START_MS));
    report.put("memory after the start", float(resident), "KiB");
    report.put("disk", float(disk / 1_000_000), "MB");
    report.put("stored by the bare store", rate(stored, filling), "/s");
    report.put(&format!("{WINDOW_MESSAGES} messages fetched, p50"), ms(of_large), "ms");
    let share = format!("the same / with {fewer} stored");
    report.judge(&share, ratio(ms(of_large), ms(of_small)), "", Bound::AtMost(INDEPENDENT));
    Ok(report)
}

/// A database with so many messages, whose they are, and how long it took to store them.
async fn filled(stand: &Stand, number: usize) -> Result<(Ground, Vec<Person>, Duration), Failure> {
    let ground = stand.grounds.ground().await?;
    let people = Person::several("o", number.div_ceil(EACH))?;
    let sender = Person::new("sender")?;
    let letters = Letters::of(&sender, &stand.workload)?;
    let bare = Bare::open(&ground, people.iter().chain([&sender])).await?;
    let senders = vec![(&sender, &letters); AT_A_TIME];
    let (_, time) = bare.enqueue(&senders, &people, number, Duration::MAX).await?;
    bare.close().await;
    Ok((ground, people, time))
}

/// How long it takes to read on in a mailbox as far as a client gets that acknowledges nothing, the middle one of some.
async fn fetch(relay: &Measured, people: &[Person]) -> Result<Duration, Failure> {
    let mut latencies = Latencies::default();
    // Neighbours share pages: they are neighbours in either database.
    for person in people.iter().take(FETCHED) {
        let mut client = Client::enter(&relay.address, person, 0).await?;
        let begun = Instant::now();
        client.post(request::Body::Subscribe(pb::Subscribe {})).await?;
        let mut delivered = 0;
        while delivered < WINDOW_MESSAGES {
            if let Heard::Delivery(_) = client.read().await? {
                delivered = delivered.saturating_add(1);
            }
        }
        latencies.push(begun.elapsed());
    }
    Ok(latencies.sorted().median())
}
