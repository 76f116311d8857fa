//! `relay/generations.json`: how a relay tells a store from an older copy of it.

use super::{
    Result, proto,
    sheet::{Sheet, note},
};
use crate::{
    value::Fields,
    vector::{File, Level},
};

const NEW: [u8; 16] = [0xB8; 16];
const NOW: [u8; 16] = [0xB7; 16];
const OLD: [u8; 16] = [0xB6; 16];
const NONE: [u8; 16] = [0; 16];

/// An encoded `StoreGeneration`.
pub(crate) fn store(number: u64, token: &[u8], previous: &[u8], restored: bool) -> Vec<u8> {
    let restored = if restored { proto::number(4, 1) } else { Vec::new() };
    [proto::number(1, number), proto::bytes(2, token), proto::bytes(3, previous), restored].concat()
}

pub(super) fn generations() -> Result<File> {
    let about =
        "What a relay that has number 7 with token b7…b7, or nothing, makes of the store behind a login.";
    let mut sheet = Sheet::new(Level::Relay, "spec/relay.md", about);
    accepted(&mut sheet)?;
    stale(&mut sheet)?;
    malformed(&mut sheet)?;
    Ok(sheet.finish())
}

fn judge(store: impl AsRef<[u8]>) -> Fields {
    Fields::new().bytes("store", store).number("known_number", 7u32).bytes("known_token", NOW)
}

fn accepted(sheet: &mut Sheet) -> Result<()> {
    let nothing = |store: Vec<u8>| {
        Fields::new().bytes("store", store).number("known_number", 0u32).bytes("known_token", NONE)
    };
    for (id, reqs, comment, input) in [
        ("first", "RLY-46", "The first login of a device.", nothing(store(1, &NEW, &NONE, false))),
        (
            "first-known-elsewhere",
            "RLY-48",
            "The relay has forgotten the device.",
            nothing(store(9, &NEW, &NOW, false)),
        ),
        (
            "first-after-another",
            "RLY-48",
            "The relay has forgotten the token before the first number, too.",
            nothing(store(1, &NEW, &NOW, false)),
        ),
        (
            "restored-first-with-a-token-of-zeros",
            "RLY-47",
            "The zeros of a relay that knows nothing are no token.",
            nothing(store(3, &NONE, &NEW, true)),
        ),
        (
            "restored-repeated-greatest",
            "RLY-46 RLY-47",
            "The greatest number there is: nothing changes.",
            judge(store((1 << 63) - 1, &NOW, &NONE, true)),
        ),
        (
            "goes-on",
            "RLY-46",
            "The next number after the token that is known.",
            judge(store(8, &NEW, &NOW, false)),
        ),
        (
            "repeated",
            "RLY-46",
            "The answer was lost, or two processes share the store.",
            judge(store(7, &NOW, &OLD, false)),
        ),
        (
            "ahead",
            "RLY-48",
            "The relay was set back by a backup of its own.",
            judge(store(9, &NEW, &OLD, false)),
        ),
        (
            "restored",
            "RLY-47",
            "An older copy says so: the number goes on from the one known.",
            judge(store(3, &NEW, &NONE, true)),
        ),
        ("restored-ahead", "RLY-47", "The number told is higher.", judge(store(12, &NEW, &NONE, true))),
        (
            "restored-repeated",
            "RLY-47",
            "The answer was lost: nothing changes.",
            judge(store(3, &NOW, &NONE, true)),
        ),
        (
            "restored-first",
            "RLY-47",
            "Restored at a relay that knows nothing.",
            nothing(store(3, &NEW, &NONE, true)),
        ),
    ] {
        sheet.accept(note(format!("store-{id}"), reqs, comment).threat("R4"), "store.judge", input)?;
    }
    Ok(())
}

fn stale(sheet: &mut Sheet) -> Result<()> {
    for (id, comment, bytes) in [
        ("older", "An older copy, which has come less far.", store(6, &OLD, &NONE, false)),
        ("first-again", "A profile of before there were generations.", store(1, &NEW, &NONE, false)),
        ("older-with-the-token", "The number counts beside the token.", store(6, &NOW, &OLD, false)),
        ("second-copy", "Both copies began generation 7.", store(7, &NEW, &OLD, false)),
        ("second-copy-goes-on", "Generation 8 of the other copy.", store(8, &NEW, &OLD, false)),
        ("no-previous", "Generation 8 of nothing.", store(8, &NEW, &NONE, false)),
        (
            "token-repeated",
            "The next number with the token of the last and another before it.",
            store(8, &NOW, &OLD, false),
        ),
    ] {
        sheet.refuse(
            note(format!("store-{id}"), "RLY-46", comment).threat("R4"),
            "store.judge",
            judge(bytes),
            "stale",
        )?;
    }
    Ok(())
}

fn malformed(sheet: &mut Sheet) -> Result<()> {
    let good = store(8, &NEW, &NOW, false);
    for (id, comment, bytes, lenient) in [
        ("number-0", "Numbers begin with 1.", [proto::bytes(2, NEW), proto::bytes(3, NOW)].concat(), false),
        ("number-2-to-the-63", "Numbers lie below 2^63.", store(1 << 63, &NEW, &NOW, false), false),
        ("token-15", "A token of 15 bytes.", store(8, &[0xB8; 15], &NOW, false), false),
        ("token-17", "A token of 17 bytes.", store(8, &[0xB8; 17], &NOW, false), false),
        ("token-missing", "No token.", [proto::number(1, 8), proto::bytes(3, NOW)].concat(), false),
        (
            "previous-missing",
            "The token before the first is zeros, not nothing.",
            [proto::number(1, 8), proto::bytes(2, NEW)].concat(),
            false,
        ),
        ("restored-2", "Neither true nor false.", [good.clone(), proto::number(4, 2)].concat(), true),
        (
            "restored-false-written",
            "The default, written out.",
            [good.clone(), proto::number(4, 0)].concat(),
            true,
        ),
        (
            "unknown-field",
            "A field that this version does not know.",
            [good.clone(), proto::number(5, 1)].concat(),
            true,
        ),
        (
            "token-twice",
            "Lenient decoders take the last.",
            [proto::number(1, 8), proto::bytes(2, OLD), proto::bytes(2, NEW), proto::bytes(3, NOW)].concat(),
            true,
        ),
        (
            "cut",
            "One byte is missing.",
            good.get(..good.len().saturating_sub(1)).unwrap_or_default().to_vec(),
            false,
        ),
    ] {
        let catches: &[_] = if lenient { &["lenient-decoding"] } else { &[] };
        let note_ = note(format!("store-{id}"), "RLY-46", comment).threat("W5").catches(catches);
        sheet.refuse(note_, "store.judge", judge(bytes), "malformed")?;
    }
    Ok(())
}
