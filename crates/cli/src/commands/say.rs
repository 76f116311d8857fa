//! What is said, made of what was typed: texts and everything else that a message can be.

use super::{
    file::{attachment, medium, name, small_picture, voice},
    send::{know, texts},
};
use crate::{
    args::{How, What, reference_kind},
    content::STAYS,
    failure::Failure,
    json, mention,
    seen::{Circle, Seen},
    show,
};
use aside_client::{Conversation, Engine, Error, GroupMember, Misuse, Step, driver::Client};
use aside_content::{Body, Content, Media, MediaKind, Preview, Profile, Reference, Sticker, Text};
use aside_identity::Handle;
use aside_wire::{
    Malformed,
    limits::{CAPTION_BYTES, DESCRIPTION_BYTES, EMOJI_BYTES, LINK_BYTES, PROFILE_NAME_BYTES, TITLE_BYTES},
};
use std::path::Path;

/// A message, and what is said to it at once.
pub(crate) struct Speech {
    body: Body,
    comment: Option<Comment>,
}

enum Comment {
    Answer(Text),
    Reaction(String),
}

/// Whom a text can name.
#[derive(Clone, Copy)]
pub(crate) enum Named<'a> {
    /// Whoever is known here, in what goes to somebody.
    By(&'a Handle),
    /// The members of a group.
    Members(&'a [GroupMember]),
}

impl Named<'_> {
    pub(crate) fn text(self, client: &mut Client, text: String) -> Result<Text, Failure> {
        match self {
            Self::By(_) => mention::of_known(client, text),
            Self::Members(members) => mention::of_members(members, text),
        }
    }

    /// The words of a template.
    fn template(self, client: &mut Client, name: &str) -> Result<String, Failure> {
        let template = client.step(|engine, step| engine.template(step.tx, name))?;
        match self {
            Self::By(handle) => Ok(template.for_handle(handle)),
            Self::Members(_) => Ok(template.for_group()?),
        }
    }
}

/// What was typed, ready to be said. Nothing of it is queued yet.
pub(crate) async fn speeches(
    client: &mut Client,
    what: &What,
    named: Named<'_>,
) -> Result<Vec<Speech>, Failure> {
    let thing = if what.file.is_empty() { thing(client, what).await? } else { return files(client, what) };
    if let Some(name) = &what.template {
        let text = named.template(client, name)?;
        return Ok(vec![Speech { body: Body::Text(named.text(client, text)?), comment: None }]);
    }
    let text = what.text.as_deref();
    match (thing, text) {
        (None, None) => Ok(Vec::new()),
        (None, Some(text)) => texts(text)?
            .into_iter()
            .map(|text| Ok(Speech { body: Body::Text(named.text(client, text)?), comment: None }))
            .collect(),
        // The caption of a recording is in it already.
        (Some(body @ Body::Media(_)), _) => Ok(vec![Speech { body, comment: None }]),
        (Some(body), text) => {
            let answer =
                text.map(|text| named.text(client, text.to_owned())).transpose()?.map(Comment::Answer);
            let reaction = what.react.clone().map(Comment::Reaction);
            Ok(vec![Speech { body, comment: answer.or(reaction) }])
        }
    }
}

/// Says all of it, in answer to a message or not, or puts it off. Returns the indexes of the messages.
pub(crate) fn speak(
    engine: &Engine,
    step: &mut Step<'_>,
    (conversation, answers): (Conversation, Option<u64>),
    speeches: &[Speech],
    how: How,
) -> Result<Vec<u64>, Error> {
    let manner = how.manner();
    let mut indexes = Vec::new();
    for Speech { body, comment } in speeches {
        let body = match answers {
            Some(number) => engine.answer(step.tx, conversation, number, body.clone())?,
            None => body.clone(),
        };
        if let Some(at) = how.at {
            // There is nothing yet that could be answered.
            if comment.is_some() {
                return Err(Misuse::NotThere.into());
            }
            engine.schedule(step, conversation, (body, manner), at.at(step.now))?;
            continue;
        }
        let index = engine.say_as(step, conversation, body, manner)?;
        indexes.push(index);
        match comment {
            Some(Comment::Answer(text)) => {
                let answer = engine.answer(step.tx, conversation, index, Body::Text(text.clone()))?;
                indexes.push(engine.say_as(step, conversation, answer, manner)?);
            }
            Some(Comment::Reaction(emoji)) => engine.react(step, conversation, index, emoji)?,
            None => {}
        }
    }
    Ok(indexes)
}

/// Tells what was said: as objects all of it, in words what a person may not expect.
pub(crate) fn tell(
    client: &mut Client,
    conversation: Conversation,
    (circle, indexes): (&Circle, &[u64]),
    as_json: bool,
) -> Result<(), Failure> {
    for index in indexes {
        let before = index.saturating_sub(1);
        for message in client.step(|engine, step| Ok(engine.messages(step, conversation, before, 1)?))? {
            let seen = Seen::of(client, &message)?;
            if as_json {
                show::print(json::message(&seen, circle))?;
            } else if matches!(crate::seen::spoken(&message.body), Body::Media(_)) {
                show::print(format_args!("#{index} is what describes the file; {STAYS}."))?;
            }
        }
    }
    Ok(())
}

/// Everything but a text and files.
async fn thing(client: &mut Client, what: &What) -> Result<Option<Body>, Failure> {
    if let Some(path) = &what.voice {
        return recording(client, path, what).map(Some);
    }
    if let Some(id) = what.sticker {
        let emoji = within("the emoji", what.emoji.as_deref(), EMOJI_BYTES)?;
        return made(Sticker { pack: id.pack, sticker: id.sticker, image: None, emoji }).map(Some);
    }
    if let Some([kind, target]) = what.reference.as_deref() {
        return reference(what, kind, target).map(Some);
    }
    match &what.profile_of {
        Some(who) => profile(client, what, who).await.map(Some),
        None => Ok(None),
    }
}

fn files(client: &mut Client, what: &What) -> Result<Vec<Speech>, Failure> {
    let thumbnail = small_picture(what.thumbnail.as_deref())?;
    if what.file.len() > 1 && !thumbnail.is_empty() {
        return Err(Failure::Cannot("a thumbnail is of one file".to_owned()));
    }
    let mut caption = caption(what)?;
    let mut speeches = Vec::new();
    for path in &what.file {
        let (name, medium) = (name(path)?, medium(path)?);
        let media = Media {
            kind: medium.kind,
            attachment: attachment(client, path, &medium.media_type)?,
            name,
            width: medium.pixels.0,
            height: medium.pixels.1,
            duration_ms: 0,
            waveform: Vec::new(),
            thumbnail: thumbnail.clone(),
            // It goes with the first.
            caption: std::mem::take(&mut caption),
        };
        speeches.push(Speech { body: made(media)?, comment: None });
    }
    Ok(speeches)
}

fn recording(client: &mut Client, path: &Path, what: &What) -> Result<Body, Failure> {
    let (caption, voice) = (caption(what)?, voice(path)?);
    made(Media {
        kind: MediaKind::Voice,
        attachment: attachment(client, path, &voice.media_type)?,
        name: String::new(),
        width: 0,
        height: 0,
        duration_ms: voice.duration_ms,
        waveform: voice.waveform,
        thumbnail: Vec::new(),
        caption,
    })
}

fn caption(what: &What) -> Result<String, Failure> {
    match what.text.as_deref() {
        Some("-") => Err(Failure::Cannot("a caption is not read from standard input".to_owned())),
        caption => within("the caption", caption, CAPTION_BYTES),
    }
}

fn reference(what: &What, kind: &str, target: &str) -> Result<Body, Failure> {
    let kind = reference_kind(kind).map_err(Failure::Cannot)?;
    let preview = Preview {
        title: within("the title", what.title.as_deref(), TITLE_BYTES)?,
        description: within("the description", what.description.as_deref(), DESCRIPTION_BYTES)?,
        site: within("the site", what.site.as_deref(), TITLE_BYTES)?,
        thumbnail: small_picture(what.thumbnail.as_deref())?,
    };
    let target = within("the address", Some(target), LINK_BYTES)?;
    let is_empty = [&preview.title, &preview.description, &preview.site].iter().all(|line| line.is_empty());
    let preview = Some(preview).filter(|preview| !is_empty || !preview.thumbnail.is_empty());
    made(Reference { kind, target, preview })
}

async fn profile(client: &mut Client, what: &What, who: &Handle) -> Result<Body, Failure> {
    know(client, who).await?;
    let account = client.step(|engine, step| {
        if who == engine.handle() {
            return Ok(engine.address().account);
        }
        Ok(engine.peer_by_handle(step.tx, who)?.ok_or_else(|| Misuse::UnknownPeer(who.clone()))?)
    })?;
    let name = within("the name", what.name.as_deref(), PROFILE_NAME_BYTES)?;
    made(Profile { account, handle: who.clone(), name })
}

fn within(what: &'static str, text: Option<&str>, most: usize) -> Result<String, Failure> {
    let text = text.unwrap_or_default();
    Misuse::within(what, text, most)?;
    Ok(text.to_owned())
}

/// Content that was checked, or what is wrong with it in words.
fn made<T: Content>(content: T) -> Result<Body, Failure>
where
    Body: From<aside_content::Checked<T>>,
{
    Body::of(content).map_err(|wrong| {
        Failure::Cannot(match wrong {
            Malformed::Field("target") => {
                "an address is printable ASCII without spaces, and that of a link begins with https://".to_owned()
            }
            Malformed::Field(field) => format!(
                "the {} cannot be sent like this: it has control characters, or such as turn the direction of a text",
                field.replace('_', " ")
            ),
            other => format!("this cannot be sent: {other}"),
        })
    })
}
