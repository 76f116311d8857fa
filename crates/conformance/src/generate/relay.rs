//! `relay/`: proofs of possession towards a relay.

use super::{
    Result,
    generation::store,
    people::{Cast, seed},
    sheet::{Sheet, bytes_of, note},
};
use crate::{
    check::material,
    value::{Fields, Value},
    vector::{File, Level},
};
use aside_primitives::{SigningKey, label};

const NAME: &str = "relay.example";

/// Fields with one of them exchanged.
fn with(fields: &Fields, name: &str, value: Value) -> Fields {
    fields.iter().fold(Fields::new(), |all, (other, there)| {
        all.with(other, if other == name { value.clone() } else { there.clone() })
    })
}

pub(super) fn proofs() -> Result<File> {
    let about =
        "Logins and registrations: a signature for one relay, one connection, one device, one purpose.";
    let mut sheet = Sheet::new(Level::Relay, "spec/relay.md", about);
    let relay = SigningKey::from_seed(&seed("relay key")?).verifying_key();
    let challenge = || {
        Fields::new()
            .text("relay_name", NAME)
            .bytes("relay_key", relay.as_bytes())
            .bytes("nonce", material("challenge nonce", 32))
    };
    logins(&mut sheet, &challenge)?;
    registrations(&mut sheet, &challenge)?;
    Ok(sheet.finish())
}

fn logins(sheet: &mut Sheet, challenge: &dyn Fn() -> Fields) -> Result<()> {
    let (alice, carol) = (Cast::new("alice")?, Cast::new("carol")?);
    let account = alice.certificate.account;
    let private = alice.keys.signing.to_seed();
    let this_store = store(8, &[0xB8; 16], &[0xB7; 16], false);
    let login = challenge()
        .bytes("account_key", account.as_bytes())
        .number("device_id", 1u32)
        .bytes("store", &this_store);
    let input = login.clone().bytes("private", private.expose());
    let comment = "The device's key signs a hash over nine parts.";
    let out = sheet.accept(note("login-signature", "RLY-4 PRM-1", comment), "relay.login", input)?;
    let good = bytes_of(&out, "signature")?;
    let digest = bytes_of(&out, "digest")?;
    let verified = |signature: &[u8]| {
        login
            .clone()
            .bytes("signing_key", alice.certificate.signing_key.as_bytes())
            .bytes("signature", signature)
    };
    let honest = verified(&good);
    let comment = "The signature of login-signature.";
    sheet.accept(note("login-verifies", "RLY-4", comment), "relay.login.verify", honest.clone())?;
    let as_registration = alice.keys.signing.sign(label::REGISTER, &digest).0;
    let by_account = alice.account.sign(label::LOGIN, &digest).0;
    let mut bit = good.clone();
    if let Some(byte) = bit.first_mut() {
        *byte ^= 1;
    }
    let other_relay = SigningKey::from_seed(&seed("other relay key")?).verifying_key();
    for (id, comment, input) in [
        (
            "login-at-another-relay",
            "Another name.",
            with(&honest, "relay_name", Value::Text("relay.example.org".to_owned())),
        ),
        (
            "login-with-name-in-capitals",
            "Names are compared as bytes.",
            with(&honest, "relay_name", Value::Text("Relay.example".to_owned())),
        ),
        (
            "login-at-a-relay-with-another-key",
            "Another key.",
            with(&honest, "relay_key", Value::bytes(other_relay.as_bytes())),
        ),
        (
            "login-repeated-on-another-connection",
            "Another nonce.",
            with(&honest, "nonce", Value::bytes(&material("other nonce", 32))),
        ),
        (
            "login-for-carol",
            "Another account.",
            with(&honest, "account_key", Value::bytes(carol.certificate.account.as_bytes())),
        ),
        ("login-for-another-device", "Another device.", with(&honest, "device_id", Value::Number(2))),
        (
            "login-by-another-key",
            "The key of another device.",
            with(&honest, "signing_key", Value::bytes(carol.certificate.signing_key.as_bytes())),
        ),
        (
            "login-with-another-number",
            "Another generation of the store.",
            with(&honest, "store", Value::bytes(&store(9, &[0xB8; 16], &[0xB7; 16], false))),
        ),
        (
            "login-with-another-token",
            "Another token.",
            with(&honest, "store", Value::bytes(&store(8, &[0xB9; 16], &[0xB7; 16], false))),
        ),
        (
            "login-with-another-token-before",
            "Another token before it.",
            with(&honest, "store", Value::bytes(&store(8, &[0xB8; 16], &[0xB6; 16], false))),
        ),
        (
            "login-made-a-restored-one",
            "A relay cannot say in its place that the store was restored.",
            with(&honest, "store", Value::bytes(&store(8, &[0xB8; 16], &[0xB7; 16], true))),
        ),
        ("login-signature-bit", "One bit off.", verified(&bit)),
        ("login-signature-short", "63 bytes.", verified(good.get(..63).unwrap_or_default())),
        ("login-signed-as-registration", "Made under another label.", verified(&as_registration)),
        ("login-by-the-account-key", "The account signs in place of the device.", verified(&by_account)),
    ] {
        sheet.refuse(note(id, "RLY-4", comment).threat("T9"), "relay.login.verify", input, "signature")?;
    }
    let comment = "A device id is 1 to 127.";
    let input = with(&honest, "device_id", Value::Number(128));
    sheet.refuse(
        note("login-device-128", "IDN-3", comment).threat("H9"),
        "relay.login.verify",
        input,
        "malformed",
    )
}

fn registrations(sheet: &mut Sheet, challenge: &dyn Fn() -> Fields) -> Result<()> {
    let (alice, carol) = (Cast::new("alice")?, Cast::new("carol")?);
    let list = |list: &[u8]| challenge().text("handle", "alice").bytes("device_list", list);
    let input = list(alice.list.as_bytes()).bytes("private", alice.account.to_seed().expose());
    let comment = "The account's key signs a hash over six parts; the list is the encoded Signed.";
    let out =
        sheet.accept(note("registration-signature", "RLY-3 PRM-1", comment), "relay.register", input)?;
    let good = bytes_of(&out, "signature")?;
    let honest = challenge()
        .bytes("account_key", alice.certificate.account.as_bytes())
        .text("handle", "alice")
        .bytes("device_list", alice.list.as_bytes())
        .bytes("signature", &good);
    let comment = "The signature of registration-signature.";
    sheet.accept(note("registration-verifies", "RLY-3", comment), "relay.register.verify", honest.clone())?;
    let by_device = alice.keys.signing.sign(label::REGISTER, &bytes_of(&out, "digest")?).0;
    for (id, comment, input) in [
        (
            "registration-of-another-handle",
            "A handle that was not signed.",
            with(&honest, "handle", Value::Text("alicia".to_owned())),
        ),
        (
            "registration-of-another-list",
            "A list that was not signed.",
            with(&honest, "device_list", Value::bytes(carol.list.as_bytes())),
        ),
        (
            "registration-of-another-account",
            "Another key.",
            with(&honest, "account_key", Value::bytes(carol.certificate.account.as_bytes())),
        ),
        (
            "registration-at-another-relay",
            "Another name.",
            with(&honest, "relay_name", Value::Text("relay.example.org".to_owned())),
        ),
        (
            "registration-repeated-on-another-connection",
            "Another nonce.",
            with(&honest, "nonce", Value::bytes(&material("other nonce", 32))),
        ),
        (
            "registration-by-a-device",
            "The device signs in place of the account.",
            with(&honest, "signature", Value::bytes(&by_device)),
        ),
    ] {
        sheet.refuse(note(id, "RLY-3", comment).threat("T9"), "relay.register.verify", input, "signature")?;
    }
    let comment = "Part and part: the handle does not run over into the list.";
    let shifted = with(&honest, "handle", Value::Text("alic".to_owned()));
    let moved = [b"e".as_slice(), alice.list.as_bytes()].concat();
    let shifted = with(&shifted, "device_list", Value::bytes(&moved));
    let note_ = note("registration-handle-runs-into-the-list", "RLY-3 PRM-1", comment).threat("P5");
    sheet.refuse(note_, "relay.register.verify", shifted, "signature")
}
