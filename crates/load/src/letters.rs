//! Envelopes: in the clear, or sealed by a session.

use crate::{Failure, person::Person, workload::Workload};
use aside_identity::{Prekey, PrekeyKind, PrekeySecret};
use aside_primitives::{Secret, commit::Commitment, label};
use aside_session::{Bundle, Own, Prekeys, Session};
use aside_wire::{
    packet::OVERHEAD_BYTES,
    pb::{self, EnvelopeKind},
};
use getrandom::SysRng;
use prost::Message;

/// Envelopes that a sender uses in turn.
const RING: usize = 100;
/// Far in the future, in milliseconds since 1970.
const NEVER: u64 = 4_000_000_000_000;

/// What a sender sends, again and again, under fresh ids.
#[derive(Debug, Clone)]
pub struct Letters {
    envelopes: Vec<Vec<u8>>,
}

impl Letters {
    /// Seals a share of them in a session of this person.
    ///
    /// # Errors
    /// If no session can be made.
    pub fn of(person: &Person, workload: &Workload) -> Result<Self, Failure> {
        let mut session = match workload.encrypted {
            0 => None,
            _ => Some(established(person, &Person::new("counterpart")?)?),
        };
        let share = usize::try_from(workload.encrypted)?;
        let envelopes = (0..RING).map(|number| {
            // Spread evenly: for one half, every second.
            let sealed = number.saturating_mul(share) % RING < share;
            match session.as_mut().filter(|_| sealed) {
                Some(session) => pairwise(session, workload.payload),
                None => Ok(thread(workload.payload)),
            }
        });
        Ok(Self { envelopes: envelopes.collect::<Result<_, Failure>>()? })
    }

    /// The envelope of the message with this number.
    #[must_use]
    pub fn envelope(&self, number: usize) -> Vec<u8> {
        let rank = number.checked_rem(self.envelopes.len()).unwrap_or_default();
        self.envelopes.get(rank).cloned().unwrap_or_default()
    }

    /// The message with this number, for somebody.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn to(&self, recipient: &Person, number: usize) -> Result<pb::Send, Failure> {
        Ok(pb::Send {
            client_id: client_id()?.to_vec(),
            recipient: recipient.account().0.to_vec(),
            list_version: 1,
            parcels: vec![pb::Parcel {
                device_id: recipient.certificate.device.number(),
                envelope: self.envelope(number),
            }],
            keep: 0,
        })
    }
}

/// A fresh id.
///
/// # Errors
/// If the system has no randomness.
pub fn client_id() -> Result<[u8; 16], Failure> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|_| "no randomness")?;
    Ok(id)
}

/// A message for a group, as far as a relay can tell.
#[must_use]
pub fn group(payload: usize) -> Vec<u8> {
    pb::Envelope { kind: EnvelopeKind::Group.into(), payload: vec![7; payload] }.encode_to_vec()
}

fn thread(payload: usize) -> Vec<u8> {
    pb::Envelope { kind: EnvelopeKind::Thread.into(), payload: vec![b'a'; payload] }.encode_to_vec()
}

fn pairwise(session: &mut Session, payload: usize) -> Result<Vec<u8>, Failure> {
    let payload = encrypt(session, &vec![b'a'; payload.saturating_sub(OVERHEAD_BYTES)])?;
    Ok(pb::Envelope { kind: EnvelopeKind::Pairwise.into(), payload }.encode_to_vec())
}

/// A session in which both have heard each other, so that its messages carry no handshake.
fn established(alice: &Person, bob: &Person) -> Result<Session, Failure> {
    let prekey = |kind| -> Result<(PrekeySecret, Prekey), Failure> {
        let (secret, bytes) =
            PrekeySecret::generate(&mut SysRng, &bob.certificate, &bob.keys, kind, 1, NEVER)
                .map_err(|_| "no randomness")?;
        Ok((secret, Prekey::verify(&bytes, &bob.certificate, kind, 1).map_err(|_| "a bad prekey")?))
    };
    let (signed, one_time) = (prekey(PrekeyKind::Signed)?, prekey(PrekeyKind::OneTime)?);
    let bundle = Bundle { certificate: &bob.certificate, signed: &signed.1, one_time: Some(&one_time.1) };
    let mut ours = Session::initiate(&mut SysRng, &own(alice), &bundle).map_err(|_| "no session")?;
    let first = encrypt(&mut ours, b"first")?;
    let prekeys = Prekeys { signed: &signed.0, one_time: Some(&one_time.0) };
    let (mut theirs, _) =
        Session::respond(&own(bob), &alice.certificate, &prekeys, &first).map_err(|_| "no session")?;
    let answer = encrypt(&mut theirs, b"answer")?;
    let (_, transition) = ours.decrypt(&answer).map_err(|_| "no answer")?;
    ours.advance(transition).map_err(|_| "no answer")?;
    Ok(ours)
}

const fn own(person: &Person) -> Own<'_> {
    Own { certificate: &person.certificate, agreement: &person.keys.agreement }
}

fn encrypt(session: &mut Session, text: &[u8]) -> Result<Vec<u8>, Failure> {
    let commit = |key: &Secret<32>| Commitment::compute(key, label::COMMITMENT, &[text]);
    Ok(session.encrypt(&mut SysRng, text, commit).map_err(|_| "the session cannot send")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_letters_is_sealed_and_all_have_the_same_size() {
        let person = Person::new("alice").unwrap();
        for share in [0, 30, 50, 100] {
            let workload = Workload { encrypted: share, ..Workload::default() };
            let letters = Letters::of(&person, &workload).unwrap();
            let envelopes: Vec<_> = letters
                .envelopes
                .iter()
                .map(|bytes| pb::Envelope::decode(bytes.as_slice()).unwrap())
                .collect();
            assert!(envelopes.iter().all(|envelope| envelope.payload.len() == workload.payload));
            let pairwise = i32::from(EnvelopeKind::Pairwise);
            let sealed = envelopes.iter().filter(|envelope| envelope.kind == pairwise).count();
            assert_eq!(sealed, usize::try_from(share).unwrap());
        }
    }
}
