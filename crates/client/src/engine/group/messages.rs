//! Messages of a group: opened with the chain, judged by the log.

use super::{
    Known,
    chains::{KeptChain, forget_chain},
    entry_key, standing,
};
use crate::{
    channel::group as channel,
    conversation::Conversation,
    engine::{
        Engine, Step,
        compose::keep_message,
        marks::{MarkRefused, is_mark},
    },
    error::Error,
    event::Event,
    group::{Mute, Standing},
    records::{self, Records, last_frame_key, message_id_key, message_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::{Body, GroupFrame, Place, Stamp, rules::allowed};
use aside_group::{KeyId, Standing as Newness, Superseded, Unfit};
use aside_identity::{Address, GroupId};
use aside_primitives::Digest;
use aside_wire::{Reject, group_packet::GroupPacket};

/// A group message that will be taken in.
pub(crate) struct GroupPlan {
    frame: GroupFrame,
    chain: KeptChain,
    /// It was the last one that the chain may give.
    finished: bool,
}

/// Why a group message is not taken in now.
pub(crate) enum Unready {
    /// Something that it is judged by is not known here. With a claim, a member speaks of a newer head.
    Hold { claim: Option<(GroupId, u64)> },
    /// It is refused.
    Refuse { reason: Reject, event: Option<Event> },
}

impl From<Reject> for Unready {
    fn from(reason: Reject) -> Self {
        Self::Refuse { reason, event: None }
    }
}

impl Engine {
    /// Everything that can be wrong with a group message, in the order of the spec. It cannot write.
    pub(crate) fn check_group_message(
        &self,
        tx: &dyn Transaction,
        now: u64,
        sender: &Address,
        payload: &[u8],
    ) -> Result<Result<GroupPlan, Unready>, StoreError> {
        let packet = match GroupPacket::parse(payload) {
            Ok(packet) => packet,
            Err(malformed) => return Ok(Err(malformed.reject().into())),
        };
        let unknown = Ok(Err(Unready::Hold { claim: None }));
        let Some(mut kept) = KeptChain::load(tx, &KeyId::new(*packet.key_id))? else { return unknown };
        // GRP-20: the relay vouches for one sender, the chain for another.
        if kept.chain.owner() != sender {
            return Ok(Err(Reject::Policy.into()));
        }
        let Some(known) = Known::load(tx, *kept.chain.group())? else { return unknown };
        let late = kept.record.delete_at != 0 && kept.record.delete_at < now;
        if known.standing()? == Standing::Out || late {
            return Ok(Err(Reject::NotMember.into()));
        }
        // GRP-20
        if let Some(head) = kept.head()? {
            if head.sequence > known.sequence() {
                return Ok(Err(Unready::Hold { claim: Some((known.id, head.sequence)) }));
            }
            if let Some(reason) = known.judge_origin(tx, &kept.chain, head)? {
                return Ok(Err(reason.into()));
            }
            kept.record.head_sequence = 0;
            kept.record.head.clear();
        }
        let (received, advance) = match kept.chain.decrypt(sender, &packet) {
            Ok(opened) => opened,
            Err(refused) => return Ok(Err(refused.reject().into())),
        };
        let (opened, stamp) = match channel::open(&received, sender) {
            Ok(opened) => opened,
            Err(refused) => return Ok(Err(refused.reject().into())),
        };
        let frame = opened.frame;
        if frame.group != known.id {
            return Ok(Err(Reject::Policy.into()));
        }
        if let Err(unready) = self.judge(tx, now, &known, &kept, sender, stamp)? {
            return Ok(Err(unready));
        }
        let body = &frame.frame.body;
        if !allowed(body.kind(), Place::Group) || !(body.is_shown() || is_mark(body)) {
            return Ok(Err(Reject::Policy.into()));
        }
        match self.check_mark(tx, Conversation::Group(known.id), &sender.account, body) {
            Ok(()) => {}
            Err(MarkRefused::Refuse(reason)) => return Ok(Err(reason.into())),
            Err(MarkRefused::Store(error)) => return Err(error),
        }
        let id = message_id_key(&Conversation::Group(known.id), &sender.account, &frame.frame.message_id);
        if tx.get(Table::MessageId, &id)?.is_some() {
            return Ok(Err(Reject::Replay.into()));
        }
        // The advance was derived from this very chain a few lines above.
        if kept.chain.advance(advance).is_err() {
            return Ok(Err(Reject::Replay.into()));
        }
        kept.record.last_sequence = stamp.sequence;
        let finished = kept.chain.is_finished();
        Ok(Ok(GroupPlan { frame, chain: kept, finished }))
    }

    /// Whether the log allows a message that is stamped with this head (GRP-30 to GRP-33).
    fn judge(
        &self,
        tx: &dyn Transaction,
        now: u64,
        known: &Known,
        kept: &KeptChain,
        sender: &Address,
        stamp: Stamp,
    ) -> Result<Result<(), Unready>, StoreError> {
        let claim = Some((known.id, stamp.sequence));
        let Some(state) = &known.state else { return Ok(Err(Unready::Hold { claim })) };
        let stamp = aside_group::Head { sequence: stamp.sequence, hash: stamp.head };
        let superseded = superseded(tx, &known.id, stamp.sequence)?;
        match state.judge_head(&stamp, superseded.as_ref(), kept.record.last_sequence, now) {
            Ok(Newness::Ahead) => return Ok(Err(Unready::Hold { claim })),
            Ok(Newness::Current | Newness::Behind) => {}
            Err(unfit) => {
                let forked =
                    Event::GroupForked { group: known.id, sender: sender.account, sequence: stamp.sequence };
                let event = (unfit == Unfit::Fork).then_some(forked);
                return Ok(Err(Unready::Refuse { reason: unfit.reject(), event }));
            }
        }
        let judged = state.judge(stamp.sequence, sender, kept.chain.epoch());
        Ok(judged.map_err(|unfit| unfit.reject().into()))
    }

    /// Writes what the plan says: chain and message together (GRP-29).
    pub(crate) fn apply_group_message(
        &self,
        step: &mut Step<'_>,
        sender: &Address,
        plan: GroupPlan,
        accepted_at: u64,
    ) -> Result<Vec<Event>, Error> {
        let GroupPlan { frame, chain, finished } = plan;
        let conversation = Conversation::Group(frame.group);
        if finished {
            forget_chain(step.tx, &chain.chain)?;
        } else {
            chain.keep(step.tx)?;
        }
        let mut events = Vec::new();
        let last_key = last_frame_key(&conversation, sender);
        let last = step.tx.get(Table::LastFrame, &last_key)?;
        let names = frame.frame.previous.as_ref().map(|hash| hash.as_bytes().as_slice());
        // Whoever joined later has not seen the beginning; that is no gap.
        if last.is_some() && names != last.as_deref() {
            events.push(Event::Gap { conversation, sender: sender.account });
        }
        step.tx.put(Table::LastFrame, &last_key, frame.hash().as_bytes())?;
        if is_mark(&frame.frame.body) {
            let event = self.apply_mark(step, conversation, &sender.account, &frame.frame.body)?;
            if standing(step.tx, &frame.group)? == Some(Standing::Joined) {
                events.extend(event);
            }
            return Ok(events);
        }
        let hash = frame.hash();
        let index = keep_message(step.tx, conversation, sender, (&frame.frame, &hash), accepted_at)?;
        if standing(step.tx, &frame.group)? == Some(Standing::Joined) {
            let key = message_key(&conversation, index);
            let record = step.tx.read(Table::Message, &key)?.ok_or(StoreError::Damaged("message"))?;
            events.push(Event::Message(Box::new(self.message(step.tx, conversation, index, &record)?)));
        }
        Ok(events)
    }

    /// Whether the person here wants to be told of a message.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn is_to_be_announced(
        &self,
        tx: &dyn Transaction,
        message: &crate::Message,
    ) -> Result<bool, StoreError> {
        let relation = self.relation(tx, &message.sender)?;
        if relation.blocked || relation.muted {
            return Ok(false);
        }
        let Conversation::Group(group) = message.conversation else { return Ok(true) };
        let mute =
            Known::load(tx, group)?.map_or(Mute::Nothing, |known| Mute::from_number(known.record.mute));
        Ok(match mute {
            Mute::Nothing => true,
            Mute::AllButMentions => self.mentions_me(&message.body),
            Mute::Everything => false,
        })
    }

    pub(crate) fn mentions_me(&self, body: &Body) -> bool {
        let own = self.address().account;
        matches!(body, Body::Text(text) if text.mentions().iter().any(|mention| mention.account == own))
    }
}

/// What is remembered of an entry that another has followed.
fn superseded(
    tx: &dyn Transaction,
    group: &GroupId,
    sequence: u64,
) -> Result<Option<Superseded>, StoreError> {
    let entry = |sequence| tx.read::<records::GroupEntry>(Table::GroupEntry, &entry_key(group, sequence));
    let (Some(named), Some(next)) = (entry(sequence)?, entry(sequence.saturating_add(1))?) else {
        return Ok(None);
    };
    Ok(Some(Superseded { hash: Digest(records::fixed(&named.hash)?), at: next.judged_at }))
}
