//! `aside reply|react|edit|unsend|rm|forward`, and the same under `aside chat`; what groups share of it.

use super::{
    desk::{scheduled, tell_scheduled},
    group::pick,
    say::{Named, Speech, speak, speeches, tell},
    send::{flush, know},
};
use crate::{
    args::{Destination, Said, With},
    failure::Failure,
    profile,
    seen::Circle,
};
use aside_client::{ChatState, Conversation, Engine, Error, Misuse, Step, Summary, driver::Client};
use aside_content::Text;
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

pub(crate) async fn run(
    directory: &Path,
    kind: Kind,
    said: &Said<With>,
    as_json: bool,
) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let with = &said.place().with;
    let ready = Ready::of(&mut client, said, Named::By(with)).await?;
    let conversation = containing(&mut client, with, kind, said.number())?.ok_or(Misuse::NoMessage)?;
    let before = scheduled(&mut client)?;
    let indexes = client.step(|engine, step| act(engine, step, conversation, said, &ready))?;
    if said.stays_here() {
        return Ok(());
    }
    if said.how().at.is_some() {
        return tell_scheduled(&mut client, &before, as_json);
    }
    let sent = flush(&mut client).await;
    if ready.to.is_none() {
        tell(&mut client, conversation, (&Circle::With(with.clone()), &indexes), as_json)?;
    }
    sent
}

/// The thread or chat with somebody in which a message stands.
pub(super) fn containing(
    client: &mut Client,
    with: &Handle,
    kind: Kind,
    number: u64,
) -> Result<Option<Conversation>, Failure> {
    let mut found = None;
    for summary in conversations(client, with, kind)? {
        let (conversation, before) = (summary.conversation, number.saturating_sub(1));
        let messages = client.step(|engine, step| Ok(engine.messages(step, conversation, before, 1)?))?;
        if messages.iter().any(|message| message.index == number) {
            found = Some(conversation);
        }
    }
    Ok(found)
}

/// What was typed, looked up and checked.
#[derive(Default)]
pub(super) struct Ready {
    wording: Option<Text>,
    answer: Vec<Speech>,
    /// Where something is forwarded to.
    pub(super) to: Option<Conversation>,
}

impl Ready {
    pub(super) async fn of<P: Args>(
        client: &mut Client,
        said: &Said<P>,
        named: Named<'_>,
    ) -> Result<Self, Failure> {
        let wording = said.wording().map(|text| named.text(client, text.to_owned())).transpose()?;
        let answer = match said.answer() {
            Some(what) => speeches(client, what, named).await?,
            None => Vec::new(),
        };
        let to = match said.destination() {
            Some(to) => Some(destination(client, to).await?),
            None => None,
        };
        Ok(Self { wording, answer, to })
    }
}

/// Says it. Returns the indexes of the messages it makes.
pub(super) fn act<P: Args>(
    engine: &Engine,
    step: &mut Step<'_>,
    conversation: Conversation,
    said: &Said<P>,
    ready: &Ready,
) -> Result<Vec<u64>, Error> {
    let (number, how) = (said.number(), said.how());
    match (said, &ready.wording, ready.to) {
        (Said::Reply { .. }, ..) => {
            return speak(engine, step, (conversation, Some(number)), &ready.answer, how);
        }
        (Said::Edit { .. }, Some(text), _) => engine.edit(step, conversation, number, text.clone())?,
        (Said::React { emoji, .. }, ..) => {
            engine.react(step, conversation, number, emoji.as_deref().unwrap_or_default())?;
        }
        (Said::Unsend { .. }, ..) => engine.unsend(step, conversation, number)?,
        (Said::Rm { .. }, ..) => engine.delete(step, conversation, number)?,
        (Said::Forward { .. }, _, Some(to)) => {
            let body = engine.passed_on(step, (conversation, number), to)?;
            let manner = how.manner();
            match how.at {
                Some(at) => engine.schedule(step, to, (body, manner), at.at(step.now))?,
                None => engine.say_as(step, to, body, manner)?,
            };
        }
        (Said::Edit { .. } | Said::Forward { .. }, ..) => return Err(Misuse::NotThere.into()),
    }
    Ok(Vec::new())
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
pub(super) fn conversations(client: &mut Client, with: &Handle, kind: Kind) -> Result<Vec<Summary>, Failure> {
    if with == client.engine().handle() {
        return Err(Misuse::Oneself.into());
    }
    let mut conversations = client.step(|engine, step| {
        let account = engine.peer_by_handle(step.tx, with)?;
        let all = engine.conversations(step)?;
        Ok(all.into_iter().filter(|summary| Some(summary.peer) == account).collect::<Vec<_>>())
    })?;
    conversations.retain(|summary| kind.is_of(summary.conversation));
    Ok(conversations)
}
