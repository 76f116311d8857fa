//! `transcripts/business.json`: a chat with a program that says that it is one.

use super::{Cast, Result, Talk, about, of, people, said, sheet, text};
use crate::{
    generate::{
        kinds::{card, form, questions},
        proto,
        sheet::note,
    },
    value::Fields,
    vector::File,
};
use aside_wire::pb;
use prost::Message;

/// The file.
pub(in crate::generate) fn business() -> Result<File> {
    let about =
        "Alice orders something of a program of Bob's: a form, answers, a card, and a person who takes over.";
    let (alice, _) = super::couple()?;
    let bob = Cast::automated("bob")?;
    let cast = [("alice", &alice), ("bob", &bob)];
    let mut sheet = sheet(about, people(&cast)?);
    let comment = "Its certificate says that a program writes; the relay knows that, and cannot tell a form from a text.";
    let note = note("transcript-business", "LEA-1 LEA-2 CON-26 CON-32 CON-34 CON-36", comment);
    sheet.script(note.threat("D1"), |script| {
        let mut talk = Talk::new(script, &cast);
        let certificate = Fields::new()
            .bytes("account_key", talk.account("bob")?)
            .bytes("certificate", bob.certificate.as_bytes());
        talk.pure("alice-sees-a-program", "alice", "certificate.verify", certificate)?;
        talk.open()?;
        talk.say(&said("wish", "alice", "bob", 1, text("Two tickets, please")))?;
        ordering(&mut talk)?;
        paying(&mut talk)?;
        let handover = pb::Handover { to_person: true, note: "Bob".into(), fallback: "[a person]".into() };
        talk.say(&said("handover", "bob", "alice", 23, handover.encode_to_vec()))?;
        talk.say(&said("person", "bob", "alice", 1, text("Bob here. Row 7 is sold out.")))
    })?;
    Ok(sheet.finish())
}

/// The fields of a `Choice` behind its target.
fn chosen(answers: &[(&str, &str)]) -> Vec<u8> {
    let answer = |(field, value): &(&str, &str)| {
        proto::bytes(2, [proto::bytes(1, field), proto::bytes(2, value)].concat())
    };
    [answers.iter().map(answer).collect::<Vec<_>>().concat(), proto::bytes(15, "[answer]")].concat()
}

fn ordering(talk: &mut Talk<'_, '_>) -> Result<()> {
    let bob = talk.account("bob")?;
    let asked = form(&questions()).encode_to_vec();
    talk.say(&said("form", "bob", "alice", 20, &asked))?;
    let answers = chosen(&[("size", "small"), ("name", "Alice")]);
    talk.say(&said("choice", "alice", "bob", 21, []).of(about("form", &bob, answers)))?;
    let fits = Fields::new().number("kind", 20u32).bytes("content", &asked);
    talk.pure(
        "choice-fits",
        "bob",
        "content.answers",
        fits.clone().with("choice", of("choice-heard", "content")),
    )?;
    // What nobody has asked for.
    let other = chosen(&[("size", "enormous")]);
    talk.say(&said("other-choice", "alice", "bob", 21, []).of(about("form", &bob, other)))?;
    let input = fits.with("choice", of("other-choice-heard", "content"));
    talk.refuse("other-choice-does-not-fit", "bob", "content.answers", input, "policy")
}

fn paying(talk: &mut Talk<'_, '_>) -> Result<()> {
    let bob = talk.account("bob")?;
    let card = card().encode_to_vec();
    talk.say(&said("card", "bob", "alice", 22, &card))?;
    let answer = chosen(&[("action", "pay-7")]);
    talk.say(&said("payment", "alice", "bob", 21, []).of(about("card", &bob, answer)))?;
    let input = Fields::new().number("kind", 22u32).bytes("content", card);
    talk.pure("payment-fits", "bob", "content.answers", input.with("choice", of("payment-heard", "content")))
        .map(|_| ())
}
