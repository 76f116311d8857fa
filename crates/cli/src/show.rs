//! Text for a terminal. What other people wrote cannot control it.

use crate::failure::Failure;
use aside_client::{ChatState, Conversation, Delivery, IdentityState, Message, Protection, Summary};
use aside_content::Body;
use aside_identity::Handle;
use std::io::{Write, stdout};
use time::{OffsetDateTime, macros::format_description};

/// Prints a line. A reader that is gone is an error like any other, not a panic.
pub(crate) fn print(line: impl core::fmt::Display) -> Result<(), Failure> {
    writeln!(stdout().lock(), "{line}").map_err(Failure::Output)
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
pub(crate) fn heading(summary: &Summary) -> String {
    let kind = match (summary.conversation, summary.state) {
        (Conversation::Thread(_), _) => "thread, not encrypted: the relay can read it",
        (Conversation::Chat(_), Some(ChatState::Opened)) => "chat, end-to-end encrypted; not answered yet",
        (Conversation::Chat(_), Some(ChatState::Requested)) => "request",
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
    format!("{}  ({kind}{identity})", summary.handle)
}

/// A request to talk encrypted.
pub(crate) fn request(from: &Handle, waiting: usize) -> String {
    let messages = match waiting {
        0 => String::new(),
        1 => " (1 message waits)".to_owned(),
        n => format!(" ({n} messages wait)"),
    };
    format!("{from} asks to talk encrypted{messages}. To accept: aside chat accept {from}")
}

/// One line of a conversation.
pub(crate) fn message(message: &Message, from: &Handle) -> String {
    let state = match message.delivery {
        Delivery::Received | Delivery::Accepted => "",
        Delivery::Queued => "  [not sent yet]",
        Delivery::Failed(_) => "  [refused by the relay]",
    };
    format!("  {}  {from}: {}{state}", clock(message), body(&message.body))
}

/// The same with its conversation, for a stream of messages.
pub(crate) fn message_in(message_: &Message, from: &Handle) -> String {
    let lock = match message_.shield.protection() {
        Protection::Pairwise => "chat  ",
        Protection::Group => "group ",
        _ => "thread",
    };
    format!("{lock}{}", message(message_, from))
}

pub(crate) fn body(body: &Body) -> String {
    match body {
        Body::Text(text) => safe(text.as_str()),
        Body::Unknown { kind, .. } => format!("[not supported here: content kind {}]", kind.0),
        Body::ChatOpen { .. } | Body::ChatAccept | Body::Group { .. } => String::new(),
    }
}

/// When the relay accepted it, or else when it was written; UTC.
fn clock(message: &Message) -> String {
    let millis = message.accepted_at.unwrap_or(message.sent_at);
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
    fn what_others_wrote_cannot_control_the_terminal() {
        assert_eq!(safe("a\u{1b}[2Jb\rc"), "a\u{FFFD}[2Jb\u{FFFD}c");
        assert_eq!(safe("one\n@bob: two"), "one\n    @bob: two");
        assert_eq!(safe("\u{202E}gpj.exe"), "\u{FFFD}gpj.exe");
        assert_eq!(safe("naïve 👋"), "naïve 👋");
    }
}
