//! `aside archive show FILE`

use super::file;
use crate::{failure::Failure, json, name::quoted, show};
use aside_archive::{Item, Mark, Message, Place, Said};
use aside_identity::{AccountKey, Handle};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

pub(super) fn run(path: &Path, as_json: bool) -> Result<(), Failure> {
    // Nothing is shown before the signature has verified; the file is read twice, so that it need not be held.
    let manifest = file::read(path, &mut |_| Ok(()))?;
    let mut shown = Shown { names: BTreeMap::new(), place: Value::Null, as_json };
    shown.names.insert(*manifest.maker.account.as_bytes(), manifest.handle.clone());
    file::read(path, &mut |item| shown.show(item)).map(drop)
}

struct Shown {
    /// The handles of the conversation at hand, as the archive has them.
    names: BTreeMap<[u8; 32], Handle>,
    place: Value,
    as_json: bool,
}

impl Shown {
    fn show(&mut self, item: &Item) -> Result<(), Failure> {
        match item {
            Item::Manifest(manifest) if self.as_json => show::print(json!({
                "type": "archive",
                "handle": manifest.handle.to_string(),
                "account": json::hex(manifest.maker.account.as_bytes()),
                "device": manifest.maker.device.number(),
                "created_at": manifest.created_at,
            })),
            Item::Manifest(manifest) => show::print(format_args!(
                "An archive of {}, made on {} by device {} and signed by it. What it says is that device's word.",
                manifest.handle,
                show::time(manifest.created_at),
                manifest.maker.device.number(),
            )),
            Item::Place(place) => self.begin(place),
            Item::Person(person) => {
                self.names.insert(*person.account.as_bytes(), person.handle.clone());
                Ok(())
            }
            Item::Message(message) if self.as_json => show::print(self.message_json(message)),
            Item::Message(message) => show::print(format_args!(
                "  #{}  {}  {}: {}",
                message.number,
                show::time(message.accepted_at),
                self.name(&message.sender.account),
                show::body(&message.body),
            )),
            Item::Mark(mark) => self.mark(mark),
            Item::End => Ok(()),
        }
    }

    fn begin(&mut self, place: &Place) -> Result<(), Failure> {
        let (kind, heading) = match place {
            Place::Thread { .. } => ("thread", "A thread, which the relay could read:".to_owned()),
            Place::Chat { .. } => ("chat", "An encrypted chat:".to_owned()),
            Place::Group { name, .. } => ("group", format!("The group {}:", quoted(name))),
        };
        let name = match place {
            Place::Group { name, .. } => Some(name),
            _ => None,
        };
        self.place = json!({
            "conversation": kind,
            "peer": place.peer().map(|peer| json::hex(peer.as_bytes())),
            "group_name": name,
        });
        if self.as_json { Ok(()) } else { show::print(heading) }
    }

    fn name(&self, account: &AccountKey) -> String {
        match self.names.get(account.as_bytes()) {
            Some(handle) => handle.to_string(),
            None => format!("[{}]", json::hex(account.as_bytes()).get(..8).unwrap_or_default()),
        }
    }

    fn mark(&self, mark: &Mark) -> Result<(), Failure> {
        let by = self.name(&mark.account);
        if self.as_json {
            let (what, value) = match &mark.said {
                Said::Reaction(emoji) => ("reaction", emoji.as_str()),
                Said::Wording(text) => ("edit", text.as_str()),
            };
            return show::print(json!({ "type": what, "from": by, "text": value }));
        }
        match &mark.said {
            Said::Reaction(emoji) => show::print(format_args!("  {} {by}", show::reaction(emoji))),
            Said::Wording(text) => show::print(format_args!("    (edited): {}", show::safe(text.as_str()))),
        }
    }

    fn message_json(&self, message: &Message) -> Value {
        let mut object = json!({
            "type": "message",
            "from": self.name(&message.sender.account),
            "account": json::hex(message.sender.account.as_bytes()),
            "id": json::hex(message.message_id.as_bytes()),
            "number": message.number,
            "kind": message.body.kind().0,
            "text": message.body.fallback_text(),
            "sent_at": message.sent_at,
            "accepted_at": message.accepted_at,
            "imported": message.imported,
        });
        if let (Some(fields), Some(place)) = (object.as_object_mut(), self.place.as_object()) {
            fields.extend(place.clone());
        }
        object
    }
}
