"""Operations of the group chapter: the log, what it makes, and messages judged by it."""

from functools import reduce
from typing import Any

from aside import group_entry, group_log, group_rules, group_state
from aside.group_state import Group
from aside.reject import Reject
from ops import Fault, Given, Tape, op


@op("group.append")
def append(given: Given, tape: Tape) -> dict[str, Any]:
    return shown(follow(build(given.list("log")), given.bytes("entry")))


@op("group.append_under")
def append_under(given: Given, tape: Tape) -> dict[str, Any]:
    return shown(follow(build(given.list("log")), given.bytes("entry"), given.bytes("log_key_id")))


@op("group.replay")
def replay(given: Given, tape: Tape) -> dict[str, Any]:
    """Reads the segments as a client does; `logs` names the one in which each of `stored` stands."""
    reader = group_log.Reader(given.bytes("group"), given.list("log_keys"))
    placed = list(enumerate(zip(given.list("logs"), given.list("stored"), strict=True), start=1))
    skipped: list[int] = []
    segment = None
    while not reader.waits and segment != reader.segment:
        segment = reader.segment
        read_segment(reader, [(place, stored) for place, (log, stored) in placed if log == segment], skipped)
    group = begun(reader.group)
    return {
        "sequence": group.sequence,
        "head": group.head,
        "skipped": skipped,
        "position": reader.position,
        "waits": reader.waits,
    }


def read_segment(reader: group_log.Reader, entries: list[tuple[int, bytes]], skipped: list[int]) -> None:
    """Reads a segment to its end, or to the entry that ends it."""
    due = reader.due
    for place, stored in entries:
        try:
            reader.read(stored)
        except Reject:
            skipped.append(place)
        if reader.due != due:
            return


@op("group.judge")
def judge(given: Given, tape: Tape) -> dict[str, Any]:
    group = begun(build(given.list("log")))
    sequence, now = given.number("sequence"), given.number("now")
    learned, last = given.numbers("learned"), given.number("last")
    standing = group_state.judge_head(group, learned, sequence, given.bytes("head"), last, now)
    if standing != "ahead":
        sender = given.bytes("account_key"), given.number("device_id")
        group_state.judge_sender(group, sequence, *sender, given.number("epoch"))
    return {"standing": standing}


def build(log: list[bytes]) -> Group | None:
    """The group that good entries make; nothing without entries."""
    return reduce(follow, log, None)


def begun(group: Group | None) -> Group:
    """The group that the input of an operation has to begin."""
    if group is None:
        raise Fault("the log has no first entry")
    return group


def follow(group: Group | None, data: bytes, sealed_under: bytes | None = None) -> Group:
    """The group after one more entry."""
    entry = group_entry.decode(data)
    if group is None:
        return group_rules.found(entry, sealed_under=sealed_under)
    return group_rules.append(group, entry, sealed_under)


def shown(group: Group) -> dict[str, Any]:
    """The group, its members in ascending order of account key."""
    members = sorted(group.members.items())
    return {
        "group": group.id,
        "sequence": group.sequence,
        "head": group.head,
        "epoch": group.epoch,
        "exposed": group.exposed,
        "log_key_id": group.log_key_id,
        "name": group.name,
        "announce_only": group.announce_only,
        "capture_notices": group.capture_notices,
        "expiry_mode": group.expiry.mode,
        "expiry_duration": group.expiry.duration,
        "expiry_unread_cap": group.expiry.unread_cap,
        "members": [account for account, _ in members],
        "roles": [member.role for _, member in members],
        "devices": [len(member.list.devices) for _, member in members],
    }
