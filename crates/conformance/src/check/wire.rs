//! Operations of the envelope chapter, and the fixed layouts of session messages.

use super::{inputs::Inputs, stop::Stop};
use crate::value::Fields;
use aside_wire::{
    Malformed, Strict, decode,
    header::{HEADER_BYTES, Header, Slot},
    packet::{Handshake, Packet},
    pb,
};

/// Decodes a message type by its name.
macro_rules! decode_by_name {
    ($name:expr, $bytes:expr, $($type:ident)+) => {
        match $name {
            $(stringify!($type) => checked::<pb::$type>($bytes),)+
            other => return Err(format!("`{other}` is no message type that is decoded by itself").into()),
        }
    };
}

pub(super) fn run(op: &str, input: &Inputs) -> Result<Option<Fields>, Stop> {
    let out = Fields::new();
    Ok(Some(match op {
        "decode" => {
            let bytes = input.bytes("bytes")?;
            decode_by_name!(input.text("message")?, bytes, Signed Certificate CertificateBody DeviceListBody
                PrekeyBody Frame Text ChatOpen ChatAccept ChatDecline ChatClose Media Sticker Reference Profile ReplyTo Reaction Edit Unsend Forward Form FormField Choice Card Handover Receipts Typing Presence Sharing EncryptedOnly EncryptedOnlyBody ListReference GroupEntryBody GroupCreate GroupAdd
                GroupRemove GroupLeave GroupSetRole GroupRename GroupSetExpiry GroupSetCapture GroupSetAnnounce
                GroupDevices GroupRekey SenderKey GroupInvite GroupLogRequest GroupLogEntries GroupLogEntry Envelope
                Request Reply Expiry ExpiryPolicy Shorten ViewOnce ViewKey CaptureNotice Retry SettingsBody
                StoreGeneration ParametersBody ArchiveManifest ArchiveConversation ArchivePerson ArchiveMessage ArchiveMark
                ArchiveSeal)?;
            out
        }
        "packet.parse" => {
            let packet = Packet::parse(input.bytes("message")?)?;
            let handshake = packet.handshake.map(|handshake| handshake.bytes.to_vec()).unwrap_or_default();
            out.bytes("handshake", handshake)
                .bytes("header", packet.header)
                .bytes("header_tag", packet.header_tag)
                .bytes("commitment", packet.commitment)
                .bytes("ciphertext", packet.ciphertext)
                .bytes("tag", packet.tag)
        }
        "handshake.parse" => {
            let bytes = input.array("handshake")?;
            let handshake = Handshake::parse(&bytes)?;
            out.bytes("account_key", handshake.account_key)
                .number("device_id", handshake.device_id)
                .bytes("ephemeral_key", handshake.ephemeral)
                .number("signed_prekey", handshake.signed_prekey)
                .number("one_time_prekey", handshake.one_time_prekey.unwrap_or(0))
                .bytes("ciphertext", handshake.ciphertext)
        }
        "header.encode" => {
            let header = Header {
                ratchet_key: input.array("ratchet_key")?,
                previous: input.u32("previous")?,
                number: input.u32("number")?,
                salt: input.array("salt")?,
                epoch: 0,
                adopts: false,
                slot: Slot::Held(0),
            };
            let header = header.encode().ok_or("a counter does not fit in three bytes")?;
            let control = u16::try_from(input.u32("control")?).map_err(|_| "control has two bytes")?;
            out.bytes("header", with_control(header, control, &input.array("chunk")?))
        }
        "header.decode" => header_fields(&input.array("header")?)?,
        "header.control" => out.number("control", control(input)?),
        _ => return Ok(None),
    }))
}

/// What a header says.
fn header_fields(bytes: &[u8; HEADER_BYTES]) -> Result<Fields, Stop> {
    let header = Header::decode(bytes)?;
    let (kind, index) = match header.slot {
        Slot::Held(_) => (0u32, 0),
        Slot::Key(chunk) => (1, chunk.index),
        Slot::Ciphertext(chunk) => (2, chunk.index),
    };
    let chunk: &[u8; 32] = bytes.last_chunk().ok_or("a header ends with a chunk")?;
    Ok(Fields::new()
        .bytes("ratchet_key", header.ratchet_key)
        .number("previous", header.previous)
        .number("number", header.number)
        .bytes("salt", header.salt)
        .number("epoch", header.epoch)
        .number("kind", kind)
        .number("index", index)
        .flag("adopts", header.adopts)
        .bytes("chunk", chunk))
}

/// The control field by the table of the chapter on epochs.
fn control(input: &Inputs) -> Result<u32, Stop> {
    let (epoch, kind, index) = (input.u32("epoch")? & 0x7F, input.u32("kind")?, input.u32("index")?);
    if kind > 3 || index > 63 {
        return Err("a kind has two bits, and a number six".into());
    }
    Ok(epoch << 9 | kind << 7 | index << 1 | u32::from(input.flag("adopts")?))
}

fn checked<M: Strict>(bytes: &[u8]) -> Result<(), Malformed> {
    decode::<M>(bytes).map(|_| ())
}

/// A header with another end: what the KEM ratchet says in it.
pub(crate) fn with_control(
    mut header: [u8; HEADER_BYTES],
    control: u16,
    chunk: &[u8; 32],
) -> [u8; HEADER_BYTES] {
    if let Some(end) = header.last_chunk_mut::<34>() {
        let bytes = control.to_be_bytes().into_iter().chain(*chunk);
        end.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    }
    header
}
