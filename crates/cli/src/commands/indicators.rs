//! Receipts, typing and presence as `aside listen` tells them.

use super::news::News;
use crate::{failure::Failure, json, name::Name, show};
use aside_client::{Conversation, Event, driver::Client};
use aside_content::{Presence, ReceiptKind};
use aside_identity::AccountKey;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// How long it holds that somebody is writing, and that somebody is there.
const HOLDS: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(120));

/// What was said of others and holds still: it is not said again in words.
#[derive(Default)]
pub(crate) struct Indicators {
    writing: BTreeMap<Conversation, Instant>,
    there: BTreeMap<AccountKey, (Presence, Instant)>,
}

impl Indicators {
    /// Whoever has sent a message has stopped writing.
    pub(crate) fn message_from(&mut self, conversation: Conversation) {
        self.writing.remove(&conversation);
    }

    /// What is to be told of an event; `None` if it is none of these, or nothing new.
    pub(crate) fn news(
        &mut self,
        client: &mut Client,
        event: &Event,
        as_json: bool,
    ) -> Result<Option<News>, Failure> {
        let by = match event {
            Event::Receipts { by, .. } | Event::Typing { by, .. } | Event::Presence { by, .. } => by,
            _ => return Ok(None),
        };
        let muted = client.step(|engine, step| Ok(engine.relation(step.tx, by)?))?.muted;
        if !as_json && (muted || !self.is_new(event)) {
            return Ok(None);
        }
        let name = Name::of(client, by)?;
        Ok(Some(News { text: words(&name, event), json: object(&name, event), warns: false }))
    }

    /// Whether it was not said, or does not hold any more.
    fn is_new(&mut self, event: &Event) -> bool {
        let now = Instant::now();
        match event {
            Event::Typing { conversation, until: Some(_), .. } => {
                let before = self.writing.insert(*conversation, now);
                before.is_none_or(|before| now.duration_since(before) > HOLDS.0)
            }
            Event::Typing { conversation, until: None, .. } => self.writing.remove(conversation).is_some(),
            Event::Presence { by, state, .. } => {
                let before = self.there.insert(*by, (*state, now));
                before.is_none_or(|(before, at)| before != *state || now.duration_since(at) > HOLDS.1)
            }
            _ => true,
        }
    }
}

fn words(name: &Name, event: &Event) -> String {
    match event {
        Event::Receipts { kind, indexes, .. } => {
            let numbers: Vec<String> = indexes.iter().map(|index| format!("#{index}")).collect();
            let numbers = numbers.join(", ");
            match kind {
                ReceiptKind::Delivered => format!("{name} has received {numbers}"),
                ReceiptKind::Read => format!("{name} has read {numbers}"),
                ReceiptKind::Viewed => format!("{name} has viewed {numbers}"),
            }
        }
        Event::Typing { until: Some(_), .. } => format!("{name} is writing …"),
        Event::Typing { until: None, .. } => format!("{name} has stopped writing"),
        Event::Presence { state, .. } => match state {
            Presence::Available => format!("{name} is there"),
            Presence::Recently => format!("{name} was there just now"),
            Presence::Away => format!("{name} is away"),
        },
        _ => String::new(),
    }
}

fn object(name: &Name, event: &Event) -> Value {
    let (peer, account) = (name.handle().map(ToString::to_string), name.key());
    match event {
        Event::Receipts { conversation, kind, indexes, .. } => json!({
            "type": "receipts",
            "peer": peer,
            "account": account,
            "conversation": json::kind_of(*conversation),
            "kind": match kind {
                ReceiptKind::Delivered => "delivered",
                ReceiptKind::Read => "read",
                ReceiptKind::Viewed => "viewed",
            },
            "indexes": indexes,
        }),
        Event::Typing { conversation, until, .. } => json!({
            "type": "typing",
            "peer": peer,
            "account": account,
            "conversation": json::kind_of(*conversation),
            "writing": until.is_some(),
            "until": until,
        }),
        Event::Presence { state, until, .. } => json!({
            "type": "presence",
            "peer": peer,
            "account": account,
            "state": show::presence(*state),
            "until": until,
        }),
        _ => Value::Null,
    }
}
