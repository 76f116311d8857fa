"""The fixed layouts of the handshake, session and epochs chapters: messages, handshakes, headers, and their associated data."""

from __future__ import annotations

from dataclasses import dataclass

from aside.primitives import part, u8, u16, u24, u32
from aside.reject import check

SUITE = 1
MESSAGE, WITH_HANDSHAKE, TRANSIENT = 0x11, 0x12, 0x15
MESSAGE_BYTES = 67_584
HANDSHAKE, HEADER, TAG, COMMITMENT = 1162, 80, 16, 32

HELD, KEY_CHUNK, CIPHERTEXT_CHUNK = 0, 1, 2
CHUNK = 32
KEY_CHUNKS, CIPHERTEXT_CHUNKS = 37, 34


@dataclass(frozen=True)
class SessionMessage:
    """The parts of a session message; the handshake is empty where there is none."""

    kind: int
    handshake: bytes
    header: bytes
    header_tag: bytes
    commitment: bytes
    ciphertext: bytes
    tag: bytes

    def encode(self) -> bytes:
        """One part after another."""
        fixed = self.handshake + self.header + self.header_tag + self.commitment
        return u8(self.kind) + fixed + self.ciphertext + self.tag


def parse_message(data: bytes) -> SessionMessage:
    """Splits a session message, part by part, and looks at the fields of a handshake where it stands (SES-2, SES-3)."""
    check(len(data) <= MESSAGE_BYTES, "limit")
    check(data != b"", "malformed")
    kind = data[0]
    check(kind >> 4 == 1, "version")
    check(kind in (MESSAGE, WITH_HANDSHAKE, TRANSIENT), "malformed")
    handshake, rest = b"", data[1:]
    if kind == WITH_HANDSHAKE:
        handshake, rest = split(rest, HANDSHAKE)
        parse_handshake(handshake)
    header, rest = split(rest, HEADER)
    header_tag, rest = split(rest, TAG)
    commitment, rest = split(rest, COMMITMENT)
    ciphertext, tag = split(rest, len(rest) - TAG)
    return SessionMessage(kind, handshake, header, header_tag, commitment, ciphertext, tag)


def split(data: bytes, length: int) -> tuple[bytes, bytes]:
    """The first so many bytes, which are there, and the rest."""
    check(0 <= length <= len(data), "malformed")
    return data[:length], data[length:]


@dataclass(frozen=True)
class Handshake:
    """The fields of a handshake; the id of the one-time prekey is 0 when there is none."""

    account_key: bytes
    device_id: int
    ephemeral_key: bytes
    signed_prekey: int
    one_time_prekey: int
    ciphertext: bytes

    def encode(self) -> bytes:
        """The 1,162 bytes."""
        ids = u32(self.signed_prekey) + u32(self.one_time_prekey)
        return u8(SUITE) + self.account_key + u8(self.device_id) + self.ephemeral_key + ids + self.ciphertext


def parse_handshake(data: bytes) -> Handshake:
    """Splits a handshake (HSK-2, HSK-16). Whether its ephemeral key is one is asked later (HSK-12)."""
    check(len(data) == HANDSHAKE, "malformed")
    check(data[0] == SUITE, "version")
    handshake = Handshake(
        account_key=data[1:33],
        device_id=data[33],
        ephemeral_key=data[34:66],
        signed_prekey=int.from_bytes(data[66:70], "big"),
        one_time_prekey=int.from_bytes(data[70:74], "big"),
        ciphertext=data[74:],
    )
    check(1 <= handshake.device_id <= 127, "malformed")
    check(handshake.signed_prekey != 0, "malformed")
    return handshake


@dataclass(frozen=True)
class Control:
    """The control field: the epoch modulo 128, what the chunk is and its number, and whether the chain adopts."""

    epoch: int
    kind: int
    index: int
    adopts: bool

    def encode(self) -> int:
        """The 16 bits."""
        return (self.epoch % 128) << 9 | self.kind << 7 | self.index << 1 | self.adopts


@dataclass(frozen=True)
class Header:
    """A header in clear, with its control field and chunk as numbers and bytes."""

    ratchet_key: bytes
    previous: int
    number: int
    salt: bytes
    control: int
    chunk: bytes

    def encode(self) -> bytes:
        """The 80 bytes (SES-4)."""
        return self.ratchet_key + u24(self.previous) + u24(self.number) + self.salt + u16(self.control) + self.chunk


def parse_header(data: bytes) -> Header:
    """Splits a header that has opened; nothing in it is checked."""
    return Header(
        ratchet_key=data[:32],
        previous=int.from_bytes(data[32:35], "big"),
        number=int.from_bytes(data[35:38], "big"),
        salt=data[38:46],
        control=int.from_bytes(data[46:48], "big"),
        chunk=data[48:],
    )


def parse_control(header: Header) -> Control:
    """What control and chunk say, if a sender can say it (SES-17)."""
    bits = header.control
    control = Control(epoch=bits >> 9, kind=bits >> 7 & 3, index=bits >> 1 & 63, adopts=bits & 1 == 1)
    if control.kind == HELD:
        check(control.index == 0, "malformed")
        check(header.chunk[8:] == bytes(24), "malformed")
        check(held_of(header) < 2**KEY_CHUNKS, "malformed")
    else:
        chunks = {KEY_CHUNK: KEY_CHUNKS, CIPHERTEXT_CHUNK: CIPHERTEXT_CHUNKS}.get(control.kind, 0)
        check(control.index < chunks, "malformed")
    return control


def held_of(header: Header) -> int:
    """In kind 0, which chunks the sender holds: bit n for chunk n."""
    return int.from_bytes(header.chunk[:8], "big")


@dataclass(frozen=True)
class Labels:
    """The labels under which a kind of message is sealed."""

    payload: str
    header: str


OF_MESSAGES = Labels("aside/1 payload", "aside/1 header")
OF_TRANSIENT = Labels("aside/1 transient payload", "aside/1 transient header")  # SES-31


def ad_payload(labels: Labels, session_id: bytes, direction: int, commitment: bytes, header: bytes) -> bytes:
    """AD_payload (SES-12)."""
    return part(labels.payload.encode()) + u32(SUITE) + session_id + u8(direction) + commitment + header


def ad_header(labels: Labels, session_id: bytes, direction: int, tag: bytes) -> bytes:
    """AD_header (SES-13)."""
    return part(labels.header.encode()) + u32(SUITE) + session_id + u8(direction) + tag
