//! What may leave this device in an archive.

use crate::{
    conversation::Conversation,
    engine::{Engine, Step, requests::is_request, timed},
    error::Error,
    group::Standing,
    records::{self, Mark, Records, StoredMessage, decode, fixed, index, message_id_key, message_key},
    store::{Row, StoreError, Table, Transaction},
};
use aside_archive::{Manifest, Message, Person, Place, Said, Writer};
use aside_content::{
    Body, Kind, MessageId,
    captured::{NAMED, Shown},
    derived::{Derived, made},
    rules::is_message,
};
use aside_identity::{AccountKey, Address, DeviceId};
use aside_primitives::Digest;
use std::collections::{BTreeSet, VecDeque};

/// Messages read at a time.
const PAGE: usize = 256;

/// What an archive has come to.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Exported {
    /// Conversations with something in it.
    pub conversations: usize,
    /// Messages in it.
    pub messages: usize,
    /// Messages left out because those who wrote them do not wish it.
    pub withheld: usize,
    /// Messages of others that their authors are told of (CAP-16).
    pub told: usize,
}

/// Where an archive goes.
struct Output<'a, E> {
    writer: Writer,
    sink: &'a mut dyn FnMut(&[u8]) -> Result<(), E>,
}

impl<E> Output<'_, E> {
    fn put(&mut self, part: impl FnOnce(&mut Writer) -> Vec<u8>) -> Result<(), E> {
        (self.sink)(&part(&mut self.writer))
    }
}

/// Whether a message goes into an archive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leave {
    Goes,
    /// Whoever wrote it does not wish it.
    Withheld,
    /// There is nothing that could go.
    Nothing,
}

impl Engine {
    /// Writes an archive of all conversations, or of some, signed by this device (ARC-3). The parts go to `sink` one after the
    /// other, and none of them is held.
    ///
    /// Nothing in it is secret to whoever has it: it is not encrypted. Keys and sessions are never in it.
    ///
    /// # Errors
    /// Those of the sink, of the store or of the source of randomness; what was written is no archive then, for its end is missing.
    pub fn export<E: From<StoreError> + From<Error>>(
        &self,
        step: &mut Step<'_>,
        only: Option<&[Conversation]>,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Exported, E> {
        let manifest = Manifest {
            maker: self.address(),
            handle: self.handle().clone(),
            created_at: step.now,
            list: self.list().clone(),
        };
        let (writer, begin) = Writer::begin(&manifest);
        sink(&begin)?;
        let mut output = Output { writer, sink };
        let mut exported = Exported::default();
        for conversation in exportable(step.tx)? {
            if only.is_none_or(|only| only.contains(&conversation)) {
                let mut gone = self.export_conversation(step.tx, conversation, &mut output, &mut exported)?;
                let told = self.tell_of_export(step, conversation, gone.make_contiguous())?;
                exported.told = exported.told.saturating_add(told);
            }
        }
        (output.sink)(&output.writer.seal(self.device_key()))?;
        Ok(exported)
    }

    /// Returns the newest messages that went.
    fn export_conversation<E: From<StoreError>>(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
        output: &mut Output<'_, E>,
        exported: &mut Exported,
    ) -> Result<VecDeque<Shown>, E> {
        let mut gone = VecDeque::new();
        let people = self.people_to_export(tx, conversation)?;
        if people.is_empty() {
            exported.withheld = exported.withheld.saturating_add(self.withheld(tx, conversation)?);
            return Ok(gone);
        }
        let Some(place) = self.place_of(tx, conversation)? else { return Ok(gone) };
        output.put(|writer| writer.place(&place))?;
        exported.conversations = exported.conversations.saturating_add(1);
        for account in people {
            if let Some(handle) = self.handle_of(tx, &account)? {
                output.put(|writer| writer.person(&Person { account, handle }))?;
            }
        }
        let mut after = None;
        loop {
            let page = tx.scan(Table::Message, &conversation.key(), after.as_deref(), PAGE)?;
            for row in &page {
                let (number, record) = numbered(conversation, row)?;
                match self.may_be_exported(tx, conversation, &record)? {
                    Leave::Goes => {
                        let message = exported_message(number, &record)?;
                        output.put(|writer| writer.message(&message))?;
                        for mark in marks_to_export(tx, conversation, &record)? {
                            output.put(|writer| writer.mark(&mark))?;
                        }
                        exported.messages = exported.messages.saturating_add(1);
                        if message.sender.account != self.address().account {
                            gone.push_back(Shown { author: message.sender.account, id: message.message_id });
                        }
                        if gone.len() > NAMED {
                            gone.pop_front();
                        }
                    }
                    Leave::Withheld => exported.withheld = exported.withheld.saturating_add(1),
                    Leave::Nothing => {}
                }
            }
            match page.into_iter().next_back() {
                Some((last, _)) => after = Some(last),
                None => return Ok(gone),
            }
        }
    }

    /// The one place that decides what leaves in an archive (ARC-6): nothing that was taken back, nothing that is not on the
    /// relay yet, and of others nothing that they wish to be kept here (CON-29).
    fn may_be_exported(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
        record: &StoredMessage,
    ) -> Result<Leave, StoreError> {
        let own = record.sender == self.address().account.as_bytes();
        let waits = own && !record.imported && record.accepted_at == 0;
        if !is_message(Kind(record.kind)) || waits || record.refusal != 0 || record.gone != 0 {
            return Ok(Leave::Nothing);
        }
        // EXP-33: an archive would keep what is to go.
        if made(Derived::Export, timed::stage(record)).is_none() {
            return Ok(Leave::Withheld);
        }
        let wished = own || self.sharing_wish(tx, conversation)?.export;
        Ok(if wished { Leave::Goes } else { Leave::Withheld })
    }

    fn withheld(&self, tx: &dyn Transaction, conversation: Conversation) -> Result<usize, StoreError> {
        let mut withheld = 0usize;
        tx.walk(Table::Message, &conversation.key(), None, |_, record| {
            let leave = self.may_be_exported(tx, conversation, &decode(record)?)?;
            withheld = withheld.saturating_add(usize::from(leave == Leave::Withheld));
            Ok(())
        })?;
        Ok(withheld)
    }

    /// Whoever has written something of a conversation that goes, and the other person of a thread or a chat.
    fn people_to_export(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
    ) -> Result<BTreeSet<AccountKey>, StoreError> {
        let mut people = BTreeSet::new();
        tx.walk(Table::Message, &conversation.key(), None, |_, record| {
            let record: StoredMessage = decode(record)?;
            let sender = records::account(&record.sender)?;
            if !people.contains(&sender) && self.may_be_exported(tx, conversation, &record)? == Leave::Goes {
                people.insert(sender);
            }
            Ok(())
        })?;
        if !people.is_empty() {
            people.extend(self.peer_of(tx, conversation)?);
        }
        Ok(people)
    }

    fn place_of(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
    ) -> Result<Option<Place>, StoreError> {
        let known = match conversation {
            Conversation::Group(group) => self.group_name(tx, &group)?.map(|name| (None, name)),
            _ => self.peer_of(tx, conversation)?.map(|peer| (Some(peer), String::new())),
        };
        let (peer, name) = match known {
            Some(known) => known,
            None => match self.imported_place(tx, conversation)? {
                Some(place) => (place.peer, place.name.unwrap_or_default()),
                None => (None, String::new()),
            },
        };
        Ok(match (conversation, peer) {
            (Conversation::Group(id), _) => Some(Place::Group { id, name }),
            (Conversation::Thread(id), Some(peer)) => Some(Place::Thread { id, peer }),
            (Conversation::Chat(id), Some(peer)) => Some(Place::Chat { id, peer }),
            (_, None) => None,
        })
    }
}

/// The conversations from which something may leave, by kind and id: no requests, and no groups one is only invited to.
fn exportable(tx: &dyn Transaction) -> Result<Vec<Conversation>, StoreError> {
    let mut found = BTreeSet::new();
    tx.walk(Table::Conversation, &[], None, |key, _| {
        let conversation = Conversation::from_key(key).ok_or(StoreError::Damaged("key of a conversation"))?;
        if !is_request(tx, conversation)? {
            found.insert(key.to_vec());
        }
        Ok(())
    })?;
    tx.walk(Table::Group, &[], None, |key, record| {
        let record: records::Group = decode(record)?;
        let group = [&[3], key].concat();
        match Standing::from_number(record.standing) {
            Some(Standing::Invited) => found.remove(&group),
            _ => found.insert(group),
        };
        Ok(())
    })?;
    tx.walk(Table::Imported, &[], None, |key, _| {
        let place = key.get(..33).unwrap_or_default();
        if key.len() == 33 && tx.get(Table::Conversation, place)?.is_none() && !is_group(tx, place)? {
            found.insert(place.to_vec());
        }
        Ok(())
    })?;
    let damaged = || StoreError::Damaged("key of a conversation");
    found.iter().map(|key| Conversation::from_key(key).ok_or_else(damaged)).collect()
}

fn is_group(tx: &dyn Transaction, place: &[u8]) -> Result<bool, StoreError> {
    match place.split_first() {
        Some((3, group)) => Ok(tx.get(Table::Group, group)?.is_some()),
        _ => Ok(false),
    }
}

fn numbered(conversation: Conversation, (key, record): &Row) -> Result<(u64, StoredMessage), StoreError> {
    let place = message_key(&conversation, 0).len().saturating_sub(8);
    Ok((index(key.get(place..).unwrap_or_default())?, decode(record)?))
}

fn exported_message(number: u64, record: &StoredMessage) -> Result<Message, StoreError> {
    let account = records::account(&record.sender)?;
    let device =
        DeviceId::parse(record.sender_device).map_err(|_| StoreError::Damaged("device of a message"))?;
    Ok(Message {
        number,
        sender: Address { account, device },
        message_id: MessageId::new(fixed(&record.message_id)?),
        sent_at: record.sent_at,
        accepted_at: record.accepted_at,
        body: Body::decode(Kind(record.kind), &record.content)
            .map_err(|_| StoreError::Damaged("message content"))?,
        hash: Digest(fixed(&record.hash)?),
        imported: record.imported,
    })
}

/// The reactions and the later wording of a message; those that were taken back are left out.
fn marks_to_export(
    tx: &dyn Transaction,
    conversation: Conversation,
    record: &StoredMessage,
) -> Result<Vec<aside_archive::Mark>, StoreError> {
    let damaged = || StoreError::Damaged("mark of a message");
    let author = records::account(&record.sender)?;
    let prefix = message_id_key(&conversation, &author, &MessageId::new(fixed(&record.message_id)?));
    let mut marks = Vec::new();
    for (key, mark) in tx.scan(Table::Mark, &prefix, None, usize::MAX)? {
        let Mark { counter, value } = decode(&mark)?;
        let (kind, by) = key.get(prefix.len()..).and_then(<[u8]>::split_first).ok_or_else(damaged)?;
        let said = match Kind(u32::from(*kind)) {
            Kind::REACTION if value.is_empty() => continue,
            Kind::REACTION => Said::Reaction(String::from_utf8(value).map_err(|_| damaged())?),
            Kind::EDIT if Kind(record.kind) == Kind::TEXT => match Body::decode(Kind::TEXT, &value) {
                Ok(Body::Text(text)) => Said::Wording(text),
                _ => return Err(damaged()),
            },
            _ => continue,
        };
        marks.push(aside_archive::Mark { account: records::account(by)?, counter, said });
    }
    Ok(marks)
}
