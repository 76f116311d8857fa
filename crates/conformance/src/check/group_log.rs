//! Operations of the group chapter: the log.

use super::{inputs::Inputs, stop::Stop};
use crate::value::{Fields, Value};
use aside_group::{
    Entry, ExpiryTerms, Group, Head, LogId, LogKey, LogKeyId, Role, Standing, Superseded, sealed_entry,
};
use aside_identity::{AccountKey, Address, DeviceId, GroupId};
use aside_primitives::Secret;

pub(super) fn run(op: &str, input: &Inputs) -> Result<Option<Fields>, Stop> {
    Ok(Some(match op {
        "group.append" => {
            let entry = Entry::decode(input.bytes("entry")?);
            let group = built(&input.list("log")?)?;
            shown(&followed(group, &entry?, None)?)
        }
        "group.append_under" => {
            let entry = Entry::decode(input.bytes("entry")?);
            let group = built(&input.list("log")?)?;
            let under = LogKeyId::new(input.array("log_key_id")?);
            shown(&followed(group, &entry?, Some(under))?)
        }
        "group.replay" => replay(input)?,
        "group.judge" => judge(input)?,
        _ => return Ok(None),
    }))
}

/// The group that good entries make; `None` for none.
fn built(log: &[&[u8]]) -> Result<Option<Group>, Stop> {
    log.iter().try_fold(None, |group, bytes| {
        let bad = |what: String| Stop::Defect(format!("the log is not good: {what}"));
        let entry = Entry::decode(bytes).map_err(|error| bad(error.to_string()))?;
        match followed(group, &entry, None) {
            Ok(group) => Ok(Some(group)),
            Err(Stop::Defect(what)) => Err(Stop::Defect(what)),
            Err(Stop::Refused(refusal)) => Err(bad(refusal.word.to_string())),
        }
    })
}

/// The group after one more entry, sealed under a log key, or the newest one.
fn followed(group: Option<Group>, entry: &Entry, under: Option<LogKeyId>) -> Result<Group, Stop> {
    let Some(mut group) = group else {
        return Ok(under.map_or_else(|| Group::found(entry), |under| Group::found_under(entry, under))?);
    };
    let checked = group.check(entry, under.unwrap_or(group.log_key_id()))?;
    group.apply(checked).map_err(|error| error.to_string())?;
    Ok(group)
}

fn shown(group: &Group) -> Fields {
    let numbers = |list: Vec<u64>| Value::List(list.into_iter().map(Value::Number).collect());
    let (mode, duration, cap) = match group.expiry() {
        ExpiryTerms::Off => (0u32, 0, 0),
        ExpiryTerms::AfterSend { duration_s } => (1, duration_s, 0),
        ExpiryTerms::AfterRead { duration_s, unread_cap_s } => (2, duration_s, unread_cap_s),
        ExpiryTerms::Once { unread_cap_s } => (3, 0, unread_cap_s),
        ExpiryTerms::OnceWithReplay { unread_cap_s } => (4, 0, unread_cap_s),
    };
    let role = |role| match role {
        Role::Member => 1,
        Role::Admin => 2,
        Role::Owner => 3,
    };
    let members: Vec<_> = group.members().collect();
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    Fields::new()
        .bytes("group", group.id().as_bytes())
        .number("sequence", group.sequence())
        .bytes("head", group.head().hash)
        .number("epoch", group.epoch())
        .flag("exposed", group.is_exposed())
        .bytes("log_key_id", group.log_key_id().as_bytes())
        .text("name", group.name().as_str())
        .flag("announce_only", group.announce_only())
        .flag("capture_notices", group.capture_notices())
        .number("expiry_mode", mode)
        .number("expiry_duration", duration)
        .number("expiry_unread_cap", cap)
        .bytes_list("members", members.iter().map(|(account, _)| account.as_bytes()))
        .with("roles", numbers(members.iter().map(|(_, member)| role(member.role())).collect()))
        .with("devices", numbers(members.iter().map(|(_, member)| count(member.devices().len())).collect()))
}

/// What a client does with the segments of a log, from the first key on.
fn replay(input: &Inputs) -> Result<Fields, Stop> {
    let keys = input.list("log_keys")?;
    let keys =
        keys.iter().map(|key| Secret::from_slice(key).map(LogKey::new).ok_or("a log key has 32 bytes"));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    let wanted = GroupId::new(input.array("group")?);
    let stored: Vec<_> = (1u64..).zip(input.list("logs")?.into_iter().zip(input.list("stored")?)).collect();
    let mut reader = Reader { wanted, group: None, position: 0, skipped: Vec::new() };
    let mut key = keys.first();
    // GRP-41
    while let Some(due) = key {
        let log = LogId::of(&wanted, due);
        let segment = stored.iter().filter(|(_, (appended_to, _))| *appended_to == log.as_bytes());
        let next = reader.read(due, &log, segment.map(|(place, (_, blob))| (*place, *blob)));
        key = match next {
            Some(next) => keys.iter().find(|key| key.id() == next),
            None => break,
        };
    }
    let Reader { group, position, skipped, .. } = reader;
    let group = group.ok_or("a vector has a group that begins")?;
    Ok(Fields::new()
        .number("sequence", group.sequence())
        .bytes("head", group.head().hash)
        .with("skipped", Value::List(skipped.into_iter().map(Value::Number).collect()))
        .number("position", position)
        .flag("waits", key.is_none()))
}

struct Reader {
    wanted: GroupId,
    group: Option<Group>,
    position: u64,
    skipped: Vec<u64>,
}

impl Reader {
    /// Reads a segment to its end, or to the entry that names another key, and returns that name.
    fn read<'a>(
        &mut self,
        key: &LogKey,
        log: &LogId,
        segment: impl Iterator<Item = (u64, &'a [u8])>,
    ) -> Option<LogKeyId> {
        self.position = 0;
        for (place, blob) in segment {
            self.position = self.position.saturating_add(1);
            match self.followed(key, log, blob) {
                Some(group) => self.group = Some(group),
                None => self.skipped.push(place),
            }
            let due = self.group.as_ref().map(Group::log_key_id).filter(|due| *due != key.id());
            if due.is_some() {
                self.position = 0;
                return due;
            }
        }
        None
    }

    fn followed(&self, key: &LogKey, log: &LogId, blob: &[u8]) -> Option<Group> {
        let entry = Entry::decode(&sealed_entry::open(blob, key, log).ok()?).ok()?;
        let Some(group) = &self.group else {
            let group = Group::found_under(&entry, key.id()).ok()?;
            return (group.id() == self.wanted).then_some(group);
        };
        let mut next = group.clone();
        next.apply(group.check(&entry, key.id()).ok()?).ok()?;
        Some(next)
    }
}

fn judge(input: &Inputs) -> Result<Fields, Stop> {
    let log = input.list("log")?;
    let group = built(&log)?.ok_or("a message is judged by a group")?;
    let learned = input.numbers("learned")?;
    let named = Head::parse(input.u64("sequence")?, input.bytes("head")?)?;
    let place = usize::try_from(named.sequence).map_err(|_| "a sequence is too great")?;
    // The entry after the one named is the one that superseded it; entries count from 1.
    let superseded = match (log.get(place.saturating_sub(1)), learned.get(place)) {
        (Some(bytes), Some(at)) => Some(Superseded { hash: Entry::decode(bytes)?.hash(), at: *at }),
        _ => None,
    };
    let standing = group.judge_head(&named, superseded.as_ref(), input.u64("last")?, input.u64("now")?)?;
    let sender = Address {
        account: AccountKey::parse(input.bytes("account_key")?)?,
        device: DeviceId::parse(input.u32("device_id")?)?,
    };
    if standing != Standing::Ahead {
        group.judge(named.sequence, &sender, input.u64("epoch")?)?;
    }
    let standing = match standing {
        Standing::Current => "current",
        Standing::Behind => "behind",
        Standing::Ahead => "ahead",
    };
    Ok(Fields::new().text("standing", standing))
}
