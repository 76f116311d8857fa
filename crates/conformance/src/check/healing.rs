//! Operations on sessions beside each other, and on what is asked for again.

use super::{bug::Bug, inputs::Inputs, stop::Stop};
use crate::value::Fields;
use aside_content::{
    CiphertextId, Kind,
    retry::{Sent, asks_at},
};
use aside_primitives::Digest;
use aside_session::{
    Trouble,
    sessions::{First, judge},
};
use aside_wire::Reject;

pub(super) fn run(op: &str, input: &Inputs) -> Result<Option<Fields>, Stop> {
    Ok(Some(match op {
        "session.begun" => begun(input)?,
        "session.trouble" => {
            let word = input.text("word")?;
            let known = Reject::ALL.iter().find(|reject| reject.word() == word);
            let reason = known.ok_or("no such word")?;
            Trouble::of(*reason).map(|_| Fields::new()).ok_or(Reject::Policy)?
        }
        "retry.id" => Fields::new().bytes("id", CiphertextId::of(input.bytes("message")?).0),
        "retry.plan" => {
            let at = asks_at(input.u64("now")?, input.u64("began_at")?, input.u64("drawn")?);
            Fields::new().number("asks_at", at)
        }
        "retry.repeat" => {
            let sent = Sent {
                kind: Kind(input.u32("kind")?),
                age_ms: input.u64("age_ms")?,
                times: input.u32("times")?,
                is_same_device: input.flag("same_device")?,
                is_in_audience: input.flag("in_audience")?,
                has_arrived: input.flag("arrived")?,
                is_there: input.flag("there")?,
            };
            if !sent.may_be_repeated() {
                return Err(Stop::refused(Reject::Policy, Some(Bug::RepeatForAnybody)));
            }
            Fields::new()
        }
        _ => return Ok(None),
    }))
}

fn begun(input: &Inputs) -> Result<Fields, Stop> {
    let generation = input.u32("first_generation")?;
    let first =
        First { generation, id: digest(input, "first_id")?, is_answered: input.flag("first_answered")? };
    let first = (generation > 0).then_some(first);
    let verdict = judge(input.u32("generation")?, &digest(input, "id")?, first)?;
    Ok(Fields::new()
        .flag("sends", verdict.sends)
        .flag("replaces", verdict.replaces)
        .flag("behind", verdict.is_behind))
}

fn digest(input: &Inputs, name: &str) -> Result<Digest, Stop> {
    let bytes = input.bytes(name)?.try_into().map_err(|_| Stop::from("a session id has 32 bytes"))?;
    Ok(Digest(bytes))
}
