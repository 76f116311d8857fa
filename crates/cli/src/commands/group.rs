//! `aside group`: what a person does with groups.
//!
//! Everything that changes a group, or says something in it, fetches first, so that it is done on the newest state, and
//! tells afterwards what became of it.

mod info;
mod life;
mod pick;
mod room;
mod talk;

pub(crate) use pick::pick;

use super::send::know;
use crate::{
    args::{Group, Switch},
    failure::Failure,
    json,
    name::{DIGITS, beginning, called, learn_members},
    profile, show,
};
use aside_client::{Mute, Standing};
use aside_group::Role;
use aside_identity::Handle;
use room::Room;
use serde_json::json;
use std::path::Path;

pub(crate) async fn run(directory: &Path, command: &Group, as_json: bool) -> Result<(), Failure> {
    match command {
        Group::Create { name, members, announce } => {
            create(directory, name, members, *announce, as_json).await
        }
        Group::Accept { group } => accept(directory, group, as_json).await,
        Group::Mute { group, but_mentions: true } => mute(directory, group, Mute::AllButMentions, as_json),
        Group::Mute { group, .. } => mute(directory, group, Mute::Everything, as_json),
        Group::Unmute { group } => mute(directory, group, Mute::Nothing, as_json),
        Group::Info { group, history } => info::run(directory, group, *history, as_json).await,
        Group::List => info::list(directory, as_json),
        Group::Send { group, what, how } => talk::send(directory, group, (what, *how), as_json).await,
        Group::Business(business) => talk::business(directory, business, as_json).await,
        Group::Life(it) => life::run(directory, it, as_json).await,
        Group::Said(said) => talk::said(directory, said, as_json).await,
        Group::Add { group, who } => {
            let mut room = Room::enter(directory, group, as_json).await?;
            for handle in who {
                know(&mut room.client, handle).await?;
            }
            room.change(|engine, step, group| engine.add_to_group(step, group, who)).await
        }
        Group::Remove { group, who } => {
            let mut room = Room::enter(directory, group, as_json).await?;
            let accounts = who.iter().map(|who| room.member(who)).collect::<Result<Vec<_>, _>>()?;
            room.change(|engine, step, group| engine.remove_from_group(step, group, &accounts)).await
        }
        Group::Leave { group } => {
            let room = Room::enter(directory, group, as_json).await?;
            room.change(|engine, step, group| engine.leave_group(step, group)).await
        }
        Group::Promote { group, who, owner } => {
            let role = if *owner { Role::Owner } else { Role::Admin };
            set_role(directory, group, who, role, as_json).await
        }
        Group::Demote { group, who } => set_role(directory, group, who, Role::Member, as_json).await,
        Group::Rename { group, name } => {
            let room = Room::enter(directory, group, as_json).await?;
            room.change(|engine, step, group| engine.rename_group(step, group, name)).await
        }
        Group::Announce { group, only } => {
            let room = Room::enter(directory, group, as_json).await?;
            let only = matches!(only, Switch::On);
            room.change(|engine, step, group| engine.set_group_announce(step, group, only)).await
        }
        Group::Capture { group, notices } => {
            let room = Room::enter(directory, group, as_json).await?;
            let notices = matches!(notices, Switch::On);
            room.change(|engine, step, group| engine.set_group_capture(step, group, notices)).await
        }
    }
}

async fn create(
    directory: &Path,
    name: &str,
    members: &[Handle],
    announce: bool,
    as_json: bool,
) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    for handle in members {
        know(&mut client, handle).await?;
    }
    // With everybody in it or not at all.
    let group = client.step(|engine, step| {
        let group = engine.create_group(step, name, announce)?;
        if !members.is_empty() {
            engine.add_to_group(step, &group, members)?;
        }
        Ok(group)
    })?;
    let id = json::hex(group.as_bytes());
    if as_json {
        show::print(json!({ "type": "group_created", "group": id, "name": name }))?;
    } else {
        let name = called(Some(name), &group);
        show::print(format_args!(
            "You have made the group {name}. Its id begins with {}.",
            beginning(&id, DIGITS)
        ))?;
    }
    Room::new(client, group, as_json)?.settle().await
}

async fn set_role(
    directory: &Path,
    group: &str,
    who: &str,
    role: Role,
    as_json: bool,
) -> Result<(), Failure> {
    let mut room = Room::enter(directory, group, as_json).await?;
    let account = room.member(who)?;
    room.change(|engine, step, group| engine.set_group_role(step, group, &account, role)).await
}

async fn accept(directory: &Path, group: &str, as_json: bool) -> Result<(), Failure> {
    let mut room = Room::enter(directory, group, as_json).await?;
    let group = room.group;
    let before = pick::summary(&mut room.client, &group)?;
    if before.standing == Standing::Joined {
        let name = called(before.name.as_deref(), &group);
        return Err(Failure::Cannot(format!("you are in the group {name} already")));
    }
    room.client.step(|engine, step| engine.accept_group(step, &group))?;
    learn_members(&mut room.client).await?;
    let summary = pick::summary(&mut room.client, &group)?;
    if as_json {
        show::print(json::group(&summary, None))?;
    } else {
        let name = called(summary.name.as_deref(), &group);
        let id = json::hex(group.as_bytes());
        show::print(format_args!(
            "You are in the group {name} now ({}). To write: aside group send {} TEXT",
            show::people(summary.members),
            beginning(&id, DIGITS)
        ))?;
    }
    room.left_behind()
}

/// Needs no relay: nobody else learns it.
fn mute(directory: &Path, group: &str, mute: Mute, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let group = pick(&mut client, group)?.group;
    client.step(|engine, step| engine.mute_group(step, &group, mute))?;
    let summary = pick::summary(&mut client, &group)?;
    if as_json {
        return show::print(json::group(&summary, None));
    }
    let told = match mute {
        Mute::Nothing => "are told of",
        Mute::AllButMentions => "are told only of those that mention you",
        Mute::Everything => "are not told of",
    };
    let name = called(summary.name.as_deref(), &group);
    show::print(format_args!("New messages of the group {name} {told} in: aside listen"))
}
