//! What the person here has decided about others. Nobody else learns of it.

use super::{Engine, Step, requests::accept_person, verification::change};
use crate::{
    error::{Error, Misuse},
    records::{self, Records},
    store::{StoreError, Table, Transaction},
};
use aside_identity::{AccountKey, Handle};
use aside_wire::limits::REACH_ACCOUNTS;

/// What the person here has decided about somebody.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Relation {
    /// Nothing of theirs is kept or shown, and nothing is sent to them. They are not told (CNV-11).
    pub blocked: bool,
    /// What they write is kept, and not announced.
    pub muted: bool,
    /// They may write where the settings name contacts.
    pub contact: bool,
    /// They were written to, or what they asked was accepted (CNV-16).
    pub accepted: bool,
}

impl Relation {
    const fn of(record: &records::Peer) -> Self {
        let records::Peer { blocked, muted, contact, accepted, .. } = *record;
        Self { blocked, muted, contact, accepted }
    }
}

impl Engine {
    /// What the person here has decided about an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn relation(&self, tx: &dyn Transaction, account: &AccountKey) -> Result<Relation, StoreError> {
        let record: records::Peer = tx.read(Table::Peer, account.as_bytes())?.unwrap_or_default();
        Ok(Relation::of(&record))
    }

    /// Everybody about whom the person here has decided something.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn relations(&self, tx: &dyn Transaction) -> Result<Vec<(AccountKey, Relation)>, StoreError> {
        let mut relations = Vec::new();
        for (key, record) in tx.scan(Table::Peer, &[], None, usize::MAX)? {
            let relation = Relation::of(&records::decode(&record)?);
            if relation != Relation::default() {
                relations.push((records::account(&key)?, relation));
            }
        }
        Ok(relations)
    }

    /// Blocks somebody, or no longer. What they write while they are blocked is lost.
    ///
    /// # Errors
    /// [`Misuse::UnknownPeer`] or [`Misuse::Oneself`].
    pub fn set_blocked(&self, step: &mut Step<'_>, who: &Handle, blocked: bool) -> Result<(), Error> {
        let account = self.pinned(step.tx, who)?;
        change(step.tx, &account, |record| record.blocked = blocked)?;
        Ok(self.review_settings(step.tx)?)
    }

    /// Calls somebody a contact, whom this accepts (CNV-16), or no longer.
    ///
    /// # Errors
    /// [`Misuse::UnknownPeer`], [`Misuse::Oneself`] or [`Misuse::TooManyContacts`].
    pub fn set_contact(&self, step: &mut Step<'_>, who: &Handle, contact: bool) -> Result<(), Error> {
        let account = self.pinned(step.tx, who)?;
        let contacts = self.relations(step.tx)?.into_iter().filter(|(_, relation)| relation.contact).count();
        if contact && contacts >= REACH_ACCOUNTS {
            return Err(Misuse::TooManyContacts.into());
        }
        change(step.tx, &account, |record| record.contact = contact)?;
        if contact {
            accept_person(step.tx, &account)?;
        }
        Ok(self.review_settings(step.tx)?)
    }

    /// Mutes somebody, or no longer.
    ///
    /// # Errors
    /// [`Misuse::UnknownPeer`] or [`Misuse::Oneself`].
    pub fn set_muted(&self, step: &mut Step<'_>, who: &Handle, muted: bool) -> Result<(), Error> {
        let account = self.pinned(step.tx, who)?;
        Ok(change(step.tx, &account, |record| record.muted = muted)?)
    }

    /// A known account to which the person here may write.
    pub(crate) fn reachable(&self, tx: &dyn Transaction, handle: &Handle) -> Result<AccountKey, Error> {
        let account = self.other(tx, handle)?;
        if self.relation(tx, &account)?.blocked {
            return Err(Misuse::Blocked(handle.clone()).into());
        }
        Ok(account)
    }
}
