//! One message for many, stored once and delivered to each.

use crate::{
    Failure,
    client::Client,
    letters::{client_id, group},
    percentiles::Latencies,
    person::Person,
    report::{Report, ms, rate},
    stand::Stand,
    workload::GROUP,
};
use aside_wire::pb::{self, request};
use futures_util::future::try_join_all;
use std::time::{Duration, Instant};

/// Members that write at the same time.
const WRITERS: usize = 8;
/// Devices that an account may fan out to at once, as the relay comes; what is sent stays below.
const DEVICES: usize = 200_000;

pub(super) async fn run(stand: &Stand) -> Result<Report, Failure> {
    let work = &stand.workload;
    let writers = Person::several("w", WRITERS.min(work.senders))?;
    let members = Person::several("m", GROUP.min(work.recipients))?;
    let relay = stand.relay().await?;
    drop(relay.join(&members).await?);
    let mut clients = relay.join(&writers).await?;
    let mut recipients: Vec<_> = members
        .iter()
        .map(|member| pb::Recipient { account_key: member.account().0.to_vec(), devices: vec![1] })
        .collect();
    recipients.sort_by(|left, right| left.account_key.cmp(&right.account_key));
    let most = DEVICES.checked_div(members.len()).unwrap_or_default();
    let begun = Instant::now();
    let each = try_join_all(
        clients.iter_mut().map(|client| write(client, &recipients, work.payload, most, begun, work.sending)),
    )
    .await?;
    let time = begun.elapsed();
    let mut latencies = Latencies::default();
    latencies.extend(each);
    let count = latencies.count();
    let latencies = latencies.sorted();

    let about = format!(
        "{} members write messages of {} bytes to {} who are not there",
        writers.len(),
        work.payload,
        members.len()
    );
    let mut report = Report::new("groups", about);
    report.put("accepted", rate(count, time), "/s");
    report.put("into mailboxes", rate(count.saturating_mul(members.len()), time), "/s");
    report.put("send to accepted, p50", ms(latencies.median()), "ms");
    report.put("send to accepted, p99", ms(latencies.per_mille(990)), "ms");
    Ok(report)
}

async fn write(
    client: &mut Client,
    recipients: &[pb::Recipient],
    payload: usize,
    most: usize,
    begun: Instant,
    time: Duration,
) -> Result<Latencies, Failure> {
    let mut latencies = Latencies::default();
    while begun.elapsed() < time && latencies.count() < most {
        let message = pb::FanOut {
            client_id: client_id()?.to_vec(),
            recipients: recipients.to_vec(),
            envelope: group(payload),
            keep: 0,
        };
        let sent = Instant::now();
        client.ask(request::Body::FanOut(message)).await?;
        latencies.push(sent.elapsed());
    }
    Ok(latencies)
}
