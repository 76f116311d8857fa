//! `group/judging.json`: whether a message fits the log.

use super::{
    Result,
    group::{
        ADD, CHAPTER, Circle, DEVICES, Log, REKEY, REMOVE, RENAME, SET_ANNOUNCE, SET_ROLE, account, add,
        devices, next_list, rekey, remove, role,
    },
    people::{Cast, NOW},
    sheet::{Sheet, note},
};
use crate::{
    value::{Fields, Value},
    vector::{File, Level},
};
use aside_wire::pb;

/// 48 hours in milliseconds.
const LATE: u64 = 48 * 60 * 60 * 1000;

/// A message as the log sees it.
struct Said<'a> {
    log: &'a Log,
    sender: &'a Cast,
    device: u32,
    epoch: u64,
    last: u64,
    sequence: usize,
    head: Option<Vec<u8>>,
    now: u64,
}

impl<'a> Said<'a> {
    /// Every entry was learned at `NOW`; the message comes a minute later and names this sequence.
    fn at(log: &'a Log, sender: &'a Cast, epoch: u64, sequence: usize) -> Self {
        Self { log, sender, device: 1, epoch, last: 0, sequence, head: None, now: NOW + 60_000 }
    }

    fn input(&self) -> Result<Fields> {
        let head = self.head.clone().unwrap_or_else(|| self.log.hash_at(self.sequence));
        Ok(Fields::new()
            .bytes_list("log", &self.log.entries)
            .with("learned", Value::List(self.log.entries.iter().map(|_| Value::Number(NOW)).collect()))
            .number("now", self.now)
            .bytes("account_key", account(self.sender))
            .number("device_id", self.device)
            .number("epoch", self.epoch)
            .number("last", self.last)
            .number("sequence", u64::try_from(self.sequence)?)
            .bytes("head", head))
    }
}

/// The file.
pub(super) fn judging() -> Result<File> {
    let about =
        "Messages against the log: the head they name, how old it is, and who the sender was at that time.";
    let mut sheet = Sheet::new(Level::Group, CHAPTER, about);
    let circle = Circle::new()?;
    heads(&mut sheet, &circle)?;
    senders(&mut sheet, &circle)?;
    Ok(sheet.finish())
}

/// Id, requirements, threat, comment, message, word if it is refused.
type Case<'a> = (&'a str, &'static str, &'static str, &'a str, Said<'a>, Option<&'a str>);

fn judged(sheet: &mut Sheet, all: Vec<Case<'_>>) -> Result<()> {
    for (id, reqs, threat, comment, said, word) in all {
        let note = note(format!("judged-{id}"), reqs, comment).threat(threat);
        match word {
            None => sheet.accept(note, "group.judge", said.input()?).map(|_| ())?,
            Some(word) => sheet.refuse(note, "group.judge", said.input()?, word)?,
        }
    }
    Ok(())
}

fn heads(sheet: &mut Sheet, circle: &Circle) -> Result<()> {
    let Circle { alice, bob, carol, .. } = circle;
    let mut log = circle.trio();
    log.append(bob, RENAME, &pb::GroupRename { name: "Film club".to_owned() });
    let said = |sequence| Said::at(&log, carol, 1, sequence);
    let mut fork = circle.trio();
    fork.append(bob, RENAME, &pb::GroupRename { name: "Chess club".to_owned() });
    let other = fork.head();
    let mut elsewhere = Log::default();
    elsewhere.append(
        alice,
        super::group::CREATE,
        &pb::GroupCreate { nonce: vec![9; 32], ..super::group::create(alice) },
    );
    judged(
        sheet,
        vec![
            ("current", "GRP-30", "G2", "The newest entry.", said(4), None),
            ("behind", "GRP-32", "G2", "The entry before, learned a minute ago.", said(3), None),
            ("behind-by-two", "GRP-32", "G2", "The entry that took Carol in.", said(2), None),
            (
                "behind-for-48-hours",
                "GRP-32",
                "G2",
                "To the millisecond.",
                Said { now: NOW + LATE, ..said(3) },
                None,
            ),
            (
                "same-as-before",
                "GRP-32",
                "G2",
                "The sender's last message named it too.",
                Said { last: 3, ..said(3) },
                None,
            ),
            (
                "ahead",
                "GRP-31",
                "G2",
                "An entry that is not known here: hold it.",
                Said { head: Some(vec![5; 32]), ..said(5) },
                None,
            ),
            (
                "far-ahead",
                "GRP-31",
                "G2",
                "Nothing says whether it is true.",
                Said { head: Some(vec![5; 32]), ..said(5_000) },
                None,
            ),
            (
                "fork-at-the-head",
                "GRP-30",
                "G2",
                "Carol was shown another entry 4.",
                Said { head: Some(other.clone()), ..said(4) },
                Some("fork"),
            ),
            (
                "fork-before",
                "GRP-30",
                "G2",
                "Carol was shown another entry 3.",
                Said { head: Some(vec![5; 32]), ..said(3) },
                Some("fork"),
            ),
            (
                "fork-at-the-beginning",
                "GRP-30",
                "G2",
                "Another group altogether.",
                Said { head: Some(elsewhere.head()), ..said(1) },
                Some("fork"),
            ),
            (
                "head-of-another-sequence",
                "GRP-30",
                "G2",
                "The hash of entry 3 as that of entry 4.",
                Said { head: Some(log.hash_at(3)), ..said(4) },
                Some("fork"),
            ),
            (
                "fork-that-is-old",
                "GRP-30",
                "G2",
                "It is an alarm however late it comes.",
                Said { head: Some(other), now: NOW + 2 * LATE, ..said(3) },
                Some("fork"),
            ),
            (
                "behind-for-too-long",
                "GRP-32",
                "G2",
                "A millisecond too late.",
                Said { now: NOW + LATE + 1, ..said(3) },
                Some("stale"),
            ),
            (
                "going-back",
                "GRP-32",
                "G2",
                "The sender has named entry 4 already.",
                Said { last: 4, ..said(3) },
                Some("stale"),
            ),
            (
                "going-back-to-the-beginning",
                "GRP-32",
                "G2",
                "The sender has named entry 3 already.",
                Said { last: 3, ..said(2) },
                Some("stale"),
            ),
        ],
    )
}

fn senders(sheet: &mut Sheet, circle: &Circle) -> Result<()> {
    let Circle { alice, bob, carol, dave } = circle;
    let mut removed = circle.trio();
    removed.append(alice, REMOVE, &remove(&[carol]));
    removed.append(alice, REKEY, &rekey(2));
    let mut back = removed.clone();
    back.append(alice, ADD, &add(&[carol]));
    let mut announcing = circle.trio();
    announcing.append(bob, SET_ANNOUNCE, &pb::GroupSetAnnounce { announce_only: true });
    announcing.append(alice, SET_ROLE, &role(bob, pb::GroupRole::Member));
    let second = next_list(carol, &carol.list, "carol", &[1, 2])?;
    let third = next_list(carol, &second, "carol", &[1])?;
    let mut on_two = circle.trio();
    on_two.append(carol, DEVICES, &devices(&[&second]));
    let mut revoked = on_two.clone();
    revoked.append(carol, DEVICES, &devices(&[&third]));
    let two = |log, epoch, sequence| Said { device: 2, ..Said::at(log, carol, epoch, sequence) };
    judged(
        sheet,
        vec![
            (
                "before-the-removal",
                "GRP-33 GRP-35",
                "G9",
                "Under way when Carol was removed.",
                Said::at(&removed, carol, 1, 3),
                None,
            ),
            (
                "after-the-removal-by-who-stayed",
                "GRP-18 GRP-33",
                "G3",
                "A chain of the new epoch.",
                Said::at(&removed, bob, 4, 5),
                None,
            ),
            (
                "of-the-same-epoch-later",
                "GRP-33",
                "G3",
                "A rekey begins no epoch.",
                Said::at(&removed, bob, 4, 4),
                None,
            ),
            ("back-again", "GRP-33", "G9", "Carol was taken in again.", Said::at(&back, carol, 4, 6), None),
            ("by-a-second-device", "GRP-33", "G9", "In the list since entry 4.", two(&on_two, 4, 4), None),
            (
                "by-a-device-revoked-since",
                "GRP-33",
                "G9",
                "Device 2 was in the list at entry 4, and is not at entry 5.",
                two(&revoked, 4, 4),
                None,
            ),
            (
                "by-an-admin-when-announcing",
                "GRP-33",
                "G9",
                "Bob was an admin at entry 4.",
                Said::at(&announcing, bob, 1, 4),
                None,
            ),
            (
                "by-the-owner-when-announcing",
                "GRP-33",
                "G9",
                "The owner writes.",
                Said::at(&announcing, alice, 1, 5),
                None,
            ),
            (
                "by-a-member-before-announcing",
                "GRP-33",
                "G9",
                "Members wrote at entry 3.",
                Said::at(&announcing, carol, 1, 3),
                None,
            ),
            (
                "by-an-outsider",
                "GRP-33",
                "G1",
                "Dave was never in the group.",
                Said::at(&removed, dave, 4, 5),
                Some("not_member"),
            ),
            (
                "by-the-removed",
                "GRP-33",
                "G3",
                "Carol names the entry that removed her.",
                Said::at(&removed, carol, 4, 4),
                Some("not_member"),
            ),
            (
                "by-the-removed-later",
                "GRP-33",
                "G3",
                "Carol has a copy of the log.",
                Said::at(&removed, carol, 4, 5),
                Some("not_member"),
            ),
            (
                "by-the-removed-between",
                "GRP-33",
                "G9",
                "Carol is back now, and was not at entry 5.",
                Said::at(&back, carol, 4, 5),
                Some("not_member"),
            ),
            (
                "by-the-future",
                "GRP-33",
                "G9",
                "Carol came in with entry 2.",
                Said::at(&removed, carol, 1, 1),
                Some("not_member"),
            ),
            (
                "by-a-device-of-who-is-gone",
                "GRP-33",
                "G9",
                "The log forgets the devices of who is gone; the chain, taken from one of them, tells.",
                two(&removed, 1, 3),
                None,
            ),
            (
                "by-a-device-not-listed",
                "GRP-33",
                "G9",
                "Carol's device 3 is in no list.",
                Said { device: 3, ..Said::at(&on_two, carol, 4, 4) },
                Some("not_member"),
            ),
            (
                "by-a-device-not-listed-at-the-beginning",
                "GRP-33",
                "G9",
                "The creation brought Alice's list, which has no device 2.",
                Said { device: 2, ..Said::at(&on_two, alice, 1, 1) },
                Some("not_member"),
            ),
            (
                "by-a-revoked-device",
                "GRP-33",
                "G9",
                "Device 2 is gone since entry 5.",
                two(&revoked, 5, 5),
                Some("not_member"),
            ),
            (
                "old-chain-after-the-removal",
                "GRP-18 GRP-33",
                "G3",
                "Carol could read it.",
                Said::at(&removed, bob, 1, 4),
                Some("stale"),
            ),
            (
                "new-chain-before-the-removal",
                "GRP-33",
                "G3",
                "An epoch that had not begun.",
                Said::at(&removed, bob, 4, 3),
                Some("stale"),
            ),
            (
                "old-chain-after-a-new-device",
                "GRP-18 GRP-33",
                "G3",
                "Every change of devices begins an epoch.",
                Said::at(&on_two, bob, 1, 4),
                Some("stale"),
            ),
            (
                "chain-of-no-epoch",
                "GRP-33",
                "G3",
                "Entry 2 began none.",
                Said::at(&removed, bob, 2, 3),
                Some("stale"),
            ),
            (
                "by-a-member-when-announcing",
                "GRP-33",
                "G9",
                "Carol is a member.",
                Said::at(&announcing, carol, 1, 4),
                Some("policy"),
            ),
            (
                "by-a-former-admin-when-announcing",
                "GRP-33",
                "G9",
                "Bob is a member since entry 5.",
                Said::at(&announcing, bob, 1, 5),
                Some("policy"),
            ),
        ],
    )
}
