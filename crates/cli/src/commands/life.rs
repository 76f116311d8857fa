//! `aside chat expiry|shorten|view`, and what groups share of it.

use super::{
    said::{Kind, containing},
    send::{flush, know},
};
use crate::{
    args::{Life, Terms, With},
    failure::Failure,
    json, life,
    name::Name,
    profile,
    seen::{Circle, Seen},
    show,
};
use aside_client::{Conversation, Lifetime, Message, Misuse, Opened, driver::Client};
use aside_identity::Handle;
use aside_wire::ExpiryTerms;
use serde_json::json;
use std::path::Path;

/// What nobody is to believe of a timer.
const HONEST: &str = "This program keeps to it. Whoever reads a message can keep it all the same: with a photograph of the \
                      screen, or with another program.";

pub(crate) async fn run(directory: &Path, life: &Life<With>, as_json: bool) -> Result<(), Failure> {
    match life {
        Life::Expiry { place: With { with }, terms } => expiry(directory, with, *terms, as_json).await,
        Life::Shorten { place: With { with }, number, time } => {
            let mut client = profile::open(directory)?;
            let chat = containing(&mut client, with, Kind::Chat, *number)?.ok_or(Misuse::NoMessage)?;
            let terms = ExpiryTerms::AfterSend { duration_s: *time };
            client.step(|engine, step| engine.shorten(step, chat, *number, terms))?;
            flush(&mut client).await
        }
        Life::View { place: With { with }, number } => {
            let mut client = profile::open(directory)?;
            let chat = containing(&mut client, with, Kind::Chat, *number)?.ok_or(Misuse::NoMessage)?;
            view(&mut client, chat, (&Circle::With(with.clone()), *number), as_json)
        }
    }
}

/// Opens what can be opened once and shows it. Needs no relay; its sender is told with the next command that talks to it.
pub(super) fn view(
    client: &mut Client,
    conversation: Conversation,
    (circle, number): (&Circle, u64),
    as_json: bool,
) -> Result<(), Failure> {
    if let Some(message) = message(client, conversation, number)?
        && let (Lifetime::Gone(_), Some(words)) = (message.lifetime, life::placeholder(&message))
    {
        return Err(Failure::Cannot(format!("#{number} cannot be opened any more: {words}")));
    }
    // Before anything is shown it is noted that it was opened: one who pulls the plug now has had it.
    let Opened { body, left, .. } =
        client.step(|engine, step| engine.open_once(step, conversation, number))?;
    let mut message = message(client, conversation, number)?.ok_or(Misuse::NoMessage)?;
    let Some(body) = body else {
        return Err(Failure::Cannot("it has nothing in it that can be shown, and is gone".to_owned()));
    };
    // It is nowhere else any more.
    (message.body, message.lifetime) = (body, Lifetime::Stays);
    let seen = Seen::of(client, &message)?;
    if as_json {
        let message = json::message(&seen, circle);
        return show::print(json!({ "type": "opened", "left": left, "message": message }));
    }
    show::print(show::message(&seen))?;
    show::print(match left {
        0 => "Nothing of it is left here but what stands on your terminal.",
        _ => "It can be opened once more. It stands on your terminal until you clear that.",
    })
}

fn message(client: &mut Client, conversation: Conversation, number: u64) -> Result<Option<Message>, Failure> {
    let before = number.saturating_sub(1);
    let messages = client.step(|engine, step| Ok(engine.messages(step, conversation, before, 1)?))?;
    Ok(messages.into_iter().find(|message| message.index == number))
}

/// Decides how long messages live in the chat with somebody, or shows it.
async fn expiry(directory: &Path, with: &Handle, terms: Option<Terms>, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    know(&mut client, with).await?;
    let chat = client.step(|engine, step| engine.chat_to_write_in(step.tx, with))?;
    let sent = match terms {
        Some(terms) => {
            client.step(|engine, step| engine.set_expiry(step, chat, terms.into()))?;
            flush(&mut client).await
        }
        None => Ok(()),
    };
    let (terms, decided) = client
        .step(|engine, step| Ok((engine.expiry(step.tx, chat)?, engine.expiry_decided(step.tx, chat)?)))?;
    let by = decided.map(|(by, _)| Name::of(&mut client, &by)).transpose()?;
    if as_json {
        show::print(json!({
            "type": "expiry",
            "peer": with.to_string(),
            "expiry": life::object(terms),
            "by": by.as_ref().and_then(Name::handle).map(ToString::to_string),
            "account": by.as_ref().map(Name::key),
            "index": decided.map(|(_, index)| index),
        }))?;
    } else {
        let decided = match (by, decided) {
            (Some(by), Some((_, index))) => format!(" {by} decided so: #{index}."),
            _ => String::new(),
        };
        tell(&format!("chat with {with}"), terms, &decided)?;
    }
    sent
}

/// Says what holds somewhere, who has decided it, and what it is worth.
pub(super) fn tell(place: &str, terms: ExpiryTerms, decided: &str) -> Result<(), Failure> {
    show::print(format_args!("{place}: messages {}.{decided}", life::terms(terms)))?;
    if terms == ExpiryTerms::Off {
        return Ok(());
    }
    show::print(HONEST)
}

/// What stands below the head of a conversation in which messages go.
pub(super) fn heading(client: &mut Client, conversation: Conversation) -> Result<Option<String>, Failure> {
    let terms = client.step(|engine, step| Ok(engine.expiry(step.tx, conversation)?))?;
    Ok((terms != ExpiryTerms::Off).then(|| format!("  messages {}", life::terms(terms))))
}
