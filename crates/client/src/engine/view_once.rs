//! What can be opened once: it is enclosed, its key goes to devices that may show it, and the first opening burns it.

use super::{
    Engine, Origin, Step,
    group::members,
    inbox::View,
    marks::{Marked, find},
    requests::is_request,
    sweep::bury,
    timed::{self, Content},
};
use crate::{
    conversation::Conversation,
    error::{Error, Misuse},
    records::{self, Records, StoredMessage, decode, fixed, message_id_key, message_key},
    store::{StoreError, Table},
};
use aside_content::{
    Body, ChatFrame, Expiry, Fact, Frame, Kind, MessageId, ReceiptKind, ViewKey, ViewOnce,
    rules::may_be_viewed_once,
};
use aside_identity::{AccountKey, Capabilities, GroupId};
use aside_primitives::{Draw, Secret, entropy};
use std::borrow::Cow;
use zeroize::Zeroizing;

/// Keys of one member that wait for their messages; with more, the oldest by id goes.
const KEYS_WAITING: usize = 64;

/// What somebody has opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// What it says; `None` if its sender has enclosed nothing that can be shown.
    pub body: Option<Body>,
    /// How often it can be opened again.
    pub left: usize,
    /// What a capture of it would name (CAP-2).
    pub(crate) origin: Origin,
}

impl Engine {
    /// Opens a message that can be opened once, or once and once again, here. What is returned is to be shown and to be
    /// forgotten: with the last opening nothing of it is left in the store (EXP-15). Commit before it is shown.
    ///
    /// # Errors
    /// [`Misuse::NoMessage`] if it is gone, [`Misuse::NothingToOpen`] if it is no such message or one's own,
    /// [`Misuse::NoViewKey`] if this device did not get its key.
    pub fn open_once(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        which: u64,
    ) -> Result<Opened, Error> {
        let place = message_key(&conversation, which);
        let record = step.tx.read::<StoredMessage>(Table::Message, &place)?;
        let mut record = record.ok_or(Misuse::NoMessage)?;
        if View::of(step)?.is_gone(&record) || is_request(step.tx, conversation)? {
            return Err(Misuse::NoMessage.into());
        }
        if record.sender == self.address().account.as_bytes() {
            return Err(Misuse::NothingToOpen.into());
        }
        let Some(Body::ViewOnce(once)) = timed::said(step.tx, conversation, &record)? else {
            return Err(Misuse::NothingToOpen.into());
        };
        let key = once.key.as_ref().ok_or(Misuse::NoViewKey)?;
        if timed::life(&record)?.and_then(|life| life.openings_left()) == Some(0) {
            return Err(Misuse::NoMessage.into());
        }
        let body = once.open(&Secret::filled(|copy| copy.copy_from_slice(key.as_slice()))).ok();
        let at = step.happens_at()?;
        let id = MessageId::draw(step.entropy)?;
        timed::learn(step.tx, &place, &mut record, Fact::Opened { id, at, told_at: at })?;
        let life = timed::life(&record)?.ok_or(StoreError::Damaged("life of a message"))?;
        let left = life.openings_left().filter(|_| body.is_some()).unwrap_or_default();
        let is_first = record.viewed_at == 0;
        record.viewed_at = record.viewed_at.max(step.now);
        // However the clock stands: what has no opening left is gone.
        if left == 0 || life.is_gone(at) {
            let key = core::mem::take(&mut record.key);
            bury(step.tx, conversation, &place, &mut record)?;
            timed::destroy_key(step, key)?;
        } else {
            step.tx.write(Table::Message, &place, &record)?;
        }
        if is_first && body.is_some() {
            self.note_of(step, conversation, &record, ReceiptKind::Viewed)?;
        }
        let names = (records::account(&record.sender)?, MessageId::new(fixed(&record.message_id)?));
        let origin = Origin::of(self, conversation, names, body.is_some());
        Ok(Opened { body, left, origin })
    }

    /// Encloses what can be opened once under a key of its own (EXP-20). In a group the key goes to the members one by one
    /// (EXP-22).
    pub(crate) fn enclose(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        (body, message_id): (Body, MessageId),
        expiry: Option<Expiry>,
    ) -> Result<Body, Error> {
        if !expiry.is_some_and(|expiry| expiry.is_view_once()) {
            return Ok(body);
        }
        if !may_be_viewed_once(body.kind()) {
            return Err(Misuse::NotOnce.into());
        }
        let key: Secret<32> = entropy::secret(step.entropy, Draw("view key"))?;
        let once = ViewOnce::seal(&body, &key).map_err(|_| Misuse::NotOnce)?;
        let Conversation::Group(group) = conversation else {
            return Ok(Body::of(once).map_err(|_| Misuse::NotOnce)?);
        };
        let handed = ViewKey { message_id, key: Some(key) }.encode();
        for account in members(step.tx, group)? {
            if account != self.address().account {
                self.queue_control(step, &group, &account, Kind::VIEW_KEY, &handed)?;
            }
        }
        Ok(Body::of(once.without_key()).map_err(|_| Misuse::NotOnce)?)
    }

    /// A member has handed over the key of a message: it is put where the message is, or waits for it (EXP-22).
    pub(crate) fn on_view_key(
        &self,
        step: &mut Step<'_>,
        group: GroupId,
        from: &AccountKey,
        handed: &ViewKey,
    ) -> Result<(), Error> {
        let conversation = Conversation::Group(group);
        let Some(key) = &handed.key else { return Ok(()) };
        let Some(Marked { index, mut record }) = find(step.tx, conversation, from, &handed.message_id)?
        else {
            return self.keep_view_key(step, conversation, from, (&handed.message_id, key));
        };
        let Some(Body::ViewOnce(once)) = timed::said(step.tx, conversation, &record)? else { return Ok(()) };
        if let Some(with_key) = opened_by(&once, key).filter(|_| once.key.is_none()) {
            // What was said about it is sealed under the same key.
            let id_key = timed::id_key(conversation, &record)?;
            let content = Content::under(step, record.key, &id_key, Body::from(with_key).encode())?;
            record.content = content.bytes;
            step.tx.write(Table::Message, &message_key(&conversation, index), &record)?;
        }
        Ok(())
    }

    /// Keeps a key that came before its message.
    fn keep_view_key(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        from: &AccountKey,
        (message_id, key): (&MessageId, &Secret<32>),
    ) -> Result<(), Error> {
        let prefix = [conversation.key().as_slice(), from.as_bytes()].concat();
        let waiting = step.tx.scan(Table::ViewKey, &prefix, None, KEYS_WAITING)?;
        if let (KEYS_WAITING, Some((first, _))) = (waiting.len(), waiting.first()) {
            self.take_view_key(step, first)?;
        }
        let place = message_id_key(&conversation, from, message_id);
        // What was deleted here does not come back, and of two keys the later one counts.
        if step.tx.get(Table::MessageId, &place)?.is_some() {
            return Ok(());
        }
        self.take_view_key(step, &place)?;
        let content = Content::of(step, true, &place, key.expose().to_vec())?;
        let record = records::ViewKey { key: content.key, sealed: content.bytes };
        Ok(step.tx.write(Table::ViewKey, &place, &record)?)
    }

    /// A key that has waited; it does not any more.
    fn take_view_key(&self, step: &mut Step<'_>, place: &[u8]) -> Result<Option<Secret<32>>, Error> {
        let Some(record) = step.tx.get(Table::ViewKey, place)? else { return Ok(None) };
        let record: records::ViewKey = decode(&record)?;
        let key = timed::opened(step.tx, record.key, place, &record.sealed)?;
        step.tx.delete(Table::ViewKey, place)?;
        timed::destroy_key(step, record.key)?;
        Ok(key.map(|key| fixed(&key)).transpose()?.map(Secret::new))
    }

    /// A message that comes after its key takes it along.
    pub(crate) fn with_view_key(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        from: &AccountKey,
        frame: Frame,
    ) -> Result<Frame, Error> {
        let Body::ViewOnce(once) = &frame.body else { return Ok(frame) };
        let place = message_id_key(&conversation, from, &frame.message_id);
        let Some(key) = self.take_view_key(step, &place)? else { return Ok(frame) };
        match opened_by(once, &key) {
            Some(with_key) => Ok(Frame { body: with_key.into(), ..frame }),
            None => Ok(frame),
        }
    }
}

/// The frame as a device may have it: the key of what is opened once only if it has a protected viewer (EXP-21, V19).
pub(crate) fn for_device<'a>(frame: &'a ChatFrame, capabilities: &Capabilities) -> Cow<'a, ChatFrame> {
    let withheld = match &frame.frame.body {
        _ if capabilities.protected_viewer => return Cow::Borrowed(frame),
        Body::ViewOnce(once) => once.withheld().into(),
        Body::Group { kind: Kind::VIEW_KEY, content } => {
            // What was queued here decodes.
            let withheld = ViewKey::decode(content).map(|key| key.withheld().encode());
            let content = withheld.unwrap_or_else(|_| Zeroizing::new(Vec::new()));
            Body::Group { kind: Kind::VIEW_KEY, content }
        }
        _ => return Cow::Borrowed(frame),
    };
    Cow::Owned(ChatFrame { chat: frame.chat, frame: Frame { body: withheld, ..frame.frame.clone() } })
}

/// What this device keeps of what it has said: nothing that opens it.
pub(crate) fn own_copy(body: &Body) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(match body {
        Body::ViewOnce(once) => Body::from(once.withheld()).encode(),
        body => body.encode(),
    })
}

fn opened_by(
    once: &aside_content::Checked<ViewOnce>,
    key: &Secret<32>,
) -> Option<aside_content::Checked<ViewOnce>> {
    once.open(key).ok().map(|_| once.with_key(key))
}
