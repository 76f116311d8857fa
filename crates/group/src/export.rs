//! Export and import of a group's state: versioned, compact, validated.
//!
//! ```text
//! version 2 | id 32 | sequence | head 32 | name: length, bytes | flags 1 | expiry: mode 1, duration, cap
//! | log key id 16 | spent log key ids, each 16 | epochs | announce history
//! | members, each: account 32, since, roles, list: version, hash 32, since, devices
//! | former members, each: account 32, since, until, roles
//! flags   = capture notices 1, exposed 2
//! devices = count, each: number 1, signing key 32, agreement key 32
//! ```
//!
//! Numbers without a length are base 128, lowest group first, without a needless group. A history is a count and as many
//! pairs of a number and a byte; epochs have no byte. Whatever comes several times has its count before it.

use crate::{
    ExpiryTerms, Group, GroupName, LogKeyId, Member, MemberDevice, Role, history::History, member::Former,
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use aside_identity::{AccountKey, DeviceId, GroupId, ListReference};
use aside_primitives::Digest;
use aside_wire::limits::{DEVICES, GROUP_DEVICES, GROUP_LOG_KEYS};

/// The version of the layout above.
const VERSION: u8 = 2;
const CAPTURE: u8 = 1;
const EXPOSED: u8 = 2;

/// An exported group does not import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CannotImport {
    /// Written by a version that this one does not read.
    #[error("the state of the group has version {0}, which is not supported")]
    Version(u8),
    /// Damaged.
    #[error("the state of the group is damaged")]
    Damaged,
}

impl Group {
    /// The whole state; it holds no secret. About 145 bytes for a member with one device, and 65 for each further one; 16 for
    /// each log key.
    #[must_use]
    pub fn export(&self) -> Vec<u8> {
        let room = self.members.len().saturating_add(2).saturating_mul(160);
        let mut out = Writer(Vec::with_capacity(room));
        out.bytes(&[VERSION]);
        out.bytes(self.id.as_bytes());
        out.number(self.sequence);
        out.bytes(self.head.as_bytes());
        out.count(self.name.as_str().len());
        out.bytes(self.name.as_str().as_bytes());
        let capture = if self.capture_notices { CAPTURE } else { 0 };
        let exposed = if self.exposed { EXPOSED } else { 0 };
        out.bytes(&[capture | exposed]);
        out.expiry(self.expiry);
        out.bytes(self.log_key_id.as_bytes());
        out.count(self.spent_log_key_ids.len());
        self.spent_log_key_ids.iter().for_each(|id| out.bytes(id.as_bytes()));
        out.history(&self.epochs, |()| None);
        out.history(&self.announce, |announce_only| Some(announce_only.into()));
        out.count(self.members.len());
        for (account, member) in &self.members {
            out.bytes(account.as_bytes());
            out.member(member);
        }
        out.count(self.former.len());
        for ((account, since), Former { until, roles }) in &self.former {
            out.bytes(account.as_bytes());
            out.number(*since);
            out.number(*until);
            out.history(roles, |role| Some(role_byte(role)));
        }
        out.0
    }

    /// Reads back what [`Self::export`] wrote, and nothing else.
    ///
    /// # Errors
    /// [`CannotImport`] if the version is unknown or the bytes are not such a state.
    pub fn import(bytes: &[u8]) -> Result<Self, CannotImport> {
        let (version, rest) = bytes.split_first().ok_or(CannotImport::Damaged)?;
        if *version != VERSION {
            return Err(CannotImport::Version(*version));
        }
        let mut reader = Reader(rest);
        let group = reader.group().ok_or(CannotImport::Damaged)?;
        if reader.0.is_empty() && group.is_possible() { Ok(group) } else { Err(CannotImport::Damaged) }
    }

    /// Whether a group can be in this state.
    fn is_possible(&self) -> bool {
        let known = |history_end: Option<u64>| history_end.is_some_and(|end| end <= self.sequence);
        let owners = self.members.iter().filter(|(_, member)| member.role() == Role::Owner);
        let members = self.members.values().all(|member| {
            let begun = member.roles.all().first().is_some_and(|(first, _)| *first >= member.since);
            let range = 1..=self.sequence;
            begun
                && known(member.roles.now().map(|(end, _)| end))
                && range.contains(&member.since)
                && (member.since..=self.sequence).contains(&member.list_since)
                && member.list.version > 0
        });
        let former = self.former.iter().all(|((account, since), stay)| {
            let begun = stay.roles.all().first().is_some_and(|(first, _)| first >= since);
            let ended = stay.roles.now().is_some_and(|(end, _)| end < stay.until);
            let before = self.member(account).is_none_or(|member| stay.until < member.since);
            *since > 0 && begun && ended && before && stay.until <= self.sequence
        });
        let keys: BTreeSet<LogKeyId> = self.log_key_ids().collect();
        let parts = [
            self.sequence > 0,
            owners.map(|(account, _)| account).eq([&self.owner]),
            members,
            former,
            keys.len() == self.log_key_ids().count() && keys.len() <= GROUP_LOG_KEYS,
            known(self.epochs.now().map(|(end, ())| end)),
            known(self.announce.now().map(|(end, _)| end)),
            self.device_count() <= GROUP_DEVICES,
        ];
        parts.iter().all(|possible| *possible)
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn number(&mut self, mut number: u64) {
        while number > 0x7F {
            self.0.push(low_group(number) | 0x80);
            number >>= 7;
        }
        self.0.push(low_group(number));
    }

    fn count(&mut self, count: usize) {
        self.number(u64::try_from(count).unwrap_or(u64::MAX));
    }

    fn expiry(&mut self, expiry: ExpiryTerms) {
        let (mode, duration_s, unread_cap_s) = expiry.encode();
        self.bytes(&[u8::try_from(i32::from(mode)).unwrap_or(u8::MAX)]);
        self.number(duration_s.into());
        self.number(unread_cap_s.into());
    }

    fn history<T: Copy>(&mut self, history: &History<T>, byte: impl Fn(T) -> Option<u8>) {
        self.count(history.all().len());
        for (sequence, value) in history.all() {
            self.number(*sequence);
            self.0.extend(byte(*value));
        }
    }

    fn member(&mut self, member: &Member) {
        let Member { since, roles, list, list_since, devices } = member;
        self.number(*since);
        self.history(roles, |role| Some(role_byte(role)));
        self.number(list.version);
        self.bytes(list.hash.as_bytes());
        self.number(*list_since);
        self.count(devices.len());
        for MemberDevice { id, signing_key, agreement_key } in devices {
            self.bytes(&[id.byte()]);
            self.bytes(signing_key);
            self.bytes(agreement_key);
        }
    }
}

/// Takes fields from the front; `None` as soon as one is missing or impossible.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let group = u64::from(byte & 0x7F);
            let shifted = group << shift;
            if shifted >> shift != group {
                return None;
            }
            number |= shifted;
            if byte & 0x80 == 0 {
                return (byte != 0 || shift == 0).then_some(number);
            }
        }
        None
    }

    /// A count of things of at least `least` bytes each: no more than there are bytes for.
    fn count(&mut self, least: usize) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count.checked_mul(least)? <= self.0.len()).then_some(count)
    }

    fn account(&mut self) -> Option<AccountKey> {
        self.array().map(AccountKey::from_own_store)
    }

    fn group(&mut self) -> Option<Group> {
        let id = GroupId::new(self.array()?);
        let sequence = self.number()?;
        let head = Digest(self.array()?);
        let name = self.name()?;
        let flags = self.byte().filter(|flags| *flags <= CAPTURE | EXPOSED)?;
        let expiry = self.expiry()?;
        let log_key_id = LogKeyId::new(self.array()?);
        let spent_log_key_ids = self.log_key_ids()?;
        let epochs = self.history(1, |_| Some(()))?;
        let announce = self.history(2, |reader| match reader.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        })?;
        let members = self.members()?;
        let owner = *members.iter().find(|(_, member)| member.role() == Role::Owner)?.0;
        Some(Group {
            id,
            sequence,
            head,
            name,
            expiry,
            capture_notices: flags & CAPTURE != 0,
            announce,
            owner,
            members,
            former: self.former()?,
            epochs,
            log_key_id,
            spent_log_key_ids,
            exposed: flags & EXPOSED != 0,
        })
    }

    fn name(&mut self) -> Option<GroupName> {
        let length = self.count(1)?;
        let (name, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        GroupName::parse(core::str::from_utf8(name).ok()?).ok()
    }

    fn expiry(&mut self) -> Option<ExpiryTerms> {
        let mode = self.byte()?.into();
        let duration_s = u32::try_from(self.number()?).ok()?;
        let unread_cap_s = u32::try_from(self.number()?).ok()?;
        ExpiryTerms::decode(mode, duration_s, unread_cap_s).ok()
    }

    fn log_key_ids(&mut self) -> Option<Vec<LogKeyId>> {
        let count = self.count(16)?;
        (0..count).map(|_| self.array().map(LogKeyId::new)).collect()
    }

    fn history<T: Copy>(
        &mut self,
        least: usize,
        value: impl Fn(&mut Self) -> Option<T>,
    ) -> Option<History<T>> {
        let count = self.count(least)?;
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            values.push((self.number()?, value(self)?));
        }
        History::restore(values)
    }

    fn roles(&mut self) -> Option<History<Role>> {
        self.history(2, |reader| Role::decode(reader.byte()?.into()).ok())
    }

    fn members(&mut self) -> Option<BTreeMap<AccountKey, Member>> {
        let count = self.count(136)?;
        let mut members = Vec::with_capacity(count);
        for _ in 0..count {
            let account = self.account()?;
            members.push((account, self.member()?));
        }
        // A map of what is in order is built in one go.
        members.is_sorted_by(|a, b| a.0 < b.0).then(|| members.into_iter().collect())
    }

    fn member(&mut self) -> Option<Member> {
        Some(Member {
            since: self.number()?,
            roles: self.roles()?,
            list: ListReference { version: self.number()?, hash: Digest(self.array()?) },
            list_since: self.number()?,
            devices: self.devices()?,
        })
    }

    fn devices(&mut self) -> Option<Vec<MemberDevice>> {
        let count = self.count(65).filter(|count| (1..=DEVICES).contains(count))?;
        let mut devices: Vec<MemberDevice> = Vec::with_capacity(count);
        for _ in 0..count {
            let id = DeviceId::parse(self.byte()?.into()).ok()?;
            devices.push(MemberDevice { id, signing_key: self.array()?, agreement_key: self.array()? });
        }
        devices.is_sorted_by(|a, b| a.id < b.id).then_some(devices)
    }

    fn former(&mut self) -> Option<BTreeMap<(AccountKey, u64), Former>> {
        let count = self.count(37)?;
        let mut former = Vec::with_capacity(count);
        for _ in 0..count {
            let name = (self.account()?, self.number()?);
            former.push((name, Former { until: self.number()?, roles: self.roles()? }));
        }
        former.is_sorted_by(|a, b| a.0 < b.0).then(|| former.into_iter().collect())
    }
}

fn role_byte(role: Role) -> u8 {
    u8::try_from(role.encode()).unwrap_or(u8::MAX)
}

fn low_group(number: u64) -> u8 {
    u8::try_from(number & 0x7F).unwrap_or_default()
}
