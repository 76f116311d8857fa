//! How long a relay keeps mail, and what else it says it allows.

use super::{inputs::Inputs, stop::Stop};
use crate::value::Fields;
use aside_content::{Kind, keep};
use aside_identity::Parameters;
use aside_primitives::VerifyingKey;
use aside_wire::{
    ExpiryTerms, decode,
    keep::parse,
    pb::{self, Keep, request::Body},
};

pub(super) fn run(op: &str, input: &Inputs) -> Result<Option<Fields>, Stop> {
    let class = |keep: Keep| Fields::new().text("keep", keep.as_str_name());
    Ok(Some(match op {
        "keep.choose" => {
            let mode = i32::try_from(input.u32("mode")?).unwrap_or(i32::MAX);
            let terms = ExpiryTerms::decode(mode, input.u32("duration")?, input.u32("unread_cap")?)?;
            class(keep(Kind(input.u32("kind")?), terms))
        }
        "keep.read" => match decode::<pb::Request>(input.bytes("bytes")?)?.body {
            Some(Body::Send(pb::Send { keep, .. }) | Body::FanOut(pb::FanOut { keep, .. })) => {
                class(parse(keep)?)
            }
            _ => return Err("it asks for nothing to be kept".into()),
        },
        "parameters.read" => {
            let key = VerifyingKey::parse(input.bytes("relay_key")?)?;
            let bytes = input.bytes("parameters")?;
            let said = Parameters::verify(bytes, input.text("relay_name")?, &key)?;
            let paces = [
                ("sends", "sends_each_us", said.sends),
                ("sends_to_one", "sends_to_one_each_us", said.sends_to_one),
                ("fanned_out", "fanned_out_each_us", said.fanned_out),
                ("transients", "transients_each_us", said.transients),
                ("fanned_to_one", "fanned_to_one_each_us", said.fanned_to_one),
            ];
            let out = Fields::new()
                .number("issued_at", said.issued_at)
                .number("keep_days", said.keep_days)
                .number("mailbox_messages", said.mailbox_messages)
                .number("mailbox_bytes", said.mailbox_bytes)
                .number("frame_bytes", said.frame_bytes);
            paces.into_iter().fold(out, |out, (burst, each, pace)| {
                out.number(burst, pace.burst).number(each, pace.each_us)
            })
        }
        _ => return Ok(None),
    }))
}
