//! Operations of the group chapter: names, keys, sending chains, and what hands them over.

use super::{bug::Bug, identity::account, inputs::Inputs, stop::Stop, tape::Tape};
use crate::value::Fields;
use aside_group::{
    CannotSend, ChainHandover, GroupInvite, KeyId, LogEntries, LogId, LogKey, LogRequest, Received,
    ReceivingChain, SenderKey, SendingChain, sealed_entry,
};
use aside_identity::{AccountKey, Address, DeviceId, GroupId};
use aside_primitives::{Secret, VerifyingKey, commit::Commitment, hash::hash, kdf, label};
use aside_wire::{Reject, group_packet::GroupPacket};

pub(super) fn run(op: &str, input: &Inputs, tape: &mut Tape) -> Result<Option<Fields>, Stop> {
    let out = Fields::new();
    Ok(Some(match op {
        "group.id" => {
            let group = GroupId::new(hash(label::GROUP_ENTRY_HASH, &[input.bytes("body")?]).0);
            out.bytes("group", group.as_bytes())
        }
        "group.log_id" => out.bytes("log", LogId::of(&group(input)?, &log_key(input)?).as_bytes()),
        "group.log_key_id" => out.bytes("id", log_key(input)?.id().as_bytes()),
        "group.key_id" => {
            let signing_key = VerifyingKey::parse(input.bytes("signing_key")?)?;
            let id = KeyId::of(&group(input)?, &owner(input)?, &signing_key, input.u64("epoch")?);
            out.bytes("key_id", id.as_bytes())
        }
        "group.chain_step" => {
            let [chain, secret] = kdf::expand_key(&input.secret("chain_key")?, label::GROUP_CHAIN_STEP);
            out.bytes("chain_key", chain.expose()).bytes("secret", secret.expose())
        }
        "group.message_keys" => {
            let [message, franking] = kdf::expand_key(&input.secret("secret")?, label::GROUP_MESSAGE_KEYS);
            out.bytes("message_key", message.expose()).bytes("franking_key", franking.expose())
        }
        "group.entry.seal" => {
            let (group, key) = (group(input)?, log_key(input)?);
            let stored = sealed_entry::seal(tape, &key, &LogId::of(&group, &key), input.bytes("entry")?);
            out.bytes("stored", stored.map_err(cannot_send)?)
        }
        "group.entry.open" => {
            let (group, key) = (group(input)?, log_key(input)?);
            let entry = sealed_entry::open(input.bytes("stored")?, &key, &LogId::of(&group, &key))?;
            out.bytes("entry", entry)
        }
        "group.encrypt" => encrypt(input, tape)?,
        "group.decrypt" => decrypt(input)?,
        "sender_key.decode" => {
            let SenderKey { epoch, head, chain, log_key } = SenderKey::decode(input.bytes("content")?)?;
            out.number("epoch", epoch)
                .number("sequence", head.sequence)
                .bytes("head", head.hash)
                .number("iteration", chain.iteration)
                .bytes("chain_key", chain.chain_key.expose())
                .bytes("signing_key", chain.signing_key.as_bytes())
                .bytes("log_key", log_key.expose())
        }
        "group_invite.decode" => {
            let GroupInvite { head, log_keys } = GroupInvite::decode(input.bytes("content")?)?;
            out.number("sequence", head.sequence)
                .bytes("head", head.hash)
                .bytes_list("log_keys", log_keys.iter().map(LogKey::expose))
        }
        "group_log_request.decode" => out.number("after", LogRequest::decode(input.bytes("content")?)?.after),
        "group_log_entries.decode" => {
            out.bytes_list("entries", LogEntries::decode(input.bytes("content")?)?.into_entries())
        }
        _ => return Ok(None),
    }))
}

fn encrypt(input: &Inputs, tape: &mut Tape) -> Result<Fields, Stop> {
    let (group, owner, epoch) = (group(input)?, owner(input)?, input.u64("epoch")?);
    let mut chain =
        SendingChain::generate(tape, group, owner, epoch, 0).map_err(|error| error.to_string())?;
    let mut messages = Vec::new();
    for plaintext in input.list("plaintexts")? {
        let message =
            chain.encrypt(tape, plaintext, |key| commitment(key, plaintext)).map_err(cannot_send)?;
        messages.push(message);
    }
    let key_id = *chain.key_id();
    let ChainHandover { iteration, chain_key, signing_key } = chain.hand_over().map_err(cannot_send)?;
    Ok(Fields::new()
        .bytes("key_id", key_id.as_bytes())
        .bytes_list("messages", messages)
        .number("iteration", iteration)
        .bytes("chain_key", chain_key.expose())
        .bytes("signing_key", signing_key.as_bytes()))
}

fn decrypt(input: &Inputs) -> Result<Fields, Stop> {
    let handover = ChainHandover {
        iteration: u16::try_from(input.u32("iteration")?).map_err(|_| "in.iteration is too great")?,
        chain_key: input.secret("chain_key")?,
        signing_key: VerifyingKey::parse(input.bytes("signing_key")?)?,
    };
    let owner = owner(input)?;
    let mut chain = ReceivingChain::accept(group(input)?, owner, input.u64("epoch")?, handover);
    for message in input.list("earlier")? {
        let packet = GroupPacket::parse(message)?;
        let (_, advance) = chain.decrypt(&owner, &packet).map_err(|error| error.to_string())?;
        chain.advance(advance).map_err(|error| error.to_string())?;
    }
    chain.cut(u16::try_from(input.u32("cut")?).map_err(|_| "in.cut is too great")?);
    let sender = Address {
        account: AccountKey::parse(input.bytes("sender")?)?,
        device: DeviceId::parse(input.u32("sender_device")?)?,
    };
    let packet = GroupPacket::parse(input.bytes("message")?)?;
    let (Received { plaintext, franking_key, commitment: given, iteration }, _) =
        chain.decrypt(&sender, &packet)?;
    if commitment(&franking_key, &plaintext) != given {
        return Err(Stop::refused(Reject::Commitment, Some(Bug::SkipCommitment)));
    }
    Ok(Fields::new().bytes("plaintext", plaintext.as_slice()).number("iteration", iteration))
}

/// In these vectors a payload is no frame, and the commitment covers its bytes alone.
fn commitment(key: &Secret<32>, plaintext: &[u8]) -> Commitment {
    Commitment::compute(key, label::COMMITMENT, &[plaintext])
}

fn cannot_send(error: CannotSend) -> Stop {
    match error {
        CannotSend::Exhausted => Reject::Exhausted.into(),
        CannotSend::TooLong => Reject::Limit.into(),
        other => Stop::Defect(other.to_string()),
    }
}

fn group(input: &Inputs) -> Result<GroupId, Stop> {
    Ok(GroupId::new(input.array("group")?))
}

fn owner(input: &Inputs) -> Result<Address, Stop> {
    Ok(Address { account: account(input)?, device: DeviceId::parse(input.u32("device_id")?)? })
}

fn log_key(input: &Inputs) -> Result<LogKey, Stop> {
    Ok(LogKey::new(input.secret("log_key")?))
}
