//! `aside receipts|viewed|typing|presence`

use super::send::know;
use crate::{
    args::{Telling, There},
    failure::Failure,
    profile, show,
};
use aside_client::{Misuse, ReceiptLevel, driver::Client};
use aside_identity::Handle;
use serde_json::json;
use std::{collections::BTreeMap, path::Path};

pub(crate) async fn run(directory: &Path, command: &Telling, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    match command {
        Telling::Receipts { who, level, all } => {
            if let Some(who) = who {
                know(&mut client, who).await?;
            }
            if let Some(level) = level.or(*all) {
                client.step(|engine, step| engine.set_receipts(step, who.as_ref(), level.decided()))?;
            }
            receipts(&mut client, who.as_ref(), as_json)
        }
        Telling::Viewed { from, number } => viewed(&mut client, from, *number),
        Telling::Typing { to: Some(to), stop, .. } => {
            know(&mut client, to).await?;
            let told = client.say_typing(to, !stop).await?;
            let words = match (told, stop) {
                (true, false) => format!("{to} is told that you are writing, if they are there."),
                (true, true) => format!("{to} is told that you have stopped, if they are there."),
                (false, _) => format!("{to} is told nothing now."),
            };
            say(&json!({ "type": "typing_told", "to": to.to_string(), "told": told }), &words, as_json)
        }
        Telling::Typing { hide, .. } => {
            client.step(|engine, step| Ok(engine.set_typing(step, !hide)?))?;
            let words = match hide {
                true => "Nobody is told that you are writing, and you are not told of others.",
                false => "People you talk encrypted with are told when you say that you are writing.",
            };
            say(&json!({ "type": "typing_setting", "on": !hide }), words, as_json)
        }
        Telling::Presence { what } => presence(&mut client, *what, as_json).await,
    }
}

async fn presence(client: &mut Client, what: There, as_json: bool) -> Result<(), Failure> {
    let Some(state) = what.state() else {
        let on = matches!(what, There::On);
        client.step(|engine, step| Ok(engine.set_presence(step, on)?))?;
        let words = match on {
            true => {
                "Those you talk encrypted with are told when you are there, and you are told when they are.\n\
                 `aside listen` says it for you; to say it now: aside presence"
            }
            false => "Nobody is told when you are there, and you are not told of others.",
        };
        return say(&json!({ "type": "presence_setting", "on": on }), words, as_json);
    };
    if !client.step(|engine, step| Ok(engine.shows_presence(step.tx)?))? {
        return Err(Failure::Cannot(
            "nobody is told when you are there; to change that: aside presence on".into(),
        ));
    }
    let told = client.say_presence(state).await?;
    let words = match told {
        0 => "There is nobody to tell now, or they were told just before.".to_owned(),
        count => format!("Told {}.", show::people(count)),
    };
    say(&json!({ "type": "presence_told", "state": show::presence(state), "told": told }), &words, as_json)
}

/// Shows what somebody is told, or without somebody, what everybody is.
fn receipts(client: &mut Client, who: Option<&Handle>, as_json: bool) -> Result<(), Failure> {
    let mut levels = BTreeMap::new();
    let all = client.step(|engine, step| {
        let default = engine.receipts_to(step.tx, None)?;
        for summary in engine.conversations(step)? {
            levels.insert(summary.handle, engine.receipts_to(step.tx, Some(&summary.peer))?);
        }
        if let Some(who) = who {
            let account = engine.peer_by_handle(step.tx, who)?;
            let account = account.ok_or_else(|| Misuse::UnknownPeer(who.clone()))?;
            levels.insert(who.clone(), engine.receipts_to(step.tx, Some(&account))?);
        }
        Ok(default)
    })?;
    if who.is_none() {
        say(&of(None, all), &words(None, all), as_json)?;
    }
    for (handle, level) in levels {
        if who == Some(&handle) || (who.is_none() && level != all) {
            say(&of(Some(&handle), level), &words(Some(&handle), level), as_json)?;
        }
    }
    Ok(())
}

fn of(who: Option<&Handle>, level: ReceiptLevel) -> serde_json::Value {
    let level = match level {
        ReceiptLevel::Everything => "on",
        ReceiptLevel::Delivered => "delivered",
        ReceiptLevel::Nothing => "off",
    };
    json!({ "type": "receipts_setting", "handle": who.map(ToString::to_string), "level": level })
}

fn words(who: Option<&Handle>, level: ReceiptLevel) -> String {
    let who = who.map_or_else(|| "Everybody".to_owned(), ToString::to_string);
    match level {
        ReceiptLevel::Everything => {
            format!("{who} is told when a message to you arrives and is read. You see as much of yours.")
        }
        ReceiptLevel::Delivered => {
            format!(
                "{who} is told when a message to you arrives, not that it is read. You see as much of yours."
            )
        }
        ReceiptLevel::Nothing => {
            format!("{who} is told nothing of what becomes of a message to you. You see nothing of yours.")
        }
    }
}

/// The receipt goes out with what is sent next, a few seconds later at the earliest.
fn viewed(client: &mut Client, from: &Handle, number: u64) -> Result<(), Failure> {
    Ok(client.step(|engine, step| {
        let account = engine.peer_by_handle(step.tx, from)?;
        for summary in engine.conversations(step)? {
            let is_theirs = Some(summary.peer) == account;
            let before = number.saturating_sub(1);
            let messages = engine.messages(step, summary.conversation, before, 1)?;
            if is_theirs && messages.iter().any(|message| message.index == number) {
                return engine.mark_viewed(step, summary.conversation, number);
            }
        }
        Err(Misuse::NoMessage.into())
    })?)
}

fn say(object: &serde_json::Value, words: &str, as_json: bool) -> Result<(), Failure> {
    if as_json { show::print(object) } else { show::print(words) }
}
