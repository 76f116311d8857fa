//! What is stored of a message that goes: sealed under a key of its own, with a time at which it is due.

use super::{
    Step,
    vault::{self, KeyRef},
};
use crate::{
    conversation::Conversation,
    error::Error,
    records::{self, Records, StoredMessage, fixed, message_id_key, message_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::{Body, Expiry, Fact, Frame, Kind, Life, MessageId, derived::Stage};
use aside_primitives::Secret;
use zeroize::Zeroizing;

/// Why nothing is left of a message, as its record says it.
pub(crate) const EXPIRED: u32 = 1;
pub(crate) const OPENED: u32 = 2;

/// The content of a message, as it is stored.
pub(crate) struct Content {
    /// 0 if it is stored as it is.
    pub(crate) key: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Content {
    /// What is stored of something that is said: sealed if it goes some time, and under a key that is drawn for it alone
    /// (EXP-40).
    pub(crate) fn of(
        step: &mut Step<'_>,
        is_timed: bool,
        place: &[u8],
        content: Vec<u8>,
    ) -> Result<Self, Error> {
        if !is_timed {
            return Ok(Self { key: 0, bytes: content });
        }
        let content = Zeroizing::new(content);
        let (kept, key) = vault::keep_key(step.tx, step.entropy)?;
        Ok(Self { key: kept.to_stored(), bytes: vault::seal(&key, step.entropy, place, &content)? })
    }

    /// The same under a key that is kept already.
    pub(crate) fn under(
        step: &mut Step<'_>,
        key: u64,
        place: &[u8],
        content: Vec<u8>,
    ) -> Result<Self, Error> {
        let content = Zeroizing::new(content);
        let kept = KeyRef::from_stored(key).map_or(Ok(None), |kept| vault::key(step.tx, kept))?;
        let sealing = kept.ok_or(StoreError::Damaged("key of a message"))?;
        Ok(Self { key, bytes: vault::seal(&sealing, step.entropy, place, &content)? })
    }
}

/// What is stored under a key, or as it is; `None` if the key is destroyed.
pub(crate) fn opened(
    tx: &dyn Transaction,
    key: u64,
    place: &[u8],
    stored: &[u8],
) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let Some(kept) = KeyRef::from_stored(key) else { return Ok(Some(Zeroizing::new(stored.to_vec()))) };
    match vault::key(tx, kept)? {
        Some(key) => vault::open(&key, place, stored).map(Some),
        None => Ok(None),
    }
}

/// Whether what is stored under a key can be opened, or is stored as it is.
pub(crate) fn can_be_opened(tx: &dyn Transaction, key: u64) -> Result<bool, StoreError> {
    KeyRef::from_stored(key).map_or(Ok(true), |kept| vault::key(tx, kept).map(|key| key.is_some()))
}

/// What a message says; `None` once nothing is left of it.
pub(crate) fn said(
    tx: &dyn Transaction,
    conversation: Conversation,
    record: &StoredMessage,
) -> Result<Option<Body>, StoreError> {
    if record.gone != 0 {
        return Ok(None);
    }
    let place = id_key(conversation, record)?;
    let Some(content) = opened(tx, record.key, &place, &record.content)? else { return Ok(None) };
    let body = Body::decode(Kind(record.kind), &content);
    body.map(Some).map_err(|_| StoreError::Damaged("message content"))
}

/// The key that seals what is said about a message; `None` if the message stays, and about one that is gone nothing is kept.
pub(crate) fn mark_key(
    tx: &dyn Transaction,
    record: &StoredMessage,
) -> Result<Option<Secret<32>>, StoreError> {
    KeyRef::from_stored(record.key).map_or(Ok(None), |kept| vault::key(tx, kept))
}

/// It goes some time, or has gone.
pub(crate) const fn is_timed(record: &StoredMessage) -> bool {
    !record.life.is_empty() || record.gone != 0
}

/// How far a message is by its record, for what may be made of it.
pub(crate) const fn stage(record: &StoredMessage) -> Stage {
    match (record.gone, record.life.is_empty()) {
        (0, true) => Stage::Stays,
        (0, false) => Stage::Goes,
        _ => Stage::Gone,
    }
}

/// The life of a message; `None` if it stays.
pub(crate) fn life(record: &StoredMessage) -> Result<Option<Life>, StoreError> {
    if record.life.is_empty() {
        return Ok(None);
    }
    Life::import(&record.life).map(Some).map_err(|_| StoreError::Damaged("life of a message"))
}

/// The life that begins with a frame; `None` if its message stays.
pub(crate) fn beginning(frame: &Frame, received: Option<(u64, u64)>) -> Option<Life> {
    let Expiry { terms, .. } = frame.expiry.filter(Expiry::is_timed)?;
    Some(match received {
        Some((accepted_at, seen)) => Life::of_reader(terms, frame.sent_at, accepted_at, seen),
        None => Life::of_author(terms, frame.sent_at),
    })
}

/// Takes in what has become known of a message's life, and when it is due then (EXP-11). The record is not stored.
pub(crate) fn learn(
    tx: &mut dyn Transaction,
    place: &[u8],
    record: &mut StoredMessage,
    fact: Fact,
) -> Result<(), StoreError> {
    let Some(mut life) = life(record)? else { return Ok(()) };
    life.learn(fact);
    live(tx, place, record, &life)
}

/// Notes the life of a message and when it is due. The record is not stored.
pub(crate) fn live(
    tx: &mut dyn Transaction,
    place: &[u8],
    record: &mut StoredMessage,
    life: &Life,
) -> Result<(), StoreError> {
    not_due(tx, place, record)?;
    record.life = life.export();
    record.deadline = life.deadline();
    if let Some(deadline) = record.deadline {
        tx.put(Table::Due, &due_key(deadline, place), &[])?;
    }
    Ok(())
}

/// Nothing is due of a message any more.
pub(crate) fn not_due(
    tx: &mut dyn Transaction,
    place: &[u8],
    record: &mut StoredMessage,
) -> Result<(), StoreError> {
    record.deadline.take().map_or(Ok(()), |deadline| tx.delete(Table::Due, &due_key(deadline, place)))
}

/// The key of a message is destroyed, and it is not due any more: it is taken back, deleted, or gone. The record is not
/// stored.
pub(crate) fn destroy(step: &mut Step<'_>, place: &[u8], record: &mut StoredMessage) -> Result<(), Error> {
    not_due(step.tx, place, record)?;
    record.life.clear();
    destroy_key(step, core::mem::take(&mut record.key))
}

/// A key is destroyed, if there is one.
pub(crate) fn destroy_key(step: &mut Step<'_>, key: u64) -> Result<(), Error> {
    KeyRef::from_stored(key).map_or(Ok(()), |kept| vault::erase(step.tx, step.entropy, &[kept]))
}

/// The life of one's own message begins when the relay has accepted it (EXP-13, V8).
pub(crate) fn begin(
    step: &mut Step<'_>,
    conversation: Conversation,
    index: u64,
    at: u64,
    waits_until: u64,
) -> Result<bool, StoreError> {
    let place = message_key(&conversation, index);
    let Some(mut record) = step.tx.read::<StoredMessage>(Table::Message, &place)? else { return Ok(false) };
    record.accepted_at = at;
    record.waits_until = waits_until;
    let told_at = step.happens_at()?;
    learn(step.tx, &place, &mut record, Fact::Accepted { at, told_at })?;
    step.tx.write(Table::Message, &place, &record)?;
    Ok(true)
}

/// What names a message in its conversation, and seals belong to.
pub(crate) fn id_key(conversation: Conversation, record: &StoredMessage) -> Result<Vec<u8>, StoreError> {
    let id = MessageId::new(fixed(&record.message_id)?);
    Ok(message_id_key(&conversation, &records::account(&record.sender)?, &id))
}

/// deadline 8 | kind 1 | conversation 32 | index 8
fn due_key(deadline: u64, place: &[u8]) -> Vec<u8> {
    [deadline.to_be_bytes().as_slice(), place].concat()
}
