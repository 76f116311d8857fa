//! JSON as vectors use it: no null, no fractions, no negative numbers, no key twice, order kept.

use crate::hex;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use std::fmt;

/// The greatest number in a vector: the greatest integer that every JSON reader keeps exactly.
pub const GREATEST_NUMBER: u64 = (1 << 53) - 1;
/// Runs of one byte from this length on are written as a repetition.
const RUN: usize = 64;
/// The width a line is kept to, where it can be.
const WIDTH: usize = 120;

/// A value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// `true` or `false`.
    Flag(bool),
    /// From 0 to [`GREATEST_NUMBER`].
    Number(u64),
    /// A text, or bytes in hex.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Object(Fields),
}

/// The fields of an object, in the order of the file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fields(Vec<(String, Value)>);

impl Fields {
    /// No fields.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.0.push((name.to_owned(), value));
        self
    }

    /// Adds bytes, long runs of one byte as a repetition.
    #[must_use]
    pub fn bytes(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.with(name, Value::bytes(bytes.as_ref()))
    }

    /// Adds a list of byte strings.
    #[must_use]
    pub fn bytes_list<T: AsRef<[u8]>>(self, name: &str, list: impl IntoIterator<Item = T>) -> Self {
        self.with(name, Value::List(list.into_iter().map(|bytes| Value::bytes(bytes.as_ref())).collect()))
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, name: &str, text: &str) -> Self {
        self.with(name, Value::Text(text.to_owned()))
    }

    /// Adds a number.
    #[must_use]
    pub fn number(self, name: &str, number: impl Into<u64>) -> Self {
        self.with(name, Value::Number(number.into()))
    }

    /// Adds a flag.
    #[must_use]
    pub fn flag(self, name: &str, flag: bool) -> Self {
        self.with(name, Value::Flag(flag))
    }

    /// The value of a field.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether there is no field.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Value {
    /// Bytes: hex, and where one byte repeats for long, a repetition instead of it.
    #[must_use]
    pub fn bytes(bytes: &[u8]) -> Self {
        let mut parts: Vec<Self> = Vec::new();
        let mut plain: Vec<u8> = Vec::new();
        for run in bytes.chunk_by(|a, b| a == b) {
            match run.first() {
                Some(byte) if run.len() >= RUN => {
                    if !plain.is_empty() {
                        parts.push(Self::Text(hex::encode(&std::mem::take(&mut plain))));
                    }
                    parts.push(Self::repetition(*byte, run.len()));
                }
                _ => plain.extend_from_slice(run),
            }
        }
        if !plain.is_empty() || parts.is_empty() {
            parts.push(Self::Text(hex::encode(&plain)));
        }
        match <[Self; 1]>::try_from(parts) {
            Ok([only]) => only,
            Err(parts) => Self::List(parts),
        }
    }

    /// One byte, repeated.
    #[must_use]
    pub fn repetition(byte: u8, times: usize) -> Self {
        let fields = Fields::new().text("repeat", &hex::encode(&[byte]));
        Self::Object(fields.number("times", u64::try_from(times).unwrap_or(GREATEST_NUMBER)))
    }

    /// The value as the text of a file, with a line break at its end.
    #[must_use]
    pub fn print(&self) -> String {
        let mut text = String::new();
        self.print_into(&mut text, 0, 0);
        text.push('\n');
        text
    }

    /// What fits in a line stands in one line. `before` characters of the line are taken.
    fn print_into(&self, text: &mut String, depth: usize, before: usize) {
        let line = self.to_string();
        let fits = before.saturating_add(line.chars().count()) <= WIDTH;
        if fits && depth > 1 {
            text.push_str(&line);
            return;
        }
        let inner = depth.saturating_add(1);
        let indent = "  ".repeat(inner);
        match self {
            Self::List(items) if !items.is_empty() => {
                text.push('[');
                for (position, item) in items.iter().enumerate() {
                    text.push_str(if position == 0 { "\n" } else { ",\n" });
                    text.push_str(&indent);
                    item.print_into(text, inner, indent.len());
                }
                text.push_str(&format!("\n{}]", "  ".repeat(depth)));
            }
            Self::Object(fields) if !fields.is_empty() => {
                text.push('{');
                for (position, (name, value)) in fields.iter().enumerate() {
                    text.push_str(if position == 0 { "\n" } else { ",\n" });
                    let key = format!("{indent}{}: ", quoted(name));
                    text.push_str(&key);
                    value.print_into(text, inner, key.chars().count());
                }
                text.push_str(&format!("\n{}}}", "  ".repeat(depth)));
            }
            _ => text.push_str(&line),
        }
    }
}

/// The value in one line.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::List(items) => {
                f.write_str("[")?;
                for (position, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if position == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Object(fields) => fields.fmt(f),
        }
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (position, (name, value)) in self.iter().enumerate() {
            write!(f, "{}{}: {value}", if position == 0 { " " } else { ", " }, quoted(name))?;
        }
        f.write_str(if self.is_empty() { "}" } else { " }" })
    }
}

fn quoted(text: &str) -> String {
    // A string has a JSON form, always.
    serde_json::to_string(text).unwrap_or_default()
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(fields) => fields.serialize(serializer),
        }
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(fields) => Ok(fields),
            _ => Err(de::Error::custom("an object is expected here")),
        }
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, a whole number from 0, a string, a list or an object")
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        if number > GREATEST_NUMBER {
            return Err(E::custom("a number above 2^53 - 1, which not every reader keeps"));
        }
        Ok(Value::Number(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Fields::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if fields.find(&name).is_some() {
                return Err(de::Error::custom(format!("the field `{name}` stands twice")));
            }
            fields.0.push((name, value));
        }
        Ok(Value::Object(fields))
    }
}
