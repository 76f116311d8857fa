//! Typing and presence: said to whoever is there now, never stored, never answered. They go through sessions that exist
//! (CNV-26), and whatever is wrong with one that arrives, it is dropped and nobody is told (CNV-27).

use super::{
    Engine, Step,
    outgoing::devices,
    sessions::{keep_sessions, sessions},
    stop::Stop,
};
use crate::{
    ChatState,
    channel::pairwise,
    conversation::Conversation,
    error::Error,
    event::Event,
    records::{self, decode},
    store::{StoreError, Table, Transaction},
};
use aside_content::{
    Body, ChatFrame, ChatId, Context, Frame, MessageId, Place, Presence, Salt, rules::allowed,
};
use aside_identity::{AccountKey, Address, DeviceId, Handle};
use aside_session::Sessions;
use aside_wire::{Malformed, Reject, decode as decode_strictly, pb};
use prost::Message;
use std::{cmp::Reverse, collections::BTreeSet};

/// How long somebody is shown as writing after they said so (CNV-28).
const TYPING_MS: u64 = 5_000;
/// How long somebody is shown as there after they said so (CNV-28).
const PRESENCE_MS: u64 = 120_000;
/// An indicator that is older, or from as far in the future, says nothing of now (CNV-28).
const AGE_MS: u64 = 60_000;
/// That somebody is writing is said again after this long at the earliest (CNV-29).
const TYPING_EACH_MS: u64 = 3_000;
/// That somebody is there is said again after this long at the earliest (CNV-29).
const PRESENCE_EACH_MS: u64 = 60_000;
/// To how many people presence goes: with all of them the relay's rate would leave no room for anything else (CNV-29).
const PRESENCE_PEOPLE: usize = 16;

impl Engine {
    /// Says to somebody that the person here is writing to them, or has stopped. There may be nothing to hand over: without
    /// an accepted chat and a session that can carry it now, to somebody muted, or too soon after the last time.
    ///
    /// Commit the step, hand the request over if the relay is there, and forget it.
    ///
    /// # Errors
    /// [`Misuse`](crate::Misuse) if the person cannot be written to.
    pub fn typing(
        &self,
        step: &mut Step<'_>,
        to: &Handle,
        started: bool,
    ) -> Result<Option<pb::Transient>, Error> {
        let account = self.reachable(step.tx, to)?;
        let Some((chat, ChatState::Accepted)) = self.chat_with(step.tx, &account)? else { return Ok(None) };
        let mut told = self.told(step.tx, Some(&account))?;
        let is_news =
            if started { is_over(told.writing_since, TYPING_EACH_MS, step.now) } else { told.writing };
        if !is_news || !self.shows_typing(step.tx)? || !self.may_tell(step.tx, &account, chat)? {
            return Ok(None);
        }
        let sealed = self.seal_transient(step, &account, chat, Body::Typing { started })?;
        if sealed.is_some() {
            told.writing = started;
            if started {
                told.writing_since = step.now;
            }
            self.keep_told(step.tx, Some(&account), &told)?;
        }
        Ok(sealed)
    }

    /// Says to those the person here talked with last whether they are there, if they want that to be known. There may be
    /// nothing to hand over, as with [`Engine::typing`].
    ///
    /// # Errors
    /// [`Error`] of the store or the source of randomness.
    pub fn presence(&self, step: &mut Step<'_>, state: Presence) -> Result<Vec<pb::Transient>, Error> {
        let mut told = self.told(step.tx, None)?;
        let again = told.presence == number(state) && !is_over(told.presence_at, PRESENCE_EACH_MS, step.now);
        if again || !self.shows_presence(step.tx)? {
            return Ok(Vec::new());
        }
        let mut sealed = Vec::new();
        for (account, chat) in self.talked_with_last(step.tx)? {
            sealed.extend(self.seal_transient(step, &account, chat, Body::Presence(state))?);
        }
        told.presence = number(state);
        told.presence_at = step.now;
        self.keep_told(step.tx, None, &told)?;
        Ok(sealed)
    }

    /// Those in accepted chats, whoever was read last first.
    fn talked_with_last(&self, tx: &dyn Transaction) -> Result<Vec<(AccountKey, ChatId)>, StoreError> {
        let mut chats = Vec::new();
        for (key, record) in tx.scan(Table::Conversation, &[], None, usize::MAX)? {
            let record: records::Conversation = decode(&record)?;
            let Some(Conversation::Chat(chat)) = Conversation::from_key(&key) else { continue };
            let account = records::account(&record.peer)?;
            if self.may_tell(tx, &account, chat)? {
                chats.push((Reverse(record.shown), account, chat));
            }
        }
        chats.sort();
        let mut met = BTreeSet::new();
        let first = chats.into_iter().filter(|(_, account, _)| met.insert(*account));
        Ok(first.take(PRESENCE_PEOPLE).map(|(_, account, chat)| (account, chat)).collect())
    }

    /// Seals an indicator for every device that has a session which can carry it. It is no frame of the chat's chain
    /// (CNV-27), and nothing is fetched for it (CNV-26). The sessions have moved on: commit before it leaves.
    fn seal_transient(
        &self,
        step: &mut Step<'_>,
        account: &AccountKey,
        chat: ChatId,
        body: Body,
    ) -> Result<Option<pb::Transient>, Error> {
        let Some(peer) = self.peer(step.tx, account)? else { return Ok(None) };
        let message_id = MessageId::draw(step.entropy)?;
        let salt = Some(Salt::draw(step.entropy)?);
        let sent_at = step.now;
        let frame = Frame { message_id, sent_at, body, previous: None, silent: false, expiry: None, salt };
        let frame = ChatFrame { chat, frame };
        let mut parcels = Vec::new();
        for device in devices(&peer) {
            let mut sessions = sessions(step.tx, &device)?;
            let Some(kept) = sessions.sending_mut() else { continue };
            let context = Context {
                sender_list: self.list.reference(),
                recipient_list: peer.list.reference(),
                generation: kept.generation(),
            };
            let own = self.address();
            match pairwise::seal_transient(step.entropy, kept.session_mut(), &own, &context, &frame) {
                Ok(envelope) => {
                    keep_sessions(step.tx, &device, step.now, &mut sessions)?;
                    let (device_id, envelope) = (device.device.number(), envelope.encode_to_vec());
                    parcels.push(pb::Parcel { device_id, envelope });
                }
                Err(pairwise::CannotSeal::Session(aside_session::CannotSend::Entropy(failed))) => {
                    return Err(failed.into());
                }
                // The session cannot carry it now, and later it is out of date (SES-30).
                Err(_) => {}
            }
        }
        let recipient = account.as_bytes().to_vec();
        let list_version = peer.list.reference().version;
        Ok(Some(pb::Transient { recipient, list_version, parcels })
            .filter(|sealed| !sealed.parcels.is_empty()))
    }

    /// Takes in an indicator. It is checked like a frame of a chat; nothing of it is stored but that its number was used, and
    /// nothing answers it. `None` is for whatever is wrong with it, and for what the person here does not show
    /// themselves.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn on_transient(
        &self,
        step: &mut Step<'_>,
        delivery: &pb::TransientDelivery,
    ) -> Result<Option<Event>, Error> {
        match self.check_transient(step.tx, step.now, delivery) {
            Ok((sender, (mut sessions, opened, generation), event)) => {
                let accepted = sessions.accept(opened, generation, step.now);
                accepted.map_err(|_| StoreError::Damaged("session"))?;
                keep_sessions(step.tx, &sender, step.now, &mut sessions)?;
                Ok(Some(event))
            }
            Err(Stop::Error(error)) => Err(error),
            Err(Stop::Refuse(..) | Stop::Unopened(..) | Stop::Hold { .. } | Stop::Need(_)) => Ok(None),
        }
    }

    fn check_transient(
        &self,
        tx: &dyn Transaction,
        now: u64,
        delivery: &pb::TransientDelivery,
    ) -> Result<(Address, Advanced, Event), Stop> {
        let account = AccountKey::parse(&delivery.sender).map_err(|_| Reject::Key)?;
        let device = DeviceId::parse(delivery.sender_device)?;
        let sender = Address { account, device };
        let envelope: pb::Envelope = decode_strictly(&delivery.envelope)?;
        if envelope.kind != i32::from(pb::EnvelopeKind::Pairwise) {
            return Err(Malformed::Field("kind").into());
        }
        let peer = self.peer(tx, &account)?.ok_or(Reject::Policy)?;
        if account == self.address().account || peer.list.certificate(device).is_none() {
            return Err(Reject::Policy.into());
        }
        let sessions = sessions(tx, &sender)?;
        let (received, advanced) = sessions.decrypt_transient(&envelope.payload)?;
        let (opened, context) = pairwise::open(&received, &sender)?;
        self.check_context(&context, &peer.list, &sender)?;
        let ChatFrame { chat, frame } = opened.frame;
        sessions.check(&advanced, context.generation)?;
        if !allowed(frame.body.kind(), Place::Transient) || !self.may_tell(tx, &account, chat)? {
            return Err(Reject::Policy.into());
        }
        if now.abs_diff(frame.sent_at) > AGE_MS {
            return Err(Reject::Stale.into());
        }
        let event = match frame.body {
            Body::Typing { started } if self.shows_typing(tx)? => {
                let until = started.then(|| now.saturating_add(TYPING_MS));
                Event::Typing { conversation: Conversation::Chat(chat), by: account, until }
            }
            Body::Presence(state) if self.shows_presence(tx)? => {
                Event::Presence { by: account, state, until: now.saturating_add(PRESENCE_MS) }
            }
            _ => return Err(Reject::Policy.into()),
        };
        Ok((sender, (sessions, advanced, context.generation), event))
    }
}

/// The sessions with a device, what an indicator opened in one of them, and the generation it says.
type Advanced = (Sessions, aside_session::sessions::Opened, u32);

/// Whether a time has passed since something was said; a clock that was set back does not hold it up.
const fn is_over(since: u64, each: u64, now: u64) -> bool {
    match now.checked_sub(since) {
        Some(passed) => passed >= each,
        None => true,
    }
}

const fn number(state: Presence) -> u32 {
    match state {
        Presence::Available => 1,
        Presence::Recently => 2,
        Presence::Away => 3,
    }
}
