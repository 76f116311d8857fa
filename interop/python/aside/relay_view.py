"""The leakage chapter, the relay's view in vectors: every field of a request, and what it tells the relay."""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple

from aside import frames, group_chain, group_log, packet, proto
from aside.messages import ENUMS, MESSAGES, EnvelopeKind, Field
from aside.packet import Handshake
from aside.proto import Record
from aside.requests import Connection, Request

# What counts up, or is a time.
COUNTS = {"id", "position", "from", "up_to", "iteration", "sent_at", "number", "signed_prekey", "one_time_prekey"}
# Bytes that can be read.
CLEAR = {"device_list", "signed_prekey", "one_time", "devices", "content", "settings", "declaration"}

# The requests that name somebody, with the field that does.
NAMES = {
    "fetch_devices": "account_key",
    "fetch_prekeys": "account_key",
    "send": "recipient",
    "transient": "recipient",
}

THREAD_FIELDS = ("conversation", "message_id", "sent_at", "kind", "content", "previous")


class View(NamedTuple):
    """What a relay sees of a request: its name, whom it names, and a line for each field."""

    request: str
    to: list[bytes]
    fields: list[str]


def see(request: Request, connection: Connection | None) -> View:
    """The view of a request."""
    lines: list[str] = []
    if connection is not None:
        lines += [bytes_("connection.account_key", connection.account_key)]
        lines += [number("connection.device_id", connection.device_id)]
    lines += [number("id", request.id), *of_record(request.name, request.body)]
    return View(request.name, named(request), lines)


def named(request: Request) -> list[bytes]:
    """Whom a request names, in its order."""
    if request.name in NAMES:
        return [getattr(request.body, NAMES[request.name])]
    return [recipient.account_key for recipient in getattr(request.body, "recipients", [])]


# Lines


def last(path: str) -> str:
    """The name at the end of a path."""
    return path.rpartition(".")[2]


def number(path: str, value: int) -> str:
    """A number that says something, or one that counts."""
    return f"{path} {'count' if last(path) in COUNTS else 'number'} {int(value)}"


def choice(path: str, name: str) -> str:
    """A value that has a name."""
    return f"{path} choice {name}"


def bytes_(path: str, value: bytes | str) -> str:
    """What can be compared, or even read."""
    length = len(value.encode("utf-8")) if isinstance(value, str) else len(value)
    return f"{path} {'clear' if isinstance(value, str) or last(path) in CLEAR else 'bytes'} {length}"


def sealed(path: str, value: bytes) -> str:
    """What is encrypted."""
    return f"{path} sealed {len(value)}"


def of_record(path: str, record: Record) -> Iterator[str]:
    """Every field, by the names of the schema, whether it is written or not."""
    for field in MESSAGES[record.type_].fields.values():
        value = getattr(record, field.name)
        for element in value if field.repeated else [value]:
            yield from of_field(f"{path}.{field.name}", field, element)


def of_field(path: str, field: Field, value: object) -> Iterator[str]:
    """One value of a field, and what it carries."""
    if isinstance(value, Record):
        yield from of_record(path, value)
    elif isinstance(value, bytes) and field.name == "envelope":
        yield from of_envelope(path, proto.decode("Envelope", value))
    elif isinstance(value, bytes) and path == "append_entry.entry":
        yield from of_entry(path, value)
    elif isinstance(value, int):
        yield choice(path, name_of(field.type, value)) if field.type in ENUMS else number(path, value)
    elif isinstance(value, bytes | str):
        yield bytes_(path, value)


def name_of(enum: str, value: int) -> str:
    """The name that a value has in `proto/`."""
    prefix = re.sub("(?<=[a-z])(?=[A-Z])", "_", enum).upper()
    return f"{prefix}_{ENUMS[enum](value).name}"


# What a request carries


def of_envelope(path: str, envelope: Record) -> Iterator[str]:
    """The kind, and the payload by its kind."""
    yield choice(f"{path}.kind", name_of("EnvelopeKind", envelope.kind))
    if envelope.kind == EnvelopeKind.THREAD:
        yield from of_thread(f"{path}.thread", frames.decode_in_thread(envelope.payload))
    elif envelope.kind == EnvelopeKind.PAIRWISE:
        yield from of_pairwise(f"{path}.pairwise", envelope.payload)
    else:
        yield from of_group(f"{path}.group", envelope.payload)


def of_thread(path: str, frame: Record) -> Iterator[str]:
    """A frame in the clear."""
    for name in THREAD_FIELDS:
        value = getattr(frame, name)
        yield number(f"{path}.{name}", value) if isinstance(value, int) else bytes_(f"{path}.{name}", value)


def of_pairwise(path: str, payload: bytes) -> Iterator[str]:
    """A session message."""
    message = packet.parse_message(payload)
    yield choice(f"{path}.type", f"{message.kind:02x}")
    if message.handshake:
        yield from of_handshake(f"{path}.handshake", packet.parse_handshake(message.handshake))
    yield sealed(f"{path}.header", message.header)
    yield bytes_(f"{path}.header_tag", message.header_tag)
    yield bytes_(f"{path}.commitment", message.commitment)
    yield sealed(f"{path}.ciphertext", message.ciphertext)
    yield bytes_(f"{path}.tag", message.tag)


def of_handshake(path: str, handshake: Handshake) -> Iterator[str]:
    """A handshake; its ciphertext is that of the KEM, which hides nothing."""
    yield number(f"{path}.suite", packet.SUITE)
    yield bytes_(f"{path}.account_key", handshake.account_key)
    yield number(f"{path}.device_id", handshake.device_id)
    yield bytes_(f"{path}.ephemeral_key", handshake.ephemeral_key)
    yield number(f"{path}.signed_prekey", handshake.signed_prekey)
    yield number(f"{path}.one_time_prekey", handshake.one_time_prekey)
    yield bytes_(f"{path}.ciphertext", handshake.ciphertext)


def of_group(path: str, payload: bytes) -> Iterator[str]:
    """A message of a chain."""
    message = group_chain.parse(payload)
    yield choice(f"{path}.type", f"{group_chain.KIND:02x}")
    yield bytes_(f"{path}.key_id", message.key_id)
    yield number(f"{path}.iteration", message.iteration)
    yield bytes_(f"{path}.salt", message.salt)
    yield bytes_(f"{path}.commitment", message.commitment)
    yield sealed(f"{path}.ciphertext", message.ciphertext)
    yield bytes_(f"{path}.tag", message.tag)
    yield bytes_(f"{path}.signature", message.signature)


def of_entry(path: str, stored: bytes) -> Iterator[str]:
    """An entry of a log."""
    entry = group_log.parse(stored)
    yield choice(f"{path}.type", f"{group_log.KIND:02x}")
    yield bytes_(f"{path}.log_key_id", entry.log_key_id)
    yield bytes_(f"{path}.salt", entry.salt)
    yield sealed(f"{path}.ciphertext", entry.ciphertext)
    yield bytes_(f"{path}.tag", entry.tag)
