//! `conversations/healing.json`: which of several sessions sends, and what is asked for and sent again.

use super::{
    Result,
    sheet::{Sheet, note},
};
use crate::{
    check::material,
    value::Fields,
    vector::{File, Level},
};
use aside_session::limits::GENERATION_JUMP;
use aside_wire::Reject;

const CHAPTER: &str = "spec/healing.md";
const NOW: u64 = 1_800_000_000_000;
const HOUR: u64 = 60 * 60 * 1000;
const MONTH: u64 = 30 * 24 * HOUR;

pub(super) fn healing() -> Result<File> {
    let about = "Several sessions with one device: which sends, and who is behind; for what a device begins anew, when it asks, \
                 and what is sent again.";
    let mut sheet = Sheet::new(Level::Conversations, CHAPTER, about);
    beginnings(&mut sheet)?;
    troubles(&mut sheet)?;
    plans(&mut sheet)?;
    names(&mut sheet)?;
    repetitions(&mut sheet)?;
    Ok(sheet.finish())
}

/// A session that a peer begins, beside the first: generation and first byte of the id of each, and whether the peer has answered.
fn begun((generation, id): (u32, u8), (first, first_id): (u32, u8), answered: bool) -> Fields {
    Fields::new()
        .number("generation", generation)
        .bytes("id", [id; 32])
        .number("first_generation", first)
        .bytes("first_id", [first_id; 32])
        .flag("first_answered", answered)
}

fn beginnings(sheet: &mut Sheet) -> Result<()> {
    for (id, reqs, threat, comment, fields) in [
        ("first", "SES-25", "R9", "There is none yet.", begun((1, 5), (0, 0), false)),
        ("higher", "SES-25 HEA-2 HEA-5", "R5", "The peer has begun anew.", begun((2, 9), (1, 1), true)),
        (
            "much-higher",
            "SES-25 SES-28",
            "R5",
            "As far as it may.",
            begun((1 + GENERATION_JUMP, 9), (1, 1), true),
        ),
        (
            "at-once-smaller",
            "SES-25",
            "R9",
            "Both start at once: the smaller id sends.",
            begun((1, 4), (1, 5), false),
        ),
        ("at-once-greater", "SES-25 HEA-6", "R9", "Nobody is behind.", begun((1, 6), (1, 5), false)),
        (
            "lost-smaller",
            "SES-25 HEA-5",
            "R4",
            "The peer knew the first, and has lost it.",
            begun((1, 4), (1, 5), true),
        ),
        ("lost-greater", "HEA-5 HEA-6", "R4", "The same, and it is behind.", begun((1, 6), (1, 5), true)),
        ("restored", "HEA-6", "R4", "A generation that was used long ago.", begun((2, 1), (7, 9), true)),
        (
            "held-back",
            "HEA-2 HEA-6",
            "R5",
            "A relay kept it: it takes nothing over.",
            begun((1, 1), (2, 9), true),
        ),
        ("held-back-unanswered", "HEA-6", "R5", "Of what nobody has answered.", begun((1, 1), (2, 9), false)),
    ] {
        sheet.accept(note(format!("begun-{id}"), reqs, comment).threat(threat), "session.begun", fields)?;
    }
    for (id, fields) in [
        ("0", begun((0, 1), (1, 9), true)),
        ("0-the-first", begun((0, 1), (0, 0), false)),
        ("leap", begun((2 + GENERATION_JUMP, 1), (1, 9), true)),
        ("leap-of-the-first", begun((1 + GENERATION_JUMP, 1), (0, 0), false)),
        ("last", begun((u32::MAX, 1), (1, 9), true)),
    ] {
        let note = note(format!("begun-generation-{id}"), "SES-28", "No honest peer numbers like this.");
        sheet.refuse(note.threat("R5"), "session.begun", fields, "policy")?;
    }
    Ok(())
}

fn troubles(sheet: &mut Sheet) -> Result<()> {
    for reject in Reject::ALL {
        let word = reject.word();
        let fields = Fields::new().text("word", word);
        let mends = ["no_session", "mac", "key_expired", "too_far", "unknown_prekey"].contains(&word);
        let name = format!("trouble-{}", word.replace('_', "-"));
        if mends {
            let threat = if word == "unknown_prekey" { "H5" } else { "R7" };
            let note = note(name, "HEA-1", "Another session mends it.").threat(threat);
            sheet.accept(note, "session.trouble", fields)?;
        } else {
            let (reqs, threat) = if word == "replay" { ("HEA-1 HEA-7", "R8") } else { ("HEA-1", "R7") };
            let note = note(name, reqs, "Another session would not mend it.").threat(threat);
            sheet.refuse(note, "session.trouble", fields, "policy")?;
        }
    }
    Ok(())
}

fn plans(sheet: &mut Sheet) -> Result<()> {
    for (id, reqs, comment, began_at, drawn) in [
        ("never", "HEA-10", "The shortest wait.", 0, 0u64),
        ("longest", "HEA-10", "The longest.", 0, 3_999),
        ("wrapped", "HEA-10", "What is drawn is taken modulo 4,000.", 0, 4_001),
        ("just-now", "HEA-9", "An hour after the last time.", NOW, 7),
        ("within-the-hour", "HEA-9", "When the hour is over.", NOW - HOUR + 1, 7),
        ("after-the-hour", "HEA-9", "At once, but for the wait.", NOW - HOUR, 7),
        ("clock-set-back", "HEA-9", "A time to come holds nothing up.", NOW + HOUR, 7),
    ] {
        let fields = Fields::new().number("now", NOW).number("began_at", began_at).number("drawn", drawn);
        sheet.accept(note(format!("retry-plan-{id}"), reqs, comment).threat("R7"), "retry.plan", fields)?;
    }
    Ok(())
}

fn names(sheet: &mut Sheet) -> Result<()> {
    for (id, message) in
        [("empty", Vec::new()), ("short", vec![0x11]), ("long", material("session message", 657))]
    {
        let note = note(format!("retry-id-{id}"), "HEA-12", "Named as it travelled.");
        sheet.accept(note, "retry.id", Fields::new().bytes("message", message))?;
    }
    Ok(())
}

fn repetitions(sheet: &mut Sheet) -> Result<()> {
    let frame = |kind: u32, age: u64, times: u32, [same, audience, arrived, there]: [bool; 4]| {
        Fields::new()
            .number("kind", kind)
            .number("age_ms", age)
            .number("times", times)
            .flag("same_device", same)
            .flag("in_audience", audience)
            .flag("arrived", arrived)
            .flag("there", there)
    };
    let whole = [true, true, false, true];
    for (id, fields) in [
        ("text", frame(1, 0, 0, whole)),
        ("second-time", frame(1, HOUR, 1, whole)),
        ("oldest", frame(1, MONTH, 0, whole)),
        ("acceptance", frame(3, 0, 0, whole)),
        ("chain", frame(16, 0, 0, whole)),
        ("retry", frame(34, 0, 0, whole)),
        ("unknown-kind", frame(4_000, 0, 0, whole)),
    ] {
        let note = note(format!("repeat-{id}"), "HEA-13 HEA-15", "It is sent again.").threat("R7");
        sheet.accept(note, "retry.repeat", fields)?;
    }
    for (id, reqs, comment, fields) in [
        ("third-time", "HEA-14", "It will not be opened.", frame(1, 0, 2, whole)),
        ("too-old", "HEA-12", "It has left every mailbox.", frame(1, MONTH + 1, 0, whole)),
        ("other-device", "HEA-13", "Other keys than it was for.", frame(1, 0, 0, [false, true, false, true])),
        ("other-people", "HEA-13", "They are out of it.", frame(1, 0, 0, [true, false, false, true])),
        ("arrived", "HEA-13", "A receipt says that it is there.", frame(1, 0, 0, [true, true, true, true])),
        ("gone", "HEA-13", "Taken back, deleted, or over.", frame(1, 0, 0, [true, true, false, false])),
        ("view-once", "HEA-13", "Its sender has no key of it.", frame(31, 0, 0, whole)),
        ("view-key", "HEA-13", "Nor of this.", frame(32, 0, 0, whole)),
        ("nothing-right", "HEA-13 HEA-14", "Nothing is as it should be.", frame(1, MONTH * 2, 9, [false; 4])),
    ] {
        let note = note(format!("repeat-{id}"), reqs, comment).threat("R7");
        sheet.refuse(note, "retry.repeat", fields, "policy")?;
    }
    Ok(())
}
