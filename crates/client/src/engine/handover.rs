//! Who answers in a conversation: a program or a person, as whoever answers says.

use super::{Engine, Step};
use crate::{
    conversation::{Answerer, Conversation},
    error::{Error, Misuse},
    records::{self, Records},
    store::{StoreError, Table, Transaction},
};
use aside_content::{Body, Frame, Handover};
use aside_identity::AccountKey;

/// Which kind of record it is, in the key of [`Table::Desk`].
const ANSWERER: u8 = 3;

impl Engine {
    /// Says that from here on a person answers, or a program. The label of CON-32 stays what the certificate makes it.
    ///
    /// # Errors
    /// [`Misuse::Note`] if the note is too long, or as [`Engine::say_in`].
    pub fn say_who_answers(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        to: Answerer,
        note: &str,
    ) -> Result<u64, Error> {
        let handover = Handover { to_person: to == Answerer::Person, note: note.to_owned() };
        let body = Body::of(handover).map_err(|_| Misuse::Note)?;
        let earlier = read(step.tx, conversation, &self.address().account)?;
        let now = step.now.max(earlier.map_or(0, |earlier| earlier.sent_at.saturating_add(1)));
        let mut later = Step { tx: &mut *step.tx, now, entropy: &mut *step.entropy };
        self.say_in(&mut later, conversation, body)
    }

    /// Who answers for an account in a conversation, as it has said last; `None` if it has said nothing (CON-34).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn answerer(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
        account: &AccountKey,
    ) -> Result<Option<Answerer>, StoreError> {
        let known = read(tx, conversation, account)?;
        Ok(known.map(|known| if known.is_person { Answerer::Person } else { Answerer::Program }))
    }
}

/// Remembers a handover, if it is later than the one that is known (CON-34).
pub(crate) fn note_answerer(
    tx: &mut dyn Transaction,
    conversation: Conversation,
    account: &AccountKey,
    frame: &Frame,
) -> Result<(), StoreError> {
    let Body::Handover(handover) = &frame.body else { return Ok(()) };
    if read(tx, conversation, account)?.is_some_and(|known| known.sent_at >= frame.sent_at) {
        return Ok(());
    }
    let record = records::Answerer { is_person: handover.to_person, sent_at: frame.sent_at };
    tx.write(Table::Desk, &key(conversation, account), &record)
}

fn read(
    tx: &dyn Transaction,
    conversation: Conversation,
    account: &AccountKey,
) -> Result<Option<records::Answerer>, StoreError> {
    tx.read(Table::Desk, &key(conversation, account))
}

/// kind 1 | conversation 33 | account 32
fn key(conversation: Conversation, account: &AccountKey) -> Vec<u8> {
    [[ANSWERER].as_slice(), &conversation.key(), account.as_bytes()].concat()
}
