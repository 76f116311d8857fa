//! What a relay makes of the store behind a login.

use super::{bug::Bug, inputs::Inputs, stop::Stop};
use crate::value::Fields;
use aside_identity::{Generation, generation::Recorded};
use aside_wire::{Reject, decode, pb};

pub(super) fn run(op: &str, input: &Inputs) -> Result<Option<Fields>, Stop> {
    Ok(Some(match op {
        "store.judge" => {
            let known = match input.u64("known_number")? {
                0 => None,
                number => Some(Recorded { number, token: input.array("known_token")? }),
            };
            let kept = store(input)?
                .after(known.as_ref())
                .ok_or(Stop::refused(Reject::Stale, Some(Bug::AcceptOldStore)))?;
            Fields::new().number("number", kept.number).bytes("token", kept.token)
        }
        _ => return Ok(None),
    }))
}

/// The store of a login.
pub(super) fn store(input: &Inputs) -> Result<Generation, Stop> {
    Ok(Generation::parse(Some(&decode::<pb::StoreGeneration>(input.bytes("store")?)?))?)
}
