"""Operations of the identity chapter."""

from typing import Any

from aside import identity
from aside.messages import PrekeyKind
from aside.primitives import ed25519_parse, ed25519_public
from ops import Given, Tape, op

KINDS = {"signed": PrekeyKind.SIGNED, "one-time": PrekeyKind.ONE_TIME}


def given_certificate(given: Given) -> identity.Certificate:
    """The certificate of the device that something is expected of."""
    return identity.verify_certificate(ed25519_parse(given.bytes("account_key")), given.bytes("certificate"))


@op("device.generate")
def device_generate(given: Given, tape: Tape) -> dict[str, Any]:
    account = tape.draw("account key", 32)
    signing = tape.draw("device signing key", 32)
    agreement = tape.draw("device agreement key", 32)
    now = given.number("now")
    certificate = identity.issue_certificate(account, given.number("device_id"), signing, agreement, now)
    return {
        "account_key": ed25519_public(account),
        "certificate": certificate,
        "device_list": identity.issue_first_list(account, [certificate], now),
    }


@op("certificate.verify")
def certificate_verify(given: Given, tape: Tape) -> dict[str, Any]:
    certificate = given_certificate(given)
    capabilities = certificate.capabilities
    return {
        "device_id": certificate.device_id,
        "signing_key": certificate.signing_key,
        "agreement_key": certificate.agreement_key,
        "created_at": certificate.created_at,
        "expiry": capabilities.expiry,
        "capture": capabilities.capture,
        "protected_viewer": capabilities.protected_viewer,
        "groups": capabilities.groups,
        "automated": capabilities.automated,
    }


@op("device_list.verify")
def device_list_verify(given: Given, tape: Tape) -> dict[str, Any]:
    verified = identity.verify_device_list(ed25519_parse(given.bytes("account_key")), given.bytes("list"))
    return {
        "version": verified.version,
        "hash": verified.hash,
        "issued_at": verified.issued_at,
        "devices": [device.device_id for device in verified.devices],
    }


@op("device_list.succeed")
def device_list_succeed(given: Given, tape: Tape) -> dict[str, Any]:
    account_key = ed25519_parse(given.bytes("account_key"))
    known = identity.verify_device_list(account_key, given.bytes("known"))
    offered = identity.verify_device_list(account_key, given.bytes("offered"))
    identity.succeed(known, offered)
    return {"version": offered.version, "hash": offered.hash}


@op("prekey.generate")
def prekey_generate(given: Given, tape: Tape) -> dict[str, Any]:
    owner = given_certificate(given)
    agreement = tape.draw("prekey agreement key", 32)
    seed = tape.draw("prekey KEM seed", 64)
    named = KINDS[given.text("kind")], given.number("id"), given.number("not_after")
    return {"prekey": identity.issue_prekey(owner, given.bytes("signing_private"), *named, agreement, seed)}


@op("prekey.verify")
def prekey_verify(given: Given, tape: Tape) -> dict[str, Any]:
    owner = given_certificate(given)
    prekey = identity.verify_prekey(owner, KINDS[given.text("kind")], given.number("now"), given.bytes("prekey"))
    return {
        "id": prekey.id,
        "not_after": prekey.not_after,
        "agreement_key": prekey.agreement_key,
        "encapsulation_key": prekey.encapsulation_key,
    }


@op("handle.parse")
def handle_parse(given: Given, tape: Tape) -> dict[str, Any]:
    identity.check_handle(given.text("handle"))
    return {}
