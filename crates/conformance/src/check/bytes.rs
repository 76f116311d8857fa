//! Byte expressions: how a vector writes bytes.
//!
//! * `"00ff"`: the bytes in hex;
//! * `{ "repeat": "00", "times": 512 }`: the same bytes over and over;
//! * `{ "ref": "hello.message" }`: what came out of an earlier step, in full or, with `from` and `to`, a part of it;
//!   with `xor` the bytes from the offset `at` on are combined with those of `mask`;
//! * a list of the above: one after another.

use crate::{
    hex,
    value::{Fields, Value},
};
use std::collections::BTreeMap;

/// The most bytes that an expression may stand for.
const MOST: usize = 1 << 20;

/// What came out of the earlier steps of a script, by their names.
pub type Outputs = BTreeMap<String, Fields>;

/// The bytes that an expression stands for.
///
/// # Errors
/// What is wrong with the expression.
pub fn eval(value: &Value, outputs: &Outputs) -> Result<Vec<u8>, String> {
    match value {
        Value::Text(text) => hex::decode(text).ok_or_else(|| "is not lower-case hex".to_owned()),
        Value::List(parts) => {
            let parts: Vec<_> = parts.iter().map(|part| eval(part, outputs)).collect::<Result<_, _>>()?;
            Ok(parts.concat())
        }
        Value::Object(fields) if fields.find("repeat").is_some() => repetition(fields),
        Value::Object(fields) => reference(fields, outputs),
        _ => Err("is no byte expression".to_owned()),
    }
}

fn repetition(fields: &Fields) -> Result<Vec<u8>, String> {
    only(fields, &["repeat", "times"])?;
    let Some(Value::Text(unit)) = fields.find("repeat") else { return Err("repeats no hex".to_owned()) };
    let unit = hex::decode(unit).ok_or("repeats no hex")?;
    let times = number(fields, "times")?.ok_or("does not say how many times")?;
    if unit.len().checked_mul(times).is_none_or(|length| length > MOST) {
        return Err(format!("stands for more than {MOST} bytes"));
    }
    Ok(unit.repeat(times))
}

fn reference(fields: &Fields, outputs: &Outputs) -> Result<Vec<u8>, String> {
    only(fields, &["ref", "from", "to", "xor"])?;
    let Some(Value::Text(name)) = fields.find("ref") else { return Err("refers to nothing".to_owned()) };
    let found = name.split_once('.').and_then(|(step, field)| outputs.get(step)?.find(field));
    let value = found.ok_or_else(|| format!("`{name}` did not come out of an earlier step"))?;
    let mut bytes = eval(value, &Outputs::new())?;
    if let Some(xor) = fields.find("xor") {
        let Value::Object(xor) = xor else { return Err("`xor` is no object".to_owned()) };
        only(xor, &["at", "mask"])?;
        let at = number(xor, "at")?.ok_or("`xor` has no offset")?;
        let Some(Value::Text(mask)) = xor.find("mask") else { return Err("`xor` has no mask".to_owned()) };
        let mask = hex::decode(mask).ok_or("the mask is not hex")?;
        let end = at.checked_add(mask.len()).ok_or("the mask is too long")?;
        let place = bytes.get_mut(at..end).ok_or("the mask reaches beyond the end")?;
        for (byte, mask) in place.iter_mut().zip(mask) {
            *byte ^= mask;
        }
    }
    let from = number(fields, "from")?.unwrap_or(0);
    let to = number(fields, "to")?.unwrap_or(bytes.len());
    bytes.get(from..to).map(<[u8]>::to_vec).ok_or_else(|| format!("`{name}` has no bytes {from} to {to}"))
}

fn only(fields: &Fields, names: &[&str]) -> Result<(), String> {
    match fields.iter().find(|(name, _)| !names.contains(name)) {
        Some((name, _)) => Err(format!("`{name}` has no place in a byte expression")),
        None => Ok(()),
    }
}

fn number(fields: &Fields, name: &str) -> Result<Option<usize>, String> {
    match fields.find(name) {
        None => Ok(None),
        Some(Value::Number(number)) => {
            usize::try_from(*number).map(Some).map_err(|_| format!("`{name}` is too great"))
        }
        Some(_) => Err(format!("`{name}` is no number")),
    }
}
