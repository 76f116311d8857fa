"""Answers the requests of the conformance runner, one JSON object a line (spec/conformance.md, driver)."""

from __future__ import annotations

import json
import sys
from typing import Any

import ops
from aside.reject import Reject

NAME = "aside-python"
PROTOCOL = 1


class Shim:
    """Answers requests; between two `begin` it keeps the world of a script."""

    def __init__(self) -> None:
        self.world = ops.World({})

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to a request, without its id."""
        try:
            if request["do"] == "hello":
                return self.hello(request)
            if request["do"] == "begin":
                self.world = ops.World(request["people"])
                return {"ok": {}}
            if request["do"] == "step":
                return self.step(request)
            return {"fault": f"unknown request {request['do']}"}
        except ops.Fault as fault:
            return {"fault": str(fault)}
        except Exception as error:  # whatever it is, it is a defect here, and the next request may still be answered
            return {"fault": f"{type(error).__name__}: {error}"}

    def hello(self, request: dict[str, Any]) -> dict[str, Any]:
        """Who this is, and what it claims."""
        if request["protocol"] != PROTOCOL:
            return {"fault": f"protocol {request['protocol']} is not spoken here"}
        return {"ok": {"name": NAME, "levels": ops.LEVELS, "features": []}}

    def step(self, request: dict[str, Any]) -> dict[str, Any]:
        """One step: what comes out of it, or the word of its refusal; and the state after a step of a script."""
        tape = ops.Tape(request.get("tape"))
        reply = self.outcome(request, tape)
        if "skip" in reply:
            return reply
        tape.finish()
        if "session" in request:
            reply["state"] = self.world.state(request["session"])
        return reply | {"drawn": tape.drawn}

    def outcome(self, request: dict[str, Any], tape: ops.Tape) -> dict[str, Any]:
        """`ok`, `reject` or `skip`."""
        name, given = request["op"], ops.Given(request["in"])
        try:
            if name in ops.SESSION_OPERATIONS:
                scene = ops.Scene(self.world, request["actor"], request["session"])
                return {"ok": to_json(ops.SESSION_OPERATIONS[name](given, tape, scene))}
            if name in ops.OPERATIONS:
                return {"ok": to_json(ops.OPERATIONS[name](given, tape))}
            return {"skip": f"{name} is not implemented"}
        except Reject as reject:
            return {"reject": reject.word}


def to_json(value: Any) -> Any:
    """Bytes as lower-case hex, at any depth."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: to_json(element) for name, element in value.items()}
    if isinstance(value, list):
        return [to_json(element) for element in value]
    return value


def main() -> None:
    """Answers until the input ends."""
    ops.load()
    shim = Shim()
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps({"id": request["id"]} | shim.answer(request)), flush=True)
