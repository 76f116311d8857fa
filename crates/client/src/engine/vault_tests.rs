use super::*;
use crate::store::{MemoryStore, Store};
use aside_testkit::{Broken, TestRng};

/// A store with keys in it.
struct Vault {
    store: MemoryStore,
    rng: TestRng,
}

impl Vault {
    fn new(seed: u64) -> Self {
        Self { store: MemoryStore::default(), rng: TestRng::new(seed) }
    }

    fn keep(&mut self) -> (KeyRef, Secret<32>) {
        self.store.step(|tx| keep_key(tx, &mut self.rng)).unwrap()
    }

    fn erase(&mut self, places: &[KeyRef]) {
        self.store.step(|tx| erase(tx, &mut self.rng, places)).unwrap();
    }

    fn key(&mut self, place: KeyRef) -> Option<Secret<32>> {
        self.store.step(|tx| key(tx, place)).unwrap()
    }

    fn put(&mut self, table: Table, number: u64, record: &[u8]) {
        self.store.step(|tx| tx.put(table, &number.to_be_bytes(), record)).unwrap();
    }

    fn get(&mut self, table: Table, number: u64) -> Option<Vec<u8>> {
        self.store.step(|tx| tx.get(table, &number.to_be_bytes())).unwrap()
    }

    fn count(&mut self, table: Table) -> usize {
        let rows: Result<_, StoreError> = self.store.step(|tx| tx.scan(table, &[], None, usize::MAX));
        rows.unwrap().len()
    }
}

// EXP-40
#[test]
fn every_key_is_its_own_and_found_again() {
    let mut vault = Vault::new(1);
    let kept: Vec<_> = (0..200).map(|_| vault.keep()).collect();
    let distinct: BTreeSet<_> = kept.iter().map(|(_, key)| *key.expose()).collect();
    assert_eq!(distinct.len(), 200);
    assert_eq!(kept.iter().map(|(place, _)| place.page).max(), Some(3));
    assert_eq!((vault.count(Table::KeyPage), vault.count(Table::PageKey)), (4, 4));
    for (place, key) in &kept {
        assert_eq!(KeyRef::from_stored(place.to_stored()), Some(*place));
        assert_eq!(vault.key(*place).as_ref(), Some(key));
    }
    assert_eq!(KeyRef::from_stored(0), None);
}

#[test]
fn what_is_erased_is_gone_and_the_rest_stays() {
    let mut vault = Vault::new(2);
    let kept: Vec<_> = (0..130).map(|_| vault.keep()).collect();
    let gone: Vec<_> = kept.iter().map(|(place, _)| *place).filter(|place| place.slot % 3 == 0).collect();
    vault.erase(&gone);
    vault.erase(&gone);
    for (place, key) in &kept {
        let expected = if place.slot % 3 == 0 { None } else { Some(key) };
        assert_eq!(vault.key(*place).as_ref(), expected, "{place:?}");
    }
}

/// C7, EXP-42: what is left of a page in a journal or a backup does not open.
#[test]
fn c7_no_copy_of_a_page_from_before_opens_afterwards() {
    let mut vault = Vault::new(3);
    let (first, _) = vault.keep();
    let mut copies = vec![vault.get(Table::KeyPage, 0).unwrap()];
    let (second, key) = vault.keep();
    copies.push(vault.get(Table::KeyPage, 0).unwrap());
    let page_key = vault.get(Table::PageKey, 0).unwrap();
    vault.erase(&[first]);
    assert_ne!(vault.get(Table::PageKey, 0).unwrap(), page_key);
    assert_eq!(vault.key(second).as_ref(), Some(&key));
    let now = vault.get(Table::KeyPage, 0).unwrap();
    for copy in copies {
        vault.put(Table::KeyPage, 0, &copy);
        assert_eq!(vault.key(first), None);
        assert_eq!(vault.key(second), None);
    }
    // With the page key from before they would: the test sees what it looks for.
    vault.put(Table::KeyPage, 0, &now);
    let of_before = vault.get(Table::PageKey, 0).unwrap();
    vault.put(Table::PageKey, 0, &page_key);
    assert_eq!(vault.key(second), None);
    vault.put(Table::PageKey, 0, &of_before);
    assert_eq!(vault.key(second), Some(key));
}

#[test]
fn a_page_is_written_once_however_many_of_its_keys_go_and_goes_with_the_last() {
    let mut vault = Vault::new(4);
    let kept: Vec<_> = (0..70).map(|_| vault.keep().0).collect();
    vault.erase(&kept[..64]);
    assert_eq!((vault.count(Table::KeyPage), vault.count(Table::PageKey)), (1, 1));
    vault.erase(&kept);
    assert_eq!((vault.count(Table::KeyPage), vault.count(Table::PageKey)), (0, 0));
}

// EXP-45
#[test]
fn a_place_is_never_used_again() {
    let mut vault = Vault::new(5);
    let (first, _) = vault.keep();
    vault.erase(&[first]);
    let (second, _) = vault.keep();
    assert_ne!(first, second);
    assert_eq!(vault.key(first), None);
}

#[test]
fn nothing_is_written_anew_when_nothing_goes() {
    let mut vault = Vault::new(6);
    let (first, _) = vault.keep();
    let (_second, _) = vault.keep();
    vault.erase(&[first]);
    let page_key = vault.get(Table::PageKey, 0);
    vault.erase(&[first, KeyRef { page: 7, slot: 1 }]);
    assert_eq!(vault.get(Table::PageKey, 0), page_key);
}

/// EXP-47: a database without its page keys, or with those of another day: the keys are gone, and new ones can be kept.
#[test]
fn a_page_that_does_not_open_has_no_keys() {
    for foreign in [None, Some([7; 32])] {
        let mut vault = Vault::new(7);
        let (place, _) = vault.keep();
        vault.store.step(|tx| tx.delete(Table::PageKey, &0u64.to_be_bytes())).unwrap();
        if let Some(foreign) = foreign {
            vault.put(Table::PageKey, 0, &foreign);
        }
        assert_eq!(vault.key(place), None);
        let (next, key) = vault.keep();
        assert_eq!((vault.key(place), vault.key(next)), (None, Some(key)));
        assert_ne!(vault.get(Table::PageKey, 0), foreign.map(Vec::from));
        vault.erase(&[place, next]);
        assert_eq!((vault.count(Table::KeyPage), vault.count(Table::PageKey)), (0, 0));
    }
}

/// Pages are bound to their numbers: one under the key of another does not count, whoever has moved them.
#[test]
fn a_page_opens_under_its_own_number_only() {
    let mut vault = Vault::new(8);
    let (place, _) = vault.keep();
    for table in [Table::KeyPage, Table::PageKey] {
        let record = vault.get(table, 0).unwrap();
        vault.put(table, 9, &record);
    }
    assert!(vault.key(place).is_some());
    assert_eq!(vault.key(KeyRef { page: 9, ..place }), None);
}

// EXP-45
#[test]
fn what_is_sealed_opens_under_its_key_in_its_place_and_as_it_is() {
    let mut rng = TestRng::new(9);
    let (mine, other) = (Secret::new([1; 32]), Secret::new([2; 32]));
    for length in [0, 1, 63, 64, 1000] {
        let plaintext = vec![b'x'; length];
        let sealed = seal(&mine, &mut rng, b"place", &plaintext).unwrap();
        assert_ne!(sealed, seal(&mine, &mut rng, b"place", &plaintext).unwrap());
        assert_eq!(sealed.len(), length + SALT_BYTES + TAG_BYTES);
        assert_eq!(*open(&mine, b"place", &sealed).unwrap(), plaintext);
        assert!(open(&other, b"place", &sealed).is_err());
        assert!(open(&mine, b"palce", &sealed).is_err());
        for bit in 0..sealed.len() * 8 {
            let mut damaged = sealed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&mine, b"place", &damaged).is_err(), "bit {bit}");
        }
        for end in 0..sealed.len() {
            assert!(open(&mine, b"place", &sealed[..end]).is_err(), "cut at {end}");
        }
    }
}

/// P11: nothing is kept under a key that a broken source has given.
#[test]
fn p11_a_broken_source_keeps_and_erases_nothing() {
    let mut vault = Vault::new(10);
    let (first, key) = vault.keep();
    let (_second, _) = vault.keep();
    for source in [Broken::Failing, Broken::Zeros] {
        let mut source = source;
        assert!(vault.store.step(|tx| keep_key(tx, &mut source)).is_err());
        assert!(vault.store.step(|tx| erase(tx, &mut source, &[first])).is_err());
        assert!(seal(&key, &mut source, b"place", b"text").is_err());
    }
    assert_eq!(vault.key(first), Some(key));
    assert_eq!(vault.count(Table::KeyPage), 1);
}
