//! A message as bytes: header and payload sealed, and opened again.

use crate::{
    Refused, Session,
    associated::Associated,
    chain::MessageSecret,
    receiving::Mark,
    session::{Opening, Position, Received},
    transient::Kind,
};
use alloc::vec::Vec;
use aside_primitives::{AgreementPublic, Secret, aead, commit::Commitment, suite::Primitives};
use aside_wire::{
    Malformed,
    header::{HEADER_BYTES, Header, Slot},
    packet::{
        COMMITMENT_BYTES, HANDSHAKE_BYTES, KIND_FIRST_MESSAGE, KIND_MESSAGE, KIND_TRANSIENT, OVERHEAD_BYTES,
        Packet, SEALED_HEADER_BYTES, TAG_BYTES,
    },
};
use zeroize::Zeroizing;

impl<P: Primitives> Session<P> {
    /// Tries the current, the next and the few old header keys, in this order (SES-15, threat R10). A transient
    /// message turns nothing, so that the next one is not tried for it (SES-36).
    pub(crate) fn open_header(&self, kind: Kind, packet: &Packet<'_>) -> Result<OpenedHeader, Refused> {
        let associated = Associated::header(kind, &self.id, self.role.other(), packet.tag);
        let nonce = header_nonce(packet.tag);
        let open = |key: &Secret<32>| {
            let mut bytes = *packet.header;
            P::open(key, &nonce, associated.as_bytes(), &mut bytes, packet.header_tag).ok()?;
            Some(bytes)
        };
        let current = self.receiving.as_ref().map(|receiving| &receiving.header_key);
        let next = (kind == Kind::Message).then_some((HeaderKey::Next, &self.next_header_key));
        let keys = current
            .into_iter()
            .map(|key| (HeaderKey::Current, key))
            .chain(next)
            .chain(self.old.iter().enumerate().map(|(i, old)| (HeaderKey::Old(i), &old.header_key)));
        for (under, key) in keys {
            if let Some(bytes) = open(key) {
                return self.check_header(kind, bytes, under);
            }
        }
        Err(Refused::Mac)
    }

    /// What an authenticated header must say (SES-16, SES-17, EPO-7, EPO-8).
    fn check_header(
        &self,
        kind: Kind,
        bytes: [u8; HEADER_BYTES],
        under: HeaderKey,
    ) -> Result<OpenedHeader, Refused> {
        let (key, _) = bytes.split_first_chunk::<32>().ok_or(Refused::Mac)?;
        let ratchet_key = AgreementPublic::parse(key)?;
        let header = Header::decode(&bytes)?;
        let current = self.receiving.as_ref();
        let chain = match under {
            HeaderKey::Current | HeaderKey::Next => current.map(|chain| (chain.ratchet_key, chain.mark)),
            HeaderKey::Old(index) => self.old.get(index).map(|old| (old.ratchet_key, old.mark)),
        };
        let is_next = matches!(under, HeaderKey::Next);
        if chain.is_some_and(|(key, _)| key == ratchet_key) == is_next {
            return Err(Malformed::Field("ratchet_key").into());
        }
        let mark = if is_next { self.next_mark(header.adopts) } else { chain.map(|(_, mark)| mark) };
        let mark = mark.ok_or(Malformed::Field("adopts"))?;
        match kind {
            Kind::Message => mark.check(self.role.other(), &header)?,
            Kind::Transient => transient_control(&header)?,
        }
        Ok(OpenedHeader { header, bytes, ratchet_key, mark, under })
    }

    pub(crate) fn open_payload(
        &self,
        kind: Kind,
        packet: &Packet<'_>,
        opened: &OpenedHeader,
        secret: &MessageSecret,
    ) -> Result<Received, Refused> {
        let keys = secret.keys::<P>();
        let associated =
            Associated::payload(kind, &self.id, self.role.other(), packet.commitment, &opened.bytes);
        let mut plaintext = Zeroizing::new(packet.ciphertext.to_vec());
        P::open(&keys.message, &nonce(opened.header.salt), associated.as_bytes(), &mut plaintext, packet.tag)
            .map_err(|_| Refused::Mac)?;
        Ok(Received {
            plaintext,
            franking_key: keys.franking,
            commitment: Commitment(*packet.commitment),
            position: Position { ratchet_key: opened.ratchet_key, number: opened.header.number },
        })
    }

    /// Payload first, then the header under a nonce from the payload's tag (SES-12, SES-13).
    pub(crate) fn seal(
        &self,
        kind: Kind,
        header: &Header,
        header_key: &Secret<32>,
        message_key: &Secret<32>,
        commitment: &Commitment,
        plaintext: &[u8],
    ) -> Option<Vec<u8>> {
        let nonce = nonce(header.salt);
        let header = &header.encode()?;
        let room = OVERHEAD_BYTES.checked_add(HANDSHAKE_BYTES)?.checked_add(plaintext.len())?;
        let mut message = Vec::with_capacity(room);
        match (kind, &self.opening) {
            (Kind::Transient, _) => message.push(KIND_TRANSIENT),
            (Kind::Message, Opening::Unanswered(handshake)) => {
                message.push(KIND_FIRST_MESSAGE);
                message.extend_from_slice(handshake);
            }
            (Kind::Message, _) => message.push(KIND_MESSAGE),
        }
        let header_at = message.len();
        message.extend_from_slice(header);
        message.extend_from_slice(&[0; TAG_BYTES]);
        message.extend_from_slice(&commitment.0);
        message.extend_from_slice(plaintext);

        let (_, sealed) = message.split_at_mut_checked(header_at)?;
        let (sealed_header, rest) = sealed.split_first_chunk_mut::<SEALED_HEADER_BYTES>()?;
        let (_, payload) = rest.split_first_chunk_mut::<COMMITMENT_BYTES>()?;
        let associated = Associated::payload(kind, &self.id, self.role, &commitment.0, header);
        let tag = P::seal(message_key, &nonce, associated.as_bytes(), payload).ok()?;

        let (header_bytes, header_tag) = sealed_header.split_first_chunk_mut::<HEADER_BYTES>()?;
        let associated = Associated::header(kind, &self.id, self.role, &tag);
        let sealed_tag =
            P::seal(header_key, &header_nonce(&tag), associated.as_bytes(), header_bytes).ok()?;
        header_tag.copy_from_slice(&sealed_tag);
        message.extend_from_slice(&tag);
        Some(message)
    }
}

/// Which header key opened a header.
#[derive(Clone, Copy)]
pub(crate) enum HeaderKey {
    Current,
    Next,
    Old(usize),
}

/// A header that authenticated and says nothing impossible.
pub(crate) struct OpenedHeader {
    pub(crate) header: Header,
    pub(crate) bytes: [u8; HEADER_BYTES],
    pub(crate) ratchet_key: AgreementPublic,
    /// That of its chain.
    pub(crate) mark: Mark,
    pub(crate) under: HeaderKey,
}

impl OpenedHeader {
    /// What the KEM ratchet takes from it.
    pub(crate) const fn exchanged(&self) -> (Mark, Slot) {
        (self.mark, self.header.slot)
    }
}

/// A transient message takes no part in the KEM ratchet (EPO-13).
fn transient_control(header: &Header) -> Result<(), Malformed> {
    let silent = header.epoch == 0 && !header.adopts && header.slot == Slot::Held(0);
    if silent { Ok(()) } else { Err(Malformed::Field("control")) }
}

/// The payload's nonce: the salt and four zero bytes, so that a cloned state does not repeat a nonce (SES-5, threat
/// R4).
pub(crate) fn nonce(salt: [u8; 8]) -> [u8; aead::NONCE_BYTES] {
    let [a, b, c, d, e, f, g, h] = salt;
    [a, b, c, d, e, f, g, h, 0, 0, 0, 0]
}

/// The header's nonce: the first 12 bytes of the payload's tag (SES-13).
fn header_nonce(tag: &[u8; TAG_BYTES]) -> [u8; aead::NONCE_BYTES] {
    let mut nonce = [0; aead::NONCE_BYTES];
    for (place, byte) in nonce.iter_mut().zip(tag) {
        *place = *byte;
    }
    nonce
}
