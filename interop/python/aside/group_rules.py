"""The group chapter, rules: which entry may follow, and what it changes (checks 4 to 11 of "Receiving an entry").

`found` begins a group with its first entry, and `append` goes on with the next. Both give a new group and leave the one before
as it was, so that an entry that is refused changes nothing (GRP-15).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, NamedTuple

from aside import expiry, identity, proto
from aside.expiry import Terms
from aside.group_entry import GROUP_ENTRY, Entry, Kind, is_ascending
from aside.group_state import Group, Member, device_of
from aside.identity import DeviceList
from aside.messages import GroupRole
from aside.primitives import ed25519_parse, verify
from aside.reject import Reject, check

GROUP_DEVICES = 1_024
LOG_KEYS = 1_024

OWNER, ADMIN, MEMBER = GroupRole.OWNER, GroupRole.ADMIN, GroupRole.MEMBER

# Who may make which change (GRP-5). That an owner does not leave, and who may give which role, stands with these changes.
MAY = {
    Kind.ADD: (OWNER, ADMIN),
    Kind.REMOVE: (OWNER, ADMIN),
    Kind.LEAVE: (OWNER, ADMIN, MEMBER),
    Kind.SET_ROLE: (OWNER, ADMIN),
    Kind.RENAME: (OWNER, ADMIN),
    Kind.SET_EXPIRY: (OWNER, ADMIN),
    Kind.SET_CAPTURE: (OWNER, ADMIN),
    Kind.SET_ANNOUNCE: (OWNER, ADMIN),
    Kind.DEVICES: (OWNER, ADMIN, MEMBER),
    Kind.REKEY: (OWNER, ADMIN),
}

BEGINS_EPOCH = (Kind.REMOVE, Kind.LEAVE, Kind.DEVICES)
WHILE_EXPOSED = (Kind.REKEY, Kind.REMOVE, Kind.LEAVE, Kind.DEVICES)


class OfferedList(NamedTuple):
    """A device list in an entry, which the account that it names has signed."""

    account: bytes
    list: DeviceList


def verify_list(data: bytes) -> OfferedList:
    """Verifies a list by the account that it names itself; whose it should be is asked later."""
    body = proto.decode("DeviceListBody", proto.decode("Signed", data).body)
    account = ed25519_parse(body.account_key)
    return OfferedList(account, identity.verify_device_list(account, data))


def found(entry: Entry, wanted: bytes | None = None, sealed_under: bytes | None = None) -> Group:
    """The group that the first entry of a log begins, if it is the one that is wanted.

    `sealed_under` names the log key that opened the entry; it is nothing for an entry that somebody handed over.
    """
    check(entry.kind == Kind.CREATE, "policy")  # GRP-2
    action = entry.action
    offered = verify_list(action.device_list)
    check_signature(entry, offered.list)  # GRP-1
    check(wanted in (None, entry.hash), "policy")  # GRP-2
    check(device_of(offered.list, entry.actor_device) is not None, "not_member")  # GRP-4
    check(offered.account == entry.actor, "policy")
    check(sealed_under in (None, action.log_key_id), "policy")  # GRP-16
    return Group(
        id=entry.hash,
        sequence=1,
        head=entry.hash,
        epoch=1,
        exposed=False,
        log_key_ids=(action.log_key_id,),
        name=action.name,
        announce_only=action.announce_only,
        capture_notices=False,
        expiry=expiry.OFF,
        members={entry.actor: Member(OWNER, offered.list, list_since=1)},
        before=None,
    )


def append(group: Group, entry: Entry, sealed_under: bytes | None = None) -> Group:
    """The group after one more entry."""
    list_ = list_at_hand(group, entry)
    check_signature(entry, list_)  # GRP-1
    check_place(group, entry)  # GRP-2, GRP-3
    check_actor(group, entry, list_)  # GRP-4
    check(group.members[entry.actor].role in MAY[entry.kind], "policy")  # GRP-5
    changed = RULES[entry.kind](group, entry)  # GRP-6 to GRP-9, GRP-11, GRP-12, GRP-14
    check(not group.exposed or entry.kind in WHILE_EXPOSED, "policy")  # GRP-13
    check(sealed_under in (None, group.log_key_id), "policy")  # GRP-16
    sequence = entry.sequence
    epoch = sequence if entry.kind in BEGINS_EPOCH else group.epoch
    return replace(changed, sequence=sequence, head=entry.hash, epoch=epoch, before=group)


def list_at_hand(group: Group, entry: Entry) -> DeviceList | None:
    """The list with the key that signs: the newest one that the entry brings, or the one recorded; nothing if there is none.

    What is wrong with the lists of the entry is said by the rule of its kind.
    """
    if entry.kind == Kind.DEVICES:
        try:
            return [verify_list(data).list for data in entry.action.device_lists][-1]
        except Reject:
            return None
    member = group.members.get(entry.actor)
    return member.list if member else None


def check_signature(entry: Entry, list_: DeviceList | None) -> None:
    """The signature over the body as received, if the key of the actor's device is known (GRP-1)."""
    device = device_of(list_, entry.actor_device) if list_ else None
    if device is not None:
        verify(device.signing_key, GROUP_ENTRY, entry.body, entry.signature)


def check_place(group: Group, entry: Entry) -> None:
    """This group, and the place behind the head (GRP-2, GRP-3)."""
    check(entry.kind != Kind.CREATE and entry.group == group.id, "policy")
    check(entry.sequence > group.sequence, "stale")
    check(entry.sequence == group.sequence + 1 and entry.parent == group.head, "fork")


def check_actor(group: Group, entry: Entry, list_: DeviceList | None) -> None:
    """A member, with that device (GRP-4, GRP-12)."""
    check(entry.actor in group.members, "not_member")
    if list_ is not None:
        check(device_of(list_, entry.actor_device) is not None, "not_member")


# The rules of each kind: its checks, and the group with the change


def add(group: Group, entry: Entry) -> Group:
    """Takes people in (GRP-6)."""
    offered = [verify_list(data) for data in entry.action.device_lists]
    check(is_ascending([account for account, _ in offered]), "malformed")
    check(all(account not in group.members for account, _ in offered), "policy")
    joined = {account: Member(MEMBER, list_, entry.sequence) for account, list_ in offered}
    return within_limit(replace(group, members=group.members | joined))


def within_limit(group: Group) -> Group:
    """At most 1,024 devices (GRP-6)."""
    check(group.device_count() <= GROUP_DEVICES, "limit")
    return group


def remove(group: Group, entry: Entry) -> Group:
    """Puts people out (GRP-7)."""
    for account in entry.action.accounts:
        check(account in group.members, "policy")
        check(group.members[account].role != OWNER and account != entry.actor, "policy")
    return without(group, entry.action.accounts)


def leave(group: Group, entry: Entry) -> Group:
    """The actor goes (GRP-8)."""
    check(group.members[entry.actor].role != OWNER, "policy")
    return without(group, [entry.actor])


def without(group: Group, accounts: list[bytes]) -> Group:
    """Without some people, who still have the log key (GRP-13)."""
    members = {account: member for account, member in group.members.items() if account not in accounts}
    return replace(group, members=members, exposed=True)


def set_role(group: Group, entry: Entry) -> Group:
    """Gives somebody another role; there is one owner before and after (GRP-9)."""
    account, role = entry.action.account, GroupRole(entry.action.role)
    actor = group.members[entry.actor]
    check(role != OWNER or actor.role == OWNER, "policy")  # GRP-5
    check(account in group.members, "policy")
    member = group.members[account]
    check(member.role not in (OWNER, role), "policy")
    changed = {account: replace(member, role=role)}
    if role == OWNER:
        changed[entry.actor] = replace(actor, role=ADMIN)
    return replace(group, members=group.members | changed)


def rename(group: Group, entry: Entry) -> Group:
    """Another name."""
    return different(group, replace(group, name=entry.action.name))


def set_expiry(group: Group, entry: Entry) -> Group:
    """How long messages live."""
    action = entry.action
    return different(group, replace(group, expiry=Terms(action.mode, action.duration_s, action.unread_cap_s)))


def set_capture(group: Group, entry: Entry) -> Group:
    """Whether members are told of captures."""
    return different(group, replace(group, capture_notices=entry.action.notices))


def set_announce(group: Group, entry: Entry) -> Group:
    """Who may write."""
    return different(group, replace(group, announce_only=entry.action.announce_only))


def different(group: Group, changed: Group) -> Group:
    """Refuses what changes nothing (GRP-11)."""
    check(changed != group, "policy")
    return changed


def devices(group: Group, entry: Entry) -> Group:
    """The actor's devices change; whoever drops one exposes the group (GRP-12, GRP-13)."""
    member = group.members[entry.actor]
    newest = member.list
    for account, list_ in [verify_list(data) for data in entry.action.device_lists]:
        check(account == entry.actor, "policy")  # IDN-6
        check(list_.hash != newest.hash, "stale")
        identity.succeed(newest, list_)  # IDN-9, IDN-19
        newest = list_
    dropped = any(device_of(newest, device.device_id) is None for device in member.list.devices)
    changed = Member(member.role, newest, entry.sequence)
    members = group.members | {entry.actor: changed}
    return within_limit(replace(group, members=members, exposed=group.exposed or dropped))


def rekey(group: Group, entry: Entry) -> Group:
    """Another log key, which ends that the group is exposed (GRP-14)."""
    log_key_id = entry.action.log_key_id
    check(log_key_id not in group.log_key_ids, "policy")
    check(len(group.log_key_ids) < LOG_KEYS, "limit")
    return replace(group, log_key_ids=(*group.log_key_ids, log_key_id), exposed=False)


RULES: dict[Kind, Callable[[Group, Entry], Group]] = {
    Kind.ADD: add,
    Kind.REMOVE: remove,
    Kind.LEAVE: leave,
    Kind.SET_ROLE: set_role,
    Kind.RENAME: rename,
    Kind.SET_EXPIRY: set_expiry,
    Kind.SET_CAPTURE: set_capture,
    Kind.SET_ANNOUNCE: set_announce,
    Kind.DEVICES: devices,
    Kind.REKEY: rekey,
}
