"""Operations of the layouts, and of the single steps of handshake, session and epochs."""

from typing import Any

from aside import epochs, handshake, packet, session
from ops import Given, Tape, op


@op("packet.parse")
def packet_parse(given: Given, tape: Tape) -> dict[str, Any]:
    message = packet.parse_message(given.bytes("message"))
    names = "handshake", "header", "header_tag", "commitment", "ciphertext", "tag"
    return {name: getattr(message, name) for name in names}


@op("handshake.parse")
def handshake_parse(given: Given, tape: Tape) -> dict[str, Any]:
    return vars(packet.parse_handshake(given.bytes("handshake")))


@op("header.encode")
def header_encode(given: Given, tape: Tape) -> dict[str, Any]:
    header = packet.Header(
        given.bytes("ratchet_key"),
        given.number("previous"),
        given.number("number"),
        given.bytes("salt"),
        given.number("control"),
        given.bytes("chunk"),
    )
    return {"header": header.encode()}


@op("header.decode")
def header_decode(given: Given, tape: Tape) -> dict[str, Any]:
    header = packet.parse_header(given.bytes("header"))
    fields = vars(header) | vars(packet.parse_control(header))
    del fields["control"]
    return fields


@op("header.control")
def header_control(given: Given, tape: Tape) -> dict[str, Any]:
    numbers = given.number("epoch"), given.number("kind"), given.number("index")
    return {"control": packet.Control(*numbers, given.flag("adopts")).encode()}


@op("handshake.hash")
def handshake_hash(given: Given, tape: Tape) -> dict[str, Any]:
    return {"hash": handshake.handshake_hash(given.bytes("handshake"))}


def given_device(given: Given, side: str) -> handshake.InTranscript:
    """A device as it stands in the transcript."""
    keys = given.bytes(f"{side}_signing"), given.bytes(f"{side}_agreement")
    return handshake.InTranscript(given.bytes(f"{side}_account"), given.number(f"{side}_device"), *keys)


@op("handshake.transcript")
def handshake_transcript(given: Given, tape: Tape) -> dict[str, Any]:
    devices = given_device(given, "initiator"), given_device(given, "responder")
    bodies = given.bytes("signed_prekey"), given.bytes("one_time_prekey")
    return {"session_id": handshake.transcript(given.bytes("handshake"), *devices, *bodies)}


@op("handshake.keys")
def handshake_keys(given: Given, tape: Tape) -> dict[str, Any]:
    agreed = handshake.keys(given.bytes("session_id"), given.list("agreements"), given.bytes("kem_secret"))
    return {
        "root": agreed.root,
        "initiator_header_key": agreed.initiator_header_key,
        "responder_header_key": agreed.responder_header_key,
    }


def root_step_out(step: session.RootStep) -> dict[str, Any]:
    """What a root step gives, under the names of the vectors."""
    return {
        "root": step.root,
        "chain": step.chain_key,
        "next_header_key": step.next_header_key,
        "transient_key": step.transient_key,
    }


@op("root_step")
def root_step(given: Given, tape: Tape) -> dict[str, Any]:
    return root_step_out(session.root_step(given.bytes("root"), given.bytes("agreement")))


@op("adopting_step")
def adopting_step(given: Given, tape: Tape) -> dict[str, Any]:
    step = session.adopting_step(given.bytes("root"), given.bytes("agreement"), given.bytes("epoch_secret"))
    return root_step_out(step)


@op("epoch_secret")
def epoch_secret(given: Given, tape: Tape) -> dict[str, Any]:
    key_hash = epochs.object_hash(given.bytes("key"))
    ciphertext_hash = epochs.object_hash(given.bytes("ciphertext"))
    named = given.bytes("session_id"), given.number("epoch")
    transcript = epochs.transcript_of(*named, key_hash, ciphertext_hash)
    return {
        "key_hash": key_hash,
        "ciphertext_hash": ciphertext_hash,
        "transcript": transcript,
        "epoch_secret": epochs.epoch_secret_of(transcript, given.bytes("kem_secret")),
    }


@op("chain_step")
def chain_step(given: Given, tape: Tape) -> dict[str, Any]:
    chain, secret = session.chain_step(given.bytes("chain"))
    return {"chain": chain, "secret": secret}


@op("message_keys")
def message_keys(given: Given, tape: Tape) -> dict[str, Any]:
    message_key, franking_key = session.message_keys(given.bytes("secret"))
    return {"message_key": message_key, "franking_key": franking_key}


@op("transient_secret")
def transient_secret(given: Given, tape: Tape) -> dict[str, Any]:
    return {"secret": session.transient_secret(given.bytes("transient_key"), given.number("number"))}


def associated(given: Given, labels: packet.Labels) -> dict[str, Any]:
    """Both associated data under these labels."""
    of = labels, given.bytes("session_id"), given.number("direction")
    return {
        "payload": packet.ad_payload(*of, given.bytes("commitment"), given.bytes("header")),
        "header": packet.ad_header(*of, given.bytes("tag")),
    }


@op("associated_data")
def associated_data(given: Given, tape: Tape) -> dict[str, Any]:
    return associated(given, packet.OF_MESSAGES)


@op("transient_associated_data")
def transient_associated_data(given: Given, tape: Tape) -> dict[str, Any]:
    return associated(given, packet.OF_TRANSIENT)
