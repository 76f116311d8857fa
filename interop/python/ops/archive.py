"""The operation of the archive chapter."""

from typing import Any

from aside import archive
from aside.archive import Kind
from ops import Given, Tape, op


@op("archive.read")
def read(given: Given, tape: Tape) -> dict[str, Any]:
    read_ = archive.read(given.bytes("archive"))
    return {
        "account_key": read_.manifest.account,
        "device_id": read_.manifest.device_id,
        "handle": read_.manifest.handle,
        "created_at": read_.manifest.created_at,
        "conversations": read_.records[Kind.CONVERSATION],
        "people": read_.records[Kind.PERSON],
        "messages": read_.records[Kind.MESSAGE],
        "marks": read_.records[Kind.MARK],
    }
