//! Group messages that came before what they are judged by: a chain, an entry, an invitation.

use crate::{
    engine::{Engine, Step, stop::Stop},
    error::Error,
    event::Event,
    records::{self, Held, Records},
    store::{StoreError, Table, Transaction},
};
use aside_identity::{AccountKey, Address, DeviceId};
use aside_wire::Reject;

/// Messages held at the most: a burst of a lively group while one key is late.
const HELD: usize = 256;
/// Messages held of one account at the most, so that one does not push out the others.
const HELD_OF_ONE: usize = 64;
/// Messages held of accounts that are in no group known here: an invitation may come after them.
const HELD_OF_STRANGERS: usize = 32;
/// How long they are held. A chain that did not come by then comes with another epoch.
const HELD_MS: u64 = 48 * 60 * 60 * 1000;

impl Engine {
    /// Keeps a message for later, if there is room for its sender.
    pub(crate) fn hold(
        &self,
        step: &mut Step<'_>,
        sender: &Address,
        accepted_at: u64,
        payload: &[u8],
    ) -> Result<Vec<Event>, Error> {
        let mut events = self.drop_held(step)?;
        if !self.has_room(step.tx, sender)? {
            events.push(Event::Refused { sender: *sender, reason: Reject::NoSession });
            return Ok(events);
        }
        let held = Held {
            sender: sender.account.as_bytes().to_vec(),
            device: sender.device.number(),
            accepted_at,
            payload: payload.to_vec(),
            since: step.now,
        };
        let place = step.tx.next("held")?;
        step.tx.write(Table::Held, &place.to_be_bytes(), &held)?;
        Ok(events)
    }

    fn has_room(&self, tx: &dyn Transaction, sender: &Address) -> Result<bool, StoreError> {
        let rows = tx.scan(Table::Held, &[], None, usize::MAX)?;
        let (mut of_sender, mut of_strangers) = (0usize, 0usize);
        let stranger = !self.is_fellow(tx, &sender.account)?;
        for (_, record) in &rows {
            let held: Held = records::decode(record)?;
            of_sender = of_sender.saturating_add(usize::from(held.sender == sender.account.as_bytes()));
            if stranger {
                let other = !self.is_fellow(tx, &records::account(&held.sender)?)?;
                of_strangers = of_strangers.saturating_add(usize::from(other));
            }
        }
        Ok(rows.len() < HELD && of_sender < HELD_OF_ONE && (!stranger || of_strangers < HELD_OF_STRANGERS))
    }

    /// Whether somebody has handed over a chain of a group that is known here, as a member.
    fn is_fellow(&self, tx: &dyn Transaction, account: &AccountKey) -> Result<bool, StoreError> {
        for (key, _) in tx.scan(Table::ChainOwner, account.as_bytes(), None, usize::MAX)? {
            let id = key.get(65..).unwrap_or_default();
            let chain = tx.read::<records::ReceivingChain>(Table::ReceivingChain, id)?;
            let judged = chain.is_some_and(|chain| chain.head_sequence == 0);
            if judged && tx.get(Table::Group, key.get(33..65).unwrap_or_default())?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Judges again what is held, for something has become known. What still cannot be judged stays.
    pub(crate) fn try_held(&self, step: &mut Step<'_>) -> Result<Vec<Event>, Error> {
        let mut events = self.drop_held(step)?;
        for (key, record) in step.tx.scan(Table::Held, &[], None, usize::MAX)? {
            let held: Held = records::decode(&record)?;
            let sender = sender(&held)?;
            let Some(list) = self.list_of(step.tx, &sender.account)? else { continue };
            match self.check_group_message(step.tx, step.now, (&sender, &list), &held.payload) {
                Ok(plan) => {
                    step.tx.delete(Table::Held, &key)?;
                    events.extend(self.apply_group_message(step, &sender, plan, held.accepted_at)?);
                }
                Err(Stop::Refuse(reason, event)) => {
                    step.tx.delete(Table::Held, &key)?;
                    events.extend(event.map(|event| *event));
                    events.push(Event::Refused { sender, reason });
                }
                Err(Stop::Unopened(..) | Stop::Hold { .. } | Stop::Need(_)) => {}
                Err(Stop::Error(error)) => return Err(error),
            }
        }
        Ok(events)
    }

    /// Gives up what was held too long.
    fn drop_held(&self, step: &mut Step<'_>) -> Result<Vec<Event>, Error> {
        let mut events = Vec::new();
        for (key, record) in step.tx.scan(Table::Held, &[], None, usize::MAX)? {
            let held: Held = records::decode(&record)?;
            if step.now.abs_diff(held.since) > HELD_MS {
                step.tx.delete(Table::Held, &key)?;
                events.push(Event::Refused { sender: sender(&held)?, reason: Reject::NoSession });
            }
        }
        Ok(events)
    }
}

fn sender(held: &Held) -> Result<Address, StoreError> {
    let device = DeviceId::parse(held.device).map_err(|_| StoreError::Damaged("held message"))?;
    Ok(Address { account: records::account(&held.sender)?, device })
}
