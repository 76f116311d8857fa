//! `aside listen [--json]`

use super::inbox::author;
use crate::{failure::Failure, json, show};
use aside_client::{
    Conversation, Event, Message,
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
        println!("Listening as {}. Ctrl-C ends it.", client.engine().handle());
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
        Notice::Event(Event::Message(message)) => return show_message(client, message, as_json),
        Notice::Event(Event::ChatRequested { peer }) => {
            let from = handle(client, peer)?;
            println!(
                "{}",
                if as_json { json::request(&from, 0).to_string() } else { show::request(&from, 0) }
            );
            return Ok(());
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
    let peer = peer.map(|peer| handle(client, &peer)).transpose()?;
    if as_json {
        println!("{}", json::happened(what, peer.as_ref(), detail.as_deref()));
        return Ok(());
    }
    let peer = peer.map(|peer| format!(" {peer}")).unwrap_or_default();
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

fn show_message(client: &mut Client, message: &Message, as_json: bool) -> Result<(), Failure> {
    let peer = handle(client, &message.sender)?;
    let from = author(client, message, &peer);
    if as_json {
        println!("{}", json::message(message, &peer, &from));
    } else {
        println!("{}", show::message_in(message, &from));
    }
    let conversation: Conversation = message.conversation;
    client.step(|engine, step| Ok(engine.mark_shown(step, conversation, message.index)?))?;
    Ok(())
}

fn handle(client: &mut Client, account: &AccountKey) -> Result<Handle, Failure> {
    let known = client.step(|engine, step| Ok(engine.handle_of(step.tx, account)?))?;
    Ok(match known {
        Some(handle) => handle,
        None => Handle::parse("unknown").map_err(|_| Failure::Other("unknown sender".to_owned()))?,
    })
}
