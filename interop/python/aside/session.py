"""The session chapter: the double ratchet with encrypted headers, and transient messages beside it.

A session is a value: sending and opening give a new one and change nothing. Whoever opens a message checks its commitment, and
only then puts the new session in the place of the old one (SES-14).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Callable, Mapping

from aside import epochs, packet
from aside.draws import Random
from aside.epochs import Adopting, Answering, Mark, Ratchet
from aside.handshake import Agreed, handshake_hash
from aside.packet import OF_MESSAGES, OF_TRANSIENT, Control, Header, Labels, SessionMessage
from aside.primitives import DH, EXPAND, KDF, OPEN, SEAL, u24, x25519_parse, x25519_public
from aside.reject import Reject, check, present

INITIATOR, RESPONDER = 1, 2
CURRENT, NEXT = 0, -1
PLAINTEXT = 65_536
LAST = 2**24 - 1
JUMP = 1000
KEPT_KEYS = 2000
OLD_CHAINS = 4
DROPPED_RANGES = 32
TRANSIENT_WINDOW = 64
ROOT_STEP = "aside/1 root step"
KEM_ROOT_STEP = "aside/1 root step with KEM"
CHAIN_STEP = "aside/1 chain step"
MESSAGE_KEYS = "aside/1 message keys"
TRANSIENT_KEY = "aside/1 transient key"

Range = tuple[int, int]
Commit = Callable[[bytes], bytes]


@dataclass(frozen=True)
class RootStep:
    """What a root step gives (SES-7)."""

    root: bytes
    chain_key: bytes
    next_header_key: bytes
    transient_key: bytes


@dataclass(frozen=True)
class Window:
    """Which numbers of transient messages of a chain were received (SES-33): the one after the highest, and bits below."""

    after: int = 0
    bits: int = 0


@dataclass(frozen=True)
class ReceivingChain:
    """A chain of the peer. Only the current one has a chain key, for the number `next`; an old one has passed every number."""

    ratchet_key: bytes
    mark: Mark
    header_key: bytes
    transient_key: bytes
    chain_key: bytes | None
    next: int = 0
    kept: Mapping[int, bytes] = field(default_factory=dict)
    wiped: tuple[Range, ...] = ()
    window: Window = Window()


@dataclass(frozen=True)
class SendingChain:
    """The own chain, while one is there."""

    ratchet_private: bytes
    chain_key: bytes
    header_key: bytes
    next_header_key: bytes
    transient_key: bytes
    mark: Mark
    number: int = 0
    transient_number: int = 0


@dataclass(frozen=True)
class Due:
    """A new chain is due with the next message (SES-6), under this header key.

    Until a responder has sent, its signed prekey stands for the ratchet key that serves the peer's turn (SES-18).
    """

    header_key: bytes
    ratchet_private: bytes | None = None


@dataclass(frozen=True)
class OnlyReceives:
    """Nothing is sent any more (SES-37); the ratchet key may still serve one turn of the peer."""

    ratchet_private: bytes | None


@dataclass(frozen=True)
class Session:
    """All that a side keeps of a session. Of the peer's chains the current one comes first, then the old ones from the newest."""

    id: bytes
    direction: int
    root: bytes
    sending: SendingChain | Due | OnlyReceives
    previous: int
    next_header_key: bytes
    chains: tuple[ReceivingChain, ...]
    ratchet: Ratchet
    handshake: bytes = b""
    handshake_hash: bytes = b""


@dataclass(frozen=True)
class Opened:
    """A message that has opened, and the session as it is once the content was accepted."""

    plaintext: bytes
    number: int
    commitment: bytes
    franking_key: bytes
    session: Session


def root_step(root: bytes, agreement: bytes) -> RootStep:
    """A root step."""
    return RootStep(*KDF(root, agreement, ROOT_STEP, 4))


def adopting_step(root: bytes, agreement: bytes, epoch_secret: bytes) -> RootStep:
    """A root step with the secret of an epoch (EPO-6)."""
    return RootStep(*KDF(root, agreement + epoch_secret, KEM_ROOT_STEP, 4))


def chain_step(chain_key: bytes) -> tuple[bytes, bytes]:
    """The next chain key, and the message secret (SES-8)."""
    chain, secret = EXPAND(chain_key, CHAIN_STEP, 2)
    return chain, secret


def message_keys(secret: bytes) -> tuple[bytes, bytes]:
    """Message key and franking key (SES-9)."""
    message_key, franking_key = EXPAND(secret, MESSAGE_KEYS, 2)
    return message_key, franking_key


def transient_secret(transient_key: bytes, number: int) -> bytes:
    """The message secret of a transient message (SES-34)."""
    return KDF(u24(number), transient_key, TRANSIENT_KEY, 1)[0]


def start_initiator(handshake: bytes, agreed: Agreed, signed_prekey: bytes, random: Random) -> Session:
    """The session of the initiator, with its first chain (SES-1)."""
    ratchet_private = random.draw("ratchet key", 32)
    step = root_step(agreed.root, DH(ratchet_private, signed_prekey))
    ratchet = epochs.begin(initiator=True)
    return Session(
        id=agreed.id,
        direction=INITIATOR,
        root=step.root,
        sending=SendingChain(
            ratchet_private,
            step.chain_key,
            agreed.initiator_header_key,
            step.next_header_key,
            step.transient_key,
            Mark(ratchet.epoch, adopts=False),
        ),
        previous=0,
        next_header_key=agreed.responder_header_key,
        chains=(),
        ratchet=ratchet,
        handshake=handshake,
    )


def start_responder(handshake: bytes, agreed: Agreed, signed_prekey_private: bytes) -> Session:
    """The session of the responder, before its first message has opened."""
    return Session(
        id=agreed.id,
        direction=RESPONDER,
        root=agreed.root,
        sending=Due(agreed.responder_header_key, signed_prekey_private),
        previous=0,
        next_header_key=agreed.initiator_header_key,
        chains=(),
        ratchet=epochs.begin(initiator=False),
        handshake_hash=handshake_hash(handshake),
    )


def encrypt(session: Session, payload: bytes, commit: Commit, random: Random) -> tuple[Session, bytes]:
    """Encrypts; the session that comes out is stored before the message leaves (SES-11)."""
    check_payload(payload)
    if isinstance(session.sending, Due):
        session = begin_chain(session, session.sending, random)
    chain = sending_chain(session)
    check(chain.number < LAST, "exhausted")  # SES-10
    ratchet = epochs.prepare(session.ratchet, session.id, random)
    salt = random.draw("salt", 8)  # SES-5
    ratchet, control, chunk = epochs.sent(ratchet, chain.mark)
    ratchet_key = x25519_public(chain.ratchet_private)
    header = Header(ratchet_key, session.previous, chain.number, salt, control, chunk)
    chain_key, secret = chain_step(chain.chain_key)
    kind = packet.WITH_HANDSHAKE if session.handshake else packet.MESSAGE
    message = seal(session, OF_MESSAGES, kind, chain.header_key, header, secret, payload, commit)
    chain = replace(chain, chain_key=chain_key, number=chain.number + 1)
    return replace(session, sending=chain, ratchet=ratchet), message


def check_payload(payload: bytes) -> None:
    """At most 65,536 bytes; more are a mistake of the caller."""
    if len(payload) > PLAINTEXT:
        raise ValueError("this payload is too long")


def sending_chain(session: Session) -> SendingChain:
    """The own chain; there is none in a session that only receives, and to send in one is a mistake of the caller."""
    if not isinstance(session.sending, SendingChain):
        raise ValueError("this session does not send")
    return session.sending


def begin_chain(session: Session, due: Due, random: Random) -> Session:
    """A new chain with a new ratchet key (SES-6), which adopts if the epoch secret is there (EPO-6)."""
    ratchet_private = random.draw("ratchet key", 32)
    agreement = DH(ratchet_private, session.chains[0].ratchet_key)
    ratchet, adopts = session.ratchet, isinstance(session.ratchet.state, Adopting)
    if isinstance(ratchet.state, Adopting):
        step = adopting_step(session.root, agreement, ratchet.state.epoch_secret)
        ratchet = epochs.adopted(ratchet, epochs.Waiting())
    else:
        step = root_step(session.root, agreement)
    mark = Mark(ratchet.epoch, adopts)
    keys = step.chain_key, due.header_key, step.next_header_key, step.transient_key
    return replace(session, root=step.root, ratchet=ratchet, sending=SendingChain(ratchet_private, *keys, mark))


def seal(
    session: Session,
    labels: Labels,
    kind: int,
    header_key: bytes,
    header: Header,
    secret: bytes,
    payload: bytes,
    commit: Commit,
) -> bytes:
    """The message of one secret: the payload under header and commitment, then the header under the payload's tag."""
    message_key, franking_key = message_keys(secret)
    commitment = commit(franking_key)
    clear = header.encode()
    ad = packet.ad_payload(labels, session.id, session.direction, commitment, clear)
    ciphertext, tag = SEAL(message_key, header.salt + bytes(4), ad, payload)  # SES-12
    ad = packet.ad_header(labels, session.id, session.direction, tag)
    sealed, header_tag = SEAL(header_key, tag[:12], ad, clear)  # SES-13
    handshake = session.handshake if kind == packet.WITH_HANDSHAKE else b""
    return SessionMessage(kind, handshake, sealed, header_tag, commitment, ciphertext, tag).encode()


def encrypt_transient(session: Session, payload: bytes, commit: Commit, random: Random) -> tuple[Session, bytes] | None:
    """Encrypts a transient message, or drops it (SES-30)."""
    check_payload(payload)
    chain = session.sending
    if not isinstance(chain, SendingChain) or session.handshake or chain.transient_number == LAST:
        return None
    salt = random.draw("salt", 8)  # SES-32
    ratchet_key = x25519_public(chain.ratchet_private)
    header = Header(ratchet_key, session.previous, chain.transient_number, salt, 0, bytes(32))  # EPO-13
    secret = transient_secret(chain.transient_key, chain.transient_number)
    message = seal(session, OF_TRANSIENT, packet.TRANSIENT, chain.header_key, header, secret, payload, commit)
    chain = replace(chain, transient_number=chain.transient_number + 1)
    return replace(session, sending=chain), message


def decrypt(session: Session, data: bytes) -> Opened:
    """Opens a message in this session, by the checks of the chapter in their order."""
    message = packet.parse_message(data)
    check(message.kind != packet.TRANSIENT, "malformed")  # SES-35
    if message.handshake:
        check(handshake_hash(message.handshake) == session.handshake_hash, "unknown_prekey")  # HSK-15
    at, header = open_header(session, OF_MESSAGES, message, order_of_trials(session))
    try:
        after, at, control = fitting(session, at, header)
    except Reject as reject:
        if reject.word == "malformed" and isinstance(session.sending, OnlyReceives):
            raise Reject("key_expired") from None  # SES-38
        raise
    after, secret = take_secret(after, at, header.number)
    plaintext, franking_key = open_payload(session, OF_MESSAGES, message, header, secret)
    ratchet = epochs.received(after.ratchet, session.id, control, header, after.chains[at].mark)
    after = replace(after, ratchet=ratchet, handshake=b"")  # HSK-13
    return Opened(plaintext, header.number, message.commitment, franking_key, after)


def fitting(session: Session, at: int, header: Header) -> tuple[Session, int, Control]:
    """What a header says if it fits the chain whose header key opened it; with the turn, if it is one."""
    x25519_parse(header.ratchet_key)
    control = check_header(session, at, header)
    if at == NEXT:
        return turn(session, header, control), CURRENT, control
    return session, at, control


def order_of_trials(session: Session) -> list[int]:
    """The current chain, the next one, then the old ones from the newest (SES-15)."""
    chains = list(range(len(session.chains)))
    return [*chains[:1], NEXT, *chains[1:]]


def open_header(session: Session, labels: Labels, message: SessionMessage, trials: list[int]) -> tuple[int, Header]:
    """The header, and the chain whose header key opens it."""
    ad = packet.ad_header(labels, session.id, peer_direction(session), message.tag)
    for at in trials:
        header_key = session.next_header_key if at == NEXT else session.chains[at].header_key
        try:
            clear = OPEN(header_key, message.tag[:12], ad, message.header, message.header_tag)
        except Reject:
            continue
        return at, packet.parse_header(clear)
    raise Reject("mac")


def peer_direction(session: Session) -> int:
    """The direction of what comes in."""
    return RESPONDER if session.direction == INITIATOR else INITIATOR


def check_header(session: Session, at: int, header: Header) -> Control:
    """That the header belongs to its chain (SES-16), and what control and chunk say (SES-17, EPO-7, EPO-8)."""
    if at == NEXT:
        check(session.chains == () or header.ratchet_key != session.chains[CURRENT].ratchet_key, "malformed")
    else:
        check(header.ratchet_key == session.chains[at].ratchet_key, "malformed")
    control = packet.parse_control(header)
    if at == NEXT and control.adopts:
        check(isinstance(session.ratchet.state, Answering), "malformed")  # EPO-8
    mark = next_mark(session, control) if at == NEXT else session.chains[at].mark
    check(epochs.fits(control, header, mark, peer_direction(session)), "malformed")  # EPO-7
    return control


def next_mark(session: Session, control: Control) -> Mark:
    """The mark of the peer's next chain: the own epoch, or the one after it if the chain adopts."""
    return Mark(session.ratchet.epoch + control.adopts, control.adopts)


def turn(session: Session, header: Header, control: Control) -> Session:
    """Takes a turn of the peer: what is left of its chain is kept, and a new one begins (SES-18, SES-21)."""
    ratchet_private = present(session.sending.ratchet_private, "malformed")
    next_ = session.chains[CURRENT].next if session.chains else 0
    check(header.previous - next_ <= JUMP, "too_far")
    check_jump(0, header.number)
    old = session.chains
    if old:
        check(header.previous >= next_, "malformed")
        old = (replace(pass_over(old[CURRENT], header.previous), chain_key=None), *old[1:])
    else:
        check(header.previous == 0, "malformed")
    step, ratchet = peers_step(session, DH(ratchet_private, header.ratchet_key), control)
    mark = next_mark(session, control)
    new = ReceivingChain(header.ratchet_key, mark, session.next_header_key, step.transient_key, step.chain_key)
    return replace(
        session,
        root=step.root,
        sending=after_turn(session.sending),
        previous=session.sending.number if isinstance(session.sending, SendingChain) else session.previous,
        next_header_key=step.next_header_key,
        chains=(new, *old)[: 1 + OLD_CHAINS],  # SES-23
        ratchet=ratchet,
    )


def peers_step(session: Session, agreement: bytes, control: Control) -> tuple[RootStep, Ratchet]:
    """The root step that the peer took, and the epoch after it (EPO-6)."""
    state = session.ratchet.state
    if control.adopts and isinstance(state, Answering):
        step = adopting_step(session.root, agreement, state.epoch_secret)
        return step, epochs.adopted(session.ratchet, epochs.Offer())
    return root_step(session.root, agreement), session.ratchet


def after_turn(sending: SendingChain | Due | OnlyReceives) -> Due | OnlyReceives:
    """Sending is due, and the own ratchet key and chain are wiped (SES-19)."""
    if isinstance(sending, OnlyReceives):
        return OnlyReceives(None)
    return Due(sending.next_header_key if isinstance(sending, SendingChain) else sending.header_key)


def check_jump(next_: int, number: int) -> None:
    """At most 1,000 numbers are passed over at once, and the last of all is used by nobody (SES-21)."""
    check(number - next_ <= JUMP and number != LAST, "too_far")


def pass_over(chain: ReceivingChain, number: int) -> ReceivingChain:
    """Walks a current chain up to a number, and keeps the secrets of those passed."""
    chain_key, kept = chain.chain_key, dict(chain.kept)
    assert chain_key is not None
    for passed in range(chain.next, number):
        chain_key, kept[passed] = chain_step(chain_key)
    return replace(chain, chain_key=chain_key, next=number, kept=kept)


def take_secret(session: Session, at: int, number: int) -> tuple[Session, bytes]:
    """The secret of a number, and the session without it."""
    chain = session.chains[at]
    if chain.chain_key is not None and number >= chain.next:
        check_jump(chain.next, number)
        chain = pass_over(chain, number)
        assert chain.chain_key is not None
        chain_key, secret = chain_step(chain.chain_key)
        chain = replace(chain, chain_key=chain_key, next=number + 1)
    else:
        check(not any(first <= number < after for first, after in chain.wiped), "key_expired")  # SES-24
        check(number in chain.kept, "replay")  # SES-20
        kept = dict(chain.kept)
        secret = kept.pop(number)
        chain = replace(chain, kept=kept)
    return replace(session, chains=bounded(with_chain(session.chains, at, chain))), secret


def with_chain(chains: tuple[ReceivingChain, ...], at: int, chain: ReceivingChain) -> tuple[ReceivingChain, ...]:
    """The chains with one of them exchanged."""
    return (*chains[:at], chain, *chains[at + 1 :])


def bounded(chains: tuple[ReceivingChain, ...]) -> tuple[ReceivingChain, ...]:
    """At most 2,000 kept secrets: those of the oldest chain and the lowest numbers go first (SES-22)."""
    excess = sum(len(chain.kept) for chain in chains) - KEPT_KEYS
    for at in reversed(range(len(chains))):
        if excess <= 0:
            break
        wiped = sorted(chains[at].kept)[:excess]
        excess -= len(wiped)
        chains = with_chain(chains, at, without(chains[at], wiped))
    return chains


def without(chain: ReceivingChain, numbers: list[int]) -> ReceivingChain:
    """The chain without the secrets of these numbers, which it remembers (SES-24)."""
    kept = {number: secret for number, secret in chain.kept.items() if number not in numbers}
    ranges = merged([*chain.wiped, *((number, number + 1) for number in numbers)])
    while len(ranges) > DROPPED_RANGES:
        ranges[:2] = [(ranges[0][0], ranges[1][1])]
    return replace(chain, kept=kept, wiped=tuple(ranges))


def merged(ranges: list[Range]) -> list[Range]:
    """Ascending ranges, of which none touches the next."""
    result: list[Range] = []
    for first, after in sorted(ranges):
        if result and result[-1][1] >= first:
            result[-1] = (result[-1][0], max(after, result[-1][1]))
        else:
            result.append((first, after))
    return result


def open_payload(
    session: Session, labels: Labels, message: SessionMessage, header: Header, secret: bytes
) -> tuple[bytes, bytes]:
    """The payload, and the franking key."""
    message_key, franking_key = message_keys(secret)
    ad = packet.ad_payload(labels, session.id, peer_direction(session), message.commitment, header.encode())
    return OPEN(message_key, header.salt + bytes(4), ad, message.ciphertext, message.tag), franking_key


def decrypt_transient(session: Session, data: bytes) -> Opened:
    """Opens a transient message in this session, by the checks of the chapter in their order."""
    message = packet.parse_message(data)
    check(message.kind == packet.TRANSIENT, "malformed")  # SES-35
    at, header = open_header(session, OF_TRANSIENT, message, list(range(len(session.chains))))  # SES-36
    chain = session.chains[at]
    x25519_parse(header.ratchet_key)
    check(header.ratchet_key == chain.ratchet_key, "malformed")  # SES-16
    check(header.control == 0 and header.chunk == bytes(32), "malformed")  # EPO-13
    check(header.number != LAST, "too_far")
    window = received(chain.window, header.number)
    secret = transient_secret(chain.transient_key, header.number)
    plaintext, franking_key = open_payload(session, OF_TRANSIENT, message, header, secret)
    after = replace(session, chains=with_chain(session.chains, at, replace(chain, window=window)))
    return Opened(plaintext, header.number, message.commitment, franking_key, after)


def received(window: Window, number: int) -> Window:
    """The window with one number more, which is new (SES-33)."""
    if number >= window.after:
        bits = window.bits << (number + 1 - window.after) | 1
        return Window(number + 1, bits % 2**TRANSIENT_WINDOW)
    below = window.after - 1 - number
    check(below < TRANSIENT_WINDOW and not window.bits >> below & 1, "replay")
    return Window(window.after, window.bits | 1 << below)


def retire(session: Session) -> Session:
    """Gives up sending for good, and keeps what receiving needs (SES-37)."""
    if isinstance(session.sending, OnlyReceives):
        return session
    sending = OnlyReceives(session.sending.ratchet_private)
    return replace(session, sending=sending, ratchet=epochs.retired(session.ratchet))


def health(session: Session) -> str:
    """`sound`, `broken` (EPO-10) or `starved` (EPO-12); one that only receives is always sound."""
    if isinstance(session.sending, OnlyReceives):
        return "sound"
    if isinstance(session.ratchet.state, epochs.Broken):
        return "broken"
    return "starved" if epochs.is_starved(session.ratchet) else "sound"
