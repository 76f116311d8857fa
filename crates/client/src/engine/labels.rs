//! What a person puts on others to find them again, such as "complaint". Nobody else learns of it.

use super::{Engine, Step, verification::change};
use crate::{
    error::{Error, Misuse},
    records::{self, Records, decode, fixed},
    store::{StoreError, Table, Transaction},
};
use aside_identity::{AccountKey, Handle};

/// Labels on one person; more say nothing.
const LABELS: usize = 16;
/// Bytes of a label.
const LABEL_BYTES: usize = 64;

impl Engine {
    /// Puts a label on somebody.
    ///
    /// # Errors
    /// [`Misuse::Label`], or what is wrong with the handle.
    pub fn add_label(&self, step: &mut Step<'_>, who: &Handle, label: &str) -> Result<(), Error> {
        let account = self.pinned(step.tx, who)?;
        let mut labels = self.labels(step.tx, &account)?;
        let is_fit = (1..=LABEL_BYTES).contains(&label.len()) && !label.chars().any(char::is_control);
        if !is_fit || (labels.len() >= LABELS && !labels.iter().any(|known| known == label)) {
            return Err(Misuse::Label.into());
        }
        if !labels.iter().any(|known| known == label) {
            labels.push(label.to_owned());
        }
        Ok(change(step.tx, &account, |record| record.labels = labels)?)
    }

    /// Takes a label off somebody; without one all of them.
    ///
    /// # Errors
    /// What is wrong with the handle.
    pub fn remove_label(&self, step: &mut Step<'_>, who: &Handle, label: Option<&str>) -> Result<(), Error> {
        let account = self.pinned(step.tx, who)?;
        let goes = |known: &String| label.is_none_or(|label| label == known);
        Ok(change(step.tx, &account, |record| record.labels.retain(|known| !goes(known)))?)
    }

    /// The labels on an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn labels(&self, tx: &dyn Transaction, account: &AccountKey) -> Result<Vec<String>, StoreError> {
        let record = tx.read::<records::Peer>(Table::Peer, account.as_bytes())?;
        Ok(record.map(|record| record.labels).unwrap_or_default())
    }

    /// Everybody with a label.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn labelled(&self, tx: &dyn Transaction) -> Result<Vec<(AccountKey, Vec<String>)>, StoreError> {
        let mut labelled = Vec::new();
        for (key, record) in tx.scan(Table::Peer, &[], None, usize::MAX)? {
            let record: records::Peer = decode(&record)?;
            if !record.labels.is_empty() {
                labelled.push((AccountKey::from_own_store(fixed(&key)?), record.labels));
            }
        }
        Ok(labelled)
    }
}
