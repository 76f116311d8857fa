"""The group chapter, the group: what the entries of its log make together, and the judgement of messages by it."""

from __future__ import annotations

from dataclasses import dataclass, field

from aside.expiry import Terms
from aside.identity import Certificate, DeviceList
from aside.messages import GroupRole
from aside.reject import check, present

LATE_MS = 172_800_000


def device_of(list_: DeviceList, device_id: int) -> Certificate | None:
    """A device of a list."""
    return next((device for device in list_.devices if device.device_id == device_id), None)


@dataclass(frozen=True)
class Member:
    """Somebody who is in."""

    role: GroupRole
    list: DeviceList
    list_since: int  # sequence of the entry that brought the list


@dataclass(frozen=True)
class Group:
    """A group after one entry of its log; another entry makes another one of these."""

    id: bytes
    sequence: int
    head: bytes
    epoch: int
    exposed: bool
    log_key_ids: tuple[bytes, ...]  # every key that the log has named, the newest last
    name: str
    announce_only: bool
    capture_notices: bool
    expiry: Terms
    members: dict[bytes, Member]  # by account key
    before: Group | None = field(compare=False, repr=False)  # as it was at the entry before

    @property
    def log_key_id(self) -> bytes:
        """Names the key that seals the next entry."""
        return self.log_key_ids[-1]

    def device_count(self) -> int:
        """The devices of all members."""
        return sum(len(member.list.devices) for member in self.members.values())

    def at(self, sequence: int) -> Group:
        """The group as it was when this entry was the newest."""
        group = self
        while group.before is not None and group.sequence > sequence:
            group = group.before
        return group


def judge_head(group: Group, learned: list[int], sequence: int, head: bytes, last: int, now: int) -> str:
    """Where the head that a message names stands: `current`, `behind` or `ahead` (GRP-30 to GRP-32).

    `learned` has the time at which each entry was learned; `last` is the highest sequence that the device has named before, or
    that of its SenderKey.
    """
    check(sequence > group.sequence or head == group.at(sequence).head, "fork")  # GRP-30
    check(sequence >= last, "stale")  # GRP-32
    if sequence > group.sequence:
        return "ahead"  # GRP-31
    if sequence == group.sequence:
        return "current"
    successor_learned = learned[sequence]
    check(now - successor_learned <= LATE_MS, "stale")  # GRP-32
    return "behind"


def judge_sender(group: Group, sequence: int, account: bytes, device_id: int, epoch: int) -> None:
    """Rights are those of the moment that a message names (GRP-33)."""
    then = group.at(sequence)
    member = present(then.members.get(account), "not_member")
    # Of who has gone, and from before the newest list, the chain tells the device: it was taken from one of theirs (GRP-20).
    recorded = group.members.get(account)
    if recorded is not None and recorded.list_since <= sequence:
        check(device_of(recorded.list, device_id) is not None, "not_member")
    check(epoch == then.epoch, "stale")
    check(not then.announce_only or member.role != GroupRole.MEMBER, "policy")
