"""Operations of the conversations chapter and of that on healing."""

from typing import Any

from aside import healing, opt_in, senders
from aside.kinds import Place
from ops import Given, Tape, op


@op("opt_in.history")
def opt_in_history(given: Given, tape: Tape) -> dict[str, Any]:
    chat = opt_in.Chat()
    for event in given.text("events").split():
        if event.isdecimal():
            chat.receive(int(event))
        elif event == "open-another":
            chat.open_another()
        else:
            chat.act(event)
    return {"state": chat.state.value, "says": chat.says, "shown": chat.shown, "held": chat.held}


@op("conversations.sender")
def conversations_sender(given: Given, tape: Tape) -> dict[str, Any]:
    return {"becomes": senders.becomes(given.number("kind"), Place(given.text("place")), given.text("sender"))}


@op("session.begun")
def session_begun(given: Given, tape: Tape) -> dict[str, Any]:
    begun = healing.Session(given.number("generation"), given.bytes("id"))
    first = healing.Session(given.number("first_generation"), given.bytes("first_id"))
    verdict = healing.begun(begun, first if first.generation else None, given.flag("first_answered"))
    return {"sends": verdict.sends, "replaces": verdict.replaces, "behind": verdict.is_behind}


@op("session.trouble")
def session_trouble(given: Given, tape: Tape) -> dict[str, Any]:
    healing.check_trouble(given.text("word"))
    return {}


@op("retry.id")
def retry_id(given: Given, tape: Tape) -> dict[str, Any]:
    return {"id": healing.ciphertext_id(given.bytes("message"))}


@op("retry.plan")
def retry_plan(given: Given, tape: Tape) -> dict[str, Any]:
    return {"asks_at": healing.asks_at(given.number("now"), given.number("began_at"), given.number("drawn"))}


@op("retry.repeat")
def retry_repeat(given: Given, tape: Tape) -> dict[str, Any]:
    sent = healing.Sent(
        kind=given.number("kind"),
        age=given.number("age_ms"),
        times=given.number("times"),
        same_device=given.flag("same_device"),
        in_audience=given.flag("in_audience"),
        arrived=given.flag("arrived"),
        there=given.flag("there"),
    )
    healing.check_repeat(sent)
    return {}
