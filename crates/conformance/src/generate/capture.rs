//! `capture/notices.json`: who is told of a capture, and what of a notice is shown.

use super::{
    Result,
    kinds::input,
    people::{Cast, NOW},
    proto,
    sheet::{Sheet, note},
};
use crate::{
    check::material,
    value::{Fields, Value},
    vector::{File, Level},
};
use aside_wire::pb;
use prost::Message;

const CHAPTER: &str = "spec/capture.md";
/// Somebody and the number of a message of theirs.
type Line = (&'static str, u8);
/// What is here of a conversation: who wrote it, its number, whether Bob has said the same of it before.
type Here<'a> = &'a [(&'static str, u8, bool)];
/// What happens: id, requirements, threat, why.
type Case = (&'static str, &'static str, &'static str, &'static str);

pub(super) fn notices() -> Result<File> {
    let about = "Captures: who is told, of what and how often, whatever detectors report; and what of a notice is shown, \
                 whatever its sender says.";
    let mut sheet = Sheet::new(Level::Capture, CHAPTER, about);
    decoded(&mut sheet)?;
    scenes(&mut sheet)?;
    told(&mut sheet)?;
    nobody(&mut sheet)?;
    shown(&mut sheet)?;
    overlooked(&mut sheet)?;
    Ok(sheet.finish())
}

/// An honest notice.
pub(super) fn capture() -> pb::CaptureNotice {
    let mut refs = vec![material("message id", 16), material("another message id", 16)];
    refs.sort();
    pb::CaptureNotice { kind: 1, refs, observed_at: NOW, detector: 1 }
}

fn decoded(sheet: &mut Sheet) -> Result<()> {
    let but = |edit: &dyn Fn(&mut pb::CaptureNotice)| {
        let mut fields = capture();
        edit(&mut fields);
        fields.encode_to_vec()
    };
    for kind in 1..=5 {
        let note = note(format!("capture-kind-{kind}"), "CAP-4", "As its sender writes it.").threat("C2");
        sheet.accept(note, "content.decode", input(33, &but(&|c| c.kind = kind)))?;
    }
    let eight = but(&|c| c.refs = (0..8u8).map(|n| vec![n; 16]).collect());
    sheet.accept(
        note("capture-of-8-messages", "CAP-4", "As many as it holds."),
        "content.decode",
        input(33, &eight),
    )?;
    let refs = |refs: &[&[u8]]| but(&|c| c.refs = refs.iter().map(|id| id.to_vec()).collect());
    for (id, threat, content) in [
        ("kind-0", "C2", but(&|c| c.kind = 0)),
        ("kind-6", "C2", but(&|c| c.kind = 6)),
        ("kind-minus-1", "C2", but(&|c| c.kind = -1)),
        ("detector-0", "C2", but(&|c| c.detector = 0)),
        ("detector-3", "C2", but(&|c| c.detector = 3)),
        ("v27-of-nothing", "V27", but(&|c| c.refs.clear())),
        ("v27-empty", "V27", Vec::new()),
        ("v27-of-an-empty-id", "V27", refs(&[&[]])),
        ("of-15-bytes", "V27", refs(&[&[1; 15]])),
        ("of-17-bytes", "V27", refs(&[&[1; 17]])),
        ("descending", "W6", but(&|c| c.refs.reverse())),
        ("v22-of-one-twice", "V22", refs(&[&[1; 16], &[1; 16]])),
        ("v22-of-one-twice-among-others", "V22", refs(&[&[1; 16], &[2; 16], &[2; 16], &[3; 16]])),
        ("with-words", "W1", [capture().encode_to_vec(), proto::bytes(5, "what it said")].concat()),
        ("with-two-kinds", "W3", [proto::number(1, 2), capture().encode_to_vec()].concat()),
    ] {
        let note = note(format!("capture-{id}"), "CAP-4 ENV-6", "One thing is wrong.").threat(threat);
        let catches: &[_] = if id.starts_with("with-") { &["lenient-decoding"] } else { &[] };
        sheet.refuse(note.catches(catches), "content.decode", input(33, &content), "malformed")?;
    }
    for count in [9u8, 64] {
        let content = but(&|c| c.refs = (0..count).map(|n| vec![n; 16]).collect());
        let note =
            note(format!("capture-of-{count}-messages"), "CAP-4 ENV-3", "More than it holds.").threat("W2");
        sheet.refuse(note, "content.decode", input(33, &content), "limit")?;
    }
    for place in ["thread", "transient", "members"] {
        let comment = "Captures are told of where people talk encrypted, and told for certain.";
        let note = note(format!("capture-in-{place}"), "CAP-3 CON-15", comment).threat("C2");
        sheet.refuse(
            note,
            "content.place",
            Fields::new().number("kind", 33u32).text("place", place),
            "policy",
        )?;
    }
    Ok(())
}

fn account(name: &str) -> Result<Vec<u8>> {
    Ok(Cast::new(name)?.certificate.account.as_bytes().to_vec())
}

fn id(number: u8) -> [u8; 16] {
    [number; 16]
}

fn lines(input: Fields, lines: &[Line]) -> Result<Fields> {
    let authors = lines.iter().map(|(who, _)| account(who)).collect::<Result<Vec<_>>>()?;
    Ok(input.bytes_list("authors", authors).bytes_list("ids", lines.iter().map(|(_, number)| id(*number))))
}

fn numbers(numbers: impl IntoIterator<Item = u64>) -> Value {
    Value::List(numbers.into_iter().map(Value::Number).collect())
}

/// A capture on Bob's device, and what was told of before: messages, and how many milliseconds ago.
#[derive(Clone, Copy)]
struct Captured<'a> {
    scene: &'a str,
    screen: &'a [Line],
    told: &'a [(u8, i64)],
    waiting: &'a [u8],
    ago: i64,
}

impl Captured<'_> {
    fn input(&self) -> Result<Fields> {
        let at = |ago: i64| NOW.saturating_add_signed(ago.saturating_neg());
        let input = Fields::new().text("scene", self.scene).bytes("own", account("bob")?);
        Ok(lines(input, self.screen)?
            .bytes_list("told", self.told.iter().map(|(number, _)| id(*number)))
            .with("told_at", numbers(self.told.iter().map(|(_, ago)| at(*ago))))
            .bytes_list("waiting", self.waiting.iter().map(|number| id(*number)))
            .number("waiting_since", at(self.ago))
            .number("now", NOW))
    }
}

/// In an accepted chat, with nothing told before.
const fn of(screen: &[Line]) -> Captured<'_> {
    Captured { scene: "accepted", screen, told: &[], waiting: &[], ago: 0 }
}

const ONE: &[Line] = &[("alice", 1)];
const TWO: &[Line] = &[("alice", 1), ("alice", 2)];

/// Where nobody is told, and nothing shown that somebody else tells.
fn scenes(sheet: &mut Sheet) -> Result<()> {
    for (scene, threat, why) in [
        ("thread", "V23", "A thread promises nothing."),
        ("opened", "V24", "Nobody has agreed to anything yet."),
        ("requested", "V24", "It would be the answer that a stranger waits for."),
        ("ended", "V24", "Nothing goes there any more."),
        ("group", "V24", "The group has not decided so."),
    ] {
        let id = |what: &str| format!("capture-{}-in-{scene}-{what}", threat.to_lowercase());
        let telling = Captured { scene, ..of(TWO) };
        sheet.refuse(
            note(id("told"), "CAP-3", why).threat(threat),
            "capture.tell",
            telling.input()?,
            "policy",
        )?;
        let again = Captured { scene, waiting: &[1], ago: 100, ..of(TWO) };
        let why_ = "Also where a notice still waits from before.";
        sheet.refuse(
            note(id("told-after-all"), "CAP-3", why_).threat(threat),
            "capture.tell",
            again.input()?,
            "policy",
        )?;
        let showing = heard(scene, &[1], &[("alice", 1, false)])?;
        sheet.refuse(
            note(id("shown"), "CAP-3 CAP-11", why).threat(threat),
            "capture.show",
            showing,
            "policy",
        )?;
    }
    Ok(())
}

fn told(sheet: &mut Sheet) -> Result<()> {
    let many: Vec<Line> = (1..=100).map(|number| ("alice", number)).collect();
    let part = |count: usize| many.get(..count).ok_or("a screen of at most 100");
    let group = Captured {
        scene: "group-with-notices",
        ..of(&[("alice", 1), ("bob", 2), ("carol", 3), ("alice", 4)])
    };
    let cases: &[(Case, Captured<'_>)] = &[
        (("v26-one", "CAP-2", "V26", "Whoever wrote it is told."), of(ONE)),
        (("v26-group", "CAP-2 CAP-5", "V26", "What others wrote, and not what Bob did."), group),
        (
            ("v25-own-among-others", "CAP-5", "V25", "What Bob wrote is his."),
            of(&[("bob", 1), ("alice", 2), ("bob", 3)]),
        ),
        (
            ("v22-shown-twice", "CAP-6", "V22", "It stands on the screen twice, and is one message."),
            of(&[("alice", 1), ("alice", 1)]),
        ),
        (("eight", "CAP-7", "C2", "One notice holds them."), of(part(8)?)),
        (("nine", "CAP-7", "C2", "Two hold them."), of(part(9)?)),
        (("sixty-four", "CAP-7", "C2", "Eight hold them."), of(part(64)?)),
        (("sixty-five", "CAP-7", "C2", "The oldest is left out."), of(part(65)?)),
        (("hundred", "CAP-7", "C2", "The newest are named."), of(&many)),
        (
            ("v22-after-the-burst", "CAP-6", "V22", "2 seconds later it is another capture."),
            Captured { told: &[(1, 2_000)], ..of(ONE) },
        ),
        (
            ("v22-more-in-the-burst", "CAP-6", "V22", "Only what is new is told."),
            Captured { told: &[(1, 500)], ..of(TWO) },
        ),
        (
            ("v22-scrolled", "CAP-6", "V22", "The notice that waits names more."),
            Captured { told: &[(1, 500)], waiting: &[1], ago: 500, ..of(TWO) },
        ),
        (
            ("v22-scrolled-far", "CAP-6 CAP-7", "V22", "What it cannot hold stands in a further one."),
            Captured { told: &[(1, 500)], waiting: &[1], ago: 500, ..of(part(12)?) },
        ),
        (
            ("v22-full", "CAP-6", "V22", "The notice that waits is full."),
            Captured { waiting: &[11, 12, 13, 14, 15, 16, 17, 18], ago: 500, ..of(ONE) },
        ),
        (
            (
                "c2-v28-offline-for-days",
                "CAP-6 CAP-9",
                "C2",
                "What waits stays, and a new capture is told besides.",
            ),
            Captured { told: &[(1, 259_200_000)], waiting: &[1], ago: 259_200_000, ..of(TWO) },
        ),
        (
            ("v28-same-again-offline", "CAP-6 CAP-9", "V28", "Days later it is another capture of the same."),
            Captured { told: &[(1, 259_200_000)], waiting: &[1], ago: 259_200_000, ..of(ONE) },
        ),
        (
            ("clock-set-back", "CAP-6", "C2", "What was told an hour ahead was not told in this burst."),
            Captured { told: &[(1, -3_600_000)], waiting: &[1], ago: -3_600_000, ..of(ONE) },
        ),
    ];
    for ((id, reqs, threat, why), captured) in cases {
        let note = note(format!("capture-told-{id}"), reqs, *why).threat(threat);
        sheet.accept(note, "capture.tell", captured.input()?)?;
    }
    Ok(())
}

fn nobody(sheet: &mut Sheet) -> Result<()> {
    let own: &[Line] = &[("bob", 1)];
    let cases: &[(Case, Captured<'_>)] = &[
        (("v25-empty-screen", "CAP-2", "V25", "There was nothing to capture."), of(&[])),
        (("v25-own-words", "CAP-5", "V25", "They are Bob's."), of(own)),
        (
            ("v25-own-words-alone", "CAP-5", "V25", "All of them are."),
            of(&[("bob", 1), ("bob", 2), ("bob", 3)]),
        ),
        (
            ("v25-own-words-in-a-group", "CAP-5", "V25", "They are Bob's."),
            Captured { scene: "group-with-notices", ..of(own) },
        ),
        (
            ("v25-empty-screen-of-a-group", "CAP-2", "V25", "There was nothing to capture."),
            Captured { scene: "group-with-notices", ..of(&[]) },
        ),
        (
            ("v25-own-words-while-a-notice-waits", "CAP-5", "V25", "That is told already."),
            Captured { waiting: &[7], ago: 100, ..of(own) },
        ),
        (
            ("v25-empty-screen-while-a-notice-waits", "CAP-2", "V25", "That is told already."),
            Captured { waiting: &[7], ago: 100, ..of(&[]) },
        ),
        (
            ("v22-at-once", "CAP-6", "V22", "Two detectors report one screenshot."),
            Captured { told: &[(1, 0)], ..of(ONE) },
        ),
        (
            ("v22-within-two-seconds", "CAP-6", "V22", "The last millisecond of the burst."),
            Captured { told: &[(1, 1_999)], ..of(ONE) },
        ),
        (
            ("v22-both-within-two-seconds", "CAP-6", "V22", "Told in two notices of one burst."),
            Captured { told: &[(1, 1_500), (2, 900)], ..of(TWO) },
        ),
        (
            ("v22-the-notice-waits", "CAP-6", "V22", "It names them."),
            Captured { waiting: &[1, 2], ago: 700, ..of(TWO) },
        ),
        (
            ("v22-the-notice-waits-and-is-full", "CAP-6", "V22", "It names it."),
            Captured { waiting: &[1, 2, 3, 4, 5, 6, 7, 8], ago: 700, ..of(ONE) },
        ),
        (
            ("v22-clock-a-little-back", "CAP-6", "V22", "The clock was set by a second."),
            Captured { told: &[(1, -1_000)], ..of(ONE) },
        ),
        (
            (
                "v28-reported-again-after-a-failure",
                "CAP-6 CAP-9",
                "V28",
                "The notice waits; another is not made.",
            ),
            Captured { told: &[(1, 1_200)], waiting: &[1], ago: 1_200, ..of(ONE) },
        ),
    ];
    for ((id, reqs, threat, why), captured) in cases {
        let note = note(format!("capture-untold-{id}"), reqs, *why).threat(threat);
        sheet.refuse(note, "capture.tell", captured.input()?, "policy")?;
    }
    Ok(())
}

/// A notice of Bob's that names messages, and what is here: who wrote it, its number, whether he has said the same before.
fn heard(scene: &str, refs: &[u8], here: Here<'_>) -> Result<Fields> {
    let refs = refs.iter().map(|number| id(*number).to_vec()).collect();
    let notice = pb::CaptureNotice { refs, ..capture() };
    heard_as(scene, &notice.encode_to_vec(), here)
}

fn heard_as(scene: &str, notice: &[u8], here: Here<'_>) -> Result<Fields> {
    let input = Fields::new().text("scene", scene).bytes("by", account("bob")?).bytes("notice", notice);
    let messages: Vec<Line> = here.iter().map(|(who, number, _)| (*who, *number)).collect();
    let said = here.iter().map(|(_, _, said)| u64::from(*said));
    Ok(lines(input, &messages)?.with("said", numbers(said)))
}

fn shown(sheet: &mut Sheet) -> Result<()> {
    let cases: &[(Case, &str, &[u8], Here<'_>)] = &[
        (("v26-one", "CAP-11", "V26", "It is here, and Alice's."), "accepted", &[1], &[("alice", 1, false)]),
        (
            ("v26-of-several", "CAP-11", "V26", "In a group everybody sees what they have."),
            "group-with-notices",
            &[1, 2, 3],
            &[("alice", 1, false), ("carol", 2, false), ("carol", 9, false)],
        ),
        (
            ("c2-unknown-dropped", "CAP-11", "C2", "What is not here is not shown."),
            "accepted",
            &[1, 7, 9],
            &[("alice", 1, false), ("bob", 2, false)],
        ),
        (
            ("c2-own-dropped", "CAP-11", "C2", "What Bob wrote is no capture of anybody's."),
            "accepted",
            &[1, 2],
            &[("alice", 1, false), ("bob", 2, false)],
        ),
        (
            ("v22-said-dropped", "CAP-12", "V22", "Of one he has said so before."),
            "accepted",
            &[1, 2],
            &[("alice", 1, true), ("alice", 2, false)],
        ),
        (
            ("one-id-of-two", "CAP-11", "C2", "A member has taken another's message id: both are named."),
            "group-with-notices",
            &[1],
            &[("alice", 1, false), ("carol", 1, false)],
        ),
        (
            ("one-id-of-two-one-own", "CAP-11", "C2", "Bob has taken Alice's message id: hers is shown."),
            "group-with-notices",
            &[1],
            &[("alice", 1, false), ("bob", 1, false)],
        ),
    ];
    for ((id, reqs, threat, why), scene, refs, here) in cases {
        let note = note(format!("capture-shown-{id}"), reqs, *why).threat(threat);
        sheet.accept(note, "capture.show", heard(scene, refs, here)?)?;
    }
    Ok(())
}

fn overlooked(sheet: &mut Sheet) -> Result<()> {
    let cases: &[(Case, &str, &[u8], Here<'_>)] = &[
        (("c2-nothing-here", "CAP-11", "C2", "Somebody tries ids."), "accepted", &[1], &[]),
        (("c2-unknown", "CAP-11", "C2", "Somebody tries ids."), "accepted", &[5, 6], &[("alice", 1, false)]),
        (
            ("c2-unknown-in-a-group", "CAP-11", "C2", "Whoever came later has not got it."),
            "group-with-notices",
            &[5],
            &[("alice", 1, false), ("carol", 2, false)],
        ),
        (("c2-own", "CAP-11", "C2", "He wrote it himself."), "accepted", &[2], &[("bob", 2, false)]),
        (
            ("c2-own-and-unknown", "CAP-11", "C2", "Nothing of anybody else's is left."),
            "accepted",
            &[2, 7],
            &[("alice", 1, false), ("bob", 2, false)],
        ),
        (
            ("c2-own-in-a-group", "CAP-11", "C2", "He wrote it himself."),
            "group-with-notices",
            &[2],
            &[("bob", 2, false), ("carol", 3, false)],
        ),
        (("v22-said", "CAP-12", "V22", "He has said so before."), "accepted", &[1], &[("alice", 1, true)]),
        (
            ("v22-all-said", "CAP-12", "V22", "Of all of them."),
            "accepted",
            &[1, 2],
            &[("alice", 1, true), ("alice", 2, true)],
        ),
        (
            ("v22-said-and-unknown", "CAP-11 CAP-12", "V22", "A new name beside an old one."),
            "accepted",
            &[1, 9],
            &[("alice", 1, true)],
        ),
        (
            ("v22-said-in-a-group", "CAP-12", "V22", "Repeating it fills the group."),
            "group-with-notices",
            &[1, 2],
            &[("alice", 1, true), ("carol", 2, true)],
        ),
        (
            ("c2-said-and-own", "CAP-11 CAP-12", "C2", "Nothing is left."),
            "group-with-notices",
            &[1, 2],
            &[("alice", 1, true), ("bob", 2, false)],
        ),
    ];
    for ((id, reqs, threat, why), scene, refs, here) in cases {
        let note = note(format!("capture-overlooked-{id}"), reqs, *why).threat(threat);
        sheet.refuse(note, "capture.show", heard(scene, refs, here)?, "policy")?;
    }
    let honest: Here<'_> = &[("alice", 1, false)];
    for (id, notice) in [
        ("v27-empty-notice", Vec::new()),
        ("v27-notice-of-nothing", pb::CaptureNotice { refs: Vec::new(), ..capture() }.encode_to_vec()),
        (
            "v27-notice-of-zero-bytes",
            pb::CaptureNotice { refs: vec![Vec::new()], ..capture() }.encode_to_vec(),
        ),
    ] {
        let input = heard_as("accepted", &notice, honest)?;
        let note = note(format!("capture-overlooked-{id}"), "CAP-4", "It names nothing.").threat("V27");
        sheet.refuse(note, "capture.show", input, "malformed")?;
    }
    Ok(())
}
