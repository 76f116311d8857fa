//! The handshake: X3DH made hybrid with ML-KEM-768.

use crate::{CannotSend, Refused, Role};
use alloc::vec::Vec;
use aside_identity::{Address, Certificate, Prekey, PrekeyKind, PrekeySecret};
use aside_primitives::{
    AgreementPublic, AgreementSecret, Digest, Draw, Entropy, Secret,
    hash::{Transcript, hash},
    kdf, label,
};
use aside_wire::packet::Handshake;

/// A device's own half of a handshake.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// Its certificate.
    pub certificate: &'a Certificate,
    /// The private key of [`Certificate::agreement_key`].
    pub agreement: &'a AgreementSecret,
}

/// What a relay hands out for a device, verified (HSK-1).
#[derive(Clone, Copy, Debug)]
pub struct Bundle<'a> {
    /// The device.
    pub certificate: &'a Certificate,
    /// Its signed prekey.
    pub signed: &'a Prekey,
    /// One of its one-time prekeys; `None` when the relay has none left.
    pub one_time: Option<&'a Prekey>,
}

/// The private prekeys that a handshake names.
#[derive(Clone, Copy, Debug)]
pub struct Prekeys<'a> {
    /// The signed prekey.
    pub signed: &'a PrekeySecret,
    /// The one-time prekey, if the handshake names one.
    pub one_time: Option<&'a PrekeySecret>,
}

/// What both sides know afterwards (HSK-8).
pub(crate) struct Agreed {
    /// Hash of the transcript; the session id.
    pub(crate) id: Digest,
    pub(crate) root: Secret<32>,
    /// Header key of the initiator's first chain.
    pub(crate) initiator_header_key: Secret<32>,
    /// Header key of the responder's first chain.
    pub(crate) responder_header_key: Secret<32>,
}

/// The hash by which a responder recognises a handshake it has seen (HSK-10).
#[must_use]
pub fn handshake_hash(handshake: &Handshake<'_>) -> Digest {
    hash(label::HANDSHAKE_HASH, &[handshake.bytes])
}

/// The initiator's side; the second value is the handshake to send (HSK-4 to HSK-8).
pub(crate) fn initiate(
    entropy: &mut (impl Entropy + ?Sized),
    own: &Own<'_>,
    bundle: &Bundle<'_>,
) -> Result<(Agreed, Vec<u8>), CannotSend> {
    let (mine, theirs) = (own.certificate, bundle.certificate);
    // HSK-3
    if mine.account == theirs.account && mine.device == theirs.device {
        return Err(CannotSend::OwnDevice);
    }
    // HSK-17
    let fits = |prekey: &Prekey, kind| {
        prekey.kind == kind && prekey.owner == Address { account: theirs.account, device: theirs.device }
    };
    let whole = fits(bundle.signed, PrekeyKind::Signed)
        && bundle.one_time.is_none_or(|prekey| fits(prekey, PrekeyKind::OneTime));
    if !whole {
        return Err(CannotSend::WrongBundle);
    }
    // HSK-4
    let ephemeral = AgreementSecret::generate(entropy, Draw("ephemeral key"))?;
    // HSK-5
    let kem_key = &bundle.one_time.unwrap_or(bundle.signed).encapsulation_key;
    let (ciphertext, kem_secret) = kem_key.encapsulate(entropy, Draw("KEM message"))?;

    // HSK-6
    let agreements = [
        Some(own.agreement.agree(&bundle.signed.agreement_key)?),
        Some(ephemeral.agree(&theirs.agreement_key)?),
        Some(ephemeral.agree(&bundle.signed.agreement_key)?),
        bundle.one_time.map(|prekey| ephemeral.agree(&prekey.agreement_key)).transpose()?,
    ];
    let bytes = Handshake::join(
        mine.account.as_bytes(),
        mine.device.byte(),
        ephemeral.public().as_bytes(),
        bundle.signed.id,
        bundle.one_time.map(|prekey| prekey.id),
        &ciphertext,
    );
    let id = transcript(
        &bytes,
        (Role::Initiator, mine, theirs),
        bundle.signed.body(),
        bundle.one_time.map(Prekey::body),
    );
    Ok((agreed(id, &agreements, &kem_secret), bytes))
}

/// The responder's side (HSK-9, HSK-11, HSK-12).
pub(crate) fn respond(
    own: &Own<'_>,
    peer: &Certificate,
    prekeys: &Prekeys<'_>,
    handshake: &Handshake<'_>,
) -> Result<Agreed, Refused> {
    // HSK-11, HSK-3
    let named = (handshake.signed_prekey, handshake.one_time_prekey);
    let given = (prekeys.signed.id, prekeys.one_time.map(|prekey| prekey.id));
    let names_peer =
        handshake.account_key == peer.account.as_bytes() && handshake.device_id == peer.device.byte();
    let oneself = peer.account == own.certificate.account && peer.device == own.certificate.device;
    if named != given || !names_peer || oneself {
        return Err(Refused::WrongHandshake);
    }
    // HSK-12
    let ephemeral = AgreementPublic::parse(handshake.ephemeral)?;
    // HSK-6
    let agreements = [
        Some(prekeys.signed.agreement.agree(&peer.agreement_key)?),
        Some(own.agreement.agree(&ephemeral)?),
        Some(prekeys.signed.agreement.agree(&ephemeral)?),
        prekeys.one_time.map(|prekey| prekey.agreement.agree(&ephemeral)).transpose()?,
    ];
    let kem_key = &prekeys.one_time.unwrap_or(prekeys.signed).kem;
    let kem_secret = kem_key.decapsulate(handshake.ciphertext);
    let id = transcript(
        handshake.bytes,
        (Role::Responder, own.certificate, peer),
        prekeys.signed.body(),
        prekeys.one_time.map(PrekeySecret::body),
    );
    Ok(agreed(id, &agreements, &kem_secret))
}

/// Everything both sides must agree on (HSK-7, threats P7, H6).
///
/// The handshake bytes hold suite, initiator, ephemeral key, prekey ids and KEM ciphertext; an absent one-time
/// prekey is an empty part.
fn transcript(
    handshake: &[u8],
    (role, own, peer): (Role, &Certificate, &Certificate),
    signed_body: &[u8],
    one_time_body: Option<&[u8]>,
) -> Digest {
    let (initiator, responder) = match role {
        Role::Initiator => (own, peer),
        Role::Responder => (peer, own),
    };
    let mut transcript = Transcript::new(label::HANDSHAKE_TRANSCRIPT);
    transcript.add(handshake);
    for side in [initiator, responder] {
        transcript.add(side.account.as_bytes());
        transcript.add(&[side.device.byte()]);
        transcript.add(side.signing_key.as_bytes());
        transcript.add(side.agreement_key.as_bytes());
    }
    transcript.add(signed_body);
    transcript.add(one_time_body.unwrap_or_default());
    transcript.finish()
}

/// Thirty-two bytes of 0xFF stand first, so that the input is no encoding of a curve point (HSK-8).
fn agreed(id: Digest, agreements: &[Option<Secret<32>>; 4], kem_secret: &Secret<32>) -> Agreed {
    let mut parts: [&[u8]; 6] = [&[]; 6];
    let inputs = core::iter::once([0xFF; 32].as_slice())
        .chain(agreements.iter().flatten().map(|agreement| agreement.expose().as_slice()))
        .chain(core::iter::once(kem_secret.expose().as_slice()));
    for (place, input) in parts.iter_mut().zip(inputs) {
        *place = input;
    }
    let [root, initiator_header_key, responder_header_key] =
        kdf::derive(id.as_bytes(), &parts, label::HANDSHAKE_KEYS);
    Agreed { id, root, initiator_header_key, responder_header_key }
}
