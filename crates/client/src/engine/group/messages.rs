//! Messages of a group: opened with the chain, judged by the log.

use super::{
    Known,
    chains::{KeptChain, forget_chain},
    entry_key, standing,
};
use crate::{
    admission::{Admission, Sender, admission},
    channel::group as channel,
    conversation::Conversation,
    engine::{
        Engine, Step,
        compose::keep_message,
        inbox::View,
        incoming::{first_copy, listed},
        stop::Stop,
    },
    error::Error,
    event::Event,
    group::{Mute, Standing},
    records::{self, Records, last_frame_key, message_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::{Body, GroupFrame, Place, Stamp};
use aside_group::{Head, KeyId, Standing as Newness, Superseded, Unfit};
use aside_identity::{Address, DeviceList, GroupId};
use aside_primitives::Digest;
use aside_wire::{Reject, group_packet::GroupPacket};

/// A group message that will be taken in.
pub(crate) struct GroupPlan {
    frame: GroupFrame,
    /// The sender's device is a program.
    automated: bool,
    chain: KeptChain,
    /// It was the last one that the chain may give.
    finished: bool,
}

impl Engine {
    /// Everything that can be wrong with a group message, in the order of the spec. It cannot write.
    pub(crate) fn check_group_message(
        &self,
        tx: &dyn Transaction,
        now: u64,
        (sender, list): (&Address, &DeviceList),
        payload: &[u8],
    ) -> Result<GroupPlan, Stop> {
        let packet = GroupPacket::parse(payload)?;
        let unknown = || Stop::Hold { claim: None };
        let mut kept = KeptChain::load(tx, &KeyId::new(*packet.key_id))?.ok_or_else(unknown)?;
        // GRP-20: the relay vouches for one sender, the chain for another.
        if kept.chain.owner() != sender {
            return Err(Reject::Policy.into());
        }
        let known = Known::load(tx, *kept.chain.group())?.ok_or_else(unknown)?;
        let late = kept.record.delete_at != 0 && kept.record.delete_at < now;
        if known.standing()? == Standing::Out || late {
            return Err(Reject::NotMember.into());
        }
        // GRP-20
        if let Some(head) = kept.head()? {
            if head.sequence > known.sequence() {
                return Err(Stop::Hold { claim: Some((known.id, head.sequence)) });
            }
            known.judge_origin(tx, &kept.chain, head)?;
            kept.record.head_sequence = 0;
            kept.record.head.clear();
        }
        let (received, advance) = kept.chain.decrypt(sender, &packet)?;
        let (opened, stamp) = channel::open(&received, sender)?;
        let frame = opened.frame;
        if frame.group != known.id {
            return Err(Reject::Policy.into());
        }
        judge(tx, now, &known, &kept, stamp)?;
        let automated = listed(list, sender)?.capabilities.automated;
        self.check_group_frame(tx, sender, &frame)?;
        // The advance was derived from this very chain a few lines above.
        kept.chain.advance(advance).map_err(|_| Reject::Replay)?;
        kept.record.last_sequence = stamp.sequence;
        let finished = kept.chain.is_finished();
        Ok(GroupPlan { frame, automated, chain: kept, finished })
    }

    fn check_group_frame(
        &self,
        tx: &dyn Transaction,
        sender: &Address,
        frame: &GroupFrame,
    ) -> Result<(), Stop> {
        let body = &frame.frame.body;
        if admission(body.kind(), Place::Group, Sender::Member) == Admission::Refused {
            return Err(Reject::Policy.into());
        }
        let conversation = Conversation::Group(frame.group);
        self.check_mark(tx, conversation, &sender.account, body)?;
        first_copy(tx, conversation, sender, &frame.frame)
    }

    /// Writes what the plan says: chain and message together (GRP-29).
    pub(crate) fn apply_group_message(
        &self,
        step: &mut Step<'_>,
        sender: &Address,
        plan: GroupPlan,
        accepted_at: u64,
    ) -> Result<Vec<Event>, Error> {
        let GroupPlan { frame, automated, chain, finished } = plan;
        let group = frame.group;
        let conversation = Conversation::Group(group);
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
        let hash = frame.hash();
        if !frame.frame.body.is_shown() {
            let event = self.apply_mark(step, conversation, &sender.account, &frame.frame.body)?;
            let arrived = (&frame.frame, &hash, accepted_at);
            let captured = self.apply_capture(step, conversation, (sender, automated), arrived)?;
            let event = event.or(captured);
            if standing(step.tx, &frame.group)? == Some(Standing::Joined) {
                events.extend(event);
            }
            return Ok(events);
        }
        let frame = self.with_view_key(step, conversation, &sender.account, frame.frame)?;
        let sent = (&frame, &hash);
        let index = keep_message(step, conversation, (sender, automated), sent, Some(accepted_at))?;
        if standing(step.tx, &group)? == Some(Standing::Joined) {
            let key = message_key(&conversation, index);
            let record = step.tx.read(Table::Message, &key)?.ok_or(StoreError::Damaged("message"))?;
            let message = self.message(&View::of(step)?, conversation, index, &record)?;
            events.push(Event::Message(Box::new(message)));
        }
        Ok(events)
    }

    /// Whether the person here is to be alerted to a message: they have not muted it, and whoever wrote it has not asked
    /// for silence (CON-30).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn is_to_be_announced(
        &self,
        tx: &dyn Transaction,
        message: &crate::Message,
    ) -> Result<bool, StoreError> {
        Ok(!message.silent && !self.is_muted(tx, message)?)
    }

    /// Whether the person here does not want to be told of a message.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn is_muted(&self, tx: &dyn Transaction, message: &crate::Message) -> Result<bool, StoreError> {
        let relation = self.relation(tx, &message.sender)?;
        if relation.blocked || relation.muted {
            return Ok(true);
        }
        let Conversation::Group(group) = message.conversation else { return Ok(false) };
        let record = tx.read::<records::Group>(Table::Group, group.as_bytes())?;
        let mute = record.map_or(Mute::Nothing, |record| Mute::from_number(record.mute));
        Ok(match mute {
            Mute::Nothing => false,
            Mute::AllButMentions => !self.mentions_me(&message.body),
            Mute::Everything => true,
        })
    }

    pub(crate) fn mentions_me(&self, body: &Body) -> bool {
        let own = self.address().account;
        match body {
            Body::Text(text) => text.mentions().iter().any(|mention| mention.account == own),
            Body::Reply(reply) => self.mentions_me(&reply.body),
            _ => false,
        }
    }
}

/// Whether the log allows a message that is stamped with this head (GRP-30 to GRP-33).
fn judge(tx: &dyn Transaction, now: u64, known: &Known, kept: &KeptChain, stamp: Stamp) -> Result<(), Stop> {
    let ahead = || Stop::Hold { claim: Some((known.id, stamp.sequence)) };
    let state = known.state.as_ref().ok_or_else(ahead)?;
    let sender = kept.chain.owner();
    let head = Head { sequence: stamp.sequence, hash: stamp.head };
    let superseded = superseded(tx, &known.id, stamp.sequence)?;
    match state.judge_head(&head, superseded.as_ref(), kept.record.last_sequence, now) {
        Ok(Newness::Ahead) => return Err(ahead()),
        Ok(Newness::Current | Newness::Behind) => {}
        Err(Unfit::Fork) => return Err(known.forked(sender, stamp.sequence)),
        Err(unfit) => return Err(unfit.reject().into()),
    }
    let judged = state.judge(stamp.sequence, sender, kept.chain.epoch());
    judged.map_err(|unfit| unfit.reject().into())
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
