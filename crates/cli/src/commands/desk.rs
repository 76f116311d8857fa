//! `aside template|list|broadcast|label|scheduled`

use super::send::{flush, know};
use crate::{
    args::{Desk, List, Room, Scheduled, Template},
    failure::Failure,
    json, life,
    name::{self, Name, called},
    profile,
    seen::spoken,
    show,
};
use aside_client::{
    Conversation, Misuse,
    driver::Client,
    engine::{self, Broadcast},
};
use aside_identity::{AccountKey, Handle};
use serde_json::json;
use std::{collections::BTreeSet, path::Path};

pub(crate) async fn run(directory: &Path, desk: &Desk, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    match desk {
        Desk::Template(template) => templates(&mut client, template, as_json),
        Desk::List(list) => lists(&mut client, list, as_json).await,
        Desk::Broadcast { list, room, text, template } => {
            broadcast(client, (list, *room), (text.as_deref(), template.as_deref()), as_json).await
        }
        Desk::Label { who: Some(who), label, remove, .. } => {
            know(&mut client, who).await?;
            put_label(&mut client, who, label.as_deref(), *remove, as_json)
        }
        Desk::Label { who: None, .. } => {
            for (account, labels) in client.step(|engine, step| Ok(engine.labelled(step.tx)?))? {
                show_labels(&mut client, &account, &labels, as_json)?;
            }
            Ok(())
        }
        Desk::Scheduled { act: None } => show_all_scheduled(&mut client, as_json),
        Desk::Scheduled { act: Some(Scheduled::Cancel { number }) } => {
            client.step(|engine, step| engine.cancel_scheduled(step, *number))?;
            if as_json {
                return show::print(json!({ "type": "schedule_cancelled", "number": number }));
            }
            show::print(format_args!("#{number} will not be sent."))
        }
    }
}

fn templates(client: &mut Client, template: &Template, as_json: bool) -> Result<(), Failure> {
    match template {
        Template::Add { name, text } => {
            client.step(|engine, step| engine.set_template(step, name, text))?;
        }
        Template::Rm { name } => client.step(|engine, step| engine.remove_template(step, name))?,
        Template::List => {
            for template in client.step(|engine, step| Ok(engine.templates(step.tx)?))? {
                if as_json {
                    let object = json!({ "type": "template", "name": template.name, "text": template.text });
                    show::print(object)?;
                } else {
                    show::print(format_args!("{}: {}", template.name, show::safe(&template.text)))?;
                }
            }
        }
    }
    Ok(())
}

async fn lists(client: &mut Client, list: &List, as_json: bool) -> Result<(), Failure> {
    if let List::Create { who, .. } | List::Add { who, .. } | List::Remove { who, .. } = list {
        for handle in who {
            know(client, handle).await?;
        }
    }
    match list {
        List::Create { name, who } => client.step(|engine, step| engine.create_list(step, name, who))?,
        List::Add { name, who } => client.step(|engine, step| engine.add_to_list(step, name, who))?,
        List::Remove { name, who } => client.step(|engine, step| engine.remove_from_list(step, name, who))?,
        List::Rm { name } => client.step(|engine, step| engine.remove_list(step, name))?,
        List::Show => {
            for (name, accounts) in client.step(|engine, step| Ok(engine.lists(step.tx)?))? {
                let people = accounts.iter().map(|account| Name::of(client, account));
                let people = people.collect::<Result<Vec<_>, _>>()?;
                if as_json {
                    let people: Vec<_> = people.iter().map(json::person).collect();
                    show::print(json!({ "type": "list", "name": name, "people": people }))?;
                } else {
                    let people: Vec<_> = people.iter().map(ToString::to_string).collect();
                    show::print(format_args!("{name}: {}", people.join(" ")))?;
                }
            }
        }
    }
    Ok(())
}

async fn broadcast(
    mut client: Client,
    (list, room): (&str, Room),
    (text, template): (Option<&str>, Option<&str>),
    as_json: bool,
) -> Result<(), Failure> {
    let room = match room {
        Room::Threads => engine::Room::Threads,
        Room::Chats => engine::Room::Chats,
    };
    let done = client.step(|engine, step| {
        let template = template.map(|name| engine.template(step.tx, name)).transpose()?;
        let words = |handle: &Handle| match &template {
            Some(template) => template.for_handle(handle),
            None => text.unwrap_or_default().to_owned(),
        };
        engine.broadcast(step, list, room, &words)
    })?;
    tell_broadcast(&mut client, &done, as_json)?;
    flush(&mut client).await?;
    match done.left_out.len() {
        0 => Ok(()),
        count => Err(Failure::Cannot(format!("left out: {}; nothing went to them", show::people(count)))),
    }
}

fn tell_broadcast(client: &mut Client, done: &Broadcast, as_json: bool) -> Result<(), Failure> {
    for (account, misuse) in &done.left_out {
        let name = Name::of(client, account)?;
        if as_json {
            let person = json::person(&name);
            show::print(json!({ "type": "left_out", "person": person, "detail": misuse.to_string() }))?;
        } else {
            show::print(format_args!("not to {name}: {}", show::safe(&misuse.to_string())))?;
        }
    }
    let count = done.said.len();
    if as_json {
        return show::print(json!({ "type": "broadcast", "messages": count }));
    }
    show::print(format_args!("Written to {}, each in a message of their own.", show::people(count)))
}

fn put_label(
    client: &mut Client,
    who: &Handle,
    label: Option<&str>,
    remove: bool,
    as_json: bool,
) -> Result<(), Failure> {
    let (account, labels) = client.step(|engine, step| {
        match (label, remove) {
            (label, true) => engine.remove_label(step, who, label)?,
            (Some(label), false) => engine.add_label(step, who, label)?,
            (None, false) => {}
        }
        let account = engine.peer_by_handle(step.tx, who)?.ok_or_else(|| Misuse::UnknownPeer(who.clone()))?;
        Ok((account, engine.labels(step.tx, &account)?))
    })?;
    show_labels(client, &account, &labels, as_json)
}

fn show_labels(
    client: &mut Client,
    account: &AccountKey,
    labels: &[String],
    as_json: bool,
) -> Result<(), Failure> {
    let name = Name::of(client, account)?;
    if as_json {
        return show::print(json!({ "type": "labels", "person": json::person(&name), "labels": labels }));
    }
    let labels = if labels.is_empty() { "no label".to_owned() } else { labels.join(", ") };
    show::print(format_args!("{name}: {labels}"))
}

/// The numbers of what is to be sent later.
pub(super) fn scheduled(client: &mut Client) -> Result<BTreeSet<u64>, Failure> {
    let all = client.step(|engine, step| Ok(engine.scheduled(step.tx)?))?;
    Ok(all.into_iter().map(|scheduled| scheduled.number).collect())
}

/// Tells what is to be sent later since then.
pub(super) fn tell_scheduled(
    client: &mut Client,
    before: &BTreeSet<u64>,
    as_json: bool,
) -> Result<(), Failure> {
    for scheduled in client.step(|engine, step| Ok(engine.scheduled(step.tx)?))? {
        if !before.contains(&scheduled.number) {
            show_scheduled(client, &scheduled, as_json)?;
        }
    }
    if as_json {
        return Ok(());
    }
    show::print("It is sent by: aside listen, or by the next command that talks to the relay then.")
}

fn show_all_scheduled(client: &mut Client, as_json: bool) -> Result<(), Failure> {
    let all = client.step(|engine, step| Ok(engine.scheduled(step.tx)?))?;
    for scheduled in &all {
        show_scheduled(client, scheduled, as_json)?;
    }
    if all.is_empty() && !as_json {
        show::print("Nothing is to be sent later.")?;
    }
    Ok(())
}

fn show_scheduled(client: &mut Client, scheduled: &engine::Scheduled, as_json: bool) -> Result<(), Failure> {
    let engine::Scheduled { number, conversation, body, manner, not_before, failed } = scheduled;
    let place = whither(client, *conversation)?;
    if as_json {
        return show::print(json!({
            "type": "scheduled",
            "number": number,
            "conversation": json::kind_of(*conversation),
            "to": place,
            "not_before": not_before,
            "text": spoken(body).fallback_text(),
            "silent": manner.silent,
            "expiry": manner.terms.map(life::object),
            "failed": failed,
        }));
    }
    let (time, text) = (show::time(*not_before), show::body(spoken(body)));
    let place = match manner.terms {
        Some(terms) => format!("{place} ({})", life::of_one(terms)),
        None => place,
    };
    match failed {
        None => show::print(format_args!("#{number}  {time}  to {place}: {text}")),
        Some(reason) => show::print(format_args!(
            "#{number}  {time}  to {place}: {text}  [NOT SENT: {}]",
            show::safe(reason)
        )),
    }
}

/// What a conversation is called to which something goes.
pub(super) fn whither(client: &mut Client, conversation: Conversation) -> Result<String, Failure> {
    if let Conversation::Group(group) = conversation {
        let name = name::of_group(client, &group)?;
        return Ok(format!("group {}", called(name.as_deref(), &group)));
    }
    let all = client.step(|engine, step| Ok(engine.conversations(step)?))?;
    let with = all.into_iter().find(|summary| summary.conversation == conversation);
    let with = with.map_or_else(|| "somebody".to_owned(), |summary| summary.handle.to_string());
    Ok(format!("{} with {with}", json::kind_of(conversation)))
}
