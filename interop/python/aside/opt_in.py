"""The conversations chapter, states: how a chat begins and ends, as one device sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from aside import kinds
from aside.kinds import Place
from aside.reject import check

OPEN, ACCEPT, DECLINE, CLOSE = 2, 3, 4, 5
REVISIONS = (12, 13, 29, 30)


class State(Enum):
    """How far two people have come with a chat."""

    NONE = "none"
    OPENED = "opened"
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    ENDED = "ended"


# What a frame of the peer's leads to: the state, and what becomes of the frame.
COLUMNS = ("ChatOpen", "ChatAccept", "ChatDecline", "ChatClose", "message", "revision", "other")
TABLE = {
    State.NONE: ("requested", "policy", "policy", "policy", "policy", "policy", "policy"),
    State.OPENED: ("accepted answered", "accepted", "ended", "ended") + 3 * ("accepted shown",),
    State.REQUESTED: ("", "policy", "policy", "none", "held", "held", "policy"),
    State.ACCEPTED: ("answered", "", "ended", "ended", "shown", "shown", "shown"),
    State.ENDED: ("policy", "policy", "", "", "policy", "policy", "policy"),
}
# The first row, while another chat with the peer is Opened here.
NONE_BESIDE_OPENED = ("accepted answered", "policy", "policy", "policy", "policy", "policy", "policy")

# What the person here can do in which state: what it leads to, and what is said. Declining deletes the chat (CNV-12).
DEEDS = {
    ("open", State.NONE): (State.OPENED, OPEN),
    ("write", State.OPENED): (State.OPENED, 1),
    ("close", State.OPENED): (State.ENDED, CLOSE),
    ("accept", State.REQUESTED): (State.ACCEPTED, ACCEPT),
    ("decline", State.REQUESTED): (State.NONE, None),
    ("decline-openly", State.REQUESTED): (State.NONE, DECLINE),
    ("write", State.ACCEPTED): (State.ACCEPTED, 1),
    ("close", State.ACCEPTED): (State.ENDED, CLOSE),
}


def column(kind: int) -> str:
    """The column of the table for a frame of a kind."""
    if kind in REVISIONS:
        return "revision"
    row = kinds.of(kind)
    if row.shown:
        return "message"
    return row.message if row.message in COLUMNS else "other"


@dataclass
class Chat:
    """A chat with one peer: its state, the kinds of what was said here, and how many messages were shown and held."""

    state: State = State.NONE
    says: list[int] = field(default_factory=list)
    shown: int = 0
    held: int = 0
    another_is_opened: bool = False

    def receive(self, kind: int) -> None:
        """A frame of the peer's (CNV-7)."""
        kinds.check_place(kind, Place.CHAT)
        beside = self.state is State.NONE and self.another_is_opened
        row = NONE_BESIDE_OPENED if beside else TABLE[self.state]
        cell = row[COLUMNS.index(column(kind))].split()
        check("policy" not in cell, "policy")
        for word in cell:
            self.follow(word, is_message=column(kind) == "message")

    def follow(self, word: str, is_message: bool) -> None:
        """One word of a cell of the table."""
        if word == "answered":
            self.says.append(ACCEPT)
        elif word == "shown":
            self.shown += is_message
        elif word == "held":
            self.held += is_message
        else:
            self.state = State(word)

    def open_another(self) -> None:
        """The person here opens another chat with the same peer (CNV-6)."""
        self.another_is_opened = True
        self.says.append(OPEN)

    def act(self, deed: str) -> None:
        """What the person here does; what they cannot do in a state is no key of the table."""
        self.state, said = DEEDS[deed, self.state]
        if said is not None:
            self.says.append(said)
