//! Groups: the log of who is in, the chains of those who write, the messages.
//!
//! ```text
//!   a person acts ──► outbox ──► sealed on the newest head ──► relay orders ──► log ──► state
//!                                        ▲                                              │
//!                                        └────────── refused: the log has moved ◄───────┘
//! ```
//!
//! The state changes only by entries of the log, in the relay's order, the own ones included.

mod acts;
mod catch_up;
mod chains;
mod control;
mod held;
mod log;
mod messages;
mod outgoing;
mod tidy;
mod view;

pub(crate) use chains::{CHAIN_USE_MS, LATE_MS};
pub(crate) use control::Control;
pub(crate) use log::delivered;
pub(crate) use messages::GroupPlan;
pub(crate) use outgoing::{Sealing, may_write};

use crate::{
    engine::reach::on_group_changed,
    group::Standing,
    records::{self, Records},
    store::{StoreError, Table, Transaction},
};
use aside_content::Expiry;
use aside_group::{ExpiryTerms, Group, LogId, LogKey, LogKeyId};
use aside_identity::{AccountKey, GroupId};
use aside_primitives::Secret;
use std::collections::BTreeSet;

/// A group of which there is a record here.
pub(crate) struct Known {
    pub(crate) id: GroupId,
    pub(crate) record: records::Group,
    /// `None` until the first entry is known.
    pub(crate) state: Option<Group>,
    /// The state has changed since it was loaded.
    pub(crate) moved: bool,
}

impl Known {
    /// A group that is heard of for the first time.
    fn new(id: GroupId, standing: Standing) -> Self {
        let record = records::Group { standing: standing.number(), ..Default::default() };
        Self { id, record, state: None, moved: false }
    }

    pub(crate) fn load(tx: &dyn Transaction, id: GroupId) -> Result<Option<Self>, StoreError> {
        let Some(record) = tx.read::<records::Group>(Table::Group, id.as_bytes())? else { return Ok(None) };
        let state = tx.get(Table::GroupState, id.as_bytes())?;
        let state = state.map(|bytes| Group::import(&bytes)).transpose();
        let state = state.map_err(|_| StoreError::Damaged("group"))?;
        Ok(Some(Self { id, record, state, moved: false }))
    }

    /// Loads the group of a log.
    fn of_log(tx: &dyn Transaction, log: &LogId) -> Result<Option<Self>, StoreError> {
        match tx.get(Table::GroupLog, log.as_bytes())? {
            None => Ok(None),
            Some(id) => Self::load(tx, GroupId::new(records::fixed(&id)?)),
        }
    }

    /// Stores it, and by which segment of its log it is found. The state of a large group is written only when it has changed.
    fn keep(&self, tx: &mut dyn Transaction) -> Result<(), StoreError> {
        if let (true, Some(state)) = (self.moved, &self.state) {
            tx.put(Table::GroupState, self.id.as_bytes(), &state.export())?;
        }
        if !self.record.segment.is_empty() {
            tx.put(Table::GroupLog, &self.record.segment, self.id.as_bytes())?;
        }
        on_group_changed(tx)?;
        tx.write(Table::Group, self.id.as_bytes(), &self.record)
    }

    /// The segment of its log that the current key encrypts; `None` while that key is not known here (GRP-41).
    pub(crate) fn segment(&self) -> Result<Option<LogId>, StoreError> {
        match self.record.segment.as_slice() {
            [] => Ok(None),
            bytes => records::fixed(bytes).map(|bytes| Some(LogId::new(bytes))),
        }
    }

    /// Goes on at the beginning of a segment. Others of this log are not listened to any more.
    fn enter(&mut self, tx: &mut dyn Transaction, key: Option<&LogKey>) -> Result<(), StoreError> {
        if !self.record.segment.is_empty() {
            tx.delete(Table::GroupLog, &self.record.segment)?;
        }
        let segment = key.map(|key| LogId::of(&self.id, key).as_bytes().to_vec());
        self.record.wanted = segment.is_some();
        self.record.segment = segment.unwrap_or_default();
        self.record.position = 0;
        Ok(())
    }

    /// Goes on in the segment of the current log key.
    fn enter_current(&mut self, tx: &mut dyn Transaction) -> Result<(), StoreError> {
        let Some(state) = &self.state else { return Ok(()) };
        let key = self.log_key(tx, &state.log_key_id())?;
        self.enter(tx, key.as_ref())
    }

    /// Keeps log keys that somebody has handed over, oldest first, and goes on if one was waited for.
    fn learn_keys(&mut self, tx: &mut dyn Transaction, keys: &[LogKey]) -> Result<(), StoreError> {
        self.make_room_for_keys(tx, keys.len())?;
        for key in keys {
            self.keep_log_key(tx, key)?;
        }
        match (&self.state, keys.first()) {
            _ if !self.record.segment.is_empty() => Ok(()),
            (None, Some(first)) => self.enter(tx, Some(first)),
            _ => self.enter_current(tx),
        }
    }

    pub(crate) fn standing(&self) -> Result<Standing, StoreError> {
        Standing::from_number(self.record.standing).ok_or(StoreError::Damaged("standing in a group"))
    }

    /// Sequence of the newest entry known; 0 before the first.
    fn sequence(&self) -> u64 {
        self.state.as_ref().map_or(0, Group::sequence)
    }

    fn log_key(&self, tx: &dyn Transaction, id: &LogKeyId) -> Result<Option<LogKey>, StoreError> {
        let bytes = tx.get(Table::LogKey, &log_key_key(&self.id, id))?;
        bytes.map(|bytes| Ok(LogKey::new(Secret::new(records::fixed(&bytes)?)))).transpose()
    }

    fn keep_log_key(&self, tx: &mut dyn Transaction, key: &LogKey) -> Result<(), StoreError> {
        tx.put(Table::LogKey, &log_key_key(&self.id, &key.id()), key.expose())
    }

    /// Where the next entry of the log is to be looked for.
    fn next_position(&self) -> u64 {
        self.record.position.saturating_add(1)
    }
}

/// group 32 | log key id 16
fn log_key_key(group: &GroupId, id: &LogKeyId) -> Vec<u8> {
    [group.as_bytes().as_slice(), id.as_bytes()].concat()
}

/// group 32 | sequence 8
fn entry_key(group: &GroupId, sequence: u64) -> Vec<u8> {
    [group.as_bytes().as_slice(), &sequence.to_be_bytes()].concat()
}

/// Everybody who may get something of a group from here; `None` if the person here is out.
pub(crate) fn audience(
    tx: &dyn Transaction,
    group: GroupId,
) -> Result<Option<BTreeSet<AccountKey>>, StoreError> {
    let Some(known) = Known::load(tx, group)? else { return Ok(None) };
    if known.standing()? == Standing::Out {
        return Ok(None);
    }
    Ok(known.state.map(|state| state.members().map(|(account, _)| *account).collect()))
}

/// The members of a group by its log; nobody of a group one is not in.
pub(crate) fn members(tx: &dyn Transaction, group: GroupId) -> Result<BTreeSet<AccountKey>, StoreError> {
    Ok(audience(tx, group)?.unwrap_or_default())
}

/// How long what is said in a group now lives, by its log as it is known here.
pub(crate) fn expiry(tx: &dyn Transaction, group: GroupId) -> Result<Expiry, StoreError> {
    let state = Known::load(tx, group)?.and_then(|known| known.state);
    let policy = state.as_ref().map_or(0, Group::sequence);
    let terms = state.map_or(ExpiryTerms::Off, |state| state.expiry());
    Ok(Expiry { policy: if terms == ExpiryTerms::Off { 0 } else { policy }, terms })
}

/// How the person here stands to a group, without its state.
fn standing(tx: &dyn Transaction, group: &GroupId) -> Result<Option<Standing>, StoreError> {
    let record = tx.read::<records::Group>(Table::Group, group.as_bytes())?;
    Ok(record.and_then(|record| Standing::from_number(record.standing)))
}
