//! Forms, cards, what is answered to them, and who answers, as they are shown.

use crate::{json, name::Name, seen::Seen, show::safe};
use aside_client::{Conversation, Delivery};
use aside_content::{Body, Card, CardKind, Choice, Form, FormField, FormFieldKind};
use serde_json::{Value, json};

/// What such a message says in a line; `None` if it is something else.
pub(crate) fn headline(body: &Body) -> Option<String> {
    Some(safe(&match body {
        Body::Form(form) if form.title.is_empty() => "[form]".to_owned(),
        Body::Form(form) => format!("[form] {}", form.title),
        Body::Card(card) => format!("[{}] {}", kind(card.kind), card.title),
        Body::Choice(choice) => format!("[answer] {}", answers(choice)),
        _ => return None,
    }))
}

fn answers(choice: &Choice) -> String {
    let answer = |answer: &aside_content::Answer| match answer.value.as_str() {
        "" => answer.field.clone(),
        value => format!("{} = {value}", answer.field),
    };
    choice.answers.iter().map(answer).collect::<Vec<_>>().join(", ")
}

/// The lines below it: questions, what can be chosen, who has answered. Each begins with a line feed and is indented
/// like the later lines of a text.
pub(crate) fn details(seen: &Seen<'_>) -> String {
    let mut lines = match &seen.message.body {
        Body::Form(form) => questions(form),
        Body::Card(card) => order(card),
        Body::Choice(_) if seen.replaced_by.is_some_and(|newer| newer != 0) => {
            vec![format!("does not count: #{} came later", seen.replaced_by.unwrap_or_default())]
        }
        _ => return String::new(),
    };
    lines.extend(remedy(seen));
    if !seen.answers.is_empty() {
        let answers: Vec<_> = seen.answers.iter().map(|(who, index)| format!("{who} #{index}")).collect();
        lines.push(format!("answered by: {}", answers.join(", ")));
    }
    lines.iter().map(|line| format!("\n      {}", safe(line))).collect()
}

fn questions(form: &Form) -> Vec<String> {
    let question = |field: &FormField| {
        let how = match field.kind {
            FormFieldKind::Text => String::new(),
            FormFieldKind::Choice => format!("  ({})", field.options.join(" | ")),
            FormFieldKind::Button => "  (button)".to_owned(),
        };
        let required = if field.required { "  required" } else { "" };
        format!("{}: {}{how}{required}", field.id, field.label)
    };
    form.fields.iter().map(question).collect()
}

fn order(card: &Card) -> Vec<String> {
    let mut lines: Vec<_> = card.lines.iter().map(|line| format!("{}: {}", line.label, line.value)).collect();
    lines.extend(card.amount.as_ref().map(|amount| format!("amount: {}", amount.text())));
    if !card.link.is_empty() {
        lines.push(format!("link, not opened: {}", card.link));
    }
    lines.extend(card.actions.iter().map(|action| format!("choose {}: {}", action.value, action.label)));
    lines
}

/// How it is answered, unless it is one's own or asks nothing.
fn remedy(seen: &Seen<'_>) -> Option<String> {
    let message = seen.message;
    if message.delivery != Delivery::Received {
        return None;
    }
    let place = match message.conversation {
        Conversation::Thread(_) => "aside",
        Conversation::Chat(_) => "aside chat",
        Conversation::Group(_) => "aside group",
    };
    let with = match message.conversation {
        Conversation::Group(_) => "GROUP".to_owned(),
        _ => seen.from.to_string(),
    };
    let index = message.index;
    match &message.body {
        Body::Form(_) => Some(format!("to answer: {place} form answer {with} {index} QUESTION=ANSWER …")),
        Body::Card(card) if !card.actions.is_empty() => {
            Some(format!("to choose: {place} card choose {with} {index} VALUE"))
        }
        _ => None,
    }
}

/// The fields of its object in JSON.
pub(crate) fn fields(seen: &Seen<'_>) -> Vec<(&'static str, Value)> {
    let answered = |(who, index): &(Name, u64)| json!({ "by": json::person(who), "index": index });
    let answered: Value = seen.answers.iter().map(answered).collect();
    match &seen.message.body {
        Body::Form(form) => vec![("form", form_fields(form)), ("answers", answered)],
        Body::Card(card) => vec![("card", card_fields(card)), ("answers", answered)],
        Body::Choice(choice) => {
            let answers = choice.answers.iter();
            let answers: Value =
                answers.map(|answer| (answer.field.clone(), Value::from(answer.value.as_str()))).collect();
            vec![("choice", answers), ("counts", seen.replaced_by.is_none().into())]
        }
        Body::Handover(handover) => {
            vec![("handover", json!({ "to_person": handover.to_person, "note": handover.note }))]
        }
        Body::Capture(_) => vec![("captured", seen.captured.clone().into())],
        _ => Vec::new(),
    }
}

fn form_fields(form: &Form) -> Value {
    let field = |field: &FormField| {
        json!({
            "id": field.id,
            "label": field.label,
            "kind": match field.kind {
                FormFieldKind::Text => "text",
                FormFieldKind::Choice => "choice",
                FormFieldKind::Button => "button",
            },
            "options": field.options,
            "required": field.required,
        })
    };
    json!({ "title": form.title, "fields": form.fields.iter().map(field).collect::<Value>() })
}

fn card_fields(card: &Card) -> Value {
    let pair = |label: &str, value: &str| json!({ "label": label, "value": value });
    json!({
        "kind": kind(card.kind),
        "title": card.title,
        "lines": card.lines.iter().map(|line| pair(&line.label, &line.value)).collect::<Value>(),
        "amount": card.amount.as_ref().map(aside_content::Amount::text),
        "link": card.link,
        "actions": card.actions.iter().map(|action| pair(&action.label, &action.value)).collect::<Value>(),
    })
}

const fn kind(kind: CardKind) -> &'static str {
    match kind {
        CardKind::Order => "order",
        CardKind::Tracking => "tracking",
        CardKind::Payment => "payment",
    }
}
