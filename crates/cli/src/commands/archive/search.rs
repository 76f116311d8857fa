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
    let places = match places(&mut client, place)? {
        None => vec![None],
        Some(places) => places.into_iter().map(Some).collect(),
    };
    for place in places {
        found.extend(client.step(|engine, step| Ok(engine.search(step, words, place, limit)?))?);
    }
    found.sort_by_key(|message: &Message| core::cmp::Reverse(message.index));
    found.truncate(limit);
    if found.is_empty() && !as_json {
        return show::print("Nothing found.");
    }
    for message in &found {
        let circle = circle(&mut client, message)?;
        let seen = Seen::of(&mut client, message)?;
        client.step(|engine, step| engine.note_reading(step, message))?;
        if as_json {
            show::print(json::message(&seen, &circle))?;
        } else {
            show::print(show::found(&seen, &circle))?;
        }
    }
    Ok(())
}

/// The conversations that are meant; `None` for all.
pub(super) fn places(client: &mut Client, place: &Where<'_>) -> Result<Option<Vec<Conversation>>, Failure> {
    match place {
        Where::Everywhere => Ok(None),
        Where::Group(named) => Ok(Some(vec![Conversation::Group(pick(client, named)?.group)])),
        Where::With(who) => {
            let account = client.step(|engine, step| {
                let account = engine.peer_by_handle(step.tx, who)?;
                Ok(account.ok_or_else(|| Misuse::UnknownPeer((*who).clone()))?)
            })?;
            let all = client.step(|engine, step| Ok(engine.conversations(step)?))?;
            let theirs = all.into_iter().filter(|summary| summary.peer == account);
            Ok(Some(theirs.map(|summary| summary.conversation).collect()))
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
        None => {
            let of = message.conversation;
            client
                .step(|engine, step| Ok(engine.imported_place(step.tx, of)?))?
                .and_then(|place| place.handle)
        }
    };
    handle.map(Circle::With).ok_or_else(|| Failure::Other("a message of nobody known".to_owned()))
}
