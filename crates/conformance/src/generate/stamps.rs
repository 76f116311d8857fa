//! `expiry/stamps.json`: the stamps of frames, and the content of the kinds that belong to them.

use super::{
    Result,
    capture::capture,
    chat_frame::opened,
    frames::{chat, minute, sender},
    group_frame::group,
    kinds::{input, receipts, target},
    life::CHAPTER,
    proto,
    sheet::{Sheet, note},
};
use crate::{
    check::material,
    value::Fields,
    vector::{File, Level},
};
use aside_content::padding::pad;
use aside_wire::pb;
use prost::Message;

const DAY: u32 = 86_400;
const YEAR: u32 = 31_536_000;

pub(super) fn stamps() -> Result<File> {
    let about = "Stamps: what they may say, where they may stand, and what a sender writes into them.";
    let mut sheet = Sheet::new(Level::Expiry, CHAPTER, about);
    decoded(&mut sheet)?;
    encodings(&mut sheet)?;
    chosen(&mut sheet)?;
    frames(&mut sheet)?;
    shortenings(&mut sheet)?;
    once(&mut sheet)?;
    Ok(sheet.finish())
}

fn expiry(policy: u64, mode: i32, duration_s: u32, unread_cap_s: u32) -> pb::Expiry {
    pb::Expiry { policy, mode, duration_s, unread_cap_s }
}

fn decoded(sheet: &mut Sheet) -> Result<()> {
    for (id, fields) in [
        ("off", expiry(7, 0, 0, 0)),
        ("1-second", expiry(0, 1, 1, 0)),
        ("4-weeks", expiry(3, 1, 2_419_200, 0)),
        ("1-year", expiry(3, 1, YEAR, 0)),
        ("after-reading", expiry(3, 2, 60, 7 * DAY)),
        ("once", expiry(3, 3, 0, YEAR)),
        ("replay", expiry(u64::MAX, 4, 0, 1)),
    ] {
        let input = Fields::new().bytes("expiry", fields.encode_to_vec());
        sheet.accept(
            note(format!("stamp-{id}"), "EXP-1", "As its sender writes it.").threat("V7"),
            "expiry.decode",
            input,
        )?;
    }
    for (id, reqs, fields) in [
        ("empty", "EXP-1", expiry(0, 0, 0, 0)),
        ("off-with-a-duration", "EXP-1", expiry(7, 0, 60, 0)),
        ("off-with-a-cap", "EXP-1", expiry(7, 0, 0, 60)),
        ("0-seconds", "EXP-1", expiry(3, 1, 0, 0)),
        ("1-year-and-1-second", "EXP-1", expiry(3, 1, YEAR + 1, 0)),
        ("greatest-time", "EXP-1", expiry(3, 1, u32::MAX, 0)),
        ("after-sending-with-a-cap", "EXP-1", expiry(3, 1, 60, 60)),
        ("after-reading-0-seconds", "EXP-1", expiry(3, 2, 0, 60)),
        ("after-reading-without-a-cap", "EXP-1", expiry(3, 2, 60, 0)),
        ("after-reading-1-year-and-1-second", "EXP-1", expiry(3, 2, YEAR + 1, 60)),
        ("after-reading-cap-1-year-and-1-second", "EXP-1", expiry(3, 2, 60, YEAR + 1)),
        ("once-without-a-cap", "EXP-1", expiry(3, 3, 0, 0)),
        ("once-with-a-duration", "EXP-1", expiry(3, 3, 60, 60)),
        ("once-cap-1-year-and-1-second", "EXP-1", expiry(3, 3, 0, YEAR + 1)),
        ("replay-without-a-cap", "EXP-1", expiry(3, 4, 0, 0)),
        ("replay-with-a-duration", "EXP-1", expiry(3, 4, 1, 60)),
        ("replay-greatest-cap", "EXP-1", expiry(3, 4, 0, u32::MAX)),
        ("mode-5", "ENV-6", expiry(3, 5, 60, 60)),
        ("mode-5-without-times", "ENV-6", expiry(3, 5, 0, 0)),
        ("mode-minus-1", "ENV-6", expiry(3, -1, 60, 60)),
        ("mode-greatest", "ENV-6", expiry(3, i32::MAX, 60, 60)),
    ] {
        let input = Fields::new().bytes("expiry", fields.encode_to_vec());
        let note = note(format!("stamp-{id}"), reqs, "No message could live by this.").threat("C5");
        sheet.refuse(note, "expiry.decode", input, "malformed")?;
    }
    Ok(())
}

fn encodings(sheet: &mut Sheet) -> Result<()> {
    let honest = [proto::number(2, 1), proto::number(3, 60)].concat();
    for (id, reqs, bytes, lenient) in [
        ("policy-0-written", "ENV-5", [proto::number(1, 0), honest.clone()].concat(), true),
        ("cap-0-written", "ENV-5", [honest.clone(), proto::number(4, 0)].concat(), true),
        ("twice", "ENV-5", [honest.clone(), proto::number(3, 60)].concat(), true),
        ("turned-around", "ENV-5", [proto::number(3, 60), proto::number(2, 1)].concat(), true),
        ("another-field", "ENV-5", [honest.clone(), proto::number(5, 1)].concat(), true),
        (
            "2-to-the-32-and-60",
            "ENV-5",
            [proto::number(2, 1), proto::number(3, (1 << 32) + 60)].concat(),
            true,
        ),
        (
            "long-varint",
            "ENV-5",
            [proto::number(2, 1), proto::varint(3 << 3), proto::long_varint(60)].concat(),
            true,
        ),
        ("bytes", "ENV-4", [proto::number(2, 1), proto::bytes(3, [60])].concat(), false),
        ("cut-short", "ENV-4", honest.split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default(), false),
        ("fixed-width", "ENV-4", [honest, proto::fixed32(3)].concat(), false),
    ] {
        let catches: &[_] = if lenient { &["lenient-decoding"] } else { &[] };
        let note = note(format!("stamp-{id}"), reqs, "Not the one encoding.").threat("W3").catches(catches);
        sheet.refuse(note, "expiry.decode", Fields::new().bytes("expiry", bytes), "malformed")?;
    }
    Ok(())
}

fn chosen(sheet: &mut Sheet) -> Result<()> {
    let input = |policy: (u32, u32, u32), wish: (u32, u32, u32)| {
        let ((mode, duration, cap), (wish_mode, wish_duration, wish_cap)) = (policy, wish);
        Fields::new()
            .number("mode", mode)
            .number("duration", duration)
            .number("unread_cap", cap)
            .number("wish_mode", wish_mode)
            .number("wish_duration", wish_duration)
            .number("wish_unread_cap", wish_cap)
    };
    let (day, read) = ((1, DAY, 0), (2, 60, DAY));
    for (id, policy, wish) in [
        ("v21-longer-than-the-policy", day, (1, YEAR, 0)),
        ("v21-never", day, (0, 0, 0)),
        ("v21-longer-after-reading", read, (2, YEAR, YEAR)),
        ("v21-longer-cap-for-once", (3, 0, DAY), (3, 0, YEAR)),
        ("v21-replay-where-once", (3, 0, DAY), (4, 0, DAY)),
        ("stamp-shorter", day, (1, 3_600, 0)),
        ("stamp-after-reading-within-a-day", day, (2, 60, 7 * DAY)),
        ("stamp-within-the-cap", read, (1, 3_600, 0)),
        ("stamp-once-of-what-goes-after-reading", read, (3, 0, 7 * DAY)),
        ("stamp-replay-of-what-goes-after-reading", read, (4, 0, 3_600)),
        ("stamp-replay-within-a-day", day, (4, 0, 7 * DAY)),
        ("stamp-without-a-policy", (0, 0, 0), (1, 60, 0)),
        ("stamp-of-nothing", (0, 0, 0), (0, 0, 0)),
    ] {
        let note = note(id, "EXP-4", "Of each bound the lower one.").threat("V21");
        sheet.accept(note, "expiry.stamp", input(policy, wish))?;
    }
    for (id, policy, wish) in [
        ("wish-0-seconds", day, (1, 0, 0)),
        ("wish-1-year-and-1-second", day, (1, YEAR + 1, 0)),
        ("wish-mode-5", day, (5, 60, 60)),
        ("policy-of-0-seconds", (1, 0, 0), (0, 0, 0)),
    ] {
        let note = note(format!("stamp-{id}"), "EXP-1 EXP-4", "These are no terms.").threat("C5");
        sheet.refuse(note, "expiry.stamp", input(policy, wish), "malformed")?;
    }
    Ok(())
}

/// What can be opened once, with its key.
pub(super) fn sealed() -> pb::ViewOnce {
    pb::ViewOnce {
        sealed: material("sealed", 64),
        commitment: material("commitment", 32),
        key: material("view key", 32),
        fallback: "[a message to be opened once]".into(),
    }
}

/// Frames whose stamp and kind do not fit. The commitment is never reached.
fn frames(sheet: &mut Sheet) -> Result<()> {
    let sender = sender()?;
    let reaction = pb::Reaction { target: Some(target()?), emoji: "👍".into(), counter: 1 }.encode_to_vec();
    let policy =
        pb::ExpiryPolicy { version: 1, mode: 1, duration_s: 60, ..Default::default() }.encode_to_vec();
    let text = proto::bytes(1, "hi");
    let notice = capture().encode_to_vec();
    let receipts = receipts(&[1]).encode_to_vec();
    for (id, reqs, threat, comment, kind, content, expiry) in [
        (
            "reaction-with-a-stamp",
            "EXP-1",
            "C4",
            "It lives as long as what it is about.",
            11,
            reaction,
            minute(),
        ),
        ("receipts-with-a-stamp", "EXP-1", "C4", "They are no message.", 24, receipts, minute()),
        ("v20-policy-with-a-stamp", "EXP-1 EXP-8", "V20", "It would delete itself.", 29, policy, minute()),
        ("capture-with-a-stamp", "EXP-1", "C2", "It would delete itself.", 33, notice, minute()),
        (
            "text-once",
            "EXP-1",
            "C3",
            "Only a ViewOnce can be opened once.",
            1,
            text.clone(),
            Some(expiry(0, 3, 0, 60)),
        ),
        ("text-replay", "EXP-1", "C3", "Nor twice.", 1, text.clone(), Some(expiry(0, 4, 0, 60))),
        (
            "once-without-a-stamp",
            "EXP-1",
            "C3",
            "Nothing says how often.",
            31,
            sealed().encode_to_vec(),
            None,
        ),
        (
            "once-after-sending",
            "EXP-1",
            "C3",
            "Nothing says how often.",
            31,
            sealed().encode_to_vec(),
            minute(),
        ),
        (
            "once-off",
            "EXP-1",
            "C3",
            "Never is not once.",
            31,
            sealed().encode_to_vec(),
            Some(expiry(7, 0, 0, 0)),
        ),
        (
            "text-empty-stamp",
            "EXP-1",
            "W6",
            "Nothing is said by leaving it out.",
            1,
            text.clone(),
            Some(expiry(0, 0, 0, 0)),
        ),
        (
            "text-0-seconds",
            "EXP-1",
            "C5",
            "It would be gone before it is there.",
            1,
            text,
            Some(expiry(0, 1, 0, 0)),
        ),
    ] {
        for (place, honest, op) in
            [("chat", chat(), "chat_frame.open"), ("group", group(), "group_frame.open")]
        {
            let frame = pb::Frame { kind, content: content.clone(), expiry, ..honest };
            let padded = opened(&pad(&frame.encode_to_vec())?, &sender, &[0; 32]);
            let word = if place == "group" && matches!(kind, 24 | 29) { "policy" } else { "malformed" };
            sheet.refuse(
                note(format!("{place}-frame-{id}"), reqs, comment).threat(threat),
                op,
                padded,
                word,
            )?;
        }
    }
    let once = Some(expiry(0, 3, 0, 60));
    let frame = pb::Frame { kind: 31, content: sealed().encode_to_vec(), expiry: once, ..group() };
    let padded = opened(&pad(&frame.encode_to_vec())?, &sender, &[0; 32]);
    let note = note("v19-key-in-a-group", "EXP-22", "Everybody gets it, whatever their device can do.");
    sheet.refuse(note.threat("V19"), "group_frame.open", padded, "malformed")
}

fn shortenings(sheet: &mut Sheet) -> Result<()> {
    let honest =
        pb::Shorten { message_id: material("message id", 16), mode: 1, duration_s: 60, unread_cap_s: 0 };
    let but = |edit: &dyn Fn(&mut pb::Shorten)| {
        let mut fields = honest.clone();
        edit(&mut fields);
        fields.encode_to_vec()
    };
    for (id, content) in [
        ("after-sending", honest.encode_to_vec()),
        ("after-reading", but(&|s| (s.mode, s.unread_cap_s) = (2, DAY))),
    ] {
        let note = note(format!("shorten-{id}"), "EXP-6", "As its sender writes it.");
        sheet.accept(note, "content.decode", input(30, &content))?;
    }
    for (id, content) in [
        ("off", but(&|s| (s.mode, s.duration_s) = (0, 0))),
        ("once", but(&|s| (s.mode, s.duration_s, s.unread_cap_s) = (3, 0, 60))),
        ("replay", but(&|s| (s.mode, s.duration_s, s.unread_cap_s) = (4, 0, 60))),
        ("mode-5", but(&|s| s.mode = 5)),
        ("0-seconds", but(&|s| s.duration_s = 0)),
        ("1-year-and-1-second", but(&|s| s.duration_s = YEAR + 1)),
        ("without-a-cap", but(&|s| s.mode = 2)),
        ("with-a-cap", but(&|s| s.unread_cap_s = 60)),
        ("without-a-message", but(&|s| s.message_id.clear())),
        ("message-15-bytes", but(&|s| s.message_id.truncate(15))),
        ("message-17-bytes", but(&|s| s.message_id.push(0))),
    ] {
        let note = note(format!("shorten-{id}"), "EXP-6 ENV-6", "One thing is wrong.").threat("W6");
        sheet.refuse(note, "content.decode", input(30, &content), "malformed")?;
    }
    Ok(())
}

fn once(sheet: &mut Sheet) -> Result<()> {
    let but = |edit: &dyn Fn(&mut pb::ViewOnce)| {
        let mut fields = sealed();
        edit(&mut fields);
        fields.encode_to_vec()
    };
    for (id, reqs, threat, content) in [
        ("once", "EXP-20", "C3", sealed().encode_to_vec()),
        ("v19-once-without-key", "EXP-21", "V19", but(&|o| o.key.clear())),
    ] {
        let note = note(format!("view-{id}"), reqs, "As its sender writes it.").threat(threat);
        sheet.accept(note, "content.decode", input(31, &content))?;
    }
    for (id, content) in [
        ("once-without-content", but(&|o| o.sealed.clear())),
        ("once-19-bytes", but(&|o| o.sealed.truncate(19))),
        ("once-without-commitment", but(&|o| o.commitment.clear())),
        ("once-commitment-31-bytes", but(&|o| o.commitment.truncate(31))),
        ("once-key-31-bytes", but(&|o| o.key.truncate(31))),
        ("once-key-33-bytes", but(&|o| o.key.push(0))),
        ("once-without-fallback", but(&|o| o.fallback.clear())),
    ] {
        let note = note(format!("view-{id}"), "EXP-20 ENV-6", "One thing is wrong.").threat("W6");
        sheet.refuse(note, "content.decode", input(31, &content), "malformed")?;
    }
    for place in ["thread", "chat", "group", "transient"] {
        let note = note(format!("view-key-in-{place}"), "CON-14 EXP-21", "Keys go from member to member.")
            .threat("V19");
        let input = Fields::new().number("kind", 32u32).text("place", place);
        sheet.refuse(note, "content.place", input, "policy")?;
    }
    Ok(())
}
