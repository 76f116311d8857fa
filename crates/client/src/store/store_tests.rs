use super::*;
use crate::store::MemoryStore;

fn exercise(store: &mut impl Store) {
    let done: Result<(), StoreError> = store.step(|tx| {
        for key in [[1, 1], [1, 2], [1, 255], [2, 0]] {
            tx.put(Table::Peer, &key, &[key[1]])?;
        }
        tx.put(Table::Own, &[1, 3], b"other table")?;
        tx.put(Table::Peer, &[1, 2], b"replaced")
    });
    done.unwrap();
    let undone: Result<(), StoreError> = store.step(|tx| {
        tx.put(Table::Peer, &[1, 4], b"never")?;
        tx.delete(Table::Peer, &[1, 1])?;
        Err(StoreError::Damaged("on purpose"))
    });
    assert!(undone.is_err());
    let read: Result<(), StoreError> = store.step(|tx| {
        let keys = |after: Option<&[u8]>, limit| -> Vec<Vec<u8>> {
            let rows = tx.scan(Table::Peer, &[1], after, limit).unwrap();
            rows.into_iter().map(|(key, _)| key).collect()
        };
        assert_eq!(keys(None, 9), [[1, 1], [1, 2], [1, 255]]);
        assert_eq!(keys(Some(&[1, 1]), 9), [[1, 2], [1, 255]]);
        assert_eq!(keys(Some(&[1, 1]), 1), [[1, 2]]);
        assert_eq!(tx.scan(Table::Peer, &[], None, 9)?.len(), 4);
        assert_eq!(tx.get(Table::Peer, &[1, 2])?.as_deref(), Some(b"replaced".as_slice()));
        assert_eq!(tx.get(Table::Peer, &[1, 3])?, None);
        tx.delete(Table::Peer, &[1, 3])
    });
    read.unwrap();
}

#[test]
fn both_stores_behave_alike() {
    exercise(&mut MemoryStore::default());
    let dir = tempfile::tempdir().unwrap();
    exercise(&mut SqliteStore::open(&dir.path().join("profile.db")).unwrap());
}

#[test]
fn what_was_committed_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("profile.db");
    let mut store = SqliteStore::open(&path).unwrap();
    store.step(|tx| tx.put(Table::Own, b"k", b"v")).unwrap();
    drop(store);
    let mut store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.step(|tx| tx.get(Table::Own, b"k")).unwrap().as_deref(), Some(b"v".as_slice()));
}

#[test]
fn a_damaged_a_foreign_and_a_newer_file_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("profile.db");
    std::fs::write(&path, b"this is no database, but long enough to look at").unwrap();
    assert!(matches!(SqliteStore::open(&path).unwrap_err(), StoreError::Damaged(_)));

    let newer = dir.path().join("newer.db");
    drop(SqliteStore::open(&newer).unwrap());
    Connection::open(&newer).unwrap().execute_batch("PRAGMA user_version = 9").unwrap();
    assert!(matches!(SqliteStore::open(&newer).unwrap_err(), StoreError::Newer(9)));
}

#[cfg(unix)]
#[test]
fn the_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("profile.db");
    drop(SqliteStore::open(&path).unwrap());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
