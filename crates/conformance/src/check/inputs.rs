//! The values that go into an operation, evaluated.

use super::{
    bug::{Bug, Mistakes},
    bytes::{self, Outputs},
    stop::Stop,
};
use crate::{
    hex,
    ops::{self, Kind, Op, Place},
    value::{Fields, Value},
};
use aside_primitives::{Label, Secret, label};
use std::{collections::BTreeMap, fmt};

/// A value without expressions in it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Plain {
    Bytes(Vec<u8>),
    BytesList(Vec<Vec<u8>>),
    Other(Value),
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => f.write_str(&hex::encode(bytes)),
            Self::BytesList(list) => {
                f.debug_list().entries(list.iter().map(|item| hex::encode(item))).finish()
            }
            Self::Other(value) => value.fmt(f),
        }
    }
}

/// The value of a field of a reply, whose bytes are plain hex.
pub(crate) fn replied(fields: &Fields, name: &str, kind: Kind) -> Result<Plain, String> {
    let is_text = |value: &Value| matches!(value, Value::Text(_));
    let is_plain = match (kind, fields.find(name)) {
        (Kind::Bytes, Some(value)) => is_text(value),
        (Kind::BytesList, Some(Value::List(list))) => list.iter().all(is_text),
        _ => true,
    };
    if is_plain { resolve(fields, name, kind) } else { Err(format!("{name}: is not plain hex")) }
}

/// The value of a field that refers to nothing.
pub(crate) fn resolve(fields: &Fields, name: &str, kind: Kind) -> Result<Plain, String> {
    let value = fields.find(name).ok_or_else(|| format!("`{name}` is missing"))?;
    plain(value, kind, &Outputs::new()).map_err(|what| format!("{name}: {what}"))
}

fn plain(value: &Value, kind: Kind, outputs: &Outputs) -> Result<Plain, String> {
    Ok(match (kind, value) {
        (Kind::Bytes, value) => Plain::Bytes(bytes::eval(value, outputs)?),
        (Kind::BytesList, Value::List(list)) => {
            Plain::BytesList(list.iter().map(|item| bytes::eval(item, outputs)).collect::<Result<_, _>>()?)
        }
        (_, value) => Plain::Other(value.clone()),
    })
}

/// The values of these places, with their bytes as plain hex (CNF-7).
pub(crate) fn evaluated(places: &[Place], input: &Fields, outputs: &Outputs) -> Result<Fields, String> {
    places.iter().try_fold(Fields::new(), |fields, (name, kind)| {
        let value = input.find(name).ok_or_else(|| format!("in.{name} is missing"))?;
        Ok(fields.with(name, in_hex(value, *kind, outputs)?))
    })
}

/// What came out of an operation, with its bytes as plain hex.
pub(crate) fn out_in_hex(op: &str, out: &Fields) -> Result<Fields, String> {
    let places = ops::find(op).map(|op| op.outputs).unwrap_or_default();
    out.iter().try_fold(Fields::new(), |fields, (name, value)| {
        let kind = places.iter().find(|(place, _)| *place == name).map_or(Kind::Text, |(_, kind)| *kind);
        Ok(fields.with(name, in_hex(value, kind, &Outputs::new())?))
    })
}

fn in_hex(value: &Value, kind: Kind, outputs: &Outputs) -> Result<Value, String> {
    let text = |bytes: &Vec<u8>| Value::Text(hex::encode(bytes));
    Ok(match plain(value, kind, outputs)? {
        Plain::Bytes(bytes) => text(&bytes),
        Plain::BytesList(list) => Value::List(list.iter().map(text).collect()),
        Plain::Other(value) => value,
    })
}

/// The values that go into an operation, by name.
pub(crate) struct Inputs(BTreeMap<&'static str, Plain>, Mistakes);

impl Inputs {
    pub(crate) fn new(
        op: &Op,
        input: &Fields,
        outputs: &Outputs,
        mistakes: &Mistakes,
    ) -> Result<Self, String> {
        let mut inputs = BTreeMap::new();
        for (name, kind) in op.inputs {
            let value = input.find(name).ok_or_else(|| format!("in.{name} is missing"))?;
            inputs.insert(*name, plain(value, *kind, outputs)?);
        }
        Ok(Self(inputs, mistakes.clone()))
    }

    /// Whether this mistake is to be made here.
    pub(crate) fn mistake(&self, bug: Bug) -> bool {
        self.1.make(bug)
    }

    pub(crate) fn bytes(&self, name: &str) -> Result<&[u8], Stop> {
        match self.0.get(name) {
            Some(Plain::Bytes(bytes)) => Ok(bytes),
            _ => Err(format!("in.{name} is no byte string").into()),
        }
    }

    pub(crate) fn list(&self, name: &str) -> Result<Vec<&[u8]>, Stop> {
        match self.0.get(name) {
            Some(Plain::BytesList(list)) => Ok(list.iter().map(Vec::as_slice).collect()),
            _ => Err(format!("in.{name} is no list of byte strings").into()),
        }
    }

    /// Bytes whose length is not what the vector is about.
    pub(crate) fn array<const N: usize>(&self, name: &str) -> Result<[u8; N], Stop> {
        self.bytes(name)?.try_into().map_err(|_| Stop::Defect(format!("in.{name} does not have {N} bytes")))
    }

    pub(crate) fn secret<const N: usize>(&self, name: &str) -> Result<Secret<N>, Stop> {
        self.array(name).map(Secret::new)
    }

    pub(crate) fn text(&self, name: &str) -> Result<&str, Stop> {
        match self.0.get(name) {
            Some(Plain::Other(Value::Text(text))) => Ok(text),
            _ => Err(format!("in.{name} is no text").into()),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, Stop> {
        match self.0.get(name) {
            Some(Plain::Other(Value::Flag(flag))) => Ok(*flag),
            _ => Err(format!("in.{name} is no flag").into()),
        }
    }

    pub(crate) fn u64(&self, name: &str) -> Result<u64, Stop> {
        match self.0.get(name) {
            Some(Plain::Other(Value::Number(number))) => Ok(*number),
            _ => Err(format!("in.{name} is no number").into()),
        }
    }

    pub(crate) fn numbers(&self, name: &str) -> Result<Vec<u64>, Stop> {
        let Some(Plain::Other(Value::List(list))) = self.0.get(name) else {
            return Err(format!("in.{name} is no list of numbers").into());
        };
        let number = |value: &Value| match value {
            Value::Number(number) => Ok(*number),
            _ => Err(Stop::Defect(format!("in.{name} has something that is no number"))),
        };
        list.iter().map(number).collect()
    }

    pub(crate) fn u32(&self, name: &str) -> Result<u32, Stop> {
        u32::try_from(self.u64(name)?).map_err(|_| Stop::Defect(format!("in.{name} is too great")))
    }

    pub(crate) fn byte(&self, name: &str) -> Result<u8, Stop> {
        u8::try_from(self.u64(name)?).map_err(|_| Stop::Defect(format!("in.{name} is too great")))
    }

    /// A label of the registry.
    pub(crate) fn label(&self, name: &str) -> Result<Label, Stop> {
        let text = self.text(name)?;
        let found = label::ALL.iter().find(|label| label.as_str() == text);
        found.copied().ok_or_else(|| Stop::Defect(format!("`{text}` is no label of the registry")))
    }
}
