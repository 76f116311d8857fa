//! Who is reached only encrypted: declared here or there, kept for good, and what follows from it.

use super::{Engine, Need, Statement, Step, stop::Stop};
use crate::{
    ChatState,
    conversation::Conversation,
    error::{Error, Misuse},
    event::Event,
    records::{self, Records, decode, index},
    store::{StoreError, Table, Transaction},
};
use aside_content::{Body, EncryptedOnly};
use aside_identity::{AccountKey, Certificate, Declaration, Handle};
use aside_wire::{Reject, pb::RefusalCode};

/// How old what is known of somebody's devices and declarations may be when something goes to them in the clear
/// (CNV-42).
const FRESH_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// Somebody with whom everything is said encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Declared {
    /// Who.
    pub peer: AccountKey,
    /// The person here has declared it.
    pub here: bool,
    /// The other has declared it. Neither is so if nothing but the relay's word is known.
    pub there: bool,
    /// The relay has what was declared here.
    pub published: bool,
}

impl Engine {
    /// Declares that somebody reaches the person here only encrypted, for good (CNV-40): what waits to go to them in the
    /// clear fails, and says so. Nothing happens if it was declared before.
    ///
    /// # Errors
    /// [`Misuse::UnknownPeer`], [`Misuse::Oneself`], [`Misuse::AccountChanged`] or [`Misuse::Blocked`].
    pub fn declare_encrypted_only(&self, step: &mut Step<'_>, who: &Handle) -> Result<Vec<Event>, Error> {
        let peer = self.reachable(step.tx, who)?;
        let mut record = only(step.tx, &peer)?.unwrap_or_default();
        if record.own_version > 0 {
            return Ok(Vec::new());
        }
        let declaration = Declaration::issue(&self.certificate, &self.keys, peer, 1)
            .map_err(|_| StoreError::Damaged("declaration"))?;
        record.own = declaration.as_bytes().to_vec();
        record.own_version = declaration.version;
        record.published = false;
        step.tx.write(Table::EncryptedOnly, peer.as_bytes(), &record)?;
        self.show_declarations(step)?;
        self.fail_what_waits_in_the_clear(step, &peer)
    }

    /// Shows in the chat what was declared here, as soon as both want one: a relay that keeps it to itself cannot keep
    /// that (CNV-41).
    pub(crate) fn show_declarations(&self, step: &mut Step<'_>) -> Result<(), Error> {
        for (key, record) in step.tx.scan(Table::EncryptedOnly, &[], None, usize::MAX)? {
            let mut record: records::EncryptedOnly = decode(&record)?;
            if record.own_version == 0 || record.shown {
                continue;
            }
            let Some((chat, ChatState::Accepted)) = self.chat_with(step.tx, &records::account(&key)?)? else {
                continue;
            };
            let shown = EncryptedOnly { declaration: record.own.clone() };
            let body = Body::of(shown).map_err(|_| StoreError::Damaged("declaration"))?;
            match self.say_in(step, Conversation::Chat(chat), body) {
                Ok(_) => record.shown = true,
                // Somebody blocked, or a handle that is contested: later, if ever.
                Err(Error::Misuse(_)) => continue,
                Err(error) => return Err(error),
            }
            step.tx.write(Table::EncryptedOnly, &key, &record)?;
        }
        Ok(())
    }

    /// Everybody with whom everything is said encrypted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn declared(&self, tx: &dyn Transaction) -> Result<Vec<Declared>, StoreError> {
        let mut declared = Vec::new();
        for (key, record) in tx.scan(Table::EncryptedOnly, &[], None, usize::MAX)? {
            let record: records::EncryptedOnly = decode(&record)?;
            declared.push(Declared {
                peer: records::account(&key)?,
                here: record.own_version > 0,
                there: record.their_version > 0,
                published: record.published || record.own_version == 0,
            });
        }
        Ok(declared)
    }

    /// Whether nothing goes in the clear between the person here and somebody.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn is_encrypted_only(&self, tx: &dyn Transaction, peer: &AccountKey) -> Result<bool, StoreError> {
        Ok(only(tx, peer)?.is_some())
    }

    /// Refuses what would go out in the clear (CNV-40, CNV-41).
    pub(crate) fn may_write_in_the_clear(&self, tx: &dyn Transaction, to: &AccountKey) -> Result<(), Error> {
        if !self.is_encrypted_only(tx, to)? {
            return Ok(());
        }
        let handle = self.handle_of(tx, to)?.ok_or(StoreError::Damaged("peer of a declaration"))?;
        Err(Misuse::EncryptedOnly(handle).into())
    }

    /// Refuses what came in the clear although it may not, and says so (CNV-43). Of somebody blocked nothing is told.
    pub(crate) fn check_clear(&self, tx: &dyn Transaction, from: &AccountKey) -> Result<(), Stop> {
        if self.is_encrypted_only(tx, from)? && !self.relation(tx, from)?.blocked {
            return Err(Stop::alarm(Reject::Policy, Event::InTheClear { peer: *from }));
        }
        Ok(())
    }

    /// Whether the relay was asked lately what somebody's devices are and what they have declared (CNV-42). A clock that
    /// was set back makes nothing newer.
    pub(crate) fn is_fresh(
        &self,
        tx: &dyn Transaction,
        peer: &AccountKey,
        now: u64,
    ) -> Result<bool, StoreError> {
        let record: records::Peer = tx.read(Table::Peer, peer.as_bytes())?.unwrap_or_default();
        let age = now.checked_sub(record.fetched_at);
        Ok(record.fetched_at > 0 && age.is_some_and(|age| age < FRESH_MS))
    }

    /// Takes in the declarations that the relay gave with the devices of an account: those of the account, which this one
    /// keeps, and those of this account, which an older copy of the profile may have lost (CNV-41).
    pub(crate) fn learn_declarations(
        &self,
        step: &mut Step<'_>,
        peer: &AccountKey,
        declarations: &[Vec<u8>],
    ) -> Result<Vec<Event>, Error> {
        let Some(known) = self.peer(step.tx, peer)? else { return Ok(Vec::new()) };
        let mut events = Vec::new();
        for bytes in declarations {
            let theirs = self.verify_declaration(known.list.certificates(), bytes);
            let own = verify(self.list.certificates(), bytes).ok().filter(|own| own.peer == *peer);
            match (own, theirs) {
                (Some(own), _) => events.extend(self.keep_own(step, &own)?),
                (None, Ok(theirs)) => events.extend(self.keep_theirs(step, &theirs)?),
                (None, Err(reason)) => events.push(Event::DeclarationRefused { peer: *peer, reason }),
            }
        }
        Ok(events)
    }

    /// Verifies a declaration for this account by one of these devices (CON-27).
    pub(crate) fn verify_declaration(
        &self,
        devices: &[Certificate],
        bytes: &[u8],
    ) -> Result<Declaration, Reject> {
        let declaration = verify(devices, bytes)?;
        if declaration.peer == self.address().account { Ok(declaration) } else { Err(Reject::Policy) }
    }

    /// Keeps what somebody has declared. Whatever comes later, an older declaration, a bad one or none, lifts nothing
    /// (CNV-41).
    pub(crate) fn keep_theirs(
        &self,
        step: &mut Step<'_>,
        declaration: &Declaration,
    ) -> Result<Vec<Event>, Error> {
        let peer = declaration.owner.account;
        let known = only(step.tx, &peer)?;
        let is_news = known.as_ref().is_none_or(|known| known.their_version == 0);
        let mut record = known.unwrap_or_default();
        if record.their_version >= declaration.version {
            return Ok(Vec::new());
        }
        record.theirs = declaration.as_bytes().to_vec();
        record.their_version = declaration.version;
        step.tx.write(Table::EncryptedOnly, peer.as_bytes(), &record)?;
        let mut events = self.fail_what_waits_in_the_clear(step, &peer)?;
        if is_news {
            events.push(Event::EncryptedOnly { peer });
        }
        Ok(events)
    }

    fn keep_own(&self, step: &mut Step<'_>, declaration: &Declaration) -> Result<Vec<Event>, Error> {
        let mut record = only(step.tx, &declaration.peer)?.unwrap_or_default();
        if record.own_version > declaration.version {
            return Ok(Vec::new());
        }
        record.own = declaration.as_bytes().to_vec();
        record.own_version = declaration.version;
        record.published = true;
        step.tx.write(Table::EncryptedOnly, declaration.peer.as_bytes(), &record)?;
        self.fail_what_waits_in_the_clear(step, &declaration.peer)
    }

    /// The relay says that one of the two has declared it. Its word is enough to say no more in the clear (CNV-41); the
    /// declaration itself is asked for.
    pub(crate) fn keep_word_of_relay(
        &self,
        step: &mut Step<'_>,
        peer: &AccountKey,
    ) -> Result<(), StoreError> {
        let record = only(step.tx, peer)?.unwrap_or_default();
        step.tx.write(Table::EncryptedOnly, peer.as_bytes(), &record)
    }

    /// The declarations of which nothing but the relay's word is known.
    pub(crate) fn declarations_to_see(&self, tx: &dyn Transaction) -> Result<Vec<Need>, StoreError> {
        let unseen = |one: &Declared| !one.here && !one.there;
        let mut needs = Vec::new();
        for Declared { peer, .. } in self.declared(tx)?.into_iter().filter(unseen) {
            let known = self.peer(tx, &peer)?.map_or(0, |peer| peer.list.reference().version);
            needs.push(Need::Devices { account: peer, known });
        }
        Ok(needs)
    }

    pub(crate) fn declarations_to_publish(&self, tx: &dyn Transaction) -> Result<Vec<Statement>, StoreError> {
        let mut statements = Vec::new();
        for (key, record) in tx.scan(Table::EncryptedOnly, &[], None, usize::MAX)? {
            let record: records::EncryptedOnly = decode(&record)?;
            if record.own_version > 0 && !record.published {
                statements
                    .push(Statement::Declaration { peer: records::account(&key)?, declaration: record.own });
            }
        }
        Ok(statements)
    }

    pub(crate) fn on_declaration_published(
        &self,
        step: &mut Step<'_>,
        peer: &AccountKey,
        declaration: &[u8],
    ) -> Result<(), StoreError> {
        let Some(mut record) = only(step.tx, peer)? else { return Ok(()) };
        if record.own == declaration {
            record.published = true;
            step.tx.write(Table::EncryptedOnly, peer.as_bytes(), &record)?;
        }
        Ok(())
    }

    /// What waits to go to somebody in the clear will not (CNV-40, CNV-41). It is not said anywhere else by itself: whoever
    /// wrote it knew who could read it.
    fn fail_what_waits_in_the_clear(
        &self,
        step: &mut Step<'_>,
        peer: &AccountKey,
    ) -> Result<Vec<Event>, Error> {
        let mut events = Vec::new();
        for (key, record) in step.tx.scan(Table::Outbox, &[], None, usize::MAX)? {
            let entry: records::Outgoing = decode(&record)?;
            let in_clear =
                matches!(Conversation::from_key(&entry.conversation), Some(Conversation::Thread(_)));
            if in_clear && entry.peer == peer.as_bytes() {
                let refusal = self.on_refused(step, index(&key)?, RefusalCode::EncryptedOnly)?;
                events.extend(refusal.into_event());
            }
        }
        Ok(events)
    }
}

fn only(tx: &dyn Transaction, peer: &AccountKey) -> Result<Option<records::EncryptedOnly>, StoreError> {
    tx.read(Table::EncryptedOnly, peer.as_bytes())
}

/// Verifies a declaration by the certificate of the device that it names, if that is one of these.
fn verify(devices: &[Certificate], bytes: &[u8]) -> Result<Declaration, Reject> {
    let mut reason = Reject::Signature;
    for device in devices {
        match Declaration::verify(bytes, device) {
            Ok(declaration) => return Ok(declaration),
            Err(refused) if refused.reject() != Reject::Signature => reason = refused.reject(),
            Err(_) => {}
        }
    }
    Err(reason)
}
