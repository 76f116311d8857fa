"""The relay chapter, as far as two implementations have to agree on it: proofs, generations of a store, classes of time."""

from __future__ import annotations

from typing import NamedTuple

from aside import identity, proto
from aside.messages import ExpiryMode, Keep
from aside.primitives import SIGN, H, u8, u64, verify
from aside.proto import Record
from aside.reject import check, present

REGISTER = "aside/1 register"
LOGIN = "aside/1 login"
PARAMETERS = "aside/1 relay parameters"
PARAMETERS_BYTES = 640
KEEP_DAYS = 365
TOKEN = 16


class Challenge(NamedTuple):
    """What a relay says first on a connection (RLY-1)."""

    relay_name: str
    relay_key: bytes
    nonce: bytes

    def parts(self) -> tuple[bytes, bytes, bytes]:
        """The parts that every proof begins with."""
        return self.relay_name.encode("utf-8"), self.relay_key, self.nonce


# Proofs


def registration(challenge: Challenge, account_key: bytes, handle: str, device_list: bytes) -> bytes:
    """What an account signs to be registered (RLY-3)."""
    return H(REGISTER, *challenge.parts(), account_key, handle.encode("utf-8"), device_list)


def login(challenge: Challenge, account_key: bytes, device_id: int, store: Record) -> bytes:
    """What a device signs to log in (RLY-4)."""
    identity.check_device_id(device_id)
    generation = u64(store.number), store.token, store.previous, u8(store.restored)
    return H(LOGIN, *challenge.parts(), account_key, u8(device_id), *generation)


def sign_registration(account_private: bytes, digest: bytes) -> bytes:
    """By the account key."""
    return SIGN(account_private, REGISTER, digest)


def verify_registration(account_key: bytes, digest: bytes, signature: bytes) -> None:
    """By the account key (RLY-3)."""
    verify(account_key, REGISTER, digest, signature)


def sign_login(device_private: bytes, digest: bytes) -> bytes:
    """By the signing key of the device."""
    return SIGN(device_private, LOGIN, digest)


def verify_login(signing_key: bytes, digest: bytes, signature: bytes) -> None:
    """By the signing key of the device in the current list (RLY-4)."""
    verify(signing_key, LOGIN, digest, signature)


# Parameters


def read_parameters(data: bytes, relay_name: str, relay_key: bytes) -> Record:
    """What a relay of this name and key allows (RLY-74, RLY-75)."""
    body = proto.decode("ParametersBody", identity.open_signed(relay_key, PARAMETERS, data, PARAMETERS_BYTES))
    check(body.relay_name == relay_name, "policy")
    check(1 <= body.keep_days <= KEEP_DAYS, "malformed")
    check(body.mailbox_messages > 0 and body.mailbox_bytes > 0 and body.frame_bytes > 0, "malformed")
    check(min(body.sends, body.sends_to_one, body.fanned_out, body.fanned_to_one, body.transients) > 0, "malformed")
    return body


# Generations


class Generation(NamedTuple):
    """What a relay knows of the store of a device."""

    number: int  # 0 if it knows none
    token: bytes


def decode_store(data: bytes) -> Record:
    """A StoreGeneration by itself."""
    store = proto.decode("StoreGeneration", data)
    check_store(store)
    return store


def check_store(store: Record) -> None:
    """The comments of its fields (ENV-6)."""
    check(1 <= store.number < 2**63, "malformed")
    check(len(store.token) == TOKEN and len(store.previous) == TOKEN, "malformed")


def judge_store(store: Record, known: Generation) -> Generation:
    """What the relay knows after a login (RLY-46 to RLY-48); `stale` stands for the code STALE_STORE."""
    if store.restored:
        return restored(store, known)
    repeated = (store.number, store.token) == known
    follows = (store.number, store.previous) == (known.number + 1, known.token)
    ahead = store.number > known.number + 1
    check(known.number == 0 or repeated or follows or ahead, "stale")
    return Generation(store.number, store.token)


def restored(store: Record, known: Generation) -> Generation:
    """A restored store is accepted, with its number or the one after that known; the same token again changes nothing (RLY-47)."""
    if known.number != 0 and store.token == known.token:
        return known
    return Generation(max(store.number, known.number + 1), store.token)


# Classes of time

DAY = 86_400
WEEK = 604_800

# What changes the conversation itself, and what goes from member to member of a group (RLY-44).
ALWAYS_LONGEST = {2, 3, 4, 5, 16, 17, 18, 19, 23, 27, 28, 29, 32}


def choose_keep(kind: int, mode: int, duration_s: int, unread_cap_s: int) -> Keep:
    """The class to ask for, by the terms in force in the chat or group (RLY-44)."""
    if kind in ALWAYS_LONGEST or mode == ExpiryMode.OFF:
        return Keep.LONGEST
    lives = duration_s if mode == ExpiryMode.AFTER_SEND else unread_cap_s
    if lives > WEEK:
        return Keep.LONGEST
    return Keep.WEEK if lives > DAY else Keep.DAY


def read_keep(request: bytes) -> Keep:
    """The class that a send or a fan-out asks for; the default is the longest (RLY-42)."""
    record = proto.decode("Request", request)
    body = record.send or record.fan_out
    return check_keep(present(body, "malformed").keep)


def check_keep(keep: int) -> Keep:
    """A class that this version names (ENV-6)."""
    check(keep in Keep.__members__.values(), "malformed")
    return Keep(keep)
