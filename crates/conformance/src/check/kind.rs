//! Operations on content kinds.

use super::{bug::Bug, identity, inputs::Inputs, stop::Stop};
use crate::value::Fields;
use aside_content::{Body, Kind, Place, rules};
use aside_identity::{AccountKey, Certificate, Declaration, DeviceKeys};
use aside_primitives::Secret;
use aside_wire::Reject;

pub(super) fn run(op: &str, input: &Inputs) -> Result<Option<Fields>, Stop> {
    let out = Fields::new();
    Ok(Some(match op {
        "content.decode" => {
            let body = body(input, "content")?;
            out.bytes("content", body.encode()).flag("shown", body.is_shown())
        }
        "content.fallback" => {
            out.text("fallback", body(input, "content")?.sent_fallback().unwrap_or_default())
        }
        "content.place" => {
            if !rules::allowed(kind(input)?, place(input.text("place")?)?) {
                return Err(Stop::refused(Reject::Policy, Some(Bug::AllowEveryPlace)));
            }
            out
        }
        "content.answers" => {
            let Body::Choice(choice) = Body::decode(Kind::CHOICE, input.bytes("choice")?)? else {
                return Err("a choice decodes to a choice".into());
            };
            let takes = match body(input, "content")? {
                Body::Form(form) => form.takes(&choice.answers),
                Body::Card(card) => card.takes(&choice.answers),
                _ => return Err("only forms and cards are answered".into()),
            };
            if !takes {
                return Err(Reject::Policy.into());
            }
            out
        }
        "encrypted_only.issue" => {
            // Only the signing key of the device has a part in it.
            let keys = DeviceKeys::from_seeds(&input.secret("signing_private")?, &Secret::new([1; 32]));
            let peer = AccountKey::parse(input.bytes("peer")?)?;
            let declaration = Declaration::issue(&certificate(input)?, &keys, peer, input.u64("version")?)?;
            out.bytes("declaration", declaration.as_bytes())
        }
        "encrypted_only.verify" => {
            let declaration = Declaration::verify(input.bytes("declaration")?, &certificate(input)?)?;
            out.bytes("peer", declaration.peer.as_bytes()).number("version", declaration.version)
        }
        _ => return Ok(None),
    }))
}

fn kind(input: &Inputs) -> Result<Kind, Stop> {
    Ok(Kind(input.u32("kind")?))
}

fn body(input: &Inputs, content: &str) -> Result<Body, Stop> {
    Ok(Body::decode(kind(input)?, input.bytes(content)?)?)
}

fn certificate(input: &Inputs) -> Result<Certificate, Stop> {
    Ok(Certificate::verify(input.bytes("certificate")?, &identity::account(input)?)?)
}

pub(super) fn place(name: &str) -> Result<Place, Stop> {
    match name {
        "thread" => Ok(Place::Thread),
        "chat" => Ok(Place::Chat),
        "transient" => Ok(Place::Transient),
        "group" => Ok(Place::Group),
        "members" => Ok(Place::Members),
        other => Err(format!("`{other}` is no place").into()),
    }
}
