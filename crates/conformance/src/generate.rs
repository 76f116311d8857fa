//! Writes the vectors, the same bytes each time.
//!
//! What must come out is not written down by hand: the crates compute it, and a review sees it in the difference.
//! What must be refused, and with which word, *is* written down here; the generator fails if the crates disagree.

mod aead;
mod archive;
mod archive_records;
mod attachments;
mod bounds;
mod capture;
mod catches;
mod certificate;
mod chat_frame;
mod conversations;
mod curve;
mod declarations;
mod decode;
mod derived;
mod device_list;
mod ed25519;
mod entries;
mod entry_content;
mod entry_layout;
mod entry_rules;
mod epoch_lies;
mod epochs;
mod first_message;
mod forge;
mod forged;
mod frames;
mod generation;
mod group;
mod group_frame;
mod group_keys;
mod group_log;
mod group_messages;
mod handle;
mod handshake;
mod hash;
mod healing;
mod judging;
mod keep;
mod kind_bounds;
mod kind_lies;
mod kinds;
mod ledger;
mod life;
mod mentions;
mod ml_kem;
mod order;
mod packet;
mod padding;
mod parameters;
pub(crate) mod people;
mod policies;
mod prekey;
mod primitives;
mod proto;
mod relay;
mod responder;
mod samples;
mod schema;
mod script;
mod session;
mod sheet;
mod signed;
mod stamps;
mod time;
mod transcript;
mod transient;
mod view_once;
mod x25519;

use crate::{
    files,
    vector::{File, Level, Person},
};
use std::collections::BTreeSet;

/// Why nothing can be generated.
pub type Failure = Box<dyn std::error::Error>;
type Result<T> = std::result::Result<T, Failure>;

/// A file of `test-vectors/` and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The path in that folder.
    pub name: &'static str,
    /// The text.
    pub text: String,
    /// How many vectors it has.
    pub vectors: usize,
    /// How many of them refuse something.
    pub negative: usize,
}

/// All files, ledger and schema last.
///
/// # Errors
/// [`Failure`] if the crates do not do what a vector says, or an id is used twice.
pub fn all() -> Result<Vec<Generated>> {
    let mut ids = BTreeSet::new();
    let (mut generated, mut transcripts) = (Vec::new(), Vec::new());
    for name in files::ALL {
        let file = file(name)?;
        if let Some(twice) = file.vectors.iter().find(|vector| !ids.insert(vector.id.clone())) {
            return Err(format!("{name}: the id `{}` is used twice", twice.id).into());
        }
        let negative = file.vectors.iter().filter(|vector| vector.is_negative()).count();
        generated.push(Generated { name, text: file.print()?, vectors: file.vectors.len(), negative });
        if file.level == Level::Transcripts {
            transcripts.push(file);
        }
    }
    let ledger = ledger::ledger(&transcripts)?.print()?;
    for (name, text) in [(files::LEDGER, ledger), (files::SCHEMA, schema::schema().print())] {
        generated.push(Generated { name, text, vectors: 0, negative: 0 });
    }
    Ok(generated)
}

pub(crate) use generation::store;

/// A person with one device and prekeys, whose keys follow from a name.
pub(crate) fn cast(name: &str) -> Result<Person> {
    people::Cast::new(name)?.with_prekeys(name)?.person()
}

fn file(name: &str) -> Result<File> {
    match name {
        "primitives/hash.json" => hash::hash(),
        "primitives/aead.json" => aead::aead(),
        "primitives/x25519.json" => x25519::x25519(),
        "primitives/ed25519.json" => ed25519::ed25519(),
        "primitives/ml-kem.json" => ml_kem::ml_kem(),
        "envelope/decode.json" => decode::decode(),
        "envelope/packet.json" => packet::packet(),
        "identity/certificate.json" => certificate::certificate(),
        "identity/device-list.json" => device_list::device_list(),
        "identity/prekey.json" => prekey::prekey(),
        "identity/handle.json" => handle::handle(),
        "handshake/schedule.json" => handshake::schedule(),
        "handshake/first-message.json" => first_message::first_message(),
        "session/schedule.json" => session::schedule(),
        "session/order.json" => order::order(),
        "session/forged.json" => forged::forged(),
        "session/limits.json" => bounds::limits(),
        "session/transient.json" => transient::transient(),
        "session/epochs.json" => epochs::epochs(),
        "content/padding.json" => padding::padding(),
        "content/frames.json" => frames::frames(),
        "content/kinds.json" => kinds::kinds(),
        "content/declarations.json" => declarations::declarations(),
        "content/attachments.json" => attachments::attachments(),
        "content/time.json" => time::time(),
        "conversations/opt-in.json" => conversations::opt_in(),
        "conversations/senders.json" => conversations::senders(),
        "conversations/healing.json" => healing::healing(),
        "expiry/life.json" => life::life(),
        "expiry/policies.json" => policies::policies(),
        "expiry/stamps.json" => stamps::stamps(),
        "expiry/view-once.json" => view_once::view_once(),
        "capture/notices.json" => capture::notices(),
        "group/entries.json" => entries::entries(),
        "group/log.json" => group_log::log(),
        "group/keys.json" => group_keys::keys(),
        "group/messages.json" => group_messages::messages(),
        "group/judging.json" => judging::judging(),
        "archive/archive.json" => archive::archive(),
        "relay/proofs.json" => relay::proofs(),
        "relay/keep.json" => keep::keep(),
        "relay/generations.json" => generation::generations(),
        "relay/parameters.json" => parameters::parameters(),
        "transcripts/requests.json" => transcript::requests(),
        "transcripts/first-contact.json" => transcript::first_contact(),
        "transcripts/talk.json" => transcript::talk(),
        "transcripts/declined.json" => transcript::declined(),
        "transcripts/thread.json" => transcript::thread(),
        "transcripts/crossing.json" => transcript::crossing(),
        "transcripts/two-devices.json" => transcript::two_devices(),
        "transcripts/vanishing.json" => transcript::vanishing(),
        "transcripts/once.json" => transcript::once(),
        "transcripts/healing.json" => transcript::healing(),
        "transcripts/hostile-relay.json" => transcript::hostile(),
        "transcripts/business.json" => transcript::business(),
        "transcripts/group.json" => transcript::group(),
        "transcripts/group-going.json" => transcript::group_going(),
        "transcripts/group-attacked.json" => transcript::group_attacked(),
        other => Err(format!("nothing generates {other}").into()),
    }
}
