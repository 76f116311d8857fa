"""The archive chapter: reading an archive, record after record, and nothing counts before the last check."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from typing import Callable, Iterator

from aside import content, frames, identity, kinds, proto
from aside.identity import Certificate
from aside.kinds import Place
from aside.messages import ArchivePlace
from aside.primitives import H, ed25519_parse, verify
from aside.proto import Record
from aside.reject import check, present

MAGIC = b"aside archive 1\n"
VERSION_AT = 14
RECORD_BYTES = 66_560
GROUP_NAME_BYTES = 128
EMOJI_BYTES = 32
REACTION = 11
EDIT = 12
TEXT = 1

PLACES = {ArchivePlace.THREAD: Place.THREAD, ArchivePlace.CHAT: Place.CHAT, ArchivePlace.GROUP: Place.GROUP}


class Kind(IntEnum):
    """The kinds of records."""

    MANIFEST = 1
    CONVERSATION = 2
    PERSON = 3
    MESSAGE = 4
    MARK = 5
    SEAL = 6


@dataclass(frozen=True)
class Archive:
    """An archive that was read to its end."""

    manifest: Record
    records: Counter[Kind]  # how many there are of each kind


def read(data: bytes) -> Archive:
    """Reads an archive."""
    check_magic(data[: len(MAGIC)])
    reader = Reader()
    for record in records(data[len(MAGIC) :]):
        reader.take(record)
    check(reader.ended, "malformed")
    return Archive(present(reader.manifest, "malformed"), reader.counts)


def check_magic(magic: bytes) -> None:
    """What every archive begins with; another digit is another version (ARC-1)."""
    before, digit, after = magic[:VERSION_AT], magic[VERSION_AT : VERSION_AT + 1], magic[VERSION_AT + 1 :]
    check(before == MAGIC[:VERSION_AT] and digit.isdigit() and after == MAGIC[VERSION_AT + 1 :], "malformed")
    check(magic == MAGIC, "version")


def records(data: bytes) -> Iterator[bytes]:
    """The records without their lengths."""
    while data:
        check(len(data) >= 4, "malformed")
        length, data = int.from_bytes(data[:4], "big"), data[4:]
        check(length >= 1, "malformed")
        check(length <= RECORD_BYTES, "limit")
        check(length <= len(data), "malformed")
        yield data[:length]
        data = data[length:]


class Reader:
    """Takes the records; it keeps what is hashed, and the last record of each kind, by which the order is judged."""

    def __init__(self) -> None:
        self.hashed = [MAGIC]
        self.counts: Counter[Kind] = Counter()
        self.ended = False
        self.manifest: Record | None = None
        self.maker: Certificate | None = None
        self.conversation: Record | None = None
        self.person: Record | None = None
        self.message: Record | None = None
        self.mark: Record | None = None

    def take(self, data: bytes) -> None:
        """The next record: its kind, its place at the beginning or before the end, its body, and the rest by its kind."""
        check(data[0] in Kind.__members__.values(), "malformed")
        kind = Kind(data[0])
        check(not self.ended and (self.manifest is None) == (kind == Kind.MANIFEST), "malformed")
        type_, check_fields, take = TAKEN[kind]
        record = proto.decode(type_, data[1:])
        check_fields(record)
        take(self, record)
        self.hashed.append(data)
        self.counts[kind] += 1

    def take_manifest(self, manifest: Record) -> None:
        """The device list is of the account, and has the device (ARC-4)."""
        list_ = identity.verify_device_list(manifest.account, manifest.device_list)
        maker = (device for device in list_.devices if device.device_id == manifest.device_id)
        self.maker = present(next(maker, None), "policy")
        self.manifest = manifest

    def take_conversation(self, conversation: Record) -> None:
        """One that the account can have (ARC-5), and ascending by kind and id (ARC-2)."""
        if conversation.place == ArchivePlace.THREAD:
            check(conversation.id == frames.thread_id(self.own(), conversation.peer), "policy")
        check(conversation.peer != self.own(), "policy")
        check(self.conversation is None or order(self.conversation) < order(conversation), "malformed")
        self.conversation, self.person, self.message, self.mark = conversation, None, None, None

    def take_person(self, person: Record) -> None:
        """Before the messages of its conversation, ascending by account key (ARC-2)."""
        check(self.conversation is not None and self.message is None, "malformed")
        check(self.person is None or self.person.account < person.account, "malformed")
        self.person = person

    def take_message(self, message: Record) -> None:
        """Ascending by number (ARC-2), and one that can have been said there (ARC-5)."""
        conversation = present(self.conversation, "malformed")
        check(self.message is None or self.message.number < message.number, "malformed")
        check(kinds.of(message.kind).shown, "policy")
        kinds.check_place(message.kind, PLACES[conversation.place])
        if conversation.place != ArchivePlace.GROUP:
            check(message.sender in (self.own(), conversation.peer), "policy")
        self.message, self.mark = message, None

    def take_mark(self, mark: Record) -> None:
        """Behind its message, ascending by kind and account (ARC-2); a wording is the author's, and of a text (ARC-5)."""
        message = present(self.message, "malformed")
        check(self.mark is None or (self.mark.kind, self.mark.account) < (mark.kind, mark.account), "malformed")
        if mark.kind == EDIT:
            check(mark.account == message.sender and message.kind == TEXT, "policy")
        self.mark = mark

    def take_seal(self, seal: Record) -> None:
        """The signature over everything before (ARC-3)."""
        maker = present(self.maker, "malformed")
        verify(maker.signing_key, "aside/1 archive", H("aside/1 archive hash", *self.hashed), seal.signature)
        self.ended = True

    def own(self) -> bytes:
        """The account whose archive it is."""
        account: bytes = present(self.manifest, "malformed").account
        return account


def order(conversation: Record) -> tuple[int, bytes]:
    """Kind and id, by which conversations ascend."""
    return conversation.place, conversation.id


# What the fields of a record may be


def manifest_fields(manifest: Record) -> None:
    ed25519_parse(manifest.account)
    identity.check_device_id(manifest.device_id)
    identity.check_handle(manifest.handle)


def conversation_fields(conversation: Record) -> None:
    content.known("ArchivePlace", conversation.place)
    content.exact(conversation.id, 32)
    if conversation.place == ArchivePlace.GROUP:
        content.exact(conversation.peer, 0)
        content.plain(conversation.name, 0, GROUP_NAME_BYTES)
    else:
        ed25519_parse(conversation.peer)
        check(conversation.name == "", "malformed")


def person_fields(person: Record) -> None:
    ed25519_parse(person.account)
    identity.check_handle(person.handle)


def message_fields(message: Record) -> None:
    content.not_zero(message.number)
    ed25519_parse(message.sender)
    identity.check_device_id(message.device_id)
    content.exact(message.message_id, 16)
    content.exact(message.hash, 32)
    content.decode(message.kind, message.content)


def mark_fields(mark: Record) -> None:
    ed25519_parse(mark.account)
    content.not_zero(mark.counter)
    check(mark.kind in (REACTION, EDIT), "malformed")
    if mark.kind == REACTION:
        content.plain(proto.parse_text(mark.value), 1, EMOJI_BYTES)
    else:
        content.decode(TEXT, mark.value)


def seal_fields(seal: Record) -> None:
    content.exact(seal.signature, 64)


TAKEN: dict[Kind, tuple[str, Callable[[Record], None], Callable[[Reader, Record], None]]] = {
    Kind.MANIFEST: ("ArchiveManifest", manifest_fields, Reader.take_manifest),
    Kind.CONVERSATION: ("ArchiveConversation", conversation_fields, Reader.take_conversation),
    Kind.PERSON: ("ArchivePerson", person_fields, Reader.take_person),
    Kind.MESSAGE: ("ArchiveMessage", message_fields, Reader.take_message),
    Kind.MARK: ("ArchiveMark", mark_fields, Reader.take_mark),
    Kind.SEAL: ("ArchiveSeal", seal_fields, Reader.take_seal),
}
