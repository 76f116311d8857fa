//! `transcripts/thread.json`: a thread in the clear, a chat beside it, and the end of the clear.

use super::{Result, Talk, of, out_of, people, plain, reaction, said, sheet, text};
use crate::{
    generate::{kinds::photo, proto, sheet::note},
    value::{Fields, Value},
    vector::File,
};
use prost::Message;

/// The file.
pub(in crate::generate) fn thread() -> Result<File> {
    let about = "A thread that the relay reads, a chat beside it that it does not, and the declaration that there is to be \
                 nothing in the clear any more.";
    let (alice, bob) = super::couple()?;
    let cast = [("alice", &alice), ("bob", &bob)];
    let mut sheet = sheet(about, people(&cast)?);
    let comment = "What is said in the clear the relay has; what is said beside it, it has not.";
    let note = note("transcript-thread", "LEA-1 LEA-2 CON-2 CON-3 CON-4 CON-27 CNV-2 CNV-5", comment);
    sheet.script(note.threat("C1"), |script| {
        let mut talk = Talk::new(script, &cast);
        in_the_clear(&mut talk)?;
        beside(&mut talk)?;
        no_more(&mut talk, &alice)
    })?;
    Ok(sheet.finish())
}

fn in_the_clear(talk: &mut Talk<'_, '_>) -> Result<()> {
    let accounts = Fields::new().bytes_list("accounts", [talk.account("alice")?, talk.account("bob")?]);
    talk.pure("thread", "alice", "thread_id", accounts.clone())?;
    talk.pure("thread-of-bob", "bob", "thread_id", accounts)?;
    talk.enter("thread", out_of("thread", "thread_id"));
    talk.say_openly(&said("hello", "alice", "bob", 1, text("hello")))?;
    talk.say_openly(&said("answer", "bob", "alice", 1, text("hello, Alice")))?;
    let bob = talk.account("bob")?;
    talk.say_openly(&reaction("reaction", "alice", "bob", "answer", &bob, "👍", 1))?;
    talk.say_openly(&said("photo", "alice", "bob", 6, photo().encode_to_vec()))?;
    let unsend = vec![plain([0x0A, 16]), out_of("photo", "message_id")];
    talk.say_openly(&said("unsending", "alice", "bob", 13, []).of(unsend))
}

fn beside(talk: &mut Talk<'_, '_>) -> Result<()> {
    talk.begin("alice", "bob", 7)?;
    talk.chat("chat", "alice")?;
    let beside = vec![plain([0x0A, 32]), out_of("thread", "thread_id")];
    talk.say(&said("opening", "alice", "bob", 2, []).of(beside))?;
    talk.states("opening", &[("alice", "open"), ("bob", "2")])?;
    talk.say(&said("acceptance", "bob", "alice", 3, []))?;
    talk.states("acceptance", &[("bob", "accept"), ("alice", "3")])?;
    talk.say(&said("private", "alice", "bob", 1, text("and this is for you alone")))?;
    // What belongs into the chat has no way into the thread.
    let closing = Fields::new()
        .with("conversation", of("thread", "thread_id"))
        .bytes("message_id", [])
        .number("sent_at", talk.now)
        .number("kind", 5u32)
        .bytes("content", [])
        .bytes("previous", []);
    talk.refuse("closing-in-the-clear", "alice", "thread_frame.encode", closing, "policy")?;
    let forged = Value::List(vec![of("answer", "frame"), Value::bytes(&proto::number(9, 1))]);
    let op = "thread_frame.decode";
    talk.refuse("chat-frame-in-the-clear", "bob", op, Fields::new().with("frame", forged), "policy")
}

fn no_more(talk: &mut Talk<'_, '_>, alice: &super::Cast) -> Result<()> {
    let certificate = |input: Fields| {
        input
            .bytes("account_key", alice.certificate.account.as_bytes())
            .bytes("certificate", alice.certificate.as_bytes())
    };
    let issue = certificate(Fields::new())
        .bytes("signing_private", alice.keys.signing.to_seed().expose())
        .bytes("peer", talk.account("bob")?)
        .number("version", 1u32);
    let out = talk.pure("declaration", "alice", "encrypted_only.issue", issue)?;
    talk.ask(
        "declaration",
        "alice",
        "declare",
        Fields::new().with("declaration", of("declaration", "declaration")),
    )?;
    let signed = super::super::sheet::bytes_of(&out, "declaration")?;
    talk.say(&said("word", "alice", "bob", 28, proto::bytes(1, signed)))?;
    let verify = certificate(Fields::new()).with("declaration", of("declaration", "declaration"));
    talk.pure("declaration-verified", "bob", "encrypted_only.verify", verify)?;
    // Said in the chat, where it was meant for the thread.
    talk.say(&said("instead", "bob", "alice", 1, text("then here")))?;
    Ok(())
}
