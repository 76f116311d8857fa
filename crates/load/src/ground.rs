//! What a relay stands on: a folder, and a database if it does not store in its folder.

#[cfg(feature = "postgres")]
mod database;
#[cfg(not(feature = "postgres"))]
#[path = "ground/no_database.rs"]
mod database;

use crate::{Failure, program::Start};
use database::Database;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;

/// With nothing in it; gone with the value.
pub struct Ground {
    folder: TempDir,
    database: Option<Database>,
}

/// Where grounds are made.
#[derive(Debug, Clone, Default)]
pub struct Grounds {
    /// The folder of their folders; that of the system if this is not said.
    pub folder: Option<PathBuf>,
    /// A database on the server where theirs are made beside it; without one, relays store in their folders.
    pub server: Option<String>,
}

impl Grounds {
    /// A folder without a database.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn folder(&self) -> Result<TempDir, Failure> {
        Ok(match &self.folder {
            Some(folder) => TempDir::new_in(folder)?,
            None => TempDir::new()?,
        })
    }

    /// A new one.
    ///
    /// # Errors
    /// If it cannot be made.
    pub async fn ground(&self) -> Result<Ground, Failure> {
        let database = match &self.server {
            Some(server) => Some(Database::create(server).await?),
            None => None,
        };
        Ok(Ground { folder: self.folder()?, database })
    }

    /// Processor time that the server of databases has used, with all its processes; nothing if there is none, or elsewhere.
    ///
    /// # Errors
    /// If the server does not answer.
    pub async fn processor_time(&self) -> Result<Option<Duration>, Failure> {
        match &self.server {
            Some(server) => database::processor_time(server).await,
            None => Ok(None),
        }
    }
}

impl Ground {
    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where the database is, if there is one.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.database.as_ref().map(Database::url)
    }

    /// How a relay is started here.
    #[must_use]
    pub fn start(&self, start: &Start) -> Start {
        let mut start = start.clone();
        start.arguments.extend(self.url().into_iter().flat_map(|url| ["--store".to_owned(), url.to_owned()]));
        start
    }

    /// Bytes on disk.
    ///
    /// # Errors
    /// If they cannot be counted.
    pub async fn disk(&self) -> Result<u64, Failure> {
        match &self.database {
            Some(database) => database.disk().await,
            None => fs::read_dir(self.path())?.map(|file| Ok(file?.metadata()?.len())).sum(),
        }
    }
}
