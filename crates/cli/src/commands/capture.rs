//! `aside capture @bob --kind screenshot`, and how captures are worded

use super::{
    group::pick,
    said::{Kind, containing, conversations},
    send::flush,
};
use crate::{
    args::{Captured, Way},
    failure::Failure,
    name::called,
    profile, show,
};
use aside_client::{
    Capture, ChatState, Conversation, Message, Misuse, Nobody, Screen, Summary, driver::Client,
};
use aside_content::{CaptureDetector, CaptureKind};
use aside_identity::{CaptureDetection, Handle};
use serde_json::json;
use std::path::Path;

/// Messages on a screen unless it is said which.
const LINES: usize = 8;

pub(crate) async fn run(directory: &Path, captured: &Captured, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let (messages, whom) = on_screen(&mut client, captured)?;
    let screen = Screen::of(&messages)?;
    let kind = captured.kind.kind();
    let detector = match captured.kind {
        Way::Saved => CaptureDetector::Client,
        _ => CaptureDetector::Platform,
    };
    let told = client.step(|engine, step| {
        let observed_at = captured.at.map_or(step.now, |at| at.at(step.now));
        let capture = Capture { kind, detector, observed_at, detection: captured.id };
        engine.report_capture(step, &screen, &capture)
    })?;
    let sent = if told.is_ok() { flush(&mut client).await } else { Ok(()) };
    if as_json {
        show::print(json!({
            "type": "capture",
            "capture": word(kind),
            "of": whom,
            "told": told.unwrap_or_default(),
            "nobody": told.err().map(|nobody| match nobody {
                Nobody::Scene => "scene",
                Nobody::OwnAlone => "own",
                Nobody::Told => "told",
            }),
        }))?;
        return sent;
    }
    show::print(match told {
        Ok(1) => format!("{whom} is told that a message was captured."),
        Ok(count) => format!("{whom} is told that {count} messages were captured."),
        Err(Nobody::Scene) => {
            "Nobody is told: that is promised only in a chat in which both talk, and in a group that has \
                               decided so."
                .to_owned()
        }
        Err(Nobody::OwnAlone) => "Nobody is told: there is nothing of others on the screen.".to_owned(),
        Err(Nobody::Told) => "Nothing more is told: it was told a moment ago.".to_owned(),
    })?;
    sent
}

/// The messages that were on the screen, and whose they are.
fn on_screen(client: &mut Client, captured: &Captured) -> Result<(Vec<Message>, String), Failure> {
    let (conversation, whom) = match (&captured.group, &captured.with) {
        (Some(group), _) => {
            let summary = pick(client, group)?;
            let name = called(summary.name.as_deref(), &summary.group);
            (Conversation::Group(summary.group), format!("The group {name}"))
        }
        (None, Some(with)) => {
            if captured.messages.is_empty() {
                (newest(client, with)?, with.to_string())
            } else {
                return Ok((numbered(client, with, &captured.messages)?, with.to_string()));
            }
        }
        (None, None) => return Err(Misuse::NothingOnScreen.into()),
    };
    let messages = client.step(|engine, step| {
        if !captured.messages.is_empty() {
            let mut all = engine.messages(step, conversation, 0, usize::MAX)?;
            all.retain(|message| captured.messages.contains(&message.index));
            return Ok(all);
        }
        let after = engine.shown(step.tx, conversation)?.saturating_add(1);
        Ok(engine.messages_before(step, conversation, after, LINES)?)
    })?;
    Ok((messages, whom))
}

/// The chat with somebody: of several the one in which both talk.
fn newest(client: &mut Client, with: &Handle) -> Result<Conversation, Failure> {
    let chats = conversations(client, with, Kind::Chat)?;
    let both_talk = |summary: &&Summary| summary.state == Some(ChatState::Accepted);
    let chat = chats.iter().rfind(both_talk).or(chats.last());
    chat.map(|summary| summary.conversation).ok_or_else(|| Misuse::NoChat(with.clone()).into())
}

/// The messages with these numbers in whatever is said with somebody.
fn numbered(client: &mut Client, with: &Handle, numbers: &[u64]) -> Result<Vec<Message>, Failure> {
    let mut messages = Vec::new();
    for number in numbers {
        let mut place = containing(client, with, Kind::Chat, *number)?;
        if place.is_none() {
            place = containing(client, with, Kind::Thread, *number)?;
        }
        let conversation = place.ok_or(Misuse::NoMessage)?;
        let before = number.saturating_sub(1);
        messages.extend(client.step(|engine, step| Ok(engine.messages(step, conversation, before, 1)?))?);
    }
    Ok(messages)
}

/// "screenshot".
pub(crate) const fn word(kind: CaptureKind) -> &'static str {
    match kind {
        CaptureKind::Screenshot => "screenshot",
        CaptureKind::RecordingStart => "recording_start",
        CaptureKind::RecordingStop => "recording_stop",
        CaptureKind::Saved => "saved",
        CaptureKind::Exported => "exported",
    }
}

/// What somebody's client says of messages, in the words that the specification gives it (CAP-1).
pub(crate) fn words(kind: CaptureKind, indexes: &[u64]) -> String {
    let which: Vec<_> = indexes.iter().map(|index| format!("#{index}")).collect();
    let which = if which.is_empty() { "what is not here any more".to_owned() } else { which.join(", ") };
    let was = if indexes.len() > 1 { "were" } else { "was" };
    match kind {
        CaptureKind::Screenshot => format!("a screenshot was taken of {which}"),
        CaptureKind::RecordingStart => format!("the screen was being recorded while {which} {was} shown"),
        CaptureKind::RecordingStop => format!("the recording of {which} has ended"),
        CaptureKind::Saved => format!("a copy was saved of {which}"),
        CaptureKind::Exported => format!("{which} {was} exported"),
    }
}

/// What devices can notice, and what that is worth (CAP-1, CAP-15).
pub(crate) fn can_notice(weakest: CaptureDetection) -> String {
    let what = match weakest {
        CaptureDetection::None => "nothing",
        CaptureDetection::Screenshot => "screenshots",
        CaptureDetection::ScreenshotAndRecording => "screenshots and recordings",
    };
    format!(
        "Can notice: {what}. That is what their clients say; that none tells does not mean that nothing was captured."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    // CAP-1
    #[test]
    fn cap_1_a_notice_is_worded_as_what_a_client_says() {
        let said = |kind| words(kind, &[3, 5]);
        assert_eq!(said(CaptureKind::Screenshot), "a screenshot was taken of #3, #5");
        assert_eq!(
            said(CaptureKind::RecordingStart),
            "the screen was being recorded while #3, #5 were shown"
        );
        assert_eq!(said(CaptureKind::RecordingStop), "the recording of #3, #5 has ended");
        assert_eq!(said(CaptureKind::Saved), "a copy was saved of #3, #5");
        assert_eq!(said(CaptureKind::Exported), "#3, #5 were exported");
        assert_eq!(words(CaptureKind::Exported, &[3]), "#3 was exported");
        assert_eq!(
            words(CaptureKind::Screenshot, &[]),
            "a screenshot was taken of what is not here any more"
        );
        assert!(
            can_notice(CaptureDetection::None)
                .starts_with("Can notice: nothing. That is what their clients say;")
        );
    }
}
