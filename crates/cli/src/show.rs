//! Text for a terminal. What other people wrote cannot control it.

use crate::{
    asked,
    commands::capture,
    content::words,
    failure::Failure,
    json, life,
    name::{DIGITS, Name, beginning, called, quoted},
    seen::{Asking, Circle, Seen, spoken},
};
use aside_client::{
    Answerer, ChatState, Conversation, Delivery, GroupSummary, IdentityState, Message, Mute, Protection,
    Relation, Standing, Summary, driver::explain, engine::ImportedPlace,
};
use aside_content::{Body, Presence, Text};
use aside_wire::ExpiryTerms;
use core::fmt::Display;
use std::{
    fs::File,
    io::{Write, stdout},
};
use time::{OffsetDateTime, macros::format_description};

/// Prints a line. A reader that is gone is an error like any other, not a panic.
///
/// Everything that is printed passes here, and not through the buffer of [`stdout`], which keeps the last lines for as long as
/// the program runs.
pub(crate) fn print(line: impl Display) -> Result<(), Failure> {
    let line = format!("{line}\n");
    standard_output().and_then(|mut out| out.write_all(line.as_bytes())).map_err(Failure::Output)
}

#[cfg(unix)]
fn standard_output() -> std::io::Result<File> {
    use std::os::fd::AsFd;
    Ok(stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn standard_output() -> std::io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(stdout().as_handle().try_clone_to_owned()?.into())
}

/// Text without control characters: escape sequences, carriage returns and direction overrides are shown as �, and
/// later lines are indented so that they cannot pose as messages.
pub(crate) fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\n    "),
            '\t' => safe.push(' '),
            c if c.is_control() || is_direction(c) => safe.push('\u{FFFD}'),
            c => safe.push(c),
        }
    }
    safe
}

fn is_direction(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The head of a conversation: with whom, and who can read it.
pub(crate) fn heading(summary: &Summary, relation: Relation) -> String {
    let kind = match (summary.conversation, summary.state) {
        (Conversation::Thread(_), _) => "thread, not encrypted: the relay can read it",
        (Conversation::Chat(_), Some(ChatState::Opened)) => "chat, end-to-end encrypted; not answered yet",
        (Conversation::Chat(_), Some(ChatState::Requested)) => "request",
        (Conversation::Chat(_), Some(ChatState::Ended)) => "chat, end-to-end encrypted; it has ended",
        (Conversation::Chat(_), _) => "chat, end-to-end encrypted",
        (Conversation::Group(_), _) => "group, end-to-end encrypted",
    };
    let identity = match summary.identity {
        IdentityState::Unverified => "",
        IdentityState::Verified => ", verified",
        IdentityState::Contested { .. } => {
            ", BLOCKED: the handle points to another account; see aside verify"
        }
        IdentityState::Former => ", former key",
    };
    let relation = match relation {
        Relation { blocked: true, .. } => ", blocked by you",
        Relation { muted: true, .. } => ", muted",
        Relation { .. } => "",
    };
    let answerer = match summary.answerer {
        None => "",
        Some(Answerer::Person) => ", says that a person answers",
        Some(Answerer::Program) => ", says that a program answers",
    };
    let labels = match summary.labels.as_slice() {
        [] => String::new(),
        labels => format!(", labelled {}", labels.join(", ")),
    };
    format!("{}  ({kind}{identity}{relation}{answerer}{labels})", summary.handle)
}

/// The head of a conversation that is known from archives only.
pub(crate) fn imported_heading(place: &ImportedPlace) -> String {
    let kind = json::kind_of(place.conversation);
    let name = match (place.conversation, &place.handle) {
        (Conversation::Group(group), _) => called(place.name.as_deref(), &group),
        (_, Some(handle)) => handle.to_string(),
        (_, None) => "somebody".to_owned(),
    };
    format!("{name}  ({kind}, known from an archive only)")
}

/// Somebody asks.
pub(crate) fn request(request: &Asking) -> String {
    let Asking { from, in_chat, waiting } = request;
    let messages = match waiting {
        0 => String::new(),
        1 => " (1 message waits)".to_owned(),
        n => format!(" ({n} messages wait)"),
    };
    match in_chat {
        true => format!("{from} asks to talk encrypted{messages}. To accept: aside chat accept {from}"),
        false => format!("{from} wants to write to you{messages}. To look: aside requests"),
    }
}

/// The same as the head of what they wrote.
pub(crate) fn asks(Asking { from, in_chat, .. }: &Asking) -> String {
    match in_chat {
        true => format!("{from} asks to talk encrypted; the relay cannot read this"),
        false => format!("{from} wants to write to you; the relay can read this"),
    }
}

/// The head of a group: how many are in it, and who can read it.
pub(crate) fn group_heading(summary: &GroupSummary) -> String {
    let name = called(summary.name.as_deref(), &summary.group);
    let place = match summary.standing {
        Standing::Out => "a group you are not in any more",
        _ => "group, end-to-end encrypted",
    };
    format!("{name}  ({place}{})", numbers(summary))
}

/// A group in a list, behind the beginning of its id.
pub(crate) fn group_line(summary: &GroupSummary, invited_by: Option<&Name>) -> String {
    let name = called(summary.name.as_deref(), &summary.group);
    let place = match (summary.standing, invited_by) {
        (Standing::Joined, _) => "you are in it".to_owned(),
        (Standing::Out, _) => "you are not in it any more".to_owned(),
        (Standing::Invited, Some(by)) => format!("invited by {by}"),
        (Standing::Invited, None) => "invited".to_owned(),
    };
    format!("{name}  {place}{}", numbers(summary))
}

/// How many are in a group, what is new there, and what of it is told.
fn numbers(summary: &GroupSummary) -> String {
    let mut text = match summary.members {
        0 => String::new(),
        count => format!(", {}", people(count)),
    };
    if summary.unread > 0 {
        text.push_str(&format!(", {} new", summary.unread));
    }
    match summary.mentions {
        0 => {}
        1 => text.push_str(", 1 mentions you"),
        count => text.push_str(&format!(", {count} mention you")),
    }
    text.push_str(match summary.mute {
        Mute::Nothing => "",
        Mute::AllButMentions => ", muted but for mentions",
        Mute::Everything => ", muted",
    });
    text
}

/// "1 person", "2 people".
pub(crate) fn people(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

/// An invitation to a group.
pub(crate) fn invitation(summary: &GroupSummary, by: Option<&Name>) -> String {
    let by = by.map_or_else(|| "somebody".to_owned(), ToString::to_string);
    let name = called(summary.name.as_deref(), &summary.group);
    let id = json::hex(summary.group.as_bytes());
    let id = beginning(&id, DIGITS);
    match summary.members {
        // The name and the members stand in the log, which the relay has not given yet.
        0 => format!("{by} has taken you into a group, of which nothing can be verified yet: {id}"),
        count => format!(
            "{by} has taken you into the group {name} ({}). To accept: aside group accept {id}; to decline: aside group \
             leave {id}",
            people(count)
        ),
    }
}

/// A message of a conversation. What it answers and the reactions to it stand on lines of their own, which no text can
/// begin: its later lines are indented further. That it was worded anew or taken back, and when it goes, stands before
/// the text.
pub(crate) fn message(seen: &Seen<'_>) -> String {
    let Seen { message, from, .. } = seen;
    let state = match message.delivery {
        _ if message.shield.protection() == Protection::Imported => "  [from an archive]".to_owned(),
        Delivery::Received | Delivery::Accepted => String::new(),
        Delivery::Queued => "  [not sent yet]".to_owned(),
        Delivery::Delivered => "  ✓ delivered".to_owned(),
        Delivery::Read => "  ✓✓ read".to_owned(),
        Delivery::Viewed => "  ✓✓ viewed".to_owned(),
        Delivery::Failed(code) => format!("  [not sent: {}]", explain(code)),
    };
    // What the certificate says, not the message; no handle can look like it (CON-32).
    let label = if message.automated { " [automated]" } else { "" };
    let said = match (life::instead(seen), &message.body) {
        (Some(instead), _) => format!(" [{instead}]"),
        (None, Body::Unsend(_)) => " [taken back]".to_owned(),
        // CAP-1
        (None, Body::Capture(it)) => {
            format!("'s client says: {}", capture::words(it.kind, &seen.captured))
        }
        (None, Body::ExpiryPolicy(policy)) => decided(message, policy.terms),
        (None, _) => format!("{}: {}", manner(seen), said(seen)),
    };
    let mut text = format!("  #{}  {}  {from}{label}{said}{state}", message.index, clock(message));
    text.push_str(&asked::details(seen));
    match &seen.answered {
        Some(Some((author, target))) => {
            text.push_str(&format!("\n  ↪ to {author}: {}", excerpt(target)));
        }
        Some(None) => text.push_str("\n  ↪ to [a message that is not here]"),
        None => {}
    }
    if !seen.reactions.is_empty() {
        text.push('\n');
    }
    for (who, emoji) in &seen.reactions {
        text.push_str(&format!("  {} {who}", reaction(emoji)));
    }
    text
}

/// How it is said: worded anew, asking for no alert, going some time.
fn manner(seen: &Seen<'_>) -> String {
    let how = match (seen.message.edited, seen.message.silent) {
        (true, _) => Some("edited".to_owned()),
        (false, true) => Some("silently".to_owned()),
        (false, false) => None,
    };
    let manner: Vec<_> = how.into_iter().chain(life::countdown(seen)).collect();
    if manner.is_empty() { String::new() } else { format!(" ({})", manner.join(", ")) }
}

/// What somebody has decided about messages that come afterwards. No text can look like it.
fn decided(message: &Message, terms: ExpiryTerms) -> String {
    let superseded =
        if message.superseded { "  [superseded: another was decided at the same time]" } else { "" };
    format!(" decided: from here on messages {}{superseded}", life::terms(terms))
}

/// What it says. Whoever is mentioned in it is shown by the name known here, whatever the text calls them.
pub(crate) fn said(seen: &Seen<'_>) -> String {
    match spoken(&seen.message.body) {
        Body::Text(text) => safe(&named(text, &seen.mentions)),
        other => asked::headline(other).unwrap_or_else(|| words::of(other, seen)),
    }
}

/// A reaction; in quotation marks unless it looks like one.
pub(crate) fn reaction(emoji: &str) -> String {
    let is_word =
        |c: char| c.is_alphabetic() || c.is_whitespace() || (c.is_ascii_punctuation() && !"#*".contains(c));
    if emoji.contains(is_word) { quoted(emoji) } else { safe(emoji) }
}

/// The beginning of what somebody said.
fn excerpt(whole: &Message) -> String {
    const LONGEST: usize = 60;
    if let Some(placeholder) = life::placeholder(whole) {
        return format!("[{placeholder}]");
    }
    if matches!(whole.body, Body::Unsend(_)) {
        return "[taken back]".to_owned();
    }
    let text = match spoken(&whole.body) {
        // Whom it shows is not the sender's to say.
        Body::Profile(_) => "[profile]".to_owned(),
        body @ Body::Unknown { .. } => format!("[not known here] {}", body.fallback_text()),
        body => body.fallback_text(),
    };
    let line = text.lines().next().unwrap_or_default();
    let mut excerpt: String = line.chars().take(LONGEST).collect();
    if excerpt.len() < text.len() {
        excerpt.push('…');
    }
    safe(&excerpt)
}

/// A text with the people mentioned in it under the names known here.
fn named(text: &Text, mentions: &[Name]) -> String {
    let mut named = String::new();
    let mut rest = 0usize;
    for (mention, name) in text.mentions().iter().zip(mentions) {
        let start = usize::try_from(mention.start).unwrap_or(usize::MAX);
        let length = usize::try_from(mention.length).unwrap_or(usize::MAX);
        named.push_str(text.as_str().get(rest..start).unwrap_or_default());
        named.push_str(&name.to_string());
        rest = start.saturating_add(length);
    }
    named.push_str(text.as_str().get(rest..).unwrap_or_default());
    named
}

/// The same with its conversation, for a stream of messages.
pub(crate) fn message_in(seen: &Seen<'_>, circle: &Circle) -> String {
    let place = match (circle, seen.message.conversation) {
        (Circle::Group(name), Conversation::Group(group)) => called(name.as_deref(), &group),
        (_, Conversation::Thread(_)) => "thread".to_owned(),
        _ => "chat  ".to_owned(),
    };
    format!("{place}{}", message(seen))
}

/// The same with whom it is, for what was found anywhere.
pub(crate) fn found(seen: &Seen<'_>, circle: &Circle) -> String {
    match circle {
        Circle::With(peer) => format!("{peer} {}", message_in(seen, circle)),
        Circle::Group(_) => message_in(seen, circle),
    }
}

pub(crate) fn body(body: &Body) -> String {
    safe(&body.fallback_text())
}

/// "available", "recently" or "away".
pub(crate) const fn presence(state: Presence) -> &'static str {
    match state {
        Presence::Available => "available",
        Presence::Recently => "recently",
        Presence::Away => "away",
    }
}

/// When the relay accepted it, or else when it was written; UTC.
fn clock(message: &Message) -> String {
    time(message.accepted_at.unwrap_or(message.sent_at))
}

/// Milliseconds since 1970-01-01 UTC as a date and a time of day.
pub(crate) fn time(millis: u64) -> String {
    let seconds = i64::try_from(millis.checked_div(1000).unwrap_or_default()).unwrap_or(i64::MAX);
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|at| at.format(format_description!("[year]-[month]-[day] [hour]:[minute]")).ok())
        .unwrap_or_else(|| "at an unknown time".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reaction_cannot_pose_as_several() {
        for emoji in ["👍", "👩‍🚀", "1\u{FE0F}\u{20E3}", "❤\u{FE0F}"] {
            assert_eq!(reaction(emoji), emoji);
        }
        assert_eq!(reaction("👍 @carol  👎"), "\"👍 @carol  👎\"");
        assert_eq!(reaction("\"x"), "\"'x\"");
    }

    #[test]
    fn what_others_wrote_cannot_control_the_terminal() {
        assert_eq!(safe("a\u{1b}[2Jb\rc"), "a\u{FFFD}[2Jb\u{FFFD}c");
        assert_eq!(safe("one\n@bob: two"), "one\n    @bob: two");
        assert_eq!(safe("\u{202E}gpj.exe"), "\u{FFFD}gpj.exe");
        assert_eq!(safe("naïve 👋"), "naïve 👋");
    }
}
