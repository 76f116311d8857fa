//! Chains: the own one, handed to every member; those of the others, kept by key id.

use super::Known;
use crate::{
    engine::{Engine, Step},
    error::Error,
    records::{self, Records, address_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::Kind;
use aside_group::{Change, Group, GroupEvent, Head, KeyId, ReceivingChain, SenderKey, SendingChain};
use aside_identity::{AccountKey, Address, GroupId};
use aside_primitives::Digest;
use zeroize::Zeroizing;

/// Chains kept of one device in one group: those of a few epochs, whose messages may still be under way.
const CHAINS_PER_SENDER: usize = 4;
/// Chains kept of one device for groups not known here: an invitation may come after them.
const CHAINS_OF_STRANGE_GROUPS: usize = 16;
/// How long a chain that waits for somebody who cannot be reached may be of use: a chain's age, and what is late.
pub(crate) const CHAIN_USE_MS: u64 = (7 * 24 + 48) * 60 * 60 * 1000;
/// How long late messages of somebody who went are taken (GRP-35), and those held whose chain is not here yet.
pub(crate) const LATE_MS: u64 = 48 * 60 * 60 * 1000;

/// A chain of another device with what is kept beside its state.
pub(crate) struct KeptChain {
    pub(crate) chain: ReceivingChain,
    pub(crate) record: records::ReceivingChain,
}

impl KeptChain {
    pub(crate) fn load(tx: &dyn Transaction, id: &KeyId) -> Result<Option<Self>, StoreError> {
        let Some(record) = tx.read::<records::ReceivingChain>(Table::ReceivingChain, id.as_bytes())? else {
            return Ok(None);
        };
        let chain =
            ReceivingChain::import(&record.state).map_err(|_| StoreError::Damaged("receiving chain"))?;
        Ok(Some(Self { chain, record }))
    }

    pub(crate) fn keep(mut self, tx: &mut dyn Transaction) -> Result<(), StoreError> {
        self.record.state = self.chain.export().to_vec();
        let id = *self.chain.key_id();
        tx.put(Table::ChainOwner, &owner_key(self.chain.owner(), self.chain.group(), &id), &[])?;
        tx.write(Table::ReceivingChain, id.as_bytes(), &self.record)
    }

    /// The head at which it was handed over, if that was not looked up in the log yet.
    pub(crate) fn head(&self) -> Result<Option<Head>, StoreError> {
        let sequence = self.record.head_sequence;
        if sequence == 0 {
            return Ok(None);
        }
        Ok(Some(Head { sequence, hash: Digest(records::fixed(&self.record.head)?) }))
    }
}

impl Engine {
    /// The own chain for the next message, and whoever lacks it gets it first (GRP-18, GRP-19). Returns whether
    /// something was queued that has to go out before.
    pub(crate) fn ready_chain(
        &self,
        step: &mut Step<'_>,
        known: &Known,
        state: &Group,
    ) -> Result<(SendingChain, bool), Error> {
        let kept = self.own_chain(step.tx, &known.id)?;
        let usable = kept.filter(|(chain, _)| chain.epoch() == state.epoch() && !chain.is_spent(step.now));
        let (chain, given_up_to) = match usable {
            Some(kept) => kept,
            None => {
                let owner = self.address();
                (SendingChain::generate(step.entropy, known.id, owner, state.epoch(), step.now)?, 0)
            }
        };
        let own = self.address().account;
        let lacking: Vec<AccountKey> = state
            .members()
            .filter(|(account, member)| **account != own && member.since() > given_up_to)
            .map(|(account, _)| *account)
            .collect();
        if !lacking.is_empty() {
            self.hand_over(step, known, state, &chain, &lacking)?;
        }
        self.keep_own_chain(step.tx, &known.id, &chain, state.sequence())?;
        Ok((chain, !lacking.is_empty()))
    }

    pub(crate) fn own_chain(
        &self,
        tx: &dyn Transaction,
        group: &GroupId,
    ) -> Result<Option<(SendingChain, u64)>, StoreError> {
        let record = tx.read::<records::SendingChain>(Table::SendingChain, group.as_bytes())?;
        let Some(record) = record else { return Ok(None) };
        let state = Zeroizing::new(record.state);
        let chain = SendingChain::import(&state).map_err(|_| StoreError::Damaged("sending chain"))?;
        Ok(Some((chain, record.given_up_to)))
    }

    pub(crate) fn keep_own_chain(
        &self,
        tx: &mut dyn Transaction,
        group: &GroupId,
        chain: &SendingChain,
        given_up_to: u64,
    ) -> Result<(), StoreError> {
        let record = records::SendingChain { state: chain.export().to_vec(), given_up_to };
        tx.write(Table::SendingChain, group.as_bytes(), &record)
    }

    fn hand_over(
        &self,
        step: &mut Step<'_>,
        known: &Known,
        state: &Group,
        chain: &SendingChain,
        to: &[AccountKey],
    ) -> Result<(), Error> {
        let Some(log_key) = known.log_key(step.tx, &state.log_key_id())? else {
            return Err(StoreError::Damaged("log key").into());
        };
        let Ok(chain) = chain.hand_over() else {
            return Err(StoreError::Damaged("sending chain").into());
        };
        let key = SenderKey { epoch: state.epoch(), head: state.head(), chain, log_key }.encode();
        for account in to {
            let least_list = state.member(account).map_or(0, |member| member.list().version);
            self.queue_for_list(step, &known.id, (account, least_list), Kind::SENDER_KEY, &key)?;
        }
        Ok(())
    }

    /// Keeps the chain of another device. The newest few of it stay.
    pub(crate) fn keep_chain(
        &self,
        step: &mut Step<'_>,
        known: Option<&Known>,
        chain: ReceivingChain,
        head: Head,
    ) -> Result<(), StoreError> {
        let (owner, group) = (*chain.owner(), *chain.group());
        if KeptChain::load(step.tx, chain.key_id())?.is_some() {
            // The same chain again, perhaps from a later message on: what is kept reaches further back.
            return Ok(());
        }
        let mut there = chains_of(step.tx, &owner, &group)?;
        there.sort_by_key(|kept| kept.record.since);
        let limit = if known.is_some() { CHAINS_PER_SENDER } else { 1 };
        let surplus = there.len().saturating_sub(limit.saturating_sub(1));
        // Its messages name this sequence at least: who was put out cannot begin a chain for yesterday (GRP-32).
        let last_sequence = there.iter().map(|kept| kept.record.last_sequence).fold(head.sequence, u64::max);
        for old in there.into_iter().take(surplus) {
            forget_chain(step.tx, &old.chain)?;
        }
        let mut record = records::ReceivingChain { since: step.now, last_sequence, ..Default::default() };
        match known.and_then(|known| known.state.as_ref()).filter(|state| head.sequence <= state.sequence()) {
            // It came after the end of its epoch (GRP-35).
            Some(state) if chain.epoch() < state.epoch() => {
                record.delete_at = step.now.saturating_add(LATE_MS);
            }
            Some(_) => {}
            // What lies ahead is judged when it is known.
            None => {
                record.head_sequence = head.sequence;
                record.head = head.hash.as_bytes().to_vec();
            }
        }
        KeptChain { chain, record }.keep(step.tx)
    }

    /// Whether a device may still hand over chains of groups that are not known here.
    pub(crate) fn may_hand_over_strange(
        &self,
        tx: &dyn Transaction,
        owner: &Address,
    ) -> Result<bool, StoreError> {
        let prefix = address_key(owner);
        let mut strange = 0usize;
        for (key, _) in tx.scan(Table::ChainOwner, &prefix, None, usize::MAX)? {
            let group = records::fixed::<32>(key.get(33..65).unwrap_or_default())?;
            strange = strange.saturating_add(usize::from(tx.get(Table::Group, &group)?.is_none()));
        }
        Ok(strange < CHAINS_OF_STRANGE_GROUPS)
    }
}

/// Ends the chains of the devices that an entry puts out: up to the cut their late messages count, for a while (GRP-35).
pub(crate) fn cut_chains(step: &mut Step<'_>, known: &Known, change: &Change) -> Result<(), StoreError> {
    let cuts = match &change.event {
        GroupEvent::Removed { cuts, .. }
        | GroupEvent::Left { cuts }
        | GroupEvent::DevicesChanged { cuts, .. } => cuts,
        _ => return Ok(()),
    };
    for device in &change.gone {
        for mut kept in chains_of(step.tx, device, &known.id)? {
            let cut = cuts.iter().find(|cut| cut.key_id == *kept.chain.key_id());
            kept.chain.cut(cut.map_or(0, |cut| cut.messages));
            if kept.chain.is_finished() {
                forget_chain(step.tx, &kept.chain)?;
            } else {
                kept.record.delete_at = step.now.saturating_add(LATE_MS);
                kept.keep(step.tx)?;
            }
        }
    }
    Ok(())
}

/// Sets when the chains of an epoch that has ended go (GRP-35).
pub(crate) fn end_epoch(step: &mut Step<'_>, known: &Known) -> Result<(), StoreError> {
    let Some(state) = &known.state else { return Ok(()) };
    let delete_at = step.now.saturating_add(LATE_MS);
    for (account, _) in state.members() {
        for mut kept in chains_of_account(step.tx, account, &known.id)? {
            if kept.chain.epoch() < state.epoch() && kept.record.delete_at == 0 {
                kept.record.delete_at = delete_at;
                kept.keep(step.tx)?;
            }
        }
    }
    Ok(())
}

/// Wipes the chains whose time is over (GRP-35).
pub(crate) fn wipe_ended_chains(step: &mut Step<'_>) -> Result<(), StoreError> {
    for (key, record) in step.tx.scan(Table::ReceivingChain, &[], None, usize::MAX)? {
        let record: records::ReceivingChain = records::decode(&record)?;
        if record.delete_at != 0 && record.delete_at <= step.now {
            let kept = KeptChain::load(step.tx, &KeyId::new(records::fixed(&key)?))?;
            if let Some(kept) = kept {
                forget_chain(step.tx, &kept.chain)?;
            }
        }
    }
    Ok(())
}

/// The chains of a device in a group.
pub(crate) fn chains_of(
    tx: &dyn Transaction,
    owner: &Address,
    group: &GroupId,
) -> Result<Vec<KeptChain>, StoreError> {
    let prefix = [address_key(owner).as_slice(), group.as_bytes()].concat();
    let mut chains = Vec::new();
    for (key, _) in tx.scan(Table::ChainOwner, &prefix, None, usize::MAX)? {
        let id = KeyId::new(records::fixed(key.get(65..).unwrap_or_default())?);
        chains.extend(KeptChain::load(tx, &id)?);
    }
    Ok(chains)
}

/// The chains of all devices of an account in a group.
pub(crate) fn chains_of_account(
    tx: &dyn Transaction,
    account: &AccountKey,
    group: &GroupId,
) -> Result<Vec<KeptChain>, StoreError> {
    let mut chains = Vec::new();
    for (key, _) in tx.scan(Table::ChainOwner, account.as_bytes(), None, usize::MAX)? {
        if key.get(33..65) == Some(group.as_bytes()) {
            let id = KeyId::new(records::fixed(key.get(65..).unwrap_or_default())?);
            chains.extend(KeptChain::load(tx, &id)?);
        }
    }
    Ok(chains)
}

/// Wipes a chain.
pub(crate) fn forget_chain(tx: &mut dyn Transaction, chain: &ReceivingChain) -> Result<(), StoreError> {
    let id = *chain.key_id();
    tx.delete(Table::ChainOwner, &owner_key(chain.owner(), chain.group(), &id))?;
    tx.delete(Table::ReceivingChain, id.as_bytes())
}

/// Wipes all chains of a group (GRP-35).
pub(crate) fn forget_chains_of(tx: &mut dyn Transaction, group: &GroupId) -> Result<(), StoreError> {
    for (key, _) in tx.scan(Table::ChainOwner, &[], None, usize::MAX)? {
        if key.get(33..65) == Some(group.as_bytes()) {
            tx.delete(Table::ReceivingChain, key.get(65..).unwrap_or_default())?;
            tx.delete(Table::ChainOwner, &key)?;
        }
    }
    Ok(())
}

/// account 32 | device 1 | group 32 | key id 16
fn owner_key(owner: &Address, group: &GroupId, id: &KeyId) -> Vec<u8> {
    [address_key(owner).as_slice(), group.as_bytes(), id.as_bytes()].concat()
}
