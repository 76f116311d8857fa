//! Answers to forms and cards: they fit what was asked here, and of several the latest counts (CON-36, CON-37).

use super::{
    Engine, Step,
    marks::{ANSWER, Marked, find},
    stop::Stop,
    timed,
};
use crate::{
    conversation::Conversation,
    error::{Error, Misuse},
    records::{self, Mark, Records, fixed, mark_key, message_id_key, message_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::{Answer, Body, Card, Checked, Choice, Form, FormField, FormFieldKind, Frame, Target};
use aside_identity::AccountKey;
use aside_wire::Reject;

/// What can be answered.
enum Asked {
    Form(Checked<Form>),
    Card(Checked<Card>),
}

impl Asked {
    /// What a message asks, if it asks something.
    fn of(
        tx: &dyn Transaction,
        conversation: Conversation,
        record: &records::StoredMessage,
    ) -> Result<Option<Self>, StoreError> {
        Ok(match timed::said(tx, conversation, record)? {
            Some(Body::Form(form)) => Some(Self::Form(form)),
            Some(Body::Card(card)) => Some(Self::Card(card)),
            _ => None,
        })
    }

    fn takes(&self, answers: &[Answer]) -> bool {
        match self {
            Self::Form(form) => form.takes(answers),
            Self::Card(card) => card.takes(answers),
        }
    }

    /// Which answer does not fit, in words.
    fn unfit(&self, answers: &[Answer]) -> Option<String> {
        match self {
            _ if self.takes(answers) => None,
            Self::Form(form) => Some(unfit(form, answers)),
            Self::Card(card) if card.actions.is_empty() => Some("there is nothing to choose".into()),
            Self::Card(card) => {
                let values: Vec<_> = card.actions.iter().map(|action| action.value.as_str()).collect();
                Some(format!("choose one of: {}", values.join(", ")))
            }
        }
    }
}

impl Engine {
    /// Answers a form or chooses on a card (CON-26, CON-35). Returns the index of the answer.
    ///
    /// # Errors
    /// [`Misuse::NothingAsked`], [`Misuse::Answers`] with what does not fit, or as [`Engine::say_in`].
    pub fn choose(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        to: u64,
        answers: Vec<Answer>,
    ) -> Result<u64, Error> {
        let (target, _) = self.target(step.tx, conversation, to)?;
        let key = message_key(&conversation, to);
        let record = step.tx.read::<records::StoredMessage>(Table::Message, &key)?;
        let asked = match &record {
            Some(record) => Asked::of(step.tx, conversation, record)?,
            None => None,
        };
        let asked = asked.ok_or(Misuse::NothingAsked)?;
        if !self.may_be_answered(conversation, &target, &self.address().account) {
            return Err(Misuse::NothingAsked.into());
        }
        if let Some(reason) = asked.unfit(&answers) {
            return Err(Misuse::Answers(reason).into());
        }
        let choice = Body::of(Choice { target, answers }).map_err(|_| {
            Misuse::Answers("each question is answered once, with at most 1,024 bytes".into())
        })?;
        // CON-35
        let earlier =
            step.tx.read::<Mark>(Table::Mark, &answer_key(conversation, &target, &self.address().account))?;
        let now = step.now.max(earlier.map_or(0, |earlier| earlier.counter.saturating_add(1)));
        let mut later = Step { tx: &mut *step.tx, now, entropy: &mut *step.entropy };
        self.say_in(&mut later, conversation, choice)
    }

    /// Whether answers of somebody are answers to what was asked here (CON-26, CON-36). A member of a group may have
    /// come later than the question.
    pub(crate) fn check_choice(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
        by: &AccountKey,
        choice: &Choice,
    ) -> Result<(), Stop> {
        let Target { author, message_id, hash } = &choice.target;
        let in_group = matches!(conversation, Conversation::Group(_));
        let Some(Marked { record, .. }) = find(tx, conversation, author, message_id)? else {
            return if in_group { Ok(()) } else { Err(Reject::Policy.into()) };
        };
        let asked = Asked::of(tx, conversation, &record)?.filter(|_| record.hash == hash.as_bytes());
        let fits = asked.is_some_and(|asked| asked.takes(&choice.answers));
        if fits && self.may_be_answered(conversation, &choice.target, by) {
            Ok(())
        } else {
            Err(Reject::Policy.into())
        }
    }

    /// Between two people the one answers what the other has asked; in a group everybody answers.
    fn may_be_answered(&self, conversation: Conversation, target: &Target, by: &AccountKey) -> bool {
        matches!(conversation, Conversation::Group(_)) || target.author != *by
    }
}

/// Remembers an answer beside what it answers, if it is later than the one of the same account that is known (CON-37).
pub(crate) fn note_answer(
    tx: &mut dyn Transaction,
    conversation: Conversation,
    by: &AccountKey,
    frame: &Frame,
    index: u64,
) -> Result<(), StoreError> {
    let Body::Choice(choice) = &frame.body else { return Ok(()) };
    if find(tx, conversation, &choice.target.author, &choice.target.message_id)?.is_none() {
        return Ok(());
    }
    let key = answer_key(conversation, &choice.target, by);
    let value = [frame.message_id.as_bytes().as_slice(), &index.to_be_bytes()].concat();
    let known = tx.read::<Mark>(Table::Mark, &key)?.unwrap_or_default();
    let earlier = |known: &Mark| (known.counter, known.value.get(..16).map(<[u8]>::to_vec));
    let answer = Mark { counter: frame.sent_at, value };
    if earlier(&known) < earlier(&answer) {
        tx.write(Table::Mark, &key, &answer)?;
    }
    Ok(())
}

/// An answer that is taken back counts no more, and none of before instead of it (CON-37).
pub(crate) fn forget_answer(
    tx: &mut dyn Transaction,
    conversation: Conversation,
    by: &AccountKey,
    (index, record): (u64, &records::StoredMessage),
) -> Result<(), StoreError> {
    let Some(Body::Choice(choice)) = timed::said(tx, conversation, record)? else { return Ok(()) };
    let key = answer_key(conversation, &choice.target, by);
    match tx.read::<Mark>(Table::Mark, &key)? {
        Some(mark) if answer_index(&mark)? == index => {
            let none = [mark.value.get(..16).unwrap_or_default(), &0u64.to_be_bytes()].concat();
            tx.write(Table::Mark, &key, &Mark { value: none, ..mark })
        }
        _ => Ok(()),
    }
}

/// The index of the answer that a mark names; 0 if it was taken back.
pub(crate) fn answer_index(mark: &Mark) -> Result<u64, StoreError> {
    fixed(mark.value.get(16..).unwrap_or_default()).map(u64::from_be_bytes)
}

fn answer_key(conversation: Conversation, target: &Target, by: &AccountKey) -> Vec<u8> {
    mark_key(&message_id_key(&conversation, &target.author, &target.message_id), ANSWER, by)
}

/// The first thing that is wrong with answers to a form.
fn unfit(form: &Form, answers: &[Answer]) -> String {
    for answer in answers {
        let Some(field) = form.fields.iter().find(|field| field.id == answer.field) else {
            let ids: Vec<_> = form.fields.iter().map(|field| field.id.as_str()).collect();
            return format!("there is no question {}; there are: {}", answer.field, ids.join(", "));
        };
        match field.kind {
            FormFieldKind::Choice if !field.options.contains(&answer.value) => {
                return format!("{} is answered with one of: {}", field.id, field.options.join(", "));
            }
            FormFieldKind::Button if !answer.value.is_empty() => {
                return format!("{} is pressed, without a value: {}=", field.id, field.id);
            }
            _ => {}
        }
    }
    let is_missing = |field: &&FormField| {
        let answered = |answer: &Answer| answer.field == field.id && !answer.value.is_empty();
        field.required && !answers.iter().any(answered)
    };
    match form.fields.iter().find(is_missing) {
        Some(field) => format!("{} has to be answered", field.id),
        None => "nothing is answered".into(),
    }
}
