//! The inbox: every delivery is checked against the store without being able to change it, and then applied whole.

use super::{
    Engine, IdentityState, Step,
    compose::keep_message,
    generation::note_received,
    group::{Control, GroupPlan, delivered},
    inbox::View,
    requests::{accept_person, forget_chat, note_request, room_to_ask},
    sessions::{SessionPlan, apply_session},
    stop::Stop,
    time::relay_tells,
};
use crate::{
    ChatState,
    admission::{Admission, Sender, admission},
    channel::{pairwise, plain},
    conversation::{Conversation, Lifetime},
    error::Error,
    event::Event,
    opt_in::{AnyChat, News, Received, Said, Taken},
    records::{self, Records, last_frame_key, message_id_key, message_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::{Body, ChatId, Context, Frame, Kind, Place, ThreadId};
use aside_group::LogId;
use aside_identity::{AccountKey, Address, Certificate, DeviceId, DeviceList, GroupId, ListReference};
use aside_primitives::Digest;
use aside_wire::{Malformed, Reject, decode, pb};
use core::slice::from_ref;

/// Chats with one person: two when both opened at once, and some in reserve for somebody who lost their state.
const CHATS_PER_PEER: usize = 16;

/// Something only the relay can tell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Need {
    /// The device lists of an account after the known version.
    Devices {
        /// The account.
        account: AccountKey,
        /// The version known, 0 for none.
        known: u64,
    },
    /// A prekey bundle of a device.
    Prekeys(Address),
    /// The own settings as the relay has them.
    Settings,
    /// Entries of a group's log.
    Entries {
        /// The log.
        log: LogId,
        /// The first position wanted.
        from: u64,
    },
}

/// What became of a delivery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Incoming {
    /// It was taken in, or refused; either way it can be acknowledged once the step is committed.
    Done(Vec<Event>),
    /// It can be judged only when this is known; nothing was changed.
    Needs(Need),
}

/// What a delivery will change.
enum Plan {
    /// A frame of a thread or a chat.
    Frame(Box<FramePlan>),
    /// Something that a member of a group hands over.
    Control { session: Box<SessionPlan>, group: GroupId, control: Control },
    /// A message of a group.
    Group(Box<GroupPlan>),
    /// A message of a group that cannot be judged yet.
    Hold { claim: Option<(GroupId, u64)>, payload: Vec<u8> },
    /// An entry of a group's log.
    Entry(pb::GroupLogEntry),
}

/// What a frame of a thread or a chat will change.
struct FramePlan {
    conversation: Conversation,
    frame: Frame,
    hash: Digest,
    effect: Effect,
    /// What it does to its chat; `None` in a thread.
    chat: Option<Received>,
    session: Option<SessionPlan>,
    /// The sender's device is a program.
    automated: bool,
}

/// What a frame does beside what it does to the state of its chat.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Nothing.
    None,
    /// A message to show.
    Show,
    /// A message of somebody who was not accepted yet: kept, and not told of.
    Hold,
    /// Something about a message or the conversation.
    Mark,
    /// The same of somebody who was not accepted yet.
    MarkUntold,
}

impl Effect {
    fn of(taken: Taken, body: &Body) -> Self {
        match (taken, body.is_shown()) {
            (Taken::Noted, _) => Self::None,
            (Taken::Shown, true) => Self::Show,
            (Taken::Held, true) => Self::Hold,
            (Taken::Shown, false) => Self::Mark,
            (Taken::Held, false) => Self::MarkUntold,
        }
    }
}

impl Engine {
    /// Takes in one delivery. With `may_ask` false, what would need the relay is refused instead.
    ///
    /// Commit the step, then acknowledge the delivery (RLY-23, threat T8).
    ///
    /// # Errors
    /// [`Error`] of the store or the source of randomness; what the sender did wrong is an event.
    pub fn on_delivery(
        &self,
        step: &mut Step<'_>,
        delivery: &pb::Delivery,
        may_ask: bool,
    ) -> Result<Incoming, Error> {
        if delivery.sequence <= step.tx.counter("cursor")? {
            return Ok(Incoming::Done(Vec::new()));
        }
        let sender =
            AccountKey::parse(&delivery.sender).ok().zip(DeviceId::parse(delivery.sender_device).ok());
        let events = match sender {
            None => Vec::new(),
            Some((account, device)) => {
                let sender = Address { account, device };
                match self.check(step.tx, step.now, &sender, delivery) {
                    Ok(plan) => self.apply(step, &sender, plan, delivery.accepted_at)?,
                    Err(Stop::Need(need)) if may_ask => return Ok(Incoming::Needs(need)),
                    Err(Stop::Need(_) | Stop::Hold { .. }) => {
                        vec![Event::Refused { sender, reason: Reject::Stale }]
                    }
                    Err(Stop::Refuse(reason, event)) => {
                        let event = event.map(|event| *event);
                        event.into_iter().chain([Event::Refused { sender, reason }]).collect()
                    }
                    Err(Stop::Unopened(trouble, message)) => {
                        let reason = trouble.reject();
                        let events = self.on_unopened(step, &sender, (trouble, message))?;
                        match events.is_empty() {
                            true => vec![Event::Refused { sender, reason }],
                            false => events,
                        }
                    }
                    Err(Stop::Error(error)) => return Err(error),
                }
            }
        };
        step.tx.set_counter("cursor", delivery.sequence)?;
        Ok(Incoming::Done(events))
    }

    /// The sequence number up to which deliveries are safe here and may be acknowledged.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn cursor(&self, tx: &dyn Transaction) -> Result<u64, StoreError> {
        tx.counter("cursor")
    }

    /// Forgets the cursor if the relay's newest number lies below it: the relay was restored from an older copy and numbers
    /// new mail as if it had been seen, or it once gave a number that it never had. Nothing it holds counts as
    /// received then; what comes a second time is recognised by session and message id (RLY-25). Returns whether it
    /// was so.
    ///
    /// `before` is the cursor read before the subscription was sent: another process of this profile may have taken
    /// in more since, and that is no sign of anything.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn on_subscribed(&self, step: &mut Step<'_>, before: u64, newest: u64) -> Result<bool, StoreError> {
        let set_back = newest < before && step.tx.counter("cursor")? >= before;
        if set_back {
            let cursor = step.tx.counter("cursor")?;
            note_received(step.tx, cursor)?;
            step.tx.set_counter("cursor", 0)?;
        }
        Ok(set_back)
    }

    /// Everything that can be wrong with a delivery, in the order of the spec. It cannot write (rule: plan, verify,
    /// commit).
    fn check(
        &self,
        tx: &dyn Transaction,
        now: u64,
        sender: &Address,
        delivery: &pb::Delivery,
    ) -> Result<Plan, Stop> {
        if sender.account == self.address().account {
            return Err(Reject::Policy.into());
        }
        let envelope: pb::Envelope = decode(&delivery.envelope)?;
        let Some(peer) = self.peer(tx, &sender.account)? else {
            return Err(ask_for_devices(sender, 0));
        };
        if peer.state == IdentityState::Former {
            return Err(Reject::Policy.into());
        }
        match pb::EnvelopeKind::try_from(envelope.kind) {
            Ok(pb::EnvelopeKind::Thread) => {
                self.check_thread(tx, sender, listed(&peer.list, sender)?, &envelope.payload)
            }
            Ok(pb::EnvelopeKind::Pairwise) => {
                let certificate = listed(&peer.list, sender)?;
                self.check_chat(tx, now, sender, (&peer.list, certificate), &envelope.payload)
            }
            Ok(pb::EnvelopeKind::Group) => {
                // Also of a message that is held: nobody asks for the list later.
                listed(&peer.list, sender)?;
                self.check_group(tx, now, sender, &peer.list, envelope.payload)
            }
            Ok(pb::EnvelopeKind::GroupEntry) => Ok(Plan::Entry(delivered(&envelope.payload)?)),
            _ => Err(Malformed::Field("kind").into()),
        }
    }

    /// A frame in the clear: only texts, only in the thread of these two accounts (CNV-2, threat C1).
    fn check_thread(
        &self,
        tx: &dyn Transaction,
        sender: &Address,
        certificate: &Certificate,
        payload: &[u8],
    ) -> Result<Plan, Stop> {
        let opened = plain::open(payload)?;
        let expected = ThreadId::between(&self.address().account, &sender.account);
        if opened.frame.thread != expected {
            return Err(Reject::Policy.into());
        }
        let body = &opened.frame.frame.body;
        let taken = match admission(body.kind(), Place::Thread, self.sender_in_thread(tx, &sender.account)?) {
            Admission::Shown => Taken::Shown,
            Admission::Held => room_to_ask(tx, &sender.account).map(|()| Taken::Held)?,
            Admission::Acts if self.relation(tx, &sender.account)?.accepted => Taken::Shown,
            Admission::Acts => Taken::Held,
            Admission::Refused => return Err(Reject::Policy.into()),
        };
        let conversation = Conversation::Thread(expected);
        first_copy(tx, conversation, sender, &opened.frame.frame)?;
        self.check_clear(tx, &sender.account)?;
        self.check_mark(tx, conversation, &sender.account, body)?;
        let (hash, effect) = (opened.frame.hash(), Effect::of(taken, body));
        let automated = certificate.capabilities.automated;
        let (frame, chat, session) = (opened.frame.frame, None, None);
        let plan = FramePlan { conversation, frame, hash, effect, chat, session, automated };
        Ok(Plan::Frame(Box::new(plan)))
    }

    fn check_group(
        &self,
        tx: &dyn Transaction,
        now: u64,
        sender: &Address,
        list: &DeviceList,
        payload: Vec<u8>,
    ) -> Result<Plan, Stop> {
        match self.check_group_message(tx, now, (sender, list), &payload) {
            Ok(plan) => Ok(Plan::Group(Box::new(plan))),
            Err(Stop::Hold { claim }) => Ok(Plan::Hold { claim, payload }),
            Err(stop) => Err(stop),
        }
    }

    fn check_chat(
        &self,
        tx: &dyn Transaction,
        now: u64,
        sender: &Address,
        (list, certificate): (&DeviceList, &Certificate),
        payload: &[u8],
    ) -> Result<Plan, Stop> {
        let (received, mut session) =
            self.decrypt(tx, now, (sender, certificate), payload).map_err(|stop| stop.unopened(payload))?;
        let (opened, context) = pairwise::open(&received, sender)?;
        self.check_context(&context, list, sender)?;
        session.check(context.generation)?;
        let chat = opened.frame.chat;
        if let Body::Group { kind, content } = &opened.frame.frame.body {
            let group = GroupId::new(*chat.as_bytes());
            let control = self.check_control(tx, sender, group, (*kind, content))?;
            return Ok(Plan::Control { session: Box::new(session), group, control });
        }
        let group = GroupId::new(*chat.as_bytes());
        if let Body::Retry(_) = &opened.frame.frame.body
            && tx.get(Table::Group, group.as_bytes())?.is_some()
        {
            let content = opened.frame.frame.body.encode();
            let control = self.check_control(tx, sender, group, (Kind::RETRY, &content))?;
            return Ok(Plan::Control { session: Box::new(session), group, control });
        }
        let conversation = Conversation::Chat(chat);
        first_copy(tx, conversation, sender, &opened.frame.frame)?;
        let received = self.check_opt_in(tx, &sender.account, chat, &opened.frame.frame.body)?;
        self.check_mark(tx, conversation, &sender.account, &opened.frame.frame.body)?;
        self.check_policy(tx, chat, &sender.account, &opened.frame.frame.body)?;
        if let Body::EncryptedOnly(shown) = &opened.frame.frame.body {
            self.verify_declaration(list.certificates(), &shown.declaration)?;
        }
        let (hash, frame) = (opened.frame.hash(), opened.frame.frame);
        let effect = Effect::of(received.taken, &frame.body);
        let (chat, session, automated) = (Some(received), Some(session), certificate.capabilities.automated);
        let plan = FramePlan { conversation, frame, hash, effect, chat, session, automated };
        Ok(Plan::Frame(Box::new(plan)))
    }

    /// Which devices each side believes the other to have (IDN-16, threat D2).
    pub(crate) fn check_context(
        &self,
        context: &Context,
        list: &DeviceList,
        sender: &Address,
    ) -> Result<(), Stop> {
        let known = list.reference();
        if context.sender_list.version > known.version {
            return Err(ask_for_devices(sender, known.version));
        }
        let own = self.list.reference();
        let forked = |told: ListReference, known: ListReference| {
            told.version == known.version && told.hash != known.hash
        };
        let ahead_of_ourselves = context.recipient_list.version > own.version;
        if forked(context.sender_list, known) || forked(context.recipient_list, own) || ahead_of_ourselves {
            return Err(Reject::Fork.into());
        }
        Ok(())
    }

    /// What a body does to its chat, if it may stand there (CNV-3 to CNV-7, CNV-15).
    fn check_opt_in(
        &self,
        tx: &dyn Transaction,
        peer: &AccountKey,
        id: ChatId,
        body: &Body,
    ) -> Result<Received, Stop> {
        let (said, known) = (Said::of(body), self.chat(tx, id, peer)?);
        let sender = match &known {
            None => Sender::Stranger,
            Some(AnyChat::Requested(_)) => Sender::Requester,
            Some(_) => Sender::Accepted,
        };
        if admission(body.kind(), Place::Chat, sender) == Admission::Refused {
            return Err(Reject::Policy.into());
        }
        let received = match known {
            Some(chat) => chat.receive(said)?,
            // The chat of somebody else.
            None if tx.get(Table::Conversation, &Conversation::Chat(id).key())?.is_some() => {
                return Err(Reject::Policy.into());
            }
            None if tx.scan(Table::PeerChat, peer.as_bytes(), None, CHATS_PER_PEER)?.len()
                == CHATS_PER_PEER =>
            {
                return Err(Reject::Limit.into());
            }
            None => {
                let opened_another = matches!(self.chat_with(tx, peer)?, Some((_, ChatState::Opened)));
                AnyChat::first(id, *peer, said, opened_another)?
            }
        };
        if received.taken == Taken::Held || received.news == Some(News::Requested) {
            room_to_ask(tx, peer)?;
        }
        Ok(received)
    }

    /// Writes what the plan says: session, prekeys, conversation and message together (threats H13, P9).
    fn apply(
        &self,
        step: &mut Step<'_>,
        sender: &Address,
        plan: Plan,
        accepted_at: u64,
    ) -> Result<Vec<Event>, Error> {
        relay_tells(step, accepted_at)?;
        let blocked = self.relation(step.tx, &sender.account)?.blocked;
        match plan {
            // The session goes on, so that what they write after all is lifted can be read.
            Plan::Frame(plan) if blocked => {
                plan.session.map_or(Ok(()), |session| apply_session(step, sender, session).map(drop))?;
                Ok(Vec::new())
            }
            Plan::Frame(plan) if !self.hears_in(step.tx, &sender.account, plan.conversation)? => {
                plan.session.map_or(Ok(()), |session| apply_session(step, sender, session).map(drop))?;
                Ok(self.not_heard(step.tx, sender)?)
            }
            Plan::Frame(plan) => self.apply_frame(step, sender, *plan, accepted_at),
            Plan::Control { session, group, control } => {
                let (mut events, sends) = self.take_session(step, sender, *session)?;
                events.extend(self.apply_control(step, sender, (group, sends), control)?);
                Ok(events)
            }
            Plan::Group(plan) => self.apply_group_message(step, sender, *plan, accepted_at),
            Plan::Hold { claim, payload } => {
                self.hear_of(step, sender, claim)?;
                self.hold(step, sender, accepted_at, &payload)
            }
            Plan::Entry(entry) => self.on_entry_delivered(step, &entry),
        }
    }

    fn apply_frame(
        &self,
        step: &mut Step<'_>,
        sender: &Address,
        plan: FramePlan,
        accepted_at: u64,
    ) -> Result<Vec<Event>, Error> {
        let FramePlan { conversation, frame, hash, effect, chat, session, automated } = plan;
        let (mut events, sends) = match session {
            Some(session) => self.take_session(step, sender, session)?,
            None => (Vec::new(), false),
        };
        let last_key = last_frame_key(&conversation, sender);
        let last = step.tx.get(Table::LastFrame, &last_key)?;
        let names = frame.previous.as_ref().map(|hash| hash.as_bytes().as_slice());
        if names != last.as_deref() {
            events.push(Event::Gap { conversation, sender: sender.account });
        }
        step.tx.put(Table::LastFrame, &last_key, hash.as_bytes())?;

        let peer = sender.account;
        match chat {
            Some(received) => events.extend(self.apply_opt_in(step, received, accepted_at)?),
            None => self.keep_conversation(step, conversation, &peer, None)?,
        }
        if let Body::EncryptedOnly(shown) = &frame.body {
            events.extend(self.learn_declarations(step, &peer, from_ref(&shown.declaration))?);
        }
        match effect {
            Effect::None => {}
            Effect::Mark | Effect::MarkUntold if matches!(frame.body, Body::ExpiryPolicy(_)) => {
                let kept = (&frame, &hash, automated);
                if effect == Effect::MarkUntold {
                    note_request(step.tx, &peer, 1)?;
                }
                let event = self.apply_policy(step, conversation, sender, kept, accepted_at)?;
                events.extend(event.filter(|_| effect == Effect::Mark));
            }
            Effect::Mark => {
                events.extend(self.apply_mark(step, conversation, &peer, &frame.body)?);
                events.extend(self.apply_capture(
                    step,
                    conversation,
                    (sender, automated),
                    (&frame, &hash, accepted_at),
                )?);
                if let Body::Receipts(receipts) = &frame.body {
                    events.extend(self.apply_receipts(step, conversation, &peer, receipts)?);
                }
                if let Body::Retry(retry) = &frame.body {
                    self.on_retry(step, sender, retry, sends)?;
                }
            }
            Effect::MarkUntold => drop(self.apply_mark(step, conversation, &peer, &frame.body)?),
            Effect::Show | Effect::Hold => {
                let index = keep_message(
                    step,
                    conversation,
                    (sender, automated),
                    (&frame, &hash),
                    Some(accepted_at),
                )?;
                if effect == Effect::Show {
                    let key = message_key(&conversation, index);
                    let record = step.tx.read(Table::Message, &key)?.ok_or(StoreError::Damaged("message"))?;
                    let message = self.message(&View::of(step)?, conversation, index, &record)?;
                    if !matches!(message.lifetime, Lifetime::Gone(_)) {
                        self.note_arrival(step, conversation, &peer, &frame)?;
                    }
                    events.push(Event::Message(Box::new(message)));
                } else if note_request(step.tx, &peer, 1)? {
                    events.push(Event::ThreadRequested { peer });
                }
            }
        }
        Ok(events)
    }

    /// Moves a chat on, says what it has to say, and tells the person.
    fn apply_opt_in(
        &self,
        step: &mut Step<'_>,
        received: Received,
        accepted_at: u64,
    ) -> Result<Option<Event>, Error> {
        let Received { chat, news, answer, .. } = received;
        let (id, peer) = (chat.id(), chat.peer());
        let is_new = self.chat(step.tx, id, &peer)?.is_none();
        let was_asked = matches!(self.chat(step.tx, id, &peer)?, Some(AnyChat::Requested(_)));
        let was_accepted = matches!(self.chat(step.tx, id, &peer)?, Some(AnyChat::Accepted(_)));
        self.keep_chat(step, &chat)?;
        if is_new {
            let key = Conversation::Chat(id).key();
            if let Some(mut record) = step.tx.read::<records::Conversation>(Table::Conversation, &key)? {
                record.since = accepted_at;
                step.tx.write(Table::Conversation, &key, &record)?;
            }
        }
        if let Some(answer) = answer {
            self.tell(step, &peer, id, answer)?;
            if was_accepted {
                self.decide_again(step, id)?;
            }
        }
        Ok(match news {
            Some(News::Requested) => {
                note_request(step.tx, &peer, 0)?;
                Some(Event::ChatRequested { peer })
            }
            Some(News::Accepted) => {
                accept_person(step.tx, &peer)?;
                Some(Event::ChatAccepted { peer })
            }
            Some(News::Ended) => {
                // A request that is taken back leaves nothing.
                if was_asked {
                    forget_chat(step, &peer, id)?;
                    self.settle_request(step.tx, &peer)?;
                } else {
                    self.give_up(step, id)?;
                }
                Some(Event::ChatEnded { peer })
            }
            None => None,
        })
    }
}

/// The certificate of a device: whether it is a program, only that says. A device that is not in the highest known list
/// has none (CON-32, CON-33).
pub(crate) fn listed<'a>(list: &'a DeviceList, sender: &Address) -> Result<&'a Certificate, Stop> {
    list.certificate(sender.device).ok_or_else(|| ask_for_devices(sender, list.reference().version))
}

fn ask_for_devices(sender: &Address, known: u64) -> Stop {
    Stop::Need(Need::Devices { account: sender.account, known })
}

/// A message id that the sender has used in this conversation before is a duplicate (CON-6).
pub(crate) fn first_copy(
    tx: &dyn Transaction,
    conversation: Conversation,
    sender: &Address,
    frame: &Frame,
) -> Result<(), Stop> {
    let key = message_id_key(&conversation, &sender.account, &frame.message_id);
    match tx.get(Table::MessageId, &key)? {
        None => Ok(()),
        Some(_) => Err(Reject::Replay.into()),
    }
}
