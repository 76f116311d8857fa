//! What is said in groups, and whom the texts name.

use super::{pick::pick, room::Room};
use crate::{
    args::{Business, How, Of, Said, What},
    commands::{
        business::{self, deed},
        desk::{scheduled, tell_scheduled},
        said::{Ready, act},
        say::{Named, speak, speeches, tell},
    },
    failure::Failure,
    name::{self, called},
    profile,
    seen::Circle,
};
use aside_client::{Conversation, Delivery, GroupMember, Message};
use std::path::Path;

pub(super) async fn send(
    directory: &Path,
    group: &str,
    (what, how): (&What, How),
    as_json: bool,
) -> Result<(), Failure> {
    let mut room = Room::enter(directory, group, as_json).await?;
    let conversation = Conversation::Group(room.group);
    let members = members(&mut room)?;
    let speeches = speeches(&mut room.client, what, Named::Members(&members)).await?;
    let before = scheduled(&mut room.client)?;
    // All of them or none: a line that cannot be sent must not leave half of them behind.
    let indexes =
        room.client.step(|engine, step| speak(engine, step, (conversation, None), &speeches, how))?;
    if how.at.is_some() {
        return tell_scheduled(&mut room.client, &before, as_json);
    }
    carry(room, &indexes).await
}

/// Says something about a message, or passes one on.
pub(super) async fn said(directory: &Path, said: &Said<Of>, as_json: bool) -> Result<(), Failure> {
    if said.stays_here() {
        let mut client = profile::open(directory)?;
        let conversation = Conversation::Group(pick(&mut client, &said.place().group)?.group);
        client.step(|engine, step| act(engine, step, conversation, said, &Ready::default()))?;
        return Ok(());
    }
    let mut room = Room::enter(directory, &said.place().group, as_json).await?;
    let conversation = Conversation::Group(room.group);
    let members = members(&mut room)?;
    let ready = Ready::of(&mut room.client, said, Named::Members(&members)).await?;
    let before = scheduled(&mut room.client)?;
    let indexes = room.client.step(|engine, step| act(engine, step, conversation, said, &ready))?;
    if said.how().at.is_some() {
        return tell_scheduled(&mut room.client, &before, as_json);
    }
    carry(room, &indexes).await
}

/// Sends forms and cards, and answers them.
pub(super) async fn business(
    directory: &Path,
    business: &Business<Of>,
    as_json: bool,
) -> Result<(), Failure> {
    let deed = deed(business)?;
    let mut room = Room::enter(directory, &business.place().group, as_json).await?;
    let conversation = Conversation::Group(room.group);
    let index = room.client.step(|engine, step| business::act(engine, step, conversation, deed))?;
    carry(room, &[index]).await
}

fn members(room: &mut Room) -> Result<Vec<GroupMember>, Failure> {
    let group = room.group;
    Ok(room.client.step(|engine, step| engine.group_info(step.tx, &group))?.members)
}

/// Sends what was said, and tells if it may not be said any more.
async fn carry(mut room: Room, indexes: &[u64]) -> Result<(), Failure> {
    room.exchange().await?;
    let conversation = Conversation::Group(room.group);
    let after = indexes.iter().min().copied().unwrap_or(u64::MAX).saturating_sub(1);
    let messages =
        room.client.step(|engine, step| Ok(engine.messages(step, conversation, after, usize::MAX)?))?;
    let refused = |message: &&Message| {
        indexes.contains(&message.index) && matches!(message.delivery, Delivery::Failed(_))
    };
    if messages.iter().filter(refused).count() > 0 {
        let name = name::of_group(&mut room.client, &room.group)?;
        let name = called(name.as_deref(), &room.group);
        return Err(Failure::Cannot(format!(
            "you may not write in the group {name} any more; what was not sent: aside outbox"
        )));
    }
    let circle = Circle::Group(name::of_group(&mut room.client, &room.group)?);
    let as_json = room.as_json;
    tell(&mut room.client, conversation, (&circle, indexes), as_json)?;
    room.left_behind()
}
