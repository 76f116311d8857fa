//! Mailboxes that filled while nobody was there.

use crate::{
    Failure,
    client::Heard,
    letters::Letters,
    person::Person,
    report::{Bound, Report, rate, us_each},
    stand::{Measured, Stand},
    workload::{ACKNOWLEDGED_TOGETHER, FILLING},
};
use aside_wire::pb::request;
use futures_util::future::try_join_all;
use std::time::Instant;

/// Messages a second.
const RATE: f64 = 15_000.0;

pub(super) async fn run(stand: &Stand) -> Result<Report, Failure> {
    let work = &stand.workload;
    let senders = stand.senders()?;
    let recipients = Person::several("r", work.recipients)?;
    let relay = stand.relay().await?;
    drop(relay.join(&recipients).await?);
    let total = work.waiting.saturating_mul(recipients.len());
    fill(&relay, &senders, &recipients, total).await?;

    let mut clients = relay.enter(&recipients).await?;
    let used = |relay: &Measured| relay.program.as_ref().map(|program| program.processor_time()).transpose();
    let (before, server) = (used(&relay)?, stand.grounds.processor_time().await?);
    let begun = Instant::now();
    try_join_all(clients.iter_mut().map(async |client| {
        client.subscribe().await?;
        client.drain(work.waiting, ACKNOWLEDGED_TOGETHER, |_| ()).await
    }))
    .await?;
    let time = begun.elapsed();
    let servers =
        stand.grounds.processor_time().await?.zip(server).map(|(now, before)| now.saturating_sub(before));
    let about = format!(
        "{} mailboxes of {} messages, all at once, acknowledged in {}s",
        recipients.len(),
        work.waiting,
        ACKNOWLEDGED_TOGETHER
    );
    let mut report = Report::new("drain", about);
    report.judge("delivered and acknowledged", rate(total, time), "/s", Bound::AtLeast(RATE));
    if let (Some(before), Some(after)) = (before, used(&relay)?) {
        report.put("processor time of the relay", us_each(after.saturating_sub(before), total), "us each");
    }
    if let Some(servers) = servers {
        report.put("processor time of PostgreSQL", us_each(servers, total), "us each");
    }
    Ok(report)
}

/// Sends so many messages in all, to each recipient as many as to another.
pub(super) async fn fill(
    relay: &Measured,
    senders: &[(Person, Letters)],
    recipients: &[Person],
    total: usize,
) -> Result<(), Failure> {
    let mut clients = relay.join(senders.iter().map(|(person, _)| person)).await?;
    let sending = clients.iter_mut().zip(senders).enumerate().map(async |(rank, (client, (_, letters)))| {
        let mut numbers = (rank..total).step_by(senders.len());
        let mut waiting = 0usize;
        loop {
            while waiting < FILLING
                && let Some(number) = numbers.next()
            {
                let recipient = number.checked_rem(recipients.len()).and_then(|rank| recipients.get(rank));
                let letter = letters.to(recipient.ok_or("nobody to send to")?, number)?;
                client.put(request::Body::Send(letter)).await?;
                waiting = waiting.saturating_add(1);
            }
            if waiting == 0 {
                return Ok::<_, Failure>(());
            }
            client.flush().await?;
            if let Heard::Answer(..) = client.read().await? {
                waiting = waiting.saturating_sub(1);
            }
        }
    });
    try_join_all(sending).await.map(drop)
}
