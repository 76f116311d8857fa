//! `aside group info` and `aside group list`

use super::pick::{pick, short_id};
use crate::{
    commands::{
        capture, devices,
        news::{News, words},
    },
    failure::Failure,
    json, life,
    name::{Name, learn_members},
    profile, show,
};
use aside_client::{Conversation, GroupInfo, IdentityState, Standing, driver::Client};
use aside_group::Change;
use aside_identity::{CaptureDetection, GroupId};
use std::path::Path;

/// Digits of the newest entry's hash that members compare. Somebody who shows them different groups can choose both
/// entries, so fewer digits could be made equal by trying.
const CHECK_CODE: usize = 32;

pub(super) async fn run(directory: &Path, named: &str, history: bool, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let group = pick(&mut client, named)?.group;
    learn_members(&mut client).await?;
    let info = client.step(|engine, step| engine.group_info(step.tx, &group))?;
    let history = match history {
        true => client.step(|engine, step| engine.group_history(step.tx, &group))?,
        false => Vec::new(),
    };
    if as_json { print_json(&mut client, &info, &history) } else { print(&mut client, &info, &history) }
}

/// All groups, one a line.
pub(super) fn list(directory: &Path, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let groups = client.step(|engine, step| Ok(engine.groups(step.tx)?))?;
    for group in &groups {
        let by = group.invited_by.map(|by| Name::of(&mut client, &by)).transpose()?;
        if as_json {
            show::print(json::group(group, by.as_ref()))?;
        } else {
            show::print(format_args!(
                "{}  {}",
                short_id(group, &groups),
                show::group_line(group, by.as_ref())
            ))?;
        }
    }
    if groups.is_empty() && !as_json {
        show::print("No groups. To make one: aside group create NAME @who …")?;
    }
    Ok(())
}

fn print(client: &mut Client, info: &GroupInfo, history: &[Change]) -> Result<(), Failure> {
    let own = client.engine().address().account;
    let summary = &info.summary;
    show::print(show::group_heading(summary))?;
    let field = |name: &str, value: &str| show::print(format_args!("  {name:13}{value}"));
    field("id", &json::hex(summary.group.as_bytes()))?;
    let standing = match summary.standing {
        Standing::Invited => "you are invited; to accept: aside group accept GROUP",
        Standing::Joined => "you are in it",
        Standing::Out => "you are not in it any more; this is what you last saw",
    };
    field("you", standing)?;
    field("who writes", if info.announce_only { "the owner and the admins" } else { "everybody" })?;
    field("messages", &life::terms(info.expiry))?;
    let captures = if info.capture_notices {
        "members are told of them, if a client can and will"
    } else {
        "nobody is told of them"
    };
    field("captures", captures)?;
    field("changes", &info.sequence.to_string())?;
    field("check code", &check_code(&info.head))?;
    if info.behind {
        show::print("  There are changes that are not known here yet; to fetch them: aside inbox")?;
    }
    if info.capture_notices {
        show::print(format_args!("  {}", capture::can_notice(weakest(client, summary.group)?)))?;
    }
    show::print("  members, who all have the same number of changes and the same check code:")?;
    for member in &info.members {
        let name = Name::new(member.account, member.handle.clone());
        let devices =
            if member.devices == 1 { String::new() } else { format!(", {} devices", member.devices) };
        let you = if member.account == own { " (you)" } else { "" };
        let identity = client.step(|engine, step| Ok(engine.identity_state(step.tx, &member.account)?))?;
        let identity = match identity {
            IdentityState::Unverified => "",
            IdentityState::Verified => ", verified",
            IdentityState::Contested { .. } => ", CONTESTED: see aside verify",
            IdentityState::Former => ", former key",
        };
        show::print(format_args!("    {name}{you}  {}{devices}{identity}", json::role(member.role)))?;
    }
    if !history.is_empty() {
        show::print("  changes, after the group was made:")?;
    }
    for change in history {
        let words = words(client, change)?;
        show::print(format_args!("    {:>4}  {}  {words}", change.sequence, show::time(change.made_at)))?;
    }
    Ok(())
}

fn print_json(client: &mut Client, info: &GroupInfo, history: &[Change]) -> Result<(), Failure> {
    let mut object = json::group(&info.summary, None);
    let members: Vec<_> = info
        .members
        .iter()
        .map(|member| {
            let mut person = json::person(&Name::new(member.account, member.handle.clone()));
            if let Some(fields) = person.as_object_mut() {
                fields.insert("role".to_owned(), json::role(member.role).into());
                fields.insert("devices".to_owned(), member.devices.into());
            }
            person
        })
        .collect();
    if let Some(fields) = object.as_object_mut() {
        fields.insert("type".to_owned(), "group".into());
        fields.insert("people".to_owned(), members.into());
        fields.insert("announce_only".to_owned(), info.announce_only.into());
        fields.insert("expiry".to_owned(), life::object(info.expiry));
        fields.insert("capture_notices".to_owned(), info.capture_notices.into());
        let weakest = weakest(client, info.summary.group)?;
        fields.insert("can_notice".to_owned(), devices::capture(weakest).into());
        fields.insert("changes".to_owned(), info.sequence.into());
        fields.insert("head".to_owned(), json::hex(&info.head).into());
        fields.insert("check_code".to_owned(), check_code(&info.head).into());
        fields.insert("behind".to_owned(), info.behind.into());
    }
    show::print(object)?;
    for change in history {
        show::print(News::of_change(client, &info.summary.group, change)?.json)?;
    }
    Ok(())
}

fn weakest(client: &mut Client, group: GroupId) -> Result<CaptureDetection, Failure> {
    Ok(client.step(|engine, step| Ok(engine.can_notice(step.tx, Conversation::Group(group))?))?)
}

/// Digits in fours, as people read them to each other.
fn check_code(head: &[u8; 32]) -> String {
    let hex = json::hex(head);
    let digits: Vec<char> = hex.chars().take(CHECK_CODE).collect();
    digits.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
