//! A message as a tree of fields, which can be damaged anywhere and written down again.

use crate::schema::{DECODERS, Decoder, FieldType, Kind, Schema, schema};

/// One field with its value.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) of: FieldType,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Number(u64),
    Bytes(Vec<u8>),
    Message(Vec<Field>),
    /// The field as it stands, key and all.
    Raw(Vec<u8>),
}

/// Wire type of numbers.
pub(crate) const VARINT: u8 = 0;
/// Wire type of what has a length.
pub(crate) const DELIMITED: u8 = 2;

pub(crate) fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7F).unwrap();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// The same number in one byte more than it needs.
pub(crate) fn long_varint(number: u64) -> Vec<u8> {
    let mut bytes = varint(number);
    *bytes.last_mut().unwrap() |= 0x80;
    bytes.push(0);
    bytes
}

pub(crate) fn key(number: u32, wire_type: u8) -> u64 {
    u64::from(number) << 3 | u64::from(wire_type)
}

impl Field {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let number = self.of.number;
        match &self.value {
            Value::Number(value) => [varint(key(number, VARINT)), varint(*value)].concat(),
            Value::Raw(bytes) => bytes.clone(),
            Value::Bytes(_) | Value::Message(_) => {
                let body = self.body();
                [varint(key(number, DELIMITED)), varint(body.len().try_into().unwrap()), body].concat()
            }
        }
    }

    /// What stands after the key, or after key and length.
    pub(crate) fn body(&self) -> Vec<u8> {
        match &self.value {
            Value::Number(value) => varint(*value),
            Value::Bytes(bytes) | Value::Raw(bytes) => bytes.clone(),
            Value::Message(fields) => encode(fields),
        }
    }

    pub(crate) fn raw(&self, bytes: Vec<u8>) -> Self {
        Self { of: self.of.clone(), value: Value::Raw(bytes) }
    }
}

pub(crate) fn encode(fields: &[Field]) -> Vec<u8> {
    fields.iter().flat_map(Field::encode).collect()
}

/// Every type with its samples.
pub(crate) fn all() -> impl Iterator<Item = (&'static Decoder, Vec<Field>)> {
    let schema = schema();
    DECODERS.iter().flat_map(move |decoder| {
        samples(&schema, decoder.name).into_iter().map(move |sample| (decoder, sample))
    })
}

/// Messages with every field set, two elements in each repeated one; as many as the oneof has members.
fn samples(schema: &Schema, name: &str) -> Vec<Vec<Field>> {
    let (members, others): (Vec<_>, Vec<_>) = schema[name].iter().partition(|field| field.in_oneof);
    let mut bodies: Vec<Option<&FieldType>> = members.into_iter().map(Some).collect();
    if bodies.is_empty() {
        bodies.push(None);
    }
    bodies
        .into_iter()
        .map(|member| {
            let mut fields: Vec<&FieldType> = others.iter().copied().chain(member).collect();
            fields.sort_by_key(|field| field.number);
            fields.into_iter().flat_map(|field| values(schema, field)).collect()
        })
        .collect()
}

fn values(schema: &Schema, of: &FieldType) -> Vec<Field> {
    let value = |n: u8| match &of.kind {
        Kind::Bool | Kind::Enum => Value::Number(1),
        Kind::U32 => Value::Number(300 + u64::from(n)),
        Kind::U64 => Value::Number(70_000 + u64::from(n)),
        Kind::Bytes => Value::Bytes(vec![0xA0 + n; 5]),
        Kind::Text => Value::Bytes(b"text".to_vec()),
        Kind::Message(name) => Value::Message(samples(schema, name).remove(0)),
    };
    (0..if of.repeated { 2 } else { 1 }).map(|n| Field { of: of.clone(), value: value(n) }).collect()
}

/// Damage done to the fields of one message: what was done, and the fields after it.
pub(crate) type Damage = Vec<(String, Vec<Field>)>;

/// The same damage at every level of a message.
pub(crate) fn everywhere(fields: &[Field], damage: &dyn Fn(&[Field]) -> Damage) -> Damage {
    let mut all = damage(fields);
    for (i, field) in fields.iter().enumerate() {
        if let Value::Message(inner) = &field.value {
            for (what, inner) in everywhere(inner, damage) {
                let mut outer = fields.to_vec();
                outer[i].value = Value::Message(inner);
                all.push((format!("{}: {what}", field.of.name), outer));
            }
        }
    }
    all
}

/// Each field replaced in turn by what `change` makes of it.
pub(crate) fn each_field(fields: &[Field], change: impl Fn(&Field) -> Vec<(String, Field)>) -> Damage {
    let mut all = Vec::new();
    for (i, field) in fields.iter().enumerate() {
        for (what, changed) in change(field) {
            let mut fields = fields.to_vec();
            fields[i] = changed;
            all.push((format!("{} {what}", field.of.name), fields));
        }
    }
    all
}
