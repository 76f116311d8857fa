//! `group/log.json`: what a relay has of a log.

use super::{
    Result,
    group::{
        ADD, CHAPTER, Circle, LEAVE, Log, REKEY, REMOVE, RENAME, SET_ROLE, add, log_key, log_key_id, rekey,
        remove, role,
    },
    people::Cast,
    sheet::{Sheet, bytes_of, note},
};
use crate::{
    check::material,
    value::Fields,
    vector::{File, Level},
};
use aside_primitives::{aead, hash::hash, kdf, label};
use aside_wire::{padding::pad, pb};
use prost::Message;

/// The file.
pub(super) fn log() -> Result<File> {
    let about = "What a relay has of a group's log: names, encryption of entries, and which of them count.";
    let mut sheet = Sheet::new(Level::Group, CHAPTER, about);
    let circle = Circle::new()?;
    names(&mut sheet, &circle)?;
    encryption(&mut sheet, &circle)?;
    replays(&mut sheet, &circle)?;
    Ok(sheet.finish())
}

fn names(sheet: &mut Sheet, circle: &Circle) -> Result<()> {
    let body = Log::default().body(&circle.alice, super::group::CREATE, &super::group::create(&circle.alice));
    let comment = "The hash of the first body, and a hash of that.";
    let input = Fields::new().bytes("body", body.encode_to_vec());
    sheet.accept(note("group-names", "GRP-2", comment), "group.names", input)?;
    let comment = "Sixteen bytes of a hash.";
    let input = Fields::new().bytes("log_key", log_key(1));
    sheet.accept(note("group-log-key-id", "GRP-16", comment), "group.log_key_id", input)?;
    Ok(())
}

/// What the relay gets of an entry.
struct Sealing<'a> {
    group: Vec<u8>,
    key: Vec<u8>,
    key_id: Vec<u8>,
    label: &'a str,
    suite: u32,
}

impl Sealing<'_> {
    fn of(log: &Log, key: u32) -> Self {
        let label = "aside/1 group log entry";
        Self { group: log.group(), key: log_key(key), key_id: log_key_id(key), label, suite: 1 }
    }

    /// By the formulas of the chapter.
    fn seal(&self, salt: &[u8], padded: &[u8]) -> Result<Vec<u8>> {
        let log = hash(label::GROUP_LOG_ID, &[&self.group]);
        let [key] = kdf::derive(salt, &[&self.key], label::GROUP_LOG_ENTRY_KEY);
        let length = u32::try_from(self.label.len())?.to_be_bytes();
        let parts: [&[u8]; 5] =
            [&length, self.label.as_bytes(), &self.suite.to_be_bytes(), log.as_bytes(), &self.key_id];
        let mut text = padded.to_vec();
        let tag =
            aead::seal(&key, &[0; 12], &parts.concat(), &mut text).map_err(|error| error.to_string())?;
        Ok([&[0x14], self.key_id.as_slice(), salt, &text, &tag].concat())
    }
}

/// One bit off at an offset.
fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    bytes.iter().enumerate().map(|(place, byte)| if place == at { byte ^ 1 } else { *byte }).collect()
}

fn encryption(sheet: &mut Sheet, circle: &Circle) -> Result<()> {
    let log = circle.pair();
    let entry = log.next(&circle.alice, RENAME, &pb::GroupRename { name: "Film club".to_owned() });
    let input = |key: &[u8]| Fields::new().bytes("group", log.group()).bytes("log_key", key);
    let comment = "Padded to 512 bytes, under a key of its own.";
    let sealed = note("log-entry-sealed", "GRP-16 GRP-17", comment);
    let out = sheet.accept(sealed, "group.entry.seal", input(&log_key(1)).bytes("entry", &entry))?;
    let stored = bytes_of(&out, "stored")?;
    let comment = "More than 63,488 bytes.";
    let long = input(&log_key(1)).bytes("entry", vec![0x0A; 63_489]);
    sheet.refuse(note("log-entry-too-long-to-seal", "GRP-40", comment), "group.entry.seal", long, "limit")?;
    let opened = |stored: &[u8]| input(&log_key(1)).bytes("stored", stored);
    let comment = "The bytes of log-entry-sealed.";
    sheet.accept(note("log-entry-opened", "GRP-16", comment), "group.entry.open", opened(&stored))?;
    let (honest, padded, salt) = (Sealing::of(&log, 1), pad(&entry)?, material("log entry salt", 32));
    let end = stored.len().saturating_sub(1);
    let mut dirty = padded.clone();
    if let Some(last) = dirty.last_mut() {
        *last = 1;
    }
    let other_group = Sealing { group: vec![1; 32], ..Sealing::of(&log, 1) };
    let other_label = Sealing { label: "aside/1 group payload", ..Sealing::of(&log, 1) };
    let other_suite = Sealing { suite: 2, ..Sealing::of(&log, 1) };
    let renamed = Sealing { key: log_key(2), ..Sealing::of(&log, 1) };
    for (id, reqs, threat, comment, stored, word) in [
        ("empty", "GRP-40", "W7", "Nothing is there.", Vec::new(), "malformed"),
        (
            "of-version-2",
            "GRP-40",
            "H8",
            "A later version.",
            [&[0x24], stored.get(1..).unwrap_or_default()].concat(),
            "version",
        ),
        (
            "of-version-0",
            "GRP-40",
            "H8",
            "No version.",
            [&[0x04], stored.get(1..).unwrap_or_default()].concat(),
            "version",
        ),
        (
            "of-kind-3",
            "GRP-40",
            "P5",
            "A message's first byte.",
            [&[0x13], stored.get(1..).unwrap_or_default()].concat(),
            "malformed",
        ),
        (
            "cut-in-the-salt",
            "GRP-40",
            "W5",
            "Forty bytes.",
            stored.get(..40).unwrap_or_default().to_vec(),
            "malformed",
        ),
        (
            "cut-in-the-tag",
            "GRP-40",
            "W5",
            "There is no room for a tag.",
            stored.get(..64).unwrap_or_default().to_vec(),
            "malformed",
        ),
        (
            "without-ciphertext",
            "GRP-16",
            "W5",
            "A tag over nothing that is not one.",
            stored.get(..65).unwrap_or_default().to_vec(),
            "mac",
        ),
        (
            "one-byte-short",
            "GRP-16",
            "W5",
            "The end is missing.",
            stored.get(..end).unwrap_or_default().to_vec(),
            "mac",
        ),
        ("one-byte-long", "GRP-16", "W5", "Something follows.", [stored.as_slice(), &[0]].concat(), "mac"),
        (
            "of-65602-bytes",
            "GRP-40",
            "W2",
            "One byte more than the largest.",
            [&[0x14u8], vec![0; 65_601].as_slice()].concat(),
            "limit",
        ),
        ("salt-bit", "GRP-17", "P9", "One bit of the salt is off.", flipped(&stored, 17), "mac"),
        ("ciphertext-bit", "GRP-16", "P9", "One bit off.", flipped(&stored, 100), "mac"),
        ("tag-bit", "GRP-16", "P9", "One bit off.", flipped(&stored, end), "mac"),
        (
            "under-another-key",
            "GRP-16",
            "G3",
            "The name of the key, and another key.",
            renamed.seal(&salt, &padded)?,
            "mac",
        ),
        (
            "of-another-group",
            "GRP-16",
            "G5",
            "Made for another log.",
            other_group.seal(&salt, &padded)?,
            "mac",
        ),
        (
            "under-another-label",
            "GRP-16",
            "G11",
            "Made as a message.",
            other_label.seal(&salt, &padded)?,
            "mac",
        ),
        ("of-another-suite", "GRP-16", "H8", "Made under suite 2.", other_suite.seal(&salt, &padded)?, "mac"),
    ] {
        let note = note(format!("log-entry-{id}"), reqs, comment).threat(threat);
        sheet.refuse(note, "group.entry.open", opened(&stored), word)?;
    }
    for (id, comment, padded) in [
        ("with-secret-in-the-padding", "Something behind the entry.", dirty),
        ("not-padded", "The entry as it is.", entry.clone()),
        ("in-a-larger-class", "512 bytes would do.", [padded.as_slice(), &[0; 512]].concat()),
    ] {
        let note = note(format!("log-entry-{id}"), "GRP-16", comment).threat("W10");
        sheet.refuse(note, "group.entry.open", opened(&honest.seal(&salt, &padded)?), "malformed")?;
    }
    let comment = "Another key, which is not the one it names.";
    let note_ = note("log-entry-of-another-key", "GRP-16", comment).threat("G3");
    sheet.refuse(note_, "group.entry.open", input(&log_key(2)).bytes("stored", &stored), "no_session")
}

/// A log at a relay: entries in places of their own.
struct Stored<'a> {
    alice: &'a Cast,
    log: Log,
    blobs: Vec<Vec<u8>>,
}

impl Stored<'_> {
    /// Puts an entry, good or not, under a log key at the next position.
    fn put(&mut self, entry: &[u8], key: u32) -> Result<()> {
        let salt = material(&format!("log entry salt {}", self.blobs.len()), 32);
        self.blobs.push(Sealing::of(&self.log, key).seal(&salt, &pad(entry)?)?);
        Ok(())
    }

    /// Puts a good entry.
    fn append(&mut self, actor: &Cast, kind: u32, action: &impl Message, key: u32) -> Result<()> {
        self.log.append(actor, kind, action);
        let entry = self.log.entries.last().cloned().ok_or("an entry was added")?;
        self.put(&entry, key)
    }

    fn rename(&mut self, name: &str, key: u32) -> Result<()> {
        self.append(self.alice, RENAME, &pb::GroupRename { name: name.to_owned() }, key)
    }
}

type Played = (&'static str, &'static str, &'static str, &'static str, Vec<u32>, Vec<Vec<u8>>);

fn replays(sheet: &mut Sheet, circle: &Circle) -> Result<()> {
    let mut all = quiet(circle)?;
    all.extend(rekeyed(circle)?);
    for (id, reqs, threat, comment, keys, stored) in all {
        let input = Fields::new()
            .bytes("group", circle.created().group())
            .bytes_list("log_keys", keys.into_iter().map(log_key))
            .bytes_list("stored", stored);
        let note = note(format!("log-{id}"), reqs, comment).threat(threat);
        sheet.accept(note, "group.replay", input)?;
    }
    Ok(())
}

/// Alice's log with Bob as an admin and Carol as a member.
fn begun(circle: &Circle) -> Result<Stored<'_>> {
    let Circle { alice, bob, carol, .. } = circle;
    let mut stored = Stored { alice, log: circle.created(), blobs: Vec::new() };
    let first = stored.log.entries.first().cloned().ok_or("a log begins")?;
    stored.put(&first, 1)?;
    stored.append(alice, ADD, &add(&[bob, carol]), 1)?;
    stored.append(alice, SET_ROLE, &role(bob, pb::GroupRole::Admin), 1)?;
    Ok(stored)
}

/// Logs with one key.
fn quiet(circle: &Circle) -> Result<Vec<Played>> {
    let Circle { bob, carol, dave, .. } = circle;
    let honest = begun(circle)?.blobs;
    let mut garbage = begun(circle)?;
    garbage.blobs.push(vec![0x14; 700]);
    garbage.blobs.push(b"no entry".to_vec());
    garbage.put(b"no entry either", 1)?;
    garbage.rename("Film club", 1)?;
    let mut invalid = begun(circle)?;
    let ghost = invalid.log.next(carol, ADD, &add(&[dave]));
    invalid.put(&ghost, 1)?;
    let outsider = invalid.log.next(dave, ADD, &add(&[dave]));
    invalid.put(&outsider, 1)?;
    invalid.rename("Film club", 1)?;
    let mut race = begun(circle)?;
    let second = race.log.next(bob, RENAME, &pb::GroupRename { name: "Chess club".to_owned() });
    race.rename("Film club", 1)?;
    race.put(&second, 1)?;
    let mut duel = begun(circle)?;
    let strikes_back = duel.log.next(bob, REMOVE, &remove(&[carol]));
    duel.append(&circle.alice, REMOVE, &remove(&[bob]), 1)?;
    duel.put(&strikes_back, 1)?;
    let mut twice = begun(circle)?;
    let again = twice.blobs.get(1).cloned().ok_or("a log has two entries")?;
    twice.blobs.push(again);
    let mut reordered = begun(circle)?.blobs;
    reordered.swap(1, 2);
    let mut before = begun(circle)?.blobs;
    before.insert(0, vec![0x14; 700]);
    Ok(vec![
        ("honest", "GRP-15", "G10", "Three entries, three positions.", vec![1], honest),
        (
            "with-garbage",
            "GRP-15",
            "G12",
            "Garbage has positions and no sequence; the rename follows entry 3.",
            vec![1],
            garbage.blobs,
        ),
        (
            "with-invalid-entries",
            "GRP-5 GRP-15",
            "G1",
            "A member and an outsider add Dave; nobody does.",
            vec![1],
            invalid.blobs,
        ),
        (
            "with-two-changes-at-once",
            "GRP-3 GRP-36",
            "G12",
            "The second names a parent that is not the newest any more.",
            vec![1],
            race.blobs,
        ),
        (
            "with-two-removals-at-once",
            "GRP-3 GRP-4",
            "G12",
            "Whoever was first holds, for everybody.",
            vec![1],
            duel.blobs,
        ),
        ("with-an-entry-twice", "GRP-3", "G1", "The relay repeats an addition.", vec![1], twice.blobs),
        (
            "out-of-order",
            "GRP-3",
            "G2",
            "The relay exchanges two positions; what follows is skipped.",
            vec![1],
            reordered,
        ),
        ("with-garbage-first", "GRP-15", "G12", "Somebody was there before the group.", vec![1], before),
    ])
}

/// Logs with several keys.
fn rekeyed(circle: &Circle) -> Result<Vec<Played>> {
    let Circle { alice, bob, carol, .. } = circle;
    let mut removed = begun(circle)?;
    removed.append(alice, REMOVE, &remove(&[carol]), 1)?;
    removed.append(alice, REKEY, &rekey(2), 1)?;
    let mut honest = Stored { alice, log: removed.log.clone(), blobs: removed.blobs.clone() };
    honest.rename("Film club", 2)?;
    let waiting = honest.blobs.clone();
    let mut old_key = Stored { alice, log: removed.log.clone(), blobs: removed.blobs.clone() };
    let under_old = old_key.log.next(alice, RENAME, &pb::GroupRename { name: "Chess club".to_owned() });
    old_key.put(&under_old, 1)?;
    old_key.rename("Film club", 2)?;
    let mut rescued = Stored { alice, log: removed.log.clone(), blobs: removed.blobs.clone() };
    rescued.append(bob, REKEY, &rekey(3), 1)?;
    rescued.rename("Film club", 3)?;
    let mut rescued_twice = Stored { alice, log: removed.log.clone(), blobs: removed.blobs.clone() };
    rescued_twice.append(bob, REKEY, &rekey(3), 1)?;
    rescued_twice.append(alice, REKEY, &rekey(4), 1)?;
    rescued_twice.rename("Film club", 4)?;
    let mut twice_settled = Stored { alice, log: honest.log.clone(), blobs: honest.blobs.clone() };
    let too_late = twice_settled.log.next(bob, REKEY, &rekey(3));
    twice_settled.put(&too_late, 1)?;
    twice_settled.rename("Chess club", 2)?;
    let mut exposed = begun(circle)?;
    exposed.append(carol, LEAVE, &pb::GroupLeave::default(), 1)?;
    let eager = exposed.log.next(alice, RENAME, &pb::GroupRename { name: "Chess club".to_owned() });
    exposed.put(&eager, 1)?;
    exposed.append(bob, REKEY, &rekey(2), 1)?;
    exposed.rename("Film club", 2)?;
    let mut foreign = begun(circle)?;
    let under_unknown = foreign.log.next(alice, RENAME, &pb::GroupRename { name: "Chess club".to_owned() });
    foreign.put(&under_unknown, 9)?;
    foreign.rename("Film club", 1)?;
    Ok(vec![
        ("with-rekey", "GRP-14 GRP-16", "G3", "After the removal another key.", vec![1, 2], honest.blobs),
        (
            "waits-for-a-key",
            "GRP-16",
            "G3",
            "The newest key is not here: nothing is skipped, and reading stops.",
            vec![1],
            waiting,
        ),
        (
            "sealed-under-the-old-key",
            "GRP-16",
            "G3",
            "Whoever has gone could read it: it does not count.",
            vec![1, 2],
            old_key.blobs,
        ),
        (
            "rekeyed-again-under-the-old-key",
            "GRP-14 GRP-16",
            "G12",
            "Whoever drew key 2 has vanished: Bob draws key 3.",
            vec![1, 3],
            rescued.blobs,
        ),
        (
            "rekeyed-twice-under-the-old-key",
            "GRP-14 GRP-16",
            "G12",
            "Bob has vanished as well: key 1 is still the one that everybody has.",
            vec![1, 4],
            rescued_twice.blobs,
        ),
        (
            "rekeyed-under-a-key-too-old",
            "GRP-16",
            "G3",
            "An entry under key 2 shows that it arrived; key 1 is over.",
            vec![1, 2],
            twice_settled.blobs,
        ),
        (
            "with-a-change-while-exposed",
            "GRP-13 GRP-15",
            "G3",
            "The rename before the rekey does not count.",
            vec![1, 2],
            exposed.blobs,
        ),
        ("sealed-under-a-key-nobody-named", "GRP-16", "G1", "No reason to wait.", vec![1], foreign.blobs),
    ])
}
