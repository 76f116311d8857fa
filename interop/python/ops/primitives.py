"""Operations of the primitives chapter."""

from typing import Any

from aside import primitives as prm
from aside.reject import check
from ops import Given, Tape, op


@op("hash")
def hash_(given: Given, tape: Tape) -> dict[str, Any]:
    return {"hash": prm.H(given.text("label"), *given.list("parts"))}


@op("kdf")
def kdf(given: Given, tape: Tape) -> dict[str, Any]:
    return {"keys": prm.KDF(given.bytes("salt"), given.bytes("ikm"), given.text("label"), given.number("count"))}


@op("expand")
def expand(given: Given, tape: Tape) -> dict[str, Any]:
    return {"keys": prm.EXPAND(given.bytes("key"), given.text("label"), given.number("count"))}


@op("commit")
def commit(given: Given, tape: Tape) -> dict[str, Any]:
    return {"commitment": prm.COMMIT(given.bytes("key"), given.text("label"), *given.list("parts"))}


@op("commit.verify")
def commit_verify(given: Given, tape: Tape) -> dict[str, Any]:
    expected = prm.COMMIT(given.bytes("key"), given.text("label"), *given.list("parts"))
    check(prm.equal(expected, given.bytes("commitment")), "commitment")
    return {}


@op("aead.seal")
def aead_seal(given: Given, tape: Tape) -> dict[str, Any]:
    ciphertext, tag = prm.SEAL(given.bytes("key"), given.bytes("nonce"), given.bytes("ad"), given.bytes("plaintext"))
    return {"ciphertext": ciphertext, "tag": tag}


@op("aead.open")
def aead_open(given: Given, tape: Tape) -> dict[str, Any]:
    sealed = given.bytes("ciphertext"), given.bytes("tag")
    return {"plaintext": prm.OPEN(given.bytes("key"), given.bytes("nonce"), given.bytes("ad"), *sealed)}


@op("x25519.public")
def x25519_public(given: Given, tape: Tape) -> dict[str, Any]:
    return {"key": prm.x25519_public(given.bytes("private"))}


@op("x25519.parse")
def x25519_parse(given: Given, tape: Tape) -> dict[str, Any]:
    prm.x25519_parse(given.bytes("key"))
    return {}


@op("x25519.parse_long_lived")
def x25519_parse_long_lived(given: Given, tape: Tape) -> dict[str, Any]:
    prm.x25519_parse_long_lived(given.bytes("key"))
    return {}


@op("x25519.agree")
def x25519_agree(given: Given, tape: Tape) -> dict[str, Any]:
    return {"agreement": prm.DH(given.bytes("private"), prm.x25519_parse(given.bytes("key")))}


@op("ed25519.public")
def ed25519_public(given: Given, tape: Tape) -> dict[str, Any]:
    return {"key": prm.ed25519_public(given.bytes("private"))}


@op("ed25519.parse")
def ed25519_parse(given: Given, tape: Tape) -> dict[str, Any]:
    prm.ed25519_parse(given.bytes("key"))
    return {}


@op("ed25519.sign")
def ed25519_sign(given: Given, tape: Tape) -> dict[str, Any]:
    return {"signature": prm.SIGN(given.bytes("private"), given.text("label"), given.bytes("body"))}


@op("ed25519.verify")
def ed25519_verify(given: Given, tape: Tape) -> dict[str, Any]:
    key = prm.ed25519_parse(given.bytes("key"))
    prm.verify(key, given.text("label"), given.bytes("body"), given.bytes("signature"))
    return {}


@op("kem.public")
def kem_public(given: Given, tape: Tape) -> dict[str, Any]:
    return {"key": prm.kem_public(given.bytes("seed"))}


@op("kem.parse")
def kem_parse(given: Given, tape: Tape) -> dict[str, Any]:
    prm.kem_parse(given.bytes("key"))
    return {}


@op("kem.encapsulate")
def kem_encapsulate(given: Given, tape: Tape) -> dict[str, Any]:
    key = prm.kem_parse(given.bytes("key"))
    ciphertext, secret = prm.ENCAPSULATE(key, tape.draw("KEM message", 32))
    return {"ciphertext": ciphertext, "secret": secret}


@op("kem.decapsulate")
def kem_decapsulate(given: Given, tape: Tape) -> dict[str, Any]:
    return {"secret": prm.DECAPSULATE(given.bytes("seed"), given.bytes("ciphertext"))}
