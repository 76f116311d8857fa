//! Which group is meant.

use crate::{
    failure::Failure,
    json,
    name::{DIGITS, beginning, called},
    show,
};
use aside_client::{GroupSummary, Misuse, Standing, driver::Client};
use aside_identity::GroupId;

/// Digits of an id that name a group, at the least: fewer are a name.
const LEAST_DIGITS: usize = 4;

/// The group with this name, or whose id begins like this.
pub(crate) fn pick(client: &mut Client, named: &str) -> Result<GroupSummary, Failure> {
    let groups = client.step(|engine, step| Ok(engine.groups(step.tx)?))?;
    let begins =
        |group: &GroupSummary| is_beginning(named) && hex(group).starts_with(&named.to_ascii_lowercase());
    let is_called = |group: &GroupSummary| group.name.as_deref() == Some(named);
    let mut meant: Vec<_> = groups.iter().filter(|group| begins(group) || is_called(group)).collect();
    // A whole id means one group, whatever somebody has called another.
    if meant.len() > 1
        && let Some(exact) = meant.iter().find(|group| hex(group).eq_ignore_ascii_case(named))
    {
        return Ok((*exact).clone());
    }
    // Of several with a name, nobody means one that they have left.
    if meant.iter().any(|group| group.standing != Standing::Out) {
        meant.retain(|group| group.standing != Standing::Out);
    }
    match meant.as_slice() {
        [] => Err(Failure::Cannot(format!(
            "no group here is called \"{}\", and no id begins with it; to see them: aside group list",
            show::safe(named)
        ))),
        [group] => Ok((*group).clone()),
        several => {
            let several: Vec<_> = several.iter().map(|group| described(group, &groups)).collect();
            Err(Failure::Cannot(format!(
                "several groups are meant by \"{}\"; name one by the beginning of its id: {}",
                show::safe(named),
                several.join(", ")
            )))
        }
    }
}

/// What is known of a group now.
pub(super) fn summary(client: &mut Client, group: &GroupId) -> Result<GroupSummary, Failure> {
    let groups = client.step(|engine, step| Ok(engine.groups(step.tx)?))?;
    groups.into_iter().find(|summary| summary.group == *group).ok_or_else(|| Misuse::NoGroup.into())
}

/// As many digits of an id as tell the group from all others, but not fewer than are usually shown.
pub(super) fn short_id(group: &GroupSummary, all: &[GroupSummary]) -> String {
    let id = hex(group);
    let others: Vec<_> = all.iter().filter(|other| other.group != group.group).map(hex).collect();
    let tells = |digits: &usize| !others.iter().any(|other| other.starts_with(beginning(&id, *digits)));
    let digits = (DIGITS..id.len()).find(tells).unwrap_or(id.len());
    beginning(&id, digits).to_owned()
}

fn described(group: &GroupSummary, all: &[GroupSummary]) -> String {
    let standing = match group.standing {
        Standing::Invited => ", invited",
        Standing::Joined => "",
        Standing::Out => ", not in it any more",
    };
    let (id, name) = (short_id(group, all), called(group.name.as_deref(), &group.group));
    format!("{id} ({name}, {}{standing})", show::people(group.members))
}

fn is_beginning(named: &str) -> bool {
    named.len() >= LEAST_DIGITS && named.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn hex(group: &GroupSummary) -> String {
    json::hex(group.group.as_bytes())
}
