//! `aside search WORDS [--with @who | --group GROUP]`

use crate::{
    commands::group::pick,
    failure::Failure,
    json, name, profile,
    seen::{Circle, Seen},
    show,
};
use aside_client::{Conversation, Message, Misuse, driver::Client};
use aside_identity::Handle;
use std::path::Path;

/// Where to look.
pub(super) enum Where<'a> {
    Everywhere,
    With(&'a Handle),
    Group(&'a str),
}

pub(super) fn run(
    directory: &Path,
    words: &str,
    place: &Where<'_>,
    limit: usize,
    as_json: bool,
) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    // What came before there was an index is taken in step by step, so that other commands get their turn.
    while client.step(|engine, step| Ok(engine.build_index(step)?))? {}
    let mut found = Vec::new();
    for place in places(&mut client, place)? {
        found.extend(client.step(|engine, step| Ok(engine.search(step.tx, words, place, limit)?))?);
    }
    found.sort_by_key(|message: &Message| core::cmp::Reverse(message.index));
    found.truncate(limit);
    if found.is_empty() && !as_json {
        return show::print("Nothing found.");
    }
    for message in &found {
        let circle = circle(&mut client, message)?;
        let seen = Seen::of(&mut client, message)?;
        if as_json {
            show::print(json::message(&seen, &circle))?;
        } else {
            show::print(show::found(&seen, &circle))?;
        }
    }
    Ok(())
}

fn places(client: &mut Client, place: &Where<'_>) -> Result<Vec<Option<Conversation>>, Failure> {
    match place {
        Where::Everywhere => Ok(vec![None]),
        Where::Group(named) => Ok(vec![Some(Conversation::Group(pick(client, named)?.group))]),
        Where::With(who) => {
            let account = client.step(|engine, step| {
                let account = engine.peer_by_handle(step.tx, who)?;
                Ok(account.ok_or_else(|| Misuse::UnknownPeer((*who).clone()))?)
            })?;
            let all = client.step(|engine, step| Ok(engine.conversations(step.tx)?))?;
            let theirs = all.into_iter().filter(|summary| summary.peer == account);
            Ok(theirs.map(|summary| Some(summary.conversation)).collect())
        }
    }
}

/// Who is in the conversation of a message.
fn circle(client: &mut Client, message: &Message) -> Result<Circle, Failure> {
    if let Conversation::Group(group) = message.conversation {
        return Ok(Circle::Group(name::of_group(client, &group)?));
    }
    let peer = client.step(|engine, step| Ok(engine.peer_of(step.tx, message.conversation)?))?;
    let handle = match peer {
        Some(peer) => client.step(|engine, step| Ok(engine.handle_of(step.tx, &peer)?))?,
        None => None,
    };
    handle.map(Circle::With).ok_or_else(|| Failure::Other("a message of nobody known".to_owned()))
}
