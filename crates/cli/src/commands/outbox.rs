//! `aside outbox [--retry]`

use super::{inbox::PAGE, send::flush};
use crate::{
    failure::Failure,
    json,
    name::called,
    profile,
    seen::{Circle, Seen},
    show,
};
use aside_client::{Conversation, Delivery, Message, driver::Client};
use serde_json::json;
use std::path::Path;

pub(crate) async fn run(directory: &Path, retry: bool, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let sent = if retry { flush(&mut client).await } else { Ok(()) };
    let mut found = 0usize;
    for summary in client.step(|engine, step| Ok(engine.conversations(step)?))? {
        let circle = Circle::With(summary.handle.clone());
        found =
            found.saturating_add(each_stuck(&mut client, summary.conversation, &circle, as_json, |seen| {
                format!("to {}: {}", summary.handle, show::message_in(seen, &circle))
            })?);
    }
    for group in client.step(|engine, step| Ok(engine.groups(step.tx)?))? {
        let (circle, conversation) = (Circle::Group(group.name.clone()), Conversation::Group(group.group));
        found = found.saturating_add(each_stuck(&mut client, conversation, &circle, as_json, |seen| {
            let name = called(group.name.as_deref(), &group.group);
            format!("to {name}: group {}", show::message(seen))
        })?);
    }
    // Changes of groups, requests to talk encrypted and their acceptances wait too, and no message shows them.
    let waiting = client.step(|engine, step| Ok(engine.waiting(step.tx)?))?;
    if as_json {
        show::print(json!({ "type": "outbox", "waiting": waiting }))?;
    } else if waiting > 0 {
        show::print(format_args!(
            "{waiting} waiting, requests and acceptances of chats and changes of groups included."
        ))?;
    } else if found == 0 {
        show::print("Everything is on the relay.")?;
    }
    sent
}

/// Shows what of a conversation is not on the relay, page by page. Returns how much it is.
fn each_stuck(
    client: &mut Client,
    conversation: Conversation,
    circle: &Circle,
    as_json: bool,
    line: impl Fn(&Seen<'_>) -> String,
) -> Result<usize, Failure> {
    let (mut after, mut found) = (0, 0usize);
    loop {
        let page = client.step(|engine, step| Ok(engine.messages(step, conversation, after, PAGE)?))?;
        let Some(last) = page.last() else { return Ok(found) };
        after = last.index;
        let stuck = |message: &&Message| matches!(message.delivery, Delivery::Queued | Delivery::Failed(_));
        for message in page.iter().filter(stuck) {
            let seen = Seen::of(client, message)?;
            if as_json {
                show::print(json::message(&seen, circle))?;
            } else {
                show::print(line(&seen))?;
            }
            found = found.saturating_add(1);
        }
    }
}
