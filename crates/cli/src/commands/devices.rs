//! `aside devices [@who]`

use crate::{
    failure::{Failure, is_away},
    json,
    name::{DIGITS, beginning},
    profile, show,
};
use aside_client::{Misuse, driver::Client};
use aside_identity::{Capabilities, CaptureDetection, Certificate, DeviceList, Handle};
use serde_json::{Value, json};
use std::path::Path;

pub(crate) async fn run(directory: &Path, who: Option<&Handle>, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let own = client.engine().handle().clone();
    let who = who.unwrap_or(&own);
    let list = if *who == own { client.engine().list().clone() } else { list_of(&mut client, who).await? };
    let this = (*who == own).then(|| client.engine().address().device);
    let version = list.reference().version;
    let devices = list.certificates();
    if as_json {
        let devices: Vec<_> =
            devices.iter().map(|device| object(device, Some(device.device) == this)).collect();
        return show::print(json!({
            "type": "devices",
            "handle": who.to_string(),
            "own": this.is_some(),
            "device_list_version": version,
            "devices": devices,
        }));
    }
    let number = match devices.len() {
        1 => "1 device".to_owned(),
        number => format!("{number} devices"),
    };
    let you = if this.is_some() { " (you)" } else { "" };
    show::print(format_args!("{who}{you}: {number}, list {version}"))?;
    for device in devices {
        let this = if Some(device.device) == this { " (this one)" } else { "" };
        let key = json::hex(device.signing_key.as_bytes());
        show::print(format_args!("  device {}{this}", device.device.number()))?;
        show::print(format_args!("    since   {}", show::time(device.created_at)))?;
        show::print(format_args!("    key     {}", beginning(&key, DIGITS)))?;
        show::print(format_args!("    used    {}", used_by(device.capabilities)))?;
        let offers = abilities(device.capabilities);
        let offers = if offers.is_empty() { "nothing optional".to_owned() } else { offers.join(", ") };
        show::print(format_args!("    offers  {offers}"))?;
    }
    Ok(())
}

/// The newest list; without a relay, the newest that is known here.
async fn list_of(client: &mut Client, who: &Handle) -> Result<DeviceList, Failure> {
    let looked_up = client.look_up(who).await;
    let known = client.step(|engine, step| {
        let account = engine.peer_by_handle(step.tx, who)?;
        let list = account.map(|account| engine.list_of(step.tx, &account)).transpose()?;
        Ok(list.flatten())
    })?;
    match (looked_up, known) {
        (Ok(()), Some(list)) => Ok(list),
        (Ok(()), None) => Err(Misuse::UnknownPeer(who.clone()).into()),
        (Err(error), Some(list)) if is_away(&error) => {
            eprintln!("aside: {error}; this is what is known here");
            Ok(list)
        }
        (Err(error), _) => Err(Failure::Unknown(who.clone(), error)),
    }
}

fn object(device: &Certificate, this: bool) -> Value {
    let Capabilities { expiry, capture, protected_viewer, groups, automated } = device.capabilities;
    json!({
        "device": device.device.number(),
        "this": this,
        "since": device.created_at,
        "signing_key": json::hex(device.signing_key.as_bytes()),
        "automated": automated,
        "expiry": expiry,
        "capture": self::capture(capture),
        "protected_viewer": protected_viewer,
        "groups": groups,
    })
}

/// "screenshots".
pub(crate) const fn capture(capture: CaptureDetection) -> &'static str {
    match capture {
        CaptureDetection::None => "none",
        CaptureDetection::Screenshot => "screenshots",
        CaptureDetection::ScreenshotAndRecording => "screenshots_and_recordings",
    }
}

const fn used_by(capabilities: Capabilities) -> &'static str {
    if capabilities.automated { "by a program: AUTOMATED" } else { "by a person" }
}

/// What a device says that it can do of what is optional.
fn abilities(capabilities: Capabilities) -> Vec<&'static str> {
    let all = [
        (capabilities.groups, "groups"),
        (capabilities.expiry, "messages that expire"),
        (capabilities.capture == CaptureDetection::Screenshot, "tell of screenshots"),
        (
            capabilities.capture == CaptureDetection::ScreenshotAndRecording,
            "tell of screenshots and recordings",
        ),
        (capabilities.protected_viewer, "show what is seen once"),
    ];
    all.into_iter().filter(|(is_able, _)| *is_able).map(|(_, ability)| ability).collect()
}
