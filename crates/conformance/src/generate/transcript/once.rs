//! `transcripts/once.json`: what can be opened once, and what is told of a capture.

use super::{Part, Result, Talk, list, of, out_of, people, plain, said, sheet, text};
use crate::{
    generate::{kinds::photo, proto, sheet::note},
    value::{Fields, Value},
    vector::File,
};
use prost::Message;

/// Once, and a day if nobody opens it.
const ONCE: (u32, u32, u32) = (3, 0, 86_400);

/// The file.
pub(in crate::generate) fn once() -> Result<File> {
    let about = "A picture that is opened once, and a screenshot that Bob's client tells of.";
    let (alice, bob) = super::couple()?;
    let cast = [("alice", &alice), ("bob", &bob)];
    let mut sheet = sheet(about, people(&cast)?);
    let comment = "To the relay, all of it are texts: what opens once, what takes a picture of the screen, and who is told.";
    let note = note("transcript-once", "LEA-1 LEA-2 EXP-20 CAP-4 CAP-5 CAP-6 CAP-10", comment);
    sheet.script(note.threat("C2"), |script| {
        let mut talk = Talk::new(script, &cast);
        talk.open()?;
        talk.say(&said("text", "alice", "bob", 1, text("look at this")))?;
        view_once(&mut talk)?;
        screenshot(&mut talk)
    })?;
    Ok(sheet.finish())
}

fn view_once(talk: &mut Talk<'_, '_>) -> Result<()> {
    let content = photo().encode_to_vec();
    let input = Fields::new().number("kind", 6u32).bytes("content", &content);
    talk.pure("sealed", "alice", "view_once.seal", input)?;
    let length = u64::try_from(content.len())? + 4 + 16;
    let head = [proto::bytes(1, vec![0; usize::try_from(length)?]).len(), usize::try_from(length)?];
    let head =
        proto::bytes(1, vec![0; usize::try_from(length)?]).get(..head[0] - head[1]).map(<[u8]>::to_vec);
    let once = vec![
        plain(head.clone().ok_or("a field begins with its tag")?),
        out_of("sealed", "sealed"),
        plain([0x12, 32]),
        out_of("sealed", "commitment"),
        plain([0x1A, 32]),
        out_of("sealed", "key"),
        plain(proto::bytes(15, "[to be opened once]")),
    ];
    let at = talk.now;
    talk.say(&said("once", "alice", "bob", 31, []).of(once).going(ONCE, 0).among((0, 0, 0)))?;
    let received = format!("received {at} {} {}", at + 150, at + 200);
    let life = |facts: &str| {
        let (mode, duration, cap) = ONCE;
        Fields::new()
            .number("mode", mode)
            .number("duration", duration)
            .number("unread_cap", cap)
            .text("facts", facts)
    };
    talk.pure("once-unopened", "bob", "life.deadline", life(&received))?;
    let start = u64::try_from(head.map(|head| head.len()).unwrap_or_default())?;
    let within = |from: u64, to: u64| Part::Within("once-heard.content".into(), from, to).value();
    let input = Fields::new()
        .with("sealed", within(start, start + length))
        .with("commitment", within(start + length + 2, start + length + 34))
        .with("key", within(start + length + 36, start + length + 68));
    talk.pure("once-opened", "bob", "view_once.open", input)?;
    let opened = format!("{received}; opened 1 {} {}", at + 5_000, at + 5_010);
    talk.pure("once-over", "bob", "life.deadline", life(&opened))?;
    let again = life(&opened).text("now", &(at + 5_001).to_string());
    talk.refuse("once-again", "bob", "life.show", again, "policy")
}

fn screenshot(talk: &mut Talk<'_, '_>) -> Result<()> {
    let (alice, bob) = (talk.account("alice")?, talk.account("bob")?);
    let nothing = || Value::List(Vec::new());
    let screen = Fields::new()
        .text("scene", "accepted")
        .bytes("own", &bob)
        .bytes_list("authors", [&alice, &bob])
        .with("ids", list([of("text-heard", "message_id"), of("acceptance", "message_id")]))
        .with("told", nothing())
        .with("told_at", nothing())
        .with("waiting", nothing())
        .number("waiting_since", 0u32)
        .number("now", talk.now);
    talk.pure("capture", "bob", "capture.tell", screen)?;
    let notice = vec![
        plain([proto::number(1, 1), vec![0x12, 16]].concat()),
        out_of("text-heard", "message_id"),
        plain([proto::number(3, talk.now), proto::number(4, 1)].concat()),
    ];
    talk.say(&said("notice", "bob", "alice", 33, []).of(notice))?;
    let shown = Fields::new()
        .text("scene", "accepted")
        .bytes("by", &bob)
        .with("notice", of("notice-heard", "content"))
        .bytes_list("authors", [&alice])
        .with("ids", list([of("text", "message_id")]))
        .with("said", list([Value::Number(0)]));
    talk.pure("notice-shown", "alice", "capture.show", shown)?;
    // It answers nothing: a text looks like it.
    talk.say(&said("answer", "alice", "bob", 1, text("I saw that")))
}
