//! Holds `proto/` to what the canonical encoding needs, and its messages against the limits of the wire crate.

use crate::{
    Failure, gen_proto,
    step::{self, Outcome},
    workspace,
};
use protox::prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};
use std::collections::{BTreeMap, BTreeSet};

/// Where the limits of each message stand.
const LIMITS: &str = "crates/wire/src/limits.rs";
/// What to do about a finding.
pub(crate) const REMEDY: &str =
    "mend proto/ or crates/wire/src/limits.rs; `cargo xtask proto-lint` repeats this check";

/// Field numbers in the path of a source location, as `descriptor.proto` has them.
const MESSAGES: i32 = 4;
const ENUMS: i32 = 5;
const FIELDS: i32 = 2;
const VALUES: i32 = 2;

/// The task.
pub(crate) fn run(_options: &[&str]) -> Result<(), Failure> {
    step::alone("proto-lint", "proto/ has one encoding, comments and limits", check)
}

/// Everything that can be found.
pub(crate) fn check() -> Result<Outcome, Failure> {
    let set = gen_proto::descriptors()?;
    let limits = std::fs::read_to_string(workspace::root().join(LIMITS))?;
    let mut found = encoding(&set);
    found.extend(comments(&set));
    found.extend(limits_differ(&set, &limits));
    if found.is_empty() {
        println!("   {} messages", messages(&set).count());
        return Ok(Outcome::Done);
    }
    Err(format!("{} findings\n{}", found.len(), found.join("\n")).into())
}

fn messages(set: &FileDescriptorSet) -> impl Iterator<Item = &DescriptorProto> {
    set.file.iter().flat_map(|file| &file.message_type)
}

/// What would give a message two encodings, or a decoder work without bound.
fn encoding(set: &FileDescriptorSet) -> Vec<String> {
    let mut found = Vec::new();
    for file in set.file.iter().filter(|file| file.syntax() != "proto3") {
        found.push(format!("{}: proto3 only", file.name()));
    }
    for message in messages(set) {
        let name = message.name();
        for inner in &message.nested_type {
            let map = inner.options.as_ref().is_some_and(|options| options.map_entry());
            let what = if map { "a map has no order" } else { "messages and groups stand at the top level" };
            found.push(format!("{name}.{}: {what}", inner.name()));
        }
        found.extend(
            message
                .field
                .iter()
                .filter_map(|field| Some(format!("{name}.{}: {}", field.name(), refused_field(field)?))),
        );
        found.extend(scattered_oneofs(message).map(|oneof| {
            format!("{name}.{oneof}: the numbers of its members must follow each other, or encoders order it differently")
        }));
    }
    found.extend(recursive(set).into_iter().map(|name| format!("{name}: contains itself")));
    found
}

/// Why a field may not be as it is.
fn refused_field(field: &FieldDescriptorProto) -> Option<&'static str> {
    let delimited = matches!(field.r#type(), Type::Bytes | Type::String | Type::Message);
    match field.r#type() {
        Type::Group => Some("no groups"),
        Type::Fixed32 | Type::Fixed64 | Type::Sfixed32 | Type::Sfixed64 | Type::Float | Type::Double => {
            Some("no fixed-width types")
        }
        Type::Int32 | Type::Int64 | Type::Sint32 | Type::Sint64 => Some("numbers are unsigned"),
        _ if field.proto3_optional() => Some("no `optional`: a default is never written"),
        _ if field.label() == Label::Repeated && !delimited => Some("no packed fields"),
        _ => None,
    }
}

/// The names of oneofs with a gap, or another field, between the numbers of two members.
fn scattered_oneofs(message: &DescriptorProto) -> impl Iterator<Item = &str> {
    message.oneof_decl.iter().enumerate().filter_map(|(index, oneof)| {
        let index = i32::try_from(index).ok();
        let mut numbers: Vec<i32> = message
            .field
            .iter()
            .filter(|field| field.oneof_index == index)
            .map(|field| field.number())
            .collect();
        numbers.sort_unstable();
        let contiguous =
            numbers.windows(2).all(|pair| matches!(pair, [a, b] if a.checked_add(1) == Some(*b)));
        (!contiguous).then(|| oneof.name())
    })
}

/// The messages that each message holds, by name.
fn children(set: &FileDescriptorSet) -> BTreeMap<&str, Vec<&str>> {
    messages(set)
        .map(|message| {
            let fields = message.field.iter().filter(|field| field.r#type() == Type::Message);
            (message.name(), fields.map(|field| last_part(field.type_name())).collect())
        })
        .collect()
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn recursive(set: &FileDescriptorSet) -> Vec<String> {
    let children = children(set);
    let reaches_itself = |name: &str| {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&str> = children.get(name).cloned().unwrap_or_default();
        while let Some(next) = open.pop() {
            if next == name {
                return true;
            }
            if seen.insert(next) {
                open.extend(children.get(next).into_iter().flatten());
            }
        }
        false
    };
    children.keys().filter(|name| reaches_itself(name)).map(|name| (*name).to_owned()).collect()
}

/// What has no comment before it. The member of a oneof is explained by its type.
fn comments(set: &FileDescriptorSet) -> Vec<String> {
    let mut found = Vec::new();
    for file in &set.file {
        for (path, message) in numbered(&[MESSAGES], &file.message_type) {
            found.extend(uncommented(file, &path, message.name()));
            for (i, field) in numbered(&[], &message.field) {
                if field.oneof_index.is_none() || field.r#type() != Type::Message {
                    let path = [&path[..], &[FIELDS], &i].concat();
                    found.extend(uncommented(file, &path, &format!("{}.{}", message.name(), field.name())));
                }
            }
        }
        for (path, choice) in numbered(&[ENUMS], &file.enum_type) {
            found.extend(uncommented(file, &path, choice.name()));
            found.extend(uncommented_values(file, &path, choice));
        }
    }
    found
}

fn uncommented_values(file: &FileDescriptorProto, path: &[i32], choice: &EnumDescriptorProto) -> Vec<String> {
    numbered(&[], &choice.value)
        .filter_map(|(i, value)| {
            let path = [path, &[VALUES], &i].concat();
            uncommented(file, &path, value.name())
        })
        .collect()
}

/// Each item with the path to it: the path given, then its index.
fn numbered<'a, T>(path: &[i32], items: &'a [T]) -> impl Iterator<Item = (Vec<i32>, &'a T)> {
    (0..).zip(items).map(move |(i, item)| ([path, &[i]].concat(), item))
}

fn uncommented(file: &FileDescriptorProto, path: &[i32], name: &str) -> Option<String> {
    let locations = file.source_code_info.iter().flat_map(|info| &info.location);
    let commented = locations
        .filter(|location| location.path == path)
        .any(|location| !location.leading_comments().trim().is_empty());
    (!commented).then(|| format!("{name}: no comment"))
}

/// One line of the table of limits.
struct Limit {
    name: String,
    /// The most fields, if it is written as a number.
    fields: Option<usize>,
    /// The members of its oneof.
    nested: Vec<i32>,
}

/// The differences between the messages and the table of limits.
fn limits_differ(set: &FileDescriptorSet, source: &str) -> Vec<String> {
    let Some(limits) = table(source) else {
        return vec![format!("{LIMITS}: no table `strict! {{ … }}`")];
    };
    let mut found = Vec::new();
    let held: BTreeSet<&str> = children(set).into_values().flatten().collect();
    for message in messages(set) {
        let name = message.name();
        let Some(limit) = limits.iter().find(|limit| limit.name == name) else {
            if !held.contains(name) {
                found.push(format!("{name}: nothing holds it, and it has no limits in {LIMITS}"));
            }
            continue;
        };
        let (members, others): (Vec<_>, Vec<_>) =
            message.field.iter().partition(|field| field.oneof_index.is_some());
        let fields = others.len().saturating_add(message.oneof_decl.len());
        let repeated = message.field.iter().any(|field| field.label() == Label::Repeated);
        if !repeated && limit.fields.is_some_and(|limit| limit != fields) {
            found.push(format!("{name}: it has {fields} fields, and another number in {LIMITS}"));
        }
        let mut numbers: Vec<i32> = members.iter().map(|field| field.number()).collect();
        numbers.sort_unstable();
        if limit.nested != numbers {
            found.push(format!("{name}: the members of its oneof are not those nested in {LIMITS}"));
        }
    }
    for limit in limits {
        if !messages(set).any(|message| message.name() == limit.name) {
            found.push(format!("{}: it has limits in {LIMITS}, and is no message of proto/", limit.name));
        }
    }
    found
}

/// Reads `Name: bytes, fields;` and `Name: bytes, fields, nested &[1, 2];`.
fn table(source: &str) -> Option<Vec<Limit>> {
    let (_, rest) = source.split_once("\nstrict! {\n")?;
    let (table, _) = rest.split_once("\n}")?;
    let line = |line: &str| {
        let (name, rest) = line.trim().trim_end_matches(';').split_once(": ")?;
        let (limits, nested) = rest.split_once(", nested &[").unwrap_or((rest, ""));
        let (_, fields) = limits.rsplit_once(", ")?;
        let nested =
            nested.trim_end_matches(']').split(", ").filter_map(|number| number.parse().ok()).collect();
        Some(Limit { name: name.to_owned(), fields: fields.parse().ok(), nested })
    };
    table.lines().map(line).collect()
}

#[cfg(test)]
#[path = "proto_lint_tests.rs"]
mod tests;
