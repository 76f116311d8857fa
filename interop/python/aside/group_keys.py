"""The group chapter, what members hand each other over a session: chains, invitations, requests for entries, and answers."""

from __future__ import annotations

from aside import proto
from aside.group_chain import CHAIN_MESSAGES
from aside.group_entry import ENTRY_BYTES
from aside.primitives import ed25519_parse
from aside.reject import check


def decode_sender_key(content: bytes) -> proto.Record:
    """Kind 16: checks 1 and 2 of a SenderKey."""
    key = proto.decode("SenderKey", content)
    check_head(key)
    check(1 <= key.epoch <= key.sequence, "malformed")
    check(key.iteration < CHAIN_MESSAGES, "malformed")
    check(len(key.chain_key) == len(key.signing_key) == len(key.log_key) == 32, "malformed")
    ed25519_parse(key.signing_key)
    return key


def decode_invite(content: bytes) -> proto.Record:
    """Kind 17: check 1 of an invitation; the limit of fields lets in 1,024 keys."""
    invite = proto.decode("GroupInvite", content)
    check_head(invite)
    check(len(invite.log_keys) >= 1 and all(len(log_key) == 32 for log_key in invite.log_keys), "malformed")
    return invite


def check_head(record: proto.Record) -> None:
    """The head of whoever says it."""
    check(record.sequence != 0 and len(record.head) == 32, "malformed")


def decode_log_request(content: bytes) -> proto.Record:
    """Kind 18: asks for the entries after one."""
    return proto.decode("GroupLogRequest", content)


def decode_log_entries(content: bytes) -> proto.Record:
    """Kind 19: entries, which are judged like any other (GRP-39)."""
    answer = proto.decode("GroupLogEntries", content)
    check(len(answer.entries) >= 1, "malformed")
    check(all(1 <= len(entry) <= ENTRY_BYTES for entry in answer.entries), "malformed")
    return answer
