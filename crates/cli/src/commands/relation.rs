//! `aside block|unblock|mute|unmute @bob`, and who is blocked or muted

use super::{privacy::publish, send::know};
use crate::{
    args::WhoOrList,
    failure::Failure,
    json,
    name::{Name, called},
    profile, show,
};
use aside_client::{Misuse, Mute, Relation, driver::Client};
use aside_identity::Handle;
use std::path::Path;

pub(crate) async fn block(directory: &Path, whom: &WhoOrList, as_json: bool) -> Result<(), Failure> {
    match &whom.who {
        Some(who) => set_blocked(directory, who, true, as_json).await,
        None => list(&mut profile::open(directory)?, as_json, |relation| relation.blocked),
    }
}

pub(crate) async fn set_blocked(
    directory: &Path,
    who: &Handle,
    blocked: bool,
    as_json: bool,
) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    know(&mut client, who).await?;
    client.step(|engine, step| engine.set_blocked(step, who, blocked))?;
    let published = publish(&mut client).await;
    let words = match blocked {
        true => format!(
            "Nothing of what {who} writes is kept from now on, and nothing goes out to them. They are not told."
        ),
        false => format!("You hear {who} again. What they wrote meanwhile is lost."),
    };
    told(&mut client, who, &words, as_json)?;
    published
}

pub(crate) async fn mute(directory: &Path, whom: &WhoOrList, as_json: bool) -> Result<(), Failure> {
    match &whom.who {
        Some(who) => set_muted(directory, who, true, as_json).await,
        None => muted(&mut profile::open(directory)?, as_json),
    }
}

pub(crate) async fn set_muted(
    directory: &Path,
    who: &Handle,
    muted: bool,
    as_json: bool,
) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    know(&mut client, who).await?;
    client.step(|engine, step| engine.set_muted(step, who, muted))?;
    let told_of = if muted { "are not told of" } else { "are told of" };
    told(&mut client, who, &format!("New messages of {who} {told_of} in: aside listen"), as_json)
}

/// The people and the groups of which nothing is told.
fn muted(client: &mut Client, as_json: bool) -> Result<(), Failure> {
    list(client, as_json, |relation| relation.muted)?;
    for summary in client.step(|engine, step| Ok(engine.groups(step.tx)?))? {
        let but = match summary.mute {
            Mute::Nothing => continue,
            Mute::AllButMentions => " but for mentions",
            Mute::Everything => "",
        };
        if as_json {
            show::print(json::group(&summary, None))?;
        } else {
            let name = called(summary.name.as_deref(), &summary.group);
            show::print(format_args!("the group {name}{but}"))?;
        }
    }
    Ok(())
}

/// Everybody of whom something holds.
pub(super) fn list(
    client: &mut Client,
    as_json: bool,
    holds: impl Fn(&Relation) -> bool,
) -> Result<(), Failure> {
    let relations = client.step(|engine, step| Ok(engine.relations(step.tx)?))?;
    let mut people = Vec::new();
    for (account, relation) in relations.into_iter().filter(|(_, relation)| holds(relation)) {
        people.push((Name::of(client, &account)?, relation));
    }
    people.sort_by_key(|(name, _)| name.to_string());
    for (name, relation) in people {
        if as_json {
            show::print(json::relation(&name, relation))?;
        } else {
            show::print(name)?;
        }
    }
    Ok(())
}

pub(super) fn told(client: &mut Client, who: &Handle, words: &str, as_json: bool) -> Result<(), Failure> {
    if !as_json {
        return show::print(words);
    }
    let (account, relation) = client.step(|engine, step| {
        let account = engine.peer_by_handle(step.tx, who)?.ok_or_else(|| Misuse::UnknownPeer(who.clone()))?;
        Ok((account, engine.relation(step.tx, &account)?))
    })?;
    show::print(json::relation(&Name::of(client, &account)?, relation))
}
