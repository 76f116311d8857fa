//! `aside listen [--json]`

use crate::{failure::Failure, json, show};
use aside_client::{
    ChatState, Conversation, Delivery, Event,
    driver::{Client, Notice},
};
use aside_identity::{AccountKey, Handle};
use std::path::Path;
use tokio::sync::mpsc;

pub(crate) async fn run(directory: &Path, as_json: bool) -> Result<(), Failure> {
    let mut client = Client::open(directory)?;
    let mut reader = Client::open(directory)?;
    let (sender, mut notices) = mpsc::unbounded_channel();
    if !as_json {
        show::print(format_args!("Listening as {}. Ctrl-C ends it.", client.engine().handle()))?;
    }
    for summary in reader.step(|engine, step| Ok(engine.conversations(step.tx)?))? {
        if summary.state == Some(ChatState::Requested) {
            show_request(&summary.handle, summary.unread, as_json)?;
        } else {
            show_new(&mut reader, summary.conversation, &summary.handle, as_json)?;
        }
    }
    let mut tell = move |notice| {
        // The receiver lives as long as this function.
        let _ = sender.send(notice);
    };
    let listening = client.listen(&mut tell);
    tokio::pin!(listening);
    loop {
        tokio::select! {
            biased;
            Some(notice) = notices.recv() => show_notice(&mut reader, &notice, as_json)?,
            _ = tokio::signal::ctrl_c() => return Ok(()),
            ended = &mut listening => return Ok(ended?),
        }
    }
}

fn show_notice(client: &mut Client, notice: &Notice, as_json: bool) -> Result<(), Failure> {
    let (what, peer, detail) = match notice {
        Notice::Event(Event::Message(message)) => {
            return match handle(client, &message.sender)? {
                Some(peer) => show_new(client, message.conversation, &peer, as_json),
                None => Ok(()),
            };
        }
        Notice::Event(Event::ChatRequested { peer }) => {
            return handle(client, peer)?.map_or(Ok(()), |from| show_request(&from, 0, as_json));
        }
        Notice::Event(Event::ChatAccepted { peer }) => ("chat_accepted", Some(*peer), None),
        Notice::Event(Event::Gap { sender, .. }) => ("gap", Some(*sender), None),
        Notice::Event(Event::Refused { sender, reason }) => {
            ("refused", Some(sender.account), Some(reason.word().to_owned()))
        }
        Notice::Event(Event::ListRefused { peer, reason }) => {
            ("list_refused", Some(*peer), Some(reason.word().to_owned()))
        }
        Notice::Event(Event::Failed { .. }) => ("failed", None, None),
        Notice::Connected => ("connected", None, None),
        Notice::Disconnected(reason) => ("disconnected", None, Some(reason.clone())),
        _ => return Ok(()),
    };
    let about = peer.is_some();
    let peer = peer.map(|peer| handle(client, &peer)).transpose()?.flatten();
    if as_json {
        return show::print(json::happened(what, peer.as_ref(), detail.as_deref()));
    }
    let peer = match peer {
        Some(peer) => format!(" {peer}"),
        None if about => " somebody unknown".to_owned(),
        None => String::new(),
    };
    let detail = detail.map(|detail| format!(" ({})", show::safe(&detail))).unwrap_or_default();
    let text = match what {
        "chat_accepted" => "talks end-to-end encrypted with you now:",
        "gap" => "a message is missing or late from",
        "refused" => "refused something from",
        "list_refused" => "the relay's device lists contradict what is known of",
        "failed" => "the relay will not take a message; see aside outbox",
        other => other,
    };
    eprintln!("-- {text}{peer}{detail}");
    Ok(())
}

fn show_request(from: &Handle, waiting: usize, as_json: bool) -> Result<(), Failure> {
    if as_json {
        show::print(json::request(from, waiting))
    } else {
        show::print(show::request(from, waiting))
    }
}

/// Shows everything received in a conversation that was not shown yet: beside the message that has just come, what
/// another command fetched, what was held back until a chat was accepted, what a killed listener had no time to show.
fn show_new(
    client: &mut Client,
    conversation: Conversation,
    peer: &Handle,
    as_json: bool,
) -> Result<(), Failure> {
    let messages = client.step(|engine, step| {
        let shown = engine.shown(step.tx, conversation)?;
        Ok(engine.messages(step.tx, conversation, shown, usize::MAX)?)
    })?;
    for message in &messages {
        if message.delivery == Delivery::Received {
            let line = if as_json {
                json::message(message, peer, peer).to_string()
            } else {
                show::message_in(message, peer)
            };
            show::print(line)?;
        }
    }
    // Afterwards: whoever is killed in between sees a message twice rather than never.
    match messages.last() {
        Some(last) => Ok(client.step(|engine, step| Ok(engine.mark_shown(step, conversation, last.index)?))?),
        None => Ok(()),
    }
}

fn handle(client: &mut Client, account: &AccountKey) -> Result<Option<Handle>, Failure> {
    Ok(client.step(|engine, step| Ok(engine.handle_of(step.tx, account)?))?)
}
