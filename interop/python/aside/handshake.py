"""The handshake chapter: the hybrid key agreement of X3DH and ML-KEM-768 with a device that may be offline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from aside.draws import Random
from aside.identity import Certificate, Prekey
from aside.packet import Handshake
from aside.primitives import (
    DECAPSULATE,
    DH,
    ENCAPSULATE,
    KDF,
    H,
    u8,
    x25519_parse,
    x25519_public,
)

HASH = "aside/1 handshake hash"
TRANSCRIPT = "aside/1 handshake transcript"
KEYS = "aside/1 handshake keys"


@dataclass(frozen=True)
class Bundle:
    """Certificate and prekeys of one device, all verified for it (HSK-1, HSK-17)."""

    certificate: Certificate
    signed_prekey: Prekey
    one_time_prekey: Prekey | None


@dataclass(frozen=True)
class OwnPrekey:
    """The private half of a prekey, and its body as it was signed."""

    agreement_private: bytes
    kem_seed: bytes
    body: bytes


@dataclass(frozen=True)
class Agreed:
    """What a handshake agrees on; its id is the session id."""

    id: bytes
    root: bytes
    initiator_header_key: bytes
    responder_header_key: bytes


def handshake_hash(handshake: bytes) -> bytes:
    """What a responder remembers (HSK-10)."""
    return H(HASH, handshake)


class InTranscript(NamedTuple):
    """A device as it stands in the transcript."""

    account_key: bytes
    device_id: int
    signing_key: bytes
    agreement_key: bytes


def in_transcript(device: Certificate) -> InTranscript:
    """The device of a certificate."""
    return InTranscript(device.account_key, device.device_id, device.signing_key, device.agreement_key)


def transcript(
    handshake: bytes, initiator: InTranscript, responder: InTranscript, signed_body: bytes, one_time_body: bytes
) -> bytes:
    """The session id: the hash of everything agreed on (HSK-7)."""
    devices = [part for device in (initiator, responder) for part in parts_of(device)]
    return H(TRANSCRIPT, handshake, *devices, signed_body, one_time_body)


def parts_of(device: InTranscript) -> list[bytes]:
    """The four parts of a device."""
    return [device.account_key, u8(device.device_id), device.signing_key, device.agreement_key]


def keys(session_id: bytes, agreements: list[bytes], kem_secret: bytes) -> Agreed:
    """Root key and header keys from the agreements and SS (HSK-8)."""
    ikm = b"\xff" * 32 + b"".join(agreements) + kem_secret
    return Agreed(session_id, *KDF(session_id, ikm, KEYS, 3))


def initiate(own: Certificate, own_private: bytes, bundle: Bundle, random: Random) -> tuple[bytes, Agreed]:
    """The handshake to send, and what it agrees on."""
    peer, SB, OB = bundle.certificate, bundle.signed_prekey, bundle.one_time_prekey
    if (own.account_key, own.device_id) == (peer.account_key, peer.device_id):
        raise ValueError("a device starts no session with itself (HSK-3)")
    E = random.draw("ephemeral key", 32)  # HSK-4
    K = OB.encapsulation_key if OB else SB.encapsulation_key  # HSK-5
    ct, SS = ENCAPSULATE(K, random.draw("KEM message", 32))
    agreements = [
        DH(own_private, SB.agreement_key),
        DH(E, peer.agreement_key),
        DH(E, SB.agreement_key),
    ]
    if OB:
        agreements.append(DH(E, OB.agreement_key))
    named = SB.id, OB.id if OB else 0
    handshake = Handshake(own.account_key, own.device_id, x25519_public(E), *named, ct).encode()
    session_id = transcript(handshake, in_transcript(own), in_transcript(peer), SB.body, OB.body if OB else b"")
    return handshake, keys(session_id, agreements, SS)


def accept(
    data: bytes,
    handshake: Handshake,
    peer: Certificate,
    own: Certificate,
    own_private: bytes,
    SB: OwnPrekey,
    OB: OwnPrekey | None,
) -> Agreed:
    """What the responder agrees on with the other halves; nothing is known of it before a message opens (HSK-9)."""
    E = x25519_parse(handshake.ephemeral_key)  # HSK-12
    agreements = [
        DH(SB.agreement_private, peer.agreement_key),
        DH(own_private, E),
        DH(SB.agreement_private, E),
    ]
    if OB:
        agreements.append(DH(OB.agreement_private, E))
    SS = DECAPSULATE(OB.kem_seed if OB else SB.kem_seed, handshake.ciphertext)
    session_id = transcript(data, in_transcript(peer), in_transcript(own), SB.body, OB.body if OB else b"")
    return keys(session_id, agreements, SS)
