//! `aside outbox [--retry]`

use super::send::flush;
use crate::{failure::Failure, json, show};
use aside_client::{Delivery, driver::Client};
use std::path::Path;

pub(crate) async fn run(directory: &Path, retry: bool, as_json: bool) -> Result<(), Failure> {
    let mut client = Client::open(directory)?;
    let sent = if retry { flush(&mut client).await } else { Ok(()) };
    let own = client.engine().handle().clone();
    let mut found = 0usize;
    for summary in client.step(|engine, step| Ok(engine.conversations(step.tx)?))? {
        let conversation = summary.conversation;
        let messages =
            client.step(|engine, step| Ok(engine.messages(step.tx, conversation, 0, usize::MAX)?))?;
        let stuck = |delivery| matches!(delivery, Delivery::Queued | Delivery::Failed(_));
        for message in messages.iter().filter(|message| stuck(message.delivery)) {
            if as_json {
                println!("{}", json::message(message, &summary.handle, &own));
            } else {
                println!("to {}: {}", summary.handle, show::message_in(message, &own));
            }
            found = found.saturating_add(1);
        }
    }
    if found == 0 && !as_json {
        println!("Everything is on the relay.");
    }
    sent
}
