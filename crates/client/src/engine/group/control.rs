//! What members hand each other over their sessions: chains, invitations, entries.

use super::Known;
use crate::{
    admission::{Admission, Sender, admission},
    conversation::Conversation,
    engine::{Engine, Lane, Matter, Step, queue_entry, stop::Stop, timed::Content},
    error::Error,
    event::Event,
    group::Standing,
    records::{self, Records},
    store::{StoreError, Table, Transaction},
};
use aside_content::{Kind, MessageId, Place, Retry, Salt, ViewKey};
use aside_group::{
    Group, GroupInvite, Head, LogEntries, LogKey, LogKeyId, LogRequest, ReceivingChain, SenderKey,
};
use aside_identity::{AccountKey, Address, GroupId, ListReference};
use aside_primitives::{Draw, entropy};
use aside_wire::{Reject, limits::GROUP_LOG_KEYS};

/// A control frame of a group, checked and not applied.
pub(crate) enum Control {
    /// A chain of the sender, and the log's key.
    Chain { chain: Box<ReceivingChain>, log_key: LogKey, head: Head },
    /// The sender says that the person here is in the group.
    Invite(GroupInvite),
    /// The sender lacks entries.
    LogRequest(LogRequest),
    /// Entries that were asked for.
    LogEntries(LogEntries),
    /// The key of a message of the sender's.
    ViewKey(ViewKey),
    /// The sender could not open messages of this device.
    Retry(Retry),
}

impl Engine {
    /// Judges a control frame (GRP-20, GRP-38, GRP-39; threats G7, G8).
    pub(crate) fn check_control(
        &self,
        tx: &dyn Transaction,
        sender: &Address,
        group: GroupId,
        (kind, content): (Kind, &[u8]),
    ) -> Result<Control, Stop> {
        let known = Known::load(tx, group)?;
        let control = read(group, sender, kind, content)?;
        let is_member = known
            .as_ref()
            .and_then(|known| known.state.as_ref())
            .is_some_and(|state| state.device(sender).is_some());
        let standing = if is_member { Sender::Member } else { Sender::Stranger };
        if admission(kind, Place::Members, standing) == Admission::Refused {
            return Err(Reject::NotMember.into());
        }
        let fits = match (&control, &known) {
            (Control::Chain { chain, log_key, head }, Some(known)) => {
                return known.judge_chain(tx, (chain, log_key, *head), is_member).map(|()| control);
            }
            (Control::Chain { .. }, None) if self.may_hand_over_strange(tx, sender)? => Ok(()),
            (Control::Chain { .. }, None) => Err(Reject::Limit),
            // To whoever is in, a member hands the next key of the log ahead (GRP-37).
            (Control::Invite(_), Some(known)) if is_member || known.standing()? != Standing::Joined => Ok(()),
            (Control::Invite(_), Some(_)) => Err(Reject::NotMember),
            (Control::Invite(_), None) if groups_invited_by(tx, &sender.account)? < INVITATIONS_PER_PEER => {
                Ok(())
            }
            (Control::Invite(_), None) => Err(Reject::Limit),
            (Control::LogRequest(_), Some(known)) if is_member && known.standing()? == Standing::Joined => {
                Ok(())
            }
            (Control::LogRequest(_), _) => Err(Reject::NotMember),
            // Only what was asked for, only from whom it was asked (threat G8).
            (Control::LogEntries(_), Some(known)) if known.asked(&sender.account) => Ok(()),
            (Control::LogEntries(_), _) => Err(Reject::Policy),
            (Control::ViewKey(_), Some(known)) if known.standing()? == Standing::Joined => Ok(()),
            (Control::ViewKey(_), _) => Err(Reject::NotMember),
            (Control::Retry(_), Some(known)) if known.standing()? == Standing::Joined => Ok(()),
            (Control::Retry(_), _) => Err(Reject::NotMember),
        };
        fits.map(|()| control).map_err(Stop::from)
    }

    /// Applies a control frame that was checked.
    pub(crate) fn apply_control(
        &self,
        step: &mut Step<'_>,
        sender: &Address,
        (group, came_in_sending): (GroupId, bool),
        control: Control,
    ) -> Result<Vec<Event>, Error> {
        let mut known = Known::load(step.tx, group)?;
        match control {
            Control::Chain { chain, log_key, head } => {
                self.keep_chain(step, known.as_ref(), *chain, head)?;
                if let Some(known) = &mut known {
                    let is_member = known.state.as_ref().is_some_and(|state| state.device(sender).is_some());
                    let early = known.record.early_chains.saturating_add(u32::from(!is_member));
                    known.record.early_chains = early;
                    known.learn_keys(step.tx, &[log_key])?;
                    known.hear_of(&sender.account, head.sequence, step.now);
                    known.keep(step.tx)?;
                }
                self.try_held(step)
            }
            // Whom the person here does not hear takes them into nothing; the keys of a group they are in are its own.
            Control::Invite(invite) if is_joined(&known)? || !self.hears_invitations(step.tx, sender)? => {
                if let Some(known) = known.as_mut().filter(|known| known.record.standing != OUT) {
                    known.learn_keys(step.tx, &invite.log_keys)?;
                    known.keep(step.tx)?;
                }
                self.try_held(step)
            }
            Control::Invite(invite) => self.on_invite(step, sender, group, known, &invite),
            Control::LogRequest(request) => {
                if let Some(known) = &known {
                    self.on_log_request(step, known, &sender.account, request)?;
                }
                Ok(Vec::new())
            }
            Control::Retry(retry) => {
                self.on_retry(step, sender, &retry, came_in_sending).map(|()| Vec::new())
            }
            Control::ViewKey(key) => {
                self.on_view_key(step, group, &sender.account, &key).map(|()| Vec::new())
            }
            Control::LogEntries(entries) => match &mut known {
                Some(known) => self.on_log_entries(step, known, entries).map(|()| Vec::new()),
                None => Ok(Vec::new()),
            },
        }
    }

    fn hears_invitations(&self, tx: &dyn Transaction, sender: &Address) -> Result<bool, StoreError> {
        let blocked = self.relation(tx, &sender.account)?.blocked;
        Ok(!blocked && self.hears(tx, &sender.account, Matter::Groups)?)
    }

    /// An invitation is a request: the log is fetched and verified, and nothing goes out (GRP-38).
    fn on_invite(
        &self,
        step: &mut Step<'_>,
        sender: &Address,
        group: GroupId,
        known: Option<Known>,
        invite: &GroupInvite,
    ) -> Result<Vec<Event>, Error> {
        let mut known = known.unwrap_or_else(|| Known::new(group, Standing::Invited));
        if known.state.is_none() {
            known.record.standing = Standing::Invited.number();
        }
        let stranger = known.state.as_ref().is_some_and(|state| state.member(&sender.account).is_none());
        // Whoever is invited already learns nothing from somebody who is not in the group.
        let says_something = !stranger || known.standing()? == Standing::Out;
        let again =
            known.record.invited_by == sender.account.as_bytes() && known.standing()? == Standing::Invited;
        if says_something {
            known.record.invited_by = sender.account.as_bytes().to_vec();
        }
        if known.state.is_none() {
            // Who invited first may have lied about the key that the log begins with.
            known.enter(step.tx, None)?;
        }
        known.record.wanted = true;
        known.learn_keys(step.tx, &invite.log_keys)?;
        known.hear_of(&sender.account, invite.head.sequence, step.now);
        known.keep(step.tx)?;
        self.keep_group_conversation(step, group)?;
        let invited = Event::GroupInvited { group, by: sender.account };
        Ok((says_something && !again).then_some(invited).into_iter().collect())
    }

    /// Tells people that they are in the group, with every key of its log (GRP-38).
    pub(crate) fn invite(
        &self,
        step: &mut Step<'_>,
        known: &Known,
        people: &[(AccountKey, ListReference)],
    ) -> Result<(), Error> {
        let Some(state) = &known.state else { return Ok(()) };
        let invite = GroupInvite { head: state.head(), log_keys: known.every_log_key(step.tx)? }.encode();
        for (account, _) in people {
            self.queue_control(step, &known.id, account, Kind::GROUP_INVITE, &invite)?;
        }
        Ok(())
    }

    /// Hands the next key of the log to every member, behind all those before, and before the log says that it counts:
    /// whoever has drawn it may vanish (GRP-37).
    pub(crate) fn hand_out_log_key(
        &self,
        step: &mut Step<'_>,
        known: &Known,
        key: LogKey,
    ) -> Result<(), Error> {
        let Some(state) = &known.state else { return Ok(()) };
        let own = self.address().account;
        let mut log_keys = known.every_log_key(step.tx)?;
        log_keys.push(key);
        let ahead = GroupInvite { head: state.head(), log_keys }.encode();
        for (account, _) in state.members().filter(|(account, _)| **account != own) {
            self.queue_control(step, &known.id, account, Kind::GROUP_INVITE, &ahead)?;
        }
        Ok(())
    }

    /// Puts a control frame into the outbox, ahead of everything that people say.
    pub(crate) fn queue_control(
        &self,
        step: &mut Step<'_>,
        group: &GroupId,
        to: &AccountKey,
        kind: Kind,
        content: &[u8],
    ) -> Result<(), Error> {
        self.queue_for_list(step, group, (to, 0), kind, content)
    }

    /// The same for somebody whose device list must have a version at least.
    pub(crate) fn queue_for_list(
        &self,
        step: &mut Step<'_>,
        group: &GroupId,
        (to, least_list): (&AccountKey, u64),
        kind: Kind,
        content: &[u8],
    ) -> Result<(), Error> {
        let client_id: [u8; 16] = entropy::public(step.entropy, Draw("client id"))?;
        let message_id = MessageId::draw(step.entropy)?;
        let is_timed = kind == Kind::VIEW_KEY;
        let content = Content::of(step, is_timed, message_id.as_bytes(), content.to_vec())?;
        let outgoing = records::Outgoing {
            peer: to.as_bytes().to_vec(),
            conversation: Conversation::Group(*group).key().to_vec(),
            message_id: message_id.as_bytes().to_vec(),
            sent_at: step.now,
            kind: kind.0,
            content: content.bytes,
            key: content.key,
            client_id: client_id.to_vec(),
            salt: Salt::draw(step.entropy)?.0.to_vec(),
            least_list,
            ..Default::default()
        };
        Ok(queue_entry(step.tx, Lane::Control, &outgoing)?)
    }
}

/// The number of [`Standing::Out`].
const OUT: u32 = Standing::Out.number();

fn is_joined(known: &Option<Known>) -> Result<bool, StoreError> {
    Ok(match known {
        Some(known) => known.standing()? == Standing::Joined,
        None => false,
    })
}

fn read(group: GroupId, sender: &Address, kind: Kind, content: &[u8]) -> Result<Control, Stop> {
    Ok(match kind {
        Kind::SENDER_KEY => {
            let SenderKey { epoch, head, chain, log_key } = SenderKey::decode(content)?;
            let chain = Box::new(ReceivingChain::accept(group, *sender, epoch, chain));
            Control::Chain { chain, log_key, head }
        }
        Kind::GROUP_INVITE => Control::Invite(GroupInvite::decode(content)?),
        Kind::GROUP_LOG_REQUEST => Control::LogRequest(LogRequest::decode(content)?),
        Kind::GROUP_LOG_ENTRIES => Control::LogEntries(LogEntries::decode(content)?),
        Kind::VIEW_KEY => Control::ViewKey(ViewKey::decode(content)?),
        Kind::RETRY => Control::Retry(Retry::decode(content)?),
        _ => return Err(Reject::Policy.into()),
    })
}

impl Known {
    /// Judges a chain by the head at which it was handed over (GRP-20).
    fn judge_chain(
        &self,
        tx: &dyn Transaction,
        (chain, log_key, head): (&ReceivingChain, &LogKey, Head),
        is_member: bool,
    ) -> Result<(), Stop> {
        // What the sender knows and this device does not may be that the sender is a member. It is judged when its
        // first message is.
        if head.sequence > self.sequence() {
            let full = !is_member && self.record.early_chains >= EARLY_CHAINS;
            return if full { Err(Reject::Limit.into()) } else { Ok(()) };
        }
        self.judge_origin(tx, chain, head)?;
        let is_key_of =
            |state: &Group| head.sequence < state.sequence() || log_key.id() == state.log_key_id();
        if self.state.as_ref().is_some_and(is_key_of) { Ok(()) } else { Err(Reject::Policy.into()) }
    }

    /// The same for what was handed over before its head was known here. Its owner must be a member still: whoever is
    /// out could otherwise have made it since, for an epoch of the past (GRP-27).
    pub(crate) fn judge_origin(
        &self,
        tx: &dyn Transaction,
        chain: &ReceivingChain,
        head: Head,
    ) -> Result<(), Stop> {
        let owner = chain.owner();
        let state = self.state.as_ref().filter(|state| state.device(owner).is_some());
        let state = state.ok_or(Reject::NotMember)?;
        let key = super::entry_key(&self.id, head.sequence);
        let own = tx.read::<records::GroupEntry>(Table::GroupEntry, &key)?;
        if own.is_some_and(|own| own.hash != head.hash.as_bytes()) {
            return Err(self.forked(owner, head.sequence));
        }
        let of_its_epoch = state.epoch_at(head.sequence) == Some(chain.epoch());
        if of_its_epoch { Ok(()) } else { Err(Reject::Stale.into()) }
    }

    /// Somebody has another log of this group (GRP-30).
    pub(crate) fn forked(&self, sender: &Address, sequence: u64) -> Stop {
        Stop::alarm(Reject::Fork, Event::GroupForked { group: self.id, sender: sender.account, sequence })
    }

    /// Whether a member was asked for entries.
    fn asked(&self, member: &AccountKey) -> bool {
        self.record.claims.iter().any(|claim| claim.asked && claim.account == member.as_bytes())
    }
}

impl Known {
    /// Every key that has encrypted the log, oldest first, as far as they are known here.
    fn every_log_key(&self, tx: &dyn Transaction) -> Result<Vec<LogKey>, StoreError> {
        let mut keys = Vec::new();
        for id in self.state.iter().flat_map(|state| state.log_key_ids()) {
            keys.extend(self.log_key(tx, &id)?);
        }
        Ok(keys)
    }

    /// Drops keys that the log has not named, if there would be more than it may have: invitations come from anybody.
    pub(crate) fn make_room_for_keys(&self, tx: &mut dyn Transaction, more: usize) -> Result<(), StoreError> {
        let kept = tx.scan(Table::LogKey, self.id.as_bytes(), None, usize::MAX)?;
        if kept.len().saturating_add(more) <= GROUP_LOG_KEYS {
            return Ok(());
        }
        let named: Vec<LogKeyId> = self.state.iter().flat_map(|state| state.log_key_ids()).collect();
        for (key, _) in kept {
            let id = LogKeyId::new(records::fixed(key.get(32..).unwrap_or_default())?);
            if !named.contains(&id) {
                tx.delete(Table::LogKey, &key)?;
            }
        }
        Ok(())
    }
}

/// Chains kept of whoever is no member yet, for one group: as many as join while an entry is under way.
const EARLY_CHAINS: u32 = 16;
/// Groups that one account may have invited the person here to without an answer.
const INVITATIONS_PER_PEER: usize = 32;

fn groups_invited_by(tx: &dyn Transaction, account: &AccountKey) -> Result<usize, StoreError> {
    let mut count = 0usize;
    for (_, record) in tx.scan(Table::Group, &[], None, usize::MAX)? {
        let record: records::Group = records::decode(&record)?;
        let waiting =
            record.standing == Standing::Invited.number() && record.invited_by == account.as_bytes();
        count = count.saturating_add(usize::from(waiting));
    }
    Ok(count)
}
