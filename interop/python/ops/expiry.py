"""Operations of the expiry chapter."""

from typing import Any, Callable

from aside import content, expiry, life, view_once
from aside.expiry import Terms
from aside.life import Life
from aside.reject import Reject, check, present
from ops import Fault, Given, Tape, op


@op("expiry.decode")
def expiry_decode(given: Given, tape: Tape) -> dict[str, Any]:
    stamp = expiry.decode_stamp(given.bytes("expiry"))
    return {
        "policy": str(stamp.policy),
        "mode": stamp.mode,
        "duration": stamp.duration_s,
        "unread_cap": stamp.unread_cap_s,
    }


@op("expiry.stamp")
def expiry_stamp(given: Given, tape: Tape) -> dict[str, Any]:
    return expiry.stamp(terms(given), terms(given, "wish_"))._asdict()


def terms(given: Given, prefix: str = "") -> Terms:
    times = (given.number(prefix + name) for name in ("mode", "duration", "unread_cap"))
    return expiry.check_terms(*times)


@op("policies.learn")
def policies_learn(given: Given, tape: Tape) -> dict[str, Any]:
    policies = expiry.Policies(given.bytes("own"))
    superseded = []
    for place, policy in enumerate(given.list("policies"), 1):
        if not policies.learn(policy_of(policy, given.bytes("chat"))):
            superseded.append(place)
    in_force = policies.in_force
    if in_force is None:
        raise Fault("there is no policy")
    return {
        "version": str(in_force.version),
        "setter": in_force.setter,
        "name": in_force.name,
        "superseded": superseded,
    }


def policy_of(data: bytes, chat: bytes) -> expiry.Policy:
    """The account of the setter, and the content of its frame."""
    said = present(content.decode(29, data[32:]), "malformed")
    return expiry.policy_of(said, chat, setter=data[:32])


@op("life.deadline")
def life_deadline(given: Given, tape: Tape) -> dict[str, Any]:
    return shown(life_of(given))


@op("life.show")
def life_show(given: Given, tape: Tape) -> dict[str, Any]:
    message = life_of(given)
    check(message.may_be_shown(int(given.text("now"))), "policy")
    return shown(message)


@op("life.told")
def life_told(given: Given, tape: Tape) -> dict[str, Any]:
    return {"told": "; ".join(" ".join(map(str, fact)) for fact in life_of(given).told())}


def shown(message: Life) -> dict[str, Any]:
    return {"deadline": number(message.deadline()), "openings_left": number(message.openings_left())}


def number(value: int | None) -> str:
    return "none" if value is None else str(value)


def life_of(given: Given) -> Life:
    """The life that the facts of a step lead to."""
    beginning, *facts = given.text("facts").split("; ")
    message = begin(beginning, terms(given))
    for fact in facts:
        learn(message, fact)
    return message


def begin(fact: str, stamp: Terms) -> Life:
    word, *times = fact.split()
    return BEGINNINGS[word](stamp, *map(int, times))


def learn(message: Life, fact: str) -> None:
    word, *numbers = fact.split()
    FACTS[word](message, *map(int, numbers))


def shorten(message: Life, mode: int, duration: int, unread_cap: int) -> None:
    message.shortened(expiry.check_terms(mode, duration, unread_cap))


BEGINNINGS: dict[str, Callable[..., Life]] = {"received": life.of_reader, "written": life.of_author}

FACTS: dict[str, Callable[..., None]] = {
    "accepted": Life.accepted,
    "seen": Life.seen,
    "read": Life.read,
    "opened": Life.opened,
    "shortened": shorten,
    "gone": Life.gone,
}


@op("message.derive")
def message_derive(given: Given, tape: Tape) -> dict[str, Any]:
    made = expiry.made(given.text("derived"), given.text("stage"))
    if made is None:
        raise Reject("policy")
    return {"becomes": made}


@op("view_once.seal")
def view_once_seal(given: Given, tape: Tape) -> dict[str, Any]:
    return view_once.seal(given.number("kind"), given.bytes("content"), tape)._asdict()


@op("view_once.open")
def view_once_open(given: Given, tape: Tape) -> dict[str, Any]:
    kind, encoded = view_once.open_sealed(given.bytes("sealed"), given.bytes("commitment"), given.bytes("key"))
    return {"kind": kind, "content": encoded}


@op("view_key.decode")
def view_key_decode(given: Given, tape: Tape) -> dict[str, Any]:
    handed_over = view_once.decode_view_key(given.bytes("content"))
    return {"message_id": handed_over.message_id, "key": handed_over.key}
