"""The state digest of the conformance chapter: 32 bytes that name the state of a session."""

from __future__ import annotations

from aside.epochs import (
    Adopting,
    Answering,
    Broken,
    Collecting,
    Mark,
    Offer,
    Offering,
    Ratchet,
    Waiting,
    held,
)
from aside.primitives import H, u8, u16, u32, u64, x25519_public
from aside.session import Due, OnlyReceives, ReceivingChain, SendingChain, Session

LABEL = "aside/1 state digest"
STATES = [Offer, Offering, Collecting, Adopting, Waiting, Answering, Broken]


def state_digest(session: Session) -> bytes:
    """The hash over the parts of the table, in its order."""
    chains = [part for chain in session.chains for part in chain_parts(chain)]
    return H(LABEL, *session_parts(session), *ratchet_parts(session.ratchet), *chains)


def session_parts(session: Session) -> list[bytes]:
    """Parts 1 to 17."""
    current = session.chains[0] if session.chains else None
    return [
        session.id,
        u8(session.direction),
        session.handshake,
        session.handshake_hash,
        session.root,
        *sending_parts(session.sending),
        u32(session.previous),
        session.next_header_key,
        current.chain_key or b"" if current else b"",
        u32(current.next) if current else b"",
    ]


def sending_parts(sending: SendingChain | Due | OnlyReceives) -> list[bytes]:
    """Parts 6 to 13."""
    if isinstance(sending, SendingChain):
        return [
            x25519_public(sending.ratchet_private),
            sending.chain_key,
            u32(sending.number),
            sending.header_key,
            sending.next_header_key,
            sending.transient_key,
            u32(sending.transient_number),
            u8(sending.mark.adopts),
        ]
    if isinstance(sending, OnlyReceives):
        ratchet_key = x25519_public(sending.ratchet_private) if sending.ratchet_private else b""
        return [ratchet_key] + [b""] * 7
    return [b"", b"", b"", sending.header_key, b"", b"", b"", b""]


def ratchet_parts(ratchet: Ratchet) -> list[bytes]:
    """Parts 18 to 25."""
    state = ratchet.state
    sends = sent = came = b""
    if isinstance(state, Offering):
        sends = state.key
    elif isinstance(state, Answering):
        sends = state.ciphertext
    elif isinstance(state, Collecting):
        sends = state.key_hash
    if isinstance(state, (Offering, Answering)):
        sent = u64(state.told) + u8(state.next)
    if isinstance(state, (Waiting, Collecting)):
        came = u64(held(state)) + b"".join(state.chunks[index] for index in sorted(state.chunks))
    return [
        u32(ratchet.epoch),
        u8(STATES.index(type(state))),
        state.seed if isinstance(state, (Offering, Collecting)) else b"",
        state.epoch_secret if isinstance(state, (Adopting, Answering)) else b"",
        sends,
        sent,
        came,
        u16(ratchet.sent) + u16(ratchet.received),
    ]


def chain_parts(chain: ReceivingChain) -> list[bytes]:
    """The seven parts of a receiving chain."""
    return [
        chain.ratchet_key,
        mark_part(chain.mark),
        chain.header_key,
        b"".join(u32(number) + chain.kept[number] for number in sorted(chain.kept)),
        b"".join(u32(first) + u32(after) for first, after in chain.wiped),
        chain.transient_key,
        u32(chain.window.after) + u64(chain.window.bits),
    ]


def mark_part(mark: Mark) -> bytes:
    """Epoch, and 1 if it adopts."""
    return u32(mark.epoch) + u8(mark.adopts)
