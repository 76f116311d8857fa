//! `aside form|card|handover`, and the same under `aside chat` and `aside group`.

mod file;

use super::{
    said::{Kind, containing},
    say::tell,
    send::{flush, know},
};
use crate::{
    args::{Business, Card, Form, With},
    failure::Failure,
    profile,
    seen::Circle,
};
use aside_client::{Answerer, Conversation, Engine, Error, Misuse, Step};
use aside_content::{Answer, Body, card::ACTION};
use clap::Args;
use std::path::Path;

/// What is said.
pub(super) enum Deed {
    /// A form or a card.
    Say(Body),
    /// Answers to one.
    Choose(u64, Vec<Answer>),
    /// Who answers from here on.
    Handover(Answerer, String),
}

pub(crate) async fn run(
    directory: &Path,
    kind: Kind,
    business: &Business<With>,
    as_json: bool,
) -> Result<(), Failure> {
    let deed = deed(business)?;
    let mut client = profile::open(directory)?;
    let with = &business.place().with;
    let conversation = match business.number() {
        Some(number) => containing(&mut client, with, kind, number)?.ok_or(Misuse::NoMessage)?,
        None => {
            know(&mut client, with).await?;
            client.step(|engine, step| place(engine, step, kind, with))?
        }
    };
    let index = client.step(|engine, step| act(engine, step, conversation, deed))?;
    let sent = flush(&mut client).await;
    tell(&mut client, conversation, (&Circle::With(with.clone()), &[index]), as_json)?;
    sent
}

/// The thread or the chat to write in with somebody.
pub(super) fn place(
    engine: &Engine,
    step: &mut Step<'_>,
    kind: Kind,
    with: &aside_identity::Handle,
) -> Result<Conversation, Error> {
    match kind {
        Kind::Thread => engine.thread_with(step, with),
        Kind::Chat => engine.chat_to_write_in(step.tx, with),
    }
}

/// What is meant, with the files read.
pub(super) fn deed<P: Args>(business: &Business<P>) -> Result<Deed, Failure> {
    Ok(match business {
        Business::Form(Form::Send { file, .. }) => Deed::Say(file::form(file)?),
        Business::Card(Card::Send { file, .. }) => Deed::Say(file::card(file)?),
        Business::Form(Form::Answer { number, answers, .. }) => {
            let answers = answers.iter().map(|answer| pair(answer)).collect::<Result<_, _>>()?;
            Deed::Choose(*number, answers)
        }
        Business::Card(Card::Choose { number, value, .. }) => {
            Deed::Choose(*number, vec![Answer { field: ACTION.into(), value: value.clone() }])
        }
        Business::Handover { to_person, note, .. } => {
            let to = if *to_person { Answerer::Person } else { Answerer::Program };
            Deed::Handover(to, note.clone().unwrap_or_default())
        }
    })
}

/// Says it. Returns the index of the message.
pub(super) fn act(
    engine: &Engine,
    step: &mut Step<'_>,
    conversation: Conversation,
    deed: Deed,
) -> Result<u64, Error> {
    match deed {
        Deed::Say(body) => engine.say_in(step, conversation, body),
        Deed::Choose(number, answers) => engine.choose(step, conversation, number, answers),
        Deed::Handover(to, note) => engine.say_who_answers(step, conversation, to, &note),
    }
}

fn pair(answer: &str) -> Result<Answer, Failure> {
    let (field, value) = answer.split_once('=').ok_or_else(|| {
        Failure::Cannot(format!("an answer is QUESTION=ANSWER, a button QUESTION=, not: {answer}"))
    })?;
    Ok(Answer { field: field.to_owned(), value: value.to_owned() })
}
