"""The kinds chapter, declarations: to be reached by somebody only encrypted (CON-27)."""

from __future__ import annotations

from typing import NamedTuple

from aside import content, identity, proto
from aside.identity import Certificate
from aside.primitives import ed25519_parse
from aside.reject import check

LABEL = "aside/1 encrypted only"


class Declaration(NamedTuple):
    """Whom it is for, and its version."""

    peer: bytes
    version: int


def issue(owner: Certificate, signing_private: bytes, peer: bytes, version: int) -> bytes:
    """Signs a declaration."""
    check_body(owner.account_key, ed25519_parse(peer), version)
    body = proto.Record(
        "EncryptedOnlyBody", account=owner.account_key, device_id=owner.device_id, peer=peer, version=version
    )
    return identity.sign(signing_private, LABEL, proto.encode(body))


def verify(owner: Certificate, data: bytes) -> Declaration:
    """Verifies a declaration with the certificate of the device, by the checks of the chapter in their order."""
    body = proto.decode(
        "EncryptedOnlyBody", identity.open_signed(owner.signing_key, LABEL, data, content.DECLARATION_BYTES)
    )
    ed25519_parse(body.account)
    identity.check_device_id(body.device_id)
    check((body.account, body.device_id) == (owner.account_key, owner.device_id), "policy")
    ed25519_parse(body.peer)
    check_body(body.account, body.peer, body.version)
    return Declaration(body.peer, body.version)


def check_body(account: bytes, peer: bytes, version: int) -> None:
    """Nobody declares anything to themselves, and versions begin with 1."""
    check(account != peer, "malformed")
    check(version != 0, "malformed")
