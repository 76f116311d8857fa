//! `group/log.json`: what a relay has of a log.

use super::{
    Result,
    entries::offered,
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
    under_keys(&mut sheet, &circle)?;
    replays(&mut sheet, &circle)?;
    Ok(sheet.finish())
}

fn names(sheet: &mut Sheet, circle: &Circle) -> Result<()> {
    let body = Log::default().body(&circle.alice, super::group::CREATE, &super::group::create(&circle.alice));
    let comment = "The hash of the first body.";
    let input = Fields::new().bytes("body", body.encode_to_vec());
    sheet.accept(note("group-id", "GRP-2", comment), "group.id", input)?;
    for (id, key, comment) in [
        ("group-log-id", 1, "A hash over the group's id and its first log key."),
        ("group-log-id-of-another-key", 2, "The segment of another key has another name."),
    ] {
        let input = Fields::new().bytes("group", circle.created().group()).bytes("log_key", log_key(key));
        sheet.accept(note(id, "GRP-41", comment).threat("G12"), "group.log_id", input)?;
    }
    let comment = "Sixteen bytes of a hash.";
    let input = Fields::new().bytes("log_key", log_key(1));
    sheet.accept(note("group-log-key-id", "GRP-16", comment), "group.log_key_id", input)?;
    Ok(())
}

/// The name of the segment of a log key, by its number.
fn log_id(group: &[u8], key: u32) -> Vec<u8> {
    hash(label::GROUP_LOG_ID, &[group, &log_key(key)]).0.to_vec()
}

/// What the relay gets of an entry.
struct Sealing<'a> {
    log: Vec<u8>,
    key: Vec<u8>,
    key_id: Vec<u8>,
    label: &'a str,
    suite: u32,
}

impl Sealing<'_> {
    fn of(log: &Log, key: u32) -> Self {
        let label = "aside/1 group log entry";
        Self { log: log_id(&log.group(), key), key: log_key(key), key_id: log_key_id(key), label, suite: 1 }
    }

    /// By the formulas of the chapter.
    fn seal(&self, salt: &[u8], padded: &[u8]) -> Result<Vec<u8>> {
        let [key] = kdf::derive(salt, &[&self.key], label::GROUP_LOG_ENTRY_KEY);
        let length = u32::try_from(self.label.len())?.to_be_bytes();
        let parts: [&[u8]; 5] =
            [&length, self.label.as_bytes(), &self.suite.to_be_bytes(), &self.log, &self.key_id];
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
    let comment = "63,488 bytes, which fill 65,601 at the relay.";
    let longest = input(&log_key(1)).bytes("entry", vec![0x0A; 63_488]);
    let note_ = note("log-entry-longest-sealed", "GRP-40", comment);
    let out = sheet.accept(note_, "group.entry.seal", longest)?;
    let longest = input(&log_key(1)).bytes("stored", bytes_of(&out, "stored")?);
    let note_ = note("log-entry-longest-opened", "GRP-40", "The bytes of log-entry-longest-sealed.");
    sheet.accept(note_, "group.entry.open", longest)?;
    let comment = "The bytes of log-entry-sealed.";
    sheet.accept(note("log-entry-opened", "GRP-16", comment), "group.entry.open", opened(&stored))?;
    let (honest, padded, salt) = (Sealing::of(&log, 1), pad(&entry)?, material("log entry salt", 32));
    let end = stored.len().saturating_sub(1);
    let mut dirty = padded.clone();
    if let Some(last) = dirty.last_mut() {
        *last = 1;
    }
    let other_group = Sealing { log: log_id(&[1; 32], 1), ..Sealing::of(&log, 1) };
    let other_segment = Sealing { log: log_id(&log.group(), 2), ..Sealing::of(&log, 1) };
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
            "of-65601-bytes",
            "GRP-40 GRP-16",
            "W2",
            "The largest there is, under a key that nobody has.",
            [&[0x14u8], vec![0; 65_600].as_slice()].concat(),
            "no_session",
        ),
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
            "of-another-segment",
            "GRP-16 GRP-41",
            "G3",
            "Made for the segment of another key.",
            other_segment.seal(&salt, &padded)?,
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

/// Entries that are good but for the log key they are sealed under.
fn under_keys(sheet: &mut Sheet, circle: &Circle) -> Result<()> {
    let alice = &circle.alice;
    let mut log = circle.created();
    log.append(alice, REKEY, &rekey(2));
    let rename = log.next(alice, RENAME, &pb::GroupRename { name: "Film club".to_owned() });
    let again = log.next(alice, REKEY, &rekey(3));
    let under = |entry: &[u8], key| offered(&log, entry).bytes("log_key_id", log_key_id(key));
    let none = Log::default();
    let created = none.next(alice, super::group::CREATE, &super::group::create(alice));
    let beginning = |key| offered(&none, &created).bytes("log_key_id", log_key_id(key));
    let good = note("log-create-under-its-key", "GRP-16", "The key that it names.").threat("G3");
    sheet.accept(good, "group.append_under", beginning(1))?;
    let bad = note("log-create-under-another-key", "GRP-16", "The creation names another key.").threat("G3");
    sheet.refuse(bad, "group.append_under", beginning(2), "policy")?;
    for (id, comment, entry, key, good) in [
        ("rename-under-the-newest-key", "The key that the log names.", &rename, 2, true),
        ("rename-under-an-older-key", "Whoever has gone has it.", &rename, 1, false),
        ("rename-under-a-key-nobody-named", "A key of no log.", &rename, 9, false),
        ("rekey-under-the-newest-key", "The key that the log names.", &again, 2, true),
        ("rekey-under-an-older-key", "A rekey is no exception.", &again, 1, false),
        ("rekey-under-its-own-key", "The new key comes after it.", &again, 3, false),
    ] {
        let note = note(format!("log-{id}"), "GRP-16", comment).threat("G3");
        if good {
            sheet.accept(note, "group.append_under", under(entry, key))?;
        } else {
            sheet.refuse(note, "group.append_under", under(entry, key), "policy")?;
        }
    }
    Ok(())
}

/// A log at a relay: entries in places of their own.
#[derive(Clone)]
struct Stored<'a> {
    alice: &'a Cast,
    log: Log,
    /// The segment of each, by the number of its key.
    logs: Vec<u32>,
    blobs: Vec<Vec<u8>>,
}

impl Stored<'_> {
    /// Puts bytes at the next position of the segment of a key.
    fn push(&mut self, blob: Vec<u8>, key: u32) {
        self.logs.push(key);
        self.blobs.push(blob);
    }

    /// Puts an entry, good or not, under a log key at the next position of its segment.
    fn put(&mut self, entry: &[u8], key: u32) -> Result<()> {
        self.put_in(entry, key, key)
    }

    /// Puts an entry under a log key into the segment of another one, made for it.
    fn put_in(&mut self, entry: &[u8], key: u32, segment: u32) -> Result<()> {
        let salt = material(&format!("log entry salt {}", self.blobs.len()), 32);
        let sealing = Sealing { log: log_id(&self.log.group(), segment), ..Sealing::of(&self.log, key) };
        self.push(sealing.seal(&salt, &pad(entry)?)?, segment);
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

    /// A good rename that is nowhere yet.
    fn draft(&self) -> Vec<u8> {
        self.log.next(self.alice, RENAME, &pb::GroupRename { name: "Chess club".to_owned() })
    }
}

type Played<'a> = (&'static str, &'static str, &'static str, &'static str, Vec<u32>, Stored<'a>);

fn replays(sheet: &mut Sheet, circle: &Circle) -> Result<()> {
    let mut all = quiet(circle)?;
    all.extend(rekeyed(circle)?);
    all.extend(stale_segments(circle)?);
    let group = circle.created().group();
    for (id, reqs, threat, comment, keys, stored) in all {
        let input = Fields::new()
            .bytes("group", &group)
            .bytes_list("log_keys", keys.into_iter().map(log_key))
            .bytes_list("logs", stored.logs.iter().map(|key| log_id(&group, *key)))
            .bytes_list("stored", stored.blobs);
        let note = note(format!("log-{id}"), reqs, comment).threat(threat);
        sheet.accept(note, "group.replay", input)?;
    }
    Ok(())
}

/// Alice's log with Bob as an admin and Carol as a member.
fn begun(circle: &Circle) -> Result<Stored<'_>> {
    let Circle { alice, bob, carol, .. } = circle;
    let mut stored = Stored { alice, log: circle.created(), logs: Vec::new(), blobs: Vec::new() };
    let first = stored.log.entries.first().cloned().ok_or("a log begins")?;
    stored.put(&first, 1)?;
    stored.append(alice, ADD, &add(&[bob, carol]), 1)?;
    stored.append(alice, SET_ROLE, &role(bob, pb::GroupRole::Admin), 1)?;
    Ok(stored)
}

/// Logs with one key.
fn quiet(circle: &Circle) -> Result<Vec<Played<'_>>> {
    let Circle { bob, carol, dave, .. } = circle;
    let honest = begun(circle)?;
    let mut garbage = begun(circle)?;
    garbage.push(vec![0x14; 700], 1);
    garbage.push(b"no entry".to_vec(), 1);
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
    twice.push(again, 1);
    let mut reordered = begun(circle)?;
    reordered.blobs.swap(1, 2);
    let mut before = begun(circle)?;
    before.logs.insert(0, 1);
    before.blobs.insert(0, vec![0x14; 700]);
    let mut other =
        Stored { alice: &circle.alice, log: circle.created(), logs: Vec::new(), blobs: Vec::new() };
    let create = super::group::create(&circle.alice);
    let create = pb::GroupCreate { nonce: vec![9; 32], ..create };
    other.put(&Log::default().next(&circle.alice, super::group::CREATE, &create), 1)?;
    let honest_entries = other.log.entries.clone();
    for entry in &honest_entries {
        other.put(entry, 1)?;
    }
    other.rename("Film club", 1)?;
    let mut foreign = begun(circle)?;
    foreign.put_in(&foreign.draft(), 9, 1)?;
    foreign.rename("Film club", 1)?;
    Ok(vec![
        ("honest", "GRP-15", "G10", "Three entries, three positions.", vec![1], honest),
        (
            "with-garbage",
            "GRP-15",
            "G12",
            "Garbage has positions and no sequence; the rename follows entry 3.",
            vec![1],
            garbage,
        ),
        (
            "with-invalid-entries",
            "GRP-5 GRP-15",
            "G1",
            "A member and an outsider add Dave; nobody does.",
            vec![1],
            invalid,
        ),
        (
            "with-two-changes-at-once",
            "GRP-3 GRP-36",
            "G12",
            "The second names a parent that is not the newest any more.",
            vec![1],
            race,
        ),
        (
            "with-two-removals-at-once",
            "GRP-3 GRP-4",
            "G12",
            "Whoever was first holds, for everybody.",
            vec![1],
            duel,
        ),
        ("with-an-entry-twice", "GRP-3", "G1", "The relay repeats an addition.", vec![1], twice),
        (
            "out-of-order",
            "GRP-3",
            "G2",
            "The relay exchanges two positions; what follows is skipped.",
            vec![1],
            reordered,
        ),
        ("with-garbage-first", "GRP-15", "G12", "Somebody was there before the group.", vec![1], before),
        (
            "with-another-creation-first",
            "GRP-2 GRP-15",
            "G1",
            "Sealed for this log, and the beginning of another group.",
            vec![1],
            other,
        ),
        ("sealed-under-a-key-nobody-named", "GRP-16", "G1", "No reason to wait.", vec![1], foreign),
    ])
}

/// Alice removes Carol and rekeys.
fn rekeyed_once(circle: &Circle) -> Result<Stored<'_>> {
    let Circle { alice, carol, .. } = circle;
    let mut stored = begun(circle)?;
    stored.append(alice, REMOVE, &remove(&[carol]), 1)?;
    stored.append(alice, REKEY, &rekey(2), 1)?;
    Ok(stored)
}

/// Logs with several segments.
fn rekeyed(circle: &Circle) -> Result<Vec<Played<'_>>> {
    let Circle { alice, bob, carol, .. } = circle;
    let just = rekeyed_once(circle)?;
    let mut honest = rekeyed_once(circle)?;
    honest.rename("Film club", 2)?;
    let waiting = honest.clone();
    let mut three = honest.clone();
    three.append(bob, REKEY, &rekey(3), 2)?;
    three.rename("Chess club", 3)?;
    three.rename("Book club", 3)?;
    let mut exposed = begun(circle)?;
    exposed.append(carol, LEAVE, &pb::GroupLeave::default(), 1)?;
    exposed.put(&exposed.draft(), 1)?;
    exposed.append(bob, REKEY, &rekey(2), 1)?;
    exposed.rename("Film club", 2)?;
    let mut garbage = rekeyed_once(circle)?;
    garbage.push(vec![0x14; 700], 2);
    garbage.rename("Film club", 2)?;
    let mut again = rekeyed_once(circle)?;
    let known = again.log.next(alice, REKEY, &rekey(1));
    again.put(&known, 2)?;
    again.rename("Film club", 2)?;
    Ok(vec![
        ("rekeyed", "GRP-41", "G3", "The segment of key 2 is empty.", vec![1, 2], just),
        ("with-rekey", "GRP-41", "G3", "After the removal another key, and position 1.", vec![1, 2], honest),
        (
            "waits-for-a-key",
            "GRP-16 GRP-41",
            "G3",
            "The newest key is not here, nor does anybody without it know where to look.",
            vec![1],
            waiting,
        ),
        ("with-three-segments", "GRP-41", "G3", "One for each key.", vec![1, 2, 3], three),
        (
            "with-a-change-while-exposed",
            "GRP-13 GRP-15",
            "G3",
            "The rename before the rekey does not count.",
            vec![1, 2],
            exposed,
        ),
        (
            "with-garbage-at-the-beginning-of-a-segment",
            "GRP-15 GRP-41",
            "G12",
            "A member was there before.",
            vec![1, 2],
            garbage,
        ),
        (
            "rekeyed-to-a-key-from-before",
            "GRP-14",
            "G3",
            "Key 1 is over, and key 2 stays.",
            vec![1, 2],
            again,
        ),
    ])
}

/// What comes after a rekey, in the segment before it or under the key before it.
fn stale_segments(circle: &Circle) -> Result<Vec<Played<'_>>> {
    let Circle { alice, bob, .. } = circle;
    let mut filled = rekeyed_once(circle)?;
    for length in 0..5 {
        filled.push(vec![0x14; 700 + length], 1);
    }
    filled.rename("Film club", 2)?;
    let mut behind = rekeyed_once(circle)?;
    behind.put(&behind.draft(), 1)?;
    behind.rename("Film club", 2)?;
    let mut branched = rekeyed_once(circle)?;
    let another = branched.log.next(bob, REKEY, &rekey(3));
    branched.put(&another, 1)?;
    branched.rename("Film club", 2)?;
    let mut raced = begun(circle)?;
    let second = raced.log.next(bob, REKEY, &rekey(3));
    raced.append(alice, REKEY, &rekey(2), 1)?;
    raced.put(&second, 1)?;
    raced.rename("Film club", 2)?;
    let mut old_key = rekeyed_once(circle)?;
    old_key.put_in(&old_key.draft(), 1, 2)?;
    old_key.rename("Film club", 2)?;
    let mut old_rekey = rekeyed_once(circle)?;
    let under_old = old_rekey.log.next(bob, REKEY, &rekey(3));
    old_rekey.put_in(&under_old, 1, 2)?;
    old_rekey.rename("Film club", 2)?;
    Ok(vec![
        (
            "filled-behind-a-rekey",
            "GRP-41",
            "G12",
            "Carol is gone and still appends: to a segment that nobody reads.",
            vec![1, 2],
            filled,
        ),
        (
            "with-an-entry-behind-a-rekey",
            "GRP-41",
            "G3",
            "Good but for its segment: it is not read at all.",
            vec![1, 2],
            behind,
        ),
        (
            "rekeyed-again-behind-a-rekey",
            "GRP-41",
            "G12",
            "Whoever lacks key 2 does not go another way: there is one.",
            vec![1, 3, 2],
            branched,
        ),
        (
            "with-two-rekeys-at-once",
            "GRP-37 GRP-41",
            "G12",
            "The first one holds; key 3 was handed out and names nothing.",
            vec![1, 2, 3],
            raced,
        ),
        (
            "sealed-under-the-old-key",
            "GRP-16",
            "G3",
            "In the new segment and under the old key: it does not count.",
            vec![1, 2],
            old_key,
        ),
        ("rekeyed-under-the-old-key", "GRP-16", "G3", "Neither does a rekey.", vec![1, 2, 3], old_rekey),
    ])
}
