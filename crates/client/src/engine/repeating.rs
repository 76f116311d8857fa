//! What was sent is kept for a while, so that it can be sent again to a device that could not open it: as it was said, in
//! another session (HEA-12 to HEA-15).

use super::{
    Engine, Step,
    compose::{Lane, queue_entry},
    group::LATE_MS,
    marks::find,
    outgoing::{composed, conversation},
    timed::{self, Content},
};
use crate::{
    ChatState,
    conversation::Conversation,
    error::Error,
    records::{self, Outgoing as Entry, Records, StoredMessage, address_key, decode, index, message_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::{
    Body, CiphertextId, Kind,
    retry::{KEPT_MS, Sent},
    rules::is_message,
};
use aside_identity::{Address, DeviceId};
use aside_primitives::{Digest, Draw, entropy};
use aside_wire::pb;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// Frames kept for one device: more than go out while a mailbox waits to be fetched, and no more than are looked through in
/// a moment.
const KEPT: u64 = 256;

impl Engine {
    /// The relay has it: it is kept as it was said, and what it says where it stands already.
    pub(crate) fn keep_sent(&self, step: &mut Step<'_>, entry: &Entry) -> Result<(), Error> {
        let is_pairwise = match conversation(entry)? {
            Conversation::Chat(_) => true,
            Conversation::Group(_) => !entry.peer.is_empty(),
            Conversation::Thread(_) => false,
        };
        let Some(sealed) = entry.sealed.as_ref().filter(|_| is_pairwise) else { return Ok(()) };
        let Some(kept) = to_keep(step, entry)? else { return Ok(()) };
        let account = records::account(&entry.peer)?;
        let keys = sealed.agreement_keys.iter().zip(&sealed.sessions);
        for (parcel, (agreement_key, session)) in sealed.parcels.iter().zip(keys) {
            if entry.again && parcel.device_id != entry.only_device {
                continue;
            }
            let device = DeviceId::parse(parcel.device_id).map_err(|_| StoreError::Damaged("parcel"))?;
            let envelope: pb::Envelope = decode(&parcel.envelope)?;
            let record = Entry {
                again: true,
                only_device: parcel.device_id,
                agreement_key: agreement_key.clone(),
                session: session.clone(),
                ciphertext: CiphertextId::of(&envelope.payload).0.to_vec(),
                kept_at: if entry.again { entry.kept_at } else { step.now },
                ..kept.clone()
            };
            let device = address_key(&Address { account, device });
            let number = next_number(step.tx, &device)?;
            step.tx.write(Table::Sent, &sent_key(&device, number), &record)?;
            if let Some(oldest) = number.checked_sub(KEPT) {
                step.tx.delete(Table::Sent, &sent_key(&device, oldest))?;
            }
        }
        Ok(())
    }

    /// Whether one of these messages was sealed in a session: the device that names it does not have that session.
    pub(crate) fn were_sealed_in(
        &self,
        tx: &dyn Transaction,
        (device, session): (&Address, &Digest),
        messages: &[CiphertextId],
    ) -> Result<bool, StoreError> {
        let mut found = false;
        tx.walk_while(Table::Sent, &address_key(device), None, |_, record| {
            let entry: Entry = decode(record)?;
            let is_named = messages.iter().any(|id| id.0.as_slice() == entry.ciphertext);
            found |= is_named && entry.session == session.as_bytes();
            Ok(!found)
        })?;
        Ok(found)
    }

    /// Puts what a device could not open into the outbox again. Returns whether there was anything.
    pub(crate) fn repeat(
        &self,
        step: &mut Step<'_>,
        device: &Address,
        messages: &[CiphertextId],
    ) -> Result<bool, Error> {
        let wanted: BTreeSet<&[u8]> = messages.iter().map(|id| id.0.as_slice()).collect();
        let mut any = false;
        for (key, record) in step.tx.scan(Table::Sent, &address_key(device), None, usize::MAX)? {
            let mut entry: Entry = decode(&record)?;
            if !wanted.contains(entry.ciphertext.as_slice()) {
                continue;
            }
            step.tx.delete(Table::Sent, &key)?;
            if !self.may_be_repeated(step, &entry)? {
                continue;
            }
            entry.repeated = entry.repeated.saturating_add(1);
            let client_id: [u8; 16] = entropy::public(step.entropy, Draw("client id"))?;
            entry.client_id = client_id.to_vec();
            queue_entry(step.tx, Lane::Control, &entry)?;
            any = true;
        }
        Ok(any)
    }

    /// Whether a frame may go to the device that could not open it. Whether the group has them still, and the chat is not over,
    /// is looked at when it is sealed, as of everything that waits.
    fn may_be_repeated(&self, step: &Step<'_>, entry: &Entry) -> Result<bool, StoreError> {
        let sent = Sent {
            kind: Kind(entry.kind),
            age_ms: step.now.abs_diff(entry.kept_at),
            times: entry.repeated,
            is_same_device: self.has_same_device(step.tx, entry)?,
            is_in_audience: self.may_still_have(step.tx, entry)?,
            has_arrived: message_of(step.tx, entry)?.is_some_and(|message| message.delivered_at != 0),
            is_there: is_there(step, entry)?,
        };
        Ok(sent.may_be_repeated())
    }

    /// The same when it is to be sealed: much may have happened since it was asked for.
    pub(crate) fn is_still_repeated(&self, step: &Step<'_>, entry: &Entry) -> Result<bool, StoreError> {
        let same = self.has_same_device(step.tx, entry)? && self.may_still_have(step.tx, entry)?;
        Ok(same && is_there(step, entry)?)
    }

    /// The device is listed with the agreement key that the frame was sealed for.
    fn has_same_device(&self, tx: &dyn Transaction, entry: &Entry) -> Result<bool, StoreError> {
        let Some(peer) = self.peer(tx, &records::account(&entry.peer)?)? else { return Ok(false) };
        let device = DeviceId::parse(entry.only_device).map_err(|_| StoreError::Damaged("device"))?;
        let certificate = peer.list.certificate(device);
        Ok(certificate.is_some_and(|of| of.agreement_key.as_bytes().as_slice() == entry.agreement_key))
    }

    /// They are not blocked (HEA-8), and the chat goes on.
    fn may_still_have(&self, tx: &dyn Transaction, entry: &Entry) -> Result<bool, StoreError> {
        let account = records::account(&entry.peer)?;
        if self.relation(tx, &account)?.blocked {
            return Ok(false);
        }
        let Conversation::Chat(chat) = conversation(entry)? else { return Ok(true) };
        let chat = self.chat(tx, chat, &account)?;
        // That a chat has ended is the last that is said in it.
        let says_so = matches!(Kind(entry.kind), Kind::CHAT_CLOSE | Kind::CHAT_DECLINE);
        Ok(says_so || chat.is_some_and(|chat| chat.state() != ChatState::Ended))
    }

    /// Forgets what is too old to be sent again.
    pub(crate) fn tidy_sent(&self, step: &mut Step<'_>) -> Result<(), StoreError> {
        let now = step.now;
        forget_sent(step.tx, |entry| {
            // Whoever lacks it holds what was said with it for as long (HEA-12).
            let is_spent = Kind(entry.kind) == Kind::SENDER_KEY && now.abs_diff(entry.kept_at) > LATE_MS;
            is_spent || now.abs_diff(entry.kept_at) > KEPT_MS
        })
    }
}

/// What it says is there as it was said (HEA-13).
fn is_there(step: &Step<'_>, entry: &Entry) -> Result<bool, StoreError> {
    let Some(message) = message_of(step.tx, entry)? else {
        return Ok(is_about_what_stands(step.tx, entry)? && timed::can_be_opened(step.tx, entry.key)?);
    };
    let is_over = message.deadline.map_or(Ok(false), |at| step.hides_by().map(|by| at <= by))?;
    let as_it_was = message.kind == entry.kind && message.message_id == entry.message_id;
    if message.gone != 0 || is_over || !as_it_was || !timed::can_be_opened(step.tx, message.key)? {
        return Ok(false);
    }
    let (_, _, hash) = composed(step.tx, entry)?.parts();
    Ok(message.hash == hash.as_bytes())
}

/// What of an entry is kept; `None` if it cannot be sent again: what can be opened once is not here any more.
fn to_keep(step: &mut Step<'_>, entry: &Entry) -> Result<Option<Entry>, Error> {
    let kind = Kind(entry.kind);
    if matches!(kind, Kind::VIEW_ONCE | Kind::VIEW_KEY) {
        return Ok(None);
    }
    let mut kept = Entry { sealed: None, ..entry.clone() };
    if entry.again {
        return Ok(Some(kept));
    }
    if is_message(kind) {
        // It stands in its conversation, and goes from there.
        if entry.message_index == 0 {
            return Ok(None);
        }
        (kept.content, kept.key) = (Vec::new(), 0);
        return Ok(Some(kept));
    }
    if entry.key == 0 {
        return Ok(name_target(step.tx, &mut kept)?.then_some(kept));
    }
    // What is said about a message that goes is kept under the key of that message, and goes with it.
    let Some(message) = step.tx.read::<StoredMessage>(Table::Message, &entry.about)? else { return Ok(None) };
    if message.key == 0 || !timed::can_be_opened(step.tx, message.key)? {
        return Ok(None);
    }
    let Some(content) = timed::opened(step.tx, entry.key, &entry.message_id, &entry.content)? else {
        return Ok(None);
    };
    let content = Content::under(step, message.key, &entry.message_id, content.to_vec())?;
    (kept.content, kept.key) = (content.bytes, content.key);
    Ok(Some(kept))
}

/// Names the message that a frame says something about, so that both go together. Returns whether it stands there, if there
/// is one.
fn name_target(tx: &dyn Transaction, kept: &mut Entry) -> Result<bool, StoreError> {
    let conversation = conversation(kept)?;
    if matches!(conversation, Conversation::Group(_)) {
        return Ok(true);
    }
    let body = Body::decode(Kind(kept.kind), &kept.content);
    let body = body.map_err(|_| StoreError::Damaged("message in the outbox"))?;
    let Some(target) = body.target() else { return Ok(true) };
    let Some(marked) = find(tx, conversation, &target.author, &target.message_id)? else { return Ok(false) };
    kept.about = message_key(&conversation, marked.index);
    is_about_what_stands(tx, kept)
}

/// Whether the message that a frame says something about is there, neither taken back nor gone.
fn is_about_what_stands(tx: &dyn Transaction, entry: &Entry) -> Result<bool, StoreError> {
    if entry.about.is_empty() {
        return Ok(true);
    }
    let message = tx.read::<StoredMessage>(Table::Message, &entry.about)?;
    Ok(message.is_some_and(|message| message.gone == 0 && Kind(message.kind) != Kind::UNSEND))
}

/// What was said about a message goes with it (HEA-13).
pub(crate) fn forget_sent_about(tx: &mut dyn Transaction, place: &[u8]) -> Result<(), StoreError> {
    forget_sent(tx, |entry| entry.about == place)
}

/// The own chains of groups, as they were handed over, go with them (HEA-32).
pub(crate) fn forget_sent_chains(tx: &mut dyn Transaction) -> Result<(), StoreError> {
    forget_sent(tx, |entry| Kind(entry.kind) == Kind::SENDER_KEY)
}

fn forget_sent(tx: &mut dyn Transaction, which: impl Fn(&Entry) -> bool) -> Result<(), StoreError> {
    let mut gone = Vec::new();
    tx.walk(Table::Sent, &[], None, |key, record| {
        if which(&decode(record)?) {
            gone.push(key.to_vec());
        }
        Ok(())
    })?;
    gone.iter().try_for_each(|key| tx.delete(Table::Sent, key))
}

/// What a frame in the outbox says; `None` if its key is destroyed.
pub(crate) fn content(tx: &dyn Transaction, entry: &Entry) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let Some(message) = message_of(tx, entry)? else {
        return timed::opened(tx, entry.key, &entry.message_id, &entry.content);
    };
    let place = timed::id_key(conversation(entry)?, &message)?;
    timed::opened(tx, message.key, &place, &message.content)
}

/// The message whose content a frame has that is sent again; one that is deleted counts as gone.
fn message_of(tx: &dyn Transaction, entry: &Entry) -> Result<Option<StoredMessage>, StoreError> {
    if !entry.again || !is_message(Kind(entry.kind)) {
        return Ok(None);
    }
    let place = message_key(&conversation(entry)?, entry.message_index);
    let gone = StoredMessage { gone: 1, ..StoredMessage::default() };
    Ok(Some(tx.read::<StoredMessage>(Table::Message, &place)?.unwrap_or(gone)))
}

/// Numbers what is kept for a device, from 1.
fn next_number(tx: &mut dyn Transaction, device: &[u8]) -> Result<u64, StoreError> {
    let last = tx.get(Table::SentNumber, device)?.map_or(Ok(0), |bytes| index(&bytes))?;
    let number = last.checked_add(1).ok_or(StoreError::Damaged("number"))?;
    tx.put(Table::SentNumber, device, &number.to_be_bytes())?;
    Ok(number)
}

/// account 32 | device 1 | number 8
fn sent_key(device: &[u8], number: u64) -> Vec<u8> {
    [device, &number.to_be_bytes()].concat()
}
