//! Operations that make requests, and the one that looks at them as a relay does.

use super::{inputs::Inputs, stop::Stop, tape::Tape};
use crate::{
    seen::{self, Seen},
    value::{Fields, Value},
};
use aside_primitives::{Draw, entropy};
use aside_wire::{
    decode,
    pb::{self, EnvelopeKind, Keep, request::Body},
};
use prost::Message;

pub(super) fn run(op: &str, input: &Inputs, tape: &mut Tape) -> Result<Option<Fields>, Stop> {
    if op == "relay.see" {
        return see(input).map(Some);
    }
    let Some(body) = body(op, input, tape)? else { return Ok(None) };
    Ok(Some(Fields::new().bytes("request", seen::encode(input.u64("id")?, body))))
}

fn body(op: &str, input: &Inputs, tape: &mut Tape) -> Result<Option<Body>, Stop> {
    Ok(Some(match op {
        "request.register" => Body::Register(pb::Register {
            handle: input.text("handle")?.to_owned(),
            account_key: bytes(input, "account_key")?,
            device_list: bytes(input, "device_list")?,
            signature: bytes(input, "signature")?,
        }),
        "request.login" => Body::Login(pb::Login {
            account_key: bytes(input, "account_key")?,
            device_id: input.u32("device_id")?,
            signature: bytes(input, "signature")?,
            store: Some(decode(input.bytes("store")?)?),
        }),
        "request.publish_prekeys" => Body::PublishPrekeys(pb::PublishPrekeys {
            signed_prekey: bytes(input, "signed_prekey")?,
            one_time: input.list("one_time")?.into_iter().map(<[u8]>::to_vec).collect(),
        }),
        "request.resolve" => Body::Resolve(pb::Resolve { handle: input.text("handle")?.to_owned() }),
        "request.fetch_devices" => Body::FetchDevices(pb::FetchDevices {
            account_key: bytes(input, "account_key")?,
            known_version: input.u64("known_version")?,
        }),
        "request.fetch_prekeys" => Body::FetchPrekeys(pb::FetchPrekeys {
            account_key: bytes(input, "account_key")?,
            device_id: input.u32("device_id")?,
        }),
        "request.send" => Body::Send(pb::Send {
            client_id: client_id(tape)?,
            recipient: bytes(input, "recipient")?,
            list_version: input.u64("list_version")?,
            parcels: parcels(input, channel(input)?)?,
            keep: keep(input)?.into(),
        }),
        "request.subscribe" => Body::Subscribe(pb::Subscribe {}),
        "request.acknowledge" => Body::Acknowledge(pb::Acknowledge { up_to: input.u64("up_to")? }),
        "request.fan_out" => Body::FanOut(pb::FanOut {
            client_id: client_id(tape)?,
            recipients: recipients(input)?,
            envelope: envelope(EnvelopeKind::Group, input.bytes("payload")?),
            keep: keep(input)?.into(),
        }),
        "request.append_entry" => Body::AppendEntry(pb::AppendEntry {
            client_id: client_id(tape)?,
            log: bytes(input, "log")?,
            position: input.u64("position")?,
            entry: bytes(input, "entry")?,
            recipients: recipients(input)?,
        }),
        "request.fetch_entries" => {
            Body::FetchEntries(pb::FetchEntries { log: bytes(input, "log")?, from: input.u64("from")? })
        }
        "request.transient" => Body::Transient(pb::Transient {
            recipient: bytes(input, "recipient")?,
            list_version: input.u64("list_version")?,
            parcels: parcels(input, EnvelopeKind::Pairwise)?,
        }),
        "request.publish_settings" => {
            Body::PublishSettings(pb::PublishSettings { settings: bytes(input, "settings")? })
        }
        "request.fetch_settings" => Body::FetchSettings(pb::FetchSettings {}),
        "request.declare" => Body::Declare(pb::Declare { declaration: bytes(input, "declaration")? }),
        _ => return Ok(None),
    }))
}

fn bytes(input: &Inputs, name: &str) -> Result<Vec<u8>, Stop> {
    input.bytes(name).map(<[u8]>::to_vec)
}

/// LEA-4.
fn client_id(tape: &mut Tape) -> Result<Vec<u8>, Stop> {
    let id: [u8; 16] = entropy::public(tape, Draw("client id")).map_err(|error| error.to_string())?;
    Ok(id.to_vec())
}

fn keep(input: &Inputs) -> Result<Keep, Stop> {
    let name = input.text("keep")?;
    Keep::from_str_name(name).ok_or_else(|| Stop::Defect(format!("`{name}` is no class of time")))
}

fn channel(input: &Inputs) -> Result<EnvelopeKind, Stop> {
    let name = input.text("channel")?;
    EnvelopeKind::from_str_name(name).ok_or_else(|| Stop::Defect(format!("`{name}` is no kind of envelope")))
}

fn envelope(kind: EnvelopeKind, payload: &[u8]) -> Vec<u8> {
    pb::Envelope { kind: kind.into(), payload: payload.to_vec() }.encode_to_vec()
}

/// RLY-21.
fn parcels(input: &Inputs, kind: EnvelopeKind) -> Result<Vec<pb::Parcel>, Stop> {
    let (devices, payloads) = (input.numbers("devices")?, input.list("payloads")?);
    if devices.len() != payloads.len() {
        return Err("there is one payload for each device".into());
    }
    let parcel = |(device, payload): (u64, &[u8])| {
        let device_id = u32::try_from(device).map_err(|error| error.to_string())?;
        Ok(pb::Parcel { device_id, envelope: envelope(kind, payload) })
    };
    let mut parcels = devices.into_iter().zip(payloads).map(parcel).collect::<Result<Vec<_>, Stop>>()?;
    parcels.sort_by_key(|parcel| parcel.device_id);
    Ok(parcels)
}

/// RLY-31.
fn recipients(input: &Inputs) -> Result<Vec<pb::Recipient>, Stop> {
    let (accounts, devices) = (input.list("accounts")?, input.list("devices")?);
    if accounts.len() != devices.len() {
        return Err("there are devices for each account".into());
    }
    let recipient = |(account, devices): (&[u8], &[u8])| {
        let mut devices = devices.to_vec();
        devices.sort_unstable();
        pb::Recipient { account_key: account.to_vec(), devices }
    };
    let mut recipients: Vec<_> = accounts.into_iter().zip(devices).map(recipient).collect();
    recipients.sort_by(|one, other| one.account_key.cmp(&other.account_key));
    Ok(recipients)
}

fn see(input: &Inputs) -> Result<Fields, Stop> {
    let device = match input.bytes("account_key")? {
        [] => None,
        account => Some((account, input.u32("device_id")?)),
    };
    let Seen { request, to, fields } = seen::see(device, input.bytes("request")?)?;
    let fields = fields.iter().map(|field| Value::Text(field.to_string())).collect();
    Ok(Fields::new().text("request", request).bytes_list("to", to).with("fields", Value::List(fields)))
}
