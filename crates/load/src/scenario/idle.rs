//! Connections that are logged in and do nothing.

use crate::{
    Failure,
    client::Client,
    letters::Letters,
    machine,
    percentiles::Latencies,
    person::Person,
    report::{Bound, Report, float, ms, rate, ratio},
    stand::Stand,
};
use aside_wire::pb::request;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::time::Instant;

/// Memory of the relay for each, in kB.
const EACH: f64 = 40.0;
/// Files beside the connections.
const SPARE: u64 = 200;
/// Logins at a time.
const JOINING: usize = 32;
/// Connections that are written to in the end.
const WOKEN: usize = 100;

pub(super) async fn run(stand: &Stand) -> Result<Report, Failure> {
    let number = stand.workload.idle;
    machine::allow_files(u64::try_from(number)?.saturating_add(SPARE))?;
    let people = Person::several("i", number)?;
    let relay = stand.relay().await?;
    let program = relay.program.as_ref().ok_or("the relay's memory is not known")?;
    // What the first ones cost is not theirs.
    let first = Person::new("first")?;
    drop(relay.join([&first]).await?);
    let before = program.resident()?;
    let begun = Instant::now();
    let joining = people.iter().enumerate().map(async |(rank, person)| {
        let mut client = Client::join(&relay.address, person, rank).await?;
        client.subscribe().await?;
        Ok::<_, Failure>(client)
    });
    let mut clients: Vec<_> = stream::iter(joining).buffered(JOINING).try_collect().await?;
    let time = begun.elapsed();
    let grown = program.resident()?.saturating_sub(before);

    let about = format!("{number} connections, registered, logged in and subscribed");
    let mut report = Report::new("idle", about);
    let each = ratio(float(grown) * 1.024, float(number));
    report.judge("memory of the relay for each", each, "kB", Bound::AtMost(EACH));
    report.put("memory of the relay", float(program.resident()?), "KiB");
    report.put("registered, logged in and subscribed", rate(number, time), "/s");
    // They are all well: the last one writes to some, and each hears of it.
    let letters = Letters::of(&first, &stand.workload)?;
    let (writer, readers) = clients.split_last_mut().ok_or("nobody is there")?;
    let step = readers.len().div_ceil(WOKEN).max(1);
    let mut latencies = Latencies::default();
    for (number, (reader, person)) in readers.iter_mut().zip(&people).step_by(step).enumerate() {
        let sent = Instant::now();
        writer.ask(request::Body::Send(letters.to(person, number)?)).await?;
        reader.drain(1, 1, |_| latencies.push(sent.elapsed())).await?;
    }
    report.put("send to delivered to one of them, p50", ms(latencies.sorted().median()), "ms");
    Ok(report)
}
