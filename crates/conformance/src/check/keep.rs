//! How long a relay keeps mail.

use super::{inputs::Inputs, stop::Stop};
use crate::value::Fields;
use aside_content::{Kind, keep};
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
        _ => return Ok(None),
    }))
}
