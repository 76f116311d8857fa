//! `expiry/life.json`: when a message is gone.

use super::{
    Result,
    people::NOW,
    sheet::{Sheet, note},
};
use crate::{
    value::Fields,
    vector::{File, Level},
};

pub(super) const CHAPTER: &str = "spec/expiry.md";
const S: u64 = 1000;
const DAY: u64 = 86_400 * S;
const YEAR: u64 = 31_536_000 * S;

/// Mode, duration, unread cap.
type Terms = (u32, u32, u32);

const DAY_AFTER_SENDING: Terms = (1, 86_400, 0);
const MINUTE_AFTER_READING: Terms = (2, 60, 604_800);
const ONCE: Terms = (3, 0, 604_800);
const TWICE: Terms = (4, 0, 604_800);

/// Id, requirement, incident, what is known, when it is gone after the acceptance, why.
///
/// Of the times, `T` is that of the acceptance, and `max` the greatest there is.
struct Case(&'static str, &'static str, &'static str, Terms, &'static str, u64, &'static str);

pub(super) fn life() -> Result<File> {
    let about = "Messages that go: when, whatever comes in which order, and whatever clocks and relay say.";
    let mut sheet = Sheet::new(Level::Expiry, CHAPTER, about);
    for Case(id, reqs, threat, terms, facts, deadline, comment) in
        INCIDENTS.iter().chain(CLOCKS).chain(AUTHORS)
    {
        around(&mut sheet, id, (reqs, threat, comment), *terms, facts, NOW.saturating_add(*deadline))?;
    }
    durations(&mut sheet)?;
    orders(&mut sheet)?;
    endless(&mut sheet)?;
    ends(&mut sheet)?;
    no_terms(&mut sheet)?;
    told(&mut sheet)?;
    super::derived::derived(&mut sheet)?;
    Ok(sheet.finish())
}

const INCIDENTS: &[Case] = &[
    Case(
        "v1-read-on-another-device",
        "EXP-14 EXP-11",
        "V1",
        MINUTE_AFTER_READING,
        "received T T T+259200000; read T+5000 T+6000",
        65 * S,
        "It was read on the phone; the laptop comes on three days later and never shows it.",
    ),
    Case(
        "v1-told-before-it-came",
        "EXP-11",
        "V1",
        MINUTE_AFTER_READING,
        "received T T T+9000; read T+5000 T+6000; seen T+4000",
        65 * S,
        "What was told first is known when it comes.",
    ),
    Case(
        "v2-report-without-a-time",
        "EXP-14",
        "V2",
        MINUTE_AFTER_READING,
        "received T T T; read max T+9000",
        69 * S,
        "It counts when it was told: neither at once nor never.",
    ),
    Case(
        "v2-report-at-0",
        "EXP-10",
        "V2",
        MINUTE_AFTER_READING,
        "received T T T; read 0 T+9000",
        60 * S,
        "Nothing was read before it began.",
    ),
    Case(
        "v3-from-the-reading",
        "EXP-14",
        "V3",
        MINUTE_AFTER_READING,
        "received T T T; read T+10000 T+86400000",
        70 * S,
        "A day old when it is told, and counted from the reading.",
    ),
    Case(
        "v3-read-on-two-devices",
        "EXP-11",
        "V3",
        MINUTE_AFTER_READING,
        "received T T T; read T+50000 T+50000; read T+10000 T+86400000",
        70 * S,
        "The earlier one counts, though it is told later.",
    ),
    Case(
        "v4-asleep",
        "EXP-10",
        "V4",
        DAY_AFTER_SENDING,
        "received T T T",
        DAY,
        "The first frame after waking shows nothing of it.",
    ),
    Case(
        "v9-never-read",
        "EXP-10",
        "V9",
        MINUTE_AFTER_READING,
        "received T T T",
        7 * DAY,
        "The cap ends what nobody reads.",
    ),
    Case(
        "v9-read-just-before-the-cap",
        "EXP-10",
        "V9",
        MINUTE_AFTER_READING,
        "received T T T; read T+604799000 T+604799000",
        7 * DAY,
        "A reading moves nothing later.",
    ),
    Case("v13-deleted-by-hand", "EXP-10", "V13", ONCE, "received T T T; gone", 0, "The person deletes it."),
    Case(
        "v14-started-again",
        "EXP-11",
        "V14",
        DAY_AFTER_SENDING,
        "received T T T; seen T+3600000; seen T+7200000",
        DAY,
        "Seeing it again does not begin it anew.",
    ),
    Case(
        "v19-opened-on-another-device",
        "EXP-10 EXP-14",
        "V19",
        ONCE,
        "received T T T; opened 1 T+5000 T+6000",
        5 * S,
        "Opened on one, it is gone on all.",
    ),
    Case(
        "v26-opened-on-two-devices-at-once",
        "EXP-11",
        "V26",
        ONCE,
        "received T T T; opened 2 T+6000 T+7000; opened 1 T+5000 T+9000",
        5 * S,
        "The first of both counts.",
    ),
    Case(
        "replay-opened-twice",
        "EXP-10",
        "C3",
        TWICE,
        "received T T T; opened 1 T+5000 T+5000; opened 2 T+9000 T+9000",
        9 * S,
        "The second ends it.",
    ),
    Case(
        "replay-one-opening-told-twice",
        "EXP-11",
        "T7",
        TWICE,
        "received T T T; opened 1 T+5000 T+5000; opened 1 T+9000 T+9000",
        7 * DAY,
        "The same opening is one.",
    ),
    Case(
        "replay-three-openings",
        "EXP-10",
        "C3",
        TWICE,
        "received T T T; opened 1 T+9000 T+9000; opened 2 T+8000 T+8000; opened 3 T+7000 T+7000",
        8 * S,
        "The second of all counts.",
    ),
    Case(
        "c3-once-shortened-to-after-sending",
        "EXP-6",
        "C3",
        ONCE,
        "received T T T; shortened 1 60 0",
        60 * S,
        "Opened or not.",
    ),
    Case(
        "opening-is-reading",
        "EXP-10",
        "C3",
        TWICE,
        "received T T T; shortened 2 60 604800; opened 1 T+5000 T+5000",
        65 * S,
        "What was opened was read.",
    ),
    Case(
        "shortened-by-its-author",
        "EXP-6",
        "C4",
        DAY_AFTER_SENDING,
        "received T T T; shortened 1 3600 0",
        3600 * S,
        "An hour instead of a day.",
    ),
    Case(
        "shortened-to-longer",
        "EXP-6",
        "C4",
        DAY_AFTER_SENDING,
        "received T T T; shortened 1 31536000 0; shortened 0 0 0",
        DAY,
        "Neither a year nor never is shorter than a day.",
    ),
    Case(
        "shortened-twice-the-other-way-round",
        "EXP-11",
        "T7",
        DAY_AFTER_SENDING,
        "received T T T; shortened 1 60 0; shortened 1 3600 0",
        60 * S,
        "The relay has turned them around.",
    ),
    Case(
        "shortened-to-after-reading",
        "EXP-6",
        "C4",
        DAY_AFTER_SENDING,
        "received T T T; shortened 2 60 604800; read T+1000 T+1000",
        61 * S,
        "Both bounds count.",
    ),
    Case(
        "text-shortened-to-once",
        "EXP-6",
        "C3",
        DAY_AFTER_SENDING,
        "received T T T; shortened 3 0 3600; opened 1 T T",
        3600 * S,
        "Openings are not counted where they were not; the cap is.",
    ),
    Case(
        "stays-until-shortened",
        "EXP-6",
        "C4",
        (0, 0, 0),
        "received T T T; shortened 1 1 0",
        S,
        "What was to stay goes, if its author wants.",
    ),
    Case("unsent", "EXP-6", "C4", (0, 0, 0), "received T T T; gone", 0, "Its author has taken it back."),
];

const CLOCKS: &[Case] = &[
    Case(
        "v6-sender-3-days-behind",
        "EXP-12",
        "V6",
        DAY_AFTER_SENDING,
        "received T-259200000 T T+5000",
        DAY,
        "The relay's time counts.",
    ),
    Case(
        "v6-sender-3-days-ahead",
        "EXP-12",
        "V6",
        DAY_AFTER_SENDING,
        "received T+259200000 T T+5000",
        DAY + 5 * S,
        "It begins when it is seen.",
    ),
    Case(
        "v6-sender-at-0",
        "EXP-12",
        "V6",
        DAY_AFTER_SENDING,
        "received 0 T T+5000",
        DAY,
        "The relay's time.",
    ),
    Case(
        "v6-sender-at-the-end",
        "EXP-12",
        "V6",
        DAY_AFTER_SENDING,
        "received max T T+5000",
        DAY + 5 * S,
        "It begins when it is seen.",
    ),
    Case(
        "v6-relay-at-0",
        "EXP-12",
        "V6",
        DAY_AFTER_SENDING,
        "received T 0 T+5000",
        DAY,
        "The sender's time.",
    ),
    Case(
        "v6-relay-3-days-behind",
        "EXP-12",
        "V6",
        DAY_AFTER_SENDING,
        "received T T-259200000 T+5000",
        DAY,
        "The sender's time counts.",
    ),
    Case(
        "v6-relay-3-days-ahead",
        "EXP-12",
        "V6",
        DAY_AFTER_SENDING,
        "received T T+259200000 T+5000",
        DAY + 5 * S,
        "It begins when it is seen.",
    ),
    Case(
        "v6-relay-and-sender-at-the-end",
        "EXP-12",
        "V6",
        DAY_AFTER_SENDING,
        "received max max T+5000",
        DAY + 5 * S,
        "Together they gain the time until it is seen.",
    ),
    Case(
        "v6-another-device-earlier",
        "EXP-14",
        "V6",
        DAY_AFTER_SENDING,
        "received max T T+5000; seen T+1000",
        DAY + S,
        "The earlier of two own devices counts.",
    ),
    Case(
        "v6-reader-3-days-ahead",
        "EXP-14",
        "V6",
        MINUTE_AFTER_READING,
        "received T T T; read T+259200000 T+9000",
        69 * S,
        "Nothing was read after it was told.",
    ),
    Case(
        "v6-reader-3-days-behind",
        "EXP-10",
        "V6",
        MINUTE_AFTER_READING,
        "received T T T; read T-259200000 T+9000",
        60 * S,
        "Nothing was read before it began.",
    ),
    Case(
        "c5-waited-at-the-relay",
        "EXP-12",
        "C5",
        DAY_AFTER_SENDING,
        "received T T T+172800000",
        DAY,
        "Two days at the relay for a message of one day: it is gone when it comes.",
    ),
];

const AUTHORS: &[Case] = &[
    Case(
        "v8-waited-to-be-sent",
        "EXP-13",
        "V8",
        DAY_AFTER_SENDING,
        "written T-777600000; accepted T T",
        DAY,
        "Nine days in the queue do not count.",
    ),
    Case(
        "v8-accepted-twice",
        "EXP-13",
        "V8",
        DAY_AFTER_SENDING,
        "written T-5000; accepted T+9000 T+9000; accepted T T+12000",
        DAY,
        "The earlier acceptance counts.",
    ),
    Case(
        "v8-relay-at-the-end",
        "EXP-13",
        "V8",
        DAY_AFTER_SENDING,
        "written T; accepted max T+5000",
        DAY + 5 * S,
        "Nothing was accepted after it was told.",
    ),
    Case(
        "v8-relay-at-0",
        "EXP-13",
        "V8",
        DAY_AFTER_SENDING,
        "written T; accepted 0 T+5000",
        DAY,
        "Nothing was accepted before it was sent.",
    ),
    Case(
        "v12-nobodys-reading-moves-the-authors-copy",
        "EXP-13",
        "V12",
        MINUTE_AFTER_READING,
        "written T; accepted T T; read T-9000 T-9000; opened 1 0 0; seen 0",
        60 * S,
        "One of 48 has read it; the author's copy lives as long as it would anyway.",
    ),
    Case(
        "v12-author-has-read-it",
        "EXP-13",
        "V12",
        MINUTE_AFTER_READING,
        "written T; accepted T T",
        60 * S,
        "And not as long as the cap.",
    ),
    Case(
        "author-of-once",
        "EXP-13",
        "C3",
        ONCE,
        "written T; accepted T T",
        0,
        "Nothing of it stays with its author.",
    ),
    Case("author-of-replay", "EXP-13", "C3", TWICE, "written T; accepted T T", 0, "Nor of this."),
];

/// Shown until the last millisecond; gone then, after a sleep, and at the end of all time.
fn around(
    sheet: &mut Sheet,
    id: &str,
    (reqs, threat, comment): (&'static str, &'static str, &str),
    terms: Terms,
    facts: &str,
    deadline: u64,
) -> Result<()> {
    if deadline > NOW {
        let shown =
            note(format!("{id}-shown"), reqs, format!("{comment} A millisecond before.")).threat(threat);
        sheet.accept(
            shown,
            "life.show",
            input(terms, facts)?.text("now", &deadline.saturating_sub(1).to_string()),
        )?;
    } else {
        let shown = note(format!("{id}-due"), reqs, comment).threat(threat);
        sheet.accept(shown, "life.deadline", input(terms, facts)?)?;
    }
    for (end, now) in [("gone", deadline), ("gone-after-a-year", deadline.saturating_add(YEAR))] {
        let gone = note(format!("{id}-{end}"), reqs, comment).threat(threat);
        sheet.refuse(gone, "life.show", input(terms, facts)?.text("now", &now.to_string()), "policy")?;
    }
    Ok(())
}

fn input((mode, duration, unread_cap): Terms, facts: &str) -> Result<Fields> {
    let facts = facts.split("; ").map(spelled).collect::<Result<Vec<_>>>()?.join("; ");
    Ok(Fields::new()
        .number("mode", mode)
        .number("duration", duration)
        .number("unread_cap", unread_cap)
        .text("facts", &facts))
}

/// A line of facts with its times as numbers.
fn spelled(line: &str) -> Result<String> {
    let time = |word: &str| {
        Ok::<_, super::Failure>(match word.strip_prefix('T') {
            Some("") => NOW.to_string(),
            Some(offset) => match offset.strip_prefix('-') {
                Some(before) => NOW.saturating_sub(before.parse()?).to_string(),
                None => NOW.saturating_add(offset.trim_start_matches('+').parse()?).to_string(),
            },
            None if word == "max" => u64::MAX.to_string(),
            None => word.to_owned(),
        })
    };
    Ok(line.split(' ').map(time).collect::<Result<Vec<_>>>()?.join(" "))
}

// V7
fn durations(sheet: &mut Sheet) -> Result<()> {
    for seconds in [
        1u32, 59, 60, 61, 3_600, 86_400, 604_800, 2_147_483, 2_147_484, 2_419_200, 4_294_967, 4_294_968,
        31_536_000,
    ] {
        let deadline = NOW.saturating_add(u64::from(seconds).saturating_mul(S));
        let about = ("EXP-10", "V7", "Seconds times a thousand, beyond 31 and 32 bits.");
        around(sheet, &format!("v7-{seconds}-seconds"), about, (1, seconds, 0), "received T T T", deadline)?;
    }
    Ok(())
}

/// Seven facts of each kind in some of their 5,040 orders, with some of them told again.
fn orders(sheet: &mut Sheet) -> Result<()> {
    let families: [(&str, Terms, &str, [&str; 7], u64); 3] = [
        (
            "read",
            MINUTE_AFTER_READING,
            "received T-5000 T T+172800000",
            [
                "seen T+500",
                "seen T+7",
                "read T+90000 T+90000",
                "read T+86400000 T+80000",
                "read 0 T+70000",
                "shortened 1 3600 0",
                "shortened 2 30 86400",
            ],
            30 * S,
        ),
        (
            "opened",
            TWICE,
            "received T T T+604800000",
            [
                "seen T+3",
                "opened 1 T+9000 T+9000",
                "opened 2 T+8000 T+8000",
                "opened 3 T+7000 T+7000",
                "opened 1 T+6000 T+6500",
                "opened 3 max T+6800",
                "shortened 1 3600 0",
            ],
            6_800,
        ),
        (
            "author",
            DAY_AFTER_SENDING,
            "written T-5000",
            [
                "accepted T T+9000",
                "accepted max T+4000",
                "accepted T+3000 max",
                "read 0 0",
                "opened 1 0 0",
                "shortened 2 604800 3600",
                "shortened 1 7200 0",
            ],
            3_600 * S,
        ),
    ];
    for (name, terms, first, facts, deadline) in families {
        for turn in 0..8usize {
            let mut order = facts.to_vec();
            order.rotate_left(turn % 7);
            if turn % 2 == 1 {
                order.reverse();
            }
            order.swap(turn % 3, 3 + turn % 4);
            order.extend(order.clone().into_iter().step_by(1 + turn % 3));
            let facts = format!("{first}; {}", order.join("; "));
            let about = ("EXP-11", "T7", "Another order, and some of it again: the same time.");
            let id = format!("order-of-{name}-{}", turn + 1);
            around(sheet, &id, about, terms, &facts, NOW.saturating_add(deadline))?;
        }
    }
    Ok(())
}

fn endless(sheet: &mut Sheet) -> Result<()> {
    for (id, reqs, threat, terms, facts, comment) in [
        ("stays", "EXP-2", "C4", (0, 0, 0), "received T T T; read T T", "What has no bounds stays."),
        (
            "v8-never-accepted",
            "EXP-13",
            "V8",
            DAY_AFTER_SENDING,
            "written T",
            "It waits in the queue, and lives.",
        ),
        (
            "v8-never-accepted-and-read",
            "EXP-13",
            "V8",
            ONCE,
            "written T; read T T; opened 1 T T; seen T",
            "Nobody can have read what was not sent.",
        ),
    ] {
        let input = input(terms, facts)?.text("now", &u64::MAX.to_string());
        sheet.accept(note(id, reqs, comment).threat(threat), "life.show", input)?;
    }
    Ok(())
}

/// Where numbers end.
fn ends(sheet: &mut Sheet) -> Result<()> {
    for (id, terms, facts) in [
        ("ends-after-sending", (1, 31_536_000, 0), "received max max max"),
        ("ends-after-reading", (2, 31_536_000, 31_536_000), "received max max max; read max max"),
        ("ends-author", (1, 1, 0), "written max; accepted max max"),
    ] {
        let comment = "No overflow: the greatest number.";
        let at = |now: u64| Ok::<_, super::Failure>(input(terms, facts)?.text("now", &now.to_string()));
        sheet.accept(
            note(format!("{id}-shown"), "EXP-10", comment).threat("C5"),
            "life.show",
            at(u64::MAX - 1)?,
        )?;
        sheet.refuse(
            note(format!("{id}-gone"), "EXP-10", comment).threat("C5"),
            "life.show",
            at(u64::MAX)?,
            "policy",
        )?;
    }
    Ok(())
}

/// What own devices hear, and what becomes of it there.
fn told(sheet: &mut Sheet) -> Result<()> {
    for (id, comment, terms, facts) in [
        ("received", "When it began here.", DAY_AFTER_SENDING, "received T T T+5000"),
        (
            "v6-device-behind",
            "Not before sender and relay, whatever its clock says.",
            DAY_AFTER_SENDING,
            "received T T+2000 T-259200000",
        ),
        (
            "v6-device-at-0",
            "Not before sender and relay, whatever its clock says.",
            DAY_AFTER_SENDING,
            "received T T+2000 0",
        ),
        ("v6-sender-at-the-end", "When it was seen.", DAY_AFTER_SENDING, "received max T T+5000"),
        (
            "v3-read",
            "When it was read, and not when that was told.",
            MINUTE_AFTER_READING,
            "received T T T; read T+5000 T+86400000",
        ),
        (
            "v3-read-twice",
            "The first time.",
            MINUTE_AFTER_READING,
            "received T T T; read T+9000 T+9000; read T+5000 T+86400000",
        ),
        ("v19-opened", "And thereby read.", ONCE, "received T T T; opened 7 T+5000 T+6000"),
        (
            "opened-thrice",
            "Two are enough.",
            TWICE,
            "received T T T; opened 1 T+9000 T+9000; opened 2 T+8000 T+8000; opened 3 T+7000 T+7000",
        ),
        ("v13-deleted", "It is gone everywhere.", MINUTE_AFTER_READING, "received T T T; gone"),
        ("shortened", "Everybody hears the author.", DAY_AFTER_SENDING, "received T T T; shortened 1 60 0"),
        ("v8-written", "There is nothing to tell yet.", DAY_AFTER_SENDING, "written T"),
        ("v8-accepted", "When its life began.", DAY_AFTER_SENDING, "written T; accepted T+5000 T+6000"),
    ] {
        sheet.accept(note(format!("told-{id}"), "EXP-14", comment), "life.told", input(terms, facts)?)?;
    }
    Ok(())
}

fn no_terms(sheet: &mut Sheet) -> Result<()> {
    for (id, shortened) in [
        ("0", "1 0 0"),
        ("a-year-and-a-second", "1 31536001 0"),
        ("without-a-cap", "2 60 0"),
        ("mode-5", "5 60 60"),
    ] {
        let note = note(format!("shortened-{id}"), "EXP-6", "These are no terms.").threat("C5");
        let facts = format!("received T T T; shortened {shortened}");
        sheet.refuse(note, "life.deadline", input(DAY_AFTER_SENDING, &facts)?, "malformed")?;
    }
    Ok(())
}
