//! Who may write to the person here: what they have decided, what the relay is told of it, and what is refused here
//! whatever the relay does.

use super::{Engine, Step, group::audience};
use crate::{
    conversation::Conversation,
    error::{Error, Misuse},
    event::Event,
    records::{self, Records},
    store::{StoreError, Table, Transaction},
};
use aside_identity::{AccountKey, Address, GroupId, Handle, Reach, Rules, Settings};
use aside_wire::{Reject, limits::REACH_ACCOUNTS, pb};
use std::collections::BTreeSet;

/// The key of the only record in [`Table::Settings`].
const KEY: &[u8] = b"own";

/// What somebody may be let into, or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Matter {
    /// The plaintext thread.
    Threads,
    /// Chats.
    Chats,
    /// Groups, into which somebody takes the person here.
    Groups,
}

/// From whom the person here wants to hear.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Levels {
    /// In plaintext threads.
    pub threads: Reach,
    /// In chats.
    pub chats: Reach,
    /// In invitations to groups.
    pub groups: Reach,
}

impl Levels {
    const fn of(&self, matter: Matter) -> Reach {
        match matter {
            Matter::Threads => self.threads,
            Matter::Chats => self.chats,
            Matter::Groups => self.groups,
        }
    }
}

impl Engine {
    /// From whom the person here wants to hear.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn levels(&self, tx: &dyn Transaction) -> Result<Levels, StoreError> {
        let record = settings(tx)?.unwrap_or_default();
        Ok(Levels {
            threads: level(record.threads)?,
            chats: level(record.chats)?,
            groups: level(record.groups)?,
        })
    }

    /// Whether the relay has been told what it has to know of that.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn is_settled(&self, tx: &dyn Transaction) -> Result<bool, StoreError> {
        let Some(record) = settings(tx)? else { return Ok(true) };
        let has_changed = record.review && self.signed_rules(&record)? != self.rules(tx)?;
        Ok(!has_changed && (record.published || record.statement.is_empty()))
    }

    /// Decides from whom the person here wants to hear. It counts here at once, and at the relay with the next
    /// connection.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_level(&self, step: &mut Step<'_>, matter: Matter, reach: Reach) -> Result<(), StoreError> {
        let mut record = settings(step.tx)?.unwrap_or_default();
        let place = match matter {
            Matter::Threads => &mut record.threads,
            Matter::Chats => &mut record.chats,
            Matter::Groups => &mut record.groups,
        };
        *place = number(reach);
        record.review = true;
        step.tx.write(Table::Settings, KEY, &record)
    }

    /// Whether the settings here let somebody in; the relay may have done what it likes (CNV-45).
    pub(crate) fn hears(
        &self,
        tx: &dyn Transaction,
        account: &AccountKey,
        matter: Matter,
    ) -> Result<bool, StoreError> {
        Ok(match self.levels(tx)?.of(matter) {
            Reach::Everyone => true,
            Reach::Contacts => self.relation(tx, account)?.contact,
            Reach::Nobody => false,
        })
    }

    /// The same for what was said in a thread or a chat.
    pub(crate) fn hears_in(
        &self,
        tx: &dyn Transaction,
        account: &AccountKey,
        conversation: Conversation,
    ) -> Result<bool, StoreError> {
        match conversation {
            Conversation::Thread(_) => self.hears(tx, account, Matter::Threads),
            Conversation::Chat(_) => self.hears(tx, account, Matter::Chats),
            Conversation::Group(_) => Ok(true),
        }
    }

    /// Refuses to begin a chat in which the other could not answer.
    pub(crate) fn would_hear(&self, tx: &dyn Transaction, by: &Handle) -> Result<(), Error> {
        let account = self.pinned(tx, by)?;
        if self.hears(tx, &account, Matter::Chats)? {
            Ok(())
        } else {
            Err(Misuse::NoAnswer(by.clone()).into())
        }
    }

    /// Somebody whom the settings exclude has come through. The relay should have refused it, unless they are in a group
    /// with the person here; then it is as if they were blocked (CNV-45).
    pub(crate) fn not_heard(&self, tx: &dyn Transaction, sender: &Address) -> Result<Vec<Event>, StoreError> {
        let expected = self.companions(tx)?.contains(&sender.account);
        let refused = Event::Refused { sender: *sender, reason: Reject::Policy };
        Ok((!expected).then_some(refused).into_iter().collect())
    }

    /// What the settings are made of may have changed.
    pub(crate) fn review_settings(&self, tx: &mut dyn Transaction) -> Result<(), StoreError> {
        let mut record = settings(tx)?.unwrap_or_default();
        record.review = true;
        tx.write(Table::Settings, KEY, &record)
    }

    /// The settings that the relay does not have, signed anew if what they are made of has changed (CNV-44).
    pub(crate) fn settings_to_publish(&self, step: &mut Step<'_>) -> Result<Option<Vec<u8>>, Error> {
        let Some(mut record) = settings(step.tx)? else { return Ok(None) };
        if record.review {
            let rules = self.rules(step.tx)?;
            if self.signed_rules(&record)? != rules {
                let version = record.version.checked_add(1).ok_or(StoreError::Damaged("settings"))?;
                let signed = Settings::issue(&self.certificate, &self.keys, version, rules)
                    .map_err(|_| StoreError::Damaged("settings"))?;
                record.statement = signed.as_bytes().to_vec();
                record.version = version;
                record.published = false;
            }
            record.review = false;
            step.tx.write(Table::Settings, KEY, &record)?;
        }
        Ok((!record.published && !record.statement.is_empty()).then_some(record.statement))
    }

    /// The relay has these settings.
    pub(crate) fn on_settings_published(&self, step: &mut Step<'_>, bytes: &[u8]) -> Result<(), StoreError> {
        let Some(mut record) = settings(step.tx)? else { return Ok(()) };
        if record.statement == bytes {
            record.published = true;
            step.tx.write(Table::Settings, KEY, &record)?;
        }
        Ok(())
    }

    /// Takes in the settings that the relay has, after it has refused newer ones: they count if this account has signed
    /// them, and those here get a version above them (CNV-44, RLY-41).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn on_settings(&self, step: &mut Step<'_>, answer: &pb::Settings) -> Result<(), StoreError> {
        let Some(mut record) = settings(step.tx)? else { return Ok(()) };
        let Ok(held) = Settings::verify(&answer.settings, self.list.certificates()) else { return Ok(()) };
        if held.version >= record.version && answer.settings != record.statement {
            record.version = held.version;
            record.statement.clone_from(&answer.settings);
            record.published = true;
            record.review = true;
            step.tx.write(Table::Settings, KEY, &record)?;
        }
        Ok(())
    }

    /// What the settings say that were signed last; before the first, what a relay without any does.
    fn signed_rules(&self, record: &records::Settings) -> Result<Rules, StoreError> {
        if record.statement.is_empty() {
            return Ok(everyone());
        }
        let signed = Settings::verify(&record.statement, self.list.certificates());
        Ok(signed.map_err(|_| StoreError::Damaged("settings"))?.rules)
    }

    /// What the relay is told. Nobody is shut out by it who is in a group with the person here, for the keys of a group
    /// travel in sessions; whom the person does not want to hear, this client hides by itself (RLY-41).
    fn rules(&self, tx: &dyn Transaction) -> Result<Rules, StoreError> {
        let levels = self.levels(tx)?;
        let companions = self.companions(tx)?;
        let mut rules = everyone();
        (rules.threads, rules.chats, rules.groups) = (levels.threads, levels.chats, levels.groups);
        if !companions.is_empty() {
            rules.groups = rules.groups.min(Reach::Contacts);
        }
        let relations = self.relations(tx)?;
        let blocked =
            relations.iter().filter(|(account, relation)| relation.blocked && !companions.contains(account));
        rules.blocked = blocked.map(|(account, _)| *account).take(REACH_ACCOUNTS).collect();
        let all = [rules.threads, rules.chats, rules.groups];
        let mut contacts = BTreeSet::new();
        if [levels.threads, levels.chats, levels.groups].contains(&Reach::Contacts) {
            contacts.extend(
                relations.iter().filter(|(_, relation)| relation.contact).map(|(account, _)| *account),
            );
        }
        if all != [Reach::Everyone; 3] {
            contacts.extend(companions);
        }
        if contacts.len() > REACH_ACCOUNTS {
            // More than can be named: the relay lets in everybody, and this client goes on refusing.
            for level in [&mut rules.threads, &mut rules.chats, &mut rules.groups] {
                *level = if *level == Reach::Contacts { Reach::Everyone } else { *level };
            }
            contacts.clear();
        }
        rules.contacts = contacts.into_iter().collect();
        Ok(rules)
    }

    /// Everybody who is in a group with the person here.
    fn companions(&self, tx: &dyn Transaction) -> Result<BTreeSet<AccountKey>, StoreError> {
        let mut companions = BTreeSet::new();
        for (key, _) in tx.scan(Table::Group, &[], None, usize::MAX)? {
            companions.extend(audience(tx, GroupId::new(records::fixed(&key)?))?.into_iter().flatten());
        }
        companions.remove(&self.address().account);
        Ok(companions)
    }
}

/// The groups of the person here have changed, and with them perhaps what the relay is to be told.
pub(crate) fn on_group_changed(tx: &mut dyn Transaction) -> Result<(), StoreError> {
    match settings(tx)? {
        Some(mut record) if !record.review => {
            record.review = true;
            tx.write(Table::Settings, KEY, &record)
        }
        _ => Ok(()),
    }
}

fn settings(tx: &dyn Transaction) -> Result<Option<records::Settings>, StoreError> {
    tx.read(Table::Settings, KEY)
}

/// What a relay without settings does.
const fn everyone() -> Rules {
    let open = Reach::Everyone;
    Rules { threads: open, chats: open, groups: open, contacts: Vec::new(), blocked: Vec::new() }
}

const fn number(reach: Reach) -> u32 {
    match reach {
        Reach::Everyone => 0,
        Reach::Contacts => 1,
        Reach::Nobody => 2,
    }
}

const fn level(number: u32) -> Result<Reach, StoreError> {
    match number {
        0 => Ok(Reach::Everyone),
        1 => Ok(Reach::Contacts),
        2 => Ok(Reach::Nobody),
        _ => Err(StoreError::Damaged("settings")),
    }
}
