"""The operations of the test vectors, by name: thin calls of the modules of `aside`.

Each module of this folder registers its operations, and is imported by its being here. `LEVELS` names what `hello` claims.
"""

from __future__ import annotations

import builtins
import importlib
import os
import pkgutil
from dataclasses import dataclass, field
from typing import Any, Callable, TypeVar

from aside.device import Device
from aside.digest import state_digest

T = TypeVar("T")

LEVELS = [
    "wire",
    "session",
    "content",
    "conversations",
    "expiry",
    "capture",
    "group",
    "archive",
    "relay",
    "transcripts",
]


class Fault(Exception):
    """A mistake of this program or of a request, as opposed to a refusal of the protocol."""


class Tape:
    """The random draws of a step: from the tape of the request, or from the operating system if it has none."""

    def __init__(self, entries: list[dict[str, str]] | None) -> None:
        self._left = None if entries is None else [(entry["draw"], bytes.fromhex(entry["bytes"])) for entry in entries]
        self.drawn: list[str] = []

    def draw(self, name: str, length: int) -> bytes:
        """The next draw, which has this name and length (CNF-2)."""
        self.drawn.append(name)
        if self._left is None:
            return from_system(length)
        if not self._left:
            raise Fault(f"drew {name} at the end of the tape")
        expected, data = self._left.pop(0)
        if (expected, len(data)) != (name, length):
            raise Fault(f"drew {length} bytes of {name}, and the tape has {len(data)} of {expected}")
        return data

    def finish(self) -> None:
        """Nothing is left (CNF-2)."""
        if self._left:
            raise Fault(f"left {self._left[0][0]} on the tape")


def from_system(length: int) -> bytes:
    """Random bytes of the operating system, which do not come out as eight or more zeros (PRM-14)."""
    data = os.urandom(length)
    if length >= 8 and not any(data):
        raise Fault("the source of randomness is broken")
    return data


class Given:
    """The input of a step."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def _get(self, name: str, type_: type[T]) -> T:
        value = self._values.get(name)
        if not isinstance(value, type_):
            raise Fault(f"the input has no {type_.__name__} {name}")
        return value

    def bytes(self, name: str) -> builtins.bytes:
        """Bytes, in hex."""
        return bytes.fromhex(self._get(name, str))

    def list(self, name: str) -> builtins.list[builtins.bytes]:
        """A list of byte strings."""
        return [bytes.fromhex(element) for element in self._get(name, list)]

    def text(self, name: str) -> str:
        """A text."""
        return self._get(name, str)

    def number(self, name: str) -> int:
        """A number."""
        return self._get(name, int)

    def numbers(self, name: str) -> builtins.list[int]:
        """A list of numbers."""
        return self._get(name, list)

    def flag(self, name: str) -> bool:
        """True or false."""
        return self._get(name, bool)


@dataclass
class World:
    """What the steps of a script share: the people as they stand in its file, and the devices of those who have acted."""

    people: dict[str, Any]
    devices: dict[str, Device] = field(default_factory=dict)

    def owner(self, session: str) -> Device | None:
        """The device that has the session of this name."""
        return next((device for device in self.devices.values() if session in device.sessions), None)

    def state(self, session: str) -> str:
        """The state digest of a session, or `none`."""
        device = self.owner(session)
        return "none" if device is None else state_digest(device.sessions[session].session).hex()


@dataclass
class Scene:
    """Where a step of a script takes place: who acts in it, and the session that it makes, uses or wipes."""

    world: World
    actor: str
    session: str


Operation = Callable[[Given, Tape], dict[str, Any]]
SessionOperation = Callable[[Given, Tape, Scene], dict[str, Any]]

OPERATIONS: dict[str, Operation] = {}
SESSION_OPERATIONS: dict[str, SessionOperation] = {}


def op(name: str) -> Callable[[Operation], Operation]:
    """Registers the operation of a single step; the bytes in what it returns go out as hex."""

    def register(function: Operation) -> Operation:
        OPERATIONS[name] = function
        return function

    return register


def session_op(name: str) -> Callable[[SessionOperation], SessionOperation]:
    """Registers the operation of a step of a script, which gets the scene too."""

    def register(function: SessionOperation) -> SessionOperation:
        SESSION_OPERATIONS[name] = function
        return function

    return register


def load() -> None:
    """Imports every module of this folder."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
