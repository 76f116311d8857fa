"""Operations of transcripts: requests as a client makes them, and what a relay sees of them."""

from __future__ import annotations

from typing import Any, Callable

from aside import proto, relay_view, requests
from aside.messages import EnvelopeKind, Keep
from aside.proto import Record
from aside.requests import Connection
from ops import Given, Tape, op


def request(name: str) -> Callable[[Callable[[Given, Tape], Record]], None]:
    """Registers `request.…`, which gives the encoded request with this body."""

    def register(body: Callable[[Given, Tape], Record]) -> None:
        @op(f"request.{name}")
        def encoded(given: Given, tape: Tape) -> dict[str, Any]:
            return {"request": requests.encode(given.number("id"), name, body(given, tape))}

    return register


@request("register")
def register(given: Given, tape: Tape) -> Record:
    return Record("Register", handle=given.text("handle"), **of(given, "account_key", "device_list", "signature"))


@request("login")
def login(given: Given, tape: Tape) -> Record:
    store = proto.decode("StoreGeneration", given.bytes("store"))
    device_id = given.number("device_id")
    return Record("Login", device_id=device_id, store=store, **of(given, "account_key", "signature"))


@request("publish_prekeys")
def publish_prekeys(given: Given, tape: Tape) -> Record:
    return Record("PublishPrekeys", one_time=given.list("one_time"), **of(given, "signed_prekey"))


@request("resolve")
def resolve(given: Given, tape: Tape) -> Record:
    return Record("Resolve", handle=given.text("handle"))


@request("fetch_devices")
def fetch_devices(given: Given, tape: Tape) -> Record:
    return Record("FetchDevices", known_version=given.number("known_version"), **of(given, "account_key"))


@request("fetch_prekeys")
def fetch_prekeys(given: Given, tape: Tape) -> Record:
    return Record("FetchPrekeys", device_id=given.number("device_id"), **of(given, "account_key"))


@request("send")
def send(given: Given, tape: Tape) -> Record:
    return Record(
        "Send",
        client_id=requests.client_id(tape),
        recipient=given.bytes("recipient"),
        list_version=given.number("list_version"),
        parcels=parcels(given, EnvelopeKind[given.text("channel").removeprefix("ENVELOPE_KIND_")]),
        keep=keep(given),
    )


@request("subscribe")
def subscribe(given: Given, tape: Tape) -> Record:
    return Record("Subscribe")


@request("acknowledge")
def acknowledge(given: Given, tape: Tape) -> Record:
    return Record("Acknowledge", up_to=given.number("up_to"))


@request("fan_out")
def fan_out(given: Given, tape: Tape) -> Record:
    return Record(
        "FanOut",
        client_id=requests.client_id(tape),
        recipients=recipients(given),
        envelope=requests.envelope(EnvelopeKind.GROUP, given.bytes("payload")),
        keep=keep(given),
    )


@request("append_entry")
def append_entry(given: Given, tape: Tape) -> Record:
    return Record(
        "AppendEntry",
        client_id=requests.client_id(tape),
        position=given.number("position"),
        recipients=recipients(given),
        **of(given, "log", "entry"),
    )


@request("fetch_entries")
def fetch_entries(given: Given, tape: Tape) -> Record:
    return Record("FetchEntries", **of(given, "log"), **{"from": given.number("from")})


@request("transient")
def transient(given: Given, tape: Tape) -> Record:
    return Record(
        "Transient",
        recipient=given.bytes("recipient"),
        list_version=given.number("list_version"),
        parcels=parcels(given, EnvelopeKind.PAIRWISE),
    )


@request("publish_settings")
def publish_settings(given: Given, tape: Tape) -> Record:
    return Record("PublishSettings", **of(given, "settings"))


@request("fetch_settings")
def fetch_settings(given: Given, tape: Tape) -> Record:
    return Record("FetchSettings")


@request("declare")
def declare(given: Given, tape: Tape) -> Record:
    return Record("Declare", **of(given, "declaration"))


def of(given: Given, *names: str) -> dict[str, Any]:
    """Some fields that are bytes."""
    return {name: given.bytes(name) for name in names}


def keep(given: Given) -> Keep:
    """A class by its name."""
    return Keep[given.text("keep").removeprefix("KEEP_")]


def parcels(given: Given, kind: EnvelopeKind) -> list[Record]:
    """A payload for each device."""
    return requests.parcels(kind, dict(zip(given.numbers("devices"), given.list("payloads"), strict=True)))


def recipients(given: Given) -> list[Record]:
    """Devices of each account, a byte each."""
    return requests.recipients(dict(zip(given.list("accounts"), given.list("devices"), strict=True)))


@op("relay.see")
def see(given: Given, tape: Tape) -> dict[str, Any]:
    account_key = given.bytes("account_key")
    connection = Connection(account_key, given.number("device_id")) if account_key else None
    return relay_view.see(requests.decode(given.bytes("request"), connection), connection)._asdict()
