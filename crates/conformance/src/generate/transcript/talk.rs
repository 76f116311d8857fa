//! `transcripts/talk.json`: an ordinary day of a chat.

use super::{Result, Said, Talk, about, out_of, people, plain, reaction, said, sheet, text};
use crate::{
    generate::{
        kinds::{link, photo, profile, sticker},
        proto,
        sheet::note,
    },
    vector::File,
};
use aside_wire::pb;
use prost::Message;

/// The file.
pub(in crate::generate) fn talk() -> Result<File> {
    let about = "A chat of two people: what is said in it, and how little of that a relay can tell apart.";
    let (alice, bob) = super::couple()?;
    let cast = [("alice", &alice), ("bob", &bob)];
    let mut sheet = sheet(about, people(&cast)?);
    let comment = "Texts, a reply, a reaction, an edit, a message taken back, a picture, receipts, and that somebody writes.";
    let note = note("transcript-talk", "LEA-1 LEA-2 CON-7 CON-9 CON-10 CON-11", comment);
    sheet.script(note.threat("W8"), |script| {
        let mut talk = Talk::new(script, &cast);
        talk.open()?;
        words(&mut talk)?;
        things(&mut talk)?;
        signs(&mut talk)
    })?;
    Ok(sheet.finish())
}

fn words(talk: &mut Talk<'_, '_>) -> Result<()> {
    let alice = talk.account("alice")?;
    let bob = talk.account("bob")?;
    talk.say(&said("text", "alice", "bob", 1, text("Shall we meet?")))?;
    talk.states("text", &[("alice", "write"), ("bob", "1")])?;
    let rest =
        [proto::number(2, 1), proto::bytes(3, text("Yes, at eight")), proto::bytes(15, "↪ Yes, at eight")];
    let reply = said("reply", "bob", "alice", 10, []).of(about("text", &alice, rest.concat()));
    talk.say(&reply)?;
    talk.say(&reaction("reaction", "alice", "bob", "reply", &bob, "👍", 1))?;
    talk.say(&reaction("second-thoughts", "alice", "bob", "reply", &bob, "", 2))?;
    let rest = [proto::number(2, 1), proto::bytes(3, text("Shall we meet tonight?"))].concat();
    talk.say(&said("edit", "alice", "bob", 12, []).of(about("text", &alice, rest)))?;
    talk.say(&said("typo", "bob", "alice", 1, text("At ieght")))?;
    let unsend = vec![plain([0x0A, 16]), out_of("typo", "message_id")];
    talk.say(&said("unsending", "bob", "alice", 13, []).of(unsend))?;
    talk.say(&Said { silent: true, ..said("quiet", "bob", "alice", 1, text("Good night")) })?;
    talk.say(&said("long", "alice", "bob", 1, text(&"It was a long day. ".repeat(30))))
}

fn things(talk: &mut Talk<'_, '_>) -> Result<()> {
    talk.say(&said("photo", "alice", "bob", 6, photo().encode_to_vec()))?;
    talk.say(&said("sticker", "bob", "alice", 7, sticker().encode_to_vec()))?;
    talk.say(&said("link", "alice", "bob", 8, link().encode_to_vec()))?;
    talk.say(&said("profile", "bob", "alice", 9, profile()?.encode_to_vec()))?;
    let forward = pb::Forward {
        depth: 1,
        kind: 1,
        content: text("Good night"),
        fallback: "[forwarded] Good night".into(),
    };
    talk.say(&said("forward", "alice", "bob", 14, forward.encode_to_vec()))?;
    talk.say(&said("unknown", "alice", "bob", 4_000, proto::bytes(15, "a poll: tea or coffee?")))
}

fn signs(talk: &mut Talk<'_, '_>) -> Result<()> {
    let arrived = vec![
        plain([proto::number(1, 1), vec![0x12, 16]].concat()),
        out_of("photo", "message_id"),
        plain(proto::number(3, talk.now)),
    ];
    talk.say(&said("delivered", "bob", "alice", 24, []).of(arrived))?;
    let read = vec![
        plain([proto::number(1, 2), vec![0x12, 16]].concat()),
        out_of("photo", "message_id"),
        plain(proto::number(3, talk.now)),
    ];
    talk.say(&said("read", "bob", "alice", 24, []).of(read))?;
    talk.say(&said("typing", "bob", "alice", 25, proto::number(1, 1)).transient())?;
    let wish = pb::Sharing { forward: false, save: true, export: false, version: 1 };
    talk.say(&said("wish", "alice", "bob", 27, wish.encode_to_vec()))?;
    // Only once something has gone out in the chain (SES-30).
    talk.say(&said("present", "alice", "bob", 26, proto::number(1, 1)).transient())?;
    talk.acknowledge("bob-has-it", "bob", 14)
}
