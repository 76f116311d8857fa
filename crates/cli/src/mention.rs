//! The people that a text names by their handles.

use crate::failure::Failure;
use aside_client::{GroupMember, Misuse, driver::Client};
use aside_content::{Mention, Text};
use aside_identity::{AccountKey, Handle};
use aside_wire::limits::MENTIONS;

/// A text with mentions of whoever is known here by the handles in it.
pub(crate) fn of_known(client: &mut Client, text: String) -> Result<Text, Failure> {
    let own = client.engine().handle().clone();
    let mut named = Vec::new();
    for (start, handle, length) in handles(&text) {
        let account = client.step(|engine, step| match handle == own {
            true => Ok(Some(engine.address().account)),
            false => Ok(engine.peer_by_handle(step.tx, &handle)?),
        })?;
        named.extend(account.and_then(|account| mention(account, start, length)));
    }
    worded(text, named)
}

/// A text with mentions of members of a group.
pub(crate) fn of_members(members: &[GroupMember], text: String) -> Result<Text, Failure> {
    let member = |handle: &Handle| members.iter().find(|member| member.handle.as_ref() == Some(handle));
    let named = handles(&text)
        .into_iter()
        .filter_map(|(start, handle, length)| mention(member(&handle)?.account, start, length))
        .collect();
    worded(text, named)
}

fn worded(text: String, mut named: Vec<Mention>) -> Result<Text, Failure> {
    // Where a sentence ends with a dot, the handle was looked up with it and without it: one of them is somebody's.
    named.dedup_by_key(|mention| mention.start);
    named.truncate(MENTIONS);
    let wrong = Misuse::of_text(&text);
    Text::with_mentions(text, named).map_err(|_| wrong.into())
}

fn mention(account: AccountKey, start: usize, length: usize) -> Option<Mention> {
    Some(Mention { account, start: start.try_into().ok()?, length: length.try_into().ok()? })
}

/// What may be handles in a text: where each begins, and how long it is. A dot may end the handle, or the sentence; then both
/// stand here, the longer one first.
fn handles(text: &str) -> Vec<(usize, Handle, usize)> {
    let mut handles = Vec::new();
    for (start, _) in text.match_indices('@') {
        let before = text.get(..start).and_then(|before| before.chars().next_back());
        // An address of mail is no mention.
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '@')) {
            continue;
        }
        let word = word_at(text, start);
        let bare = word.trim_end_matches('.');
        let words = [Some(word), Some(bare).filter(|bare| *bare != word)];
        let parsed =
            words.into_iter().flatten().filter_map(|word| Some((start, word.parse().ok()?, word.len())));
        handles.extend(parsed);
    }
    handles
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
            let text = of_members(&members, text.to_owned()).unwrap();
            let place = |mention: &Mention| {
                let (start, length) =
                    (usize::try_from(mention.start).unwrap(), usize::try_from(mention.length).unwrap());
                (text.as_str()[start..start + length].to_owned(), mention.account.as_bytes()[0])
            };
            text.mentions().iter().map(place).collect::<Vec<_>>()
        };
        let mention = |word: &str, key| (word.to_owned(), key);
        assert_eq!(found("@bob, ask @carol.b."), [mention("@bob", 1), mention("@carol.b", 2)]);
        assert_eq!(found("é@bob é(@bob)!"), [mention("@bob", 1)]);
        for none in ["@bobby", "@dave", "mail bob@bob", "@", "@@bob", "@Bob", "x.@bob"] {
            assert_eq!(found(none), [], "{none}");
        }
        assert_eq!(found(&"@bob ".repeat(100)).len(), MENTIONS);
    }
}
