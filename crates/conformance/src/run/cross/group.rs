//! A sending chain of a group: one encrypts with it, the other has been handed it over.

use super::{
    papers::public,
    table::{Play, Stumble, Table, Who},
};
use crate::{generate::people::NOW, hex, value::Fields, vector::Person};
use std::collections::BTreeMap;

/// A message of the chain, its number and the chain key before it.
struct Sent {
    number: u64,
    message: Vec<u8>,
    content: String,
    message_id: String,
}

pub(super) fn group(table: &mut Table<'_>, people: &BTreeMap<String, Person>) -> Play<()> {
    let who = if table.dice.chance(50) { Who::Alice } else { Who::Bob };
    let person = people.get(who.name()).ok_or_else(|| Stumble::of("there are two people".to_owned()))?;
    let (group, signing) = (table.dice.bytes(32), hex::encode(&table.dice.bytes(32)));
    let chain = Fields::new()
        .bytes("account_key", public(&person.account_private)?)
        .number("device_id", table.dice.between(1, 127))
        .number("epoch", table.dice.between(1, 9));
    let (first, mut key) = (table.dice.below(100), table.dice.bytes(32));
    let (handed, count) = (key.clone(), table.dice.between(3, 12));
    let mut sent = Vec::new();
    for number in first..first.saturating_add(count) {
        let (next, message) = send(table, who, &group, &chain, (&signing, number, &key))?;
        sent.push(message);
        key = next;
    }
    let over = Fields::new()
        .bytes("group", &group)
        .number("iteration", first)
        .bytes("chain_key", &handed)
        .bytes("signing_key", public(&signing)?);
    let over = chain.iter().fold(over, |over, (name, value)| over.with(name, value.clone()));
    // Each call takes the chain anew: any order will do.
    while !sent.is_empty() {
        let place = table.dice.place(sent.len());
        let message = sent.remove(place);
        receive(table, who.other(), &over, &message)?;
    }
    Ok(())
}

fn send(
    table: &mut Table<'_>,
    who: Who,
    group: &[u8],
    chain: &Fields,
    (signing, number, key): (&str, u64, &[u8]),
) -> Play<(Vec<u8>, Sent)> {
    let op = "group_frame.send";
    let length = table.dice.between(1, 100);
    let text = "b".repeat(usize::try_from(length).unwrap_or(1));
    let content = [&[0x0a, u8::try_from(length).unwrap_or(1)], text.as_bytes()].concat();
    let input = Fields::new()
        .bytes("conversation", group)
        .bytes("message_id", "")
        .number("sent_at", NOW)
        .number("kind", 1u32)
        .bytes("content", &content)
        .bytes("previous", "")
        .bytes("expiry", "")
        .flag("silent", table.dice.chance(50))
        .bytes("salt", "")
        .number("group_sequence", table.dice.between(1, 99))
        .bytes("group_head", table.dice.bytes(32))
        .text("signing_private", signing)
        .number("iteration", number)
        .bytes("chain_key", key);
    let input = chain.iter().fold(input, |input, (name, value)| input.with(name, value.clone()));
    let out = table.does(who, op, input)?;
    let message_id = table.field(who, op, &out, "message_id")?;
    let message = table.bytes(who, op, &out, "message")?;
    let next = table.bytes(who, op, &out, "chain_key")?;
    Ok((next, Sent { number, message, content: hex::encode(&content), message_id }))
}

fn receive(table: &mut Table<'_>, who: Who, over: &Fields, sent: &Sent) -> Play<()> {
    let op = "group_frame.receive";
    if table.dice.chance(30) {
        let mut damaged = sent.message.clone();
        // The last 64 bytes are the signature.
        let at = damaged.len().saturating_sub(1).saturating_sub(table.dice.place(64));
        if let Some(byte) = damaged.get_mut(at) {
            *byte ^= 0x10;
        }
        table.refuses(who, op, over.clone().bytes("message", damaged), "signature")?;
    }
    let out = table.does(who, op, over.clone().bytes("message", &sent.message))?;
    let number = sent.number.to_string();
    let wanted = [("content", &sent.content), ("message_id", &sent.message_id), ("iteration", &number)];
    for (name, wanted) in wanted {
        let got = table.field(who, op, &out, name)?;
        table.same(who, op, name, wanted, &got)?;
    }
    Ok(())
}
