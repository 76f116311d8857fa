//! The keys of messages that expire, and what is stored sealed under them.
//!
//! Each such message has a random key of its own, and everything of it that is stored is sealed under that key. To erase the
//! message is to destroy the key. The keys lie 64 to a page, and each page is sealed under a page key: when one of them
//! goes, the page is sealed anew under a fresh page key and the old one is destroyed, so that no older copy of the page, in
//! a journal or in a backup of the database, opens any more. It does not know when a message expires.

use crate::{
    error::Error,
    records::{Records, index},
    store::{StoreError, Table, Transaction},
};
use aside_primitives::{
    Draw, Entropy, Label, Secret,
    aead::{self, NONCE_BYTES, TAG_BYTES},
    entropy, kdf, label,
};
use std::collections::{BTreeMap, BTreeSet};
use zeroize::Zeroizing;

/// Keys to a page: erasing one writes the 63 others anew, about two kilobytes.
const SLOTS: u64 = 64;
/// slot 1 | key 32
const SLOT_BYTES: usize = 33;
/// Each sealing has a salt, and thereby a key, of its own, and seals once.
const SALT_BYTES: usize = 32;
const NONCE: [u8; NONCE_BYTES] = [0; NONCE_BYTES];
/// Counts the keys ever kept: a slot is never used again, so that a reference to a destroyed key names nothing else (EXP-45).
const KEPT: &str = "message keys";

/// Where the key of a message lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct KeyRef {
    pub(crate) page: u64,
    /// Below 64.
    pub(crate) slot: u8,
}

impl KeyRef {
    /// The reference as one number, never 0: that stands for a message without a key.
    pub(crate) fn to_stored(self) -> u64 {
        self.page.saturating_mul(SLOTS).saturating_add(u64::from(self.slot)).saturating_add(1)
    }

    pub(crate) fn from_stored(stored: u64) -> Option<Self> {
        let number = stored.checked_sub(1)?;
        let slot = u8::try_from(number % SLOTS).ok()?;
        Some(Self { page: number / SLOTS, slot })
    }
}

/// Draws the key of a new message and keeps it (EXP-40).
///
/// # Errors
/// [`Error`] of the store or the source of randomness.
pub(crate) fn keep_key(
    tx: &mut dyn Transaction,
    entropy: &mut dyn Entropy,
) -> Result<(KeyRef, Secret<32>), Error> {
    let place = KeyRef::from_stored(tx.next(KEPT)?).ok_or(StoreError::Damaged("counter"))?;
    let key: Secret<32> = entropy::secret(entropy, Draw("message key"))?;
    let mut page = Page::read(tx, place.page)?;
    page.keys.insert(place.slot, Secret::filled(|copy| copy.copy_from_slice(key.expose())));
    page.write(tx, entropy, place.page)?;
    Ok((place, key))
}

/// The key of a message; `None` once it was destroyed.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn key(tx: &dyn Transaction, place: KeyRef) -> Result<Option<Secret<32>>, StoreError> {
    Ok(Page::read(tx, place.page)?.keys.remove(&place.slot))
}

/// Destroys keys. Of each page that held one of them the rest is sealed under a fresh page key, once, and the old page
/// key is destroyed with them (EXP-42).
///
/// # Errors
/// [`Error`] of the store or the source of randomness.
pub(crate) fn erase(
    tx: &mut dyn Transaction,
    entropy: &mut dyn Entropy,
    places: &[KeyRef],
) -> Result<(), Error> {
    let mut pages: BTreeMap<u64, BTreeSet<u8>> = BTreeMap::new();
    for place in places {
        pages.entry(place.page).or_default().insert(place.slot);
    }
    for (number, slots) in pages {
        let mut page = Page::read(tx, number)?;
        let before = page.keys.len();
        page.keys.retain(|slot, _| !slots.contains(slot));
        if page.keys.is_empty() {
            tx.delete(Table::PageKey, &number.to_be_bytes())?;
            tx.delete(Table::KeyPage, &number.to_be_bytes())?;
        } else if page.keys.len() < before {
            page.key = None;
            page.write(tx, entropy, number)?;
        }
    }
    Ok(())
}

/// Where there are keys, all of them.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn held(tx: &dyn Transaction) -> Result<BTreeSet<KeyRef>, StoreError> {
    let mut held = BTreeSet::new();
    tx.walk(Table::KeyPage, &[], None, |number, _| {
        let page = index(number)?;
        held.extend(Page::read(tx, page)?.keys.into_keys().map(|slot| KeyRef { page, slot }));
        Ok(())
    })?;
    Ok(held)
}

/// Seals something of a message under its key. What is sealed for one place opens in no other (EXP-45).
///
/// # Errors
/// [`Error`] of the source of randomness.
pub(crate) fn seal(
    key: &Secret<32>,
    entropy: &mut dyn Entropy,
    place: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, Error> {
    seal_under(key, label::STORED_MESSAGE, entropy, place, plaintext)
}

/// Opens what was sealed for this place.
///
/// # Errors
/// [`StoreError::Damaged`] if it was not, or under another key.
pub(crate) fn open(key: &Secret<32>, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    open_under(key, label::STORED_MESSAGE, place, sealed)
        .ok_or(StoreError::Damaged("content of an expiring message"))
}

/// The keys of a page by slot, and the key it is sealed under; `None` for one that is to be drawn.
#[derive(Default)]
struct Page {
    key: Option<Secret<32>>,
    keys: BTreeMap<u8, Secret<32>>,
}

impl Page {
    /// A page that is not there, or does not open, has no keys: its page key was destroyed, or did not come along with
    /// a copy of the database (EXP-47).
    fn read(tx: &dyn Transaction, number: u64) -> Result<Self, StoreError> {
        let place = number.to_be_bytes();
        let Some(sealed) = tx.get(Table::KeyPage, &place)? else {
            return Ok(Self::default());
        };
        let Some(key) = tx.get(Table::PageKey, &place)?.map(Zeroizing::new) else {
            return Ok(Self::default());
        };
        let key = Secret::from_slice(&key).ok_or(StoreError::Damaged("page key"))?;
        let Some(slots) = open_under(&key, label::KEY_PAGE, &place, &sealed) else {
            return Ok(Self::default());
        };
        let mut keys = BTreeMap::new();
        for slot in slots.chunks(SLOT_BYTES) {
            let (number, key) = slot.split_first().ok_or(StoreError::Damaged("key page"))?;
            keys.insert(*number, Secret::from_slice(key).ok_or(StoreError::Damaged("key page"))?);
        }
        Ok(Self { key: Some(key), keys })
    }

    fn write(self, tx: &mut dyn Transaction, entropy: &mut dyn Entropy, number: u64) -> Result<(), Error> {
        let place = number.to_be_bytes();
        let key = match self.key {
            Some(key) => key,
            None => {
                let key: Secret<32> = entropy::secret(entropy, Draw("page key"))?;
                tx.put(Table::PageKey, &place, key.expose())?;
                key
            }
        };
        // Of its full length from the beginning: growing would leave a copy behind.
        let mut slots = Zeroizing::new(Vec::with_capacity(self.keys.len().saturating_mul(SLOT_BYTES)));
        for (slot, key) in &self.keys {
            slots.push(*slot);
            slots.extend_from_slice(key.expose());
        }
        let sealed = seal_under(&key, label::KEY_PAGE, entropy, &place, &slots)?;
        Ok(tx.put(Table::KeyPage, &place, &sealed)?)
    }
}

/// salt 32 | ciphertext | tag 16
fn seal_under(
    key: &Secret<32>,
    label: Label,
    entropy: &mut dyn Entropy,
    place: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, Error> {
    let salt: [u8; SALT_BYTES] = entropy::public(entropy, Draw("storage salt"))?;
    let [key] = kdf::derive(&salt, &[key.expose()], label);
    let length = SALT_BYTES.saturating_add(plaintext.len()).saturating_add(TAG_BYTES);
    let mut sealed = Zeroizing::new(Vec::with_capacity(length));
    sealed.extend_from_slice(&salt);
    sealed.extend_from_slice(plaintext);
    let ciphertext = sealed.get_mut(SALT_BYTES..).unwrap_or_default();
    let tag = aead::seal(&key, &NONCE, place, ciphertext)
        .map_err(|_| StoreError::Failed("a record is too long".into()))?;
    sealed.extend_from_slice(&tag);
    Ok(core::mem::take(&mut *sealed))
}

fn open_under(key: &Secret<32>, label: Label, place: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (salt, sealed) = sealed.split_first_chunk::<SALT_BYTES>()?;
    let (ciphertext, tag) = sealed.split_last_chunk::<TAG_BYTES>()?;
    let [key] = kdf::derive(salt, &[key.expose()], label);
    let mut plaintext = Zeroizing::new(ciphertext.to_vec());
    aead::open(&key, &NONCE, place, &mut plaintext, tag).ok()?;
    Some(plaintext)
}

#[cfg(test)]
#[path = "vault_tests.rs"]
mod tests;
