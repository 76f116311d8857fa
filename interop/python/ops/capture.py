"""Operations of the capture chapter."""

from typing import Any

from aside import capture, content
from aside.capture import Message, Waiting
from aside.reject import present
from ops import Given, Tape, op


@op("capture.tell")
def capture_tell(given: Given, tape: Tape) -> dict[str, Any]:
    refs = given.list("waiting")
    told = capture.tell(
        given.text("scene"),
        given.bytes("own"),
        messages(given),
        list(zip(given.list("told"), given.numbers("told_at"), strict=True)),
        Waiting(refs, given.number("waiting_since")) if refs else None,
        given.number("now"),
    )
    return {
        "waiting": told.waiting or [],
        "named": [id_ for refs in told.further for id_ in refs],
        "notices": [len(refs) for refs in told.further],
    }


@op("capture.show")
def capture_show(given: Given, tape: Tape) -> dict[str, Any]:
    notice = present(content.decode(33, given.bytes("notice")), "malformed")
    here = messages(given)
    said = [message for message, said in zip(here, given.numbers("said"), strict=True) if said]
    shown = capture.show(given.text("scene"), given.bytes("by"), notice.refs, here, said)
    return {"authors": [message.author for message in shown], "ids": [message.id for message in shown]}


def messages(given: Given) -> list[Message]:
    return list(map(Message, given.list("authors"), given.list("ids")))
