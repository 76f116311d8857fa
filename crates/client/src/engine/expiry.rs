//! How long what is said lives: the policy of a chat, the log of a group, and what is wished for one message.

use super::{
    Engine, Step,
    compose::keep_message,
    early,
    marks::{Marked, find},
    stop::Stop,
    timed,
};
use crate::{
    conversation::{Conversation, Lifetime, Manner, Message},
    error::{Error, Misuse},
    event::Event,
    records::{self, Records, StoredMessage, decode, fixed, index, message_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::{
    Body, ChatId, Expiry, Fact, Frame, Kind, Life, Shorten,
    bounds::stamp,
    policy::{Learned, Policies, Policy},
    rules::is_message,
};
use aside_identity::{AccountKey, Address};
use aside_primitives::Digest;
use aside_wire::{ExpiryTerms, pb};

/// Records read from the store at a time.
const PAGE: usize = 256;

impl Engine {
    /// Decides how long what is said in a chat from here on lives (EXP-3). Nothing that was said changes. Returns the index
    /// under which the decision stands in the chat; 0 if it was so already. Those of groups are changes of their logs:
    /// [`Engine::set_group_expiry`].
    ///
    /// # Errors
    /// [`Misuse::NothingGoes`] in a thread, [`Misuse::Terms`], or as [`Engine::say_in`].
    pub fn set_expiry(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        terms: ExpiryTerms,
    ) -> Result<u64, Error> {
        let Conversation::Chat(chat) = conversation else { return Err(Misuse::NothingGoes.into()) };
        let policies = self.policies(step.tx, conversation)?;
        if policies.terms() == terms {
            return Ok(0);
        }
        self.decide(step, chat, terms)
    }

    fn decide(&self, step: &mut Step<'_>, chat: ChatId, terms: ExpiryTerms) -> Result<u64, Error> {
        let conversation = Conversation::Chat(chat);
        let mut policies = self.policies(step.tx, conversation)?;
        let policy = policies.next(terms).ok_or(Misuse::NoVersionLeft)?;
        let body = Body::of(policy).map_err(|_| Misuse::Terms)?;
        let index = self.say_in(step, conversation, body)?;
        let own = self.address().account;
        if policies.learn(Policy::of(&policy, chat, own)).is_ok() {
            keep_policy(step.tx, conversation, &policies, index)?;
        }
        Ok(index)
    }

    /// Says once more what is in force, to somebody who has lost everything (EXP-18).
    pub(crate) fn decide_again(&self, step: &mut Step<'_>, chat: ChatId) -> Result<(), Error> {
        match self.policies(step.tx, Conversation::Chat(chat))?.terms() {
            ExpiryTerms::Off => Ok(()),
            terms => match self.decide(step, chat, terms) {
                // To whom nothing can be said now, nothing is said without a stamp either.
                Ok(_) | Err(Error::Misuse(_)) => Ok(()),
                Err(error) => Err(error),
            },
        }
    }

    /// How long what is said in a conversation now lives; in a thread everything stays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn expiry(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
    ) -> Result<ExpiryTerms, StoreError> {
        Ok(self.policy_of(tx, conversation)?.terms)
    }

    /// Who has decided how long what is said in a chat now lives, and the index under which that stands there; `None` as long
    /// as nobody has. Who has decided it in a group stands in its history.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn expiry_decided(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
    ) -> Result<Option<(AccountKey, u64)>, StoreError> {
        let record = tx.read::<records::Conversation>(Table::Conversation, &conversation.key())?;
        let policy = record.and_then(|record| record.policy);
        policy.map(|policy| Ok((records::account(&policy.setter)?, policy.index))).transpose()
    }

    /// Lets a message of one's own live shorter. Nothing lets it live longer (EXP-6).
    ///
    /// # Errors
    /// [`Misuse::NotYours`], [`Misuse::NoMessage`], [`Misuse::Terms`], or as [`Engine::say_in`].
    pub fn shorten(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        which: u64,
        terms: ExpiryTerms,
    ) -> Result<(), Error> {
        let message_id = self.own_message(step.tx, conversation, which)?;
        let shorten = Shorten { message_id, terms };
        let body = Body::of(shorten).map_err(|_| Misuse::Terms)?;
        self.say_in(step, conversation, body).map(drop)
    }

    /// The terms on which something is said: those of the conversation, made shorter by what is wished for it (EXP-4).
    pub(crate) fn terms_for(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
        body: &Body,
        manner: Manner,
    ) -> Result<Option<Expiry>, Error> {
        if matches!(conversation, Conversation::Thread(_)) || !is_message(body.kind()) {
            return Ok(None);
        }
        if manner.terms.is_some_and(|terms| !terms.is_in_range()) {
            return Err(Misuse::Terms.into());
        }
        let Expiry { policy, terms } = self.policy_of(tx, conversation)?;
        let terms = stamp(terms, manner.terms.unwrap_or(ExpiryTerms::Off));
        Ok(Some(Expiry { policy, terms }).filter(|expiry| expiry.is_timed() || expiry.policy != 0))
    }

    fn policy_of(&self, tx: &dyn Transaction, conversation: Conversation) -> Result<Expiry, StoreError> {
        Ok(match conversation {
            Conversation::Thread(_) => Expiry { policy: 0, terms: ExpiryTerms::Off },
            Conversation::Chat(_) => {
                let policies = self.policies(tx, conversation)?;
                Expiry { policy: policies.version(), terms: policies.terms() }
            }
            Conversation::Group(group) => super::group::expiry(tx, group)?,
        })
    }

    /// The policies of a chat, as they are known here.
    fn policies(&self, tx: &dyn Transaction, chat: Conversation) -> Result<Policies, StoreError> {
        let record = tx.read::<records::Conversation>(Table::Conversation, &chat.key())?.unwrap_or_default();
        let in_force = record.policy.as_ref().map(policy).transpose()?;
        Ok(Policies::new(self.address().account, in_force))
    }

    /// Whether somebody may decide so (EXP-5).
    pub(crate) fn check_policy(
        &self,
        tx: &dyn Transaction,
        chat: ChatId,
        by: &AccountKey,
        body: &Body,
    ) -> Result<(), Stop> {
        let Body::ExpiryPolicy(policy) = body else { return Ok(()) };
        let mut policies = self.policies(tx, Conversation::Chat(chat))?;
        policies.learn(Policy::of(policy, chat, *by)).map_err(Stop::from)?;
        Ok(())
    }

    /// Takes in a decision of the other person, which stands in the chat where it was made.
    pub(crate) fn apply_policy(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        sender: &Address,
        (frame, hash, automated): (&Frame, &Digest, bool),
        accepted_at: u64,
    ) -> Result<Option<Event>, Error> {
        let (Conversation::Chat(chat), Body::ExpiryPolicy(policy)) = (conversation, &frame.body) else {
            return Ok(None);
        };
        let place = (sender, automated);
        let index = keep_message(step, conversation, place, (frame, hash), Some(accepted_at))?;
        let mut policies = self.policies(step.tx, conversation)?;
        let learned = policies.learn(Policy::of(policy, chat, sender.account));
        let in_force = matches!(learned, Ok(Learned::InForce { .. }));
        match learned {
            Ok(Learned::InForce { .. }) => keep_policy(step.tx, conversation, &policies, index)?,
            _ => supersede(step.tx, conversation, index)?,
        }
        Ok(Some(Event::ExpiryChanged { conversation, by: sender.account, index, in_force }))
    }

    /// A message lives shorter, for its author wants that.
    pub(crate) fn shorten_here(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        by: &AccountKey,
        shorten: &Shorten,
    ) -> Result<Option<Event>, Error> {
        let Some(Marked { index, mut record }) = find(step.tx, conversation, by, &shorten.message_id)? else {
            early::note(step.tx, conversation, (by, &shorten.message_id), Fact::Shortened(shorten.terms))?;
            return Ok(None);
        };
        if !is_message(Kind(record.kind)) || record.gone != 0 {
            return Ok(None);
        }
        let place = message_key(&conversation, index);
        if timed::is_timed(&record) {
            timed::learn(step.tx, &place, &mut record, Fact::Shortened(shorten.terms))?;
        } else {
            self.seal_now(step, conversation, (index, &mut record), shorten.terms)?;
            // As it was, it lives on nowhere (EXP-46).
            step.tx.delete(Table::Message, &place)?;
        }
        step.tx.write(Table::Message, &place, &record)?;
        Ok(Some(Event::Shortened { conversation, index, by: *by }))
    }

    /// A message that was to stay goes after all: from here on it is kept like one that always was to go.
    fn seal_now(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        (index, record): (u64, &mut StoredMessage),
        terms: ExpiryTerms,
    ) -> Result<(), Error> {
        let own = record.sender == self.address().account.as_bytes();
        let told_at = step.happens_at()?;
        self.unindex_message(step.tx, conversation, index, record)?;
        let mut life = if own {
            Life::of_author(terms, record.sent_at)
        } else {
            Life::of_reader(terms, record.sent_at, record.accepted_at, told_at)
        };
        if own && record.accepted_at != 0 {
            life.learn(Fact::Accepted { at: record.accepted_at, told_at });
        }
        if record.read_at != 0 && !own {
            life.learn(Fact::Read { at: record.read_at, told_at });
        }
        self.seal_with_marks(step, conversation, record)?;
        timed::live(step.tx, &message_key(&conversation, index), record, &life)?;
        Ok(())
    }

    /// The person here reads a message now, wherever it is shown: whoever shows one says so before (EXP-10).
    ///
    /// # Errors
    /// [`Error`] of the store.
    pub fn note_reading(&self, step: &mut Step<'_>, message: &Message) -> Result<(), Error> {
        match message.lifetime {
            Lifetime::Goes { .. } => {
                let place = (message.index.saturating_sub(1), message.index);
                self.start_clocks(step, message.conversation, place)
            }
            _ => Ok(()),
        }
    }

    /// The person here was shown messages: of those that go some time after they were read, the clocks run (EXP-10).
    pub(crate) fn start_clocks(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        (mut after, up_to): (u64, u64),
    ) -> Result<(), Error> {
        let (prefix, own) = (conversation.key(), self.address().account);
        let at = step.happens_at()?;
        while after < up_to {
            let from = message_key(&conversation, after);
            let page = step.tx.scan(Table::Message, &prefix, Some(&from), PAGE)?;
            if page.is_empty() {
                return Ok(());
            }
            for (key, record) in page {
                after = index(key.get(prefix.len()..).unwrap_or_default())?;
                let mut record: StoredMessage = decode(&record)?;
                let is_theirs = record.sender != own.as_bytes() && !record.life.is_empty();
                if after > up_to || !is_theirs {
                    continue;
                }
                timed::learn(step.tx, &key, &mut record, Fact::Read { at, told_at: at })?;
                step.tx.write(Table::Message, &key, &record)?;
            }
        }
        Ok(())
    }

    /// The place of the message that this revises, if that goes some time (EXP-9). Messages of their own, such as answers,
    /// live on their own terms.
    pub(crate) fn timed_target(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
        body: &Body,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(target) = body.target().filter(|_| !body.is_shown()) else { return Ok(None) };
        let marked = find(tx, conversation, &target.author, &target.message_id)?;
        let marked = marked.filter(|marked| timed::is_timed(&marked.record));
        Ok(marked.map(|marked| message_key(&conversation, marked.index)))
    }
}

fn policy(record: &records::Policy) -> Result<Policy, StoreError> {
    let damaged = || StoreError::Damaged("policy of a chat");
    let fields = record.terms.as_ref().ok_or_else(damaged)?;
    let terms = Expiry::try_from(fields).map_err(|_| damaged())?.terms;
    let parent = match record.parent.as_slice() {
        [] => None,
        bytes => Some(Digest(fixed(bytes)?)),
    };
    let setter = records::account(&record.setter)?;
    Ok(Policy { version: record.version, setter, hash: Digest(fixed(&record.hash)?), terms, parent })
}

/// Keeps the policy in force. One that was set at the same time counts no more, and says so where it stands.
fn keep_policy(
    tx: &mut dyn Transaction,
    chat: Conversation,
    policies: &Policies,
    index: u64,
) -> Result<(), StoreError> {
    let Some(Policy { version, setter, hash, terms, parent }) = policies.in_force() else { return Ok(()) };
    let key = chat.key();
    let record = tx.read::<records::Conversation>(Table::Conversation, &key)?;
    let mut record = record.ok_or(StoreError::Damaged("chat of a policy"))?;
    if let Some(before) = record.policy.filter(|before| before.version >= *version) {
        supersede(tx, chat, before.index)?;
    }
    record.policy = Some(records::Policy {
        version: *version,
        setter: setter.as_bytes().to_vec(),
        hash: hash.as_bytes().to_vec(),
        terms: Some(pb::Expiry::from(Expiry { policy: *version, terms: *terms })),
        parent: parent.map(|parent| parent.as_bytes().to_vec()).unwrap_or_default(),
        index,
    });
    tx.write(Table::Conversation, &key, &record)
}

fn supersede(tx: &mut dyn Transaction, chat: Conversation, index: u64) -> Result<(), StoreError> {
    let key = message_key(&chat, index);
    let Some(mut record) = tx.read::<StoredMessage>(Table::Message, &key)? else { return Ok(()) };
    record.superseded = true;
    tx.write(Table::Message, &key, &record)
}
