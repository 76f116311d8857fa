//! The page keys of a profile, in a file of fixed slots beside the database.
//!
//! A key written to a database is copied: to its journal, to free pages, to backups. Here each key stands in one place, which is
//! overwritten when the key is destroyed (EXP-43). The database says which slot belongs to which page; a slot that it does not name
//! belongs to nobody. Whoever reads or writes here holds the write lock of the database.
//!
//! A fresh key goes into a free slot before the database names it, and an old one is overwritten after the database has
//! ceased to: a crash between any two writes leaves every key that is named, and marks of use by which the next step
//! finds what is to be overwritten (EXP-44).

use super::{StoreError, sqlite::create_private};
use aside_primitives::Secret;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{File, OpenOptions},
    io::{ErrorKind, Read, Seek, SeekFrom, Write},
    path::Path,
};
use zeroize::Zeroizing;

/// magic 16 | in use 1 | zeros 15
const HEADER_BYTES: usize = 32;
const MAGIC: &[u8; 16] = b"aside page keys\x01";
const IN_USE_AT: u64 = 16;
/// A key; zeros where there is none.
const SLOT_BYTES: usize = 32;
const EMPTY: [u8; SLOT_BYTES] = [0; SLOT_BYTES];

/// The file with the page keys.
#[derive(Debug)]
pub(super) struct KeyFile {
    file: File,
}

impl KeyFile {
    /// Opens or creates the file, readable by its owner only.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        create_private(path)?;
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(failed)?;
        let opened = Self { file };
        let mut header = Vec::new();
        opened.at(0)?.take(as_offset(HEADER_BYTES)).read_to_end(&mut header).map_err(failed)?;
        match header.get(..MAGIC.len()) {
            Some(magic) if magic == MAGIC => {}
            Some(_) => return Err(StoreError::Damaged("page keys")),
            // Made just now, or a crash came before anything was kept.
            None => opened.write(0, &[MAGIC.as_slice(), &[0; 16]].concat())?,
        }
        Ok(opened)
    }

    /// The key in a slot.
    pub(super) fn read(&self, slot: u64) -> Result<Option<Secret<SLOT_BYTES>>, StoreError> {
        let mut file = self.at(offset(slot))?;
        let mut result = Ok(());
        let key = Secret::filled(|key| result = file.read_exact(key));
        match result {
            Ok(()) if *key.expose() == EMPTY => Ok(None),
            Ok(()) => Ok(Some(key)),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Notes that slots change, so that whoever comes next looks what belongs to nobody.
    pub(super) fn begin(&self) -> Result<(), StoreError> {
        self.write(IN_USE_AT, &[1])
    }

    /// Puts fresh keys into free slots, durably.
    pub(super) fn fill(&self, keys: &BTreeMap<u64, Secret<SLOT_BYTES>>) -> Result<(), StoreError> {
        for (slot, key) in keys {
            self.write(offset(*slot), key.expose())?;
        }
        self.file.sync_data().map_err(failed)
    }

    /// Whether slots have changed since they were last gone through.
    pub(super) fn is_in_use(&self) -> Result<bool, StoreError> {
        let mut flag = [0];
        self.at(IN_USE_AT)?.read_exact(&mut flag).map_err(failed)?;
        Ok(flag != [0])
    }

    /// Overwrites every slot that belongs to nobody, durably.
    pub(super) fn sweep(&self, named: &BTreeSet<u64>) -> Result<(), StoreError> {
        let left = self.left_over(named)?;
        for slot in &left {
            self.write(offset(*slot), &EMPTY)?;
        }
        if !left.is_empty() {
            self.file.sync_data().map_err(failed)?;
        }
        self.write(IN_USE_AT, &[0])
    }

    /// The slots that hold something and belong to nobody.
    pub(super) fn left_over(&self, named: &BTreeSet<u64>) -> Result<Vec<u64>, StoreError> {
        let length = self.file.metadata().map_err(failed)?.len();
        // Of its full length from the beginning: growing would leave a copy behind.
        let mut slots = Zeroizing::new(vec![0; usize::try_from(length).unwrap_or(0)]);
        self.at(0)?.read_exact(&mut slots).map_err(failed)?;
        let slots = slots.get(HEADER_BYTES..).unwrap_or_default().chunks(SLOT_BYTES);
        let used = (0..).zip(slots).filter(|(_, slot)| slot.iter().any(|byte| *byte != 0));
        Ok(used.map(|(number, _)| number).filter(|number| !named.contains(number)).collect())
    }

    fn at(&self, offset: u64) -> Result<&File, StoreError> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        Ok(file)
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), StoreError> {
        may_crash()?;
        self.at(offset)?.write_all(bytes).map_err(failed)
    }
}

/// Where a test may let everything end.
#[cfg(not(test))]
pub(super) const fn may_crash() -> Result<(), StoreError> {
    Ok(())
}
#[cfg(test)]
pub(super) use tests::may_crash;

fn offset(slot: u64) -> u64 {
    slot.saturating_mul(as_offset(SLOT_BYTES)).saturating_add(as_offset(HEADER_BYTES))
}

fn as_offset(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn failed(error: std::io::Error) -> StoreError {
    StoreError::Failed(format!("page keys: {error}"))
}

#[cfg(test)]
#[path = "key_file_tests.rs"]
pub(super) mod tests;
