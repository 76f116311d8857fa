//! `aside outbox [--retry]`

use super::send::flush;
use crate::{
    failure::Failure,
    json,
    name::called,
    profile,
    seen::{Circle, Seen},
    show,
};
use aside_client::{Conversation, Delivery};
use serde_json::json;
use std::path::Path;

pub(crate) async fn run(directory: &Path, retry: bool, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let sent = if retry { flush(&mut client).await } else { Ok(()) };
    let stuck = |delivery| matches!(delivery, Delivery::Queued | Delivery::Failed(_));
    let mut found = 0usize;
    for summary in client.step(|engine, step| Ok(engine.conversations(step.tx)?))? {
        let conversation = summary.conversation;
        let messages =
            client.step(|engine, step| Ok(engine.messages(step.tx, conversation, 0, usize::MAX)?))?;
        for message in messages.iter().filter(|message| stuck(message.delivery)) {
            let (seen, circle) = (Seen::of(&mut client, message)?, Circle::With(summary.handle.clone()));
            if as_json {
                show::print(json::message(&seen, &circle))?;
            } else {
                show::print(format_args!("to {}: {}", summary.handle, show::message_in(&seen, &circle)))?;
            }
            found = found.saturating_add(1);
        }
    }
    for group in client.step(|engine, step| Ok(engine.groups(step.tx)?))? {
        let conversation = Conversation::Group(group.group);
        let messages =
            client.step(|engine, step| Ok(engine.messages(step.tx, conversation, 0, usize::MAX)?))?;
        for message in messages.iter().filter(|message| stuck(message.delivery)) {
            let (seen, circle) = (Seen::of(&mut client, message)?, Circle::Group(group.name.clone()));
            if as_json {
                show::print(json::message(&seen, &circle))?;
            } else {
                let name = called(group.name.as_deref(), &group.group);
                show::print(format_args!("to {name}: group {}", show::message(&seen)))?;
            }
            found = found.saturating_add(1);
        }
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
