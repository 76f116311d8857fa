//! Questions.

use crate::{Answer, Content, Kind, Refused, wording};
use alloc::{format, string::String, vec::Vec};
use aside_wire::{
    Malformed, decode,
    limits::{FORM_FIELDS, FORM_ID_BYTES, FORM_OPTION_BYTES, FORM_OPTIONS, TITLE_BYTES},
    pb,
};
use prost::Message;

/// Questions that a program can read the answers to.
#[derive(Clone, PartialEq, Eq)]
pub struct Form {
    /// Up to 256 bytes.
    pub title: String,
    /// 1 to 16 of them, with different ids.
    pub fields: Vec<FormField>,
}

/// A question of a form.
#[derive(Clone, PartialEq, Eq)]
pub struct FormField {
    /// Names it within the form, 1 to 32 bytes.
    pub id: String,
    /// The question, 1 to 256 bytes.
    pub label: String,
    /// How it is answered.
    pub kind: FormFieldKind,
    /// What can be chosen, 1 to 16 different ones of 1 to 128 bytes; none of another kind.
    pub options: Vec<String>,
    /// It has to be answered; never a button.
    pub required: bool,
}

/// How a question is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormFieldKind {
    /// With any text.
    Text,
    /// With one of the options.
    Choice,
    /// By being pressed, with an empty value.
    Button,
}

impl Form {
    /// Whether these answers are answers to this form: each to one of its questions, with one of the options if there
    /// are any, and everything answered that has to be (CON-26).
    #[must_use]
    pub fn takes(&self, answers: &[Answer]) -> bool {
        let fits = |answer: &Answer| {
            self.fields.iter().any(|field| field.id == answer.field && field.takes(&answer.value))
        };
        let is_answered = |field: &FormField| {
            answers.iter().any(|answer| answer.field == field.id && !answer.value.is_empty())
        };
        answers.iter().all(fits) && self.fields.iter().all(|field| !field.required || is_answered(field))
    }
}

impl FormField {
    fn takes(&self, value: &str) -> bool {
        match self.kind {
            FormFieldKind::Text => true,
            FormFieldKind::Choice => self.options.iter().any(|option| option == value),
            FormFieldKind::Button => value.is_empty(),
        }
    }

    fn check(&self) -> Result<(), Malformed> {
        wording::line(&self.id, 1..=FORM_ID_BYTES, "id")?;
        wording::line(&self.label, 1..=TITLE_BYTES, "label")?;
        let few = if self.kind == FormFieldKind::Choice { 1..=FORM_OPTIONS } else { 0..=0 };
        if !few.contains(&self.options.len()) {
            return Err(Malformed::Field("options"));
        }
        for option in &self.options {
            wording::line(option, 1..=FORM_OPTION_BYTES, "options")?;
        }
        if !differ(self.options.iter().map(String::as_str)) {
            return Err(Malformed::Field("options"));
        }
        let is_button = self.kind == FormFieldKind::Button;
        if self.required && is_button { Err(Malformed::Field("required")) } else { Ok(()) }
    }

    fn encode(&self) -> Vec<u8> {
        let kind = match self.kind {
            FormFieldKind::Text => pb::FormFieldKind::Text,
            FormFieldKind::Choice => pb::FormFieldKind::Choice,
            FormFieldKind::Button => pb::FormFieldKind::Button,
        };
        pb::FormField {
            id: self.id.clone(),
            label: self.label.clone(),
            kind: kind.into(),
            options: self.options.clone(),
            required: self.required,
        }
        .encode_to_vec()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let pb::FormField { id, label, kind, options, required } = decode(bytes)?;
        let kind = match pb::FormFieldKind::try_from(kind) {
            Ok(pb::FormFieldKind::Text) => FormFieldKind::Text,
            Ok(pb::FormFieldKind::Choice) => FormFieldKind::Choice,
            Ok(pb::FormFieldKind::Button) => FormFieldKind::Button,
            _ => return Err(Malformed::Field("kind")),
        };
        Ok(Self { id, label, kind, options, required })
    }
}

impl Content for Form {
    const KIND: Kind = Kind::FORM;
    type Fields = pb::Form;

    fn check(&self) -> Result<(), Malformed> {
        wording::line(&self.title, 0..=TITLE_BYTES, "title")?;
        if !(1..=FORM_FIELDS).contains(&self.fields.len()) {
            return Err(Malformed::Field("fields"));
        }
        self.fields.iter().try_for_each(FormField::check)?;
        let ids = self.fields.iter().map(|field| field.id.as_str());
        if differ(ids) { Ok(()) } else { Err(Malformed::Field("id")) }
    }

    fn fallback_text(&self) -> String {
        let labels: Vec<&str> = self.fields.iter().map(|field| field.label.as_str()).collect();
        let labels = labels.join(" · ");
        if self.title.is_empty() {
            format!("[form] {labels}")
        } else {
            format!("[form] {}: {labels}", self.title)
        }
    }

    fn fields(&self, fallback: String) -> pb::Form {
        let fields = self.fields.iter().map(FormField::encode).collect();
        pb::Form { title: self.title.clone(), fields, fallback }
    }

    fn read(fields: pb::Form) -> Result<(Self, String), Refused> {
        let questions = fields.fields.iter().map(|field| FormField::decode(field));
        let form = Self { title: fields.title, fields: questions.collect::<Result<_, _>>()? };
        Ok((form, fields.fallback))
    }
}

/// No two are the same. There are few of them.
pub(crate) fn differ<'a>(names: impl Iterator<Item = &'a str> + Clone) -> bool {
    let mut rest = names.clone();
    names.into_iter().all(|name| {
        rest.next();
        !rest.clone().any(|other| other == name)
    })
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
