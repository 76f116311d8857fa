//! `content/time.json`.

use super::{
    Result,
    sheet::{Sheet, note},
};
use crate::{
    value::{Fields, GREATEST_NUMBER},
    vector::{File, Level},
};
use aside_content::{Observation, TimeMark};

const HOUR: u64 = 60 * 60 * 1000;
const DAY: u64 = 24 * HOUR;
/// 2026-01-01.
const NOW: u64 = 1_767_225_600_000;
/// 2099-01-01.
const FAR: u64 = 4_070_908_800_000;

type Case = (&'static str, &'static str, TimeMark, Observation);

const fn kept(confirmed: u64, mark: u64, heard: u64) -> TimeMark {
    TimeMark { confirmed, mark, heard }
}

const fn seen(wall: u64, counted: u64, told: u64) -> Observation {
    Observation { wall, counted, told }
}

/// A device on which everything is right.
const RIGHT: TimeMark = kept(NOW, NOW, NOW);
/// One whose clock was an hour ahead, and more.
const AHEAD: TimeMark = kept(NOW, NOW + HOUR, NOW);

pub(super) fn time() -> Result<File> {
    let about = "Observations of the time: what counts as passed, whatever a clock or a relay says.";
    let mut sheet = Sheet::new(Level::Content, "spec/time.md", about);
    for (cases, requirement) in [(HONEST, "TIM-2"), (LYING_RELAYS, "TIM-2"), (WRONG_CLOCKS, "TIM-3 TIM-4")] {
        for (id, comment, kept, seen) in cases {
            let input = Fields::new()
                .number("confirmed", kept.confirmed)
                .number("mark", kept.mark)
                .number("heard", kept.heard)
                .number("wall", seen.wall)
                .number("counted", seen.counted)
                .number("told", seen.told);
            sheet.accept(note(*id, requirement, *comment).threat("C5"), "time.observe", input)?;
        }
    }
    Ok(sheet.finish())
}

const HONEST: &[Case] = &[
    ("time-first", "A new device hears of its relay.", kept(0, 0, 0), seen(NOW, 0, NOW)),
    ("time-first-without-a-relay", "A new device has only its clock.", kept(0, 0, 0), seen(NOW, 0, 0)),
    ("time-nothing-new", "Nothing has passed.", RIGHT, seen(NOW, NOW, NOW)),
    ("time-counted", "An hour was counted, and the clock agrees.", RIGHT, seen(NOW + HOUR, NOW + HOUR, 0)),
    ("time-after-sleep", "The clock has gone on; nothing was counted.", RIGHT, seen(NOW + DAY, NOW, 0)),
    ("time-after-sleep-told", "The relay agrees with it.", RIGHT, seen(NOW + DAY, NOW, NOW + DAY)),
    ("time-after-a-restart", "A process that has just begun.", RIGHT, seen(NOW + DAY, 0, 0)),
    (
        "time-old-delivery",
        "Something that has waited at the relay.",
        RIGHT,
        seen(NOW + 5, NOW + 5, NOW - DAY),
    ),
];

const LYING_RELAYS: &[Case] = &[
    ("time-relay-in-2099", "The relay alone.", RIGHT, seen(NOW, NOW, FAR)),
    ("time-relay-at-the-end", "The greatest number.", RIGHT, seen(NOW, NOW, GREATEST_NUMBER)),
    ("time-relay-yesterday", "The relay is behind.", RIGHT, seen(NOW, NOW, NOW - DAY)),
    (
        "time-relay-has-lied-before",
        "What it said before does not vouch for a clock that errs now.",
        kept(NOW, NOW, FAR),
        seen(FAR, 0, NOW),
    ),
    ("time-relay-and-clock-lie", "Nobody is left to contradict.", RIGHT, seen(FAR, NOW, FAR)),
];

const WRONG_CLOCKS: &[Case] = &[
    ("time-clock-in-2099", "It hides, and destroys nothing.", RIGHT, seen(FAR, NOW, 0)),
    ("time-clock-in-2099-told", "The same with the relay's word.", RIGHT, seen(FAR, NOW, NOW + 1)),
    ("time-clock-in-2099-again", "The hour is given once.", AHEAD, seen(FAR, 0, 0)),
    ("time-clock-back-from-2099", "What was hidden is seen again.", AHEAD, seen(NOW + 2 * HOUR, NOW, NOW)),
    ("time-clock-an-hour-ahead", "It is believed.", RIGHT, seen(NOW + HOUR, NOW, 0)),
    ("time-clock-more-than-an-hour-ahead", "An hour of it is believed.", RIGHT, seen(NOW + HOUR + 1, NOW, 0)),
    ("time-clock-3-days-ahead", "V6.", RIGHT, seen(NOW + 3 * DAY, NOW, NOW)),
    ("time-clock-3-days-behind", "V6: set back, it no longer counts.", RIGHT, seen(NOW - 3 * DAY, NOW, NOW)),
    ("time-clock-set-back-counted", "What was counted counts.", RIGHT, seen(NOW - DAY, NOW + HOUR, 0)),
    (
        "time-clock-set-back-told",
        "The relay's word hides alone then, and destroys nothing.",
        RIGHT,
        seen(NOW - DAY, 0, NOW + DAY),
    ),
    (
        "time-clock-an-hour-behind-told",
        "It is not known to be wrong: the relay alone hides nothing.",
        RIGHT,
        seen(NOW - HOUR, 0, NOW + DAY),
    ),
    (
        "time-clock-more-than-an-hour-behind-told",
        "A millisecond more.",
        RIGHT,
        seen(NOW - HOUR - 1, 0, NOW + DAY),
    ),
    ("time-clock-at-0", "A flat battery.", RIGHT, seen(0, NOW + 1, NOW + 2)),
];
