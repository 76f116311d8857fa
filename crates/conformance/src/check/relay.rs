//! Proofs towards a relay.

use super::{bug::Bug, generation::store, identity::account, inputs::Inputs, stop::Stop};
use crate::value::Fields;
use aside_identity::{AccountKey, Address, DeviceId, Generation, Handle, proof::Challenge};
use aside_primitives::{Digest, Signature, SigningKey, VerifyingKey, hash::hash, label};
use aside_wire::Reject;

pub(super) fn run(op: &str, input: &Inputs) -> Result<Option<Fields>, Stop> {
    if !op.starts_with("relay.") {
        return Ok(None);
    }
    let relay_key = VerifyingKey::parse(input.bytes("relay_key")?)?;
    let nonce = input.array("nonce")?;
    let challenge = Challenge { relay_name: input.text("relay_name")?, relay_key: &relay_key, nonce: &nonce };
    let out = Fields::new();
    Ok(Some(match op {
        "relay.login" => {
            let (address, key) = (address(input)?, SigningKey::from_seed(&input.secret("private")?));
            let store = store(input)?;
            out.bytes("digest", login_digest(&challenge, &address, &store))
                .bytes("signature", challenge.login(&address, &store, &key).0)
        }
        "relay.login.verify" => {
            let key = VerifyingKey::parse(input.bytes("signing_key")?)?;
            challenge
                .verify_login(&address(input)?, &store(input)?, &key, &signature(input)?)
                .map_err(unproven)?;
            out
        }
        "relay.register" => {
            let key = SigningKey::from_seed(&input.secret("private")?);
            let (handle, list) = (Handle::parse(input.text("handle")?)?, input.bytes("device_list")?);
            let account = AccountKey::new(key.verifying_key());
            out.bytes("digest", register_digest(&challenge, &account, &handle, list))
                .bytes("signature", challenge.register(&key, &handle, list).0)
        }
        "relay.register.verify" => {
            let (handle, list) = (Handle::parse(input.text("handle")?)?, input.bytes("device_list")?);
            challenge
                .verify_register(&account(input)?, &handle, list, &signature(input)?)
                .map_err(unproven)?;
            out
        }
        _ => return Ok(None),
    }))
}

/// A proof that does not verify.
fn unproven<E>(refused: E) -> Stop
where
    Stop: From<E>,
{
    Stop::from(refused).signature_with(Bug::SkipProof)
}

fn address(input: &Inputs) -> Result<Address, Stop> {
    Ok(Address { account: account(input)?, device: DeviceId::parse(input.u32("device_id")?)? })
}

fn signature(input: &Inputs) -> Result<Signature, Stop> {
    let refused = Stop::refused(Reject::Signature, Some(Bug::SkipProof));
    Signature::from_slice(input.bytes("signature")?).ok_or(refused)
}

/// What a login signs, by the formula of the relay chapter.
fn login_digest(challenge: &Challenge<'_>, device: &Address, store: &Generation) -> Digest {
    let (name, key) = (challenge.relay_name.as_bytes(), challenge.relay_key.as_bytes());
    let (account, device) = (device.account.as_bytes(), [device.device.byte()]);
    let (number, restored) = (store.number.to_be_bytes(), [u8::from(store.restored)]);
    let store = [number.as_slice(), &store.token, &store.previous, &restored];
    let parts = [&[name, key, challenge.nonce.as_slice(), account, &device], store.as_slice()].concat();
    hash(label::LOGIN, &parts)
}

/// What a registration signs, by the formula of the relay chapter.
fn register_digest(challenge: &Challenge<'_>, account: &AccountKey, handle: &Handle, list: &[u8]) -> Digest {
    let (name, key) = (challenge.relay_name.as_bytes(), challenge.relay_key.as_bytes());
    let handle = handle.as_str().as_bytes();
    hash(label::REGISTER, &[name, key, challenge.nonce, account.as_bytes(), handle, list])
}
