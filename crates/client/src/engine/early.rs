//! What an author has said about how long a message lives, before the message came: a relay may turn two frames around.

use crate::{
    conversation::Conversation,
    records::{Records, message_id_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::{Expiry, Fact, Life, MessageId};
use aside_identity::AccountKey;
use aside_wire::{ExpiryTerms, pb};

/// Messages of one author in a conversation that something was said about before they came. More than an honest relay ever
/// turns around, and what somebody can fill whose messages never come.
const MESSAGES: usize = 256;
/// The bytes of a key that name conversation and author.
const AUTHOR: usize = 33 + 32;

/// What was said before a message came.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub(crate) struct Early {
    /// At most one of each mode: the shortest of each time.
    #[prost(message, repeated, tag = "1")]
    shortened: Vec<pb::Expiry>,
    #[prost(bool, tag = "2")]
    taken_back: bool,
}

impl Early {
    /// It is to be as if it had been taken back.
    pub(crate) const fn is_taken_back(&self) -> bool {
        self.taken_back
    }

    /// The life of the message that has come now; one that was to stay goes after all.
    pub(crate) fn shorten(
        self,
        mut life: Option<Life>,
        sent_at: u64,
        (accepted_at, now): (u64, u64),
    ) -> Result<Option<Life>, StoreError> {
        for terms in self.terms()? {
            life.get_or_insert_with(|| Life::of_reader(terms, sent_at, accepted_at, now))
                .learn(Fact::Shortened(terms));
        }
        Ok(life)
    }

    fn terms(&self) -> Result<Vec<ExpiryTerms>, StoreError> {
        let terms = self.shortened.iter().map(|terms| Expiry::try_from(terms).map(|expiry| expiry.terms));
        terms.collect::<Result<_, _>>().map_err(|_| StoreError::Damaged("what was said before a message"))
    }

    /// Of each mode the shortest times are kept, so that neither order nor number matters.
    fn learn(&mut self, terms: ExpiryTerms) -> Result<(), StoreError> {
        let mut all = self.terms()?;
        match all.iter_mut().find_map(|known| shorter(*known, terms).map(|both| (known, both))) {
            Some((known, both)) => *known = both,
            None => all.push(terms),
        }
        self.shortened = all.into_iter().map(|terms| pb::Expiry::from(Expiry { policy: 0, terms })).collect();
        Ok(())
    }
}

/// The shorter times of two terms of one mode that a shortening can have.
fn shorter(one: ExpiryTerms, other: ExpiryTerms) -> Option<ExpiryTerms> {
    use ExpiryTerms::{AfterRead, AfterSend};
    match (one, other) {
        (AfterSend { duration_s: a }, AfterSend { duration_s: b }) => {
            Some(AfterSend { duration_s: a.min(b) })
        }
        (
            AfterRead { duration_s: a, unread_cap_s: cap },
            AfterRead { duration_s: b, unread_cap_s: other },
        ) => Some(AfterRead { duration_s: a.min(b), unread_cap_s: cap.min(other) }),
        _ => None,
    }
}

/// Keeps what an author says about a message that is not here and never was, until it comes (EXP-17).
pub(crate) fn note(
    tx: &mut dyn Transaction,
    conversation: Conversation,
    (author, id): (&AccountKey, &MessageId),
    said: Fact,
) -> Result<(), StoreError> {
    let key = message_id_key(&conversation, author, id);
    if tx.get(Table::MessageId, &key)?.is_some() {
        return Ok(());
    }
    let known = tx.read::<Early>(Table::Early, &key)?;
    let of_author = key.get(..AUTHOR).unwrap_or_default();
    if known.is_none() && tx.scan(Table::Early, of_author, None, MESSAGES)?.len() >= MESSAGES {
        return Ok(());
    }
    let mut early = known.unwrap_or_default();
    match said {
        Fact::Shortened(terms) => early.learn(terms)?,
        Fact::Gone => early.taken_back = true,
        _ => return Ok(()),
    }
    tx.write(Table::Early, &key, &early)
}

/// What was said about a message that comes now.
pub(crate) fn take(tx: &mut dyn Transaction, key: &[u8]) -> Result<Early, StoreError> {
    let Some(early) = tx.read::<Early>(Table::Early, key)? else { return Ok(Early::default()) };
    tx.delete(Table::Early, key)?;
    Ok(early)
}
