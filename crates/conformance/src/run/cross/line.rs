//! One session between two people, as the one in between sees it: who can write, and what is under way.

use super::table::{Play, Table, Who};
use crate::{
    generate::people::NOW,
    hex,
    value::{Fields, Value},
};
use aside_wire::packet::Packet;

/// A message that is this many turns late may have lost its key (SES-23 keeps four chains).
const LATE: u32 = 3;
/// Bits are flipped behind the handshake: header, its tag, commitment.
const FIXED_BYTES: usize = 80 + 16 + 32;
/// The tag of a payload.
const TAG_BYTES: usize = 16;

/// Which message is delivered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mail {
    /// The oldest.
    Oldest,
    /// Most often the oldest.
    Some,
}

/// One side of it.
#[derive(Default)]
struct End {
    /// There is a session.
    is_there: bool,
    /// It gave up sending.
    retired: bool,
    /// Its sending chain, counted.
    chain: u32,
    /// How many messages of that chain it has sent.
    sent: u64,
    /// The next message begins another one.
    due: bool,
    /// The newest chain of the other side that it has heard.
    heard: Option<u32>,
}

/// A message on its way, or one that has arrived.
struct Message {
    from: Who,
    chain: u32,
    number: u64,
    bytes: Vec<u8>,
    said: Said,
}

/// What has to come out.
enum Said {
    Text(Vec<u8>),
    Frame(Fields),
}

/// A session.
pub(super) struct Line {
    session: &'static str,
    pub(super) initiator: Who,
    frames: bool,
    id: String,
    alice: End,
    bob: End,
    under_way: Vec<Message>,
    arrived: Vec<Message>,
}

impl Line {
    pub(super) fn new(session: &'static str, initiator: Who, frames: bool) -> Self {
        Self {
            session,
            initiator,
            frames,
            id: String::new(),
            alice: End::default(),
            bob: End::default(),
            under_way: Vec::new(),
            arrived: Vec::new(),
        }
    }

    const fn end(&mut self, who: Who) -> &mut End {
        match who {
            Who::Alice => &mut self.alice,
            Who::Bob => &mut self.bob,
        }
    }

    /// 0 for no one-time prekey.
    pub(super) fn initiate(&mut self, table: &mut Table<'_>, one_time_prekey: u32) -> Play<()> {
        let who = self.initiator;
        let input = Fields::new()
            .text("peer", who.other().name())
            .number("signed_prekey", 1u32)
            .number("one_time_prekey", one_time_prekey)
            .number("now", NOW);
        let out = table.does_in(who, self.session, "initiate", input)?;
        self.id = table.field(who, "initiate", &out, "session_id")?;
        self.end(who).is_there = true;
        Ok(())
    }

    /// Another session with a prekey that was used up does not come about (HSK-11, HSK-14).
    pub(super) fn refuse_prekey(&self, table: &mut Table<'_>, one_time_prekey: u32) -> Play<()> {
        let mut again = Self::new("again", self.initiator, false);
        again.initiate(table, one_time_prekey)?;
        again.write(table, self.initiator)?;
        let Some(message) = again.under_way.first() else { return Ok(()) };
        let to = self.initiator.other();
        let input = Fields::new().text("peer", self.initiator.name()).bytes("message", &message.bytes);
        table.refuses_in(to, again.session, "receive", input, Some("unknown_prekey"))
    }

    /// Sends a message, if there is a session to send it in.
    pub(super) fn write(&mut self, table: &mut Table<'_>, from: Who) -> Play<()> {
        let end = self.end(from);
        if !end.is_there || end.retired {
            return Ok(());
        }
        if std::mem::take(&mut end.due) {
            end.chain = end.chain.saturating_add(1);
            end.sent = 0;
        }
        let (chain, number) = (end.chain, end.sent);
        end.sent = number.saturating_add(1);
        let (bytes, said) = if self.frames && table.dice.chance(50) {
            self.write_frame(table, from)?
        } else {
            let text = words(table);
            let out =
                table.does_in(from, self.session, "encrypt", Fields::new().bytes("plaintext", &text))?;
            (table.bytes(from, "encrypt", &out, "message")?, Said::Text(text))
        };
        self.under_way.push(Message { from, chain, number, bytes, said });
        Ok(())
    }

    fn write_frame(&mut self, table: &mut Table<'_>, from: Who) -> Play<(Vec<u8>, Said)> {
        let op = "chat_frame.send";
        // A `Text` in a chat: field 1, its length, the words.
        let length = table.dice.between(1, 100);
        let text = [
            &[0x0a, u8::try_from(length).unwrap_or(1)],
            "a".repeat(usize::try_from(length).unwrap_or(1)).as_bytes(),
        ]
        .concat();
        let said = Fields::new()
            .bytes("conversation", table.dice.bytes(32))
            .number("sent_at", NOW.saturating_add(table.dice.below(1_000_000)))
            .number("kind", 1u32)
            .bytes("content", text)
            .bytes("previous", if table.dice.chance(50) { table.dice.bytes(32) } else { Vec::new() })
            .bytes("expiry", "")
            .flag("silent", table.dice.chance(30))
            .number("sender_list", table.dice.between(1, 9))
            .bytes("sender_list_hash", table.dice.bytes(32))
            .number("recipient_list", table.dice.between(1, 9))
            .bytes("recipient_list_hash", table.dice.bytes(32))
            .number("generation", table.dice.between(1, 9));
        let input = said.clone().bytes("message_id", "").bytes("salt", "").text("place", "chat");
        let out = table.does_in(from, self.session, op, input)?;
        let drawn = ["message_id", "salt", "hash"]
            .into_iter()
            .try_fold(said, |said, name| Ok(said.bytes(name, table.bytes(from, op, &out, name)?)))?;
        Ok((table.bytes(from, op, &out, "message")?, Said::Frame(drawn)))
    }

    /// Sends a transient message, which arrives at once, if its chain is known there.
    pub(super) fn hint(&mut self, table: &mut Table<'_>, from: Who) -> Play<()> {
        let (heard, chain) = (self.end(from.other()).heard, self.end(from).chain);
        let end = self.end(from);
        let known = heard == Some(chain) && end.heard.is_some();
        if !end.is_there || end.retired || end.due || !known {
            return Ok(());
        }
        let text = words(table);
        let input = Fields::new().bytes("plaintext", &text);
        let out = table.does_in(from, self.session, "encrypt_transient", input)?;
        let message = table.bytes(from, "encrypt_transient", &out, "message")?;
        let to = from.other();
        let input = |message: &[u8]| Fields::new().bytes("message", message);
        if table.dice.chance(30)
            && let Some(damaged) = damaged(table, &message)
        {
            table.refuses_in(to, self.session, "decrypt_transient", input(&damaged), Some("mac"))?;
        }
        let out = table.does_in(to, self.session, "decrypt_transient", input(&message))?;
        let got = table.field(to, "decrypt_transient", &out, "plaintext")?;
        table.same(to, "decrypt_transient", "plaintext", &hex::encode(&text), &got)?;
        if table.dice.chance(30) {
            table.refuses_in(to, self.session, "decrypt_transient", input(&message), Some("replay"))?;
        }
        Ok(())
    }

    /// A message arrives, if one is under way.
    pub(super) fn deliver(&mut self, table: &mut Table<'_>, which: Mail) -> Play<()> {
        if self.under_way.is_empty() {
            return Ok(());
        }
        let first = which == Mail::Oldest || table.dice.chance(70);
        let place = if first { 0 } else { table.dice.place(self.under_way.len()) };
        let message = self.under_way.remove(place);
        let (to, chain) = (message.from.other(), message.chain);
        if self.end(to).heard.is_some_and(|heard| heard.saturating_sub(chain) > LATE) {
            return Ok(());
        }
        self.hear(table, to, &message)?;
        let end = self.end(to);
        end.is_there = true;
        if end.heard.is_none_or(|heard| chain > heard) {
            end.heard = Some(chain);
            end.due = true;
        }
        self.arrived.push(message);
        Ok(())
    }

    fn hear(&mut self, table: &mut Table<'_>, to: Who, message: &Message) -> Play<()> {
        let peer = to.other().name();
        let input = Fields::new().bytes("message", &message.bytes);
        match &message.said {
            Said::Text(text) => {
                // Within a session both operations do the same.
                let op = if self.end(to).is_there && table.dice.chance(50) { "decrypt" } else { "receive" };
                let input = if op == "receive" { input.text("peer", peer) } else { input };
                let out = table.does_in(to, self.session, op, input)?;
                let got = table.field(to, op, &out, "plaintext")?;
                table.same(to, op, "plaintext", &hex::encode(text), &got)?;
                let number = table.field(to, op, &out, "number")?;
                table.same(to, op, "number", &message.number.to_string(), &number)?;
                if op == "receive" {
                    let id = table.field(to, op, &out, "session_id")?;
                    table.same(to, op, "session_id", &self.id, &id)?;
                }
            }
            Said::Frame(said) => {
                let op = "chat_frame.receive";
                let input = input.text("peer", peer).text("place", "chat");
                let out = table.does_in(to, self.session, op, input)?;
                for (name, wanted) in said.iter() {
                    let wanted = match wanted {
                        Value::Text(text) => text.clone(),
                        other => plain(other),
                    };
                    let got = match out.find(name) {
                        Some(value @ (Value::List(_) | Value::Object(_))) => plain(value),
                        _ => table.field(to, op, &out, name)?,
                    };
                    table.same(to, op, name, &wanted, &got)?;
                }
                let id = table.field(to, op, &out, "session_id")?;
                table.same(to, op, "session_id", &self.id, &id)?;
            }
        }
        Ok(())
    }

    pub(super) fn deliver_all(&mut self, table: &mut Table<'_>) -> Play<()> {
        while !self.under_way.is_empty() {
            self.deliver(table, Mail::Oldest)?;
        }
        Ok(())
    }

    /// All that is under way arrives; the last messages of both, again, do not.
    pub(super) fn settle(&mut self, table: &mut Table<'_>) -> Play<()> {
        self.deliver_all(table)?;
        self.repeat(table)
    }

    /// A message is never heard of again. The first one of a session is not lost: nothing would come after it.
    pub(super) fn lose(&mut self, table: &mut Table<'_>) {
        if self.under_way.len() > 1 {
            let place = table.dice.place(self.under_way.len());
            self.under_way.remove(place);
        }
    }

    /// A message arrives again.
    pub(super) fn repeat(&mut self, table: &mut Table<'_>) -> Play<()> {
        if self.arrived.is_empty() {
            return Ok(());
        }
        let place = table.dice.place(self.arrived.len());
        let message = self.arrived.remove(place);
        let to = message.from.other();
        let late = self.end(to).heard.map_or(0, |heard| heard.saturating_sub(message.chain));
        if late <= LATE {
            let input = Fields::new().bytes("message", &message.bytes);
            match &message.said {
                Said::Text(_) if table.dice.chance(50) => {
                    table.refuses_in(to, self.session, "decrypt", input, Some("replay"))?;
                }
                Said::Text(_) => {
                    let input = input.text("peer", to.other().name());
                    table.refuses_in(to, self.session, "receive", input, Some("replay"))?;
                }
                Said::Frame(_) => {
                    let input = input.text("peer", to.other().name()).text("place", "chat");
                    table.refuses_in(to, self.session, "chat_frame.receive", input, Some("replay"))?;
                }
            }
            self.arrived.push(message);
        }
        Ok(())
    }

    /// A damaged copy of a message arrives before it.
    pub(super) fn damage(&mut self, table: &mut Table<'_>) -> Play<()> {
        let place = table.dice.place(self.under_way.len());
        let Some(message) = self.under_way.get(place) else { return Ok(()) };
        let (to, chain) = (message.from.other(), message.chain);
        let Some(bytes) = damaged(table, &message.bytes) else { return Ok(()) };
        let has_handshake = Packet::parse(&bytes).is_ok_and(|packet| packet.handshake.is_some());
        let end = self.end(to);
        let (is_there, late) = (end.is_there, end.heard.map_or(0, |heard| heard.saturating_sub(chain)));
        if late > LATE || (!is_there && !has_handshake) {
            return Ok(());
        }
        let input = Fields::new().bytes("message", &bytes);
        if is_there && table.dice.chance(50) {
            return table.refuses_in(to, self.session, "decrypt", input, Some("mac"));
        }
        // Without a handshake no session opens it (SES-29).
        let word = if has_handshake { "mac" } else { "no_session" };
        let input = input.text("peer", to.other().name());
        table.refuses_in(to, self.session, "receive", input, Some(word))
    }

    /// Gives up sending, if there is a session.
    pub(super) fn retire(&mut self, table: &mut Table<'_>, who: Who) -> Play<()> {
        if !self.end(who).is_there {
            return Ok(());
        }
        table.does_in(who, self.session, "retire", Fields::new())?;
        self.end(who).retired = true;
        let out = table.does_in(who, self.session, "health", Fields::new())?;
        let sends = table.field(who, "health", &out, "sends")?;
        table.same(who, "health", "sends", "false", &sends)
    }
}

fn plain(value: &Value) -> String {
    match crate::check::bytes::eval(value, &std::collections::BTreeMap::new()) {
        Ok(bytes) => hex::encode(&bytes),
        Err(_) => value.to_string(),
    }
}

/// Up to 200 bytes that nobody chose.
fn words(table: &mut Table<'_>) -> Vec<u8> {
    let length = table.dice.place(200);
    table.dice.bytes(length)
}

/// One bit the other way round, behind the handshake.
fn damaged(table: &mut Table<'_>, message: &[u8]) -> Option<Vec<u8>> {
    let sealed = Packet::parse(message).ok()?.ciphertext.len();
    let sealed = sealed.saturating_add(FIXED_BYTES).saturating_add(TAG_BYTES);
    let at = message.len().checked_sub(sealed)?.checked_add(table.dice.place(sealed))?;
    let bit = 1u8.checked_shl(u32::try_from(table.dice.below(8)).unwrap_or(0))?;
    let mut bytes = message.to_vec();
    *bytes.get_mut(at)? ^= bit;
    Some(bytes)
}
