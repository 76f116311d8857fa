"""The group chapter, entries: a signed change of a group, and what decodes as one (check 3 of "Receiving an entry")."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import Callable

from aside import content, expiry, identity, proto
from aside.primitives import H
from aside.reject import check

SUITE = 1
GROUP_ENTRY = "aside/1 group entry"
GROUP_ENTRY_HASH = "aside/1 group entry hash"
ENTRY_BYTES = 63_488
NAME_BYTES = 128
CHANGE = 100
CUTS = 512
LISTS = 32
CHAIN_MESSAGES = 1_000


class Kind(IntEnum):
    """The entry kinds of the registry."""

    CREATE = 1
    ADD = 2
    REMOVE = 3
    LEAVE = 4
    SET_ROLE = 5
    RENAME = 6
    SET_EXPIRY = 7
    SET_CAPTURE = 8
    SET_ANNOUNCE = 9
    DEVICES = 10
    REKEY = 11


@dataclass(frozen=True)
class Entry:
    """An entry that decodes; nothing of it is trusted yet."""

    body: bytes  # as received
    signature: bytes
    group: bytes
    sequence: int
    parent: bytes
    actor: bytes
    actor_device: int
    kind: Kind
    action: proto.Record
    hash: bytes


def entry_hash(body: bytes) -> bytes:
    """Names an entry; that of the first names the group."""
    return H(GROUP_ENTRY_HASH, body)


def decode(data: bytes) -> Entry:
    """Decodes Signed, body and action, and looks at what is in them."""
    signed = proto.decode("Signed", data, most=ENTRY_BYTES)
    check(len(signed.signature) == 64, "malformed")
    body = proto.decode("GroupEntryBody", signed.body)
    check(body.suite == SUITE, "version")  # ENV-7
    kind = decode_kind(body.kind)
    action = decode_action(kind, body.action)
    check_place(body)
    check(len(body.actor) == 32, "malformed")
    identity.check_device_id(body.actor_device)
    return Entry(
        body=signed.body,
        signature=signed.signature,
        group=body.group,
        sequence=body.sequence,
        parent=body.parent,
        actor=body.actor,
        actor_device=body.actor_device,
        kind=kind,
        action=action,
        hash=entry_hash(signed.body),
    )


def check_place(body: proto.Record) -> None:
    """Exactly the first entry creates the group, and it names neither a group nor a parent (GRP-2)."""
    first = body.sequence == 1
    length = 0 if first else 32
    check(body.sequence != 0, "malformed")
    check(first == (body.kind == Kind.CREATE), "malformed")
    check(len(body.group) == length and len(body.parent) == length, "malformed")


def decode_kind(number: int) -> Kind:
    """The kind, if this version names it."""
    check(number in Kind.__members__.values(), "malformed")
    return Kind(number)


def decode_action(kind: Kind, data: bytes) -> proto.Record:
    """The change, by the type and the checks of its kind."""
    type_, check_action = ACTIONS[kind]
    action = proto.decode(type_, data)
    check_action(action)
    return action


def check_create(action: proto.Record) -> None:
    """Lengths, and the name."""
    check(len(action.nonce) == 32 and len(action.log_key_id) == 16, "malformed")
    check_name(action.name)


def check_add(action: proto.Record) -> None:
    """Somebody; the limit of fields lets in a hundred people."""
    check(len(action.device_lists) >= 1, "malformed")


def check_remove(action: proto.Record) -> None:
    """Accounts, and the ends of their chains, each in ascending order."""
    check(len(action.accounts) <= CHANGE, "limit")
    check(len(action.accounts) >= 1, "malformed")
    check(all(len(account) == 32 for account in action.accounts) and is_ascending(action.accounts), "malformed")
    check_cuts(action.cuts)


def check_leave(action: proto.Record) -> None:
    """The ends of the chains."""
    check_cuts(action.cuts)


def check_set_role(action: proto.Record) -> None:
    """A key, and a role that this version names (ENV-6)."""
    check(len(action.account) == 32, "malformed")
    check(proto.known("GroupRole", action.role), "malformed")


def check_rename(action: proto.Record) -> None:
    """The name."""
    check_name(action.name)


def check_flag(action: proto.Record) -> None:
    """A flag has no wrong value."""


def check_devices(action: proto.Record) -> None:
    """1 to 32 lists, and the ends of chains."""
    check(len(action.device_lists) <= LISTS, "limit")
    check(len(action.device_lists) >= 1, "malformed")
    check_cuts(action.cuts)


def check_rekey(action: proto.Record) -> None:
    """Its length."""
    check(len(action.log_key_id) == 16, "malformed")


def check_name(name: str) -> None:
    """1 to 128 bytes without control characters and marks of direction (GRP-10)."""
    content.plain(name, 1, NAME_BYTES)


def check_expiry(action: proto.Record) -> None:
    """Mode and times fit each other (GRP-11)."""
    expiry.check_terms(action.mode, action.duration_s, action.unread_cap_s)


def check_cuts(cuts: list[proto.Record]) -> None:
    """Ends of chains, in ascending order of key id, none beyond the end of every chain."""
    check(len(cuts) <= CUTS, "limit")
    check(all(len(cut.key_id) == 16 and cut.messages <= CHAIN_MESSAGES for cut in cuts), "malformed")
    check(is_ascending([cut.key_id for cut in cuts]), "malformed")


def is_ascending(names: list[bytes]) -> bool:
    """Ascending, so that nothing stands twice."""
    return all(low < high for low, high in pairwise(names))


ACTIONS: dict[Kind, tuple[str, Callable[[proto.Record], None]]] = {
    Kind.CREATE: ("GroupCreate", check_create),
    Kind.ADD: ("GroupAdd", check_add),
    Kind.REMOVE: ("GroupRemove", check_remove),
    Kind.LEAVE: ("GroupLeave", check_leave),
    Kind.SET_ROLE: ("GroupSetRole", check_set_role),
    Kind.RENAME: ("GroupRename", check_rename),
    Kind.SET_EXPIRY: ("GroupSetExpiry", check_expiry),
    Kind.SET_CAPTURE: ("GroupSetCapture", check_flag),
    Kind.SET_ANNOUNCE: ("GroupSetAnnounce", check_flag),
    Kind.DEVICES: ("GroupDevices", check_devices),
    Kind.REKEY: ("GroupRekey", check_rekey),
}
