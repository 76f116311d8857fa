//! A store whose writes and commits can be made to fail.

use aside_client::store::{MemoryStore, Row, Store, StoreError, Table, Transaction};

/// All tables, so that a whole store can be compared, but how far it has come, which moves with every login.
const TABLES: &[Table] = &[
    Table::Own,
    Table::Counter,
    Table::Peer,
    Table::Handle,
    Table::Prekey,
    Table::Session,
    Table::Handshake,
    Table::Conversation,
    Table::PeerChat,
    Table::LastFrame,
    Table::Message,
    Table::MessageId,
    Table::Outbox,
    Table::Group,
    Table::GroupLog,
    Table::LogKey,
    Table::GroupEntry,
    Table::SendingChain,
    Table::ReceivingChain,
    Table::ChainOwner,
    Table::Held,
    Table::GroupState,
    Table::Mark,
    Table::Receipt,
    Table::ReceiptsDue,
    Table::Telling,
    Table::Settings,
    Table::EncryptedOnly,
    Table::Term,
    Table::Imported,
    Table::Desk,
    Table::Scheduled,
    Table::Request,
    Table::Due,
    Table::KeyPage,
    Table::PageKey,
    Table::Early,
];

#[derive(Clone, Default)]
pub(crate) struct Faulty {
    pub(crate) inner: MemoryStore,
    /// How many writes of the next step succeed before one fails.
    pub(crate) writes: Option<usize>,
    /// Whether the next commit fails.
    pub(crate) commit_fails: bool,
}

impl Store for Faulty {
    fn step<T, E: From<StoreError>>(
        &mut self,
        step: impl FnOnce(&mut dyn Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let writes = self.writes.take();
        let commit_fails = std::mem::take(&mut self.commit_fails);
        self.inner.step(|tx| {
            let result = step(&mut FaultyTransaction { tx, writes })?;
            if commit_fails { Err(broken().into()) } else { Ok(result) }
        })
    }
}

struct FaultyTransaction<'a> {
    tx: &'a mut dyn Transaction,
    writes: Option<usize>,
}

impl FaultyTransaction<'_> {
    fn write(&mut self) -> Result<(), StoreError> {
        // Only this one fails: a step that went on regardless would be committed.
        if self.writes == Some(0) {
            self.writes = None;
            return Err(broken());
        }
        self.writes = self.writes.and_then(|left| left.checked_sub(1));
        Ok(())
    }
}

impl Transaction for FaultyTransaction<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.tx.get(table, key)
    }

    fn put(&mut self, table: Table, key: &[u8], record: &[u8]) -> Result<(), StoreError> {
        self.write()?;
        self.tx.put(table, key, record)
    }

    fn delete(&mut self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        self.write()?;
        self.tx.delete(table, key)
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.tx.scan(table, prefix, after, limit)
    }
}

fn broken() -> StoreError {
    StoreError::Failed("on purpose".into())
}

/// All records of a table.
pub(crate) fn rows(store: &MemoryStore, table: Table) -> Vec<Row> {
    store.scan(table, &[], None, usize::MAX).unwrap()
}

/// All records but the cursor, which moves with every delivery.
pub(crate) fn dump(store: &MemoryStore) -> Vec<(Table, Row)> {
    let of = |table| rows(store, table).into_iter().map(move |row| (table, row));
    TABLES
        .iter()
        .copied()
        .flat_map(of)
        .filter(|(_, (key, _))| key != b"cursor" && key != b"received")
        .collect()
}
