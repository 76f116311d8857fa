"""The conversations chapter, who may say what: which frame is taken from whom, in which place (CNV-15)."""

from __future__ import annotations

from typing import NamedTuple

from aside import kinds
from aside.kinds import Place
from aside.reject import Reject

OTHER = "other"
SHOWN_ANYWHERE = (1, 6, 7, 8, 9, 10, 14, 20, 21, 22)


class Row(NamedTuple):
    """A row of the table: what becomes of frames of these kinds, by what their sender is; what is not named is refused."""

    place: Place
    kinds: tuple[int | str, ...]
    becomes: dict[str, str]


TABLE = [
    Row(Place.THREAD, (12, 13), {"accepted": "acts", "requester": "acts"}),
    Row(Place.THREAD, (11,), {"accepted": "acts"}),
    Row(Place.THREAD, (*SHOWN_ANYWHERE, 23, OTHER), {"accepted": "shown", "requester": "held", "stranger": "held"}),
    Row(Place.CHAT, (2,), {"accepted": "acts", "requester": "acts", "stranger": "acts"}),
    Row(Place.CHAT, (5, 12, 13, 29, 30), {"accepted": "acts", "requester": "acts"}),
    Row(Place.CHAT, (3, 4, 11, 24, 27, 28, 33, 34), {"accepted": "acts"}),
    Row(Place.CHAT, (*SHOWN_ANYWHERE, 23, 31, OTHER), {"accepted": "shown", "requester": "held"}),
    Row(Place.TRANSIENT, (25, 26), {"accepted": "acts"}),
    Row(Place.GROUP, (11, 12, 13, 30, 33), {"member": "acts"}),
    Row(Place.GROUP, (*SHOWN_ANYWHERE, 31, OTHER), {"member": "shown"}),
    Row(Place.MEMBERS, (16, 17), {"accepted": "acts", "requester": "acts", "member": "acts", "stranger": "acts"}),
    Row(Place.MEMBERS, (18, 19, 32, 34), {"member": "acts"}),
]

# Where the question is who is in the group.
OF_MEMBERS = (Place.GROUP, Place.MEMBERS)


def becomes(kind: int, place: Place, sender: str) -> str:
    """What becomes of a frame of a kind from such a sender: it is shown, held, or acts."""
    named: int | str = OTHER if kinds.is_unknown(kind) else kind
    for row in TABLE:
        if row.place is place and named in row.kinds and sender in row.becomes:
            return row.becomes[sender]
    raise Reject("not_member" if place in OF_MEMBERS else "policy")
