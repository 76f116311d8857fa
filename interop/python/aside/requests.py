"""The relay chapter, requests: how a client makes them, and what of each a relay checks first (check 5 of its table)."""

from __future__ import annotations

from itertools import pairwise
from typing import Callable, NamedTuple

from aside import frames, group_chain, group_log, identity, packet, proto, relay
from aside.draws import Random
from aside.messages import EnvelopeKind
from aside.proto import Record
from aside.reject import check, present

CLIENT_ID = 16
DEVICES = 8
GROUP_DEVICES = 1_024
ONE_TIME_PREKEYS = 100
LAST_POSITION = 100_000
TRANSIENT_BYTES = 1_024


# Making


def encode(id_: int, name: str, body: Record) -> bytes:
    """A request with its body, which is named as in the schema."""
    return proto.encode(Record("Request", id=id_, **{name: body}))


def client_id(random: Random) -> bytes:
    """Of a send, a fan-out or an append (LEA-4)."""
    return random.draw("client id", CLIENT_ID)


def envelope(kind: EnvelopeKind, payload: bytes) -> bytes:
    """A payload on its way to one device, or to many."""
    return proto.encode(Record("Envelope", kind=kind, payload=payload))


def parcels(kind: EnvelopeKind, payloads: dict[int, bytes]) -> list[Record]:
    """One for each device, ascending (RLY-21)."""
    return [
        Record("Parcel", device_id=device_id, envelope=envelope(kind, payload))
        for device_id, payload in sorted(payloads.items())
    ]


def recipients(devices: dict[bytes, bytes]) -> list[Record]:
    """Accounts, each with its devices, ascending (RLY-31)."""
    return [
        Record("Recipient", account_key=account_key, devices=bytes(sorted(ids)))
        for account_key, ids in sorted(devices.items())
    ]


# Checking


class Request(NamedTuple):
    """A request that decodes: its id, the name of its body, and the body."""

    id: int
    name: str
    body: Record


class Connection(NamedTuple):
    """The device that has logged in."""

    account_key: bytes
    device_id: int


def decode(data: bytes, connection: Connection | None) -> Request:
    """Checks 2 and 5 of the chapter."""
    record = proto.decode("Request", data)
    check(record.id != 0, "malformed")
    name = present(next((name for name in BODIES if getattr(record, name) is not None), None), "malformed")
    body = getattr(record, name)
    BODIES[name](body)
    for recipient in getattr(body, "recipients", []):
        if connection is not None and recipient.account_key == connection.account_key:
            check(connection.device_id not in recipient.devices, "malformed")  # RLY-31
    return Request(record.id, name, body)


def register(body: Record) -> None:
    identity.check_handle(body.handle)
    exact(body.account_key, 32)
    exact(body.signature, 64)


def login(body: Record) -> None:
    exact(body.account_key, 32)
    identity.check_device_id(body.device_id)
    exact(body.signature, 64)
    relay.check_store(present(body.store, "malformed"))


def publish_prekeys(body: Record) -> None:
    check(len(body.one_time) <= ONE_TIME_PREKEYS, "limit")


def resolve(body: Record) -> None:
    identity.check_handle(body.handle)


def fetch_devices(body: Record) -> None:
    exact(body.account_key, 32)


def fetch_prekeys(body: Record) -> None:
    exact(body.account_key, 32)
    identity.check_device_id(body.device_id)


def send(body: Record) -> None:
    exact(body.client_id, CLIENT_ID)
    exact(body.recipient, 32)
    envelopes = open_parcels(body.parcels)
    kinds = {envelope.kind for envelope in envelopes}
    check(kinds in ({EnvelopeKind.THREAD}, {EnvelopeKind.PAIRWISE}), "malformed")
    for envelope in envelopes:
        if envelope.kind == EnvelopeKind.THREAD:
            frames.decode_in_thread(envelope.payload)
        else:
            check(packet.parse_message(envelope.payload).kind != packet.TRANSIENT, "malformed")  # RLY-34
    relay.check_keep(body.keep)


def fan_out(body: Record) -> None:
    exact(body.client_id, CLIENT_ID)
    check(len(body.recipients) > 0, "malformed")
    check_recipients(body.recipients)
    envelope = proto.decode("Envelope", body.envelope)
    check(envelope.kind == EnvelopeKind.GROUP, "malformed")
    group_chain.parse(envelope.payload)
    relay.check_keep(body.keep)


def append_entry(body: Record) -> None:
    exact(body.client_id, CLIENT_ID)
    exact(body.log, 32)
    check(body.position != 0, "malformed")
    check(body.position <= LAST_POSITION, "limit")
    group_log.parse(body.entry)
    check_recipients(body.recipients)


def fetch_entries(body: Record) -> None:
    exact(body.log, 32)
    check(getattr(body, "from") != 0, "malformed")


def transient(body: Record) -> None:
    """RLY-34."""
    exact(body.recipient, 32)
    for envelope in open_parcels(body.parcels):
        check(envelope.kind == EnvelopeKind.PAIRWISE, "malformed")
        check(len(envelope.payload) <= TRANSIENT_BYTES, "limit")
        check(packet.parse_message(envelope.payload).kind == packet.TRANSIENT, "malformed")


def anything(body: Record) -> None:
    """What is signed is judged when its signature is."""


def exact(data: bytes, length: int) -> None:
    """Bytes of one length (ENV-6)."""
    check(len(data) == length, "malformed")


def open_parcels(parcels: list[Record]) -> list[Record]:
    """1 to 8 in ascending order of device, each with an envelope that decodes."""
    check(len(parcels) > 0, "malformed")
    check(len(parcels) <= DEVICES, "limit")
    for parcel in parcels:
        identity.check_device_id(parcel.device_id)
    check(all(one.device_id < next_.device_id for one, next_ in pairwise(parcels)), "malformed")
    return [proto.decode("Envelope", parcel.envelope) for parcel in parcels]


def check_recipients(recipients: list[Record]) -> None:
    """In ascending order of account, each with devices in ascending order, and not too many (RLY-31)."""
    for recipient in recipients:
        exact(recipient.account_key, 32)
        check(len(recipient.devices) > 0, "malformed")
        for device_id in recipient.devices:
            identity.check_device_id(device_id)
        check(all(one < next_ for one, next_ in pairwise(recipient.devices)), "malformed")
    check(all(one.account_key < next_.account_key for one, next_ in pairwise(recipients)), "malformed")
    check(sum(len(recipient.devices) for recipient in recipients) <= GROUP_DEVICES, "limit")


BODIES: dict[str, Callable[[Record], None]] = {
    "register": register,
    "login": login,
    "publish_prekeys": publish_prekeys,
    "resolve": resolve,
    "fetch_devices": fetch_devices,
    "fetch_prekeys": fetch_prekeys,
    "send": send,
    "subscribe": anything,
    "acknowledge": anything,
    "fan_out": fan_out,
    "append_entry": append_entry,
    "fetch_entries": fetch_entries,
    "transient": transient,
    "publish_settings": anything,
    "fetch_settings": anything,
    "declare": anything,
}
