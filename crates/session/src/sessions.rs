//! All sessions with one device of a peer: which one sends, which only receive, and which go (HEA-2 to HEA-4, HEA-6).
//!
//! Both sides may start a session at once, and one may have lost its state. The session of the greatest generation sends,
//! of equals that of the smaller id; every other one is retired, and never sends again. It knows neither accounts nor how
//! sessions are stored: the caller hands [`Row`]s in, and writes what [`Sessions::take_changes`] names.

use crate::{
    CannotSend, Health, ImportError, Received, Refused, Session, Transition,
    handshake::handshake_hash,
    limits::{EPOCH_MS, GENERATION_JUMP, RETIRED_MS, SESSIONS},
};
use alloc::{boxed::Box, vec::Vec};
use aside_primitives::Digest;
use aside_wire::{Malformed, packet::Packet};
use core::cmp::Reverse;
use zeroize::Zeroizing;

/// A session with what is kept beside its state.
#[derive(Debug)]
pub struct Kept {
    session: Session,
    generation: u32,
    retired_at: Option<u64>,
    /// The newest epoch of its KEM ratchet, and since when.
    epoch: (u32, u64),
    changed: bool,
}

/// A session as it is stored: one record each.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The session id, which names the record.
    pub id: Digest,
    /// What [`Session::export`] gave.
    pub state: Zeroizing<Vec<u8>>,
    /// Its generation, from 1.
    pub generation: u32,
    /// Since when it only receives, in milliseconds; `None` while it may send.
    pub retired_at: Option<u64>,
    /// Since when its KEM ratchet is in its newest epoch, in milliseconds; 0 if that was not noted.
    pub epoch_since: u64,
}

/// What is to be written before anything leaves the device.
#[must_use = "what is not written is lost"]
pub enum Change {
    /// This record is new, or another than before.
    Keep(Row),
    /// The record of this session goes.
    Forget(Digest),
}

/// All sessions with one device.
#[derive(Debug, Default)]
pub struct Sessions {
    /// The greatest rank first.
    kept: Vec<Kept>,
    gone: Vec<Digest>,
    /// Stored by another version, with the greatest of their generations.
    foreign: (Vec<Digest>, u32),
}

/// What a message opened, to be handed to [`Sessions::accept`] once it was accepted. Until then nothing has changed.
#[derive(Debug)]
#[must_use = "a message whose session is not accepted can be received again"]
pub struct Opened(Which);

#[derive(Debug)]
enum Which {
    Known(Digest, Box<Transition>),
    New(Box<Session>),
}

/// The session of first rank, as far as one that a peer begins is judged by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct First {
    /// Its generation.
    pub generation: u32,
    /// Its id.
    pub id: Digest,
    /// The peer is known to have it.
    pub is_answered: bool,
}

/// What a session that a peer begins is among those that are known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Verdict {
    /// It is the one that sends from now on (SES-25). If not, it only receives from its first message on.
    pub sends: bool,
    /// It takes the place of one that the peer had (HEA-5).
    pub replaces: bool,
    /// The peer does not know the session that sends (HEA-6).
    pub is_behind: bool,
}

/// Judges a session that a peer begins by the one of first rank.
///
/// # Errors
/// [`Refused::Generation`] if the generation is 0 or too far above the highest known (SES-28).
pub fn judge(generation: u32, id: &Digest, first: Option<First>) -> Result<Verdict, Refused> {
    let highest = first.map_or(0, |first| first.generation);
    if !(1..=highest.saturating_add(GENERATION_JUMP)).contains(&generation) {
        return Err(Refused::Generation);
    }
    let Some(first) = first else {
        return Ok(Verdict { sends: true, replaces: false, is_behind: false });
    };
    let sends = rank(generation, id) > rank(first.generation, &first.id);
    // Two who start at once do not know of each other's session; whoever has answered in one knows it.
    let knew = first.is_answered;
    let is_behind = !sends && (generation < highest || knew);
    Ok(Verdict { sends, replaces: generation > highest || knew || is_behind, is_behind })
}

/// The greatest sends (SES-25).
const fn rank(generation: u32, id: &Digest) -> (u32, Reverse<Digest>) {
    (generation, Reverse(*id))
}

/// What became of a session that a message came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// Its id.
    pub session: Digest,
    /// It began with this message.
    pub is_new: bool,
    /// It is the one that sends.
    pub sends: bool,
    /// It takes the place of one that the peer had: the peer has begun anew, or somebody who has what the peer had
    /// (threat R5).
    pub replaces: bool,
    /// The peer does not know the session that sends: it is to be told, with a session of a generation higher than all
    /// (HEA-6). How often is the caller's to limit.
    pub is_behind: bool,
}

impl Kept {
    /// Its state.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Its state, to encrypt with.
    pub const fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Its generation, which every frame in it says (SES-28).
    #[must_use]
    pub const fn generation(&self) -> u32 {
        self.generation
    }

    /// Since when it only receives, in milliseconds; `None` while it may send.
    #[must_use]
    pub const fn retired_at(&self) -> Option<u64> {
        self.retired_at
    }

    fn new(session: Session, generation: u32, now: u64) -> Self {
        let epoch = (session.epoch(), now);
        Self { session, generation, retired_at: None, epoch, changed: true }
    }

    /// Whether it is to be left: its KEM ratchet is broken, or has not moved for too long (HEA-19, EPO-12).
    #[must_use]
    pub fn is_worn(&self, now: u64) -> bool {
        let (epoch, since) = self.epoch;
        let stands = since > 0 && self.session.epoch() == epoch && now.saturating_sub(since) >= EPOCH_MS;
        stands || self.session.health() != Health::Sound
    }

    /// It never sends again (HEA-2).
    fn retire(&mut self, now: u64) {
        if self.retired_at.is_none() {
            self.session.retire();
            self.retired_at = Some(now);
            self.changed = true;
        }
    }

    fn row(&self) -> Row {
        Row {
            id: *self.session.id(),
            state: self.session.export(),
            generation: self.generation,
            retired_at: self.retired_at,
            epoch_since: self.epoch.1,
        }
    }
}

impl Sessions {
    /// The sessions with a device as they were stored. One that another version of this crate has stored is as good as lost: only
    /// its generation counts, and it is forgotten with the next session.
    ///
    /// # Errors
    /// [`ImportError`] if a state does not import, a generation is 0, or a row has the name of another session.
    pub fn import(rows: impl IntoIterator<Item = Row>) -> Result<Self, ImportError> {
        let mut sessions = Self::default();
        for Row { id, state, generation, retired_at, epoch_since } in rows {
            let mut session = match Session::import(&state) {
                Err(ImportError::Version(_)) => {
                    sessions.foreign.0.push(id);
                    sessions.foreign.1 = sessions.foreign.1.max(generation);
                    continue;
                }
                session => session?,
            };
            let is_left = session.is_retired() && retired_at.is_none();
            if *session.id() != id || generation == 0 || is_left || sessions.with(&id).is_some() {
                return Err(ImportError::Damaged);
            }
            if retired_at.is_some() {
                session.retire();
            }
            let epoch = (session.epoch(), epoch_since);
            sessions.kept.push(Kept { session, generation, retired_at, epoch, changed: false });
        }
        sessions.sort();
        Ok(sessions)
    }

    /// What has changed since the last call, to be written in one transaction with what follows from it (SES-11).
    pub fn take_changes(&mut self, now: u64) -> Vec<Change> {
        let mut changes: Vec<Change> =
            core::mem::take(&mut self.gone).into_iter().map(Change::Forget).collect();
        for kept in self.kept.iter_mut().filter(|kept| kept.changed) {
            kept.changed = false;
            if kept.session.epoch() != kept.epoch.0 || kept.epoch.1 == 0 {
                kept.epoch = (kept.session.epoch(), now);
            }
            changes.push(Change::Keep(kept.row()));
        }
        changes
    }

    /// All of them, the greatest rank first.
    pub fn iter(&self) -> impl Iterator<Item = &Kept> {
        self.kept.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The highest generation known with the device; 0 for none.
    #[must_use]
    pub fn highest_generation(&self) -> u32 {
        self.kept.first().map_or(0, Kept::generation).max(self.foreign.1)
    }

    /// The session to send with (SES-25). `None` if there is none, or if a new one is to be started: one that is
    /// not the greatest never stands in for it.
    #[must_use]
    pub fn sending(&self) -> Option<&Kept> {
        self.kept.first().filter(|kept| kept.retired_at.is_none())
    }

    /// The same to encrypt with. Write the changes before the ciphertext leaves.
    pub fn sending_mut(&mut self) -> Option<&mut Kept> {
        let kept = self.kept.first_mut().filter(|kept| kept.retired_at.is_none())?;
        kept.changed = true;
        Some(kept)
    }

    /// Takes in a session that was started here and returns its generation. Every other one only receives from now on.
    ///
    /// # Errors
    /// [`CannotSend::Exhausted`] if there is no higher generation.
    pub fn insert(&mut self, session: Session, now: u64) -> Result<u32, CannotSend> {
        let generation = self.highest_generation().checked_add(1).ok_or(CannotSend::Exhausted)?;
        self.kept.push(Kept::new(session, generation, now));
        self.settle(now);
        Ok(generation)
    }

    /// Whether a session began with this handshake: a repeated one is of that session (HSK-10).
    #[must_use]
    pub fn began_with(&self, handshake: &Digest) -> bool {
        self.by_handshake(handshake).is_some()
    }

    /// Decrypts a message in the session it is of. One with a handshake is of the session that began with it; any other is
    /// tried in each, and only [`Refused::Mac`] makes the next one worth a try (SES-29).
    ///
    /// # Errors
    /// [`Refused`]: [`Refused::NoHandshake`] if it opens in none, [`Refused::WrongHandshake`] if no session began with its
    /// handshake and it is for [`Session::respond`].
    pub fn decrypt(&self, message: &[u8]) -> Result<(Received, Opened), Refused> {
        let Some(handshake) = crate::handshake_of(message)? else {
            return self.by_trial(|session| session.decrypt(message));
        };
        let kept = self.by_handshake(&handshake_hash(&handshake)).ok_or(Refused::WrongHandshake)?;
        let (received, transition) = kept.session.decrypt(message)?;
        Ok((received, Opened(Which::Known(*kept.session.id(), Box::new(transition)))))
    }

    /// The same for a transient message (SES-36).
    ///
    /// # Errors
    /// [`Refused`]. The message is to be dropped.
    pub fn decrypt_transient(&self, message: &[u8]) -> Result<(Received, Opened), Refused> {
        // What is wrong with its layout is so in every session, and where there is none (SES-35).
        if !Packet::parse(message)?.transient {
            return Err(Malformed::Encoding("transient message").into());
        }
        self.by_trial(|session| session.decrypt_transient(message))
    }

    fn by_trial(
        &self,
        decrypt: impl Fn(&Session) -> Result<(Received, Transition), Refused>,
    ) -> Result<(Received, Opened), Refused> {
        for kept in &self.kept {
            match decrypt(&kept.session) {
                Err(Refused::Mac) => {}
                decided => {
                    let (received, transition) = decided?;
                    return Ok((received, Opened(Which::Known(*kept.session.id(), Box::new(transition)))));
                }
            }
        }
        Err(Refused::NoHandshake)
    }

    /// Whether the generation that the payload says is that of its session or, of a new one, possible (SES-28).
    ///
    /// # Errors
    /// [`Refused::Generation`].
    pub fn check(&self, opened: &Opened, generation: u32) -> Result<(), Refused> {
        let fits = match &opened.0 {
            Which::Known(id, _) => self.with(id).is_some_and(|kept| kept.generation == generation),
            Which::New(session) => return judge(generation, session.id(), self.first()).map(drop),
        };
        if fits { Ok(()) } else { Err(Refused::Generation) }
    }

    /// Takes in what a message opened, once its payload was accepted. Write the changes together with what the message did.
    ///
    /// # Errors
    /// [`Refused::Generation`], or [`Refused::Replay`] if the session has moved on since; nothing has changed then.
    pub fn accept(&mut self, opened: Opened, generation: u32, now: u64) -> Result<Outcome, Refused> {
        self.check(&opened, generation)?;
        match opened.0 {
            Which::Known(session, transition) => {
                let kept = self.kept.iter_mut().find(|kept| *kept.session.id() == session);
                let kept = kept.ok_or(Refused::Replay)?;
                kept.session.advance(*transition).map_err(|_| Refused::Replay)?;
                kept.changed = true;
                let sends = self.sending().is_some_and(|kept| *kept.session.id() == session);
                Ok(Outcome { session, is_new: false, sends, replaces: false, is_behind: false })
            }
            Which::New(session) => self.insert_received(*session, generation, now),
        }
    }

    fn insert_received(&mut self, session: Session, generation: u32, now: u64) -> Result<Outcome, Refused> {
        let id = *session.id();
        if self.with(&id).is_some() {
            return Err(Refused::Replay);
        }
        let Verdict { sends, replaces, is_behind } = judge(generation, &id, self.first())?;
        self.kept.push(Kept::new(session, generation, now));
        self.settle(now);
        Ok(Outcome { session: id, is_new: true, sends, replaces, is_behind })
    }

    fn first(&self) -> Option<First> {
        self.kept.first().map(|kept| First {
            generation: kept.generation,
            id: *kept.session.id(),
            is_answered: kept.session.is_answered(),
        })
    }

    /// Every session only receives from now on: the state is not to be trusted any more, as after a restore, and the next
    /// message starts a new one (HEA-3).
    pub fn retire_all(&mut self, now: u64) {
        self.kept.iter_mut().for_each(|kept| kept.retire(now));
    }

    /// Forgets what only received for 7 days, and what is too much (HEA-4).
    pub fn tidy(&mut self, now: u64) {
        self.settle(now);
    }

    fn settle(&mut self, now: u64) {
        self.sort();
        if self.kept.first().is_some_and(|kept| kept.generation >= self.foreign.1) {
            self.gone.append(&mut self.foreign.0);
        }
        for kept in self.kept.iter_mut().skip(1) {
            kept.retire(now);
        }
        for kept in &mut self.kept {
            // A clock that was ahead must not keep it for longer.
            if kept.retired_at.is_some_and(|at| at > now) {
                kept.retired_at = Some(now);
                kept.changed = true;
            }
        }
        let mut place = 0usize;
        let gone = &mut self.gone;
        self.kept.retain(|kept| {
            let age = kept.retired_at.map_or(0, |at| now.saturating_sub(at));
            // The greatest stays whatever its age: its generation is what later ones are measured by.
            let stays = place == 0 || (place < SESSIONS && age < RETIRED_MS);
            place = place.saturating_add(1);
            if !stays {
                gone.push(*kept.session.id());
            }
            stays
        });
    }

    fn sort(&mut self) {
        self.kept.sort_by_key(|kept| Reverse(rank(kept.generation, kept.session.id())));
    }

    fn with(&self, id: &Digest) -> Option<&Kept> {
        self.kept.iter().find(|kept| kept.session.id() == id)
    }

    fn by_handshake(&self, handshake: &Digest) -> Option<&Kept> {
        self.kept.iter().find(|kept| kept.session.accepted_handshake() == Some(handshake))
    }
}

impl Opened {
    /// What [`Session::respond`] made of a message.
    pub fn new(session: Session) -> Self {
        Self(Which::New(Box::new(session)))
    }

    /// Whether a new session begins with the message.
    #[must_use]
    pub const fn is_new(&self) -> bool {
        matches!(self.0, Which::New(_))
    }
}
