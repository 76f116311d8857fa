//! `aside inbox`

use super::{healing, life, news, sharing};
use crate::{
    failure::Failure,
    json,
    name::{Name, learn_members},
    profile,
    seen::{Asking, Circle, Seen},
    show,
};
use aside_client::{
    Conversation, Event, GroupSummary, Protection, Standing, Summary, driver::Client, engine::ImportedPlace,
};
use std::path::Path;

/// Messages read from the store at a time, so that a long history is not held in memory.
pub(crate) const PAGE: usize = 256;

/// Which messages of each conversation are shown.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    /// Old ones too.
    pub(crate) all: bool,
    /// At most so many: of new ones the first, of all the last.
    pub(crate) limit: Option<usize>,
    /// Only those before this number.
    pub(crate) before: Option<u64>,
}

pub(crate) async fn run(directory: &Path, wanted: Wanted, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    // Whatever is wrong with the relay, show what is here already, and say so at the end.
    let mut notices = Vec::new();
    let fetched = client.catch_up(&mut |notice| news::keep(&mut notices, notice)).await;
    if fetched.is_ok() {
        learn_members(&mut client).await?;
    }
    // Whoever is invited is told as long as they have not answered.
    let is_news = |event: &Event| !matches!(event, Event::GroupInvited { .. });
    let mut shown = news::tell(&mut client, &notices, as_json, is_news)?;
    for summary in client.step(|engine, step| Ok(engine.conversations(step)?))? {
        if let Some(asking) = Asking::of(&summary) {
            let blocked = client.step(|engine, step| Ok(engine.relation(step.tx, &summary.peer)?))?.blocked;
            shown = shown.saturating_add(usize::from(!blocked));
            match (blocked, as_json) {
                (true, _) => {}
                (false, true) => show::print(json::request(&asking))?,
                (false, false) => show::print(show::request(&asking))?,
            }
            continue;
        }
        shown = shown.saturating_add(conversation(&mut client, &summary, wanted, as_json)?);
    }
    let groups = client.step(|engine, step| Ok(engine.groups(step.tx)?))?;
    for summary in groups.iter().filter(|summary| summary.standing == Standing::Invited) {
        invitation(&mut client, summary, as_json)?;
        shown = shown.saturating_add(1);
    }
    for summary in groups.iter().filter(|summary| summary.standing != Standing::Invited) {
        shown = shown.saturating_add(group(&mut client, summary, wanted, as_json)?);
    }
    shown = shown.saturating_add(healing::show_waiting(&mut client, as_json)?);
    if wanted.all {
        for place in client.step(|engine, step| Ok(engine.imported_places(step.tx)?))? {
            shown = shown.saturating_add(imported(&mut client, &place, wanted, as_json)?);
        }
    }
    if shown == 0 && !as_json {
        show::print("Nothing new.")?;
    }
    Ok(fetched.map(drop)?)
}

/// Shows an invitation to a group.
pub(crate) fn invitation(client: &mut Client, summary: &GroupSummary, as_json: bool) -> Result<(), Failure> {
    let by = summary.invited_by.map(|by| Name::of(client, &by)).transpose()?;
    if as_json {
        show::print(json::group(summary, by.as_ref()))
    } else {
        show::print(show::invitation(summary, by.as_ref()))
    }
}

/// Shows the new messages of a group, or all of them.
fn group(
    client: &mut Client,
    summary: &GroupSummary,
    wanted: Wanted,
    as_json: bool,
) -> Result<usize, Failure> {
    let circle = Circle::Group(summary.name.clone());
    let conversation = Conversation::Group(summary.group);
    let terms = life::heading(client, conversation)?.map(|terms| format!("\n{terms}"));
    let heading = show::group_heading(summary) + &terms.unwrap_or_default();
    pages(client, conversation, &circle, wanted, as_json, &heading)
}

/// Shows the new messages of a thread or a chat, or all of them.
fn conversation(
    client: &mut Client,
    summary: &Summary,
    wanted: Wanted,
    as_json: bool,
) -> Result<usize, Failure> {
    let relation = client.step(|engine, step| Ok(engine.relation(step.tx, &summary.peer)?))?;
    let circle = Circle::With(summary.handle.clone());
    let wish = sharing::heading(client, summary)?.map(|wish| format!("\n{wish}"));
    let terms = life::heading(client, summary.conversation)?.map(|terms| format!("\n{terms}"));
    let heading = show::heading(summary, relation) + &wish.unwrap_or_default() + &terms.unwrap_or_default();
    pages(client, summary.conversation, &circle, wanted, as_json, &heading)
}

/// Shows the messages of a conversation that is known from archives only.
fn imported(
    client: &mut Client,
    place: &ImportedPlace,
    wanted: Wanted,
    as_json: bool,
) -> Result<usize, Failure> {
    let circle = match (place.conversation, &place.handle) {
        (Conversation::Group(_), _) => Circle::Group(place.name.clone()),
        (_, Some(handle)) => Circle::With(handle.clone()),
        (_, None) => return Ok(0),
    };
    pages(client, place.conversation, &circle, wanted, as_json, &show::imported_heading(place))
}

/// Shows messages page by page under a heading, and remembers that they were shown.
fn pages(
    client: &mut Client,
    conversation: Conversation,
    circle: &Circle,
    wanted: Wanted,
    as_json: bool,
    heading: &str,
) -> Result<usize, Failure> {
    let seen = client.step(|engine, step| Ok(engine.shown(step.tx, conversation)?))?;
    let mut after = if wanted.all { 0 } else { seen };
    let mut left = wanted.limit.unwrap_or(usize::MAX);
    let before = wanted.before.unwrap_or(u64::MAX);
    if let (true, Some(limit)) = (wanted.all, wanted.limit) {
        let last = client.step(|engine, step| {
            let last = engine.messages_before(step, conversation, before, limit)?;
            Ok(last.first().map(|message| message.index))
        })?;
        after = last.map_or(u64::MAX, |first| first.saturating_sub(1));
    }
    // What was not shown yet, and is not shown now, stays new.
    let nothing_left_out = after <= seen;
    let mut count = 0usize;
    while left > 0 {
        let size = left.min(PAGE);
        let mut page = client.step(|engine, step| Ok(engine.messages(step, conversation, after, size)?))?;
        page.retain(|message| message.index < before);
        let Some(last) = page.last() else { break };
        after = last.index;
        // What an archive has brought was read elsewhere, and is not new.
        page.retain(|message| wanted.all || message.shield.protection() != Protection::Imported);
        if count == 0 && !as_json && !page.is_empty() {
            show::print(heading)?;
        }
        for message in &page {
            let seen = Seen::of(client, message)?;
            client.step(|engine, step| engine.note_reading(step, message))?;
            if as_json {
                show::print(json::message(&seen, circle))?;
            } else {
                show::print(show::message(&seen))?;
            }
        }
        count = count.saturating_add(page.len());
        left = left.saturating_sub(page.len());
        if nothing_left_out {
            client.step(|engine, step| engine.mark_shown(step, conversation, after))?;
        }
    }
    Ok(count)
}
