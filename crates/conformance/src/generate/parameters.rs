//! `relay/parameters.json`: what a relay says it allows.

use super::{
    Result,
    people::seed,
    proto,
    sheet::{Sheet, note},
};
use crate::{
    value::Fields,
    vector::{File, Level},
};
use aside_identity::{Pace, Parameters};
use aside_primitives::{SigningKey, label};

const NAME: &str = "relay.example";

/// The fields of an honest body.
pub(super) fn honest() -> Vec<Vec<u8>> {
    let numbers = [
        30, 20_000, 67_108_864, 262_144, 10_000, 50_000, 2_000, 500_000, 262_144, 915, 20, 500_000, 1_000,
        2_000_000,
    ];
    let rest = (3..).zip(numbers).map(|(field, value)| proto::number(field, value));
    [proto::bytes(1, NAME), proto::number(2, 1_800_000_000_000)].into_iter().chain(rest).collect()
}

fn signed(key: &SigningKey, fields: &[Vec<u8>]) -> Vec<u8> {
    let body = fields.concat();
    let signature = key.sign(label::RELAY_PARAMETERS, &body).0;
    [proto::bytes(1, body), proto::bytes(2, signature)].concat()
}

/// The honest fields with one in place of another; empty to leave it out.
fn with(number: usize, field: Vec<u8>) -> Vec<Vec<u8>> {
    let mut fields = honest();
    if let Some(place) = fields.get_mut(number.saturating_sub(1)) {
        *place = field;
    }
    fields
}

pub(super) fn parameters() -> Result<File> {
    let about = "What a relay says in its challenge that it allows, and what is not its word.";
    let mut sheet = Sheet::new(Level::Relay, "spec/relay.md", about);
    let key = SigningKey::from_seed(&seed("relay key")?);
    let relay = key.verifying_key();
    let read = |parameters: &[u8]| {
        Fields::new()
            .bytes("parameters", parameters)
            .text("relay_name", NAME)
            .bytes("relay_key", relay.as_bytes())
    };
    accepted(&mut sheet, &key, &read)?;
    forged(&mut sheet, &key, &read)?;
    malformed(&mut sheet, &key, &read)?;
    Ok(sheet.finish())
}

fn accepted(sheet: &mut Sheet, key: &SigningKey, read: &dyn Fn(&[u8]) -> Fields) -> Result<()> {
    let said = Parameters {
        issued_at: 1_800_000_000_000,
        keep_days: 30,
        mailbox_messages: 20_000,
        mailbox_bytes: 67_108_864,
        frame_bytes: 262_144,
        sends: Pace { burst: 10_000, each_us: 50_000 },
        sends_to_one: Pace { burst: 2_000, each_us: 500_000 },
        fanned_out: Pace { burst: 262_144, each_us: 915 },
        fanned_to_one: Pace { burst: 1_000, each_us: 2_000_000 },
        transients: Pace { burst: 20, each_us: 500_000 },
    };
    for (id, comment, parameters) in [
        ("parameters-of-the-reference-relay", "As it comes.", said.sign(NAME, key)),
        (
            "parameters-a-year",
            "The longest that a relay keeps mail.",
            signed(key, &with(3, proto::number(3, 365))),
        ),
        ("parameters-a-day", "The shortest.", signed(key, &with(3, proto::number(3, 1)))),
        (
            "parameters-without-a-pause",
            "As many as come: the default, which is left out.",
            signed(key, &with(8, Vec::new())),
        ),
        (
            "parameters-of-a-clock-that-was-never-set",
            "What a relay takes for the time is no reason to refuse it.",
            signed(key, &with(2, Vec::new())),
        ),
    ] {
        sheet.accept(note(id, "RLY-74", comment), "parameters.read", read(&parameters))?;
    }
    Ok(())
}

fn forged(sheet: &mut Sheet, key: &SigningKey, read: &dyn Fn(&[u8]) -> Fields) -> Result<()> {
    let good = signed(key, &honest());
    let other = SigningKey::from_seed(&seed("other relay key")?);
    let body = honest().concat();
    let as_login = [proto::bytes(1, &body), proto::bytes(2, key.sign(label::LOGIN, &body).0)].concat();
    let mut bit = good.clone();
    if let Some(byte) = bit.last_mut() {
        *byte ^= 1;
    }
    let longer = with(3, proto::number(3, 31)).concat();
    let moved = [proto::bytes(1, longer), good.get(2 + body.len()..).unwrap_or_default().to_vec()].concat();
    for (id, comment, parameters) in [
        ("parameters-of-another-key", "The signature of another relay.", signed(&other, &honest())),
        ("parameters-signed-as-a-login", "Made under another label.", as_login),
        ("parameters-signature-bit", "One bit off.", bit),
        ("parameters-keep-days-changed", "A day more than was signed.", moved),
    ] {
        let note_ = note(id, "RLY-75", comment).threat("T9");
        sheet.refuse(note_, "parameters.read", read(&parameters), "signature")?;
    }
    let comment = "The same key, for another name.";
    let parameters = signed(key, &with(1, proto::bytes(1, "relay.example.org")));
    sheet.refuse(
        note("parameters-of-another-name", "RLY-75", comment),
        "parameters.read",
        read(&parameters),
        "policy",
    )
}

fn malformed(sheet: &mut Sheet, key: &SigningKey, read: &dyn Fn(&[u8]) -> Fields) -> Result<()> {
    for (id, comment, fields) in [
        ("keep-days-0", "Mail that is not kept is not accepted.", with(3, Vec::new())),
        ("keep-days-366", "Longer than mail is kept anywhere.", with(3, proto::number(3, 366))),
        ("mailbox-messages-0", "A mailbox for nothing.", with(4, Vec::new())),
        ("mailbox-bytes-0", "A mailbox for nothing.", with(5, Vec::new())),
        ("frame-bytes-0", "No frame is so short.", with(6, Vec::new())),
        ("sends-0", "Nobody could send.", with(7, Vec::new())),
        ("sends-to-one-0", "Nobody could send.", with(9, Vec::new())),
        ("fanned-out-0", "Nobody could fan out.", with(11, Vec::new())),
        ("fanned-to-one-0", "Nobody could fan out to anybody.", with(15, Vec::new())),
        ("transients-0", "Nobody could hand one over.", with(13, Vec::new())),
    ] {
        let note_ = note(format!("parameters-{id}"), "RLY-75", comment);
        sheet.refuse(note_, "parameters.read", read(&signed(key, &fields)), "malformed")?;
    }
    let good = signed(key, &honest());
    let twice = with(14, proto::number(13, 20));
    for (id, comment, parameters) in [
        ("field-twice", "Lenient decoders take the last.", signed(key, &twice)),
        (
            "keep-days-2-to-the-32",
            "2^32 + 30, of which lenient decoders make 30.",
            signed(key, &with(3, proto::number(3, (1 << 32) + 30))),
        ),
    ] {
        let note_ = note(format!("parameters-{id}"), "ENV-5", comment).catches(&["lenient-decoding"]);
        sheet.refuse(note_, "parameters.read", read(&parameters), "malformed")?;
    }
    let comment = "The last byte is missing.";
    let short = good.split_last().map(|(_, rest)| rest).unwrap_or_default();
    let note_ = note("parameters-one-byte-short", "ENV-4", comment);
    sheet.refuse(note_, "parameters.read", read(short), "malformed")?;
    let comment = "A name longer than parameters are.";
    let long = signed(key, &with(1, proto::bytes(1, "r".repeat(640))));
    sheet.refuse(note("parameters-641-bytes", "ENV-2", comment), "parameters.read", read(&long), "limit")
}
