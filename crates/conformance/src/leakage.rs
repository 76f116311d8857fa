//! The ledger of what a relay sees, `test-vectors/leakage.json`, and what stands more in one than in another.
//!
//! It is made from the transcripts; the generator refuses to write one that shows more, unless it is told to.

use crate::{files, seen::Field, value::Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The whole ledger.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// What it is, for a person.
    pub about: String,
    /// The chapter that describes it.
    pub chapter: String,
    /// Every field that a relay sees in any request, by its path.
    pub fields: Vec<Row>,
    /// What a relay sees of each kind of frame, by where it stands.
    pub places: Vec<Place>,
}

/// A field.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Where it stands in a request.
    pub path: String,
    /// What class of thing it is.
    pub tells: String,
    /// The lengths that it has, if it cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lengths: Vec<u64>,
    /// The values that it has, if they are few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Whether it tells one request from another.
    pub varies: Varies,
    /// What the relay needs it for, or why it is there.
    pub why: String,
    /// The requirement that is about it.
    pub clause: String,
}

/// Whether a field tells one request from another. Later ones tell more.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Varies {
    /// It is the same in all of them.
    Constant,
    /// It is another one in each.
    Fresh,
    /// Some have it in common, and others do not.
    Linkable,
}

/// The kinds of frames of one place.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// `thread`, `chat`, `transient`, `members`, `group` or `log`.
    pub place: String,
    /// What is seen of each kind that stands there.
    pub always: Vec<String>,
    /// The kinds.
    pub kinds: Vec<Kind>,
}

/// A kind of frame, or of entry of a log.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Its number.
    pub kind: u32,
    /// Its name, if this version knows it.
    pub name: String,
    /// What is seen of it beside that, at one time or another.
    pub also: Vec<String>,
}

impl Ledger {
    /// The ledger of this workspace.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn load() -> Result<Self, String> {
        let path = files::folder().join(files::LEDGER);
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", files::LEDGER))?;
        Self::parse(&text)
    }

    /// One in which nothing is seen.
    #[must_use]
    pub const fn empty() -> Self {
        Self { about: String::new(), chapter: String::new(), fields: Vec::new(), places: Vec::new() }
    }

    /// Reads the text of the file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("{}: {error}", files::LEDGER))
    }

    /// The text of the file.
    ///
    /// # Errors
    /// [`serde_json::Error`] if a number is too great for a vector.
    pub fn print(&self) -> Result<String, serde_json::Error> {
        let value: Value = serde_json::from_str(&serde_json::to_string(self)?)?;
        Ok(value.print())
    }

    /// The row of a field.
    #[must_use]
    pub fn row(&self, path: &str) -> Option<&Row> {
        self.fields.iter().find(|row| row.path == path)
    }

    /// What is wrong with a field that a relay sees: it is not here, or not with this class, length or value.
    #[must_use]
    pub fn finding(&self, field: &Field) -> Option<String> {
        let Some(row) = self.row(&field.path) else {
            return Some(format!("`{}`, a field that is new", field.path));
        };
        let length = field.told.length().and_then(|length| u64::try_from(length).ok());
        let value = field.told.value();
        let fits = row.tells == field.told.class()
            && length.is_none_or(|length| row.lengths.contains(&length))
            && (row.values.is_empty() || row.values.iter().any(|known| known.as_bytes() == value));
        (!fits).then(|| format!("`{field}`"))
    }

    /// All lines that a kind may show in a place.
    #[must_use]
    pub fn lines(&self, place: &str, kind: u32) -> Option<BTreeSet<&str>> {
        let place = self.places.iter().find(|row| row.place == place)?;
        let row = place.kinds.iter().find(|row| row.kind == kind)?;
        Some(place.always.iter().chain(&row.also).map(String::as_str).collect())
    }

    /// All lines that any kind may show in a place.
    fn any_lines(&self, place: &str) -> BTreeSet<&str> {
        let places = self.places.iter().filter(|row| row.place == place);
        let lines = places.flat_map(|row| row.kinds.iter().flat_map(|kind| &kind.also).chain(&row.always));
        lines.map(String::as_str).collect()
    }

    /// Whether this ledger may take the place of another, and what is to be told of it: one in which a relay sees more has to be
    /// asked for (LEA-1).
    ///
    /// # Errors
    /// What a relay would see.
    pub fn in_place_of(&self, old: &Self, shows_more: bool) -> Result<Vec<String>, String> {
        let (more, less) = (self.beyond(old), old.beyond(self));
        if !more.is_empty() && !shows_more {
            let list = more.join("\n  ");
            let remedy = "if that is meant, say why in spec/leakage.md, and run `cargo xtask gen-vectors --shows-more`";
            return Err(format!(
                "test-vectors/{}: a relay would see more:\n  {list}\n{remedy}",
                files::LEDGER
            ));
        }
        let more = more.iter().map(|line| format!("a relay sees more: {line}"));
        Ok(more.chain(less.iter().map(|line| format!("a relay sees less: {line}"))).collect())
    }

    /// What a relay sees by this ledger and not by another, a sentence each.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Vec<String> {
        let mut more: Vec<String> = self.fields.iter().flat_map(|row| row.beyond(other)).collect();
        for place in &self.places {
            for kind in &place.kinds {
                let (name, number, place) = (&kind.name, kind.kind, &place.place);
                let known = other.lines(place, number);
                // A kind that is new may look like the others there.
                let allowed = known.unwrap_or_else(|| other.any_lines(place));
                let lines = self.lines(place, number).unwrap_or_default();
                let news = lines.difference(&allowed);
                more.extend(news.map(|line| format!("{place}: kind {number}, {name}: `{line}`")));
            }
        }
        more
    }
}

impl Row {
    fn beyond(&self, ledger: &Ledger) -> Vec<String> {
        let path = &self.path;
        let Some(other) = ledger.row(path) else { return vec![format!("`{path}`, a field that is new")] };
        let mut more = Vec::new();
        if self.tells != other.tells {
            more.push(format!("`{path}` is {}, and was {}", self.tells, other.tells));
        }
        let lengths = self.lengths.iter().filter(|length| !other.lengths.contains(length));
        more.extend(lengths.map(|length| format!("`{path}` with {length} bytes")));
        // Where another ledger lists none, they are not few.
        let values = self.values.iter().filter(|value| !other.values.contains(value));
        more.extend(values.map(|value| format!("`{path}` with the value {value}")));
        if self.varies > other.varies {
            more.push(format!("`{path}` is {}, and was {}", self.varies.name(), other.varies.name()));
        }
        more
    }
}

impl Varies {
    const fn name(self) -> &'static str {
        match self {
            Self::Constant => "the same in all requests",
            Self::Fresh => "another one in each request",
            Self::Linkable => "the same in some requests and another one in others",
        }
    }
}
