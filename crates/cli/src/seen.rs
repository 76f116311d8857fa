//! Messages as they are shown: with the names of everybody in them.

use crate::{
    failure::Failure,
    json,
    name::{self, Name, called},
};
use aside_client::{Conversation, Message, Summary, driver::Client};
use aside_content::Body;
use aside_identity::{AccountKey, Handle};

/// The message that another one answers, and who wrote it; `None` if it is not here.
pub(crate) type Answered = Option<(Name, Message)>;

/// Who is in a conversation beside the person here.
pub(crate) enum Circle {
    /// Somebody.
    With(Handle),
    /// A group, under its name if that is known.
    Group(Option<String>),
}

impl Circle {
    /// That of a conversation in which somebody else has said something.
    pub(crate) fn of(
        client: &mut Client,
        conversation: Conversation,
        who: &AccountKey,
    ) -> Result<Option<Self>, Failure> {
        if let Conversation::Group(group) = conversation {
            return Ok(Some(Self::Group(name::of_group(client, &group)?)));
        }
        Ok(Name::of(client, who)?.handle().cloned().map(Self::With))
    }

    /// What a conversation with them is called.
    pub(crate) fn place(&self, conversation: Conversation) -> String {
        match (self, conversation) {
            (Self::With(peer), _) => format!("{} with {peer}", json::kind_of(conversation)),
            (Self::Group(name), Conversation::Group(group)) => called(name.as_deref(), &group),
            (Self::Group(_), _) => json::kind_of(conversation).to_owned(),
        }
    }
}

/// Somebody who asks.
pub(crate) struct Asking {
    pub(crate) from: Handle,
    /// They want to talk encrypted.
    pub(crate) in_chat: bool,
    /// How many messages of theirs wait.
    pub(crate) waiting: usize,
}

impl Asking {
    /// Who asks for a conversation; `None` if it was accepted.
    pub(crate) fn of(summary: &Summary) -> Option<Self> {
        let in_chat = matches!(summary.conversation, Conversation::Chat(_));
        let asking = Self { from: summary.handle.clone(), in_chat, waiting: summary.unread };
        summary.requested.then_some(asking)
    }
}

/// A message with everything about it that is not its own.
pub(crate) struct Seen<'a> {
    pub(crate) message: &'a Message,
    pub(crate) from: Name,
    /// Whom it mentions, in the order of their places.
    pub(crate) mentions: Vec<Name>,
    /// Who has reacted to it, and how.
    pub(crate) reactions: Vec<(Name, &'a str)>,
    /// For an answer: to what.
    pub(crate) answered: Option<Answered>,
    /// For a profile: whom it shows.
    pub(crate) shown: Option<Shown>,
    /// Whether the person here is to be alerted to it.
    pub(crate) notify: bool,
    /// The person here does not want to be told of it.
    pub(crate) muted: bool,
    /// For a form or a card: who has answered it, and which message is the answer.
    pub(crate) answers: Vec<(Name, u64)>,
    /// For an answer that does not count: the one that does, 0 if none does.
    pub(crate) replaced_by: Option<u64>,
    /// For a notice of a capture: which messages it names, as far as they are here.
    pub(crate) captured: Vec<u64>,
    /// What is due by then is not shown.
    pub(crate) now: u64,
}

/// Whom a profile shows.
pub(crate) struct Shown {
    pub(crate) name: Name,
    /// The handle that the sender gives them is somebody else's here.
    pub(crate) is_another: bool,
}

impl Shown {
    fn of(client: &mut Client, body: &Body) -> Result<Option<Self>, Failure> {
        let profile = match body {
            Body::Profile(profile) => profile,
            Body::Forward(forward) => return Self::of(client, &forward.body),
            _ => return Ok(None),
        };
        let pinned = client.step(|engine, step| Ok(engine.peer_by_handle(step.tx, &profile.handle)?))?;
        let is_another = pinned.is_some_and(|pinned| pinned != profile.account)
            || (profile.handle == *client.engine().handle()
                && profile.account != client.engine().address().account);
        Ok(Some(Self { name: Name::of(client, &profile.account)?, is_another }))
    }
}

impl<'a> Seen<'a> {
    pub(crate) fn of(client: &mut Client, message: &'a Message) -> Result<Self, Failure> {
        let mut mentions = Vec::new();
        if let Body::Text(text) = spoken(&message.body) {
            for mention in text.mentions() {
                mentions.push(Name::of(client, &mention.account)?);
            }
        }
        let mut reactions = Vec::new();
        for (who, emoji) in &message.reactions {
            reactions.push((Name::of(client, who)?, emoji.as_str()));
        }
        let mut answered = None;
        if matches!(message.body, Body::Reply(_) | Body::Choice(_)) {
            let target = client.step(|engine, step| Ok(engine.answered(step, message)?))?;
            let named = target.map(|target| Ok::<_, Failure>((Name::of(client, &target.sender)?, target)));
            answered = Some(named.transpose()?);
        }
        let notify = client.step(|engine, step| Ok(engine.is_to_be_announced(step.tx, message)?))?;
        let muted = client.step(|engine, step| Ok(engine.is_muted(step.tx, message)?))?;
        let shown = Shown::of(client, spoken(&message.body))?;
        let from = Name::of(client, &message.sender)?;
        let mut answers = Vec::new();
        for (who, index) in &message.answers {
            answers.push((Name::of(client, who)?, *index));
        }
        let replaced_by = match &answered {
            Some(Some((_, asked))) if matches!(message.body, Body::Choice(_)) => {
                let counted = asked.answers.iter().find(|(who, _)| *who == message.sender);
                Some(counted.map_or(0, |(_, index)| *index)).filter(|counted| *counted != message.index)
            }
            _ => None,
        };
        let captured = client.step(|engine, step| Ok(engine.captured(step.tx, message)?))?;
        let now = client.step(|engine, step| Ok(engine.hides_by(step.tx, step.now)?))?;
        Ok(Self {
            message,
            from,
            mentions,
            reactions,
            answered,
            shown,
            notify,
            muted,
            answers,
            replaced_by,
            captured,
            now,
        })
    }
}

/// What somebody says: of an answer, the answer itself.
pub(crate) fn spoken(body: &Body) -> &Body {
    match body {
        Body::Reply(reply) => &reply.body,
        other => other,
    }
}
