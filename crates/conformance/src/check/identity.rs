//! Operations of the identity chapter.

use super::{bug::Bug, inputs::Inputs, stop::Stop, tape::Tape};
use crate::value::{Fields, Value};
use aside_identity::{
    AccountKey, Capabilities, Certificate, DeviceId, DeviceKeys, DeviceList, Handle, Prekey, PrekeyKind,
    PrekeySecret,
};
use aside_primitives::{Draw, Secret, SigningKey};

pub(super) fn run(op: &str, input: &Inputs, tape: &mut Tape) -> Result<Option<Fields>, Stop> {
    let out = Fields::new();
    Ok(Some(match op {
        "device.generate" => {
            let account =
                SigningKey::generate(tape, Draw("account key")).map_err(|error| error.to_string())?;
            let keys = DeviceKeys::generate(tape).map_err(|error| error.to_string())?;
            let now = input.u64("now")?;
            let device = DeviceId::parse(input.u32("device_id")?)?;
            let certificate = Certificate::issue(&account, device, &keys, now, Capabilities::NONE);
            let list = DeviceList::issue_first(&account, now, &certificate);
            out.bytes("account_key", account.verifying_key().as_bytes())
                .bytes("certificate", certificate.as_bytes())
                .bytes("device_list", list.as_bytes())
        }
        "certificate.verify" => shown(&certificate(input)?),
        "device_list.verify" => {
            let list = device_list(input, "list")?;
            let devices = list.certificates().iter();
            out.number("version", list.reference().version)
                .bytes("hash", list.reference().hash)
                .number("issued_at", list.issued_at)
                .with(
                    "devices",
                    Value::List(devices.map(|c| Value::Number(c.device.byte().into())).collect()),
                )
        }
        "device_list.succeed" => {
            let next = device_list(input, "known")?.succeed(device_list(input, "offered")?)?;
            out.number("version", next.reference().version).bytes("hash", next.reference().hash)
        }
        "prekey.generate" => {
            // Only the signing key of the device has a part in it.
            let keys = DeviceKeys::from_seeds(&input.secret("signing_private")?, &Secret::new([1; 32]));
            let (id, not_after) = (input.u32("id")?, input.u64("not_after")?);
            let owner = certificate(input)?;
            let (_, bytes) = PrekeySecret::generate(tape, &owner, &keys, kind(input)?, id, not_after)
                .map_err(|error| error.to_string())?;
            out.bytes("prekey", bytes)
        }
        "prekey.verify" => {
            let owner = certificate(input)?;
            let prekey = Prekey::verify(input.bytes("prekey")?, &owner, kind(input)?, input.u64("now")?)
                .map_err(|refused| Stop::from(refused).signature_with(Bug::SkipPrekeySignature))?;
            out.number("id", prekey.id)
                .number("not_after", prekey.not_after)
                .bytes("agreement_key", prekey.agreement_key.as_bytes())
                .bytes("encapsulation_key", prekey.encapsulation_key.to_bytes())
        }
        "handle.parse" => {
            let given = input.text("handle")?;
            let folded = given.to_ascii_lowercase();
            Handle::parse(if input.mistake(Bug::FoldHandles) { &folded } else { given })?;
            out
        }
        _ => return Ok(None),
    }))
}

pub(super) fn account(input: &Inputs) -> Result<AccountKey, Stop> {
    Ok(AccountKey::parse(input.bytes("account_key")?)?)
}

fn device_list(input: &Inputs, name: &str) -> Result<DeviceList, Stop> {
    DeviceList::verify(input.bytes(name)?, &account(input)?)
        .map_err(|refused| Stop::from(refused).signature_with(Bug::SkipListSignature))
}

fn certificate(input: &Inputs) -> Result<Certificate, Stop> {
    Certificate::verify(input.bytes("certificate")?, &account(input)?)
        .map_err(|refused| Stop::from(refused).signature_with(Bug::SkipCertificateSignature))
}

fn shown(certificate: &Certificate) -> Fields {
    let Capabilities { expiry, capture, protected_viewer, groups, automated } = certificate.capabilities;
    let capture = match capture {
        aside_identity::CaptureDetection::None => 0u8,
        aside_identity::CaptureDetection::Screenshot => 1,
        aside_identity::CaptureDetection::ScreenshotAndRecording => 2,
    };
    Fields::new()
        .number("device_id", certificate.device.byte())
        .bytes("signing_key", certificate.signing_key.as_bytes())
        .bytes("agreement_key", certificate.agreement_key.as_bytes())
        .number("created_at", certificate.created_at)
        .flag("expiry", expiry)
        .number("capture", capture)
        .flag("protected_viewer", protected_viewer)
        .flag("groups", groups)
        .flag("automated", automated)
}

fn kind(input: &Inputs) -> Result<PrekeyKind, Stop> {
    kind_of(input.text("kind")?).map_err(Stop::Defect)
}

pub(super) fn kind_of(name: &str) -> Result<PrekeyKind, String> {
    match name {
        "signed" => Ok(PrekeyKind::Signed),
        "one-time" => Ok(PrekeyKind::OneTime),
        other => Err(format!("`{other}` is no kind of prekey")),
    }
}
