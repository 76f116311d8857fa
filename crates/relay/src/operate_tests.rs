use super::*;
use crate::store::Capacity;
use rusqlite::Connection;

/// A new database that says so.
async fn database(path: &Path, noted: i64) -> Connection {
    touch_private(path).unwrap();
    let (store, closed) = SqliteStore::open(path, Capacity::default()).unwrap();
    drop(store);
    closed.wait().await;
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    connection.execute("UPDATE run SET noted = ?1", [noted]).unwrap();
    connection
}

/// One as a killed relay leaves it: its last rows are in the log only.
async fn killed(path: &Path, noted: i64) {
    let elsewhere = tempfile::tempdir().unwrap();
    let live = elsewhere.path().join("relay.db");
    let connection = database(&live, noted).await;
    for suffix in ["", "-wal"] {
        fs::copy(beside(&live, suffix), beside(path, suffix)).unwrap();
    }
    drop(connection);
    assert!(fs::metadata(beside(path, "-wal")).unwrap().len() > 0);
}

fn noted(path: &Path) -> i64 {
    let read = |row: &rusqlite::Row<'_>| row.get(0);
    Connection::open(path).unwrap().query_row("SELECT noted FROM run", [], read).unwrap()
}

#[tokio::test]
async fn wherever_a_restore_ends_there_is_a_database_and_it_is_whole() {
    let mut stops = 0;
    loop {
        let folder = tempfile::tempdir().unwrap();
        let (path, draft) = (folder.path().join("relay.db"), folder.path().join("relay.db.new"));
        // What an earlier restore kept.
        killed(&folder.path().join("relay.db.old"), 1).await;
        killed(&path, 2).await;
        drop(database(&draft, 3).await);
        let mut left = stops;
        let mut step = || {
            left -= 1;
            if left < 0 { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
        };
        let is_done = put_in_place(&draft, &path, &mut step).is_ok();
        let found = noted(&path);
        assert!(found == 2 || found == 3, "after {stops} steps: {found}");
        assert!(upkeep::findings(&path).unwrap().is_empty());
        if is_done {
            assert_eq!((found, noted(&folder.path().join("relay.db.old"))), (3, 2));
            break;
        }
        // Again, to the end.
        if draft.exists() {
            put_in_place(&draft, &path, &mut || Ok(())).unwrap();
        }
        assert_eq!(noted(&path), 3);
        stops += 1;
    }
    assert!(stops > 5, "{stops}");
}
