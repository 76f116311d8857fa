//! What is said in groups, and whom the texts name.

use super::{pick::pick, room::Room};
use crate::{
    args::{Of, Said},
    commands::{
        said::{act, destination},
        send::texts,
    },
    failure::Failure,
    name::{self, called},
    profile,
};
use aside_client::{Conversation, Delivery, GroupMember, Message, Misuse};
use aside_content::{Mention, Text};
use aside_identity::Handle;
use aside_wire::limits::MENTIONS;
use std::path::Path;

pub(super) async fn send(directory: &Path, group: &str, text: &str, as_json: bool) -> Result<(), Failure> {
    let texts = texts(text)?;
    let mut room = Room::enter(directory, group, as_json).await?;
    let group = room.group;
    let texts = texts.into_iter().map(|text| worded(&mut room, text)).collect::<Result<Vec<_>, _>>()?;
    // All of them or none: a line that cannot be sent must not leave half of them behind.
    let indexes = room.client.step(|engine, step| {
        texts.into_iter().map(|text| engine.send_to_group(step, &group, text)).collect::<Result<Vec<_>, _>>()
    })?;
    carry(room, &indexes).await
}

/// Says something about a message, or passes one on.
pub(super) async fn said(directory: &Path, said: &Said<Of>, as_json: bool) -> Result<(), Failure> {
    if said.stays_here() {
        let mut client = profile::open(directory)?;
        let conversation = Conversation::Group(pick(&mut client, &said.place().group)?.group);
        client.step(|engine, step| act(engine, step, conversation, said, None, None))?;
        return Ok(());
    }
    let mut room = Room::enter(directory, &said.place().group, as_json).await?;
    let conversation = Conversation::Group(room.group);
    let text = said.text().map(|text| worded(&mut room, text.to_owned())).transpose()?;
    let to = match said.destination() {
        Some(to) => Some(destination(&mut room.client, to).await?),
        None => None,
    };
    let index = room.client.step(|engine, step| act(engine, step, conversation, said, text, to))?;
    // What was passed on stands elsewhere, and what is said about a message has no place of its own.
    let here = to.is_none() && index != 0;
    let indexes: Vec<_> = here.then_some(index).into_iter().collect();
    carry(room, &indexes).await
}

/// A text with its mentions.
fn worded(room: &mut Room, text: String) -> Result<Text, Failure> {
    let group = room.group;
    let info = room.client.step(|engine, step| engine.group_info(step.tx, &group))?;
    let mentions = mentions(&text, &info.members);
    Text::with_mentions(text, mentions).map_err(|_| Failure::from(Misuse::Text))
}

/// Sends what was said, and tells if it may not be said any more.
async fn carry(mut room: Room, indexes: &[u64]) -> Result<(), Failure> {
    room.exchange().await?;
    let conversation = Conversation::Group(room.group);
    let after = indexes.iter().min().copied().unwrap_or(u64::MAX).saturating_sub(1);
    let messages =
        room.client.step(|engine, step| Ok(engine.messages(step.tx, conversation, after, usize::MAX)?))?;
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
    room.left_behind()
}

/// The members that a text names by their handles, each where it does.
fn mentions(text: &str, members: &[GroupMember]) -> Vec<Mention> {
    let mut mentions = Vec::new();
    for (start, _) in text.match_indices('@') {
        let before = text.get(..start).and_then(|before| before.chars().next_back());
        // An address of mail is no mention.
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '@')) {
            continue;
        }
        let word = word_at(text, start);
        // A dot may end the handle, or the sentence.
        let named = [word, word.trim_end_matches('.')].into_iter().find_map(|word| {
            let handle: Handle = word.parse().ok()?;
            let member = members.iter().find(|member| member.handle.as_ref() == Some(&handle))?;
            let (start, length) = (u32::try_from(start).ok()?, u32::try_from(word.len()).ok()?);
            Some(Mention { account: member.account, start, length })
        });
        mentions.extend(named);
    }
    mentions.truncate(MENTIONS);
    mentions
}

/// The `@` at a place with all that may belong to a handle.
fn word_at(text: &str, start: usize) -> &str {
    let rest = text.get(start..).unwrap_or_default();
    let belongs = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.');
    let end = rest.char_indices().skip(1).find(|(_, c)| !belongs(*c)).map_or(rest.len(), |(place, _)| place);
    rest.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aside_group::Role;
    use aside_identity::AccountKey;

    fn member(name: &str, key: u8) -> GroupMember {
        GroupMember {
            account: AccountKey::from_own_store([key; 32]),
            handle: Some(name.parse().unwrap()),
            role: Role::Member,
            devices: 1,
        }
    }

    #[test]
    fn members_are_mentioned_where_their_handles_stand() {
        let members = [member("@bob", 1), member("@carol.b", 2)];
        let found = |text: &str| {
            let mentions = mentions(text, &members);
            Text::with_mentions(text, mentions.clone()).unwrap();
            mentions
                .iter()
                .map(|mention| {
                    let (start, length) =
                        (usize::try_from(mention.start).unwrap(), usize::try_from(mention.length).unwrap());
                    (text[start..start + length].to_owned(), mention.account.as_bytes()[0])
                })
                .collect::<Vec<_>>()
        };
        let mention = |word: &str, key| (word.to_owned(), key);
        assert_eq!(found("@bob, ask @carol.b."), [mention("@bob", 1), mention("@carol.b", 2)]);
        assert_eq!(found("é@bob é(@bob)!"), [mention("@bob", 1)]);
        for none in ["@bobby", "@dave", "mail bob@bob", "@", "@@bob", "@Bob", "x.@bob"] {
            assert_eq!(found(none), [], "{none}");
        }
        assert_eq!(mentions(&"@bob ".repeat(100), &members).len(), MENTIONS);
    }
}
