//! A group that something is done with: fetched before, settled afterwards.

use super::pick::pick;
use crate::{
    commands::news::{News, keep, tell},
    failure::{Failure, Why},
    json,
    name::{called, learn_members},
    profile, show,
};
use aside_client::{
    Engine, Error, Event, Misuse, Step,
    driver::{Client, DriverError, Report},
};
use aside_group::{Change, GroupEvent};
use aside_identity::{AccountKey, GroupId, Handle};
use std::path::Path;

/// Digits of an account key that name somebody whose handle is not known here.
const LEAST_DIGITS: usize = 8;

/// A group in the profile of the person here.
pub(super) struct Room {
    pub(super) client: Client,
    pub(super) group: GroupId,
    pub(super) as_json: bool,
    /// How far its log was known before anything was done.
    before: u64,
    /// What the relay said before, and why it says no more, if it does not.
    report: Report,
    ended: Option<DriverError>,
}

impl Room {
    /// Fetches what is new and finds the group. Without a relay it goes on: the outbox keeps what is done.
    pub(super) async fn enter(directory: &Path, named: &str, as_json: bool) -> Result<Self, Failure> {
        let mut client = profile::open(directory)?;
        let mut notices = Vec::new();
        let fetched = client.catch_up(&mut |notice| keep(&mut notices, notice)).await;
        if fetched.is_ok() {
            learn_members(&mut client).await?;
        }
        tell(&mut client, &notices, as_json, |_| true)?;
        let group = pick(&mut client, named)?.group;
        let mut room = Self::new(client, group, as_json)?;
        match fetched {
            Ok(report) => room.report = report,
            Err(error) => room.ended = Some(error),
        }
        Ok(room)
    }

    /// A group at which nothing was done yet.
    pub(super) fn new(mut client: Client, group: GroupId, as_json: bool) -> Result<Self, Failure> {
        let before = sequence(&mut client, &group)?;
        Ok(Self { client, group, as_json, before, report: Report::default(), ended: None })
    }

    /// The member that somebody means by a handle, or by the beginning of an account key.
    pub(super) fn member(&mut self, who: &str) -> Result<AccountKey, Failure> {
        let group = self.group;
        let info = self.client.step(|engine, step| engine.group_info(step.tx, &group))?;
        let handle = who.parse::<Handle>().ok();
        let digits = who.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let is_key = digits.len() >= LEAST_DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let meant: Vec<_> = info
            .members
            .iter()
            .filter(|member| {
                let key = json::hex(member.account.as_bytes());
                (handle.is_some() && member.handle == handle) || (is_key && key.starts_with(&digits))
            })
            .collect();
        match meant.as_slice() {
            [member] => Ok(member.account),
            [] => Err(Failure::Cannot(format!(
                "{} is not in the group {}",
                show::safe(who),
                called(info.summary.name.as_deref(), &group)
            ))),
            several => {
                let keys: Vec<_> =
                    several.iter().map(|member| json::hex(member.account.as_bytes())).collect();
                Err(Failure::Cannot(format!(
                    "several members are meant by {}; name one by its account key: {}",
                    show::safe(who),
                    keys.join(", ")
                )))
            }
        }
    }

    /// Changes the group and tells what became of it.
    pub(super) async fn change(
        mut self,
        act: impl FnOnce(&Engine, &mut Step<'_>, &GroupId) -> Result<(), Error>,
    ) -> Result<(), Failure> {
        let group = self.group;
        self.client.step(|engine, step| act(engine, step, &group))?;
        self.settle().await
    }

    /// Sends what waits, and tells which changes of one's own now stand in the log.
    pub(super) async fn settle(mut self) -> Result<(), Failure> {
        let failed = self.exchange().await?;
        let own = self.client.engine().address().account;
        let group = self.group;
        let history = self.client.step(|engine, step| engine.group_history(step.tx, &group))?;
        let mut made = false;
        for change in history.iter().filter(|change| change.sequence > self.before) {
            if change.actor.account == own && is_asked_for(change) {
                News::of_change(&mut self.client, &group, change)?.tell(self.as_json)?;
                made = true;
            }
        }
        match failed {
            Some(reasons) if !made => Err(Failure::Cannot(format!("the group was not changed: {reasons}"))),
            _ => self.left_behind(),
        }
    }

    /// Sends what waits, and tells what happens meanwhile. Returns why a change of this group was not made, if one
    /// was not.
    pub(super) async fn exchange(&mut self) -> Result<Option<String>, Failure> {
        if self.ended.is_some() {
            return Ok(None);
        }
        let mut notices = Vec::new();
        match self.client.catch_up(&mut |notice| keep(&mut notices, notice)).await {
            Ok(report) => {
                let failed = self.report.failed.saturating_add(report.failed);
                self.report = Report { failed, ..report };
            }
            Err(error) => self.ended = Some(error),
        }
        let (own, group) = (self.client.engine().address().account, self.group);
        let mut failed = None;
        // What is asked for is told afterwards, as it stands in the log.
        tell(&mut self.client, &notices, self.as_json, |event| match event {
            Event::GroupChanged { group: of, change } => *of != group || change.actor.account != own,
            Event::GroupChangeFailed { group: of, reasons } if *of == group => {
                failed = Some(reasons.clone());
                false
            }
            _ => true,
        })?;
        Ok(failed)
    }

    /// What is to be said if not everything went out.
    pub(super) fn left_behind(mut self) -> Result<(), Failure> {
        let waiting = self.client.step(|engine, step| Ok(engine.waiting(step.tx)?))?;
        if let Some(error) = self.ended {
            return Err(match waiting {
                0 => error.into(),
                waiting => Failure::Waiting(waiting, Why::Ended(error)),
            });
        }
        let group = self.group;
        let behind =
            self.client.step(|engine, step| engine.group_info(step.tx, &group)).is_ok_and(|info| info.behind);
        if waiting > 0 && behind && self.report.failed == 0 {
            return Err(Failure::Waiting(waiting, Why::Behind));
        }
        Failure::check(&self.report)
    }
}

fn sequence(client: &mut Client, group: &GroupId) -> Result<u64, Failure> {
    match client.step(|engine, step| engine.group_info(step.tx, group)) {
        Ok(info) => Ok(info.sequence),
        Err(Error::Misuse(Misuse::NoGroup)) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Whether a person asked for it, and not the client by itself.
const fn is_asked_for(change: &Change) -> bool {
    !matches!(change.event, GroupEvent::Rekeyed { .. } | GroupEvent::DevicesChanged { .. })
}
