//! A store in memory, for simulations and throw-away clients.

use super::{Row, Store, StoreError, Table, Transaction};
use std::collections::BTreeMap;

/// Ordered records in memory. Cloning it is taking a snapshot.
#[derive(Clone, Default)]
pub struct MemoryStore {
    records: BTreeMap<(Table, Vec<u8>), Vec<u8>>,
}

impl Store for MemoryStore {
    fn step<T, E: From<StoreError>>(
        &mut self,
        step: impl FnOnce(&mut dyn Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut working = self.clone();
        let result = step(&mut working)?;
        *self = working;
        Ok(result)
    }
}

impl Transaction for MemoryStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.records.get(&(table, key.to_vec())).cloned())
    }

    fn put(&mut self, table: Table, key: &[u8], record: &[u8]) -> Result<(), StoreError> {
        self.records.insert((table, key.to_vec()), record.to_vec());
        Ok(())
    }

    fn delete(&mut self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        self.records.remove(&(table, key.to_vec()));
        Ok(())
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let start = after.unwrap_or(prefix).max(prefix);
        let rows = self
            .records
            .range((table, start.to_vec())..)
            .take_while(|((of, key), _)| *of == table && key.starts_with(prefix))
            .filter(|((_, key), _)| after.is_none_or(|after| key.as_slice() > after))
            .take(limit)
            .map(|((_, key), record)| (key.clone(), record.clone()));
        Ok(rows.collect())
    }
}

impl core::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "MemoryStore({} records)", self.records.len())
    }
}
