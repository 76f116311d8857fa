//! What the person here lets others know: what became of their messages, that an answer is being written, that
//! somebody is there. Whoever hides something does not see it of others either (CNV-23).

use super::{Engine, Matter, Step};
use crate::{
    ReceiptLevel,
    error::Error,
    opt_in::AnyChat,
    records::{self, Records},
    store::{StoreError, Table, Transaction},
};
use aside_content::ChatId;
use aside_identity::{AccountKey, Handle};

/// Under this key stands what holds for everybody of whom nothing else is said.
const EVERYBODY: &[u8] = &[];

impl Engine {
    /// Up to what somebody is told what became of their messages; of `None`, whoever has no setting of their own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn receipts_to(
        &self,
        tx: &dyn Transaction,
        account: Option<&AccountKey>,
    ) -> Result<ReceiptLevel, StoreError> {
        let of = |key| Ok::<_, StoreError>(ReceiptLevel::from_number(telling(tx, key)?.receipts));
        let own = account.map_or(Ok(None), |account| of(account.as_bytes()))?;
        own.map_or_else(|| Ok(of(EVERYBODY)?.unwrap_or_default()), Ok)
    }

    /// Decides up to what somebody, or everybody without a setting of their own, is told what became of their messages.
    /// `None` takes the decision back.
    ///
    /// # Errors
    /// [`Misuse::UnknownPeer`](crate::Misuse::UnknownPeer) or [`Misuse::Oneself`](crate::Misuse::Oneself).
    pub fn set_receipts(
        &self,
        step: &mut Step<'_>,
        who: Option<&Handle>,
        level: Option<ReceiptLevel>,
    ) -> Result<(), Error> {
        let account = who.map(|who| self.pinned(step.tx, who)).transpose()?;
        let key = account.as_ref().map_or(EVERYBODY, |account| account.as_bytes());
        Ok(change(step.tx, key, |record| record.receipts = level.map_or(0, ReceiptLevel::number))?)
    }

    /// Whether people are told that the person here is writing to them. They are unless that was decided otherwise.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn shows_typing(&self, tx: &dyn Transaction) -> Result<bool, StoreError> {
        Ok(!telling(tx, EVERYBODY)?.hides_typing)
    }

    /// Decides whether people are told that the person here is writing to them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_typing(&self, step: &mut Step<'_>, shown: bool) -> Result<(), StoreError> {
        change(step.tx, EVERYBODY, |record| record.hides_typing = !shown)
    }

    /// Whether people are told that the person here is there. They are not unless that was decided.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn shows_presence(&self, tx: &dyn Transaction) -> Result<bool, StoreError> {
        Ok(telling(tx, EVERYBODY)?.shows_presence)
    }

    /// Decides whether people are told that the person here is there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_presence(&self, step: &mut Step<'_>, shown: bool) -> Result<(), StoreError> {
        change(step.tx, EVERYBODY, |record| record.shows_presence = shown)
    }

    /// Whether anything may go out to somebody that no person has typed: only in a chat that both want, and never to
    /// anybody who is blocked, muted or not heard (CNV-45), or whose handle is contested (CNV-20, threat T5).
    pub(crate) fn may_tell(
        &self,
        tx: &dyn Transaction,
        account: &AccountKey,
        chat: ChatId,
    ) -> Result<bool, StoreError> {
        let relation = self.relation(tx, account)?;
        Ok(!relation.blocked
            && !relation.muted
            && self.hears(tx, account, Matter::Chats)?
            && matches!(self.chat(tx, chat, account)?, Some(AnyChat::Accepted(_)))
            && self.may_send_to(tx, account)?)
    }

    pub(crate) fn told(
        &self,
        tx: &dyn Transaction,
        account: Option<&AccountKey>,
    ) -> Result<records::Telling, StoreError> {
        telling(tx, account.map_or(EVERYBODY, |account| account.as_bytes()))
    }

    pub(crate) fn keep_told(
        &self,
        tx: &mut dyn Transaction,
        account: Option<&AccountKey>,
        record: &records::Telling,
    ) -> Result<(), StoreError> {
        tx.write(Table::Telling, account.map_or(EVERYBODY, |account| account.as_bytes()), record)
    }
}

fn telling(tx: &dyn Transaction, key: &[u8]) -> Result<records::Telling, StoreError> {
    Ok(tx.read(Table::Telling, key)?.unwrap_or_default())
}

fn change(
    tx: &mut dyn Transaction,
    key: &[u8],
    change: impl FnOnce(&mut records::Telling),
) -> Result<(), StoreError> {
    let mut record = telling(tx, key)?;
    change(&mut record);
    tx.write(Table::Telling, key, &record)
}
