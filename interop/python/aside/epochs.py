"""The epochs chapter: the KEM ratchet, one exchange of ML-KEM-768 after the other in the headers of a session.

Every function gives a new value and changes none, so that a refusal leaves nothing behind (SES-14).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Mapping

from aside.draws import Random
from aside.packet import (
    CHUNK,
    CIPHERTEXT_CHUNK,
    CIPHERTEXT_CHUNKS,
    HELD,
    KEY_CHUNK,
    KEY_CHUNKS,
    Control,
    Header,
    held_of,
)
from aside.primitives import DECAPSULATE, ENCAPSULATE, KDF, H, kem_parse, kem_public, u32, u64
from aside.reject import Reject

OBJECT = "aside/1 KEM object"
TRANSCRIPT = "aside/1 KEM transcript"
EPOCH = "aside/1 KEM epoch"
STARVED_AFTER = 200
ALL_OF_KEY = (1 << KEY_CHUNKS) - 1
ALL_OF_CIPHERTEXT = (1 << CIPHERTEXT_CHUNKS) - 1

Chunks = Mapping[int, bytes]


@dataclass(frozen=True)
class Mark:
    """The mark of a chain: the epoch of its sender when it began, and whether it adopts."""

    epoch: int
    adopts: bool


@dataclass(frozen=True)
class Offer:
    """The offerer, before it has made its key."""


@dataclass(frozen=True)
class Offering:
    """The offerer sends its key."""

    seed: bytes
    key: bytes
    told: int = 0
    next: int = 0


@dataclass(frozen=True)
class Collecting:
    """The offerer takes the ciphertext."""

    seed: bytes
    key_hash: bytes
    chunks: Chunks = field(default_factory=dict)


@dataclass(frozen=True)
class Adopting:
    """The offerer adopts the epoch secret with its next chain."""

    epoch_secret: bytes


@dataclass(frozen=True)
class Waiting:
    """The other side takes the key."""

    chunks: Chunks = field(default_factory=dict)


@dataclass(frozen=True)
class Answering:
    """The other side sends the ciphertext."""

    epoch_secret: bytes
    ciphertext: bytes
    told: int = 0
    next: int = 0


@dataclass(frozen=True)
class Broken:
    """The exchange has contradicted itself, or goes on no more (EPO-10, SES-37)."""


State = Offer | Offering | Collecting | Adopting | Waiting | Answering | Broken


@dataclass(frozen=True)
class Ratchet:
    """The epoch of a session: its number and state, and how many messages were sent and received in it."""

    epoch: int
    state: State
    sent: int = 0
    received: int = 0


def begin(initiator: bool) -> Ratchet:
    """The first epoch."""
    return Ratchet(1, Offer() if initiator else Waiting())


def object_hash(key_or_ciphertext: bytes) -> bytes:
    """What is kept of a key or a ciphertext."""
    return H(OBJECT, key_or_ciphertext)


def transcript_of(session_id: bytes, epoch: int, key_hash: bytes, ciphertext_hash: bytes) -> bytes:
    """Everything that an epoch agrees on."""
    return H(TRANSCRIPT, session_id, u32(epoch), key_hash, ciphertext_hash)


def epoch_secret_of(transcript: bytes, kem_secret: bytes) -> bytes:
    """What an epoch agrees on (EPO-5)."""
    return KDF(transcript, kem_secret, EPOCH, 1)[0]


def prepare(ratchet: Ratchet, session_id: bytes, random: Random) -> Ratchet:
    """Makes what the next header has to carry: the key (EPO-2), or the ciphertext (EPO-3)."""
    state = ratchet.state
    if isinstance(state, Offer):
        seed = random.draw("KEM key", 64)
        return replace(ratchet, state=Offering(seed, kem_public(seed)))
    if isinstance(state, Waiting) and len(state.chunks) == KEY_CHUNKS:
        key = joined(state.chunks)
        ciphertext, kem_secret = ENCAPSULATE(key, random.draw("KEM message", 32))
        transcript = transcript_of(session_id, ratchet.epoch, object_hash(key), object_hash(ciphertext))
        return replace(ratchet, state=Answering(epoch_secret_of(transcript, kem_secret), ciphertext))
    return ratchet


def sent(ratchet: Ratchet, mark: Mark) -> tuple[Ratchet, int, bytes]:
    """Control and chunk of the next header of a chain with this mark, and what is left after it (EPO-4)."""
    state = ratchet.state
    counted = replace(ratchet, sent=min(ratchet.sent + 1, STARVED_AFTER))
    index = next_chunk(state)
    if isinstance(state, (Offering, Answering)) and index is not None:
        kind, whole = (KEY_CHUNK, state.key) if isinstance(state, Offering) else (CIPHERTEXT_CHUNK, state.ciphertext)
        counted = replace(counted, state=replace(state, next=(index + 1) % chunks_of(state)))
        control = Control(mark.epoch, kind, index, mark.adopts)
        return counted, control.encode(), whole[CHUNK * index : CHUNK * (index + 1)]
    control = Control(mark.epoch, HELD, 0, mark.adopts)
    return counted, control.encode(), u64(held(state)) + bytes(24)


def chunks_of(state: Offering | Answering) -> int:
    """How many chunks the own object has."""
    return KEY_CHUNKS if isinstance(state, Offering) else CIPHERTEXT_CHUNKS


def next_chunk(state: State) -> int | None:
    """The lowest number after the one sent last, around the end, that the peer has not told to hold (EPO-4)."""
    if not isinstance(state, (Offering, Answering)):
        return None
    count = chunks_of(state)
    around = [(state.next + step) % count for step in range(count)]
    return next((index for index in around if not state.told >> index & 1), None)


def held(state: State) -> int:
    """What the own side holds."""
    if isinstance(state, Waiting | Collecting):
        return sum(1 << index for index in state.chunks)
    if isinstance(state, Adopting):
        return ALL_OF_CIPHERTEXT
    return ALL_OF_KEY if isinstance(state, Answering) else 0


def offers(epoch: int, direction: int) -> bool:
    """Whether the side that sends in this direction is the offerer of an epoch: the initiator of the odd ones (EPO-1)."""
    return epoch % 2 == direction % 2


def fits(control: Control, header: Header, mark: Mark, direction: int) -> bool:
    """Whether the peer may say this in a chain of this mark (EPO-7); seven bits of its epoch travel."""
    if offers(mark.epoch, direction):
        allowed = control.kind == KEY_CHUNK or (control.kind == HELD and held_of(header) <= ALL_OF_CIPHERTEXT)
    else:
        allowed = control.kind in (CIPHERTEXT_CHUNK, HELD)
    return allowed and (control.epoch, control.adopts) == (mark.epoch % 128, mark.adopts)


def received(ratchet: Ratchet, session_id: bytes, control: Control, header: Header, mark: Mark) -> Ratchet:
    """Takes in what a header carries, once its message was accepted and the turn was taken."""
    if mark.epoch != ratchet.epoch:
        return ratchet  # EPO-9
    ratchet = replace(ratchet, received=min(ratchet.received + 1, STARVED_AFTER))
    state = ratchet.state
    if isinstance(state, Offering) and control.kind == HELD:
        told = state.told | held_of(header)
        offering = replace(state, told=told)
        return replace(ratchet, state=collecting(offering) if told == ALL_OF_KEY else offering)
    if isinstance(state, Offering) and control.kind == CIPHERTEXT_CHUNK:
        return replace(ratchet, state=take_ciphertext(collecting(state), session_id, ratchet.epoch, control, header))
    if isinstance(state, Collecting) and control.kind == CIPHERTEXT_CHUNK:
        return replace(ratchet, state=take_ciphertext(state, session_id, ratchet.epoch, control, header))
    if isinstance(state, Waiting) and control.kind == KEY_CHUNK:
        return replace(ratchet, state=take_key(state, control, header))
    if isinstance(state, Answering) and control.kind == HELD:
        return replace(ratchet, state=replace(state, told=state.told | held_of(header)))
    return ratchet  # EPO-9


def collecting(state: Offering) -> Collecting:
    """The peer has the whole key: only its hash is kept."""
    return Collecting(state.seed, object_hash(state.key))


def take(chunks: Chunks, index: int, chunk: bytes) -> Chunks | None:
    """The chunks with one more; nothing if it came before with another value (EPO-10)."""
    return None if chunks.get(index, chunk) != chunk else {**chunks, index: chunk}


def take_key(state: Waiting, control: Control, header: Header) -> State:
    """A chunk of the key; the whole key has to be one (EPO-10)."""
    chunks = take(state.chunks, control.index, header.chunk)
    if chunks is None:
        return Broken()
    if len(chunks) == KEY_CHUNKS and not is_key(joined(chunks)):
        return Broken()
    return Waiting(chunks)


def take_ciphertext(state: Collecting, session_id: bytes, epoch: int, control: Control, header: Header) -> State:
    """A chunk of the ciphertext; with the last one the epoch secret is known, and the seed goes (EPO-11)."""
    chunks = take(state.chunks, control.index, header.chunk)
    if chunks is None:
        return Broken()
    if len(chunks) < CIPHERTEXT_CHUNKS:
        return replace(state, chunks=chunks)
    ciphertext = joined(chunks)
    transcript = transcript_of(session_id, epoch, state.key_hash, object_hash(ciphertext))
    return Adopting(epoch_secret_of(transcript, DECAPSULATE(state.seed, ciphertext)))


def joined(chunks: Chunks) -> bytes:
    """The whole object."""
    return b"".join(chunks[index] for index in sorted(chunks))


def is_key(key: bytes) -> bool:
    """Whether it passes the check of FIPS 203."""
    try:
        kem_parse(key)
    except Reject:
        return False
    return True


def adopted(ratchet: Ratchet, state: State) -> Ratchet:
    """The next epoch, which begins with the adopting step (EPO-6)."""
    return Ratchet(ratchet.epoch + 1, state)


def retired(ratchet: Ratchet) -> Ratchet:
    """What is kept in a session that only receives: the part of one that answered, since the peer may still adopt."""
    return ratchet if isinstance(ratchet.state, Answering) else replace(ratchet, state=Broken())


def is_starved(ratchet: Ratchet) -> bool:
    """200 messages each way, and no end of the epoch in sight (EPO-12)."""
    state = ratchet.state
    if isinstance(state, Adopting) or (isinstance(state, Answering) and state.told == ALL_OF_CIPHERTEXT):
        return False
    return ratchet.sent >= STARVED_AFTER and ratchet.received >= STARVED_AFTER
