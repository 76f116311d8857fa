"""Operations of scripts: what devices do with their sessions.

The payloads are no frames, and their commitment covers the plaintext alone.
"""

from __future__ import annotations

from typing import Any

from aside import identity, session
from aside.device import Device, Held, initiate, receive, take_over
from aside.digest import state_digest
from aside.handshake import Bundle, OwnPrekey
from aside.identity import Certificate, Prekey
from aside.primitives import COMMIT, ed25519_public, equal
from aside.proto import decode
from aside.reject import Reject, check
from aside.session import Commit, Opened, Session
from ops import Fault, Given, Scene, Tape, World, session_op
from ops.identity import KINDS

COMMITMENT = "aside/1 commitment"


def certificate_of(world: World, name: str) -> Certificate:
    """The certificate of a person, verified."""
    person = world.people[name]
    account_key = ed25519_public(bytes.fromhex(person["account_private"]))
    return identity.verify_certificate(account_key, bytes.fromhex(person["certificate"]))


def device_of(world: World, name: str) -> Device:
    """The device of a person, made of what stands in the file when it acts for the first time."""
    if name not in world.devices:
        person = world.people[name]
        prekeys = person.get("prekeys", [])
        world.devices[name] = Device(
            certificate_of(world, name),
            bytes.fromhex(person["agreement_private"]),
            {prekey["id"]: own_prekey(prekey) for prekey in prekeys if prekey["kind"] == "signed"},
            {prekey["id"]: own_prekey(prekey) for prekey in prekeys if prekey["kind"] == "one-time"},
        )
    return world.devices[name]


def own_prekey(prekey: dict[str, Any]) -> OwnPrekey:
    """A prekey of the own device."""
    body = decode("Signed", bytes.fromhex(prekey["signed"])).body
    return OwnPrekey(bytes.fromhex(prekey["agreement_private"]), bytes.fromhex(prekey["kem_seed"]), body)


def offered_prekey(world: World, owner: str, kind: str, id_: int, now: int) -> Prekey:
    """A prekey of a peer, verified as of now."""
    for prekey in world.people[owner].get("prekeys", []):
        if (prekey["kind"], prekey["id"]) == (kind, id_):
            certificate = certificate_of(world, owner)
            return identity.verify_prekey(certificate, KINDS[kind], now, bytes.fromhex(prekey["signed"]))
    raise Fault(f"{owner} has no {kind} prekey {id_}")


def held(scene: Scene) -> Held:
    """The session of the step."""
    device = device_of(scene.world, scene.actor)
    if scene.session not in device.sessions:
        raise Fault(f"{scene.actor} has no session {scene.session}")
    return device.sessions[scene.session]


def commit_to(plaintext: bytes) -> Commit:
    """The commitment of these steps."""
    return lambda franking_key: COMMIT(franking_key, COMMITMENT, plaintext)


def accepted(opened: Opened) -> Session:
    """The session after a message whose commitment is right (SES-14)."""
    check(equal(commit_to(opened.plaintext)(opened.franking_key), opened.commitment), "commitment")
    return opened.session


@session_op("initiate")
def initiate_(given: Given, tape: Tape, scene: Scene) -> dict[str, Any]:
    peer, now, one_time = given.text("peer"), given.number("now"), given.number("one_time_prekey")
    bundle = Bundle(
        certificate_of(scene.world, peer),
        offered_prekey(scene.world, peer, "signed", given.number("signed_prekey"), now),
        offered_prekey(scene.world, peer, "one-time", one_time, now) if one_time else None,
    )
    device = device_of(scene.world, scene.actor)
    begun = initiate(device, bundle, tape)
    device.sessions[scene.session] = Held(bundle.certificate, begun)
    return {"session_id": begun.id}


@session_op("encrypt")
def encrypt(given: Given, tape: Tape, scene: Scene) -> dict[str, Any]:
    return {"message": send(held(scene), given.bytes("plaintext"), tape)}


def send(sender: Held, plaintext: bytes, tape: Tape) -> bytes:
    """Encrypts in a session, which goes on."""
    sender.session, message = session.encrypt(sender.session, plaintext, commit_to(plaintext), tape)
    return message


@session_op("decrypt")
def decrypt(given: Given, tape: Tape, scene: Scene) -> dict[str, Any]:
    return hear(held(scene), given.bytes("message"))


def hear(receiver: Held, message: bytes) -> dict[str, Any]:
    """Decrypts in a session, which goes on."""
    opened = session.decrypt(receiver.session, message)
    receiver.session = accepted(opened)
    return {"plaintext": opened.plaintext, "number": opened.number}


@session_op("encrypt_transient")
def encrypt_transient(given: Given, tape: Tape, scene: Scene) -> dict[str, Any]:
    sender, plaintext = held(scene), given.bytes("plaintext")
    encrypted = session.encrypt_transient(sender.session, plaintext, commit_to(plaintext), tape)
    if encrypted is None:
        raise Fault("the transient message was dropped (SES-30)")
    sender.session, message = encrypted
    return {"message": message}


@session_op("decrypt_transient")
def decrypt_transient(given: Given, tape: Tape, scene: Scene) -> dict[str, Any]:
    receiver = held(scene)
    opened = session.decrypt_transient(receiver.session, given.bytes("message"))
    receiver.session = accepted(opened)
    return {"plaintext": opened.plaintext, "number": opened.number}


@session_op("receive")
def receive_(given: Given, tape: Tape, scene: Scene) -> dict[str, Any]:
    device = device_of(scene.world, scene.actor)
    peer = certificate_of(scene.world, given.text("peer"))
    received = receive(device, peer, given.bytes("message"), scene.session)
    session_id = accepted(received.opened).id
    take_over(device, received)
    return {"plaintext": received.opened.plaintext, "number": received.opened.number, "session_id": session_id}


@session_op("copy")
def copy(given: Given, tape: Tape, scene: Scene) -> dict[str, Any]:
    device = device_of(scene.world, scene.actor)
    copied = device.sessions[given.text("of")]
    device.sessions[scene.session] = Held(copied.peer, copied.session)
    return {}


@session_op("exchange")
def exchange(given: Given, tape: Tape, scene: Scene) -> dict[str, Any]:
    here, name, plaintext = held(scene), given.text("with"), given.bytes("plaintext")
    owner = scene.world.owner(name)
    if owner is None:
        raise Fault(f"there is no session {name}")
    there = owner.sessions[name]
    sent: list[bytes] = []
    for _ in range(given.number("rounds")):
        for sender, receiver, count in ((here, there, given.number("there")), (there, here, given.number("back"))):
            arriving = []
            for _ in range(count):
                message = send(sender, plaintext, tape)
                if len(sent) not in given.numbers("lost"):
                    arriving.append(message)
                sent.append(message)
            for message in reversed(arriving) if given.flag("reversed") else arriving:
                arrive(receiver, message)
    tags = b"".join(message[-16:] for message in sent)
    return {"message": sent[-1], "tags": tags, "state_of_other": state_digest(there.session)}


def arrive(receiver: Held, message: bytes) -> None:
    """A message of an exchange, all of which open."""
    try:
        hear(receiver, message)
    except Reject as reject:
        raise Fault(f"a message of the exchange was refused with {reject.word}") from None


@session_op("retire")
def retire(given: Given, tape: Tape, scene: Scene) -> dict[str, Any]:
    retiring = held(scene)
    retiring.session = session.retire(retiring.session)
    return {}


@session_op("health")
def health(given: Given, tape: Tape, scene: Scene) -> dict[str, Any]:
    asked = held(scene).session
    sends = not isinstance(asked.sending, session.OnlyReceives)
    return {"health": session.health(asked), "epoch": asked.ratchet.epoch, "sends": sends}


@session_op("forget")
def forget(given: Given, tape: Tape, scene: Scene) -> dict[str, Any]:
    held(scene)
    del device_of(scene.world, scene.actor).sessions[scene.session]
    return {}
