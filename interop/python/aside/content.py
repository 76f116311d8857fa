"""The kinds chapter: what content of each kind holds, and the checks of its fields (CON-8).

A check of a message type has the type's name; the comments of its fields in spec/kinds.md say what it asks for.
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import Any, Callable

from aside import expiry, identity, kinds, primitives, proto
from aside.messages import ExpiryMode, FormFieldKind, MediaKind, ReferenceKind
from aside.proto import Record
from aside.reject import Reject, check, present

TEXT_BYTES = 16_384
FALLBACK_BYTES = 512
CAPTION_BYTES = 4_096
THUMBNAIL_BYTES = 8_192
WAVEFORM_LEVELS = 64
MEDIA_TYPE_BYTES = 128
EMOJI_BYTES = 32
LINK_BYTES = 2_048
TITLE_BYTES = 256
DESCRIPTION_BYTES = 1_024
PROFILE_NAME_BYTES = 128
FORWARD_DEPTH = 127
FORM_FIELDS = 16
FORM_OPTIONS = 16
FORM_OPTION_BYTES = 128
FORM_ID_BYTES = 32
ANSWER_BYTES = 1_024
CARD_LINES = 32
CARD_ACTIONS = 8
ACTION_BYTES = 64
AMOUNT_DECIMALS = 8
NOTE_BYTES = 512
VIEW_ONCE_BYTES = 33_792
DECLARATION_BYTES = 256

HANDED_OVER = (16, 17, 18, 19, 32)
HELD_BY_REPLY = (1, 6, 7, 8, 9, 14)
HELD_BY_FORWARD = (1, 6, 7, 8, 9)

# Marks of direction (CON-18).
MARKS = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def decode(kind: int, content: bytes) -> Record | None:
    """Content of a kind (CON-8); nothing where it is taken as it is.

    That is content of a kind that is not known, and what members hand each other, which the chapters on groups and expiry
    decode.
    """
    if kinds.is_unknown(kind) or kind in HANDED_OVER:
        return None
    message = kinds.of(kind).message
    record = proto.decode(message, content)
    CHECKS[message](record)
    return record


def fallback(content: bytes) -> str | None:
    """What stands for content of an unknown kind, if it is text of 1 to 512 bytes (CON-17)."""
    found = first_fallback(content)
    try:
        return found.decode("utf-8") if 1 <= len(found) <= FALLBACK_BYTES else None
    except UnicodeDecodeError:
        return None


def first_fallback(content: bytes) -> bytes:
    """The first field 15 that has a length, of at most 128 fields; what stands behind it is not looked at."""
    try:
        for number, value in proto.fields(content, 128):
            if number == 15 and isinstance(value, bytes):
                return value
    except Reject:  # there are more fields, or bytes that are none
        pass
    return b""


# What fields may be


def exact(data: bytes, length: int) -> None:
    """Bytes of one length (ENV-6)."""
    check(len(data) == length, "malformed")


def exact_or_empty(data: bytes, length: int) -> None:
    """Bytes of one length, or none."""
    check(len(data) in (0, length), "malformed")


def sized(value: bytes | str, least: int, most: int) -> None:
    """A length in bytes."""
    length = len(value.encode("utf-8")) if isinstance(value, str) else len(value)
    check(least <= length <= most, "malformed")


def plain(text: str, least: int, most: int) -> None:
    """A text that shows as it reads: no control characters, no marks of direction (CON-18)."""
    sized(text, least, most)
    check(not any(unicodedata.category(c) == "Cc" or ord(c) in MARKS for c in text), "malformed")


def address(text: str) -> None:
    """Printable ASCII without spaces (CON-19)."""
    sized(text, 1, LINK_BYTES)
    check(all("!" <= c <= "~" for c in text), "malformed")


def link(text: str) -> None:
    """An address that can be opened (CON-19)."""
    address(text)
    check(text.startswith("https://") and text != "https://", "malformed")


def known(enum: str, value: int) -> None:
    """A value that this version names (ENV-6)."""
    check(proto.known(enum, value), "malformed")


def not_zero(number: int) -> None:
    """A number that begins with 1."""
    check(number != 0, "malformed")


def within(number: int, least: int, most: int) -> None:
    """A number, or how many there are, between two bounds."""
    check(least <= number <= most, "malformed")


def different(values: list[Any]) -> None:
    """No value comes twice."""
    check(len(set(values)) == len(values), "malformed")


def ascending_ids(ids: list[bytes]) -> None:
    """Ids of 16 bytes, in ascending order, none of them twice."""
    for id_ in ids:
        exact(id_, 16)
    check(all(a < b for a, b in pairwise(ids)), "malformed")


def fallback_of(record: Record) -> None:
    """What whoever does not know this kind shows (CON-17)."""
    sized(record.fallback, 1, FALLBACK_BYTES)


# Kinds 1 to 5: text, and how a chat begins and ends


def text(record: Record) -> None:
    body = record.body.encode("utf-8")
    sized(body, 1, TEXT_BYTES)
    end = 0
    for mention in record.mentions:
        primitives.ed25519_parse(mention.account)
        end = end_of_mention(mention, body, end)


def end_of_mention(mention: Record, body: bytes, before: int) -> int:
    """Where a mention ends, if it begins behind the one before, and both between characters (CON-12)."""
    end: int = mention.start + mention.length
    not_zero(mention.length)
    check(before <= mention.start and end <= len(body), "malformed")
    check(between_characters(body, mention.start) and between_characters(body, end), "malformed")
    return end


def between_characters(body: bytes, at: int) -> bool:
    """Whether a place in UTF-8 is not within a character."""
    return at == len(body) or body[at] & 0xC0 != 0x80


def chat_open(record: Record) -> None:
    exact_or_empty(record.beside, 32)


def nothing(record: Record) -> None:
    """A kind without fields."""


# Kinds 6 to 9: what is shown by itself

# Which of the fields that depend on it a kind of media has (CON-21).
MEDIA_FIELDS = {
    MediaKind.IMAGE: {"width", "height", "thumbnail"},
    MediaKind.VIDEO: {"width", "height", "duration_ms", "thumbnail"},
    MediaKind.VOICE: {"duration_ms", "waveform"},
    MediaKind.FILE: {"thumbnail"},
}


def media(record: Record) -> None:
    known("MediaKind", record.kind)
    attachment(present(record.attachment, "malformed"))
    file_name(record.name)
    check(record.kind != MediaKind.FILE or record.name != "", "malformed")
    for field in set.union(*MEDIA_FIELDS.values()) - MEDIA_FIELDS[MediaKind(record.kind)]:
        check(not getattr(record, field), "malformed")
    check((record.width == 0) == (record.height == 0), "malformed")
    sized(record.waveform, 0, WAVEFORM_LEVELS)
    sized(record.thumbnail, 0, THUMBNAIL_BYTES)
    sized(record.caption, 0, CAPTION_BYTES)
    fallback_of(record)


def file_name(name: str) -> None:
    """A name that is no path (CON-21)."""
    plain(name, 0, TITLE_BYTES)
    check("/" not in name and "\\" not in name and name not in (".", ".."), "malformed")


def attachment(record: Record) -> None:
    exact(record.id, 32)
    exact(record.key, 32)
    not_zero(record.size)
    exact(record.hash, 32)
    sized(record.media_type, 1, MEDIA_TYPE_BYTES)
    check(all(" " <= c <= "~" for c in record.media_type), "malformed")


def sticker(record: Record) -> None:
    exact(record.pack, 16)
    exact(record.sticker, 16)
    if record.image is not None:
        attachment(record.image)
    plain(record.emoji, 0, EMOJI_BYTES)
    fallback_of(record)


def reference(record: Record) -> None:
    known("ReferenceKind", record.kind)
    if record.kind == ReferenceKind.LINK:
        link(record.target)
    else:
        address(record.target)
    if record.preview is not None:
        preview(record.preview)
    fallback_of(record)


def preview(record: Record) -> None:
    plain(record.title, 0, TITLE_BYTES)
    sized(record.description, 0, DESCRIPTION_BYTES)
    plain(record.site, 0, TITLE_BYTES)
    sized(record.thumbnail, 0, THUMBNAIL_BYTES)


def profile(record: Record) -> None:
    primitives.ed25519_parse(record.account)
    identity.check_handle(record.handle)
    plain(record.name, 0, PROFILE_NAME_BYTES)
    fallback_of(record)


# Kinds 10 to 14: what is said about messages


def target(record: Record) -> None:
    exact(record.message_id, 16)
    primitives.ed25519_parse(record.author)
    exact(record.hash, 32)


def reply_to(record: Record) -> None:
    target(present(record.target, "malformed"))
    held(record, HELD_BY_REPLY)
    fallback_of(record)


def held(record: Record, allowed: tuple[int, ...]) -> None:
    """Content in content: of a few kinds, or of one that is not known (CON-16)."""
    check(record.kind in allowed or kinds.is_unknown(record.kind), "malformed")
    decode(record.kind, record.content)


def reaction(record: Record) -> None:
    target(present(record.target, "malformed"))
    plain(record.emoji, 0, EMOJI_BYTES)
    not_zero(record.counter)


def edit(record: Record) -> None:
    target(present(record.target, "malformed"))
    not_zero(record.version)
    text(proto.decode("Text", record.text))


def unsend(record: Record) -> None:
    exact(record.message_id, 16)


def forward(record: Record) -> None:
    within(record.depth, 1, FORWARD_DEPTH)
    held(record, HELD_BY_FORWARD)
    fallback_of(record)


# Kinds 20 to 23: what programs and businesses say


def form(record: Record) -> None:
    plain(record.title, 0, TITLE_BYTES)
    within(len(record.fields), 1, FORM_FIELDS)
    different([question.id for question in questions(record)])
    fallback_of(record)


def questions(record: Record) -> list[Record]:
    """The questions of a form, which it holds encoded."""
    fields = [proto.decode("FormField", field) for field in record.fields]
    for field in fields:
        form_field(field)
    return fields


def form_field(record: Record) -> None:
    plain(record.id, 1, FORM_ID_BYTES)
    plain(record.label, 1, TITLE_BYTES)
    known("FormFieldKind", record.kind)
    if record.kind == FormFieldKind.CHOICE:
        within(len(record.options), 1, FORM_OPTIONS)
    else:
        within(len(record.options), 0, 0)
    for option in record.options:
        plain(option, 1, FORM_OPTION_BYTES)
    different(record.options)
    check(not (record.required and record.kind == FormFieldKind.BUTTON), "malformed")


def choice(record: Record) -> None:
    target(present(record.target, "malformed"))
    within(len(record.answers), 1, FORM_FIELDS)
    for answer in record.answers:
        plain(answer.field, 1, FORM_ID_BYTES)
        sized(answer.value, 0, ANSWER_BYTES)
    different([answer.field for answer in record.answers])
    fallback_of(record)


def card(record: Record) -> None:
    known("CardKind", record.kind)
    plain(record.title, 1, TITLE_BYTES)
    within(len(record.lines), 0, CARD_LINES)
    for line in record.lines:
        plain(line.label, 1, TITLE_BYTES)
        plain(line.value, 0, TITLE_BYTES)
    if record.amount is not None:
        amount(record.amount)
    if record.link != "":
        link(record.link)
    within(len(record.actions), 0, CARD_ACTIONS)
    for action in record.actions:
        plain(action.label, 1, ACTION_BYTES)
        plain(action.value, 1, TITLE_BYTES)
    fallback_of(record)


def amount(record: Record) -> None:
    exact(record.currency.encode("utf-8"), 3)
    check(all("A" <= letter <= "Z" for letter in record.currency), "malformed")
    check(record.decimals <= AMOUNT_DECIMALS, "malformed")


def handover(record: Record) -> None:
    sized(record.note, 0, NOTE_BYTES)
    fallback_of(record)


# Kinds 24 to 28: receipts, indicators, wishes


def receipts(record: Record) -> None:
    known("ReceiptKind", record.kind)
    check(len(record.message_ids) > 0, "malformed")
    ascending_ids(record.message_ids)


def presence(record: Record) -> None:
    known("PresenceState", record.state)


def sharing(record: Record) -> None:
    not_zero(record.version)


def encrypted_only(record: Record) -> None:
    sized(record.declaration, 1, DECLARATION_BYTES)


# Kinds 29 to 34, without 32: expiry (spec/expiry.md), captures (spec/capture.md), retries (spec/healing.md)


def expiry_policy(record: Record) -> None:
    not_zero(record.version)
    expiry.check_terms(record.mode, record.duration_s, record.unread_cap_s)
    exact(record.parent, 0 if record.version == 1 else 32)


def shorten(record: Record) -> None:
    exact(record.message_id, 16)
    check(record.mode in (ExpiryMode.AFTER_SEND, ExpiryMode.AFTER_READ), "malformed")
    expiry.check_terms(record.mode, record.duration_s, record.unread_cap_s)


def view_once(record: Record) -> None:
    sized(record.sealed, 4 + primitives.TAG, VIEW_ONCE_BYTES)
    exact(record.commitment, 32)
    exact_or_empty(record.key, 32)
    fallback_of(record)


def capture_notice(record: Record) -> None:
    """CAP-4."""
    known("CaptureKind", record.kind)
    check(len(record.refs) > 0, "malformed")
    ascending_ids(record.refs)
    known("CaptureDetector", record.detector)


def retry(record: Record) -> None:
    """HEA-17."""
    ascending_ids(record.messages)


CHECKS: dict[str, Callable[[Record], None]] = {
    "Text": text,
    "ChatOpen": chat_open,
    "ChatAccept": nothing,
    "ChatDecline": nothing,
    "ChatClose": nothing,
    "Media": media,
    "Sticker": sticker,
    "Reference": reference,
    "Profile": profile,
    "ReplyTo": reply_to,
    "Reaction": reaction,
    "Edit": edit,
    "Unsend": unsend,
    "Forward": forward,
    "Form": form,
    "Choice": choice,
    "Card": card,
    "Handover": handover,
    "Receipts": receipts,
    "Typing": nothing,
    "Presence": presence,
    "Sharing": sharing,
    "EncryptedOnly": encrypted_only,
    "ExpiryPolicy": expiry_policy,
    "Shorten": shorten,
    "ViewOnce": view_once,
    "CaptureNotice": capture_notice,
    "Retry": retry,
}


# Answers


def check_answers(asked: Record, chosen: Record) -> None:
    """Refuses answers that do not fit the form or card they are for (CON-26)."""
    answers = {answer.field: answer.value for answer in chosen.answers}
    if asked.type_ == "Card":
        check(set(answers) == {"action"}, "policy")
        check(answers["action"] in [action.value for action in asked.actions], "policy")
        return
    fields = {field.id: field for field in questions(asked)}
    check(set(answers) <= set(fields), "policy")
    for id_, value in answers.items():
        check(fits(value, fields[id_]), "policy")
    check(all(answers.get(field.id) for field in fields.values() if field.required), "policy")


def fits(value: str, field: Record) -> bool:
    """Whether a value is an answer to a question."""
    if field.kind == FormFieldKind.CHOICE:
        return value in field.options
    return field.kind == FormFieldKind.TEXT or value == ""
