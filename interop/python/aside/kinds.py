"""The kinds chapter: which kinds there are, and where each may stand."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from aside.reject import check


class Place(Enum):
    """Where a frame stands; *transient* is the lane of a chat, *members* what two members hand each other over a session."""

    THREAD = "thread"
    CHAT = "chat"
    TRANSIENT = "transient"
    GROUP = "group"
    MEMBERS = "members"


class Kind(NamedTuple):
    """A row of the table."""

    message: str
    places: frozenset[Place]
    shown: bool


def row(message: str, places: str, shown: str = "") -> Kind:
    """Reads a row of the table."""
    return Kind(message, frozenset(map(Place, places.split())), shown == "shown")


KINDS = {
    1: row("Text", "thread chat group", "shown"),
    2: row("ChatOpen", "chat"),
    3: row("ChatAccept", "chat"),
    4: row("ChatDecline", "chat"),
    5: row("ChatClose", "chat"),
    6: row("Media", "thread chat group", "shown"),
    7: row("Sticker", "thread chat group", "shown"),
    8: row("Reference", "thread chat group", "shown"),
    9: row("Profile", "thread chat group", "shown"),
    10: row("ReplyTo", "thread chat group", "shown"),
    11: row("Reaction", "thread chat group"),
    12: row("Edit", "thread chat group"),
    13: row("Unsend", "thread chat group"),
    14: row("Forward", "thread chat group", "shown"),
    16: row("SenderKey", "members"),
    17: row("GroupInvite", "members"),
    18: row("GroupLogRequest", "members"),
    19: row("GroupLogEntries", "members"),
    20: row("Form", "thread chat group", "shown"),
    21: row("Choice", "thread chat group", "shown"),
    22: row("Card", "thread chat group", "shown"),
    23: row("Handover", "thread chat", "shown"),
    24: row("Receipts", "chat"),
    25: row("Typing", "transient"),
    26: row("Presence", "transient"),
    27: row("Sharing", "chat"),
    28: row("EncryptedOnly", "chat"),
    29: row("ExpiryPolicy", "chat"),
    30: row("Shorten", "chat group"),
    31: row("ViewOnce", "chat group", "shown"),
    32: row("ViewKey", "members"),
    33: row("CaptureNotice", "chat group"),
    34: row("Retry", "chat members"),
}

UNKNOWN = row("", "thread chat group", "shown")


def of(kind: int) -> Kind:
    """The row of a kind; no kind has the number 0 (CON-8)."""
    check(kind != 0, "malformed")
    return KINDS.get(kind, UNKNOWN)


def is_unknown(kind: int) -> bool:
    """Whether this version has no name for the kind."""
    return of(kind) is UNKNOWN


def check_place(kind: int, *places: Place) -> None:
    """Refuses a kind that may stand in none of these places (CON-14, CON-15)."""
    check(not of(kind).places.isdisjoint(places), "policy")
