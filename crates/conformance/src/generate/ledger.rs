//! `leakage.json`: what a relay sees of the transcripts.

use super::Result;
use crate::{
    check::bytes::{Outputs, eval},
    leakage::{Kind, Ledger, Place, Row, Varies},
    seen::{Field, Seen, see},
    value::{Fields, Value},
    vector::{File, Level, Step},
};
use aside_wire::{decode, pb};
use std::collections::{BTreeMap, BTreeSet};

const REGISTRY: &str = include_str!("../../../../spec/registry.md");
/// Where frames stand, in the order of the ledger.
const PLACES: [&str; 6] = ["thread", "chat", "transient", "members", "group", "log"];

/// Why a relay sees a field, and which requirement says so. What begins with a dot is the end of several paths.
const WHY: &[(&str, &str, &str)] = &[
    ("connection.account_key", "mail is kept for an account that has logged in", "LEA-1"),
    ("connection.device_id", "each device has a mailbox of its own", "LEA-1"),
    ("id", "the answer names it", "LEA-1"),
    ("register.handle", "others find the account by it", "LEA-1"),
    ("register.account_key", "the handle points to it", "LEA-1"),
    ("register.device_list", "others encrypt for these devices", "LEA-1"),
    ("register.signature", "the handle is given to nobody else", "LEA-1"),
    ("login.account_key", "who logs in", "LEA-1"),
    ("login.device_id", "whose mailbox it is", "LEA-1"),
    ("login.signature", "nobody else gets the mail", "LEA-1"),
    ("login.store.number", "tells a store from an older copy", "LEA-1"),
    ("login.store.token", "tells a store from another copy", "LEA-1"),
    ("login.store.previous", "tells a store from another copy", "LEA-1"),
    ("login.store.restored", "prekeys of the old store are forgotten", "LEA-1"),
    ("publish_prekeys.signed_prekey", "others begin sessions with it", "LEA-1"),
    ("publish_prekeys.one_time", "others begin sessions with it", "LEA-1"),
    ("resolve.handle", "whose account is looked for", "LEA-1"),
    ("fetch_devices.account_key", "whose devices are asked for", "LEA-1"),
    ("fetch_devices.known_version", "only newer lists are answered", "LEA-1"),
    ("fetch_prekeys.account_key", "whose prekeys are asked for", "LEA-1"),
    ("fetch_prekeys.device_id", "of which device", "LEA-1"),
    (".client_id", "a repetition is stored once", "LEA-4"),
    (".recipient", "whose mailboxes it goes to", "LEA-2"),
    (".list_version", "a new device would miss it", "LEA-2"),
    (".parcels.device_id", "which mailbox", "LEA-2"),
    (".envelope.kind", "settings and declarations count for one channel", "LEA-2"),
    (".keep", "mail that has gone is not kept", "LEA-2"),
    (".pairwise.type", "its layout; whether a session is new, and whether it may be dropped", "LEA-2"),
    (".handshake.suite", "which primitives a session begins with", "LEA-2"),
    (".handshake.account_key", "the sender, whom the relay knows", "LEA-2"),
    (".handshake.device_id", "the sender, whom the relay knows", "LEA-2"),
    (".handshake.ephemeral_key", "a session begins; the same until it is answered", "LEA-2"),
    (".handshake.signed_prekey", "which prekey, handed out by the relay", "LEA-2"),
    (".handshake.one_time_prekey", "which prekey, handed out by the relay", "LEA-2"),
    (".handshake.ciphertext", "a session begins; the same until it is answered", "LEA-2"),
    (".pairwise.header", "encrypted for the recipient", "LEA-2"),
    (".pairwise.header_tag", "authenticates the header", "LEA-2"),
    (".commitment", "a report is checked against it; as good as random", "LEA-2"),
    (".ciphertext", "what is said, padded to its class", "LEA-3"),
    (".tag", "authenticates what is said", "LEA-2"),
    (".group.type", "its layout", "LEA-1"),
    (".key_id", "names the chain that opens it", "LEA-1"),
    (".iteration", "names the key of the chain", "LEA-1"),
    (".salt", "drawn, so that no key and nonce come twice", "LEA-1"),
    (".group.signature", "members tell by it who of them speaks", "LEA-1"),
    ("fan_out.recipients.account_key", "whose mailboxes it goes to", "LEA-1"),
    ("append_entry.recipients.account_key", "who is told", "LEA-1"),
    (".recipients.devices", "which mailboxes", "LEA-1"),
    ("append_entry.log", "entries have one order", "LEA-1"),
    ("append_entry.position", "of two changes at once one is made anew", "LEA-1"),
    (".entry.type", "its layout", "LEA-1"),
    (".entry.log_key_id", "names the key that opens it", "LEA-1"),
    ("fetch_entries.log", "which log is read", "LEA-1"),
    ("fetch_entries.from", "only newer entries are answered", "LEA-1"),
    ("acknowledge.up_to", "what is safe is deleted", "LEA-1"),
    (".thread.conversation", "a thread is in the clear", "LEA-1"),
    (".thread.message_id", "a thread is in the clear", "LEA-1"),
    (".thread.sent_at", "a thread is in the clear", "LEA-1"),
    (".thread.kind", "a thread is in the clear", "LEA-1"),
    (".thread.content", "a thread is in the clear", "LEA-1"),
    (".thread.previous", "a thread is in the clear", "LEA-1"),
    ("publish_settings.settings", "who is shut out is shut out there", "LEA-1"),
    ("declare.declaration", "what is in the clear is refused there", "LEA-1"),
];

/// The ledger of these files.
pub(super) fn ledger(files: &[File]) -> Result<Ledger> {
    let mut eyes = Eyes::default();
    for file in files.iter().filter(|file| file.level == Level::Transcripts) {
        for vector in file.vectors.iter().filter(|vector| !vector.steps.is_empty()) {
            eyes.follow(&vector.steps).map_err(|error| format!("{}: {error}", vector.id))?;
        }
    }
    Ok(Ledger {
        about: "What a relay sees: every field of every request, and what of it differs by what is said. A line is the \
                path of a field and what it tells; * is any value."
            .to_owned(),
        chapter: "spec/leakage.md".to_owned(),
        fields: eyes.fields()?,
        places: eyes.places(),
    })
}

/// All that was seen.
#[derive(Default)]
struct Eyes {
    /// The fields by path, each with the number of its request, in the order in which they were first seen.
    order: Vec<String>,
    told: BTreeMap<String, Vec<(usize, Field)>>,
    /// Requests that were seen; the same bytes again are a repetition.
    requests: BTreeMap<Vec<u8>, usize>,
    /// Lines by place and kind, those of one request together.
    lines: BTreeMap<(String, u32), Vec<BTreeSet<String>>>,
}

impl Eyes {
    fn follow(&mut self, steps: &[Step]) -> Result<()> {
        let (mut outputs, mut done) = (Outputs::new(), BTreeMap::new());
        for step in steps {
            if step.op == "relay.see" && step.out.is_some() {
                self.look(step, &outputs, &done)?;
            }
            outputs.insert(step.step.clone(), step.out.clone().unwrap_or_default());
            done.insert(step.step.as_str(), step);
        }
        Ok(())
    }

    fn look(&mut self, step: &Step, outputs: &Outputs, done: &BTreeMap<&str, &Step>) -> Result<()> {
        let bytes = |name: &str| match step.input.find(name) {
            Some(value) => eval(value, outputs),
            None => Err(format!("there is no `{name}`")),
        };
        let (account, request) = (bytes("account_key")?, bytes("request")?);
        let device = match step.input.find("device_id") {
            Some(Value::Number(number)) => u32::try_from(*number)?,
            _ => return Err("a device id is a number".into()),
        };
        let device = (!account.is_empty()).then_some((account.as_slice(), device));
        let Seen { fields, .. } = see(device, &request).map_err(|refused| refused.to_string())?;
        let next = self.requests.len();
        let number = *self.requests.entry(request).or_insert(next);
        if let Some(about) = about(step, outputs, done)? {
            let lines = fields.iter().map(Field::line).collect();
            self.lines.entry(about).or_default().push(lines);
        }
        if number < next {
            return Ok(());
        }
        for field in fields {
            if !self.told.contains_key(&field.path) {
                self.order.push(field.path.clone());
            }
            self.told.entry(field.path.clone()).or_default().push((number, field));
        }
        Ok(())
    }

    fn fields(&self) -> Result<Vec<Row>> {
        self.order.iter().map(|path| self.row(path)).collect()
    }

    fn row(&self, path: &str) -> Result<Row> {
        let seen = self.told.get(path).ok_or("a path that was seen")?;
        let (_, first) = seen.first().ok_or("a field that was seen")?;
        let (_, why, clause) = WHY
            .iter()
            .find(|(place, ..)| *place == path || place.starts_with('.') && path.ends_with(place))
            .ok_or_else(|| format!("nothing says why a relay sees `{path}`: it has to stand in WHY"))?;
        let told = || seen.iter().map(|(_, field)| &field.told);
        let lengths: BTreeSet<_> = told().filter_map(|told| told.length()).collect();
        let class = first.told.class();
        let values: BTreeSet<_> = match class {
            "number" | "choice" => told().map(|told| told.value()).collect(),
            _ => BTreeSet::new(),
        };
        let values = values.into_iter().map(String::from_utf8).collect::<std::result::Result<_, _>>()?;
        Ok(Row {
            path: path.to_owned(),
            tells: class.to_owned(),
            lengths: lengths.into_iter().map(u64::try_from).collect::<std::result::Result<_, _>>()?,
            values,
            varies: varies(seen),
            why: (*why).to_owned(),
            clause: (*clause).to_owned(),
        })
    }

    fn places(&self) -> Vec<Place> {
        let names = [names("Content kinds"), names("Entry kinds")];
        let [content, entries] = &names;
        let place = |place: &&str| {
            let kinds = self.lines.iter().filter(|((where_, _), _)| where_ == place);
            let mut all = kinds.clone().flat_map(|(_, requests)| requests);
            let first = all.next()?.clone();
            let always = all.fold(first, |always, lines| always.intersection(lines).cloned().collect());
            let names = if *place == "log" { entries } else { content };
            let row = |((_, kind), requests): (&(String, u32), &Vec<BTreeSet<String>>)| {
                let lines: BTreeSet<_> = requests.iter().flatten().collect();
                let also = lines.into_iter().filter(|line| !always.contains(*line)).cloned().collect();
                let name = names.get(kind).cloned().unwrap_or_else(|| "not known".to_owned());
                Kind { kind: *kind, name, also }
            };
            let kinds = kinds.map(row).collect();
            Some(Place { place: (*place).to_owned(), kinds, always: always.into_iter().collect() })
        };
        PLACES.iter().filter_map(place).collect()
    }
}

/// Whether one field tells one request from another.
fn varies(seen: &[(usize, Field)]) -> Varies {
    let mut requests: BTreeMap<Vec<u8>, BTreeSet<usize>> = BTreeMap::new();
    for (request, field) in seen {
        requests.entry(field.told.value()).or_default().insert(*request);
    }
    match requests.len() {
        1 => Varies::Constant,
        _ if requests.values().all(|requests| requests.len() == 1) => Varies::Fresh,
        _ => Varies::Linkable,
    }
}

/// Where what a request carries stands, and of which kind it is.
fn about(step: &Step, outputs: &Outputs, done: &BTreeMap<&str, &Step>) -> Result<Option<(String, u32)>> {
    let Some(request) = source(step.input.find("request"), done) else { return Ok(None) };
    let carried = match request.op.as_str() {
        "request.send" | "request.transient" => match request.input.find("payloads") {
            Some(Value::List(payloads)) => payloads.first(),
            _ => None,
        },
        "request.fan_out" => request.input.find("payload"),
        "request.append_entry" => request.input.find("entry"),
        _ => return Ok(None),
    };
    let made = source(carried, done).ok_or("a request carries what no step has made")?;
    let kind = match made.input.find("kind") {
        Some(Value::Number(number)) => Some(u32::try_from(*number)?),
        _ => None,
    };
    let place = match made.op.as_str() {
        "thread_frame.encode" => "thread",
        "group_frame.send" => "group",
        "chat_frame.send" => match made.input.find("place") {
            Some(Value::Text(place)) => place,
            _ => return Err("a place is a text".into()),
        },
        "group.entry.seal" => return Ok(Some(("log".to_owned(), entry_kind(&made.input, outputs)?))),
        other => return Err(format!("nobody knows of which kind something is that `{other}` makes").into()),
    };
    Ok(Some((place.to_owned(), kind.ok_or("a kind is a number")?)))
}

/// The step that some bytes came out of, all of them.
fn source<'a>(value: Option<&Value>, done: &BTreeMap<&str, &'a Step>) -> Option<&'a Step> {
    let Some(Value::Object(fields)) = value else { return None };
    let Some(Value::Text(name)) = fields.find("ref") else { return None };
    let (step, _) = name.split_once('.')?;
    done.get(step).copied()
}

fn entry_kind(input: &Fields, outputs: &Outputs) -> Result<u32> {
    let entry = eval(input.find("entry").ok_or("there is no entry")?, outputs)?;
    let signed: pb::Signed = decode(&entry)?;
    Ok(decode::<pb::GroupEntryBody>(&signed.body)?.kind)
}

/// Kinds and their names, by a table of the registry.
fn names(heading: &str) -> BTreeMap<u32, String> {
    let table = REGISTRY.split_once(&format!("\n## {heading}\n")).map(|(_, table)| table).unwrap_or_default();
    let rows = table.lines().take_while(|line| !line.starts_with("## "));
    let row = |line: &str| {
        let (number, name) = line.strip_prefix("| ")?.split_once(" | `")?;
        Some((number.parse().ok()?, name.split('`').next()?.to_owned()))
    };
    rows.filter_map(row).collect()
}
