//! `aside chat expiry|shorten`, and what groups share of it.

use super::{
    said::{Kind, containing},
    send::{flush, know},
};
use crate::{
    args::{Life, Terms, With},
    failure::Failure,
    life,
    name::Name,
    profile, show,
};
use aside_client::{Conversation, Misuse, driver::Client};
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
    }
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
