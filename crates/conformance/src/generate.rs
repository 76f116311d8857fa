//! Writes the vectors, the same bytes each time.
//!
//! What must come out is not written down by hand: the crates compute it, and a review sees it in the difference.
//! What must be refused, and with which word, *is* written down here; the generator fails if the crates disagree.

mod curve;
mod envelope;
mod forge;
mod frames;
mod handshake;
mod identity;
mod people;
mod primitives;
mod proto;
mod relay;
mod schema;
mod script;
mod session;
mod sheet;

use crate::{files, vector::File};
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

/// All files, the schema last.
///
/// # Errors
/// [`Failure`] if the crates do not do what a vector says, or an id is used twice.
pub fn all() -> Result<Vec<Generated>> {
    let mut ids = BTreeSet::new();
    let mut generated = Vec::new();
    for name in files::ALL {
        let file = file(name)?;
        if let Some(twice) = file.vectors.iter().find(|vector| !ids.insert(vector.id.clone())) {
            return Err(format!("{name}: the id `{}` is used twice", twice.id).into());
        }
        let negative = file.vectors.iter().filter(|vector| vector.is_negative()).count();
        generated.push(Generated { name, text: file.print()?, vectors: file.vectors.len(), negative });
    }
    generated.push(Generated {
        name: files::SCHEMA,
        text: schema::schema().print(),
        vectors: 0,
        negative: 0,
    });
    Ok(generated)
}

fn file(name: &str) -> Result<File> {
    match name {
        "primitives/hash.json" => primitives::hash(),
        "primitives/aead.json" => primitives::aead(),
        "primitives/x25519.json" => primitives::x25519(),
        "primitives/ed25519.json" => primitives::ed25519(),
        "primitives/ml-kem.json" => primitives::ml_kem(),
        "envelope/decode.json" => envelope::decode(),
        "envelope/packet.json" => envelope::packet(),
        "identity/certificate.json" => identity::certificate(),
        "identity/device-list.json" => identity::device_list(),
        "identity/prekey.json" => identity::prekey(),
        "identity/handle.json" => identity::handle(),
        "handshake/schedule.json" => handshake::schedule(),
        "handshake/first-message.json" => handshake::first_message(),
        "session/schedule.json" => session::schedule(),
        "session/order.json" => session::order(),
        "session/forged.json" => session::forged(),
        "session/limits.json" => session::limits(),
        "content/padding.json" => frames::padding(),
        "content/frames.json" => frames::frames(),
        "relay/proofs.json" => relay::proofs(),
        other => Err(format!("nothing generates {other}").into()),
    }
}
