//! Whether an account is who a person thinks it is: compared, contested, or left behind.

use super::{Engine, Refusal, Step};
use crate::{
    error::{Error, Misuse},
    records::{self, Records, index},
    store::{StoreError, Table, Transaction},
};
use aside_identity::{AccountKey, Handle, SafetyNumber};
use aside_wire::pb::RefusalCode;

/// What is known of another account's identity (CNV-9, IDN-21, threat H11).
///
/// ```text
///   Unverified ── safety number compared ──► Verified
///        │                                      │
///        └───── the handle points elsewhere ────┴──► Contested ── accepted ──► Former
///                                                        └────── kept ──► as before
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IdentityState {
    /// The relay's word for the handle, pinned at first contact.
    Unverified,
    /// The safety number was compared.
    Verified,
    /// The relay says that the handle belongs to another account now. Nothing is sent until the person decides.
    Contested {
        /// The other account.
        by: AccountKey,
        /// Whether the safety number of the known account had been compared.
        verified: bool,
    },
    /// The person has accepted another account under the handle; nothing is sent to this one or taken from it.
    Former,
}

impl IdentityState {
    pub(crate) fn of(record: &records::Peer) -> Result<Self, StoreError> {
        let records::Peer { verified, contested_by, former, .. } = record;
        if *former {
            return Ok(Self::Former);
        }
        if !contested_by.is_empty() {
            return Ok(Self::Contested { by: records::account(contested_by)?, verified: *verified });
        }
        Ok(if *verified { Self::Verified } else { Self::Unverified })
    }
}

impl Engine {
    /// What is known of an account's identity; an account never heard of is unverified.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn identity_state(
        &self,
        tx: &dyn Transaction,
        account: &AccountKey,
    ) -> Result<IdentityState, StoreError> {
        let record = tx.read::<records::Peer>(Table::Peer, account.as_bytes())?;
        record.map_or(Ok(IdentityState::Unverified), |record| IdentityState::of(&record))
    }

    pub(crate) fn may_send_to(&self, tx: &dyn Transaction, account: &AccountKey) -> Result<bool, StoreError> {
        let state = self.identity_state(tx, account)?;
        Ok(matches!(state, IdentityState::Unverified | IdentityState::Verified))
    }

    /// The safety number with the account that a handle is pinned to.
    ///
    /// # Errors
    /// [`Misuse::UnknownPeer`] or [`Misuse::Oneself`].
    pub fn safety_number(&self, tx: &dyn Transaction, with: &Handle) -> Result<SafetyNumber, Error> {
        let account = self.pinned(tx, with)?;
        Ok(self.number_with(&account, with))
    }

    /// Remembers that the safety number was compared, if what the other person showed is the same.
    ///
    /// # Errors
    /// [`Misuse::NumbersDiffer`], or [`Misuse::NoSafetyNumber`] for a slip of the keyboard; nothing is remembered then.
    pub fn confirm(&self, step: &mut Step<'_>, with: &Handle, shown: &str) -> Result<(), Error> {
        let account = self.pinned(step.tx, with)?;
        if !SafetyNumber::is_well_formed(shown) {
            return Err(Misuse::NoSafetyNumber.into());
        }
        if !self.number_with(&account, with).matches(shown) {
            return Err(Misuse::NumbersDiffer(with.clone()).into());
        }
        Ok(change(step.tx, &account, |record| record.verified = true)?)
    }

    /// Forgets that the safety number was compared.
    ///
    /// # Errors
    /// [`Misuse::UnknownPeer`].
    pub fn unconfirm(&self, step: &mut Step<'_>, with: &Handle) -> Result<(), Error> {
        let account = self.pinned(step.tx, with)?;
        Ok(change(step.tx, &account, |record| record.verified = false)?)
    }

    /// Lets the handle point to another account: the one it pointed to is left behind, unverified, with what was
    /// said there. What waits in the outbox for it fails; it is never sealed for the new account. The next look-up
    /// pins that one.
    ///
    /// # Errors
    /// [`Misuse::NotChanged`] if nothing contests the handle.
    pub fn accept_new_account(&self, step: &mut Step<'_>, handle: &Handle) -> Result<(), Error> {
        let account = self.contested(step.tx, handle)?;
        change(step.tx, &account, |record| {
            record.former = true;
            record.verified = false;
        })?;
        step.tx.delete(Table::Handle, handle.as_str().as_bytes())?;
        for (key, record) in step.tx.scan(Table::Outbox, &[], None, usize::MAX)? {
            let entry: records::Outgoing = records::decode(&record)?;
            if entry.peer == account.as_bytes() {
                let refusal = self.on_refused(step, index(&key)?, RefusalCode::UnknownAccount)?;
                debug_assert!(matches!(refusal, Refusal::Final(_)), "an unknown account stays unknown");
            }
        }
        Ok(())
    }

    /// Keeps the account known, against the relay's word.
    ///
    /// # Errors
    /// [`Misuse::NotChanged`] if nothing contests the handle.
    pub fn keep_old_account(&self, step: &mut Step<'_>, handle: &Handle) -> Result<(), Error> {
        let account = self.contested(step.tx, handle)?;
        Ok(change(step.tx, &account, |record| record.contested_by.clear())?)
    }

    /// Remembers that the relay gives a pinned handle to another account.
    pub(crate) fn contest(
        &self,
        tx: &mut dyn Transaction,
        handle: &Handle,
        by: &AccountKey,
    ) -> Result<(), StoreError> {
        let Some(account) = self.peer_by_handle(tx, handle)? else { return Ok(()) };
        change(tx, &account, |record| record.contested_by = by.as_bytes().to_vec())
    }

    fn contested(&self, tx: &dyn Transaction, handle: &Handle) -> Result<AccountKey, Error> {
        let account = self.pinned(tx, handle)?;
        match self.identity_state(tx, &account)? {
            IdentityState::Contested { .. } => Ok(account),
            _ => Err(Misuse::NotChanged(handle.clone()).into()),
        }
    }

    pub(crate) fn pinned(&self, tx: &dyn Transaction, handle: &Handle) -> Result<AccountKey, Error> {
        if handle == self.handle() {
            return Err(Misuse::Oneself.into());
        }
        self.peer_by_handle(tx, handle)?.ok_or_else(|| Misuse::UnknownPeer(handle.clone()).into())
    }

    fn number_with(&self, account: &AccountKey, handle: &Handle) -> SafetyNumber {
        SafetyNumber::between((&self.address().account, self.handle()), (account, handle))
    }
}

pub(crate) fn change(
    tx: &mut dyn Transaction,
    account: &AccountKey,
    change: impl FnOnce(&mut records::Peer),
) -> Result<(), StoreError> {
    let mut record: records::Peer =
        tx.read(Table::Peer, account.as_bytes())?.ok_or(StoreError::Damaged("peer"))?;
    change(&mut record);
    tx.write(Table::Peer, account.as_bytes(), &record)
}

#[cfg(test)]
#[path = "verification_tests.rs"]
mod tests;
