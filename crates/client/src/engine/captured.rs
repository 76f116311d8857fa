//! What others say that they have captured: what of it is shown.

use super::{Engine, Step, capture::scene, marks::find};
use crate::{
    conversation::{Conversation, Message},
    error::Error,
    event::Event,
    records::{self, Records, message_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::{
    Body, CaptureNotice, Frame, MessageId,
    captured::{Here, Shown, to_show},
};
use aside_identity::{AccountKey, Address};
use aside_primitives::Digest;

/// What stands in the place of a kind in the keys of what was said of messages. Such a record is no mark of its message: it
/// tells nothing of it, and outlives it, so that nobody repeats themselves when it has gone.
const SAID: u8 = 0;

/// In which ways somebody has said that a message was captured.
#[derive(Clone, PartialEq, prost::Message)]
struct SaidRecord {
    /// A bit for each kind.
    #[prost(uint32, tag = "1")]
    kinds: u32,
}

impl Engine {
    /// Takes in a notice. What names no message that is here, of somebody else than its sender, has no effect: nothing is
    /// stored, shown or answered (CAP-11). Whoever guesses learns nothing, and whoever repeats themselves says nothing (CAP-12,
    /// threat C2).
    pub(crate) fn apply_capture(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        (sender, automated): (&Address, bool),
        (frame, hash, accepted_at): (&Frame, &Digest, u64),
    ) -> Result<Option<Event>, Error> {
        let Body::Capture(notice) = &frame.body else { return Ok(None) };
        let (by, kind) = (sender.account, notice.kind);
        let bit = 1 << kind.number();
        let here = named_here(step.tx, conversation, &by, &notice.refs)?;
        let mut candidates = Vec::new();
        for (_, message) in &here {
            let said = step.tx.read::<SaidRecord>(Table::Capture, &said_key(conversation, message, &by))?;
            let said = said.is_some_and(|said| said.kinds & bit != 0);
            candidates.push(Here { message: *message, said });
        }
        let shown = to_show(scene(step.tx, conversation)?, &by, &notice.refs, &candidates);
        if shown.is_empty() {
            return Ok(None);
        }
        for message in &shown {
            let key = said_key(conversation, message, &by);
            let before = step.tx.read::<SaidRecord>(Table::Capture, &key)?.unwrap_or_default();
            step.tx.write(Table::Capture, &key, &SaidRecord { kinds: before.kinds | bit })?;
        }
        let mut refs: Vec<_> = shown.iter().map(|message| message.id).collect();
        refs.sort_unstable();
        refs.dedup();
        let known = Body::of(CaptureNotice { refs, ..**notice });
        let content = known.map_err(|_| StoreError::Damaged("notice of a capture"))?.encode();
        keep_notice(
            step.tx,
            conversation,
            records::StoredMessage {
                sender: by.as_bytes().to_vec(),
                sender_device: sender.device.number(),
                message_id: frame.message_id.as_bytes().to_vec(),
                sent_at: frame.sent_at,
                accepted_at,
                kind: frame.body.kind().0,
                content,
                hash: hash.as_bytes().to_vec(),
                automated,
                ..Default::default()
            },
        )?;
        let mut indexes: Vec<_> =
            here.iter().filter(|(_, message)| shown.contains(message)).map(|(index, _)| *index).collect();
        indexes.sort_unstable();
        Ok(Some(Event::Captured { conversation, by, kind, indexes }))
    }

    /// The indexes of the messages that a notice names, in ascending order, as far as they are still here; none for what is no
    /// notice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn captured(&self, tx: &dyn Transaction, notice: &Message) -> Result<Vec<u64>, StoreError> {
        let Body::Capture(told) = &notice.body else { return Ok(Vec::new()) };
        let here = named_here(tx, notice.conversation, &notice.sender, &told.refs)?;
        let mut indexes: Vec<_> = here.into_iter().map(|(index, _)| index).collect();
        indexes.sort_unstable();
        Ok(indexes)
    }
}

/// Puts a notice at the end of its conversation. Its id is not noted, so nothing can be said about it: it is neither answered
/// nor taken back (CAP-13).
fn keep_notice(
    tx: &mut dyn Transaction,
    conversation: Conversation,
    record: records::StoredMessage,
) -> Result<(), StoreError> {
    let index = tx.next("message")?;
    tx.write(Table::Message, &message_key(&conversation, index), &record)
}

/// The messages with these ids that are here and that somebody else has written.
fn named_here(
    tx: &dyn Transaction,
    conversation: Conversation,
    by: &AccountKey,
    refs: &[MessageId],
) -> Result<Vec<(u64, Shown)>, StoreError> {
    let mut here = Vec::new();
    for author in authors(tx, conversation)?.into_iter().filter(|author| author != by) {
        for id in refs {
            if let Some(marked) = find(tx, conversation, &author, id)? {
                here.push((marked.index, Shown { author, id: *id }));
            }
        }
    }
    Ok(here)
}

/// Everybody who has written in a conversation, found without looking at what they wrote.
fn authors(tx: &dyn Transaction, conversation: Conversation) -> Result<Vec<AccountKey>, StoreError> {
    let prefix = conversation.key();
    let (mut authors, mut after) = (Vec::new(), None::<Vec<u8>>);
    while let Some((key, _)) = tx.scan(Table::MessageId, &prefix, after.as_deref(), 1)?.pop() {
        let author = key.get(prefix.len()..prefix.len().saturating_add(32)).unwrap_or_default();
        authors.push(records::account(author)?);
        // Behind every message id of theirs, which has 16 bytes.
        after = Some([prefix.as_slice(), author, &[0xFF; 17]].concat());
    }
    Ok(authors)
}

/// kind 1 | conversation 32 | 0 | author 32 | message id 16 | account 32
fn said_key(conversation: Conversation, message: &Shown, by: &AccountKey) -> Vec<u8> {
    let author = message.author.as_bytes().as_slice();
    [conversation.key().as_slice(), &[SAID], author, message.id.as_bytes(), by.as_bytes()].concat()
}
