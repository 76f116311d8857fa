//! `transcripts/two-devices.json`: somebody has a telephone and a tablet.

use super::{
    Cast, LONGEST, Member, PAIRWISE, Result, Said, Talk, joined, list, of, out_of, people, said, sheet, text,
};
use crate::{
    generate::sheet::note,
    value::{Fields, Value},
    vector::File,
};

/// The file.
pub(in crate::generate) fn two_devices() -> Result<File> {
    let about =
        "Bob takes a second device. What Alice says goes to both, in one request, and says the same on both.";
    let (alice, bob) = super::couple()?;
    let tablet = Cast::second("bob", &bob)?;
    let cast = [("alice", &alice), ("bob", &bob), ("bob-tablet", &tablet)];
    let mut sheet = sheet(about, people(&cast)?);
    let comment = "One frame is encrypted for each device; the relay sees two parcels, and that they are of one message.";
    let note = note("transcript-two-devices", "LEA-1 LEA-2 RLY-21 IDN-9 CNV-14 CON-6", comment);
    sheet.script(note.threat("G5"), |script| {
        let mut talk = Talk::new(script, &cast);
        let both = tablet.list.reference();
        // Until Alice has heard of the tablet, there is one device.
        if let Some(member) = talk.members.get_mut("bob") {
            let first = bob.list.reference();
            member.list = (first.version, first.hash.as_bytes().to_vec());
        }
        talk.open()?;
        talk.say(&said("text", "alice", "bob", 1, text("hello")))?;
        let input = Fields::new().bytes("account_key", talk.account("bob")?).number("known_version", 1u32);
        talk.ask("alice-looks-for-devices", "alice", "fetch_devices", input)?;
        let lists = Fields::new()
            .bytes("account_key", talk.account("bob")?)
            .bytes("known", bob.list.as_bytes())
            .bytes("offered", tablet.list.as_bytes());
        talk.pure("alice-knows-both", "alice", "device_list.succeed", lists)?;
        for name in ["bob", "bob-tablet"] {
            if let Some(Member { list, .. }) = talk.members.get_mut(name) {
                *list = (both.version, both.hash.as_bytes().to_vec());
            }
        }
        tablet_joins(&mut talk)?;
        to_both(&mut talk, "greeting", "hello, both of you", None)?;
        to_both(&mut talk, "second", "and again", Some("greeting"))?;
        from_the_tablet(&mut talk)
    })?;
    Ok(sheet.finish())
}

/// It knows of no chat: Alice opens it there under the same id, and it answers (CNV-14).
fn tablet_joins(talk: &mut Talk<'_, '_>) -> Result<()> {
    talk.begin("alice-tablet", "bob-tablet", 17)?;
    let opening = said("opening-for-the-tablet", "alice-tablet", "bob-tablet", 2, []);
    talk.send(&opening)?;
    talk.hear(&opening)?;
    talk.say(&said("answer-of-the-tablet", "bob-tablet", "alice-tablet", 3, []))
}

/// One frame for both devices, which are given in the wrong order.
fn to_both(talk: &mut Talk<'_, '_>, label: &str, words: &str, previous: Option<&str>) -> Result<()> {
    let tablet = format!("{label}-tablet");
    let phone = said(label, "alice", "bob", 1, text(words));
    let second =
        Said { label: tablet.clone(), by: "alice-tablet".into(), to: "bob-tablet".into(), ..phone.clone() };
    let previous = previous.map_or_else(|| out_of("text", "hash"), |step| out_of(step, "hash"));
    let frame = talk.frame(&phone, &[], std::slice::from_ref(&previous))?.bytes("salt", []);
    let frame = talk.addressed(&phone, frame)?;
    talk.script.add(label, "alice", "chat_frame.send", frame, None)?;
    let frame = talk.frame(&second, &[out_of(label, "message_id")], &[previous])?;
    let frame = frame.with("salt", joined(&[out_of(label, "salt")]));
    let frame = talk.addressed(&second, frame)?;
    talk.script.add(&tablet, "alice-tablet", "chat_frame.send", frame, None)?;
    let input = Fields::new()
        .bytes("recipient", talk.account("bob")?)
        .number("list_version", 2u32)
        .with("devices", list([Value::Number(2), Value::Number(1)]))
        .text("channel", PAIRWISE)
        .with("payloads", list([of(&tablet, "message"), of(label, "message")]))
        .text("keep", LONGEST);
    talk.ask(label, "alice", "send", input)?;
    talk.hear(&phone)?;
    talk.hear(&second)?;
    // Handed to the wrong one of them.
    let swapped =
        Fields::new().text("peer", "alice").with("message", of(label, "message")).text("place", "chat");
    talk.refuse(&format!("{label}-swapped"), "bob-tablet", "chat_frame.receive", swapped, "no_session")
}

fn from_the_tablet(talk: &mut Talk<'_, '_>) -> Result<()> {
    let answer = said("from-the-tablet", "bob-tablet", "alice-tablet", 1, text("I am on the train"));
    talk.say(&answer)?;
    talk.acknowledge("phone-has-it", "bob", 4)?;
    talk.acknowledge("tablet-has-it", "bob-tablet", 3)
}
