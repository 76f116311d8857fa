//! Group messages that came before what they are judged by: a chain, an entry, an invitation.

use crate::{
    engine::{Engine, Step},
    error::Error,
    event::Event,
    records::{self, Held, Records},
    store::{StoreError, Table},
};
use aside_identity::{Address, DeviceId};
use aside_wire::Reject;

/// Messages held at the most: a burst of a lively group while one key is late.
const HELD: usize = 256;
/// How long they are held. A chain that did not come by then comes with another epoch.
const HELD_MS: u64 = 48 * 60 * 60 * 1000;

impl Engine {
    /// Keeps a message for later. The oldest makes room.
    pub(crate) fn hold(
        &self,
        step: &mut Step<'_>,
        sender: &Address,
        accepted_at: u64,
        payload: &[u8],
    ) -> Result<Vec<Event>, Error> {
        let mut events = self.drop_held(step, HELD.saturating_sub(1))?;
        let held = Held {
            sender: sender.account.as_bytes().to_vec(),
            device: sender.device.number(),
            accepted_at,
            payload: payload.to_vec(),
            since: step.now,
        };
        let place = step.tx.next("held")?;
        step.tx.write(Table::Held, &place.to_be_bytes(), &held)?;
        events.shrink_to_fit();
        Ok(events)
    }

    /// Judges again what is held, for something has become known. What still cannot be judged stays.
    pub(crate) fn try_held(&self, step: &mut Step<'_>) -> Result<Vec<Event>, Error> {
        let mut events = self.drop_held(step, HELD)?;
        for (key, record) in step.tx.scan(Table::Held, &[], None, usize::MAX)? {
            let held: Held = records::decode(&record)?;
            let sender = sender(&held)?;
            match self.check_group_message(step.tx, step.now, &sender, &held.payload)? {
                Ok(plan) => {
                    step.tx.delete(Table::Held, &key)?;
                    events.extend(self.apply_group_message(step, &sender, plan, held.accepted_at)?);
                }
                Err(super::messages::Unready::Hold { .. }) => {}
                Err(super::messages::Unready::Refuse { reason, event }) => {
                    step.tx.delete(Table::Held, &key)?;
                    events.extend(event);
                    events.push(Event::Refused { sender, reason });
                }
            }
        }
        Ok(events)
    }

    /// Gives up what was held too long, and the oldest beyond a number.
    fn drop_held(&self, step: &mut Step<'_>, most: usize) -> Result<Vec<Event>, Error> {
        let rows = step.tx.scan(Table::Held, &[], None, usize::MAX)?;
        let surplus = rows.len().saturating_sub(most);
        let mut events = Vec::new();
        for (place, (key, record)) in rows.into_iter().enumerate() {
            let held: Held = records::decode(&record)?;
            if place < surplus || step.now.saturating_sub(held.since) > HELD_MS {
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
