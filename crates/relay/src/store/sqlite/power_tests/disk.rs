//! A disk in memory that can lose its power, or be full. What was written and not synced may be there after a cut, whole,
//! in part, or not at all.

use sqlite_vfs::{
    DatabaseHandle, LockKind, OpenAccess, OpenKind, OpenOptions, Vfs,
    wip::{WalIndex, WalIndexLock},
};
use std::{
    collections::{BTreeMap, HashMap},
    io::{Error, ErrorKind, Result},
    ops::Range,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;
/// Of the memory that connections share.
const REGION: usize = 32_768;

/// Repeatable chance.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below the one given.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn index(&mut self, limit: usize) -> usize {
        usize::try_from(self.below(u64::try_from(limit).unwrap())).unwrap()
    }
}

/// A disk, and the machine it is in.
#[derive(Clone)]
pub(super) struct Disk {
    name: String,
    state: Arc<Mutex<State>>,
}

struct State {
    files: BTreeMap<String, File>,
    chance: Chance,
    /// Rises with each cut; what was opened before is dead.
    era: u64,
    /// So many writes and syncs until the power is cut.
    fuse: Option<u64>,
    /// So many bytes may still be written to where nothing was.
    room: Option<usize>,
    locks: HashMap<u64, LockKind>,
    shared: HashMap<u32, Box<[u8; REGION]>>,
    shared_locks: HashMap<(u64, u8), WalIndexLock>,
}

#[derive(Default)]
struct File {
    /// What a program reads.
    content: Vec<u8>,
    /// What is on the disk.
    durable: Vec<u8>,
    /// What is between the two, in order.
    pending: Vec<Change>,
    /// Whether the directory has it for good.
    is_listed: bool,
}

enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Disk {
    pub(super) fn new(seed: u64) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let state = State {
            files: BTreeMap::new(),
            chance: Chance::new(seed),
            era: 0,
            fuse: None,
            room: None,
            locks: HashMap::new(),
            shared: HashMap::new(),
            shared_locks: HashMap::new(),
        };
        let name = format!("disk-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let disk = Self { name, state: Arc::new(Mutex::new(state)) };
        sqlite_vfs::register(&disk.name, disk.clone(), false).unwrap();
        disk
    }

    /// The database on it.
    pub(super) fn path(&self) -> PathBuf {
        format!("file:relay.db?vfs={}", self.name).into()
    }

    /// Cuts the power after so many writes and syncs.
    pub(super) fn cut_after(&self, steps: u64) {
        self.state().fuse = Some(steps);
    }

    /// Cuts the power now.
    pub(super) fn cut(&self) {
        let mut state = self.state();
        state.fuse = None;
        state.era += 1;
    }

    /// Whether the power was cut since it was switched on for the time given.
    pub(super) fn is_dead(&self, era: u64) -> bool {
        self.state().era != era
    }

    /// Switches on again, with what is left; the number of this time.
    pub(super) fn switch_on(&self) -> u64 {
        let mut state = self.state();
        let State { files, chance, .. } = &mut *state;
        for file in files.values_mut() {
            file.settle(chance);
        }
        files.retain(|_, file| file.is_listed || chance.below(2) == 0);
        state.locks.clear();
        state.shared.clear();
        state.shared_locks.clear();
        state.era
    }

    /// How many bytes more it takes; `None` for as many as come.
    pub(super) fn set_room(&self, room: Option<usize>) {
        self.state().room = room;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn require_power(&self, era: u64) -> Result<()> {
        if self.era == era { Ok(()) } else { Err(Error::other("the power is off")) }
    }

    /// A write or a sync.
    fn step(&mut self, era: u64) -> Result<()> {
        self.require_power(era)?;
        match &mut self.fuse {
            Some(0) => {
                self.fuse = None;
                self.era += 1;
                Err(Error::other("the power went off"))
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn file(&mut self, name: &str) -> Result<&mut File> {
        self.files.get_mut(name).ok_or(ErrorKind::NotFound.into())
    }
}

impl File {
    /// What becomes of what was not synced.
    fn settle(&mut self, chance: &mut Chance) {
        let mut pending = std::mem::take(&mut self.pending);
        match chance.below(4) {
            0 => pending.clear(),
            1 => (),
            // In whatever order the disk had taken them up.
            2 => pending.retain(|_| chance.below(2) == 0),
            _ => {
                let whole = chance.index(pending.len() + 1);
                pending.truncate(whole);
                if let Some(Change::Write(_, data)) = pending.last_mut() {
                    let sectors = data.len() / SECTOR;
                    data.truncate(chance.index(sectors + 1) * SECTOR);
                }
            }
        }
        for change in &pending {
            change.make(&mut self.durable);
        }
        self.content = self.durable.clone();
    }
}

impl Change {
    fn make(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, data) => {
                let end = offset + data.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*offset..end].copy_from_slice(data);
            }
            Self::Length(length) => bytes.resize(*length, 0),
        }
    }
}

impl Vfs for Disk {
    type Handle = Handle;

    fn open(&self, name: &str, options: OpenOptions) -> Result<Handle> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut state = self.state();
        let makes = matches!(options.access, OpenAccess::Create | OpenAccess::CreateNew);
        if !state.files.contains_key(name) && !makes {
            return Err(ErrorKind::NotFound.into());
        }
        state.files.entry(name.to_owned()).or_default();
        let is_database = options.kind == OpenKind::MainDb;
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Handle { disk: self.clone(), name: name.into(), era: state.era, id, is_database })
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.state().files.remove(name).map(drop).ok_or(ErrorKind::NotFound.into())
    }

    fn exists(&self, name: &str) -> Result<bool> {
        Ok(self.state().files.contains_key(name))
    }

    fn temporary_name(&self) -> String {
        "temporary".into()
    }

    fn random(&self, buffer: &mut [i8]) {
        let mut state = self.state();
        for byte in buffer {
            *byte = i8::try_from(state.chance.below(128)).unwrap();
        }
    }

    fn sleep(&self, duration: Duration) -> Duration {
        std::thread::sleep(duration);
        duration
    }
}

/// An open file.
pub(super) struct Handle {
    disk: Disk,
    name: String,
    era: u64,
    id: u64,
    is_database: bool,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let (true, Ok(mut state)) = (self.is_database, self.disk.state.lock()) {
            state.locks.remove(&self.id);
        }
    }
}

impl DatabaseHandle for Handle {
    type WalIndex = Shared;

    fn size(&self) -> Result<u64> {
        let mut state = self.disk.state();
        state.require_power(self.era)?;
        Ok(u64::try_from(state.file(&self.name)?.content.len()).unwrap())
    }

    fn read_exact_at(&mut self, buffer: &mut [u8], offset: u64) -> Result<()> {
        let mut state = self.disk.state();
        state.require_power(self.era)?;
        let content = &state.file(&self.name)?.content;
        let from = usize::try_from(offset).unwrap().min(content.len());
        let there = &content[from..content.len().min(from + buffer.len())];
        buffer[..there.len()].copy_from_slice(there);
        buffer[there.len()..].fill(0);
        if there.len() == buffer.len() { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }

    fn write_all_at(&mut self, data: &[u8], offset: u64) -> Result<()> {
        let mut state = self.disk.state();
        state.step(self.era)?;
        let offset = usize::try_from(offset).unwrap();
        let grows = (offset + data.len()).saturating_sub(state.file(&self.name)?.content.len());
        if let Some(room) = &mut state.room {
            *room = room.checked_sub(grows).ok_or(ErrorKind::WriteZero)?;
        }
        let file = state.file(&self.name)?;
        let change = Change::Write(offset, data.to_vec());
        change.make(&mut file.content);
        file.pending.push(change);
        Ok(())
    }

    fn sync(&mut self, _data_only: bool) -> Result<()> {
        let mut state = self.disk.state();
        state.step(self.era)?;
        let file = state.file(&self.name)?;
        for change in file.pending.drain(..) {
            change.make(&mut file.durable);
        }
        file.is_listed = true;
        Ok(())
    }

    fn set_len(&mut self, size: u64) -> Result<()> {
        let mut state = self.disk.state();
        state.step(self.era)?;
        let file = state.file(&self.name)?;
        let change = Change::Length(usize::try_from(size).unwrap());
        change.make(&mut file.content);
        file.pending.push(change);
        Ok(())
    }

    fn lock(&mut self, wanted: LockKind) -> Result<bool> {
        let mut state = self.disk.state();
        state.require_power(self.era)?;
        let rank = |kind: LockKind| match kind {
            LockKind::None => 0,
            LockKind::Shared => 1,
            LockKind::Reserved => 2,
            LockKind::Pending => 3,
            LockKind::Exclusive => 4,
        };
        let others = state.locks.iter().filter(|(id, _)| **id != self.id);
        let highest = others.map(|(_, kind)| rank(*kind)).max().unwrap_or(0);
        let is_free = match wanted {
            LockKind::None => true,
            LockKind::Shared => highest < 3,
            LockKind::Reserved | LockKind::Pending => highest < 2,
            LockKind::Exclusive => highest == 0,
        };
        if is_free {
            state.locks.insert(self.id, wanted);
        }
        Ok(is_free)
    }

    fn reserved(&mut self) -> Result<bool> {
        let state = self.disk.state();
        let is_reserved = |kind: &LockKind| !matches!(kind, LockKind::None | LockKind::Shared);
        Ok(state.locks.values().any(is_reserved))
    }

    fn current_lock(&self) -> Result<LockKind> {
        Ok(self.disk.state().locks.get(&self.id).copied().unwrap_or(LockKind::None))
    }

    fn wal_index(&self, _readonly: bool) -> Result<Shared> {
        Ok(Shared { disk: self.disk.clone(), era: self.era, id: self.id, seen: HashMap::new() })
    }
}

/// The memory that connections share. Each has a copy; what it changed is written back, and nothing else.
pub(super) struct Shared {
    disk: Disk,
    era: u64,
    id: u64,
    seen: HashMap<u32, Box<[u8; REGION]>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Ok(mut state) = self.disk.state.lock() {
            state.shared_locks.retain(|(id, _), _| *id != self.id);
        }
    }
}

impl WalIndex for Shared {
    fn map(&mut self, region: u32) -> Result<[u8; REGION]> {
        let mut copy = [0; REGION];
        self.pull(region, &mut copy)?;
        Ok(copy)
    }

    fn lock(&mut self, slots: Range<u8>, wanted: WalIndexLock) -> Result<bool> {
        let mut state = self.disk.state();
        state.require_power(self.era)?;
        let is_free = state.shared_locks.iter().all(|((id, slot), held)| {
            *id == self.id
                || !slots.contains(slot)
                || match wanted {
                    WalIndexLock::None => true,
                    WalIndexLock::Shared => *held == WalIndexLock::Shared,
                    WalIndexLock::Exclusive => false,
                }
        });
        if is_free {
            for slot in slots {
                match wanted {
                    WalIndexLock::None => state.shared_locks.remove(&(self.id, slot)),
                    _ => state.shared_locks.insert((self.id, slot), wanted),
                };
            }
        }
        Ok(is_free)
    }

    fn delete(self) -> Result<()> {
        let mut state = self.disk.state();
        state.require_power(self.era)?;
        state.shared.clear();
        drop(state);
        Ok(())
    }

    fn pull(&mut self, region: u32, copy: &mut [u8; REGION]) -> Result<()> {
        let mut state = self.disk.state();
        state.require_power(self.era)?;
        let shared = state.shared.entry(region).or_insert_with(|| Box::new([0; REGION]));
        copy.copy_from_slice(&**shared);
        self.seen.insert(region, shared.clone());
        Ok(())
    }

    fn push(&mut self, region: u32, copy: &[u8; REGION]) -> Result<()> {
        let mut state = self.disk.state();
        state.require_power(self.era)?;
        let shared = state.shared.entry(region).or_insert_with(|| Box::new([0; REGION]));
        let seen = self.seen.entry(region).or_insert_with(|| Box::new([0; REGION]));
        for ((shared, seen), byte) in shared.iter_mut().zip(seen.iter_mut()).zip(copy) {
            if seen != byte {
                (*shared, *seen) = (*byte, *byte);
            }
        }
        Ok(())
    }
}
