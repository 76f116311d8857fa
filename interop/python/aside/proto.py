"""The envelope chapter: strict decoding and canonical encoding of Protocol Buffers, driven by the table of `messages`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Iterator

from aside.messages import ENUMS, MESSAGES, Field, Message
from aside.reject import Reject, check, present

VARINT, BYTES = 0, 2


class Record(SimpleNamespace):
    """A decoded message, one attribute for each field.

    Absent is the default of a scalar, None of a nested message and of the members of a oneof, and [] of a repeated field.
    """

    def __init__(self, type_: str, **fields: Any) -> None:
        super().__init__(type_=type_, **{field.name: default(field) for field in MESSAGES[type_].fields.values()})
        for name, value in fields.items():
            if not hasattr(self, name):
                raise AttributeError(f"{type_} has no field {name}")
            setattr(self, name, value)


def default(field: Field) -> Any:
    """The value of a field that is absent."""
    if field.repeated:
        return []
    if field.oneof or field.type in MESSAGES:
        return None
    return {"bytes": b"", "string": "", "bool": False}.get(field.type, 0)


def encode(record: Record) -> bytes:
    """The canonical form (ENV-1)."""
    out = b""
    for field in MESSAGES[record.type_].fields.values():
        value = getattr(record, field.name)
        if field.repeated:
            out += b"".join(encode_field(field, element) for element in value)
        elif value != default(field):
            out += encode_field(field, value)
    return out


def encode_field(field: Field, value: Any) -> bytes:
    """One field: its key, and its value in the form of its type."""
    if field.type in MESSAGES:
        return key(field, BYTES) + length_delimited(encode(value))
    if field.type == "bytes":
        return key(field, BYTES) + length_delimited(value)
    if field.type == "string":
        return key(field, BYTES) + length_delimited(value.encode("utf-8"))
    return key(field, VARINT) + varint(int(value) % 2**64)


def key(field: Field, wire_type: int) -> bytes:
    """The number of a field and its wire type."""
    return varint(field.number << 3 | wire_type)


def length_delimited(content: bytes) -> bytes:
    """The content behind its length."""
    return varint(len(content)) + content


def varint(n: int) -> bytes:
    """The fewest bytes for a number below 2^64."""
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def decode(type_: str, data: bytes, most: int | None = None) -> Record:
    """Decodes a message of the type that is expected here, by the checks of the chapter in their order.

    Where a chapter gives what is signed another bound than `Signed` has, that is `most`. If it is smaller, it counts beside those
    of the type, and otherwise alone.
    """
    message = MESSAGES[type_]
    if message.limits is None:
        raise ValueError(f"{type_} only stands in other messages")
    most_bytes, most_fields = message.limits
    check(len(data) <= (most or most_bytes), "limit")
    walk(message, data, most_fields if (most or 0) <= most_bytes else None)
    record = parse(message, data)
    check(encode(record) == data, "malformed")
    return record


def walk(message: Message, data: bytes, most: int | None) -> None:
    """Counts the fields, and looks at their wire types, before anything is built of them (ENV-3, ENV-4).

    The body of a request or reply is walked where it is met, and counted by itself; a second one is refused at the end.
    """
    bodies = 0
    for number, value in fields(data, most):
        if number in message.fields and message.fields[number].oneof and isinstance(value, bytes):
            bodies += 1
            for _ in fields(value, most):
                pass
    check(bodies <= 1, "malformed")


def fields(data: bytes, most: int | None) -> Iterator[tuple[int, int | bytes]]:
    """The numbers and values of the fields, at most so many of them."""
    at = count = 0
    while at < len(data):
        count += 1
        check(most is None or count <= most, "limit")
        tag, at = read_varint(data, at)
        number, wire_type = tag >> 3, tag & 7
        check(number < 2**32 and wire_type in (VARINT, BYTES), "malformed")
        value, at = read_varint(data, at)
        if wire_type == VARINT:
            yield number, value
        else:
            check(value <= len(data) - at, "malformed")
            yield number, data[at : at + value]
            at += value


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of at most ten bytes and 64 bits, and where it ends."""
    n = 0
    for count in range(10):
        check(at + count < len(data), "malformed")
        byte = data[at + count]
        n |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            check(n < 2**64, "malformed")
            return n, at + count + 1
    raise Reject("malformed")


def parse(message: Message, data: bytes) -> Record:
    """The values of the fields that the type has; what else is wrong shows when the record is encoded again (ENV-5)."""
    record = Record(message.name)
    for number, value in fields(data, None):
        field = present(message.fields.get(number), "malformed")
        parsed = parse_value(field, value)
        if field.repeated:
            getattr(record, field.name).append(parsed)
        else:
            setattr(record, field.name, parsed)
    return record


def parse_value(field: Field, value: int | bytes) -> Any:
    """The value of a field in the type it has, from that of its wire type."""
    if isinstance(value, int):
        check(field.type in ("uint32", "uint64", "bool") or field.type in ENUMS, "malformed")
        return parse_number(field.type, value)
    check(field.type in ("bytes", "string") or field.type in MESSAGES, "malformed")
    if field.type in MESSAGES:
        return parse(MESSAGES[field.type], value)
    return parse_text(value) if field.type == "string" else value


def parse_number(type_: str, value: int) -> int | bool:
    """A number cut to its type, as generated decoders do; the second encoding shows what was cut off."""
    if type_ == "bool":
        return value != 0
    if type_ == "uint64":
        return value
    value %= 2**32
    return value - 2**32 if type_ in ENUMS and value >= 2**31 else value


def parse_text(value: bytes) -> str:
    """A string, which is UTF-8 (ENV-4)."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise Reject("malformed") from None


def known(enum: str, value: int) -> bool:
    """Whether this version names the value, other than UNSPECIFIED (ENV-6)."""
    return any(member == value and member.name != "UNSPECIFIED" for member in ENUMS[enum])
