//! `relay/keep.json`: how long a relay is asked to keep mail.

use super::{
    Result, proto,
    sheet::{Sheet, note},
};
use crate::{
    value::Fields,
    vector::{File, Level},
};
use aside_content::Kind;

const DAY: u32 = 24 * 60 * 60;
const YEAR: u32 = 31_536_000;

pub(super) fn keep() -> Result<File> {
    let about = "Which class a client asks for, and which a relay reads out of a request.";
    let mut sheet = Sheet::new(Level::Relay, "spec/relay.md", about);
    choices(&mut sheet)?;
    for (name, tag, rest) in [
        ("send", 8, vec![proto::bytes(1, [0xA1; 16]), proto::bytes(2, [0xA2; 32]), proto::number(3, 1)]),
        ("fan-out", 11, vec![proto::bytes(1, [0xA1; 16]), proto::bytes(3, "envelope")]),
    ] {
        readings(&mut sheet, name, tag, &rest.concat())?;
    }
    Ok(sheet.finish())
}

fn choices(sheet: &mut Sheet) -> Result<()> {
    let input = |kind: Kind, mode: u32, duration: u32, unread_cap: u32| {
        Fields::new()
            .number("kind", kind.0)
            .number("mode", mode)
            .number("duration", duration)
            .number("unread_cap", unread_cap)
    };
    for (id, comment, mode, duration, unread_cap) in [
        ("off", "What does not expire waits as long as the relay allows.", 0, 0, 0),
        ("second", "Shorter than any class: the shortest.", 1, 1, 0),
        ("day", "No message outlives its class.", 1, DAY, 0),
        ("day-and-a-second", "The next class.", 1, DAY + 1, 0),
        ("week", "No message outlives its class.", 1, 7 * DAY, 0),
        ("week-and-a-second", "Longer than every class but the last.", 1, 7 * DAY + 1, 0),
        ("year", "The longest there is.", 1, YEAR, 0),
        ("read-year-unread-hour", "How long it lives when it was read does not count.", 2, YEAR, 3_600),
        ("read-second-unread-month", "Until somebody reads it, it lives for a month.", 2, 1, 30 * DAY),
        ("once-unread-week", "The time for what nobody opens.", 3, 0, 7 * DAY),
        ("replay-unread-day", "The time for what nobody opens.", 4, 0, DAY),
    ] {
        let note_ = note(format!("keep-{id}"), "RLY-44", comment);
        sheet.accept(note_, "keep.choose", input(Kind::TEXT, mode, duration, unread_cap))?;
    }
    for kind in Kind::ALL.iter().copied().chain([Kind(1_000)]) {
        let comment = "Beside texts that go after an hour.";
        let note_ = note(format!("keep-kind-{}", kind.0), "RLY-44", comment);
        sheet.accept(note_, "keep.choose", input(kind, 1, 3_600, 0))?;
    }
    Ok(())
}

fn readings(sheet: &mut Sheet, name: &str, tag: u64, rest: &[u8]) -> Result<()> {
    let request = |keep: &[u8]| {
        let body = [rest, keep].concat();
        Fields::new().bytes("bytes", [proto::number(1, 1), proto::bytes(tag, body)].concat())
    };
    let field = if name == "send" { 5 } else { 4 };
    for (id, comment, keep) in [
        ("longest", "The default, which is left out.", Vec::new()),
        ("week", "A class by its number.", proto::number(field, 1)),
        ("day", "A class by its number.", proto::number(field, 2)),
    ] {
        sheet.accept(note(format!("keep-{name}-{id}"), "RLY-42", comment), "keep.read", request(&keep))?;
    }
    for (id, reqs, comment, keep) in [
        ("3", "ENV-6", "A class that this version does not name.", proto::number(field, 3)),
        ("minus-1", "ENV-6", "−1, in ten bytes.", proto::number(field, u64::MAX)),
        ("default-written", "ENV-5", "The default, written out.", proto::number(field, 0)),
        (
            "2-to-the-32",
            "ENV-5",
            "2^32 + 2, of which lenient decoders make 2.",
            proto::number(field, (1 << 32) + 2),
        ),
        (
            "twice",
            "ENV-5",
            "Lenient decoders take the last.",
            [proto::number(field, 2), proto::number(field, 1)].concat(),
        ),
        ("bytes", "ENV-4", "Bytes, and not a number.", proto::bytes(field, [2])),
    ] {
        let note_ = note(format!("keep-{name}-{id}"), reqs, comment).threat("W5");
        let catches: &[_] = if reqs == "ENV-5" { &["lenient-decoding"] } else { &[] };
        sheet.refuse(note_.catches(catches), "keep.read", request(&keep), "malformed")?;
    }
    Ok(())
}
