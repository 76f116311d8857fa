//! What one signs, seals or encapsulates, and the other verifies, opens or decapsulates.

use super::{
    Common,
    table::{Play, Stumble, Table, Who},
};
use crate::{
    generate::{
        people::{NOW, WEEK},
        store,
    },
    hex,
    value::Fields,
    vector::Person,
};
use aside_primitives::{Secret, SigningKey};
use std::collections::BTreeMap;

pub(super) fn papers(table: &mut Table<'_>, people: &BTreeMap<String, Person>, common: Common) -> Play<()> {
    for who in [Who::Alice, Who::Bob] {
        let person = people.get(who.name()).ok_or_else(|| Stumble::of("there are two people".to_owned()))?;
        device(table, who)?;
        prekey(table, who, person)?;
        encapsulation(table, who, person)?;
        signature(table, who, person)?;
        if common.expiry {
            view_once(table, who)?;
        }
        if common.relay {
            login(table, who, person)?;
        }
    }
    Ok(())
}

/// A new account with its device.
fn device(table: &mut Table<'_>, who: Who) -> Play<()> {
    let other = who.other();
    let input = Fields::new().number("device_id", table.dice.between(1, 127)).number("now", NOW);
    let out = table.does(who, "device.generate", input)?;
    let bytes = |name| table.bytes(who, "device.generate", &out, name);
    let (account, certificate, list) = (bytes("account_key")?, bytes("certificate")?, bytes("device_list")?);
    let of_account = Fields::new().bytes("account_key", &account);
    table.does(other, "certificate.verify", of_account.clone().bytes("certificate", &certificate))?;
    table.does(other, "device_list.verify", of_account.bytes("list", &list))?;
    Ok(())
}

fn prekey(table: &mut Table<'_>, who: Who, person: &Person) -> Play<()> {
    let other = who.other();
    let kind = if table.dice.chance(50) { "signed" } else { "one-time" };
    let (id, not_after) = (table.dice.between(1, 9999), NOW.saturating_add(table.dice.below(WEEK)));
    let of_owner =
        Fields::new().bytes("account_key", account_key(person)?).text("certificate", &person.certificate);
    let input = of_owner
        .clone()
        .text("signing_private", &person.signing_private)
        .text("kind", kind)
        .number("id", id)
        .number("not_after", not_after);
    let out = table.does(who, "prekey.generate", input)?;
    let prekey = table.bytes(who, "prekey.generate", &out, "prekey")?;
    let input = |kind: &str, now: u64| {
        of_owner.clone().text("kind", kind).number("now", now).bytes("prekey", &prekey)
    };
    let out = table.does(other, "prekey.verify", input(kind, NOW))?;
    let got = table.field(other, "prekey.verify", &out, "id")?;
    table.same(other, "prekey.verify", "id", &id.to_string(), &got)?;
    table.refuses(other, "prekey.verify", input(kind, not_after.saturating_add(1)), "stale")
}

fn encapsulation(table: &mut Table<'_>, who: Who, person: &Person) -> Play<()> {
    let other = who.other();
    let seed = person.prekeys.first().map(|pair| pair.kem_seed.clone()).unwrap_or_default();
    let out = table.does(other, "kem.public", Fields::new().text("seed", &seed))?;
    let key = table.bytes(other, "kem.public", &out, "key")?;
    let out = table.does(who, "kem.encapsulate", Fields::new().bytes("key", key))?;
    let ciphertext = table.bytes(who, "kem.encapsulate", &out, "ciphertext")?;
    let secret = table.field(who, "kem.encapsulate", &out, "secret")?;
    let input = Fields::new().text("seed", &seed).bytes("ciphertext", ciphertext);
    let out = table.does(other, "kem.decapsulate", input)?;
    let got = table.field(other, "kem.decapsulate", &out, "secret")?;
    table.same(other, "kem.decapsulate", "secret", &secret, &got)
}

fn signature(table: &mut Table<'_>, who: Who, person: &Person) -> Play<()> {
    let (other, length) = (who.other(), table.dice.place(300));
    let said = Fields::new().text("label", "aside/1 prekey").bytes("body", table.dice.bytes(length));
    let out = table.does(who, "ed25519.sign", said.clone().text("private", &person.signing_private))?;
    let signature = table.bytes(who, "ed25519.sign", &out, "signature")?;
    let key = Fields::new().text("private", &person.signing_private);
    let out = table.does(other, "ed25519.public", key)?;
    let key = table.bytes(other, "ed25519.public", &out, "key")?;
    let mut forged = signature.clone();
    let place = table.dice.place(forged.len());
    if let Some(byte) = forged.get_mut(place) {
        *byte ^= 1;
    }
    let input = |signature: &[u8]| said.clone().bytes("key", &key).bytes("signature", signature);
    table.does(other, "ed25519.verify", input(&signature))?;
    table.refuses(other, "ed25519.verify", input(&forged), "signature")
}

fn view_once(table: &mut Table<'_>, who: Who) -> Play<()> {
    let other = who.other();
    let content = Fields::new().number("kind", 1u32).text("content", "0a026f68");
    let out = table.does(who, "view_once.seal", content)?;
    let input = ["sealed", "commitment", "key"].into_iter().try_fold(Fields::new(), |input, name| {
        Ok(input.bytes(name, table.bytes(who, "view_once.seal", &out, name)?))
    })?;
    let out = table.does(other, "view_once.open", input)?;
    let got = table.field(other, "view_once.open", &out, "content")?;
    table.same(other, "view_once.open", "content", "0a026f68", &got)
}

fn login(table: &mut Table<'_>, who: Who, person: &Person) -> Play<()> {
    let other = who.other();
    let challenge = Fields::new()
        .text("relay_name", "relay.example")
        .bytes("relay_key", account_key(person)?)
        .bytes("nonce", table.dice.bytes(32))
        .bytes("account_key", account_key(person)?)
        .number("device_id", 1u32)
        .bytes("store", store(1, &[7; 16], &[0; 16], false));
    let out = table.does(who, "relay.login", challenge.clone().text("private", &person.signing_private))?;
    let signature = table.bytes(who, "relay.login", &out, "signature")?;
    let input =
        challenge.bytes("signing_key", public(&person.signing_private)?).bytes("signature", signature);
    table.does(other, "relay.login.verify", input).map(|_| ())
}

fn account_key(person: &Person) -> Play<[u8; 32]> {
    public(&person.account_private)
}

/// The public half of a signing key.
pub(super) fn public(private: &str) -> Play<[u8; 32]> {
    let seed = hex::decode(private).and_then(|bytes| Secret::from_slice(&bytes));
    let key = seed.map(|seed| *SigningKey::from_seed(&seed).verifying_key().as_bytes());
    key.ok_or_else(|| Stumble::of("a person has a key that is none".to_owned()))
}
