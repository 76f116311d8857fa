//! The key schedule, step by step, by the formulas of the chapters: the crates do each of these steps inside.

use super::{bug::Bug, inputs::Inputs, stop::Stop};
use crate::value::Fields;
use aside_primitives::{
    Label, Secret,
    hash::{Transcript, hash},
    kdf, label,
};
use aside_wire::SUITE;

pub(super) fn run(op: &str, input: &Inputs) -> Result<Option<Fields>, Stop> {
    let out = Fields::new();
    Ok(Some(match op {
        "handshake.hash" => out.bytes("hash", hash(label::HANDSHAKE_HASH, &[input.bytes("handshake")?])),
        "handshake.transcript" => out.bytes("session_id", transcript(input)?),
        "handshake.keys" => {
            let agreements = input.list("agreements")?.concat();
            let ikm = [&[0xFF; 32], agreements.as_slice(), input.bytes("kem_secret")?];
            let [root, initiator, responder] =
                kdf::derive(input.bytes("session_id")?, &ikm, label::HANDSHAKE_KEYS);
            out.bytes("root", root.expose())
                .bytes("initiator_header_key", initiator.expose())
                .bytes("responder_header_key", responder.expose())
        }
        "root_step" => root_step(input, &[input.bytes("agreement")?], label::ROOT_STEP)?,
        "adopting_step" => {
            let ikm = [input.bytes("agreement")?, input.bytes("epoch_secret")?];
            root_step(input, &ikm, label::KEM_ROOT_STEP)?
        }
        "epoch_secret" => epoch_secret(input)?,
        "chain_step" => {
            let [chain, secret] = kdf::expand_key(&input.secret("chain")?, label::CHAIN_STEP);
            out.bytes("chain", chain.expose()).bytes("secret", secret.expose())
        }
        "message_keys" => {
            let [message, franking] = kdf::expand_key(&input.secret("secret")?, label::MESSAGE_KEYS);
            let [message, franking] =
                if input.mistake(Bug::SwapKeys) { [franking, message] } else { [message, franking] };
            out.bytes("message_key", message.expose()).bytes("franking_key", franking.expose())
        }
        "associated_data" => both_associated(label::PAYLOAD, label::HEADER, input)?,
        "transient_secret" => {
            let [_, number @ ..] = input.u32("number")?.to_be_bytes();
            let key: Secret<32> = input.secret("transient_key")?;
            let [secret] = kdf::derive(&number, &[key.expose()], label::TRANSIENT_KEY);
            out.bytes("secret", secret.expose())
        }
        "transient_associated_data" => {
            both_associated(label::TRANSIENT_PAYLOAD, label::TRANSIENT_HEADER, input)?
        }
        _ => return Ok(None),
    }))
}

fn root_step(input: &Inputs, ikm: &[&[u8]], label: Label) -> Result<Fields, Stop> {
    let root: Secret<32> = input.secret("root")?;
    let [root, chain, next, transient] = kdf::derive(root.expose(), ikm, label);
    Ok(Fields::new()
        .bytes("root", root.expose())
        .bytes("chain", chain.expose())
        .bytes("next_header_key", next.expose())
        .bytes("transient_key", transient.expose()))
}

fn epoch_secret(input: &Inputs) -> Result<Fields, Stop> {
    let [key, ciphertext] = ["key", "ciphertext"].map(|name| input.bytes(name));
    let [key, ciphertext] = [key?, ciphertext?].map(|object| hash(label::KEM_OBJECT, &[object]));
    let mut transcript = Transcript::new(label::KEM_TRANSCRIPT);
    transcript.add(&input.array::<32>("session_id")?);
    transcript.add(&input.u32("epoch")?.to_be_bytes());
    transcript.add(key.as_bytes());
    transcript.add(ciphertext.as_bytes());
    let transcript = transcript.finish();
    let shared: Secret<32> = input.secret("kem_secret")?;
    let [secret] = kdf::derive(transcript.as_bytes(), &[shared.expose()], label::KEM_EPOCH);
    Ok(Fields::new()
        .bytes("key_hash", key)
        .bytes("ciphertext_hash", ciphertext)
        .bytes("transcript", transcript)
        .bytes("epoch_secret", secret.expose()))
}

/// The associated data of a payload and of its header.
fn both_associated(payload: Label, header: Label, input: &Inputs) -> Result<Fields, Stop> {
    let (commitment, bytes) = (input.array::<32>("commitment")?, input.array::<80>("header")?);
    let payload = [associated(payload, input)?, commitment.to_vec(), bytes.to_vec()].concat();
    let header = [associated(header, input)?, input.array::<16>("tag")?.to_vec()].concat();
    Ok(Fields::new().bytes("payload", payload).bytes("header", header))
}

/// What the associated data of payloads and headers begin with.
fn associated(label: Label, input: &Inputs) -> Result<Vec<u8>, Stop> {
    let id: [u8; 32] = input.array("session_id")?;
    let mut prefix = associated_prefix(label, &id, input.byte("direction")?);
    if input.mistake(Bug::ForgetDirection) {
        prefix.pop();
    }
    Ok(prefix)
}

/// Label after its length, suite, session id, direction.
pub(crate) fn associated_prefix(label: Label, id: &[u8; 32], direction: u8) -> Vec<u8> {
    let label = label.as_bytes();
    let length = u32::try_from(label.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&length, label, &SUITE.to_be_bytes(), id, &[direction]].concat()
}

fn transcript(input: &Inputs) -> Result<[u8; 32], Stop> {
    let mut transcript = Transcript::new(label::HANDSHAKE_TRANSCRIPT);
    transcript.add(&input.array::<1162>("handshake")?);
    for side in ["initiator", "responder"] {
        transcript.add(&input.array::<32>(&format!("{side}_account"))?);
        transcript.add(&[input.byte(&format!("{side}_device"))?]);
        transcript.add(&input.array::<32>(&format!("{side}_signing"))?);
        transcript.add(&input.array::<32>(&format!("{side}_agreement"))?);
    }
    transcript.add(input.bytes("signed_prekey")?);
    transcript.add(input.bytes("one_time_prekey")?);
    Ok(*transcript.finish().as_bytes())
}
