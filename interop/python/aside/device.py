"""What a device does with session messages: prekeys, known handshakes, and which of its sessions opens a message."""

from __future__ import annotations

from dataclasses import dataclass, field

from aside import handshake, packet, session
from aside.draws import Random
from aside.handshake import Bundle, OwnPrekey
from aside.identity import Certificate
from aside.reject import Reject, check, present
from aside.session import Opened, Session


@dataclass
class Held:
    """A session of a device, and with whom it is."""

    peer: Certificate
    session: Session


@dataclass
class Device:
    """The own device: its certificate and keys, prekeys by id, sessions by name, and the handshakes it has accepted."""

    certificate: Certificate
    agreement_private: bytes
    signed_prekeys: dict[int, OwnPrekey]
    one_time_prekeys: dict[int, OwnPrekey]
    sessions: dict[str, Held] = field(default_factory=dict)
    accepted: set[bytes] = field(default_factory=set)


@dataclass
class Received:
    """A message that has opened, not taken over yet: its session's name, and the prekey and handshake that are used up by it."""

    name: str
    peer: Certificate
    opened: Opened
    one_time_prekey: int = 0
    handshake_hash: bytes = b""


def initiate(device: Device, bundle: Bundle, random: Random) -> Session:
    """A new session with the device of a bundle."""
    sent, agreed = handshake.initiate(device.certificate, device.agreement_private, bundle, random)
    return session.start_initiator(sent, agreed, bundle.signed_prekey.agreement_key, random)


def receive(device: Device, peer: Certificate, data: bytes, name: str) -> Received:
    """Opens a message of a peer, in the session it belongs to or in a new one under the name given."""
    message = packet.parse_message(data)
    check(message.kind != packet.TRANSIENT, "malformed")  # SES-35
    if message.handshake:
        return receive_with_handshake(device, peer, data, message.handshake, name)
    for known, held in device.sessions.items():
        if same_device(held.peer, peer):
            try:
                return Received(known, peer, session.decrypt(held.session, data))
            except Reject as reject:
                if reject.word != "mac":
                    raise
    raise Reject("no_session")  # SES-29


def receive_with_handshake(device: Device, peer: Certificate, data: bytes, sent: bytes, name: str) -> Received:
    """Opens a message with its handshake, by the checks of the handshake chapter in their order."""
    parsed = packet.parse_handshake(sent)
    hash_ = handshake.handshake_hash(sent)
    for known, held in device.sessions.items():
        if held.session.handshake_hash == hash_ and same_device(held.peer, peer):
            return Received(known, peer, session.decrypt(held.session, data))
    check(hash_ not in device.accepted, "replay")  # HSK-10
    own = device.certificate
    check((parsed.account_key, parsed.device_id) == (peer.account_key, peer.device_id), "unknown_prekey")
    check(not same_device(peer, own), "unknown_prekey")  # HSK-3
    SB = present(device.signed_prekeys.get(parsed.signed_prekey), "unknown_prekey")  # HSK-11
    OB = device.one_time_prekeys.get(parsed.one_time_prekey)
    check(OB is not None or parsed.one_time_prekey == 0, "unknown_prekey")
    agreed = handshake.accept(sent, parsed, peer, own, device.agreement_private, SB, OB)
    opened = session.decrypt(session.start_responder(sent, agreed, SB.agreement_private), data)
    return Received(name, peer, opened, parsed.one_time_prekey, hash_)


def receive_transient(device: Device, peer: Certificate, data: bytes) -> Received:
    """Opens a transient message of a peer, in whichever session with it opens it (SES-36)."""
    for name, held in device.sessions.items():
        if same_device(held.peer, peer):
            try:
                return Received(name, peer, session.decrypt_transient(held.session, data))
            except Reject as reject:
                if reject.word != "mac":
                    raise
    raise Reject("no_session")


def same_device(a: Certificate, b: Certificate) -> bool:
    """Whether two certificates are of one device."""
    return (a.account_key, a.device_id) == (b.account_key, b.device_id)


def take_over(device: Device, received: Received) -> None:
    """Once the content was accepted: the session, the one-time prekey that is gone, the handshake that is known (HSK-14)."""
    device.sessions[received.name] = Held(received.peer, received.opened.session)
    device.one_time_prekeys.pop(received.one_time_prekey, None)
    if received.handshake_hash:
        device.accepted.add(received.handshake_hash)
