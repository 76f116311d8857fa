//! `group/keys.json`: what members hand each other over their sessions.

use super::{
    Result, curve,
    group::{CHAPTER, Circle, log_key},
    people::seed,
    sheet::{Sheet, note},
};
use crate::{
    check::material,
    value::Fields,
    vector::{File, Level},
};
use aside_primitives::SigningKey;
use aside_wire::pb;
use prost::Message;

/// The file.
pub(super) fn keys() -> Result<File> {
    let about = "Sender keys, invitations, requests for entries and their answers, as content of frames.";
    let mut sheet = Sheet::new(Level::Group, CHAPTER, about);
    sender_keys(&mut sheet)?;
    invitations(&mut sheet)?;
    entries(&mut sheet)?;
    Ok(sheet.finish())
}

fn content(message: &impl Message) -> Fields {
    Fields::new().bytes("content", message.encode_to_vec())
}

fn sender_keys(sheet: &mut Sheet) -> Result<()> {
    let decode = "sender_key.decode";
    let honest = pb::SenderKey {
        epoch: 4,
        sequence: 6,
        head: material("head", 32),
        iteration: 17,
        chain_key: material("chain key", 32),
        signing_key: SigningKey::from_seed(&seed("chain signing key")?).verifying_key().as_bytes().to_vec(),
        log_key: log_key(2),
    };
    let with = |edit: &dyn Fn(&mut pb::SenderKey)| {
        let mut key = honest.clone();
        edit(&mut key);
        key
    };
    for (id, comment, key) in [
        (
            "honest",
            "Of epoch 4, made at entry 6; what was sent before iteration 17 stays closed.",
            honest.clone(),
        ),
        ("of-a-new-chain", "From the first message on.", with(&|k| k.iteration = 0)),
        ("of-the-last-message", "One message is left.", with(&|k| k.iteration = 999)),
        ("of-the-newest-epoch", "The newest entry began the epoch.", with(&|k| k.epoch = 6)),
    ] {
        sheet.accept(note(format!("sender-key-{id}"), "GRP-20 GRP-34", comment), decode, content(&key))?;
    }
    let high = curve::prime_plus(1).to_vec();
    let neutral = curve::low_order_edwards().first().map(|key| key.to_vec()).unwrap_or_default();
    for (id, threat, comment, key, word) in [
        ("empty", "W7", "Nothing is there.", pb::SenderKey::default(), "malformed"),
        ("epoch-0", "W7", "Epochs begin with 1.", with(&|k| k.epoch = 0), "malformed"),
        (
            "epoch-ahead",
            "G2",
            "An epoch that the head does not know of.",
            with(&|k| k.epoch = 7),
            "malformed",
        ),
        ("sequence-0", "W7", "Sequences begin with 1.", with(&|k| k.sequence = 0), "malformed"),
        ("head-31-bytes", "W6", "A hash has 32 bytes.", with(&|k| k.head.truncate(31)), "malformed"),
        ("without-head", "W7", "A field is missing.", with(&|k| k.head.clear()), "malformed"),
        ("iteration-1000", "G13", "A chain has 1,000 messages.", with(&|k| k.iteration = 1_000), "malformed"),
        (
            "iteration-65536",
            "G13",
            "In two bytes, it would be 0.",
            with(&|k| k.iteration = 65_536),
            "malformed",
        ),
        (
            "iteration-greatest",
            "G13",
            "The greatest number there is.",
            with(&|k| k.iteration = u32::MAX),
            "malformed",
        ),
        ("chain-key-31-bytes", "W6", "A key has 32 bytes.", with(&|k| k.chain_key.truncate(31)), "malformed"),
        ("chain-key-33-bytes", "W6", "A key has 32 bytes.", with(&|k| k.chain_key.push(0)), "malformed"),
        ("without-chain-key", "W7", "A field is missing.", with(&|k| k.chain_key.clear()), "malformed"),
        (
            "signing-key-31-bytes",
            "W6",
            "A key has 32 bytes.",
            with(&|k| k.signing_key.truncate(31)),
            "malformed",
        ),
        ("signing-key-not-canonical", "P3", "y = p + 1.", with(&|k| k.signing_key.clone_from(&high)), "key"),
        ("log-key-31-bytes", "W6", "A key has 32 bytes.", with(&|k| k.log_key.truncate(31)), "malformed"),
        ("without-log-key", "W7", "A field is missing.", with(&|k| k.log_key.clear()), "malformed"),
    ] {
        let note = note(format!("sender-key-{id}"), "GRP-20", comment).threat(threat);
        sheet.refuse(note, decode, content(&key), word)?;
    }
    let comment = "A key under which lenient verifiers accept any signature.";
    let weak = note("sender-key-signing-key-small-order", "GRP-20 PRM-7", comment).threat("P3");
    let key = with(&|k| k.signing_key.clone_from(&neutral));
    sheet.refuse(weak.catches(&["accept-low-order"]), decode, content(&key), "key")?;
    let comment = "A field that this version does not have.";
    let bytes = [honest.encode_to_vec(), vec![0x40, 1]].concat();
    let note_ = note("sender-key-extra-field", "ENV-3", comment).threat("W3");
    sheet.refuse(note_, decode, Fields::new().bytes("content", bytes), "limit")
}

fn invitations(sheet: &mut Sheet) -> Result<()> {
    let decode = "group_invite.decode";
    let invite =
        |keys: Vec<Vec<u8>>| pb::GroupInvite { sequence: 6, head: material("head", 32), log_keys: keys };
    let comment = "Two keys have encrypted the log.";
    let honest = invite(vec![log_key(1), log_key(2)]);
    sheet.accept(note("group-invite-honest", "GRP-38", comment), decode, content(&honest))?;
    let short: Vec<u8> = log_key(1).into_iter().take(31).collect();
    for (id, comment, invite, word) in [
        ("empty", "Nothing is there.", pb::GroupInvite::default(), "malformed"),
        ("without-keys", "Nothing of the log could be read.", invite(Vec::new()), "malformed"),
        ("key-31-bytes", "A key has 32 bytes.", invite(vec![log_key(1), short]), "malformed"),
        ("empty-key", "A key has 32 bytes.", invite(vec![Vec::new()]), "malformed"),
        (
            "sequence-0",
            "Sequences begin with 1.",
            pb::GroupInvite { sequence: 0, ..honest.clone() },
            "malformed",
        ),
        (
            "head-31-bytes",
            "A hash has 32 bytes.",
            pb::GroupInvite { head: vec![1; 31], ..honest.clone() },
            "malformed",
        ),
        ("1025-keys", "More keys than a log has.", invite(vec![Vec::new(); 1_025]), "limit"),
    ] {
        sheet.refuse(
            note(format!("group-invite-{id}"), "GRP-38", comment).threat("W6"),
            decode,
            content(&invite),
            word,
        )?;
    }
    Ok(())
}

fn entries(sheet: &mut Sheet) -> Result<()> {
    for (id, comment, after) in
        [("for-everything", "Nothing is known.", 0), ("after-six", "Six are known.", 6)]
    {
        let request = pb::GroupLogRequest { after };
        let note = note(format!("group-log-request-{id}"), "GRP-39", comment);
        sheet.accept(note, "group_log_request.decode", content(&request))?;
    }
    let comment = "A field that this version does not have.";
    let note_ = note("group-log-request-extra-field", "ENV-3", comment).threat("W3");
    let bytes = Fields::new().bytes("content", [0x08, 6, 0x10, 1]);
    sheet.refuse(note_, "group_log_request.decode", bytes, "limit")?;
    let log = Circle::new()?.pair();
    let answer = |entries: Vec<Vec<u8>>| pb::GroupLogEntries { entries };
    let decode = "group_log_entries.decode";
    let comment = "Two entries, as they were signed.";
    let honest = answer(log.entries.clone());
    sheet.accept(note("group-log-entries-honest", "GRP-39", comment), decode, content(&honest))?;
    for (id, comment, entries) in [
        ("of-one-byte", "Whether it is an entry is asked later.", vec![vec![7]]),
        ("of-63488-bytes", "As long as an entry may be.", vec![vec![7; 63_488]]),
        ("64-of-them", "As many as there may be.", vec![vec![7; 8]; 64]),
    ] {
        let note = note(format!("group-log-entries-{id}"), "GRP-39", comment);
        sheet.accept(note, decode, content(&answer(entries)))?;
    }
    let comment = "One of two is too long.";
    let note_ = note("group-log-entries-one-too-long", "GRP-39", comment).threat("W2");
    let one = answer(vec![vec![7; 8], vec![7; 63_489]]);
    sheet.refuse(note_, decode, content(&one), "malformed")?;
    for (id, comment, answer, word) in [
        ("none", "At least one is there.", answer(Vec::new()), "malformed"),
        ("empty-entry", "An entry is not nothing.", answer(vec![Vec::new()]), "malformed"),
        ("65-entries", "Sixty-four are the most.", answer(vec![vec![7; 8]; 65]), "limit"),
        ("entry-too-long", "An entry of more than 63,488 bytes.", answer(vec![vec![7; 63_489]]), "malformed"),
    ] {
        sheet.refuse(
            note(format!("group-log-entries-{id}"), "GRP-39", comment).threat("W2"),
            decode,
            content(&answer),
            word,
        )?;
    }
    Ok(())
}
