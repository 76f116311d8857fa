//! Clients that subscribe and do not read.

use super::drain::fill;
use crate::{
    Failure,
    person::Person,
    report::{Bound, Report, float, ratio},
    stand::Stand,
};
use aside_wire::pb::{self, request};
use std::time::Duration;
use tokio::time::sleep;

/// Memory of the relay for each, in KiB: what was read for it and waits to be written, and buffers.
const EACH: f64 = 1024.0;
/// Of what it was, while as much again arrives for them.
const GROWTH: f64 = 1.1;
/// For the relay to fill what it may fill.
const SETTLING: Duration = Duration::from_secs(1);
/// Bytes of a message, so that the sockets are full soon.
const PAYLOAD_BYTES: usize = 16 * 1024;
/// Messages for each, twice: more than the sockets and the window hold.
const MESSAGES: usize = 256;

pub(super) async fn run(stand: &Stand) -> Result<Report, Failure> {
    let mut stand = stand.clone();
    let number = stand.workload.slow;
    stand.workload.payload = PAYLOAD_BYTES;
    let people = Person::several("q", number)?;
    let senders = stand.senders()?;
    let relay = stand.relay().await?;
    let program = relay.program.as_ref().ok_or("the relay's memory is not known")?;
    drop(relay.join(&people).await?);
    let total = number.saturating_mul(MESSAGES);
    fill(&relay, &senders, &people, total).await?;
    // What the relay needs for writing is not theirs.
    let before = program.resident()?;
    let mut clients = relay.enter(&people).await?;
    for client in &mut clients {
        client.post(request::Body::Subscribe(pb::Subscribe {})).await?;
    }
    sleep(SETTLING).await;
    let full = program.resident()?;
    fill(&relay, &senders, &people, total).await?;
    sleep(SETTLING).await;
    let after = program.resident()?;

    let about = format!(
        "{number} clients that read nothing, {MESSAGES} messages of {PAYLOAD_BYTES} bytes for each, twice"
    );
    let mut report = Report::new("slow", about);
    report.put("memory of the relay before", float(before), "KiB");
    report.put("memory of the relay with them", float(full), "KiB");
    let each = ratio(float(full.saturating_sub(before)), float(number));
    report.judge("memory of the relay for each", each, "KiB", Bound::AtMost(EACH));
    report.judge("after as much again / before", ratio(float(after), float(full)), "", Bound::AtMost(GROWTH));
    Ok(report)
}
