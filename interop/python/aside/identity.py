"""The identity chapter: certificates, device lists, prekeys, handles.

Settings and safety numbers have no vectors, and are not here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from aside import proto
from aside.primitives import (
    SIGN,
    H,
    ed25519_parse,
    ed25519_public,
    kem_parse,
    kem_public,
    verify,
    x25519_parse_long_lived,
    x25519_public,
)
from aside.reject import check

SUITE = 1
DEVICES = 8
DEVICE_ID = 127
DEVICE_LIST_BYTES = 4608
PREKEY_BYTES = 1536
BY_ACCOUNT = "aside/1 certificate by account"
BY_DEVICE = "aside/1 certificate by device"
DEVICE_LIST = "aside/1 device list"
DEVICE_LIST_HASH = "aside/1 device list hash"
PREKEY = "aside/1 prekey"
HANDLE = re.compile(r"[a-z][a-z0-9_.]{1,31}")


@dataclass(frozen=True)
class Capabilities:
    """What a device can do."""

    expiry: bool
    capture: int
    protected_viewer: bool
    groups: bool
    automated: bool


@dataclass(frozen=True)
class Certificate:
    """What a certificate says, once it was verified."""

    account_key: bytes
    device_id: int
    signing_key: bytes
    agreement_key: bytes
    created_at: int
    capabilities: Capabilities


@dataclass(frozen=True)
class DeviceList:
    """A device list, once it was verified; its name is its version and its hash."""

    version: int
    hash: bytes
    previous: bytes
    issued_at: int
    devices: tuple[Certificate, ...]


@dataclass(frozen=True)
class Prekey:
    """A prekey, once it was verified, with its body as it was signed (HSK-7)."""

    body: bytes
    kind: int
    id: int
    not_after: int
    agreement_key: bytes
    encapsulation_key: bytes


def issue_certificate(
    account_private: bytes, device_id: int, signing_private: bytes, agreement_private: bytes, created_at: int
) -> bytes:
    """A certificate that claims no capabilities."""
    body = proto.encode(
        proto.Record(
            "CertificateBody",
            suite=SUITE,
            account_key=ed25519_public(account_private),
            device_id=device_id,
            signing_key=ed25519_public(signing_private),
            agreement_key=x25519_public(agreement_private),
            created_at=created_at,
            capabilities=proto.Record("Capabilities"),
        )
    )
    return proto.encode(
        proto.Record(
            "Certificate",
            body=body,
            account_signature=SIGN(account_private, BY_ACCOUNT, body),
            device_signature=SIGN(signing_private, BY_DEVICE, body),
        )
    )


def issue_first_list(account_private: bytes, certificates: list[bytes], issued_at: int) -> bytes:
    """The first device list of an account."""
    body = proto.Record(
        "DeviceListBody",
        account_key=ed25519_public(account_private),
        version=1,
        issued_at=issued_at,
        certificates=certificates,
    )
    return sign(account_private, DEVICE_LIST, proto.encode(body))


def issue_prekey(
    owner: Certificate,
    signing_private: bytes,
    kind: int,
    id_: int,
    not_after: int,
    agreement_private: bytes,
    kem_seed: bytes,
) -> bytes:
    """A prekey of both keys, under one id and one signature."""
    body = proto.Record(
        "PrekeyBody",
        suite=SUITE,
        account_key=owner.account_key,
        device_id=owner.device_id,
        kind=kind,
        id=id_,
        not_after=not_after,
        agreement_key=x25519_public(agreement_private),
        encapsulation_key=kem_public(kem_seed),
    )
    return sign(signing_private, PREKEY, proto.encode(body))


def sign(private: bytes, label: str, body: bytes) -> bytes:
    """A signed object."""
    return proto.encode(proto.Record("Signed", body=body, signature=SIGN(private, label, body)))


def open_signed(key: bytes, label: str, data: bytes, most: int) -> bytes:
    """The body of a signed object of at most so many bytes, once its signature was verified and before it is parsed (IDN-1)."""
    signed = proto.decode("Signed", data, most)
    check(len(signed.signature) == 64, "malformed")
    verify(key, label, signed.body, signed.signature)
    return bytes(signed.body)


@lru_cache(maxsize=1024)
def verify_certificate(account_key: bytes, data: bytes) -> Certificate:
    """Verifies a certificate of an expected account."""
    certificate = proto.decode("Certificate", data)
    check(len(certificate.account_signature) == 64 and len(certificate.device_signature) == 64, "malformed")
    verify(account_key, BY_ACCOUNT, certificate.body, certificate.account_signature)  # IDN-4
    body = proto.decode("CertificateBody", certificate.body)
    check(body.suite == SUITE, "version")
    check(ed25519_parse(body.account_key) == account_key, "policy")  # IDN-6
    verify(ed25519_parse(body.signing_key), BY_DEVICE, certificate.body, certificate.device_signature)  # IDN-4
    check(body.capabilities is not None, "malformed")
    check_device_id(body.device_id)
    x25519_parse_long_lived(body.agreement_key)
    return Certificate(
        body.account_key,
        body.device_id,
        body.signing_key,
        body.agreement_key,
        body.created_at,
        capabilities_of(body.capabilities),
    )


def capabilities_of(record: proto.Record) -> Capabilities:
    """Capabilities whose kind of capture detection is known."""
    check(proto.known("CaptureDetection", record.capture), "malformed")
    return Capabilities(record.expiry, record.capture, record.protected_viewer, record.groups, record.automated)


def check_device_id(device_id: int) -> None:
    """1 to 127 (IDN-3)."""
    check(1 <= device_id <= DEVICE_ID, "malformed")


@lru_cache(maxsize=1024)
def verify_device_list(account_key: bytes, data: bytes) -> DeviceList:
    """Verifies a device list of an expected account; whether it succeeds the list known is asked by `succeed`."""
    encoded = open_signed(account_key, DEVICE_LIST, data, DEVICE_LIST_BYTES)  # IDN-7
    body = proto.decode("DeviceListBody", encoded)
    check(body.account_key == account_key, "policy")  # IDN-6
    check(body.version != 0, "malformed")
    check(len(body.previous) == (0 if body.version == 1 else 32), "malformed")  # IDN-17
    devices = tuple(verify_certificate(account_key, certificate) for certificate in body.certificates)
    check(len(devices) <= DEVICES, "limit")
    ids = [device.device_id for device in devices]
    check(ids != [] and ids == sorted(set(ids)), "malformed")  # IDN-8
    return DeviceList(body.version, H(DEVICE_LIST_HASH, encoded), body.previous, body.issued_at, devices)


def succeed(known: DeviceList, offered: DeviceList) -> None:
    """Whether a list may replace the one known (IDN-9, IDN-19)."""
    if offered.hash == known.hash:
        return
    check(offered.version >= known.version, "stale")
    check(offered.version == known.version + 1 and offered.previous == known.hash, "fork")
    keys = {device.device_id: (device.signing_key, device.agreement_key) for device in known.devices}
    for device in offered.devices:
        same = (device.signing_key, device.agreement_key)
        check(keys.get(device.device_id, same) == same, "fork")


@lru_cache(maxsize=1024)
def verify_prekey(owner: Certificate, kind: int, now: int, data: bytes) -> Prekey:
    """Verifies a prekey of an expected device and kind."""
    encoded = open_signed(owner.signing_key, PREKEY, data, PREKEY_BYTES)  # IDN-10
    body = proto.decode("PrekeyBody", encoded)
    check(body.suite == SUITE, "version")
    check(ed25519_parse(body.account_key) == owner.account_key, "policy")  # IDN-12
    check_device_id(body.device_id)
    check(body.device_id == owner.device_id, "policy")
    check(body.kind == kind, "malformed")
    check(body.id != 0, "malformed")
    check(body.not_after >= now, "stale")
    x25519_parse_long_lived(body.agreement_key)  # IDN-11
    kem_parse(body.encapsulation_key)
    return Prekey(encoded, body.kind, body.id, body.not_after, body.agreement_key, body.encapsulation_key)


def check_handle(handle: str) -> None:
    """2 to 32 of a–z, 0–9, _ and ., of which the first is a letter (IDN-13)."""
    check(HANDLE.fullmatch(handle) is not None, "malformed")
