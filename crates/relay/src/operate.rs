//! What operators do with a relay that runs, or does not: its database as a whole, and its accounts.

mod server;

use crate::{
    clock::now,
    config::Config,
    data_dir::{DataDir, StartError, database, private_file, sync_dir, touch_private},
    place::Place,
    store::{Closed, OpenError, SqliteStore, Store, upkeep},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Why it did not happen. The message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperateError {
    /// There is no database.
    #[error(
        "there is no database at {0}; is --data the directory of the relay? A relay creates it when it starts"
    )]
    NoDatabase(PathBuf),
    /// The database does not open.
    #[error("{path}: {source}")]
    Open {
        /// The database.
        path: PathBuf,
        /// Why not.
        source: OpenError,
    },
    /// A file is in the way.
    #[error("{0} exists already; choose another name, nothing is overwritten")]
    Exists(PathBuf),
    /// A database is in the way.
    #[error(
        "{0} exists already; with --replace it is kept beside as relay.db.old, and the backup takes its place"
    )]
    InTheWay(PathBuf),
    /// A relay is using it, or its directory cannot be locked.
    #[error("{0}")]
    Directory(#[from] StartError),
    /// A database is damaged.
    #[error("{path} is damaged: {finding}")]
    Damaged {
        /// The database.
        path: PathBuf,
        /// The first finding.
        finding: String,
    },
    /// The file system does not let us.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// The store of a relay, beside it while it runs or without it.
///
/// # Errors
/// [`OperateError`], with what to do.
pub async fn store(config: &Config) -> Result<(Arc<dyn Store>, Closed), OperateError> {
    if let Place::Postgres(url) = &config.store {
        return Ok(server::open(config, url).await?);
    }
    let path = existing(&config.data_dir)?;
    let (store, closed) =
        SqliteStore::open_beside(&path).map_err(|source| OperateError::Open { path, source })?;
    Ok((Arc::new(store), closed))
}

/// What is wrong with the database, looking at all of it; nothing if it is well. Blocks.
///
/// # Errors
/// [`OperateError`] if it cannot be looked at.
pub fn check(data_dir: &Path) -> Result<Vec<String>, OperateError> {
    let path = existing(data_dir)?;
    upkeep::findings(&path).map_err(|source| OperateError::Open { path, source })
}

/// Copies the database as it is at one moment, while it is used, and checks the copy. Blocks. Bytes of the copy.
///
/// # Errors
/// [`OperateError`], with what to do; then there is no copy.
pub fn backup(data_dir: &Path, to: &Path) -> Result<u64, OperateError> {
    let path = existing(data_dir)?;
    if to.exists() {
        return Err(OperateError::Exists(to.to_owned()));
    }
    let draft = beside(to, ".part");
    let outcome = copy_and_check(&path, &draft).and_then(|bytes| {
        fs::rename(&draft, to).and_then(|()| sync_dir(to)).map_err(|source| file(to, source))?;
        Ok(bytes)
    });
    if outcome.is_err() {
        // Half a copy must not be taken for one.
        let _ = fs::remove_file(&draft);
    }
    outcome
}

fn copy_and_check(from: &Path, to: &Path) -> Result<u64, OperateError> {
    // The file system does not let others read it either.
    let _ = fs::remove_file(to);
    touch_private(to).map_err(|source| file(to, source))?;
    upkeep::copy(from, to).map_err(|source| OperateError::Open { path: from.to_owned(), source })?;
    require_well(to)?;
    let copy = fs::File::open(to).and_then(|copy| copy.sync_all().map(|()| copy));
    let size = copy.and_then(|copy| copy.metadata()).map_err(|source| file(to, source))?;
    Ok(size.len())
}

/// Puts a backup in the place of the database, of which `replace` keeps what is there as `relay.db.old`. No relay may be
/// using the directory. Blocks. Bytes of the backup.
///
/// # Errors
/// [`OperateError`], with what to do; then the database is as it was.
pub fn restore(backup: &Path, data_dir: &Path, replace: bool) -> Result<u64, OperateError> {
    if !backup.is_file() {
        return Err(OperateError::NoDatabase(backup.to_owned()));
    }
    // Newer schemas and other programs' files are refused here, before anything is touched.
    require_well(backup)?;
    let dir = DataDir::open(data_dir)?;
    let path = dir.database();
    if path.exists() && !replace {
        return Err(OperateError::InTheWay(path));
    }
    let draft = beside(&path, ".new");
    let _ = fs::remove_file(&draft);
    touch_private(&draft).map_err(|source| file(&draft, source))?;
    let bytes = fs::copy(backup, &draft).map_err(|source| file(&draft, source))?;
    private_file()
        .open(&draft)
        .and_then(|copy| keep_private(&draft).and_then(|()| copy.sync_all()))
        .map_err(|source| file(&draft, source))?;
    require_well(&draft)?;
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(&draft, suffix));
    }
    put_in_place(&draft, &path, &mut || Ok(())).map_err(|source| file(&path, source))?;
    Ok(bytes)
}

/// Puts a copy in the place of a database, which stays as `.old`. Wherever this ends, one of the two stands there, and whole;
/// `step` is called at each of these places.
fn put_in_place(draft: &Path, path: &Path, step: &mut dyn FnMut() -> io::Result<()>) -> io::Result<()> {
    let old = beside(path, ".old");
    for suffix in ["", "-wal", "-shm"] {
        gone(fs::remove_file(beside(&old, suffix)))?;
        step()?;
    }
    // What is only in its log would be missing without that; of one that is damaged the log is kept, too.
    let _ = upkeep::fold(path);
    step()?;
    // Of the old database, it must never be read into the new one.
    gone(fs::rename(beside(path, "-wal"), beside(&old, "-wal")))?;
    step()?;
    gone(fs::remove_file(beside(path, "-shm")))?;
    step()?;
    gone(fs::hard_link(path, &old))?;
    sync_dir(path)?;
    step()?;
    fs::rename(draft, path)?;
    sync_dir(path)?;
    step()
}

fn gone(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Gives free space back to the file system: beside a running relay in small steps, without one by writing the file anew.
/// Blocks. Bytes before and after.
///
/// # Errors
/// [`OperateError`], with what to do.
pub fn vacuum(data_dir: &Path) -> Result<(u64, u64), OperateError> {
    let path = existing(data_dir)?;
    let size = || fs::metadata(&path).map(|data| data.len()).map_err(|source| file(&path, source));
    let before = size()?;
    let outcome = match DataDir::open(data_dir) {
        Ok(_lock) => upkeep::rewrite(&path),
        Err(StartError::Locked { .. }) => upkeep::give_back(&path),
        Err(error) => return Err(error.into()),
    };
    outcome.map_err(|source| OperateError::Open { path: path.clone(), source })?;
    Ok((before, size()?))
}

/// Whether a relay is using a data directory.
#[must_use]
pub fn is_running(data_dir: &Path) -> bool {
    data_dir.join("lock").is_file() && matches!(DataDir::open(data_dir), Err(StartError::Locked { .. }))
}

/// What a start would find of the database, and what to say of it.
///
/// # Errors
/// [`OperateError`] if a start would be refused.
pub fn look(data_dir: &Path) -> Result<Look, OperateError> {
    let path = existing(data_dir)?;
    let open = |source| OperateError::Open { path: path.clone(), source };
    upkeep::quick(&path).map_err(open)?;
    let (schema, newest) = upkeep::schemas(&path).map_err(open)?;
    let noted = if schema == newest { Some(upkeep::noted(&path).map_err(open)?) } else { None };
    Ok(Look { schema, newest, noted, now: now() })
}

/// What a start would find on the server; nothing if the database is empty.
///
/// # Errors
/// [`OperateError`] if a start would be refused.
pub async fn look_on_server(config: &Config) -> Result<Option<Look>, OperateError> {
    Ok(server::look(config).await?)
}

/// What [`look`] or [`look_on_server`] found.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// The schema of the database.
    pub schema: i64,
    /// The newest schema this program knows.
    pub newest: i64,
    /// What the clock said when a relay noted it last, if the schema is the newest.
    pub noted: Option<u64>,
    /// What the clock says, in milliseconds since 1970.
    pub now: u64,
}

fn existing(data_dir: &Path) -> Result<PathBuf, OperateError> {
    let path = database(data_dir);
    if path.is_file() { Ok(path) } else { Err(OperateError::NoDatabase(path)) }
}

fn require_well(path: &Path) -> Result<(), OperateError> {
    let findings =
        upkeep::findings(path).map_err(|source| OperateError::Open { path: path.to_owned(), source })?;
    match findings.into_iter().next() {
        Some(finding) => Err(OperateError::Damaged { path: path.to_owned(), finding }),
        None => Ok(()),
    }
}

/// The same place, with more at the end of its name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn file(path: &Path, source: io::Error) -> OperateError {
    OperateError::File { path: path.to_owned(), source }
}

/// A copy takes over the mode of what was copied.
fn keep_private(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let _ = path;
    Ok(())
}

#[cfg(test)]
#[path = "operate_tests.rs"]
mod tests;
