//! `aside inbox`

use crate::{failure::Failure, json, show};
use aside_client::{
    ChatState, Event, Message, Summary,
    driver::{Client, Notice},
};
use aside_identity::Handle;
use std::path::Path;

/// Messages read from the store at a time, so that a long history is not held in memory.
const PAGE: usize = 256;

pub(crate) async fn run(directory: &Path, all: bool, as_json: bool) -> Result<(), Failure> {
    let mut client = Client::open(directory)?;
    // Whatever is wrong with the relay, show what is here already, and say so at the end.
    let mut accepted = Vec::new();
    let mut hear = |notice| match notice {
        Notice::Event(Event::ChatAccepted { peer }) => accepted.push(peer),
        other => warn(&other),
    };
    let fetched = client.catch_up(&mut hear).await;
    let mut shown = accepted.len();
    for peer in accepted {
        let handle = client.step(|engine, step| Ok(engine.handle_of(step.tx, &peer)?))?;
        if let Some(handle) = handle {
            let line = json::happened("chat_accepted", Some(&handle), None).to_string();
            show::print(if as_json {
                line
            } else {
                format!("{handle} talks end-to-end encrypted with you now.")
            })?;
        }
    }
    for summary in client.step(|engine, step| Ok(engine.conversations(step.tx)?))? {
        if summary.state == Some(ChatState::Requested) {
            shown = shown.saturating_add(1);
            let (from, waiting) = (&summary.handle, summary.unread);
            if as_json {
                show::print(json::request(from, waiting))?;
            } else {
                show::print(show::request(from, waiting))?;
            }
            continue;
        }
        shown = shown.saturating_add(conversation(&mut client, &summary, all, as_json)?);
    }
    if shown == 0 && !as_json {
        show::print("Nothing new.")?;
    }
    Ok(fetched.map(drop)?)
}

/// Shows the new messages of a conversation, or all of them, and remembers that they were shown.
fn conversation(client: &mut Client, summary: &Summary, all: bool, as_json: bool) -> Result<usize, Failure> {
    let conversation = summary.conversation;
    let seen = client.step(|engine, step| Ok(engine.shown(step.tx, conversation)?))?;
    let mut after = if all { 0 } else { seen };
    let mut count = 0usize;
    loop {
        let page = client.step(|engine, step| Ok(engine.messages(step.tx, conversation, after, PAGE)?))?;
        let Some(last) = page.last() else { break };
        after = last.index;
        if count == 0 && !as_json {
            show::print(show::heading(summary))?;
        }
        for message in &page {
            let from = author(client, message, &summary.handle);
            if as_json {
                show::print(json::message(message, &summary.handle, &from))?;
            } else {
                show::print(show::message(message, &from))?;
            }
        }
        count = count.saturating_add(page.len());
        client.step(|engine, step| Ok(engine.mark_shown(step, conversation, after)?))?;
    }
    Ok(count)
}

/// The handle of whoever wrote a message of the conversation with `peer`.
pub(crate) fn author(client: &Client, message: &Message, peer: &Handle) -> Handle {
    let own = client.engine().address().account;
    if message.sender == own { client.engine().handle().clone() } else { peer.clone() }
}

/// Says what is wrong, beside the messages.
fn warn(notice: &Notice) {
    match notice {
        Notice::Event(Event::Refused { reason, .. }) => {
            eprintln!("aside: something that arrived was refused ({reason})");
        }
        Notice::Event(Event::MailboxSetBack) => {
            eprintln!(
                "aside: the relay's mailbox went back: it was restored from an older copy, or it lied before"
            );
        }
        Notice::Event(Event::ListRefused { reason, .. }) => {
            eprintln!("aside: the relay offers device lists that contradict what is known ({reason})");
        }
        Notice::Event(Event::Gap { .. }) => {
            eprintln!("aside: a message before one of these is missing or late");
        }
        _ => {}
    }
}
