//! `transcripts/first-contact.json`: from nothing to a chat.

use super::{Cast, Result, Talk, people, said, sheet};
use crate::{
    check::material,
    generate::{
        generation::store,
        people::seed,
        proto,
        sheet::{bytes_of, note},
    },
    value::Fields,
    vector::File,
};
use aside_identity::PrekeyKind;
use aside_primitives::SigningKey;

/// The file.
pub(in crate::generate) fn first_contact() -> Result<File> {
    let about = "From nothing to a chat: accounts, prekeys, a request to talk, and the answer.";
    let (alice, bob) = super::couple()?;
    let cast = [("alice", &alice), ("bob", &bob)];
    let mut sheet = sheet(about, people(&cast)?);
    let comment =
        "Bob makes an account; Alice finds him, asks to talk, and says something before he has answered.";
    let note = note("transcript-first-contact", "LEA-1 LEA-4 CNV-3 CNV-4 CNV-16 RLY-3 RLY-4", comment);
    sheet.script(note.threat("C1"), |script| {
        let mut talk = Talk::new(script, &cast);
        account(&mut talk, "alice", &alice)?;
        account(&mut talk, "bob", &bob)?;
        asking(&mut talk)?;
        answering(&mut talk)
    })?;
    Ok(sheet.finish())
}

/// Registers an account, logs its device in and leaves prekeys.
fn account(talk: &mut Talk<'_, '_>, who: &str, cast: &Cast) -> Result<()> {
    let relay = SigningKey::from_seed(&seed("relay key")?).verifying_key();
    let challenge = Fields::new()
        .text("relay_name", "relay.example")
        .bytes("relay_key", relay.as_bytes())
        .bytes("nonce", material(&format!("challenge nonce for {who}"), 32));
    let (account, list) = (cast.certificate.account.as_bytes(), cast.list.as_bytes());
    let proof = challenge.clone().text("handle", who).bytes("device_list", list);
    let proof = proof.bytes("private", cast.account.to_seed().expose());
    let label = format!("{who}-registers");
    let signature = talk.pure(&label, who, "relay.register", proof)?;
    let input = Fields::new()
        .text("handle", who)
        .bytes("account_key", account)
        .bytes("device_list", list)
        .bytes("signature", bytes_of(&signature, "signature")?);
    talk.ask(&label, who, "register", input)?;
    let label = format!("{who}-logs-in");
    let store = store(1, &material(&format!("store token of {who}"), 16), &[0; 16], false);
    let proof = challenge.bytes("account_key", account).number("device_id", 1u32).bytes("store", &store);
    let proof = proof.bytes("private", cast.keys.signing.to_seed().expose());
    let signature = talk.pure(&label, who, "relay.login", proof)?;
    let input = Fields::new()
        .bytes("account_key", account)
        .number("device_id", 1u32)
        .bytes("signature", bytes_of(&signature, "signature")?)
        .bytes("store", &store);
    talk.ask(&label, who, "login", input)?;
    let published = |kind, id| cast.published(kind, id);
    let one_time = [published(PrekeyKind::OneTime, 7)?, published(PrekeyKind::OneTime, 8)?];
    let input = Fields::new()
        .bytes("signed_prekey", published(PrekeyKind::Signed, 1)?)
        .bytes_list("one_time", one_time);
    talk.ask(&format!("{who}-leaves-prekeys"), who, "publish_prekeys", input)?;
    talk.ask(&format!("{who}-listens"), who, "subscribe", Fields::new())
}

fn asking(talk: &mut Talk<'_, '_>) -> Result<()> {
    talk.ask("alice-looks-for-bob", "alice", "resolve", Fields::new().text("handle", "bob"))?;
    talk.begin("alice", "bob", 7)?;
    talk.chat("chat", "alice")?;
    let opening = said("opening", "alice", "bob", 2, []);
    talk.send(&opening)?;
    // Bob has never heard of her.
    let input = Fields::new().bytes("account_key", talk.account("alice")?).number("known_version", 0u32);
    talk.ask("bob-looks-for-alice", "bob", "fetch_devices", input)?;
    talk.hear(&opening)?;
    talk.becomes("opening-becomes", "bob", &opening, "stranger")?;
    talk.states("opening", &[("alice", "open"), ("bob", "2")])?;
    let early = said("early", "alice", "bob", 1, proto::bytes(1, "are you there?"));
    talk.say(&early)?;
    talk.becomes("early-becomes", "bob", &early, "requester")?;
    talk.states("early", &[("alice", "write"), ("bob", "1")])?;
    talk.acknowledge("bob-has-both", "bob", 2)?;
    // A requester says nothing about what nobody has seen.
    let input = Fields::new().number("kind", 27u32).text("place", "chat").text("sender", "requester");
    talk.refuse("wish-of-a-requester", "bob", "conversations.sender", input, "policy")
}

fn answering(talk: &mut Talk<'_, '_>) -> Result<()> {
    let acceptance = said("acceptance", "bob", "alice", 3, []);
    talk.say(&acceptance)?;
    talk.becomes("acceptance-becomes", "alice", &acceptance, "accepted")?;
    talk.states("acceptance", &[("bob", "accept"), ("alice", "3")])?;
    talk.acknowledge("alice-has-it", "alice", 1)?;
    let answer = said("answer", "bob", "alice", 1, proto::bytes(1, "I am"));
    talk.say(&answer)?;
    talk.becomes("answer-becomes", "alice", &answer, "accepted")?;
    talk.states("answer", &[("bob", "write"), ("alice", "1")])?;
    let text = said("text", "alice", "bob", 1, proto::bytes(1, "good"));
    talk.say(&text)?;
    talk.becomes("text-becomes", "bob", &text, "accepted")?;
    talk.states("text", &[("alice", "write"), ("bob", "1")])?;
    talk.acknowledge("bob-has-it", "bob", 3)
}
