//! The outbox: seal once, send until the relay has it.

use super::{
    Engine, Need, Step,
    compose::{Composed, leave_outbox},
    group::{CHAIN_USE_MS, Sealing, audience},
    peers::Peer,
    repeating,
    sessions::{keep_sessions, sessions},
    timed,
    view_once::for_device,
};
use crate::{
    channel::{pairwise, plain},
    conversation::Conversation,
    error::Error,
    event::Event,
    records::{self, Outgoing as Entry, Records, Sealed, decode, fixed, index, message_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::{
    Body, ChatFrame, ChatId, Context, Expiry, Frame, GroupFrame, Kind, MessageId, Retry, Salt, ThreadFrame,
    ThreadId,
};
use aside_identity::{AccountKey, Address, GroupId};
use aside_primitives::Digest;
use aside_wire::pb::{self, RefusalCode, request};
use prost::Message;
use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap, hash_map},
};

/// Each so many messages of a chain, one is kept by the relay as long as it keeps anything (RLY-45): half of what a session
/// can skip, so that not even mail of which much is over leads out of its reach.
const MILESTONE: u32 = aside_session::limits::JUMP / 2;

/// A message that is sealed and can go to the relay.
#[derive(Clone, PartialEq)]
pub struct Outbound {
    /// Its place in the outbox.
    pub place: u64,
    /// The request. Its bytes do not change between attempts.
    pub request: request::Body,
}

/// Places of the outbox that are not to be sent now.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Busy {
    /// Sent, and not answered yet.
    pub in_flight: BTreeSet<u64>,
    /// Refused for now. What was written to the same person later waits behind it, so that it does not overtake.
    pub put_off: BTreeSet<u64>,
    /// What the relay has answered without help, or would not answer. What waits for it holds up nobody else.
    pub hopeless: BTreeSet<Need>,
}

/// What the outbox has for the relay.
#[derive(Clone, PartialEq, Default)]
pub struct Outgoing {
    /// To be sent, in this order.
    pub ready: Vec<Outbound>,
    /// To be asked first, for messages that cannot be sealed yet.
    pub needs: Vec<Need>,
    /// What happened on the way.
    pub events: Vec<Event>,
}

/// Whose order is kept: one who cannot be reached holds up nobody else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Peer(AccountKey),
    Group(GroupId),
}

/// One look through the outbox.
#[derive(Default)]
struct Pass {
    outgoing: Outgoing,
    waiting: BTreeSet<Target>,
    /// Groups for which something is still to be handed to somebody before what people say.
    preparing: BTreeSet<GroupId>,
    /// Groups of which something is on its way to a member, and the relay has not answered.
    handing: BTreeSet<GroupId>,
    /// The members of groups by their logs; `None` where the person here is out.
    audiences: HashMap<GroupId, Option<BTreeSet<AccountKey>>>,
}

impl Pass {
    fn note_handing(&mut self, target: Target, entry: &Entry) -> Result<(), StoreError> {
        if let (Target::Peer(_), Conversation::Group(group)) = (target, conversation(entry)?) {
            self.handing.insert(group);
        }
        Ok(())
    }
}

/// How the look goes on after an entry.
#[derive(PartialEq, Eq)]
enum Next {
    Entry,
    /// Something came before what was looked at.
    Again,
}

impl Engine {
    /// Seals what can be sealed and returns what can be sent, leaving out what is `busy`.
    ///
    /// **Commit before anything of it leaves**: the sessions have moved on, and the envelopes are stored, so that a
    /// crash in between sends the same bytes again and never uses a key twice (SES-11, threat R11).
    ///
    /// # Errors
    /// [`Error`] of the store or the source of randomness.
    pub fn outgoing(&self, step: &mut Step<'_>, busy: &Busy, max: usize) -> Result<Outgoing, Error> {
        let mut happened = self.say_what_is_due(step)?;
        let (mut needs, events) = self.tend_groups(step)?;
        needs.extend(self.declarations_to_see(step.tx)?);
        self.show_declarations(step)?;
        happened.extend(events);
        self.queue_receipts(step)?;
        self.heal(step)?;
        loop {
            let mut pass = Pass::default();
            let done = self.look_through(step, busy, max, &mut pass)?;
            happened.append(&mut pass.outgoing.events);
            if done {
                pass.outgoing.needs.extend(needs);
                pass.outgoing.events = happened;
                return Ok(pass.outgoing);
            }
        }
    }

    /// Returns whether the look has come to its end.
    fn look_through(
        &self,
        step: &mut Step<'_>,
        busy: &Busy,
        max: usize,
        pass: &mut Pass,
    ) -> Result<bool, Error> {
        let mut after = Vec::new();
        loop {
            let page = step.tx.scan(Table::Outbox, &[], Some(&after), 64)?;
            let Some((last, _)) = page.last() else { return Ok(true) };
            after.clone_from(last);
            for (key, record) in page {
                if pass.outgoing.ready.len() >= max {
                    return Ok(true);
                }
                if self.look_at(step, busy, pass, &key, decode(&record)?)? == Next::Again {
                    return Ok(false);
                }
            }
        }
    }

    fn look_at(
        &self,
        step: &mut Step<'_>,
        busy: &Busy,
        pass: &mut Pass,
        key: &[u8],
        mut entry: Entry,
    ) -> Result<Next, Error> {
        let place = index(key)?;
        let target = target(&entry)?;
        if busy.put_off.contains(&place) {
            pass.waiting.insert(target);
        }
        if busy.in_flight.contains(&place) {
            pass.note_handing(target, &entry)?;
            // A change moves the head on which everything after it is sealed.
            if entry.change {
                pass.waiting.insert(target);
            }
            return Ok(Next::Entry);
        }
        if let (Target::Peer(account), Conversation::Thread(_)) = (target, conversation(&entry)?)
            && self.is_encrypted_only(step.tx, &account)?
        {
            // Whatever was queued before, and by whatever way: nothing in the clear comes after a declaration (CNV-40).
            let refusal = self.on_refused(step, place, RefusalCode::EncryptedOnly)?;
            pass.outgoing.events.extend(refusal.into_event());
            return Ok(Next::Entry);
        }
        if pass.waiting.contains(&target) {
            return Ok(Next::Entry);
        }
        let account = match target {
            Target::Peer(account) => account,
            Target::Group(group) => return self.look_at_group(step, pass, group, key, entry),
        };
        if let Conversation::Group(group) = conversation(&entry)?
            && !self.may_be_handed(step, pass, group, &account, &entry)?
        {
            leave_outbox(step, key, &entry)?;
            return Ok(Next::Entry);
        }
        if entry.again && !self.is_still_repeated(step, &entry)? {
            leave_outbox(step, key, &entry)?;
            return Ok(Next::Entry);
        }
        if Kind(entry.kind) == Kind::RECEIPTS && !self.is_still_told(step.tx, &account, &entry)? {
            leave_outbox(step, key, &entry)?;
            return Ok(Next::Entry);
        }
        // Nothing goes to an account whose handle is contested (CNV-9, threat H11).
        if !self.may_send_to(step.tx, &account)? {
            pass.waiting.insert(target);
            return Ok(Next::Entry);
        }
        if !self.is_sealed_for(step.tx, &account, &entry)? && !timed::can_be_opened(step.tx, entry.key)? {
            // The profile was copied without its page keys: what nobody can read, nobody can seal (EXP-47).
            leave_outbox(step, key, &entry)?;
            return Ok(Next::Entry);
        }
        let needs = self.seal(step, &account, &mut entry, &busy.hopeless)?;
        if needs.is_empty() {
            step.tx.write(Table::Outbox, key, &entry)?;
            pass.note_handing(target, &entry)?;
            pass.outgoing.ready.extend(outbound(place, &entry)?);
        } else {
            pass.waiting.insert(target);
            if let Conversation::Group(group) = conversation(&entry)?
                && needs.iter().any(|need| !busy.hopeless.contains(need))
            {
                pass.preparing.insert(group);
            }
            pass.outgoing.needs.extend(needs);
        }
        Ok(Next::Entry)
    }

    /// Whether something of a group is still for this member, whatever it was when it was queued (GRP-19, GRP-35).
    fn may_be_handed(
        &self,
        step: &Step<'_>,
        pass: &mut Pass,
        group: GroupId,
        to: &AccountKey,
        entry: &Entry,
    ) -> Result<bool, StoreError> {
        if let hash_map::Entry::Vacant(place) = pass.audiences.entry(group) {
            place.insert(audience(step.tx, group)?);
        }
        let audience = pass.audiences.get(&group).and_then(Option::as_ref);
        let age = step.now.saturating_sub(entry.sent_at);
        let outlived = Kind(entry.kind) == Kind::SENDER_KEY && age > CHAIN_USE_MS;
        Ok(!outlived && audience.is_some_and(|members| members.contains(to)))
    }

    fn look_at_group(
        &self,
        step: &mut Step<'_>,
        pass: &mut Pass,
        group: GroupId,
        key: &[u8],
        mut entry: Entry,
    ) -> Result<Next, Error> {
        // A rekey is asked for when the relay has answered for everybody who is given its key (GRP-37).
        let is_rekey = entry.handed_out_at > 0;
        if pass.preparing.contains(&group) || (is_rekey && pass.handing.contains(&group)) {
            pass.waiting.insert(Target::Group(group));
            return Ok(Next::Entry);
        }
        let sealing = if entry.change {
            self.seal_change(step, group, &mut entry)?
        } else {
            self.seal_for_group(step, group, &mut entry)?
        };
        match sealing {
            Sealing::Ready => {
                step.tx.write(Table::Outbox, key, &entry)?;
                pass.outgoing.ready.extend(outbound(index(key)?, &entry)?);
                if entry.change {
                    pass.waiting.insert(Target::Group(group));
                }
            }
            Sealing::Waits => {
                pass.waiting.insert(Target::Group(group));
            }
            Sealing::Behind => return Ok(Next::Again),
            Sealing::Replaced => {
                step.tx.delete(Table::Outbox, key)?;
                return Ok(Next::Again);
            }
            Sealing::Over(events) => {
                leave_outbox(step, key, &entry)?;
                pass.outgoing.events.extend(events);
            }
        }
        Ok(Next::Entry)
    }

    /// Whether an entry is sealed for exactly the devices that the account is known to have.
    fn is_sealed_for(
        &self,
        tx: &dyn Transaction,
        account: &AccountKey,
        entry: &Entry,
    ) -> Result<bool, StoreError> {
        let Some(sealed) = &entry.sealed else { return Ok(false) };
        let peer = self.peer(tx, account)?;
        Ok(peer.is_some_and(|peer| peer.list.reference().version == sealed.list_version))
    }

    /// Seals an entry for every device of the account, unless it is sealed for exactly these already. Returns what
    /// is needed first; nothing has changed then.
    fn seal(
        &self,
        step: &mut Step<'_>,
        account: &AccountKey,
        entry: &mut Entry,
        hopeless: &BTreeSet<Need>,
    ) -> Result<Vec<Need>, Error> {
        let Some(peer) = self.peer(step.tx, account)? else {
            return Ok(vec![Need::Devices { account: *account, known: 0 }]);
        };
        let list_version = peer.list.reference().version;
        // A chain goes only to devices of the list that the group's log names, or of a newer one (GRP-19).
        if entry.least_list > list_version {
            return Ok(vec![Need::Devices { account: *account, known: list_version }]);
        }
        // What is known of the recipient may be old by the time it goes out in the clear (CNV-42).
        if matches!(conversation(entry)?, Conversation::Thread(_))
            && !self.is_fresh(step.tx, account, step.now)?
        {
            return Ok(vec![Need::Devices { account: *account, known: list_version }]);
        }
        if self.is_sealed_for(step.tx, account, entry)? {
            return Ok(Vec::new());
        }
        let sealed = match composed(step.tx, entry)? {
            // The only way to plaintext starts here, so a record that does not add up fails closed (threat C1).
            Composed::Thread(frame)
                if frame.thread != ThreadId::between(&self.address().account, account) =>
            {
                return Err(StoreError::Damaged("conversation in the outbox").into());
            }
            Composed::Thread(frame) => {
                let damaged = |_| StoreError::Damaged("message in the outbox");
                let envelope = plain::seal(&frame).map_err(damaged)?.encode_to_vec();
                let parcel = |device_id| pb::Parcel { device_id, envelope: envelope.clone() };
                let parcels = devices(&peer).map(|address| parcel(address.device.number())).collect();
                Sealed { list_version, parcels, keep: entry.keep, ..Sealed::default() }
            }
            Composed::Chat(frame) => match self.encrypt(step, &peer, (&frame, entry), hopeless)? {
                Ok(sealed) => sealed,
                Err(needs) => return Ok(needs),
            },
            Composed::Group(_) => return Err(StoreError::Damaged("conversation in the outbox").into()),
        };
        entry.sealed = Some(sealed);
        Ok(Vec::new())
    }

    /// Encrypts a frame for every device, or says which devices have no session yet. There is no third way (CNV-5).
    fn encrypt(
        &self,
        step: &mut Step<'_>,
        peer: &Peer,
        (frame, entry): (&ChatFrame, &Entry),
        hopeless: &BTreeSet<Need>,
    ) -> Result<Result<Sealed, Vec<Need>>, Error> {
        let mut ready = Vec::new();
        let mut needs = Vec::new();
        for device in devices(peer) {
            let sessions = sessions(step.tx, &device)?;
            let need = Need::Prekeys(device);
            match sessions.sending() {
                None => needs.push(need),
                // HEA-19: rather in this one than not at all.
                Some(kept)
                    if kept.is_worn(step.now)
                        && !hopeless.contains(&need)
                        && !self.began_lately(step, &device)? =>
                {
                    needs.push(need);
                }
                Some(_) => ready.push((device, sessions)),
            }
        }
        if !needs.is_empty() {
            return Ok(Err(needs));
        }
        let mut keep = entry.keep;
        let (mut parcels, mut agreement_keys, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for (device, mut sessions) in ready {
            let Some(kept) = sessions.sending_mut() else { return Ok(Err(vec![Need::Prekeys(device)])) };
            let context = Context {
                sender_list: self.list.reference(),
                recipient_list: peer.list.reference(),
                generation: kept.generation(),
            };
            let Some(certificate) = peer.list.certificate(device.device) else { continue };
            let frame = match entry.again && entry.only_device != device.device.number() {
                true => Cow::Owned(nothing_for(frame)?),
                false => for_device(frame, &certificate.capabilities),
            };
            let sealed = pairwise::seal(step.entropy, kept.session_mut(), &self.address(), &context, &frame);
            let envelope = match sealed {
                Ok(envelope) => envelope.encode_to_vec(),
                Err(pairwise::CannotSeal::Session(aside_session::CannotSend::Entropy(failed))) => {
                    return Err(failed.into());
                }
                // A chain without numbers left, or a key of the peer's that does not serve: a new session does.
                Err(pairwise::CannotSeal::Session(_)) => return Ok(Err(vec![Need::Prekeys(device)])),
                Err(pairwise::CannotSeal::Malformed(_)) => {
                    return Err(StoreError::Damaged("message in the outbox").into());
                }
            };
            if kept.session().sent().is_multiple_of(MILESTONE) {
                keep = pb::Keep::Longest.into();
            }
            ids.push(kept.session().id().as_bytes().to_vec());
            keep_sessions(step.tx, &device, step.now, &mut sessions)?;
            parcels.push(pb::Parcel { device_id: device.device.number(), envelope });
            agreement_keys.push(certificate.agreement_key.as_bytes().to_vec());
        }
        let list_version = peer.list.reference().version;
        Ok(Ok(Sealed { list_version, parcels, keep, agreement_keys, sessions: ids }))
    }
}

/// What a device gets while another gets something again: a frame that says nothing (HEA-15).
fn nothing_for(frame: &ChatFrame) -> Result<ChatFrame, StoreError> {
    let body = Body::of(Retry { messages: Vec::new() }).map_err(|_| StoreError::Damaged("retry"))?;
    let ChatFrame { chat, frame: Frame { message_id, sent_at, salt, .. } } = frame;
    let (message_id, sent_at, salt) = (*message_id, *sent_at, *salt);
    let frame = Frame { message_id, sent_at, body, previous: None, silent: true, expiry: None, salt };
    Ok(ChatFrame { chat: *chat, frame })
}

pub(crate) fn devices(peer: &Peer) -> impl Iterator<Item = Address> {
    let address = |certificate: &aside_identity::Certificate| Address {
        account: certificate.account,
        device: certificate.device,
    };
    peer.list.certificates().iter().map(address)
}

fn outbound(place: u64, entry: &Entry) -> Result<Option<Outbound>, StoreError> {
    let request = match (&entry.group_request, &entry.sealed) {
        (Some(sealed), _) if entry.change => request::Body::AppendEntry(decode(&sealed.request)?),
        (Some(sealed), _) => request::Body::FanOut(decode(&sealed.request)?),
        (None, Some(sealed)) => request::Body::Send(pb::Send {
            client_id: entry.client_id.clone(),
            recipient: entry.peer.clone(),
            list_version: sealed.list_version,
            parcels: sealed.parcels.clone(),
            keep: sealed.keep,
        }),
        (None, None) => return Ok(None),
    };
    Ok(Some(Outbound { place, request }))
}

/// An entry without a recipient is for the whole group of its conversation.
fn target(entry: &Entry) -> Result<Target, StoreError> {
    match (entry.peer.as_slice(), conversation(entry)?) {
        ([], Conversation::Group(group)) => Ok(Target::Group(group)),
        (peer, _) => Ok(Target::Peer(records::account(peer)?)),
    }
}

pub(crate) fn conversation(entry: &Entry) -> Result<Conversation, StoreError> {
    Conversation::from_key(&entry.conversation).ok_or(StoreError::Damaged("conversation in the outbox"))
}

/// The frame of an entry, in the type of its conversation.
pub(crate) fn composed(tx: &dyn Transaction, entry: &Entry) -> Result<Composed, StoreError> {
    let damaged = |_| StoreError::Damaged("message in the outbox");
    let previous = match entry.previous.as_slice() {
        [] => None,
        bytes => Some(Digest(fixed(bytes)?)),
    };
    let content =
        repeating::content(tx, entry)?.ok_or(StoreError::Damaged("key of a message in the outbox"))?;
    let salt = match (conversation(entry)?, entry.salt.as_slice()) {
        (Conversation::Thread(_), _) => None,
        // Queued by a version without salts: any will do that is the same each time.
        (_, []) => Some(Salt(fixed(&entry.message_id)?)),
        (_, bytes) => Some(Salt(fixed(bytes)?)),
    };
    let frame = Frame {
        message_id: MessageId::new(fixed(&entry.message_id)?),
        sent_at: entry.sent_at,
        body: Body::decode(Kind(entry.kind), &content).map_err(damaged)?,
        previous,
        silent: entry.silent,
        expiry: entry
            .expiry
            .as_ref()
            .map(Expiry::try_from)
            .transpose()
            .map_err(|_| StoreError::Damaged("terms in the outbox"))?,
        salt,
    };
    Ok(match conversation(entry)? {
        Conversation::Thread(thread) => Composed::Thread(ThreadFrame { thread, frame }),
        Conversation::Chat(chat) => Composed::Chat(ChatFrame { chat, frame }),
        // What members hand each other goes through their sessions, under the name of the group.
        Conversation::Group(group) if !entry.peer.is_empty() => {
            Composed::Chat(ChatFrame { chat: ChatId::new(*group.as_bytes()), frame })
        }
        Conversation::Group(group) => Composed::Group(GroupFrame { group, frame }),
    })
}

/// Changes the message that shows an entry; `false` if none does.
pub(crate) fn mark(
    tx: &mut dyn Transaction,
    conversation: Conversation,
    entry: &Entry,
    change: impl FnOnce(&mut records::StoredMessage),
) -> Result<bool, StoreError> {
    let key = message_key(&conversation, entry.message_index);
    let Some(mut message) = tx.read::<records::StoredMessage>(Table::Message, &key)? else {
        return Ok(false);
    };
    change(&mut message);
    tx.write(Table::Message, &key, &message)?;
    Ok(true)
}
