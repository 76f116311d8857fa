//! The sessions with a device: opened from either side, chosen, kept.

use super::{Engine, Step, stop::Stop};
use crate::{
    error::Error,
    records::{self, Records, address_key, decode, prekey_key},
    store::{StoreError, Table, Transaction},
};
use aside_identity::{Address, Certificate, Prekey, PrekeyKind};
use aside_primitives::Digest;
use aside_session::{Bundle, Prekeys, Received, Session, handshake_hash};
use aside_wire::{Reject, packet::Handshake, pb};

/// A session with what the client keeps beside its state.
pub(crate) struct KeptSession {
    pub(crate) session: Session,
    pub(crate) generation: u32,
}

/// All sessions with a device.
pub(crate) fn sessions(tx: &dyn Transaction, device: &Address) -> Result<Vec<KeptSession>, StoreError> {
    tx.scan(Table::Session, &address_key(device), None, usize::MAX)?
        .into_iter()
        .map(|(_, record)| {
            let record: records::Session = decode(&record)?;
            let state = zeroize::Zeroizing::new(record.state);
            let session = Session::import(&state).map_err(|_| StoreError::Damaged("session"))?;
            Ok(KeptSession { session, generation: record.generation })
        })
        .collect()
}

/// Sessions kept with one device: each costs a trial of every message from there, and a peer starts as many as it
/// likes.
const SESSIONS_PER_DEVICE: usize = 8;

/// Makes room for a new session: the lowest generations go.
fn drop_surplus_sessions(tx: &mut dyn Transaction, device: &Address) -> Result<(), StoreError> {
    let rows = tx.scan(Table::Session, &address_key(device), None, usize::MAX)?;
    let mut kept = Vec::new();
    for (key, record) in rows {
        kept.push((decode::<records::Session>(&record)?.generation, key));
    }
    kept.sort();
    let surplus = kept.len().saturating_sub(SESSIONS_PER_DEVICE.saturating_sub(1));
    for (_, key) in kept.into_iter().take(surplus) {
        tx.delete(Table::Session, &key)?;
    }
    Ok(())
}

pub(crate) fn keep_session(
    tx: &mut dyn Transaction,
    device: &Address,
    kept: &KeptSession,
) -> Result<(), StoreError> {
    let record = records::Session { state: kept.session.export().to_vec(), generation: kept.generation };
    tx.write(Table::Session, &records::session_key(device, kept.session.id()), &record)
}

/// The greatest generation, of equals the smaller id: both sides choose the same session (SES-25).
pub(crate) fn sending_session(sessions: Vec<KeptSession>) -> Option<KeptSession> {
    sessions.into_iter().max_by(|a, b| {
        let by_generation = a.generation.cmp(&b.generation);
        by_generation.then_with(|| b.session.id().cmp(a.session.id()))
    })
}

/// The session after the message.
pub(crate) struct SessionPlan {
    pub(crate) kept: KeptSession,
    /// Handshake and prekeys to use up, if the session is new.
    pub(crate) opened_with: Option<(Digest, u32, Option<u32>)>,
}

impl Engine {
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
        let highest = sessions(step.tx, device)?.iter().map(|kept| kept.generation).max().unwrap_or(0);
        let generation = highest.saturating_add(1);
        keep_session(step.tx, device, &KeptSession { session, generation })?;
        Ok(Ok(()))
    }

    /// A message with its handshake: the session it made, or a new one (HSK-10, HSK-13).
    pub(crate) fn by_handshake(
        &self,
        tx: &dyn Transaction,
        now: u64,
        certificate: &Certificate,
        handshake: &Handshake<'_>,
        kept: Vec<KeptSession>,
        payload: &[u8],
    ) -> Result<(Received, SessionPlan), Stop> {
        let hash = handshake_hash(handshake);
        if let Some(known) = kept.into_iter().find(|kept| kept.session.accepted_handshake() == Some(&hash)) {
            return advance(known, payload);
        }
        if tx.get(Table::Handshake, hash.as_bytes())?.is_some() {
            return Err(Reject::Replay.into());
        }
        let gone = Reject::UnknownPrekey;
        let signed = self.live_prekey(tx, now, PrekeyKind::Signed, handshake.signed_prekey)?.ok_or(gone)?;
        let one_time = match handshake.one_time_prekey {
            None => None,
            Some(id) => {
                let gone = Reject::UnknownPrekey;
                Some(self.live_prekey(tx, now, PrekeyKind::OneTime, id)?.ok_or(gone)?)
            }
        };
        let prekeys = Prekeys { signed: &signed, one_time: one_time.as_ref() };
        let (session, received) = Session::respond(&self.own(), certificate, &prekeys, payload)?;
        let opened_with = Some((hash, handshake.signed_prekey, handshake.one_time_prekey));
        Ok((received, SessionPlan { kept: KeptSession { session, generation: 0 }, opened_with }))
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

/// Tries the sessions of a device; only a failed tag makes the next one worth a try (SES-29).
pub(crate) fn by_trial(kept: Vec<KeptSession>, payload: &[u8]) -> Result<(Received, SessionPlan), Stop> {
    for known in kept {
        match advance(known, payload) {
            Err(Stop::Refuse(Reject::Mac, None)) => {}
            decided => return decided,
        }
    }
    Err(Reject::NoSession.into())
}

/// Decrypts with a session and moves the copy in memory on.
fn advance(mut kept: KeptSession, payload: &[u8]) -> Result<(Received, SessionPlan), Stop> {
    let (received, transition) = kept.session.decrypt(payload)?;
    // The transition was derived from this very session a line above.
    kept.session.advance(transition).map_err(|_| Reject::Replay)?;
    Ok((received, SessionPlan { kept, opened_with: None }))
}

/// Stores the session after a message, and uses up what opened it.
pub(crate) fn apply_session(
    step: &mut Step<'_>,
    sender: &Address,
    session: SessionPlan,
) -> Result<(), StoreError> {
    let SessionPlan { kept, opened_with } = session;
    if opened_with.is_some() {
        drop_surplus_sessions(step.tx, sender)?;
    }
    keep_session(step.tx, sender, &kept)?;
    let Some((handshake, signed_prekey, one_time)) = opened_with else { return Ok(()) };
    step.tx.write(Table::Handshake, handshake.as_bytes(), &records::Handshake { signed_prekey })?;
    match one_time {
        Some(id) => step.tx.delete(Table::Prekey, &prekey_key(PrekeyKind::OneTime, id)),
        None => Ok(()),
    }
}
