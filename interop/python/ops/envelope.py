"""Operations of the envelope chapter."""

from typing import Any

from aside import proto
from ops import Given, Tape, op


@op("decode")
def decode(given: Given, tape: Tape) -> dict[str, Any]:
    proto.decode(given.text("message"), given.bytes("bytes"))
    return {}
