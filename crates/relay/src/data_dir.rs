//! The data directory: private to its owner, used by one relay at a time.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    net::SocketAddr,
    path::{Path, PathBuf, absolute},
};

/// Why a relay does not start; each message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The data directory cannot be created or written.
    #[error("cannot use the data directory {}: {source}. Choose another with --data, or give this user the right to write there", path.display())]
    DataDir {
        /// The directory or a file in it.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another relay runs on the same directory.
    #[error("another relay is using {}. Stop it first, or choose another directory with --data", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// The relay's key file is damaged.
    #[error("the relay's key {} is damaged: it must have 32 bytes. Restore it from a backup; deleting it makes a new key, and clients that remember the old one will refuse this relay", path.display())]
    BadKey {
        /// The key file.
        path: PathBuf,
    },
    /// The key file that was named cannot be read.
    #[error("cannot read the relay's key {}: {source}. It is drawn once for all nodes (openssl rand 32) and readable for this user; without --key a relay keeps one of its own in the data directory", path.display())]
    KeyFile {
        /// The key file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The store and the data directory are two directories.
    #[error("the store {} is not in the data directory {}: name one of them only", store.display(), path.display())]
    TwoDirs {
        /// The data directory.
        path: PathBuf,
        /// The directory of the store.
        store: PathBuf,
    },
    /// The relay was built without what the store needs.
    #[error(
        "cannot use the store {place}: this relay was built without PostgreSQL. Build it with `--features postgres`"
    )]
    NoPostgres {
        /// The store, without a password.
        place: String,
    },
    /// The database server, or what is in it, cannot be used.
    #[cfg(feature = "postgres")]
    #[error("cannot use the store {place}: {reason}")]
    Server {
        /// The store, without a password.
        place: String,
        /// Why not, and what to do.
        reason: crate::store::ServerError,
    },
    /// The operating system gave no randomness.
    #[error("the operating system's random source failed")]
    Entropy,
    /// The database is damaged.
    #[error("the database {} is damaged ({detail}). Restore it from a backup. To save what can be read, keep a copy and run: sqlite3 relay.db .recover | sqlite3 new.db", path.display())]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What the check found first.
        detail: String,
    },
    /// The database was written by a newer relay.
    #[error("the database {} has schema {found}, but this relay knows schemas up to {known}. Start the newer relay again, or restore the backup made before the upgrade", path.display())]
    NewerSchema {
        /// The database.
        path: PathBuf,
        /// Schema of the database.
        found: i64,
        /// The newest one known.
        known: i64,
    },
    /// The file is a database of another program.
    #[error("{} is not the database of a relay. Choose another directory with --data", path.display())]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// The database cannot be opened.
    #[error("cannot open the database {}: {source}. Check that the disk is not full and the files belong to this user", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// There is no TLS with these files.
    #[error(transparent)]
    Tls(#[from] crate::tls::TlsError),
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}. Is another program using the port? Choose another with --listen, port 0 takes a free one"
    )]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
}

/// A locked data directory. Dropping it releases the lock; so does the end of the process, however it ends.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Creates the directory if need be, for its owner only, and locks it (RLY-19).
    pub(crate) fn open(path: &Path) -> Result<Self, StartError> {
        let unusable = |source| StartError::DataDir { path: path.to_owned(), source };
        if !path.is_dir() {
            private_dirs().create(path).map_err(unusable)?;
            sync_parents(path);
        }
        let lock = private_file().create(true).truncate(false).open(path.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StartError::Locked { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// Where the database is.
    pub(crate) fn database(&self) -> PathBuf {
        database(&self.path)
    }

    /// Where the relay's key is.
    pub(crate) fn key(&self) -> PathBuf {
        key(&self.path)
    }

    /// Makes created and renamed files durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        if cfg!(unix) { File::open(&self.path)?.sync_all() } else { Ok(()) }
    }
}

/// Makes a file that was renamed durable under its new name.
pub(crate) fn sync_dir(file: &Path) -> io::Result<()> {
    match absolute(file)?.parent() {
        Some(dir) if cfg!(unix) => File::open(dir)?.sync_all(),
        _ => Ok(()),
    }
}

/// Makes a new directory durable, as far as this user may: what is accepted into it must not go with it.
fn sync_parents(path: &Path) {
    if let Ok(path) = absolute(path) {
        for parent in path.ancestors().skip(1) {
            if File::open(parent).and_then(|dir| dir.sync_all()).is_err() {
                return;
            }
        }
    }
}

/// Where the database of a data directory is.
pub(crate) fn database(data_dir: &Path) -> PathBuf {
    data_dir.join("relay.db")
}

/// Where the key of a data directory is.
pub(crate) fn key(data_dir: &Path) -> PathBuf {
    data_dir.join("relay.key")
}

/// Creates an empty file for its owner only, unless it is there.
pub(crate) fn touch_private(path: &Path) -> io::Result<()> {
    private_file().create(true).truncate(false).open(path).map(drop)
}

/// Options for a file that only its owner may read.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn private_dirs() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}
