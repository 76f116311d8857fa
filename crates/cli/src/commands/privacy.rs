//! `aside privacy`, `aside contacts`, `aside chat only`: who may write, and how.

use super::{
    news,
    relation::{list, told},
    send::{flush, know},
};
use crate::{
    args::{Contacts, Matter, Privacy, Reach},
    failure::{Failure, is_away},
    json,
    name::Name,
    profile, show,
};
use aside_client::{ChatState, Event, Levels, Matter as In, driver::Client};
use aside_identity::{Handle, Reach as From};
use serde_json::json;
use std::path::Path;

pub(crate) async fn run(directory: &Path, decide: Option<&Privacy>, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    if let Some(Privacy::Set { matter, reach }) = decide {
        let (matter, reach) = (wanted_in(*matter), wanted_from(*reach));
        client.step(|engine, step| Ok(engine.set_level(step, matter, reach)?))?;
        let published = publish(&mut client).await;
        overview(&mut client, as_json)?;
        return published;
    }
    overview(&mut client, as_json)
}

pub(crate) async fn contacts(directory: &Path, contacts: &Contacts, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let (who, contact) = match contacts {
        Contacts::List => return list(&mut client, as_json, |relation| relation.contact),
        Contacts::Add { who } => (who, true),
        Contacts::Remove { who } => (who, false),
    };
    know(&mut client, who).await?;
    client.step(|engine, step| engine.set_contact(step, who, contact))?;
    let published = publish(&mut client).await;
    let words = match contact {
        true => format!("{who} is a contact."),
        false => format!("{who} is no contact any more."),
    };
    told(&mut client, who, &words, as_json)?;
    published
}

/// `aside chat only @bob`
pub(crate) async fn only(directory: &Path, with: &Handle, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    know(&mut client, with).await?;
    // What is on its way in the clear would be refused afterwards.
    let mut notices = Vec::new();
    match client.catch_up(&mut |notice| news::keep(&mut notices, notice)).await {
        Err(error) if !is_away(&error) => return Err(error.into()),
        _ => {}
    }
    news::tell(&mut client, &notices, as_json, |event| !matches!(event, Event::GroupInvited { .. }))?;
    let (failed, chat) = client.step(|engine, step| {
        let failed = engine.declare_encrypted_only(step, with)?.len();
        let is_theirs = |summary: &aside_client::Summary| {
            summary.handle == *with && matches!(summary.state, Some(ChatState::Accepted | ChatState::Opened))
        };
        Ok((failed, engine.conversations(step)?.iter().any(is_theirs)))
    })?;
    let sent = flush(&mut client).await;
    if as_json {
        overview(&mut client, as_json)?;
        return sent;
    }
    show::print(format_args!(
        "Between you and {with} everything is said encrypted from now on. This cannot be undone."
    ))?;
    if failed > 0 {
        show::print(format_args!(
            "{failed} waiting in the clear will not be sent; to see them: aside outbox"
        ))?;
    }
    if !chat {
        show::print(format_args!("To talk with them: aside chat open {with}"))?;
    }
    sent
}

/// Tells the relay what was decided. Here it counts already.
pub(super) async fn publish(client: &mut Client) -> Result<(), Failure> {
    client.publish().await.map_err(Failure::Unpublished)?;
    if client.step(|engine, step| engine.statements(step))?.is_empty() {
        return Ok(());
    }
    Err(Failure::Cannot(
        "this counts here already, but the relay has not taken it; it is offered again with every connection"
            .to_owned(),
    ))
}

fn overview(client: &mut Client, as_json: bool) -> Result<(), Failure> {
    let (Levels { threads, chats, groups }, published) =
        client.step(|engine, step| Ok((engine.levels(step.tx)?, engine.is_settled(step.tx)?)))?;
    let declared = client.step(|engine, step| Ok(engine.declared(step.tx)?))?;
    let mut only = Vec::new();
    for one in &declared {
        only.push((Name::of(client, &one.peer)?, *one));
    }
    only.sort_by_key(|(name, _)| name.to_string());
    if as_json {
        let encrypted_only = only.iter().map(|(name, one)| {
            let mut person = json::person(name);
            news::put(&mut person, "by_you", one.here);
            news::put(&mut person, "by_them", one.there);
            news::put(&mut person, "published", one.published);
            person
        });
        return show::print(json!({
            "type": "privacy",
            "threads": word(threads),
            "chats": word(chats),
            "groups": word(groups),
            "published": published,
            "encrypted_only": encrypted_only.collect::<Vec<_>>(),
        }));
    }
    show::print(format_args!(
        "You hear from\n  in threads: {}\n  in chats:   {}\n  in groups:  {}",
        word(threads),
        word(chats),
        word(groups)
    ))?;
    if !published {
        show::print("The relay does not know this yet; it is told with the next connection.")?;
    }
    for (name, one) in only {
        let by = match (one.here, one.there) {
            (true, true) => "both of you have said so",
            (true, false) => "you have said so",
            (false, true) => "they have said so",
            (false, false) => "the relay says so",
        };
        let untold = if one.published { "" } else { "; the relay does not know this yet" };
        show::print(format_args!("With {name} only encrypted: {by}{untold}."))?;
    }
    Ok(())
}

const fn wanted_in(matter: Matter) -> In {
    match matter {
        Matter::Threads => In::Threads,
        Matter::Chats => In::Chats,
        Matter::Groups => In::Groups,
    }
}

const fn wanted_from(reach: Reach) -> From {
    match reach {
        Reach::Everyone => From::Everyone,
        Reach::Contacts => From::Contacts,
        Reach::Nobody => From::Nobody,
    }
}

const fn word(reach: From) -> &'static str {
    match reach {
        From::Everyone => "everyone",
        From::Contacts => "contacts",
        From::Nobody => "nobody",
    }
}
