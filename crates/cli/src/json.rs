//! One JSON object a line, for programs. Field names are stable.

use crate::{
    asked,
    content::object,
    life,
    name::Name,
    seen::{Answered, Asking, Circle, Seen, spoken},
};
use aside_client::{
    ChatState, Conversation, Delivery, GroupSummary, Lifetime, Message, Mute, Protection, Relation, Standing,
    Summary,
};
use aside_content::{Body, MessageId};
use aside_group::Role;
use aside_identity::Handle;
use serde_json::{Value, json};

/// A message: where it stands, who wrote it, what is said about it, and whether the person here wants to be told of it.
pub(crate) fn message(seen: &Seen<'_>, circle: &Circle) -> Value {
    let mut object = common(seen.message);
    let Some(fields) = object.as_object_mut() else { return object };
    let mut put = |field: &str, value: Value| fields.insert(field.to_owned(), value);
    put("from", handle(&seen.from));
    match (circle, seen.message.conversation) {
        (Circle::Group(name), Conversation::Group(group)) => {
            put("group", hex(group.as_bytes()).into());
            put("group_name", name.as_deref().into());
            put("account", seen.from.key().into());
        }
        (Circle::With(peer), _) => drop(put("peer", peer.to_string().into())),
        (Circle::Group(_), _) => {}
    }
    put("mentions", seen.mentions.iter().map(person).collect());
    put("notify", seen.notify.into());
    put("automated", seen.message.automated.into());
    for (field, value) in asked::fields(seen).into_iter().chain(life::fields(seen.message)) {
        put(field, value);
    }
    put("reactions", seen.reactions.iter().map(reaction).collect());
    put("reply_to", seen.answered.as_ref().map(answered).into());
    object
}

/// What somebody has said about a message, and the message as it is now.
pub(crate) fn changed(seen: &Seen<'_>, circle: &Circle, by: &Name, notify: bool) -> Value {
    json!({
        "type": "message_changed",
        "by": handle(by),
        "account": by.key(),
        "notify": notify,
        "message": message(seen, circle),
    })
}

/// Nothing is left of a message.
pub(crate) fn gone(seen: &Seen<'_>, circle: &Circle) -> Value {
    json!({ "type": "message_gone", "message": message(seen, circle) })
}

fn reaction((who, emoji): &(Name, &str)) -> Value {
    json!({ "emoji": emoji, "handle": handle(who), "account": who.key() })
}

/// The message that is answered, from the receiver's own copy; every field is null if there is none.
fn answered(answered: &Answered) -> Value {
    let (from, message) =
        (answered.as_ref().map(|(from, _)| from), answered.as_ref().map(|(_, message)| message));
    json!({
        "index": message.map(|message| message.index),
        "from": from.map(handle),
        "account": from.map(Name::key),
        "text": message.map(text),
    })
}

/// What somebody here has decided about another.
pub(crate) fn relation(name: &Name, relation: Relation) -> Value {
    json!({
        "type": "person",
        "handle": handle(name),
        "account": name.key(),
        "blocked": relation.blocked,
        "muted": relation.muted,
        "contact": relation.contact,
    })
}

/// A thread or a chat in a list.
pub(crate) fn conversation(summary: &Summary) -> Value {
    json!({
        "type": "conversation",
        "conversation": kind_of(summary.conversation),
        "with": summary.handle.to_string(),
        "account": hex(summary.peer.as_bytes()),
        "requested": summary.requested,
        "state": summary.state.map(|state| match state {
            ChatState::Opened => "opened",
            ChatState::Requested => "requested",
            ChatState::Accepted => "accepted",
            ChatState::Ended => "ended",
        }),
        "unread": summary.unread,
    })
}

/// A group, or the invitation to one.
pub(crate) fn group(summary: &GroupSummary, invited_by: Option<&Name>) -> Value {
    let invited = summary.standing == Standing::Invited;
    json!({
        "type": if invited { "group_invited" } else { "group" },
        "group": hex(summary.group.as_bytes()),
        "name": summary.name,
        "standing": match summary.standing {
            Standing::Invited => "invited",
            Standing::Joined => "joined",
            Standing::Out => "out",
        },
        "by": invited_by.map(handle),
        "account": invited_by.map(Name::key),
        "mute": match summary.mute {
            Mute::Nothing => "nothing",
            Mute::AllButMentions => "all_but_mentions",
            Mute::Everything => "everything",
        },
        "members": summary.members,
        "unread": summary.unread,
        "mentions": summary.mentions,
    })
}

/// Somebody: the handle, if it is known here, and the account key.
pub(crate) fn person(name: &Name) -> Value {
    json!({ "handle": handle(name), "account": name.key() })
}

fn handle(name: &Name) -> Value {
    name.handle().map(ToString::to_string).into()
}

/// "owner", "admin" or "member".
pub(crate) const fn role(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Admin => "admin",
        Role::Member => "member",
    }
}

/// What messages of every conversation have.
fn common(message: &Message) -> Value {
    let delivery = match message.delivery {
        Delivery::Received => "received",
        Delivery::Queued => "queued",
        Delivery::Accepted => "accepted",
        Delivery::Delivered => "delivered",
        Delivery::Read => "read",
        Delivery::Viewed => "viewed",
        Delivery::Failed(_) => "failed",
    };
    let shield = match message.shield.protection() {
        Protection::Pairwise => "pairwise",
        Protection::Group => "group",
        Protection::Imported => "imported",
        _ => "none",
    };
    json!({
        "type": "message",
        "conversation": kind_of(message.conversation),
        "id": id(&message.message_id),
        "index": message.index,
        "kind": kind(message),
        "text": text(message),
        "content": object::of(spoken(&message.body)),
        "edited": message.edited,
        "silent": message.silent,
        "shield": shield,
        "sent_at": message.sent_at,
        "accepted_at": message.accepted_at,
        "waits_until": message.waits_until,
        "delivered_at": message.delivered_at,
        "read_at": message.read_at,
        "viewed_at": message.viewed_at,
        "delivery": delivery,
        "refusal": refusal(message.delivery),
    })
}

/// The name of what it says; "gone" if nothing is left of it, and "view_once" if it is to be opened.
const fn kind(message: &Message) -> &'static str {
    match message.lifetime {
        Lifetime::Gone(_) => "gone",
        Lifetime::Closed { .. } => "view_once",
        _ => body_kind(&message.body),
    }
}

/// What it says, or what is said in its place.
fn text(message: &Message) -> String {
    match life::placeholder(message) {
        Some(placeholder) => format!("[{placeholder}]"),
        None => spoken(&message.body).fallback_text(),
    }
}

/// Why the relay will not take it, as the registry of the specification calls it; null if it may.
fn refusal(delivery: Delivery) -> Option<String> {
    let Delivery::Failed(code) = delivery else { return None };
    Some(code.as_str_name().trim_start_matches("REFUSAL_CODE_").to_ascii_lowercase())
}

/// The name of a content kind.
const fn body_kind(body: &Body) -> &'static str {
    match body {
        Body::Text(_) => "text",
        Body::ChatOpen { .. } => "chat_open",
        Body::ChatAccept => "chat_accept",
        Body::ChatDecline => "chat_decline",
        Body::ChatClose => "chat_close",
        Body::Media(_) => "media",
        Body::Sticker(_) => "sticker",
        Body::Reference(_) => "reference",
        Body::Profile(_) => "profile",
        Body::Reply(_) => "reply",
        Body::Reaction(_) => "reaction",
        Body::Edit(_) => "edit",
        Body::Unsend(_) => "unsend",
        Body::Forward(_) => "forward",
        Body::Group { .. } => "group",
        Body::Form(_) => "form",
        Body::Choice(_) => "choice",
        Body::Card(_) => "card",
        Body::Handover(_) => "handover",
        Body::Receipts(_) => "receipts",
        Body::Typing { .. } => "typing",
        Body::Presence(_) => "presence",
        Body::Sharing(_) => "sharing",
        Body::EncryptedOnly(_) => "encrypted_only",
        Body::ExpiryPolicy(_) => "expiry_policy",
        Body::Shorten(_) => "shorten",
        Body::ViewOnce(_) => "view_once",
        Body::Capture(_) => "capture",
        Body::Retry(_) => "retry",
        Body::Unknown { .. } => "unsupported",
    }
}

/// Somebody asks.
pub(crate) fn request(Asking { from, in_chat, waiting }: &Asking) -> Value {
    let what = if *in_chat { "chat_request" } else { "thread_request" };
    json!({ "type": what, "from": from.to_string(), "waiting": waiting })
}

/// Something else that happened.
pub(crate) fn happened(what: &str, peer: Option<&Handle>, detail: Option<&str>) -> Value {
    json!({ "type": what, "peer": peer.map(ToString::to_string), "detail": detail })
}

/// "thread", "chat" or "group".
pub(crate) const fn kind_of(conversation: Conversation) -> &'static str {
    match conversation {
        Conversation::Thread(_) => "thread",
        Conversation::Chat(_) => "chat",
        Conversation::Group(_) => "group",
    }
}

fn id(id: &MessageId) -> String {
    hex(id.as_bytes())
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
