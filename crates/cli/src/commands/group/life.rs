//! How long messages of a group live.

use super::{pick::pick, room::Room};
use crate::{
    args::{Life, Of},
    commands::life::{tell, view},
    failure::Failure,
    life,
    name::{Name, called},
    profile,
    seen::Circle,
    show,
};
use aside_client::Conversation;
use aside_group::GroupEvent;
use aside_wire::ExpiryTerms;
use serde_json::json;
use std::path::Path;

pub(super) async fn run(directory: &Path, it: &Life<Of>, as_json: bool) -> Result<(), Failure> {
    match it {
        Life::Expiry { place: Of { group }, terms: None } => show_terms(directory, group, as_json),
        Life::Expiry { place: Of { group }, terms: Some(terms) } => {
            let room = Room::enter(directory, group, as_json).await?;
            let terms = (*terms).into();
            room.change(|engine, step, group| engine.set_group_expiry(step, group, terms)).await
        }
        Life::Shorten { place: Of { group }, number, time } => {
            let mut room = Room::enter(directory, group, as_json).await?;
            let conversation = Conversation::Group(room.group);
            let terms = ExpiryTerms::AfterSend { duration_s: *time };
            room.client.step(|engine, step| engine.shorten(step, conversation, *number, terms))?;
            room.exchange().await?;
            room.left_behind()
        }
        Life::View { place: Of { group }, number } => {
            let mut client = profile::open(directory)?;
            let summary = pick(&mut client, group)?;
            let (conversation, circle) = (Conversation::Group(summary.group), Circle::Group(summary.name));
            view(&mut client, conversation, (&circle, *number), as_json)
        }
    }
}

/// Shows how long messages live. Needs no relay.
fn show_terms(directory: &Path, group: &str, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let summary = pick(&mut client, group)?;
    let (info, history) = client.step(|engine, step| {
        Ok((engine.group_info(step.tx, &summary.group)?, engine.group_history(step.tx, &summary.group)?))
    })?;
    let is_it = |event: &GroupEvent| matches!(event, GroupEvent::ExpirySet(_));
    let change = history.iter().rev().find(|change| is_it(&change.event));
    let by = change.map(|change| Name::of(&mut client, &change.actor.account)).transpose()?;
    if as_json {
        return show::print(json!({
            "type": "expiry",
            "group": crate::json::hex(summary.group.as_bytes()),
            "name": summary.name,
            "expiry": life::object(info.expiry),
            "by": by.as_ref().and_then(Name::handle).map(ToString::to_string),
            "account": by.as_ref().map(Name::key),
            "sequence": change.map(|change| change.sequence),
        }));
    }
    let decided = by.map(|by| format!(" {by} decided so.")).unwrap_or_default();
    tell(&format!("group {}", called(summary.name.as_deref(), &summary.group)), info.expiry, &decided)
}
