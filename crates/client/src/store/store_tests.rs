use super::*;
use crate::store::{MemoryStore, key_file::tests as key_file};

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
fn the_files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("profile.db");
    let mut store = SqliteStore::open(&path).unwrap();
    store.step(|tx| tx.put(Table::PageKey, &[1], &page_key(1))).unwrap();
    let files = files(&path);
    assert_eq!(files.len(), 4);
    for (name, _) in files {
        assert_eq!(std::fs::metadata(&name).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
}

fn page_key(n: u8) -> [u8; 32] {
    [n; 32]
}

/// Everything that the page keys of a store are, by page.
fn page_keys(store: &mut impl Store) -> Vec<Row> {
    let rows: Result<_, StoreError> = store.step(|tx| tx.scan(Table::PageKey, &[], None, usize::MAX));
    rows.unwrap()
}

fn keys_path(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}{KEYS}", path.display()))
}

/// The files of a profile that exist, and what is in them.
fn files(path: &Path) -> Vec<(String, Vec<u8>)> {
    let names = ["", "-wal", "-shm", KEYS].map(|end| format!("{}{end}", path.display()));
    names.into_iter().filter_map(|name| std::fs::read(&name).ok().map(|bytes| (name, bytes))).collect()
}

fn found(path: &Path, needle: &[u8]) -> Vec<String> {
    let holds = |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    files(path).into_iter().filter(|(_, bytes)| holds(bytes)).map(|(name, _)| name).collect()
}

/// Any order of steps, half of which are undone, leaves the same keys in both stores, and in the file nothing else.
#[test]
fn page_keys_are_the_same_in_both_stores() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("profile.db");
    let mut memory = MemoryStore::default();
    let mut sqlite = SqliteStore::open(&path).unwrap();
    let mut rng = aside_testkit::TestRng::new(1);
    let mut below = |bound: u8| {
        aside_primitives::entropy::public::<1>(&mut rng, aside_primitives::Draw("test")).unwrap()[0] % bound
    };
    let mut next = 0u64;
    for round in 0..200 {
        let mut acts = Vec::new();
        for _ in 0..=below(6) {
            next += 1;
            let mut key = [9; 32];
            key[..8].copy_from_slice(&next.to_be_bytes());
            acts.push((below(8), (below(3) > 0).then_some(key)));
        }
        let undone = below(4) == 0;
        let run = |tx: &mut dyn Transaction| {
            for (page, key) in &acts {
                match key {
                    Some(key) => tx.put(Table::PageKey, &[*page], key)?,
                    None => tx.delete(Table::PageKey, &[*page])?,
                }
                let there = tx.get(Table::PageKey, &[*page])?;
                assert_eq!(there.as_deref(), key.as_ref().map(<[u8; 32]>::as_slice));
            }
            if undone { Err(StoreError::Damaged("on purpose")) } else { Ok(()) }
        };
        assert_eq!(memory.step(run).is_ok(), sqlite.step(run).is_ok());
        let rows = page_keys(&mut memory);
        assert_eq!(page_keys(&mut sqlite), rows, "round {round}");
        let file = std::fs::read(keys_path(&path)).unwrap();
        let mut slots: Vec<_> = file[32..].chunks(32).filter(|slot| **slot != [0; 32]).collect();
        let mut expected: Vec<_> = rows.iter().map(|(_, key)| key.as_slice()).collect();
        slots.sort_unstable();
        expected.sort_unstable();
        assert_eq!(slots, expected, "round {round}");
        assert!(file.len() <= 32 * 20, "slots are used again");
        if round % 20 == 0 {
            sqlite = SqliteStore::open(&path).unwrap();
        }
    }
}

/// C7, EXP-43: a destroyed page key is in no file, and one that lives is in one place of one.
#[test]
fn c7_a_page_key_stands_in_one_place_and_then_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("profile.db");
    let mut store = SqliteStore::open(&path).unwrap();
    store.step(|tx| tx.put(Table::PageKey, &[1], &page_key(1))).unwrap();
    store.step(|tx| tx.put(Table::PageKey, &[2], &page_key(2))).unwrap();
    assert_eq!(found(&path, &page_key(1)), [keys_path(&path).display().to_string()]);
    store.step(|tx| tx.put(Table::PageKey, &[1], &page_key(3))).unwrap();
    assert!(found(&path, &page_key(1)).is_empty());
    store.step(|tx| tx.delete(Table::PageKey, &[2])).unwrap();
    assert!(found(&path, &page_key(2)).is_empty());
    assert_eq!(found(&path, &page_key(3)).len(), 1);
}

/// C7, EXP-46: what was deleted does not live on in the journal, though nobody closes the database.
#[test]
fn c7_a_deleted_message_is_in_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("profile.db");
    let mut store = SqliteStore::open(&path).unwrap();
    let canary = [b"canary".as_slice(), &[7; 5000]].concat();
    store.step(|tx| tx.put(Table::Message, b"m", &canary)).unwrap();
    assert!(!found(&path, &canary[..64]).is_empty());
    store.step(|tx| tx.delete(Table::Message, b"m")).unwrap();
    assert!(found(&path, &canary[..64]).is_empty());
    assert!(found(&path, &[7; 64]).is_empty());
    let nothing = Remains { page_keys: 0, locked_pages: 0, journal_bytes: 0 };
    assert_eq!(store.remains().unwrap(), nothing);
}

/// C7, EXP-44: after a crash between any two writes every key that lives is there, and once the next step has run, in a new process or
/// in one that was there all the time, no other.
#[test]
fn c7_a_crash_anywhere_loses_no_key_and_leaves_none() {
    for survivor_was_there in [false, true] {
        let mut writes = 0;
        loop {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("profile.db");
            let mut store = SqliteStore::open(&path).unwrap();
            let before = [1, 2, 3, 4].map(|n| (vec![n], page_key(n).to_vec()));
            for (page, key) in &before {
                store.step(|tx| tx.put(Table::PageKey, page, key)).unwrap();
            }
            let mut survivor = survivor_was_there.then(|| SqliteStore::open(&path).unwrap());
            key_file::set_fuse(Some(writes));
            let result = store.step(|tx| {
                tx.put(Table::PageKey, &[1], &page_key(11))?;
                tx.delete(Table::PageKey, &[2])?;
                tx.put(Table::PageKey, &[5], &page_key(15))?;
                tx.put(Table::PageKey, &[3], &page_key(13))
            });
            let crashed = key_file::crashed();
            key_file::set_fuse(None);
            // Killed: nothing is tidied up.
            std::mem::forget(store);
            let after =
                [(1, 11), (3, 13), (4, 4), (5, 15)].map(|(page, n)| (vec![page], page_key(n).to_vec()));
            let expected = if result.is_ok() { after.to_vec() } else { before.to_vec() };
            let survivor = match &mut survivor {
                Some(survivor) => survivor,
                none => none.insert(SqliteStore::open(&path).unwrap()),
            };
            assert_eq!(page_keys(survivor), expected, "{writes} writes");
            for n in [1, 2, 3, 4, 11, 13, 15] {
                let lives = expected.iter().any(|(_, key)| *key == page_key(n));
                assert_eq!(found(&path, &page_key(n)).len(), usize::from(lives), "{n}, {writes} writes");
            }
            // Slots that a crash has left are handed out again, each to one page.
            for n in 20..26 {
                survivor.step(|tx| tx.put(Table::PageKey, &[n], &page_key(n))).unwrap();
            }
            assert_eq!(page_keys(survivor).len(), expected.len() + 6);
            if !crashed {
                break;
            }
            writes += 1;
        }
        assert!(writes >= 9, "only {writes} writes");
    }
}

/// Two processes keep and destroy at once, and neither touches what is the other's.
#[test]
fn several_processes_share_the_key_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("profile.db");
    drop(SqliteStore::open(&path).unwrap());
    let work = |process: u8| {
        let mut store = SqliteStore::open(&path).unwrap();
        for round in 0..60u8 {
            let key = [[process; 16], [round + 1; 16]].concat();
            store.step(|tx| tx.put(Table::PageKey, &[process, round % 5], &key)).unwrap();
            let read = store.step(|tx| tx.get(Table::PageKey, &[process, round % 5])).unwrap();
            assert_eq!(read, Some(key));
            store.step(|tx| tx.delete(Table::PageKey, &[process, round % 3])).unwrap();
        }
    };
    std::thread::scope(|scope| {
        for process in 1..=3 {
            scope.spawn(move || work(process));
        }
    });
    let mut store = SqliteStore::open(&path).unwrap();
    assert!(page_keys(&mut store).iter().all(|(page, key)| key[0] == page[0]));
    assert_eq!(store.remains().unwrap().page_keys, 0);
}

/// A database that was copied without its page keys: none are there, and what is kept from then on is.
#[test]
fn a_copy_without_the_key_file_has_no_page_keys() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("profile.db");
    let mut store = SqliteStore::open(&path).unwrap();
    for n in 1..=3 {
        store.step(|tx| tx.put(Table::PageKey, &[n], &page_key(n))).unwrap();
    }
    drop(store);
    std::fs::remove_file(keys_path(&path)).unwrap();
    let mut store = SqliteStore::open(&path).unwrap();
    assert!(page_keys(&mut store).iter().all(|(_, key)| key.is_empty()));
    assert_eq!(store.remains().unwrap().locked_pages, 3);
    store.step(|tx| tx.put(Table::PageKey, &[4], &page_key(4))).unwrap();
    store.step(|tx| tx.put(Table::PageKey, &[1], &page_key(5))).unwrap();
    store.step(|tx| tx.delete(Table::PageKey, &[2])).unwrap();
    let read = |tx: &mut dyn Transaction, page| tx.get(Table::PageKey, &[page]);
    let kept: Result<_, StoreError> =
        store.step(|tx| Ok([read(tx, 1)?, read(tx, 2)?, read(tx, 3)?, read(tx, 4)?]));
    assert_eq!(kept.unwrap(), [Some(page_key(5).to_vec()), None, None, Some(page_key(4).to_vec())]);
}

/// An older copy of the database beside a newer key file: a slot that went to another page is not handed out twice.
#[test]
fn an_older_database_destroys_no_key_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("profile.db");
    let mut store = SqliteStore::open(&path).unwrap();
    store.step(|tx| tx.put(Table::PageKey, &[1], &page_key(1))).unwrap();
    drop(store);
    let older = std::fs::read(&path).unwrap();
    let mut store = SqliteStore::open(&path).unwrap();
    store.step(|tx| tx.delete(Table::PageKey, &[1])).unwrap();
    drop(store);
    std::fs::write(&path, older).unwrap();
    let mut store = SqliteStore::open(&path).unwrap();
    store.step(|tx| tx.put(Table::PageKey, &[2], &page_key(2))).unwrap();
    store.step(|tx| tx.delete(Table::PageKey, &[1])).unwrap();
    assert_eq!(page_keys(&mut store), [(vec![2], page_key(2).to_vec())]);
}

#[test]
fn a_foreign_or_cut_key_file_is_an_error_or_has_no_keys() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("profile.db");
    let mut store = SqliteStore::open(&path).unwrap();
    store.step(|tx| tx.put(Table::PageKey, &[1], &page_key(1))).unwrap();
    drop(store);
    let whole = std::fs::read(keys_path(&path)).unwrap();
    for length in 0..whole.len() {
        std::fs::write(keys_path(&path), &whole[..length]).unwrap();
        let mut store = SqliteStore::open(&path).unwrap();
        assert_eq!(page_keys(&mut store), [(vec![1], Vec::new())], "cut at {length}");
    }
    std::fs::write(keys_path(&path), b"this is something else, and longer than a header").unwrap();
    assert!(matches!(SqliteStore::open(&path).unwrap_err(), StoreError::Damaged("page keys")));
}
