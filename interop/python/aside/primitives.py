"""The primitives chapter: labelled hashes, derivation, agreement, KEM, signatures, AEAD, commitments (suite 1)."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from kyber_py.ml_kem import ML_KEM_768  # type: ignore[import-untyped]

from aside import curve
from aside.reject import Reject, check, present

TAG = 16
ENCAPSULATION_KEY = 1184
KEM_CIPHERTEXT = 1088
KEM_SEED = 64


def u8(n: int) -> bytes:
    """One byte."""
    return n.to_bytes(1, "big")


def u16(n: int) -> bytes:
    """Two bytes, big-endian."""
    return n.to_bytes(2, "big")


def u24(n: int) -> bytes:
    """Three bytes, big-endian."""
    return n.to_bytes(3, "big")


def u32(n: int) -> bytes:
    """Four bytes, big-endian."""
    return n.to_bytes(4, "big")


def u64(n: int) -> bytes:
    """Eight bytes, big-endian."""
    return n.to_bytes(8, "big")


def part(x: bytes) -> bytes:
    """A variable part of an input, behind its length (PRM-1)."""
    return u32(len(x)) + x


def labelled(label: str, *parts: bytes) -> bytes:
    """part(label) ‖ part(x) ‖ …"""
    return part(label.encode("ascii")) + b"".join(part(x) for x in parts)


def H(label: str, *parts: bytes) -> bytes:
    """H(label; x, y, …): SHA-256 of the labelled parts."""
    return hashlib.sha256(labelled(label, *parts)).digest()


def KDF(salt: bytes, ikm: bytes, label: str, n: int) -> list[bytes]:
    """n keys from a salt and input key material: HKDF with info = part(label)."""
    return EXPAND(hmac.digest(salt, ikm, "sha256"), label, n)


def EXPAND(key: bytes, label: str, n: int) -> list[bytes]:
    """n keys from a uniform key: HKDF-Expand (RFC 5869, section 2.3), whose blocks are as long as a key (PRM-10)."""
    keys: list[bytes] = []
    block = b""
    for count in range(1, n + 1):
        block = hmac.digest(key, block + labelled(label) + u8(count), "sha256")
        keys.append(block)
    return keys


def COMMIT(key: bytes, label: str, *parts: bytes) -> bytes:
    """COMMIT(key, label; x, …): HMAC-SHA-256 of the labelled parts."""
    return hmac.digest(key, labelled(label, *parts), "sha256")


def equal(a: bytes, b: bytes) -> bool:
    """Compares in constant time and over all bytes (PRM-12, PRM-13)."""
    return hmac.compare_digest(a, b)


def x25519_public(private: bytes) -> bytes:
    """The public key of 32 private bytes."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def x25519_parse(key: bytes) -> bytes:
    """Checks a short-lived key: length and encoding (PRM-2)."""
    check(len(key) == 32, "key")
    check(int.from_bytes(key, "little") < curve.P, "key")
    return key


@lru_cache(maxsize=4096)
def x25519_parse_long_lived(key: bytes) -> bytes:
    """Checks a key of a certificate or prekey: PRM-2, then curve and order (PRM-3)."""
    x25519_parse(key)
    point = present(curve.from_x25519(int.from_bytes(key, "little")), "key")
    check(curve.is_prime_order(point), "key")
    return key


def DH(a: bytes, B: bytes) -> bytes:
    """DH(a, B), which stops with `key` when it comes out as zeros (PRM-4)."""
    try:
        return X25519PrivateKey.from_private_bytes(a).exchange(X25519PublicKey.from_public_bytes(B))
    except ValueError:  # the package refuses an output of zeros and nothing else
        raise Reject("key") from None


@lru_cache(maxsize=256)
def kem_keys(seed: bytes) -> tuple[bytes, bytes]:
    """The encapsulation and the decapsulation key of a seed d ‖ z; only the seed is kept in any state (PRM-8)."""
    public, private = ML_KEM_768.key_derive(seed)
    return public, private


def kem_public(seed: bytes) -> bytes:
    """The encapsulation key of a seed."""
    return kem_keys(seed)[0]


def kem_parse(key: bytes) -> bytes:
    """Checks an encapsulation key: length, then that each of its 768 numbers of 12 bits is below 3329 (PRM-9)."""
    check(len(key) == ENCAPSULATION_KEY, "key")
    numbers = int.from_bytes(key[:-32], "little")
    for _ in range(768):
        numbers, coefficient = numbers >> 12, numbers & 0xFFF
        check(coefficient < 3329, "key")
    return key


def ENCAPSULATE(K: bytes, m: bytes) -> tuple[bytes, bytes]:
    """The ciphertext and the shared secret: ML-KEM.Encaps_internal with the random bytes m."""
    secret, ciphertext = ML_KEM_768._encaps_internal(K, m)
    return ciphertext, secret


@lru_cache(maxsize=256)
def DECAPSULATE(k: bytes, ct: bytes) -> bytes:
    """The shared secret, or another one if the ciphertext was tampered with; it is never an error."""
    secret: bytes = ML_KEM_768.decaps(kem_keys(k)[1], ct)
    return secret


def ed25519_public(private: bytes) -> bytes:
    """The public key of a 32-byte seed."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


@lru_cache(maxsize=4096)
def ed25519_parse(key: bytes) -> bytes:
    """Checks a public key: length and encoding (PRM-6), then order (PRM-7)."""
    check(len(key) == 32, "key")
    point = present(curve.from_ed25519(key), "key")
    check(curve.is_prime_order(point), "key")
    return key


def SIGN(key: bytes, label: str, body: bytes) -> bytes:
    """Ed25519 over part(label) ‖ part(body)."""
    return Ed25519PrivateKey.from_private_bytes(key).sign(labelled(label, body))


def verify(key: bytes, label: str, body: bytes, signature: bytes) -> None:
    """Verifies strictly, by a key that was parsed (PRM-5).

    The package verifies without cofactor, refuses an S that is not reduced, and compares R as bytes; what is missing is that
    R has no small order.
    """
    check(len(signature) == 64, "signature")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, labelled(label, body))
    except InvalidSignature:
        raise Reject("signature") from None
    R = present(curve.from_ed25519(signature[:32]), "signature")
    check(not curve.is_small(R), "signature")


def SEAL(key: bytes, nonce: bytes, ad: bytes, text: bytes) -> tuple[bytes, bytes]:
    """The ciphertext, and the tag of 16 bytes apart."""
    sealed = ChaCha20Poly1305(key).encrypt(nonce, text, ad)
    return sealed[:-TAG], sealed[-TAG:]


def OPEN(key: bytes, nonce: bytes, ad: bytes, ciphertext: bytes, tag: bytes) -> bytes:
    """The text, after the whole tag was compared (PRM-11)."""
    check(len(tag) == TAG, "mac")
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, ciphertext + tag, ad)
    except InvalidTag:
        raise Reject("mac") from None
