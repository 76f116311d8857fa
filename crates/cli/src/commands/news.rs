//! What happened, in words and as JSON: above all to groups, their changes, invitations and alarms.

use super::{desk::whither, healing, sharing};
use crate::{
    content::object,
    failure::Failure,
    json, life, name,
    name::{Name, called, quoted},
    seen::{Circle, Seen},
    show,
};
use aside_client::{
    Conversation, Event, Message, Standing,
    driver::{Client, Notice, explain},
};
use aside_content::Body;
use aside_group::{Change, GroupEvent, Role};
use aside_identity::{AccountKey, GroupId};
use aside_wire::Reject;
use serde_json::{Value, json};

/// Something to tell about a group.
pub(crate) struct News {
    /// In words.
    pub(crate) text: String,
    /// As an object.
    pub(crate) json: Value,
    /// Something is wrong, and no mere change.
    pub(crate) warns: bool,
}

impl News {
    /// What is to be told of an event; `None` if it is not about a group, or nothing that a person wants to hear.
    pub(crate) fn of(client: &mut Client, event: &Event, as_json: bool) -> Result<Option<Self>, Failure> {
        let news = match event {
            Event::Changed { conversation, index, by } => {
                return changed(client, (*conversation, *index), by, as_json);
            }
            Event::Shortened { conversation, index, by } => {
                return sooner(client, (*conversation, *index), by, as_json);
            }
            Event::Expired { conversation, index } => return gone(client, *conversation, *index),
            Event::SharingChanged { conversation, by } => return wish(client, *conversation, by),
            Event::GroupInvited { group, .. } => return invitation(client, group),
            Event::GroupChanged { group, change } => {
                // What happened before somebody is in the group, or after, is in its history.
                let joined = standing(client, group)? == Some(Standing::Joined);
                let told = as_json || !matches!(change.event, GroupEvent::Rekeyed { .. });
                return if joined && told {
                    Self::of_change(client, group, change).map(Some)
                } else {
                    Ok(None)
                };
            }
            Event::GroupLeft { by, .. } if *by == client.engine().address().account => return Ok(None),
            Event::GroupLeft { group, by } => {
                let (group, by) = (Place::of(client, group)?, Name::of(client, by)?);
                let text = format!("{by} removed you from the group {group}.");
                Self { text, json: group.json("group_left", Some(&by)), warns: false }
            }
            Event::EncryptedOnly { peer }
            | Event::InTheClear { peer }
            | Event::DeclarationRefused { peer, .. } => {
                return in_private(client, event, peer).map(Some);
            }
            Event::Unopened { .. } | Event::Healed { .. } | Event::SessionReplaced { .. } => {
                return healing::news(client, event);
            }
            other => match warning(client, other)? {
                Some((text, json)) => Self { text, json, warns: true },
                None => return Ok(None),
            },
        };
        Ok(Some(news))
    }

    /// A change of a group.
    pub(crate) fn of_change(client: &mut Client, group: &GroupId, change: &Change) -> Result<Self, Failure> {
        let place = Place::of(client, group)?;
        let text = format!("{place}: {}", words(client, change)?);
        Ok(Self { text, json: change_json(client, &place, change)?, warns: false })
    }

    /// Tells it between messages: changes on standard output, what is wrong on standard error.
    pub(crate) fn tell(&self, as_json: bool) -> Result<(), Failure> {
        if as_json {
            show::print(&self.json)
        } else if self.warns {
            eprintln!("aside: {}", self.text);
            Ok(())
        } else {
            show::print(&self.text)
        }
    }
}

/// Keeps what is to be told later. Messages are not among it, and what has gone of them neither: they are read from the store,
/// however many there are; and what is wrong again and again is told once.
pub(crate) fn keep(notices: &mut Vec<Notice>, notice: Notice) {
    let wrong = matches!(&notice, Notice::Event(Event::Refused { .. } | Event::Gap { .. }));
    match &notice {
        // As long as something cannot be opened, the inbox says so.
        Notice::Event(
            Event::Message(_) | Event::Accepted { .. } | Event::Expired { .. } | Event::Unopened { .. },
        ) => {}
        // HEA-7: a copy of what was shown is nobody's business.
        Notice::Event(Event::Refused { reason: Reject::Replay, .. }) => {}
        _ if wrong && notices.last() == Some(&notice) => {}
        Notice::Event(Event::InTheClear { .. }) if notices.contains(&notice) => {}
        _ => notices.push(notice),
    }
}

/// Tells what happened while something was fetched, as far as it is `wanted`. Returns how much stands on standard
/// output.
pub(crate) fn tell(
    client: &mut Client,
    notices: &[Notice],
    as_json: bool,
    mut wanted: impl FnMut(&Event) -> bool,
) -> Result<usize, Failure> {
    let mut shown = 0usize;
    for notice in notices {
        let Notice::Event(event) = notice else { continue };
        if !wanted(event) {
            continue;
        }
        if let Some(news) = News::of(client, event, as_json)? {
            news.tell(as_json)?;
            shown = shown.saturating_add(usize::from(as_json || !news.warns));
        } else if let Event::ChatAccepted { peer } | Event::ChatEnded { peer } = event {
            if let Some(handle) = client.step(|engine, step| Ok(engine.handle_of(step.tx, peer)?))? {
                let (what, words) = match event {
                    Event::ChatEnded { .. } => {
                        ("chat_ended", format!("{handle} ended the encrypted chat, or does not want it."))
                    }
                    _ => ("chat_accepted", format!("{handle} talks end-to-end encrypted with you now.")),
                };
                let line = json::happened(what, Some(&handle), None).to_string();
                show::print(if as_json { line } else { words })?;
            }
            shown = shown.saturating_add(1);
        } else {
            warn(event);
        }
    }
    Ok(shown)
}

/// Says what is wrong with what is no group.
fn warn(event: &Event) {
    match event {
        Event::Refused { reason, .. } => {
            eprintln!("aside: something that arrived was refused ({reason})");
        }
        Event::MailboxSetBack => {
            eprintln!(
                "aside: the relay's mailbox went back: it was restored from an older copy, or it lied before"
            );
        }
        Event::ListRefused { reason, .. } => {
            eprintln!("aside: the relay offers device lists that contradict what is known ({reason})");
        }
        Event::Gap { .. } => {
            eprintln!("aside: a message before one of these is missing or late");
        }
        _ => {}
    }
}

/// What somebody now wishes may be done with what they write.
fn wish(client: &mut Client, chat: Conversation, by: &AccountKey) -> Result<Option<News>, Failure> {
    let wish = client.step(|engine, step| Ok(engine.sharing_wish(step.tx, chat)?))?;
    let name = Name::of(client, by)?;
    let text = format!("chat with {name}: {name} wishes for what they write: {}", sharing::in_words(wish));
    let json = json!({
        "type": "sharing_changed",
        "peer": name.handle().map(ToString::to_string),
        "account": name.key(),
        "theirs": object::sharing(wish),
    });
    Ok(Some(News { text, json, warns: false }))
}

/// What somebody has said about a message that was shown; another is shown with it.
fn changed(
    client: &mut Client,
    place: (Conversation, u64),
    by: &AccountKey,
    as_json: bool,
) -> Result<Option<News>, Failure> {
    let Some((message, circle)) = was_shown(client, place)? else { return Ok(None) };
    // Whether the person here wants to hear of somebody, wherever it is.
    let mut word_of = message.clone();
    (word_of.sender, word_of.silent) = (*by, false);
    let notify = client.step(|engine, step| Ok(engine.is_to_be_announced(step.tx, &word_of)?))?;
    if !notify && !as_json {
        return Ok(None);
    }
    let (seen, name) = (Seen::of(client, &message)?, Name::of(client, by)?);
    let text = format!("{}: {}", circle.place(message.conversation), mark(&seen, &name, by));
    Ok(Some(News { text, json: json::changed(&seen, &circle, &name, notify), warns: false }))
}

/// Somebody lets a message that was shown go sooner. It is no alert.
fn sooner(
    client: &mut Client,
    place: (Conversation, u64),
    by: &AccountKey,
    as_json: bool,
) -> Result<Option<News>, Failure> {
    let Some((message, circle)) = was_shown(client, place)? else { return Ok(None) };
    let (seen, name) = (Seen::of(client, &message)?, Name::of(client, by)?);
    if seen.muted && !as_json {
        return Ok(None);
    }
    let when = life::countdown(&seen).unwrap_or_else(|| "its time is over".to_owned());
    let (place, index) = (circle.place(message.conversation), message.index);
    let text = format!("{place}: {name} lets #{index} go sooner: {when}");
    Ok(Some(News { text, json: json::changed(&seen, &circle, &name, false), warns: false }))
}

/// Nothing is left of a message that was shown.
fn gone(client: &mut Client, conversation: Conversation, index: u64) -> Result<Option<News>, Failure> {
    let Some((message, circle)) = was_shown(client, (conversation, index))? else { return Ok(None) };
    let seen = Seen::of(client, &message)?;
    let words = life::placeholder(&message).unwrap_or("its time is over");
    let text = format!("{}: #{index} is gone: {words}", circle.place(conversation));
    Ok(Some(News { text, json: json::gone(&seen, &circle), warns: false }))
}

/// A message that was shown, or is one's own, and with whom it is.
fn was_shown(
    client: &mut Client,
    (conversation, index): (Conversation, u64),
) -> Result<Option<(Message, Circle)>, Failure> {
    let (shown, messages, peer) = client.step(|engine, step| {
        let messages = engine.messages(step, conversation, index.saturating_sub(1), 1)?;
        Ok((engine.shown(step.tx, conversation)?, messages, engine.peer_of(step.tx, conversation)?))
    })?;
    let own = client.engine().address().account;
    let known = |message: &Message| message.index == index && (index <= shown || message.sender == own);
    let Some(message) = messages.into_iter().find(known) else { return Ok(None) };
    let circle = Circle::of(client, conversation, &peer.unwrap_or(message.sender))?;
    Ok(circle.map(|circle| (message, circle)))
}

/// What somebody has done to a message, as far as the message tells.
fn mark(seen: &Seen<'_>, name: &Name, by: &AccountKey) -> String {
    let message = seen.message;
    let index = message.index;
    let emoji = message.reactions.iter().find(|(who, _)| who == by).map(|(_, emoji)| show::reaction(emoji));
    match emoji {
        _ if matches!(message.body, Body::Unsend(_)) => format!("{name} took #{index} back"),
        Some(emoji) if message.edited && message.sender == *by => {
            format!("{name} worded #{index} anew, or reacted {emoji} to it: {}", show::said(seen))
        }
        None if message.edited && message.sender == *by => {
            format!("{name} worded #{index} anew: {}", show::said(seen))
        }
        Some(emoji) => format!("{name} reacted {emoji} to #{index}"),
        None => format!("{name} took the reaction to #{index} back"),
    }
}

/// The group that something is about.
struct Place {
    group: GroupId,
    name: Option<String>,
}

impl Place {
    fn of(client: &mut Client, group: &GroupId) -> Result<Self, Failure> {
        Ok(Self { group: *group, name: name::of_group(client, group)? })
    }

    fn json(&self, what: &str, by: Option<&Name>) -> Value {
        json!({
            "type": what,
            "group": json::hex(self.group.as_bytes()),
            "name": self.name,
            "by": by.and_then(Name::handle).map(ToString::to_string),
            "account": by.map(Name::key),
        })
    }
}

impl core::fmt::Display for Place {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&called(self.name.as_deref(), &self.group))
    }
}

fn standing(client: &mut Client, group: &GroupId) -> Result<Option<Standing>, Failure> {
    Ok(client.step(|engine, step| Ok(engine.group_standing(step.tx, group)?))?)
}

/// An invitation that waits for an answer.
fn invitation(client: &mut Client, group: &GroupId) -> Result<Option<News>, Failure> {
    let groups = client.step(|engine, step| Ok(engine.groups(step.tx)?))?;
    let invited = |summary: &&aside_client::GroupSummary| {
        summary.group == *group && summary.standing == Standing::Invited
    };
    match groups.iter().find(invited) {
        Some(summary) => {
            let by = summary.invited_by.map(|by| Name::of(client, &by)).transpose()?;
            let (text, json) = (show::invitation(summary, by.as_ref()), json::group(summary, by.as_ref()));
            Ok(Some(News { text, json, warns: false }))
        }
        None => Ok(None),
    }
}

/// Somebody has other devices than before: whoever has added one reads along from then on (CNV-19).
fn devices_changed(
    client: &mut Client,
    peer: &AccountKey,
    added: usize,
    removed: usize,
) -> Result<(String, Value), Failure> {
    let name = Name::of(client, peer)?;
    let text = format!(
        "the devices of {name} have changed: {added} new, {removed} gone. If they did not tell you, ask them in another way"
    );
    let json = json!({
        "type": "devices_changed",
        "peer": name.handle().map(ToString::to_string),
        "account": name.key(),
        "added": added,
        "removed": removed,
    });
    Ok((text, json))
}

/// What is wrong with somebody's devices or a group.
fn warning(client: &mut Client, event: &Event) -> Result<Option<(String, Value)>, Failure> {
    if let Event::ScheduledFailed { number, conversation, reason } = event {
        let place = whither(client, *conversation)?;
        let json = json!({ "type": "scheduled_failed", "number": number, "to": place, "detail": reason });
        let text = format!(
            "#{number}, which was to be sent to {place} by now, was not sent: {}; see: aside scheduled",
            show::safe(reason)
        );
        return Ok(Some((text, json)));
    }
    let (group, who, what) = match event {
        Event::StoreRestored => {
            let text = "this profile is an older copy, or another copy of it was in use: it begins anew with everybody, and \
                        lacks what only the other copy has received; of two copies use one only";
            return Ok(Some((text.into(), json!({ "type": "store_restored" }))));
        }
        Event::DevicesChanged { peer, added, removed } => {
            return devices_changed(client, peer, *added, *removed).map(Some);
        }
        Event::GroupChangeFailed { group, .. } => (group, None, "group_change_failed"),
        Event::GroupForked { group, sender, .. } => (group, Some(sender), "group_forked"),
        Event::GroupEntrySkipped { group, .. } => (group, None, "group_entry_skipped"),
        Event::GroupLogSetBack { group } => (group, None, "group_log_set_back"),
        Event::GroupLogHidden { group } => (group, None, "group_log_hidden"),
        Event::GroupClaimDropped { group, claimant } => (group, Some(claimant), "group_claim_dropped"),
        Event::GroupMissed { group, account, .. } => (group, Some(account), "group_missed"),
        _ => return Ok(None),
    };
    let place = Place::of(client, group)?;
    let name = who.map(|who| Name::of(client, who)).transpose()?;
    let who = name.as_ref().map_or_else(|| "somebody".to_owned(), ToString::to_string);
    let mut json = place.json(what, name.as_ref());
    let text = match event {
        Event::GroupChangeFailed { reasons, .. } => {
            put(&mut json, "detail", reasons.as_str());
            format!("a change of the group {place} was not made: {reasons}")
        }
        Event::GroupForked { sequence, .. } => {
            put(&mut json, "sequence", *sequence);
            format!(
                "ALARM: {who} has another history of the group {place} than you: somebody shows its members different \
                 groups. Compare with them: aside group info (changes and check code must be equal)"
            )
        }
        Event::GroupEntrySkipped { reason, .. } => {
            put(&mut json, "detail", reason.word());
            format!(
                "something in the log of the group {place} is no valid change and counts for nobody ({reason})"
            )
        }
        Event::GroupLogHidden { .. } => format!(
            "ALARM: the relay says that the group {place} has changed, and does not show how; a member has shown it instead. \
             Nothing is lost here"
        ),
        Event::GroupLogSetBack { .. } => format!(
            "ALARM: the relay has less of the history of the group {place} than before: it was restored from an older \
             copy, or it hides changes. Nothing is lost here"
        ),
        Event::GroupClaimDropped { .. } => format!(
            "ALARM: {who} spoke of changes of the group {place} that nobody has shown within an hour. You can write \
             again, on what is known here"
        ),
        Event::GroupMissed { code, .. } => {
            put(&mut json, "detail", explain(*code));
            format!("{who} does not get everything of the group {place}: {}", explain(*code))
        }
        _ => return Ok(None),
    };
    Ok(Some((text, json)))
}

/// What is known of somebody with whom everything is said encrypted, and what is wrong with it.
fn in_private(client: &mut Client, event: &Event, peer: &AccountKey) -> Result<News, Failure> {
    let name = Name::of(client, peer)?;
    let (what, detail, text) = match event {
        Event::InTheClear { .. } => (
            "in_the_clear",
            None,
            format!(
                "ALARM: a message in the clear came from {name}, with whom everything is said encrypted; it was refused. Either \
                 the relay has made it up, or {name} has written what the relay could read: ask them in the chat"
            ),
        ),
        Event::DeclarationRefused { reason, .. } => (
            "declaration_refused",
            Some(reason.word()),
            format!(
                "the relay shows something for a declaration of {name} that is none ({reason}); nothing has changed"
            ),
        ),
        _ => (
            "encrypted_only",
            None,
            format!(
                "{name} can be reached only encrypted from now on. To open a chat: aside chat open {name}"
            ),
        ),
    };
    let json = json::happened(what, name.handle(), detail);
    Ok(News { text, json, warns: !matches!(event, Event::EncryptedOnly { .. }) })
}

/// Who did what.
pub(crate) fn words(client: &mut Client, change: &Change) -> Result<String, Failure> {
    let actor = Name::of(client, &change.actor.account)?;
    Ok(match &change.event {
        GroupEvent::Added { members } => {
            let accounts: Vec<_> = members.iter().map(|(account, _)| *account).collect();
            format!("{actor} added {}", names(client, &accounts)?)
        }
        GroupEvent::Removed { accounts, .. } => format!("{actor} removed {}", names(client, accounts)?),
        GroupEvent::Left { .. } => format!("{actor} left"),
        GroupEvent::RoleSet { account, role, .. } => {
            let whom = Name::of(client, account)?;
            match role {
                Role::Owner => format!("{actor} made {whom} the owner"),
                Role::Admin => format!("{actor} made {whom} an admin"),
                Role::Member => format!("{actor} made {whom} a member like the others"),
            }
        }
        GroupEvent::Renamed { before, name } => {
            format!("{actor} renamed the group from {} to {}", quoted(before.as_str()), quoted(name.as_str()))
        }
        GroupEvent::ExpirySet(terms) => {
            format!("{actor} decided: from here on messages {}", life::terms(*terms))
        }
        GroupEvent::CaptureSet { notices: true } => format!("{actor} switched notices of captures on"),
        GroupEvent::CaptureSet { notices: false } => format!("{actor} switched notices of captures off"),
        GroupEvent::AnnounceSet { announce_only: true } => {
            format!("{actor} decided that only the owner and the admins write")
        }
        GroupEvent::AnnounceSet { announce_only: false } => format!("{actor} decided that everybody writes"),
        GroupEvent::DevicesChanged { .. } => format!("the devices of {actor} have changed"),
        GroupEvent::Rekeyed { .. } => format!("{actor} replaced the key of the log"),
        _ => format!("{actor} changed something that is not known here"),
    })
}

fn change_json(client: &mut Client, place: &Place, change: &Change) -> Result<Value, Failure> {
    let actor = Name::of(client, &change.actor.account)?;
    let mut json = place.json("group_changed", Some(&actor));
    let (kind, accounts) = match &change.event {
        GroupEvent::Added { members } => ("added", members.iter().map(|(account, _)| *account).collect()),
        GroupEvent::Removed { accounts, .. } => ("removed", accounts.clone()),
        GroupEvent::Left { .. } => ("left", Vec::new()),
        GroupEvent::RoleSet { account, role, .. } => {
            put(&mut json, "role", json::role(*role));
            ("role", vec![*account])
        }
        GroupEvent::Renamed { before, name } => {
            put(&mut json, "before", before.as_str());
            put(&mut json, "after", name.as_str());
            ("renamed", Vec::new())
        }
        GroupEvent::ExpirySet(terms) => {
            put(&mut json, "expiry", life::object(*terms));
            ("expiry", Vec::new())
        }
        GroupEvent::CaptureSet { notices } => {
            put(&mut json, "on", *notices);
            ("capture", Vec::new())
        }
        GroupEvent::AnnounceSet { announce_only } => {
            put(&mut json, "on", *announce_only);
            ("announce", Vec::new())
        }
        GroupEvent::DevicesChanged { .. } => ("devices", Vec::new()),
        GroupEvent::Rekeyed { .. } => ("rekeyed", Vec::new()),
        _ => ("unknown", Vec::new()),
    };
    put(&mut json, "change", kind);
    put(&mut json, "sequence", change.sequence);
    put(&mut json, "made_at", change.made_at);
    let mut who = Vec::new();
    for account in &accounts {
        who.push(json::person(&Name::of(client, account)?));
    }
    put(&mut json, "who", who);
    Ok(json)
}

fn names(client: &mut Client, accounts: &[AccountKey]) -> Result<String, Failure> {
    let mut names = Vec::new();
    for account in accounts {
        names.push(Name::of(client, account)?.to_string());
    }
    names.sort();
    let Some(last) = names.pop() else { return Ok(String::new()) };
    Ok(if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) })
}

pub(super) fn put(object: &mut Value, field: &str, value: impl Into<Value>) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(field.to_owned(), value.into());
    }
}
