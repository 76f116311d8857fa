//! Operations of the primitives chapter.

use super::{bug::Bug, inputs::Inputs, stop::Stop, tape::Tape};
use crate::value::Fields;
use aside_primitives::{
    AgreementPublic, AgreementSecret, Draw, Secret, Signature, SigningKey, VerifyingKey, aead,
    commit::Commitment,
    hash::hash,
    kdf,
    kem::{Ciphertext, KemPublic, KemSecret},
};
use aside_wire::Reject;
use shake::{ExtendableOutput, Shake256, Update, XofReader};

pub(super) fn run(op: &str, input: &Inputs, tape: &mut Tape) -> Result<Option<Fields>, Stop> {
    let out = Fields::new();
    Ok(Some(match op {
        "hash" => {
            let (label, parts) = (input.label("label")?, input.list("parts")?);
            let joined = parts.concat();
            let forgets = input.mistake(Bug::ForgetLengths);
            out.bytes("hash", if forgets { hash(label, &[&joined]) } else { hash(label, &parts) })
        }
        "kdf" => {
            let (salt, ikm, label) = (input.bytes("salt")?, [input.bytes("ikm")?], input.label("label")?);
            out.bytes_list("keys", first(kdf::derive::<3>(salt, &ikm, label), input)?)
        }
        "expand" => {
            let keys = kdf::expand_key::<3>(&input.secret("key")?, input.label("label")?);
            out.bytes_list("keys", first(keys, input)?)
        }
        "commit" => out.bytes("commitment", commitment(input)?.0),
        "commit.verify" => {
            // A commitment of another length matches nothing (PRM-13).
            let given = input.bytes("commitment")?.try_into().map(Commitment).ok();
            if given != Some(commitment(input)?) {
                return Err(Stop::refused(Reject::Commitment, Some(Bug::SkipCommitment)));
            }
            out
        }
        "aead.seal" => {
            let mut text = input.bytes("plaintext")?.to_vec();
            let (key, nonce) = (input.secret("key")?, input.array("nonce")?);
            let tag =
                aead::seal(&key, &nonce, input.bytes("ad")?, &mut text).map_err(|error| error.to_string())?;
            out.bytes("ciphertext", text).bytes("tag", tag)
        }
        "aead.open" => {
            let mut text = input.bytes("ciphertext")?.to_vec();
            let (key, nonce) = (input.secret("key")?, input.array("nonce")?);
            // A tag of another length matches nothing (PRM-11).
            let short = Stop::refused(Reject::Mac, Some(Bug::AcceptShortTag));
            let tag = input.bytes("tag")?.try_into().map_err(|_| short)?;
            let refused = Stop::refused(Reject::Mac, Some(Bug::SkipMac));
            aead::open(&key, &nonce, input.bytes("ad")?, &mut text, &tag).map_err(|_| refused)?;
            out.bytes("plaintext", text)
        }
        "x25519.public" => out.bytes("key", agreement_secret(input)?.public().as_bytes()),
        "x25519.parse" => {
            AgreementPublic::parse(input.bytes("key")?)?;
            out
        }
        "x25519.parse_long_lived" => {
            AgreementPublic::parse_long_lived(input.bytes("key")?)?;
            out
        }
        "x25519.agree" => {
            let agreement = agreement_secret(input)?.agree(&AgreementPublic::parse(input.bytes("key")?)?)?;
            out.bytes("agreement", agreement.expose())
        }
        "ed25519.public" => out.bytes("key", signing_key(input)?.verifying_key().as_bytes()),
        "ed25519.parse" => {
            VerifyingKey::parse(input.bytes("key")?)?;
            out
        }
        "ed25519.sign" => {
            out.bytes("signature", signing_key(input)?.sign(input.label("label")?, input.bytes("body")?).0)
        }
        "ed25519.verify" => {
            let key = VerifyingKey::parse(input.bytes("key")?)?;
            let signature = Signature::from_slice(input.bytes("signature")?).ok_or(Reject::Signature)?;
            key.verify(input.label("label")?, input.bytes("body")?, &signature)?;
            out
        }
        "kem.public" => out.bytes("key", KemSecret::from_seed(input.secret("seed")?).public().to_bytes()),
        "kem.parse" => {
            KemPublic::parse(input.bytes("key")?)?;
            out
        }
        "kem.encapsulate" => {
            let key = KemPublic::parse(input.bytes("key")?)?;
            let (ciphertext, secret) =
                key.encapsulate(tape, Draw("KEM message")).map_err(|error| error.to_string())?;
            out.bytes("ciphertext", ciphertext).bytes("secret", secret.expose())
        }
        "kem.decapsulate" => {
            let ciphertext: Ciphertext = input.array("ciphertext")?;
            let secret = KemSecret::from_seed(input.secret("seed")?).decapsulate(&ciphertext);
            if input.mistake(Bug::TellRejection) && *secret.expose() == rejection(input, &ciphertext)? {
                return Err(Reject::Mac.into());
            }
            out.bytes("secret", secret.expose())
        }
        _ => return Ok(None),
    }))
}

/// What ML-KEM gives instead of a secret (FIPS 203): `J(z ‖ ciphertext)`.
fn rejection(input: &Inputs, ciphertext: &Ciphertext) -> Result<[u8; 32], Stop> {
    let seed: [u8; 64] = input.array("seed")?;
    let [_, z] = seed.as_chunks::<32>().0 else { return Err("a seed has 64 bytes".into()) };
    let (mut shake, mut secret) = (Shake256::default(), [0; 32]);
    shake.update(z);
    shake.update(ciphertext);
    shake.finalize_xof().read(&mut secret);
    Ok(secret)
}

fn first(keys: [Secret<32>; 3], input: &Inputs) -> Result<Vec<[u8; 32]>, Stop> {
    let count = usize::from(input.byte("count")?);
    if count > keys.len() {
        return Err(format!("no derivation gives {count} keys").into());
    }
    // One output is cut in order, so fewer keys are its beginning (PRM-10).
    Ok(keys.iter().take(count).map(|key| *key.expose()).collect())
}

fn commitment(input: &Inputs) -> Result<Commitment, Stop> {
    Ok(Commitment::compute(&input.secret("key")?, input.label("label")?, &input.list("parts")?))
}

fn agreement_secret(input: &Inputs) -> Result<AgreementSecret, Stop> {
    Ok(AgreementSecret::from_seed(&input.secret("private")?))
}

fn signing_key(input: &Inputs) -> Result<SigningKey, Stop> {
    Ok(SigningKey::from_seed(&input.secret("private")?))
}
