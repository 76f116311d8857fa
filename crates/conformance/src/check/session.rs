//! Operations on sessions: the part of a device that finds prekeys and sessions for a message.

use super::{bug::Bug, frame, identity::kind_of, inputs::Inputs, stop::Stop, tape::Tape, world::World};
use crate::{
    hex,
    value::Fields,
    vector::{Person, PrekeyPair, Step},
};
use aside_content::Place;
use aside_identity::{AccountKey, Address, Certificate, Prekey, PrekeyKind, PrekeySecret};
use aside_primitives::{AgreementSecret, Digest, Secret, SigningKey, commit::Commitment, label};
use aside_session::{
    Bundle, CannotSend, Health, Own, Prekeys, Received, Refused, Session, Transition, handshake_hash,
    handshake_of,
};
use aside_wire::{Reject, decode, packet::Handshake, pb};
use std::collections::BTreeMap;

/// A session and whose it is.
pub(super) struct Live {
    pub(super) session: Session,
    actor: String,
    peer: String,
}

/// What a device remembers beside its sessions.
#[derive(Default)]
pub(super) struct Device {
    /// One-time prekeys that were used and wiped.
    used: Vec<u32>,
    /// Handshakes that were accepted, and the session of each (HSK-10).
    handshakes: BTreeMap<Digest, String>,
}

impl World<'_> {
    pub(super) fn in_session(
        &mut self,
        step: &Step,
        input: &Inputs,
        tape: &mut Tape,
    ) -> Result<Fields, Stop> {
        let actor = step.actor.as_deref().ok_or("no actor is named")?;
        let name = step.session.as_deref().ok_or("no session is named")?;
        match step.op.as_str() {
            "initiate" => self.initiate(actor, name, input, tape),
            "encrypt" => encrypt(&mut self.live(actor, name)?.session, input, tape),
            "decrypt" => {
                let live = self.live(actor, name)?;
                let received = open(&mut live.session, input.bytes("message")?)?;
                Ok(shown(&received))
            }
            "encrypt_transient" => hint(&mut self.live(actor, name)?.session, input, tape),
            "decrypt_transient" => {
                let session = &mut self.live(actor, name)?.session;
                let opened = session.decrypt_transient(input.bytes("message")?)?;
                Ok(shown(&accept(session, opened)?))
            }
            "receive" => self.receive(actor, name, input, &plain),
            "chat_frame.send" => {
                let sender = address(self.person(actor)?)?;
                frame::send(&mut self.live(actor, name)?.session, &sender, input, tape)
            }
            "chat_frame.receive" => {
                let (sender, place) = (address(self.person(input.text("peer")?)?)?, frame::place(input)?);
                let open = |received: &Received| frame::opened(received, &sender, place);
                if place == Place::Transient {
                    return self.receive_transient(actor, input, &open);
                }
                self.receive(actor, name, input, &open)
            }
            "copy" => {
                let Live { session, actor, peer } = self.live(actor, input.text("of")?)?;
                let session = Session::import(&session.export()).map_err(|error| error.to_string())?;
                let copy = Live { session, actor: actor.clone(), peer: peer.clone() };
                self.sessions.insert(name.to_owned(), copy);
                Ok(Fields::new())
            }
            "exchange" => self.exchange(actor, name, input, tape),
            "retire" => {
                let live = self.live(actor, name)?;
                if !input.mistake(Bug::KeepSending) {
                    live.session.retire();
                }
                Ok(Fields::new())
            }
            "health" => health(&self.live(actor, name)?.session),
            "forget" => {
                self.live(actor, name)?;
                if !input.mistake(Bug::KeepSessions) {
                    self.sessions.remove(name);
                }
                Ok(Fields::new())
            }
            other => Err(format!("`{other}` is in the table, and nothing runs it").into()),
        }
    }

    fn live(&mut self, actor: &str, name: &str) -> Result<&mut Live, Stop> {
        let found = self.sessions.get_mut(name).filter(|live| live.actor == actor);
        found.ok_or_else(|| Stop::Defect(format!("{actor} has no session `{name}`")))
    }

    /// Rounds of messages there and back. They count from 0 in the order in which they are sent.
    fn exchange(&mut self, actor: &str, name: &str, input: &Inputs, tape: &mut Tape) -> Result<Fields, Stop> {
        let other = input.text("with")?;
        self.live(actor, name)?;
        let (text, lost) = (input.bytes("plaintext")?, input.numbers("lost")?);
        let (mut message, mut tags, mut count) = (Vec::new(), Vec::new(), 0u64);
        for round in 0..input.u32("rounds")?.saturating_mul(2) {
            let there = round.is_multiple_of(2);
            let (from, to) = if there { (name, other) } else { (other, name) };
            let mut arriving = Vec::new();
            for _ in 0..input.u32(if there { "there" } else { "back" })? {
                let commit = |key: &Secret<32>| commitment(key, text);
                message = self.named(from)?.encrypt(tape, text, commit).map_err(cannot_send)?;
                tags.extend_from_slice(message.last_chunk::<16>().ok_or("a message ends with a tag")?);
                if !lost.contains(&count) {
                    arriving.push(message.clone());
                }
                count = count.saturating_add(1);
            }
            if input.flag("reversed")? {
                arriving.reverse();
            }
            for arrived in &arriving {
                if *open(self.named(to)?, arrived)?.plaintext != text {
                    return Err("another text was received than sent".into());
                }
            }
        }
        let state = self.named(other)?.digest();
        Ok(Fields::new().bytes("message", message).bytes("tags", tags).bytes("state_of_other", state))
    }

    fn named(&mut self, name: &str) -> Result<&mut Session, Stop> {
        let found = self.sessions.get_mut(name).map(|live| &mut live.session);
        found.ok_or_else(|| Stop::Defect(format!("there is no session `{name}`")))
    }

    fn initiate(&mut self, actor: &str, name: &str, input: &Inputs, tape: &mut Tape) -> Result<Fields, Stop> {
        let peer = input.text("peer")?;
        let (own, theirs) = (self.person(actor)?, self.person(peer)?);
        let (certificate, bob) = (certificate(own)?, certificate(theirs)?);
        let agreement = AgreementSecret::from_seed(&secret(&own.agreement_private)?);
        let now = input.u64("now")?;
        let prekey = |kind: PrekeyKind, id: u32| -> Result<Prekey, Stop> {
            Prekey::verify(&bytes(&pair(theirs, kind, id)?.signed)?, &bob, kind, now)
                .map_err(|refused| Stop::from(refused).signature_with(Bug::SkipPrekeySignature))
        };
        let signed = prekey(PrekeyKind::Signed, input.u32("signed_prekey")?)?;
        let one_time = match input.u32("one_time_prekey")? {
            0 => None,
            id => Some(prekey(PrekeyKind::OneTime, id)?),
        };
        let bundle = Bundle { certificate: &bob, signed: &signed, one_time: one_time.as_ref() };
        let own = Own { certificate: &certificate, agreement: &agreement };
        let session = Session::initiate(tape, &own, &bundle).map_err(cannot_send)?;
        let out = Fields::new().bytes("session_id", session.id());
        let live = Live { session, actor: actor.to_owned(), peer: peer.to_owned() };
        self.sessions.insert(name.to_owned(), live);
        Ok(out)
    }

    /// A known handshake belongs to its session (HSK-10); another one starts a session, and a message without one is
    /// tried in every session with the peer (SES-29).
    fn receive(&mut self, actor: &str, name: &str, input: &Inputs, open: Open<'_>) -> Result<Fields, Stop> {
        let (peer, message) = (input.text("peer")?, input.bytes("message")?);
        let Some(handshake) = handshake_of(message)? else {
            return self.receive_in_any(actor, peer, message, open);
        };
        let hash = handshake_hash(&handshake);
        let device = self.devices.entry(actor.to_owned()).or_default();
        if let Some(session) = device.handshakes.get(&hash) {
            let Some(live) = self.sessions.get_mut(session) else {
                return Err(Stop::refused(Reject::Replay, Some(Bug::AcceptReplay)));
            };
            // HSK-10: repeated by somebody else, it would be heard as theirs whom it is of.
            if live.peer != peer {
                return Err(Reject::Replay.into());
            }
            let opened = live.session.decrypt(message)?;
            return take(live, opened, open);
        }
        let (session, received) = self.respond(actor, peer, &handshake, message)?;
        let out = open(&received)?;
        let device = self.devices.entry(actor.to_owned()).or_default();
        if !input.mistake(Bug::KeepUsedPrekeys) {
            device.used.extend(handshake.one_time_prekey);
        }
        if !input.mistake(Bug::ForgetHandshakes) {
            device.handshakes.insert(hash, name.to_owned());
        }
        let out = out.bytes("session_id", session.id());
        let live = Live { session, actor: actor.to_owned(), peer: peer.to_owned() };
        self.sessions.insert(name.to_owned(), live);
        Ok(out)
    }

    fn receive_in_any(
        &mut self,
        actor: &str,
        peer: &str,
        message: &[u8],
        open: Open<'_>,
    ) -> Result<Fields, Stop> {
        let sessions = self.sessions.values_mut().filter(|live| live.actor == actor && live.peer == peer);
        for live in sessions {
            match live.session.decrypt(message) {
                Err(Refused::Mac) => {}
                Err(other) => return Err(other.into()),
                Ok(opened) => return take(live, opened, open),
            }
        }
        Err(Reject::NoSession.into())
    }

    /// Dropped, whatever the word (SES-33).
    fn receive_transient(&mut self, actor: &str, input: &Inputs, open: Open<'_>) -> Result<Fields, Stop> {
        let (peer, message) = (input.text("peer")?, input.bytes("message")?);
        let sessions = self.sessions.values_mut().filter(|live| live.actor == actor && live.peer == peer);
        for live in sessions {
            match live.session.decrypt_transient(message) {
                Err(Refused::Mac) => {}
                Err(other) => return Err(other.into()),
                Ok(opened) => return take(live, opened, open),
            }
        }
        Err(Reject::NoSession.into())
    }

    fn respond(
        &self,
        actor: &str,
        peer: &str,
        handshake: &Handshake<'_>,
        message: &[u8],
    ) -> Result<(Session, Received), Stop> {
        let (own, theirs) = (self.person(actor)?, self.person(peer)?);
        let (certificate, alice) = (certificate(own)?, certificate(theirs)?);
        let agreement = AgreementSecret::from_seed(&secret(&own.agreement_private)?);
        let signed = held(own, PrekeyKind::Signed, handshake.signed_prekey)?;
        let used = self.devices.get(actor).map(|device| device.used.as_slice()).unwrap_or_default();
        let one_time = match handshake.one_time_prekey {
            None => None,
            // HSK-14: it was wiped when it was used.
            Some(id) if used.contains(&id) => return Err(Reject::UnknownPrekey.into()),
            Some(id) => Some(held(own, PrekeyKind::OneTime, id)?),
        };
        let prekeys = Prekeys { signed: &signed, one_time: one_time.as_ref() };
        let own = Own { certificate: &certificate, agreement: &agreement };
        Ok(Session::respond(&own, &alice, &prekeys, message)?)
    }
}

/// What a payload says, if it is accepted.
type Open<'a> = &'a dyn Fn(&Received) -> Result<Fields, Stop>;

/// Looks at what was opened, then moves the state on.
fn take(
    live: &mut Live,
    (received, transition): (Received, Transition),
    open: Open<'_>,
) -> Result<Fields, Stop> {
    let out = open(&received)?;
    live.session.advance(transition).map_err(|error| error.to_string())?;
    Ok(out.bytes("session_id", live.session.id()))
}

fn plain(received: &Received) -> Result<Fields, Stop> {
    check_commitment(received)?;
    Ok(shown(received))
}

fn encrypt(session: &mut Session, input: &Inputs, tape: &mut Tape) -> Result<Fields, Stop> {
    let plaintext = input.bytes("plaintext")?;
    if input.mistake(Bug::StepTwice) {
        let lost = session.encrypt(&mut Tape::fresh(), plaintext, |key| commitment(key, plaintext));
        lost.map_err(cannot_send)?;
    }
    let message = session.encrypt(tape, plaintext, |key| commitment(key, plaintext)).map_err(cannot_send)?;
    Ok(Fields::new().bytes("message", message))
}

fn health(session: &Session) -> Result<Fields, Stop> {
    let health = match session.health() {
        Health::Sound => "sound",
        Health::Broken => "broken",
        Health::Starved => "starved",
        _ => return Err("a health that the specification does not know".into()),
    };
    let out = Fields::new().text("health", health).number("epoch", session.epoch());
    Ok(out.flag("sends", !session.is_retired()))
}

fn hint(session: &mut Session, input: &Inputs, tape: &mut Tape) -> Result<Fields, Stop> {
    let plaintext = input.bytes("plaintext")?;
    let commit = |key: &Secret<32>| commitment(key, plaintext);
    let message = session.encrypt_transient(tape, plaintext, commit).map_err(cannot_send)?;
    Ok(Fields::new().bytes("message", message))
}

fn open(session: &mut Session, message: &[u8]) -> Result<Received, Stop> {
    let opened = session.decrypt(message)?;
    accept(session, opened)
}

/// Checks the commitment, then moves the state on.
fn accept(session: &mut Session, (received, transition): (Received, Transition)) -> Result<Received, Stop> {
    check_commitment(&received)?;
    session.advance(transition).map_err(|error| error.to_string())?;
    Ok(received)
}

/// In session vectors a payload is no frame, and the commitment covers its bytes alone.
fn commitment(key: &Secret<32>, plaintext: &[u8]) -> Commitment {
    Commitment::compute(key, label::COMMITMENT, &[plaintext])
}

fn check_commitment(received: &Received) -> Result<(), Stop> {
    if commitment(&received.franking_key, &received.plaintext) == received.commitment {
        return Ok(());
    }
    Err(Stop::refused(Reject::Commitment, Some(Bug::SkipCommitment)))
}

fn shown(received: &Received) -> Fields {
    Fields::new().bytes("plaintext", received.plaintext.as_slice()).number("number", received.position.number)
}

pub(super) fn cannot_send(error: CannotSend) -> Stop {
    match error {
        CannotSend::Exhausted => Reject::Exhausted.into(),
        CannotSend::Key(key) => key.into(),
        other => Stop::Defect(other.to_string()),
    }
}

fn pair(person: &Person, kind: PrekeyKind, id: u32) -> Result<&PrekeyPair, Stop> {
    let found = person.prekeys.iter().find(|pair| kind_of(&pair.kind) == Ok(kind) && pair.id == id);
    found.ok_or_else(|| Stop::Defect(format!("there is no prekey {id} of this kind")))
}

/// The private half of a prekey that a handshake names.
fn held(person: &Person, kind: PrekeyKind, id: u32) -> Result<PrekeySecret, Stop> {
    let Ok(pair) = pair(person, kind, id) else { return Err(Reject::UnknownPrekey.into()) };
    let signed: pb::Signed = decode(&bytes(&pair.signed)?)?;
    let stored = [bytes(&pair.agreement_private)?, bytes(&pair.kem_seed)?, signed.body].concat();
    Ok(PrekeySecret::import(&stored)?)
}

/// The certificate of a person's device.
fn certificate(person: &Person) -> Result<Certificate, Stop> {
    let account = SigningKey::from_seed(&secret(&person.account_private)?);
    Ok(Certificate::verify(&bytes(&person.certificate)?, &AccountKey::new(account.verifying_key()))?)
}

fn address(person: &Person) -> Result<Address, Stop> {
    let Certificate { account, device, .. } = certificate(person)?;
    Ok(Address { account, device })
}

fn bytes(text: &str) -> Result<Vec<u8>, Stop> {
    hex::decode(text).ok_or(Stop::Defect("a person has something that is not hex".to_owned()))
}

fn secret<const N: usize>(text: &str) -> Result<Secret<N>, Stop> {
    Secret::from_slice(&bytes(text)?).ok_or(Stop::Defect("a person's key has another length".to_owned()))
}
