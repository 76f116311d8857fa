//! Operations of the group chapter: the log.

use super::{inputs::Inputs, stop::Stop};
use crate::value::{Fields, Value};
use aside_group::{
    Entry, ExpiryTerms, Group, Head, LogId, LogKey, Role, Standing, Superseded, Unfit, sealed_entry,
};
use aside_identity::{AccountKey, Address, DeviceId, GroupId};
use aside_primitives::Secret;

pub(super) fn run(op: &str, input: &Inputs) -> Result<Option<Fields>, Stop> {
    Ok(Some(match op {
        "group.append" => {
            let entry = Entry::decode(input.bytes("entry")?);
            let group = built(&input.list("log")?)?;
            shown(&followed(group, &entry?)?)
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
        match followed(group, &entry) {
            Ok(group) => Ok(Some(group)),
            Err(Stop::Defect(what)) => Err(Stop::Defect(what)),
            Err(Stop::Refused(refusal)) => Err(bad(refusal.word.to_string())),
        }
    })
}

fn followed(group: Option<Group>, entry: &Entry) -> Result<Group, Stop> {
    let Some(mut group) = group else { return Ok(Group::found(entry)?) };
    let checked = group.check(entry, group.log_key_id())?;
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

/// What a client does with the positions of a log.
fn replay(input: &Inputs) -> Result<Fields, Stop> {
    let wanted = GroupId::new(input.array("group")?);
    let log = LogId::of(&wanted);
    let keys = input.list("log_keys")?;
    let keys =
        keys.iter().map(|key| Secret::from_slice(key).map(LogKey::new).ok_or("a log key has 32 bytes"));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    let mut group: Option<Group> = None;
    let mut skipped = Vec::new();
    let mut waits = false;
    for (position, stored) in (1u64..).zip(input.list("stored")?) {
        let named = sealed_entry::key_id_of(stored).ok();
        let key = keys.iter().find(|key| Some(key.id()) == named);
        // GRP-16
        if key.is_none() && named.is_some() && named == group.as_ref().map(Group::log_key_id) {
            waits = true;
            break;
        }
        let next = key.and_then(|key| {
            let entry = Entry::decode(&sealed_entry::open(stored, key, &log).ok()?).ok()?;
            let Some(group) = &group else {
                let group = Group::found(&entry).ok()?;
                return (group.id() == wanted && group.log_key_id() == key.id()).then_some(group);
            };
            let mut next = group.clone();
            next.apply(group.check(&entry, key.id()).ok()?).ok()?;
            Some(next)
        });
        match next {
            Some(next) => group = Some(next),
            None => skipped.push(Value::Number(position)),
        }
    }
    let group = group.ok_or("a vector has a group that begins")?;
    Ok(Fields::new()
        .number("sequence", group.sequence())
        .bytes("head", group.head().hash)
        .with("skipped", Value::List(skipped))
        .flag("waits", waits))
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
    let unfit = |unfit: Unfit| Stop::from(unfit.reject());
    let standing = group
        .judge_head(&named, superseded.as_ref(), input.u64("last")?, input.u64("now")?)
        .map_err(unfit)?;
    let sender = Address {
        account: AccountKey::parse(input.bytes("account_key")?)?,
        device: DeviceId::parse(input.u32("device_id")?)?,
    };
    if standing != Standing::Ahead {
        group.judge(named.sequence, &sender, input.u64("epoch")?).map_err(unfit)?;
    }
    let standing = match standing {
        Standing::Current => "current",
        Standing::Behind => "behind",
        Standing::Ahead => "ahead",
    };
    Ok(Fields::new().text("standing", standing))
}
