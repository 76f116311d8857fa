//! Receipts: what became of messages, told to whoever wrote them and heard from whoever got them.
//!
//! They wait for a time drawn at random and go out together (CNV-21). Marks and messages that are not here lead to
//! none (CNV-20, threat T5).

use super::{Engine, Step, marks::find, outgoing::conversation, timed};
use crate::{
    ReceiptLevel,
    conversation::{Conversation, Delivery},
    error::{Error, Misuse},
    event::Event,
    records::{self, Outgoing as Entry, Records, decode, fixed, index, message_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::{Body, Frame, Kind, MessageId, ReceiptKind, Receipts, rules::is_message};
use aside_identity::AccountKey;
use aside_primitives::{Draw, entropy};
use aside_wire::limits::RECEIPTS;
use std::collections::{BTreeMap, BTreeSet};

/// How long the first receipt of a chat waits: this long, and up to as much longer as the second says (CNV-21).
const DELAY_MS: (u64, u64) = (1_000, 4_000);
/// Times are told in whole minutes: told exactly, they would say what the delay hides.
const MINUTE_MS: u64 = 60_000;
/// Records read from the store at a time.
const PAGE: usize = 256;

impl Engine {
    /// A message that is shown has arrived: its sender is told, in time.
    pub(crate) fn note_arrival(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        sender: &AccountKey,
        frame: &Frame,
    ) -> Result<(), Error> {
        let what = records::Receipt { kind: number(ReceiptKind::Delivered), at: step.now, first: true };
        self.note(step, (conversation, sender), &frame.message_id, what)
    }

    /// The person here has been shown messages: those after one index, up to another.
    pub(crate) fn note_read(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        sender: &AccountKey,
        (mut after, up_to): (u64, u64),
    ) -> Result<(), Error> {
        let prefix = conversation.key();
        while after < up_to {
            let page =
                step.tx.scan(Table::Message, &prefix, Some(&message_key(&conversation, after)), PAGE)?;
            if page.is_empty() {
                return Ok(());
            }
            for (key, record) in page {
                after = index(key.get(prefix.len()..).unwrap_or_default())?;
                let mut record: records::StoredMessage = decode(&record)?;
                // CAP-13
                let theirs = record.sender == sender.as_bytes() && is_message(Kind(record.kind));
                // ARC-8: what an archive has brought did not come from its sender now.
                if after > up_to || !theirs || record.read_at != 0 || record.imported {
                    continue;
                }
                record.read_at = step.now;
                step.tx.write(Table::Message, &key, &record)?;
                let id = MessageId::new(fixed(&record.message_id)?);
                let what = records::Receipt { kind: number(ReceiptKind::Read), at: step.now, first: false };
                self.note(step, (conversation, sender), &id, what)?;
            }
        }
        Ok(())
    }

    /// The person here has listened to a voice message, or watched a video or a picture.
    ///
    /// # Errors
    /// [`Misuse::NoMessage`], or [`Misuse::NotMedia`] for what was only read.
    pub fn mark_viewed(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        which: u64,
    ) -> Result<(), Error> {
        let key = message_key(&conversation, which);
        let record = step.tx.read::<records::StoredMessage>(Table::Message, &key)?;
        let own = self.address().account;
        let theirs = |record: &records::StoredMessage| record.sender != own.as_bytes();
        let mut record = record.filter(theirs).ok_or(Misuse::NoMessage)?;
        // What can be opened once is viewed by being opened.
        let is_once = Kind(record.kind) == Kind::VIEW_ONCE;
        if is_once || !is_media(step.tx, conversation, &record)? {
            return Err(Misuse::NotMedia.into());
        }
        if record.viewed_at != 0 || record.imported {
            return Ok(());
        }
        record.viewed_at = step.now;
        if record.read_at == 0 {
            record.read_at = step.now;
        }
        step.tx.write(Table::Message, &key, &record)?;
        self.note_of(step, conversation, &record, ReceiptKind::Viewed)
    }

    /// Something became of a message here, of which its sender is told, in time.
    pub(crate) fn note_of(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        record: &records::StoredMessage,
        what: ReceiptKind,
    ) -> Result<(), Error> {
        let (sender, id) = (records::account(&record.sender)?, MessageId::new(fixed(&record.message_id)?));
        let what = records::Receipt { kind: number(what), at: step.now, first: false };
        self.note(step, (conversation, &sender), &id, what)
    }

    /// Lets a receipt wait for its time, unless nothing of the kind is told. What is read has arrived: of one message the
    /// most is told that there is to say (CNV-22).
    fn note(
        &self,
        step: &mut Step<'_>,
        (conversation, sender): (Conversation, &AccountKey),
        id: &MessageId,
        what: records::Receipt,
    ) -> Result<(), Error> {
        let Conversation::Chat(chat) = conversation else { return Ok(()) };
        let level = self.receipts_to(step.tx, Some(sender))?;
        let told = kind(what.kind).is_some_and(|kind| level.tells(kind));
        if !told || !self.may_tell(step.tx, sender, chat)? {
            return Ok(());
        }
        let key = receipt_key(&conversation, id);
        let waiting = step.tx.read::<records::Receipt>(Table::Receipt, &key)?.unwrap_or_default();
        let first = what.first || waiting.first;
        let record = records::Receipt { kind: what.kind.max(waiting.kind), first, ..what };
        step.tx.write(Table::Receipt, &key, &record)?;
        let chat = conversation.key();
        if step.tx.get(Table::ReceiptsDue, &chat)?.is_none() {
            let drawn: [u8; 8] = entropy::public(step.entropy, Draw("receipt delay"))?;
            let more = u64::from_be_bytes(drawn).checked_rem(DELAY_MS.1).unwrap_or_default();
            let due = step.now.saturating_add(DELAY_MS.0).saturating_add(more);
            step.tx.put(Table::ReceiptsDue, &chat, &due.to_be_bytes())?;
        }
        Ok(())
    }

    /// When receipts are due next, in milliseconds since 1970-01-01 UTC; what is due by now goes out with the next look at
    /// the outbox.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_receipts(&self, tx: &dyn Transaction, now: u64) -> Result<Option<u64>, StoreError> {
        let mut soonest = None;
        for (_, due) in tx.scan(Table::ReceiptsDue, &[], None, usize::MAX)? {
            let due = index(&due)?;
            if due > now {
                soonest = Some(soonest.map_or(due, |soonest: u64| soonest.min(due)));
            }
        }
        Ok(soonest)
    }

    /// Makes frames of receipts whose time has come: one for a chat, and only where nothing waits for the peer, so that
    /// none is ahead of what a person writes but one that is on its way (CNV-25).
    pub(crate) fn queue_receipts(&self, step: &mut Step<'_>) -> Result<(), Error> {
        let mut due = BTreeMap::new();
        for (chat, at) in step.tx.scan(Table::ReceiptsDue, &[], None, usize::MAX)? {
            let at = index(&at)?;
            let longest = DELAY_MS.0.saturating_add(DELAY_MS.1);
            // A clock that was set back must not hold them up for long.
            if at <= step.now || at > step.now.saturating_add(longest) {
                let record = step.tx.read::<records::Conversation>(Table::Conversation, &chat)?;
                let record = record.ok_or(StoreError::Damaged("chat of a receipt"))?;
                due.insert(chat, records::account(&record.peer)?);
            }
        }
        if due.is_empty() {
            return Ok(());
        }
        let busy = busy(step.tx, due.values().copied().collect())?;
        for (chat, peer) in due.into_iter().filter(|(_, peer)| !busy.contains(peer)) {
            self.queue_receipts_of(step, &chat, &peer)?;
        }
        Ok(())
    }

    fn queue_receipts_of(&self, step: &mut Step<'_>, key: &[u8], peer: &AccountKey) -> Result<(), Error> {
        let Some(Conversation::Chat(chat)) = Conversation::from_key(key) else {
            return Err(StoreError::Damaged("chat of a receipt").into());
        };
        let may_tell = self.may_tell(step.tx, peer, chat)?;
        let level = if may_tell { self.receipts_to(step.tx, Some(peer))? } else { ReceiptLevel::Nothing };
        let mut chosen = None;
        let (mut message_ids, mut at) = (Vec::new(), 0u64);
        for (place, record) in step.tx.scan(Table::Receipt, key, None, PAGE)? {
            let record: records::Receipt = decode(&record)?;
            let said = left_to_say(level, &record);
            if let Some(kind) = said {
                if *chosen.get_or_insert(kind) != kind || message_ids.len() == RECEIPTS {
                    continue;
                }
                message_ids.push(MessageId::new(fixed(place.get(key.len()..).unwrap_or_default())?));
                at = at.max(record.at);
            }
            step.tx.delete(Table::Receipt, &place)?;
        }
        if step.tx.scan(Table::Receipt, key, None, 1)?.is_empty() {
            step.tx.delete(Table::ReceiptsDue, key)?;
        }
        let Some(kind) = chosen else { return Ok(()) };
        let at = at.saturating_sub(at.checked_rem(MINUTE_MS).unwrap_or_default());
        let receipts = Body::of(Receipts { kind, message_ids, at });
        let receipts = receipts.map_err(|_| StoreError::Damaged("receipts"))?;
        self.tell(step, peer, chat, receipts)?;
        Ok(())
    }

    /// Whether receipts in the outbox may still go out: the person here may have changed their mind (CNV-20).
    pub(crate) fn is_still_told(
        &self,
        tx: &dyn Transaction,
        account: &AccountKey,
        entry: &Entry,
    ) -> Result<bool, StoreError> {
        match conversation(entry)? {
            Conversation::Chat(chat) => self.may_tell(tx, account, chat),
            _ => Ok(false),
        }
    }

    /// Takes in what somebody says became of the messages of the person here. What is said of anything else has no effect
    /// and no answer, and nothing goes back (CNV-24, threat T5).
    pub(crate) fn apply_receipts(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        by: &AccountKey,
        receipts: &Receipts,
    ) -> Result<Option<Event>, Error> {
        let level = self.receipts_to(step.tx, Some(by))?;
        let shown = |kind: &ReceiptKind| level.tells(*kind);
        let Some(kind) = [receipts.kind, ReceiptKind::Delivered].into_iter().find(shown) else {
            return Ok(None);
        };
        let mut indexes = Vec::new();
        for id in &receipts.message_ids {
            let own = self.address().account;
            let Some(mut about) = find(step.tx, conversation, &own, id)? else { continue };
            let is_media = is_media(step.tx, conversation, &about.record)?;
            let said = (kind, is_media);
            if about.record.refusal == 0 && advance(&mut about.record, said, (receipts.at, step.now)) {
                let key = message_key(&conversation, about.index);
                step.tx.write(Table::Message, &key, &about.record)?;
                indexes.push(about.index);
            }
        }
        indexes.sort_unstable();
        let event = Event::Receipts { conversation, by: *by, kind, indexes };
        Ok(Some(event)
            .filter(|event| !matches!(event, Event::Receipts { indexes, .. } if indexes.is_empty())))
    }
}

/// What became of a message of one's own that the relay has not refused.
pub(crate) const fn became(record: &records::StoredMessage) -> Delivery {
    match record {
        records::StoredMessage { viewed_at: 1.., .. } => Delivery::Viewed,
        records::StoredMessage { read_at: 1.., .. } => Delivery::Read,
        records::StoredMessage { delivered_at: 1.., .. } => Delivery::Delivered,
        records::StoredMessage { accepted_at: 1.., .. } => Delivery::Accepted,
        _ => Delivery::Queued,
    }
}

/// Notes what became of a message, unless as much is known already. The time is the peer's word: it is not taken for
/// one before the message was sent, before what is known, or after now (CNV-24).
fn advance(
    record: &mut records::StoredMessage,
    (kind, is_media): (ReceiptKind, bool),
    (at, now): (u64, u64),
) -> bool {
    if !is_message(Kind(record.kind)) {
        return false;
    }
    // Nobody listens to a text.
    let kind = if kind == ReceiptKind::Viewed && !is_media { ReceiptKind::Read } else { kind };
    let least = record.sent_at.max(record.delivered_at).max(record.read_at);
    let at = at.max(least).min(now).max(1);
    let mut moved = false;
    for (step, time) in [
        (ReceiptKind::Delivered, &mut record.delivered_at),
        (ReceiptKind::Read, &mut record.read_at),
        (ReceiptKind::Viewed, &mut record.viewed_at),
    ] {
        if step <= kind && *time == 0 {
            *time = at;
            moved = true;
        }
    }
    moved
}

/// Whether there is something to listen to or to watch in a message.
fn is_media(
    tx: &dyn Transaction,
    conversation: Conversation,
    record: &records::StoredMessage,
) -> Result<bool, StoreError> {
    // Of what one has sent so, nothing else is left.
    if Kind(record.kind) == Kind::VIEW_ONCE {
        return Ok(true);
    }
    Ok(match timed::said(tx, conversation, record)? {
        Some(Body::Reply(reply)) => matches!(reply.body, Body::Media(_)),
        Some(Body::Forward(forward)) => matches!(forward.body, Body::Media(_)),
        Some(Body::Media(_)) => true,
        _ => false,
    })
}

/// What of a receipt that waits is told at this level.
fn left_to_say(level: ReceiptLevel, record: &records::Receipt) -> Option<ReceiptKind> {
    let arrival = record.first.then_some(ReceiptKind::Delivered);
    kind(record.kind).into_iter().chain(arrival).find(|kind| level.tells(*kind))
}

/// Those of some accounts for whom something waits in the outbox.
fn busy(tx: &dyn Transaction, of: BTreeSet<AccountKey>) -> Result<BTreeSet<AccountKey>, StoreError> {
    let mut busy = BTreeSet::new();
    let mut after = Vec::new();
    loop {
        let page = tx.scan(Table::Outbox, &[], Some(&after), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(busy) };
        after.clone_from(last);
        for (_, entry) in page {
            let entry: Entry = decode(&entry)?;
            if !entry.peer.is_empty() {
                busy.extend(of.get(&records::account(&entry.peer)?));
            }
            if busy.len() == of.len() {
                return Ok(busy);
            }
        }
    }
}

/// kind 1 | chat 32 | message id 16
fn receipt_key(conversation: &Conversation, id: &MessageId) -> Vec<u8> {
    [conversation.key().as_slice(), id.as_bytes()].concat()
}

const fn number(kind: ReceiptKind) -> u32 {
    match kind {
        ReceiptKind::Delivered => 1,
        ReceiptKind::Read => 2,
        ReceiptKind::Viewed => 3,
    }
}

const fn kind(number: u32) -> Option<ReceiptKind> {
    match number {
        1 => Some(ReceiptKind::Delivered),
        2 => Some(ReceiptKind::Read),
        3 => Some(ReceiptKind::Viewed),
        _ => None,
    }
}
