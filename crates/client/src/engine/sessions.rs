//! The sessions with a device: opened from either side, chosen, kept.

use super::{Engine, Step, stop::Stop};
use crate::{
    error::Error,
    records::{self, Records, address_key, decode, fixed, prekey_key},
    store::{StoreError, Table, Transaction},
};
use aside_identity::{Address, Certificate, DeviceId, Prekey, PrekeyKind};
use aside_primitives::Digest;
use aside_session::{
    Bundle, Prekeys, Received, Session, Sessions, handshake_hash,
    sessions::{Change, Opened, Outcome, Row},
};
use aside_wire::{Reject, packet::Packet, pb};
use std::collections::BTreeSet;

/// All sessions with a device.
pub(crate) fn sessions(tx: &dyn Transaction, device: &Address) -> Result<Sessions, StoreError> {
    let mut rows = Vec::new();
    for (key, record) in tx.scan(Table::Session, &address_key(device), None, usize::MAX)? {
        let record: records::Session = decode(&record)?;
        rows.push(Row {
            id: Digest(fixed(key.get(ADDRESS_BYTES..).unwrap_or_default())?),
            state: record.state.into(),
            generation: record.generation,
            retired_at: record.retired_at,
            epoch_since: record.epoch_since,
        });
    }
    Sessions::import(rows).map_err(|_| StoreError::Damaged("session"))
}

/// Where the id of a session begins in the key of its record.
const ADDRESS_BYTES: usize = 33;

/// Writes what has changed in the sessions with a device.
pub(crate) fn keep_sessions(
    tx: &mut dyn Transaction,
    device: &Address,
    now: u64,
    sessions: &mut Sessions,
) -> Result<(), StoreError> {
    for change in sessions.take_changes(now) {
        match change {
            Change::Keep(Row { id, state, generation, retired_at, epoch_since }) => {
                let record = records::Session { state: state.to_vec(), generation, retired_at, epoch_since };
                tx.write(Table::Session, &records::session_key(device, &id), &record)?;
            }
            Change::Forget(id) => tx.delete(Table::Session, &records::session_key(device, &id))?,
        }
    }
    Ok(())
}

/// The devices with which there are sessions.
fn devices_with_sessions(tx: &dyn Transaction) -> Result<BTreeSet<Address>, StoreError> {
    let mut devices = BTreeSet::new();
    for (key, _) in tx.scan(Table::Session, &[], None, usize::MAX)? {
        let (account, rest) = key.split_at_checked(32).ok_or(StoreError::Damaged("session"))?;
        let number = rest.first().copied().unwrap_or_default();
        let device = DeviceId::parse(number.into()).map_err(|_| StoreError::Damaged("session"))?;
        devices.insert(Address { account: records::account(account)?, device });
    }
    Ok(devices)
}

/// The sessions after a message.
pub(crate) struct SessionPlan {
    sessions: Sessions,
    opened: Opened,
    generation: u32,
    /// Handshake and prekeys to use up, if the session is new.
    opened_with: Option<(Digest, u32, Option<u32>)>,
}

impl Engine {
    /// No session that there is sends any more, with anybody: their state may have been used elsewhere (threat R4). Whatever
    /// is sent next starts a new one, and what is under way is still opened (HEA-3).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn retire_all_sessions(&self, step: &mut Step<'_>) -> Result<(), StoreError> {
        for device in devices_with_sessions(step.tx)? {
            let mut sessions = sessions(step.tx, &device)?;
            sessions.retire_all(step.now);
            keep_sessions(step.tx, &device, step.now, &mut sessions)?;
        }
        Ok(())
    }

    /// Forgets sessions that only receive and are too old (HEA-4).
    pub(crate) fn tidy_sessions(&self, step: &mut Step<'_>) -> Result<(), StoreError> {
        for device in devices_with_sessions(step.tx)? {
            let mut sessions = sessions(step.tx, &device)?;
            sessions.tidy(step.now);
            keep_sessions(step.tx, &device, step.now, &mut sessions)?;
        }
        Ok(())
    }

    /// Starts a session with a device from the bundle that the relay handed out. Everything is verified first; if
    /// anything is refused, nothing is stored and nothing will be sent (threat H1).
    ///
    /// # Errors
    /// [`Error`] of the store or the source of randomness. The inner result tells why a bundle was refused.
    pub fn on_prekeys(
        &self,
        step: &mut Step<'_>,
        device: &Address,
        prekeys: &pb::Prekeys,
    ) -> Result<Result<(), Reject>, Error> {
        let Some(peer) = self.peer(step.tx, &device.account)? else { return Ok(Err(Reject::Policy)) };
        let Some(certificate) = peer.list.certificate(device.device) else { return Ok(Err(Reject::Policy)) };
        let verify = |bytes: &[u8], kind| {
            Prekey::verify(bytes, certificate, kind, step.now).map_err(aside_identity::Refused::reject)
        };
        let signed = match verify(&prekeys.signed_prekey, PrekeyKind::Signed) {
            Ok(signed) => signed,
            Err(reason) => return Ok(Err(reason)),
        };
        let one_time = match prekeys.one_time.as_slice() {
            [] => None,
            // HEA-16
            _ if self.doubts_prekeys(step.tx, device)? => None,
            bytes => match verify(bytes, PrekeyKind::OneTime) {
                Ok(one_time) => Some(one_time),
                Err(reason) => return Ok(Err(reason)),
            },
        };
        let bundle = Bundle { certificate, signed: &signed, one_time: one_time.as_ref() };
        let session = match Session::initiate(step.entropy, &self.own(), &bundle) {
            Ok(session) => session,
            Err(aside_session::CannotSend::Entropy(failed)) => return Err(failed.into()),
            Err(_) => return Ok(Err(Reject::Key)),
        };
        let mut sessions = sessions(step.tx, device)?;
        let is_first = sessions.is_empty();
        if sessions.insert(session, step.now).is_err() {
            return Ok(Err(Reject::Limit));
        }
        keep_sessions(step.tx, device, step.now, &mut sessions)?;
        if !is_first {
            self.note_begun(step, device)?;
        }
        Ok(Ok(()))
    }

    /// Decrypts a message of a device in one of its sessions, or in a new one (HSK-10, HSK-13, SES-29). What it opened is
    /// not checked.
    pub(crate) fn decrypt(
        &self,
        tx: &dyn Transaction,
        now: u64,
        (sender, certificate): (&Address, &Certificate),
        payload: &[u8],
    ) -> Result<(Received, SessionPlan), Stop> {
        let sessions = sessions(tx, sender)?;
        let handshake = Packet::parse(payload)?.handshake;
        let Some(handshake) = handshake.filter(|it| !sessions.began_with(&handshake_hash(it))) else {
            let (received, opened) = sessions.decrypt(payload).map_err(of_a_lost_state)?;
            return Ok((received, SessionPlan { sessions, opened, generation: 0, opened_with: None }));
        };
        let hash = handshake_hash(&handshake);
        if tx.get(Table::Handshake, hash.as_bytes())?.is_some() {
            return Err(Reject::Replay.into());
        }
        let gone = Reject::UnknownPrekey;
        let signed = self.live_prekey(tx, now, PrekeyKind::Signed, handshake.signed_prekey)?.ok_or(gone)?;
        let one_time = match handshake.one_time_prekey {
            None => None,
            Some(id) => Some(self.live_prekey(tx, now, PrekeyKind::OneTime, id)?.ok_or(gone)?),
        };
        let prekeys = Prekeys { signed: &signed, one_time: one_time.as_ref() };
        let (session, received) = Session::respond(&self.own(), certificate, &prekeys, payload)?;
        let opened_with = Some((hash, handshake.signed_prekey, handshake.one_time_prekey));
        let opened = Opened::new(session);
        Ok((received, SessionPlan { sessions, opened, generation: 0, opened_with }))
    }

    fn live_prekey(
        &self,
        tx: &dyn Transaction,
        now: u64,
        kind: PrekeyKind,
        id: u32,
    ) -> Result<Option<aside_identity::PrekeySecret>, StoreError> {
        let record = tx.read::<records::Prekey>(Table::Prekey, &prekey_key(kind, id))?;
        if record.is_none_or(|record| record.not_after < now) {
            return Ok(None);
        }
        self.prekey(tx, kind, id)
    }
}

/// A session that one side has lost is not here any more (HEA-1).
fn of_a_lost_state(refused: aside_session::Refused) -> Stop {
    if refused.contradicts() { Reject::NoSession.into() } else { refused.into() }
}

impl SessionPlan {
    /// Whether what was decrypted may say this generation (SES-28).
    pub(crate) fn check(&mut self, generation: u32) -> Result<(), Stop> {
        self.sessions.check(&self.opened, generation)?;
        self.generation = generation;
        Ok(())
    }
}

/// Stores the session after a message, and uses up what opened it.
pub(crate) fn apply_session(
    step: &mut Step<'_>,
    sender: &Address,
    plan: SessionPlan,
) -> Result<Outcome, StoreError> {
    let SessionPlan { mut sessions, opened, generation, opened_with } = plan;
    // It was checked in this very step, and nothing has moved the session on since.
    let accepted = sessions.accept(opened, generation, step.now);
    let outcome = accepted.map_err(|_| StoreError::Damaged("session"))?;
    keep_sessions(step.tx, sender, step.now, &mut sessions)?;
    let Some((handshake, signed_prekey, one_time)) = opened_with else { return Ok(outcome) };
    step.tx.write(Table::Handshake, handshake.as_bytes(), &records::Handshake { signed_prekey })?;
    if let Some(id) = one_time {
        step.tx.delete(Table::Prekey, &prekey_key(PrekeyKind::OneTime, id))?;
    }
    Ok(outcome)
}
