"""The group chapter, chains: the sending keys of one device for one epoch, and the messages made and opened with them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Callable, NamedTuple

from aside.draws import Random
from aside.frames import Sender
from aside.group_log import check_first_byte
from aside.primitives import EXPAND, OPEN, SEAL, SIGN, TAG, H, ed25519_public, part, u8, u16, u32, u64, verify
from aside.reject import check

SUITE = 1
KIND = 0x13
KEY_ID = 16
SALT = 8
COMMITMENT = 32
SIGNATURE = 64
PAYLOAD_BYTES = 65_536
CHAIN_MESSAGES = 1_000
GROUP_MESSAGE = "aside/1 group message"

HEADER = 1 + KEY_ID + 2 + SALT + COMMITMENT  # where the encrypted payload begins
OVERHEAD = HEADER + TAG + SIGNATURE
MESSAGE_BYTES = OVERHEAD + PAYLOAD_BYTES


def key_id(group: bytes, owner: Sender, signing_key: bytes, epoch: int) -> bytes:
    """Names a chain; whoever takes one over computes this by itself (GRP-21)."""
    parts = (group, owner.account_key, u8(owner.device_id), signing_key, u64(epoch))
    return H("aside/1 group key id", *parts)[:KEY_ID]


def chain_step(chain_key: bytes) -> list[bytes]:
    """The next chain key and the secret of the message (GRP-22)."""
    return EXPAND(chain_key, "aside/1 group chain step", 2)


def message_keys(secret: bytes) -> list[bytes]:
    """Message key and franking key."""
    return EXPAND(secret, "aside/1 group message keys", 2)


@dataclass(frozen=True)
class Origin:
    """Whose chain it is, and what for."""

    group: bytes
    owner: Sender
    epoch: int
    signing_key: bytes

    @property
    def key_id(self) -> bytes:
        """Names the chain."""
        return key_id(self.group, self.owner, self.signing_key, self.epoch)

    def binding(self, iteration: int, salt: bytes, commitment: bytes) -> bytes:
        """What a message is bound to (GRP-23)."""
        origin = (
            u32(SUITE) + self.group + u64(self.epoch) + self.owner.account_key + u8(self.owner.device_id) + self.key_id
        )
        return origin + u16(iteration) + salt + commitment


def associated(binding: bytes) -> bytes:
    """The associated data of the payload."""
    return part(b"aside/1 group payload") + binding


def nonce(salt: bytes) -> bytes:
    """The salt and four zeros (GRP-25)."""
    return salt + bytes(4)


class Handover(NamedTuple):
    """What a SenderKey has of a chain."""

    iteration: int
    chain_key: bytes
    signing_key: bytes


# Sending


@dataclass
class SendingChain:
    """The own chain. When it has to be replaced, GRP-18 says."""

    origin: Origin
    signing_private: bytes
    chain_key: bytes
    iteration: int = 0

    def encrypt(self, payload: bytes, commit: Callable[[bytes], bytes], random: Random) -> bytes:
        """A message; `commit` makes the commitment with the franking key (GRP-24)."""
        check(self.iteration < CHAIN_MESSAGES, "exhausted")
        check(len(payload) <= PAYLOAD_BYTES, "limit")
        chain_key, secret = chain_step(self.chain_key)
        message_key, franking_key = message_keys(secret)
        salt = random.draw("salt", SALT)
        commitment = commit(franking_key)
        binding = self.origin.binding(self.iteration, salt, commitment)
        ciphertext, tag = SEAL(message_key, nonce(salt), associated(binding), payload)
        signature = SIGN(self.signing_private, GROUP_MESSAGE, binding + ciphertext + tag)
        header = u8(KIND) + self.origin.key_id + u16(self.iteration) + salt + commitment
        self.chain_key, self.iteration = chain_key, self.iteration + 1
        return header + ciphertext + tag + signature

    def hand_over(self) -> Handover:
        """The chain from the message that comes next (GRP-34); a chain at its end is replaced, and not handed over."""
        check(self.iteration < CHAIN_MESSAGES, "exhausted")
        return Handover(self.iteration, self.chain_key, self.origin.signing_key)


def begin(group: bytes, owner: Sender, epoch: int, random: Random) -> SendingChain:
    """A new chain."""
    signing_private = random.draw("chain signing key", 32)
    chain_key = random.draw("chain key", 32)
    return SendingChain(Origin(group, owner, epoch, ed25519_public(signing_private)), signing_private, chain_key)


# Receiving


class Message(NamedTuple):
    """A message in its parts."""

    key_id: bytes
    iteration: int
    salt: bytes
    commitment: bytes
    ciphertext: bytes
    tag: bytes
    signature: bytes


def parse(data: bytes) -> Message:
    """The layout (GRP-40)."""
    check(len(data) <= MESSAGE_BYTES, "limit")
    check_first_byte(data, KIND)
    check(len(data) >= OVERHEAD, "malformed")
    return Message(
        key_id=data[1:17],
        iteration=int.from_bytes(data[17:19], "big"),
        salt=data[19:27],
        commitment=data[27:HEADER],
        ciphertext=data[HEADER : -SIGNATURE - TAG],
        tag=data[-SIGNATURE - TAG : -SIGNATURE],
        signature=data[-SIGNATURE:],
    )


class Opened(NamedTuple):
    """A payload that has authenticated, and what its commitment is checked with."""

    payload: bytes
    franking_key: bytes
    commitment: bytes
    iteration: int


@dataclass(frozen=True)
class ReceivingChain:
    """The chain of another device, as it was handed over."""

    origin: Origin
    chain_key: bytes
    first: int  # the iteration at which it was handed over
    next: int
    end: int = CHAIN_MESSAGES
    kept: dict[int, bytes] = field(default_factory=dict)  # secrets of messages that were passed over

    def decrypt(self, sender: Sender, message: Message) -> tuple[Opened, ReceivingChain]:
        """The payload, and the chain to go on with once that was judged (GRP-29)."""
        check(message.key_id == self.origin.key_id and message.iteration >= self.first, "no_session")  # GRP-34
        check(sender == self.origin.owner, "policy")
        binding = self.origin.binding(message.iteration, message.salt, message.commitment)
        signed = binding + message.ciphertext + message.tag
        verify(self.origin.signing_key, GROUP_MESSAGE, signed, message.signature)  # GRP-26
        check(message.iteration < self.end, "too_far")  # GRP-27
        secret, after = self.take(message.iteration)
        message_key, franking_key = message_keys(secret)
        payload = OPEN(message_key, nonce(message.salt), associated(binding), message.ciphertext, message.tag)
        return Opened(payload, franking_key, message.commitment, message.iteration), after

    def take(self, iteration: int) -> tuple[bytes, ReceivingChain]:
        """The secret of an iteration, and the chain without it (GRP-28)."""
        chain_key, next_, kept = self.chain_key, self.next, dict(self.kept)
        while next_ <= iteration:
            chain_key, kept[next_] = chain_step(chain_key)
            next_ += 1
        check(iteration in kept, "replay")
        secret = kept.pop(iteration)
        return secret, replace(self, chain_key=chain_key, next=next_, kept=kept)

    def cut(self, messages: int) -> ReceivingChain:
        """Ends the chain after so many messages, and wipes the secrets beyond (GRP-27, GRP-35)."""
        kept = {iteration: secret for iteration, secret in self.kept.items() if iteration < messages}
        return replace(self, end=min(self.end, messages), kept=kept)


def accept(group: bytes, owner: Sender, epoch: int, handover: Handover) -> ReceivingChain:
    """A chain that its owner has handed over."""
    iteration, chain_key, signing_key = handover
    return ReceivingChain(Origin(group, owner, epoch, signing_key), chain_key, first=iteration, next=iteration)
