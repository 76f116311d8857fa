//! What the person here has decided about others. Nobody else learns of it.

use super::{Engine, Step, verification::change};
use crate::{
    error::{Error, Misuse},
    records::{self, Records},
    store::{StoreError, Table, Transaction},
};
use aside_identity::{AccountKey, Handle};

/// What the person here has decided about somebody.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Relation {
    /// Nothing of theirs is kept or shown, and nothing is sent to them. They are not told (CNV-11).
    pub blocked: bool,
    /// What they write is kept, and not announced.
    pub muted: bool,
}

impl Engine {
    /// What the person here has decided about an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn relation(&self, tx: &dyn Transaction, account: &AccountKey) -> Result<Relation, StoreError> {
        let record: records::Peer = tx.read(Table::Peer, account.as_bytes())?.unwrap_or_default();
        Ok(Relation { blocked: record.blocked, muted: record.muted })
    }

    /// Blocks somebody, or no longer. What they write while they are blocked is lost.
    ///
    /// # Errors
    /// [`Misuse::UnknownPeer`] or [`Misuse::Oneself`].
    pub fn set_blocked(&self, step: &mut Step<'_>, who: &Handle, blocked: bool) -> Result<(), Error> {
        let account = self.pinned(step.tx, who)?;
        Ok(change(step.tx, &account, |record| record.blocked = blocked)?)
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
