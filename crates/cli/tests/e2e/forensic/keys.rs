//! The keys of messages in a profile, read as the specification says they lie there (EXP-40, EXP-42), and not with the code that
//! has put them there.

use aside_client::{
    driver::PROFILE_FILE,
    store::{Row, SqliteStore, Store, StoreError, Table},
};
use aside_primitives::{Secret, aead, kdf, label};
use std::{collections::BTreeMap, path::Path};

/// The page keys of a profile, and the message keys in the pages that they open, each with a name.
pub(crate) fn of_profile(profile: &Path) -> Vec<(String, [u8; 32])> {
    let mut store = SqliteStore::open(&profile.join(PROFILE_FILE)).unwrap();
    let mut rows = |table| -> BTreeMap<Vec<u8>, Vec<u8>> {
        let rows: Result<Vec<Row>, StoreError> = store.step(|tx| tx.scan(table, &[], None, usize::MAX));
        rows.unwrap().into_iter().collect()
    };
    let (page_keys, pages) = (rows(Table::PageKey), rows(Table::KeyPage));
    assert!(page_keys.keys().eq(pages.keys()));
    let mut keys = Vec::new();
    for (number, page) in pages {
        let page_key = Secret::<32>::from_slice(&page_keys[&number]).unwrap();
        let (salt, sealed) = page.split_at(32);
        let (sealed, tag) = sealed.split_last_chunk().unwrap();
        let [key] = kdf::derive(salt, &[page_key.expose()], label::KEY_PAGE);
        let mut slots = sealed.to_vec();
        aead::open(&key, &[0; 12], &number, &mut slots, tag).unwrap();
        keys.push((format!("page key {number:?}"), *page_key.expose()));
        for slot in slots.chunks(33) {
            keys.push((format!("message key {number:?} {}", slot[0]), slot[1..].try_into().unwrap()));
        }
    }
    keys
}
