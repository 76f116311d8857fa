//! `aside reply|react|edit|unsend|rm|forward`, and the same under `aside chat`; what groups share of it.

use super::{
    group::pick,
    send::{flush, know},
};
use crate::{
    args::{Destination, Said, With},
    failure::Failure,
    profile,
};
use aside_client::{ChatState, Conversation, Engine, Error, Misuse, Step, Summary, driver::Client};
use aside_content::{Body, Text};
use aside_identity::Handle;
use clap::Args;
use std::path::Path;

/// Which conversation with somebody is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The plaintext thread.
    Thread,
    /// The encrypted chat.
    Chat,
}

impl Kind {
    const fn is_of(self, conversation: Conversation) -> bool {
        matches!(
            (self, conversation),
            (Self::Thread, Conversation::Thread(_)) | (Self::Chat, Conversation::Chat(_))
        )
    }
}

pub(crate) async fn run(directory: &Path, kind: Kind, said: &Said<With>) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let with = &said.place().with;
    let text = said.text().map(|text| Text::new(text).map_err(|_| Misuse::Text)).transpose()?;
    let to = match said.destination() {
        Some(to) => Some(destination(&mut client, to).await?),
        None => None,
    };
    let mut found = None;
    for summary in conversations(&mut client, with, kind)? {
        let (conversation, before) = (summary.conversation, said.number().saturating_sub(1));
        let messages =
            client.step(|engine, step| Ok(engine.messages(step.tx, conversation, before, 1)?))?;
        if messages.iter().any(|message| message.index == said.number()) {
            found = Some(conversation);
        }
    }
    let conversation = found.ok_or(Misuse::NoMessage)?;
    client.step(|engine, step| act(engine, step, conversation, said, text, to))?;
    if said.stays_here() {
        return Ok(());
    }
    flush(&mut client).await
}

/// Says it. Returns the index of the message it makes, 0 if it makes none.
pub(super) fn act<P: Args>(
    engine: &Engine,
    step: &mut Step<'_>,
    conversation: Conversation,
    said: &Said<P>,
    text: Option<Text>,
    to: Option<Conversation>,
) -> Result<u64, Error> {
    let number = said.number();
    match (said, text, to) {
        (Said::Reply { .. }, Some(text), _) => engine.reply(step, conversation, number, Body::Text(text)),
        (Said::Edit { .. }, Some(text), _) => engine.edit(step, conversation, number, text).map(|()| 0),
        (Said::React { emoji, .. }, ..) => {
            engine.react(step, conversation, number, emoji.as_deref().unwrap_or_default()).map(|()| 0)
        }
        (Said::Unsend { .. }, ..) => engine.unsend(step, conversation, number).map(|()| 0),
        (Said::Rm { .. }, ..) => engine.delete(step, conversation, number).map(|()| 0),
        (Said::Forward { .. }, _, Some(to)) => engine.forward(step, (conversation, number), to),
        (Said::Reply { .. } | Said::Edit { .. } | Said::Forward { .. }, ..) => Err(Misuse::NotThere.into()),
    }
}

/// Where something is forwarded to. It has to be there: nothing is opened on the way.
pub(super) async fn destination(client: &mut Client, to: &Destination) -> Result<Conversation, Failure> {
    if let Some(group) = &to.to_group {
        return Ok(Conversation::Group(pick(client, group)?.group));
    }
    let (kind, with) = match (&to.to_chat, &to.to_thread) {
        (Some(with), _) => (Kind::Chat, with),
        (None, Some(with)) => (Kind::Thread, with),
        (None, None) => return Err(Misuse::NotThere.into()),
    };
    know(client, with).await?;
    let conversations = conversations(client, with, kind)?;
    // Of several chats, the one in which both talk.
    let chosen = conversations.iter().max_by_key(|summary| match summary.state {
        Some(ChatState::Accepted) => 2,
        Some(ChatState::Opened) => 1,
        _ => 0,
    });
    match (chosen, kind) {
        (Some(summary), _) => Ok(summary.conversation),
        (None, Kind::Chat) => Err(Misuse::NoChat(with.clone()).into()),
        (None, Kind::Thread) => Err(Failure::Cannot(format!(
            "there is no thread with {with} yet; to begin one: aside send {with} TEXT"
        ))),
    }
}

/// The threads or chats with somebody.
fn conversations(client: &mut Client, with: &Handle, kind: Kind) -> Result<Vec<Summary>, Failure> {
    if with == client.engine().handle() {
        return Err(Misuse::Oneself.into());
    }
    let mut conversations = client.step(|engine, step| {
        let account = engine.peer_by_handle(step.tx, with)?;
        let all = engine.conversations(step.tx)?;
        Ok(all.into_iter().filter(|summary| Some(summary.peer) == account).collect::<Vec<_>>())
    })?;
    conversations.retain(|summary| kind.is_of(summary.conversation));
    Ok(conversations)
}
