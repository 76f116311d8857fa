//! Answers to forms, and what was chosen on cards.

use crate::{Content, Kind, Refused, Target, form::differ, wording};
use alloc::{format, string::String, vec::Vec};
use aside_wire::{
    Malformed,
    limits::{ANSWER_BYTES, FORM_FIELDS, FORM_ID_BYTES},
    pb,
};

/// The answers to a form, or the action chosen on a card. The hash in the target binds them to what was asked
/// (CON-26).
#[derive(Clone, PartialEq, Eq)]
pub struct Choice {
    /// The form or card.
    pub target: Target,
    /// 1 to 16 of them, one for a field.
    pub answers: Vec<Answer>,
}

/// The answer to one question.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The id of the field, 1 to 32 bytes; of a card, `action`.
    pub field: String,
    /// Up to 1,024 bytes.
    pub value: String,
}

impl Content for Choice {
    const KIND: Kind = Kind::CHOICE;
    type Fields = pb::Choice;

    fn check(&self) -> Result<(), Malformed> {
        if !(1..=FORM_FIELDS).contains(&self.answers.len()) {
            return Err(Malformed::Field("answers"));
        }
        for answer in &self.answers {
            wording::line(&answer.field, 1..=FORM_ID_BYTES, "field")?;
            wording::prose(&answer.value, ANSWER_BYTES, "value")?;
        }
        let fields = self.answers.iter().map(|answer| answer.field.as_str());
        if differ(fields) { Ok(()) } else { Err(Malformed::Field("field")) }
    }

    fn fallback_text(&self) -> String {
        let answers: Vec<String> = self.answers.iter().map(Answer::fallback_text).collect();
        format!("[answer] {}", answers.join(" · "))
    }

    fn fields(&self, fallback: String) -> pb::Choice {
        let answer =
            |answer: &Answer| pb::Answer { field: answer.field.clone(), value: answer.value.clone() };
        let answers = self.answers.iter().map(answer).collect();
        pb::Choice { target: self.target.fields(), answers, fallback }
    }

    fn read(fields: pb::Choice) -> Result<(Self, String), Refused> {
        let answers = fields.answers.into_iter();
        let answers = answers.map(|pb::Answer { field, value }| Answer { field, value }).collect();
        Ok((Self { target: Target::read(fields.target)?, answers }, fields.fallback))
    }
}

impl Answer {
    fn fallback_text(&self) -> String {
        if self.value.is_empty() { self.field.clone() } else { format!("{}: {}", self.field, self.value) }
    }
}
