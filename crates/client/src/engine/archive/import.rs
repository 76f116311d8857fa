//! What an archive brings. It is kept apart in what it claims: no channel has opened it here (ARC-8).

use crate::{
    conversation::Conversation,
    engine::{Engine, Step},
    error::{Error, Misuse},
    records::{self, Imported, Mark, Records, StoredMessage, decode, mark_key, message_id_key, message_key},
    store::{StoreError, Table, Transaction},
};
use aside_archive::{Item, Message, Person, Place, Said};
use aside_content::{Body, Kind, Text};
use aside_identity::{AccountKey, Handle};

/// An import on its way: what the next record belongs to, and what came of those before.
#[derive(Default)]
pub struct Import {
    place: Option<Conversation>,
    told: Option<Imported>,
    people: Vec<Person>,
    message: Option<(u64, Vec<u8>)>,
    /// Messages that are here now and were not before.
    pub messages: usize,
    /// Messages that were here already, or were deleted here.
    pub known: usize,
}

/// A conversation that an archive has told of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportedPlace {
    /// Which one.
    pub conversation: Conversation,
    /// The other person; `None` for a group.
    pub peer: Option<AccountKey>,
    /// Their handle, as the archive has it.
    pub handle: Option<Handle>,
    /// The name of a group, if the archive knows it.
    pub name: Option<String>,
}

impl Engine {
    /// Takes in the next record of an archive. All of them belong into one step, which is committed when the end has come
    /// (ARC-7); importing what is here already changes nothing (ARC-9).
    ///
    /// # Errors
    /// [`Misuse::ForeignArchive`], or [`Error`] of the store.
    pub fn import(&self, step: &mut Step<'_>, import: &mut Import, item: &Item) -> Result<(), Error> {
        match item {
            Item::Manifest(manifest) if manifest.maker.account != self.address().account => {
                return Err(Misuse::ForeignArchive(manifest.handle.clone()).into());
            }
            Item::Manifest(_) | Item::End => {}
            Item::Place(place) => import.begin(place),
            Item::Person(person) => import.people.push(person.clone()),
            Item::Message(message) => self.import_message(step, import, message)?,
            Item::Mark(mark) => self.import_mark(step, import, mark)?,
        }
        Ok(())
    }

    fn import_message(
        &self,
        step: &mut Step<'_>,
        import: &mut Import,
        message: &Message,
    ) -> Result<(), StoreError> {
        let Some(conversation) = import.place else { return Ok(()) };
        let id_key = message_id_key(&conversation, &message.sender.account, &message.message_id);
        import.message = None;
        // ARC-9: what was deleted or taken back here does not come back either.
        if step.tx.get(Table::MessageId, &id_key)?.is_some() {
            import.known = import.known.saturating_add(1);
            return Ok(());
        }
        import.keep_place(step.tx, conversation)?;
        let index = step.tx.next("message")?;
        let record = StoredMessage {
            sender: message.sender.account.as_bytes().to_vec(),
            sender_device: message.sender.device.number(),
            message_id: message.message_id.as_bytes().to_vec(),
            sent_at: message.sent_at,
            accepted_at: message.accepted_at,
            kind: message.body.kind().0,
            content: message.body.encode(),
            hash: message.hash.as_bytes().to_vec(),
            imported: true,
            ..Default::default()
        };
        step.tx.write(Table::Message, &message_key(&conversation, index), &record)?;
        step.tx.put(Table::MessageId, &id_key, &index.to_be_bytes())?;
        self.index_message(step.tx, conversation, index, &record)?;
        import.message = Some((index, id_key));
        import.messages = import.messages.saturating_add(1);
        Ok(())
    }

    fn import_mark(
        &self,
        step: &mut Step<'_>,
        import: &Import,
        mark: &aside_archive::Mark,
    ) -> Result<(), StoreError> {
        let (Some(conversation), Some((index, message))) = (import.place, &import.message) else {
            return Ok(());
        };
        let (kind, value) = match &mark.said {
            Said::Reaction(emoji) => (Kind::REACTION, emoji.clone().into_bytes()),
            Said::Wording(text) => (Kind::EDIT, Body::Text(Text::clone(text)).encode()),
        };
        let kind = u8::try_from(kind.0).map_err(|_| StoreError::Damaged("mark of a message"))?;
        let record: StoredMessage = step
            .tx
            .read(Table::Message, &message_key(&conversation, *index))?
            .ok_or(StoreError::Damaged("message"))?;
        self.unindex_message(step.tx, conversation, *index, &record)?;
        let key = mark_key(message, kind, &mark.account);
        step.tx.write(Table::Mark, &key, &Mark { counter: mark.counter, value })?;
        self.index_message(step.tx, conversation, *index, &record)
    }

    /// The conversations that are known here from archives only, by kind and id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn imported_places(&self, tx: &dyn Transaction) -> Result<Vec<ImportedPlace>, StoreError> {
        let mut keys = Vec::new();
        tx.walk(Table::Imported, &[], None, |key, _| {
            if key.len() == 33 {
                keys.push(Conversation::from_key(key).ok_or(StoreError::Damaged("imported conversation"))?);
            }
            Ok(())
        })?;
        let mut places = Vec::new();
        for conversation in keys {
            let is_live = match conversation {
                Conversation::Group(group) => self.group_standing(tx, &group)?.is_some(),
                _ => self.peer_of(tx, conversation)?.is_some(),
            };
            if !is_live {
                places.extend(self.imported_place(tx, conversation)?);
            }
        }
        Ok(places)
    }

    /// What archives have told of a conversation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn imported_place(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
    ) -> Result<Option<ImportedPlace>, StoreError> {
        let Some(told) = tx.read::<Imported>(Table::Imported, &conversation.key())? else { return Ok(None) };
        let peer = match told.peer.as_slice() {
            [] => None,
            bytes => Some(records::account(bytes)?),
        };
        let handle = match peer {
            Some(peer) => imported_handle(tx, conversation, &peer)?,
            None => None,
        };
        let name = Some(told.name).filter(|name| !name.is_empty());
        Ok(Some(ImportedPlace { conversation, peer, handle, name }))
    }
}

/// Says how far it has come, and of whom it tells nothing.
impl core::fmt::Debug for Import {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Import({} messages, {} known)", self.messages, self.known)
    }
}

impl Import {
    fn begin(&mut self, place: &Place) {
        let (conversation, peer, name) = match place {
            Place::Thread { id, peer } => (Conversation::Thread(*id), Some(peer), String::new()),
            Place::Chat { id, peer } => (Conversation::Chat(*id), Some(peer), String::new()),
            Place::Group { id, name } => (Conversation::Group(*id), None, name.clone()),
        };
        let peer = peer.map(|peer| peer.as_bytes().to_vec()).unwrap_or_default();
        self.place = Some(conversation);
        self.told = Some(Imported { peer, name });
        self.people.clear();
        self.message = None;
    }

    /// Keeps what the archive says of a conversation, with the first message of it that was not here.
    fn keep_place(&mut self, tx: &mut dyn Transaction, conversation: Conversation) -> Result<(), StoreError> {
        let Some(told) = self.told.take() else { return Ok(()) };
        tx.write(Table::Imported, &conversation.key(), &told)?;
        for person in self.people.drain(..) {
            let record = Imported { peer: Vec::new(), name: person.handle.as_str().into() };
            tx.write(Table::Imported, &person_key(conversation, &person.account), &record)?;
        }
        Ok(())
    }
}

fn imported_handle(
    tx: &dyn Transaction,
    conversation: Conversation,
    account: &AccountKey,
) -> Result<Option<Handle>, StoreError> {
    let Some(record) = tx.get(Table::Imported, &person_key(conversation, account))? else { return Ok(None) };
    let told: Imported = decode(&record)?;
    Handle::parse(&told.name).map(Some).map_err(|_| StoreError::Damaged("imported handle"))
}

/// kind 1 | conversation 32 | account 32
fn person_key(conversation: Conversation, account: &AccountKey) -> Vec<u8> {
    [conversation.key().as_slice(), account.as_bytes()].concat()
}
