//! Messages that could not be opened, in words and as JSON.

use super::news::News;
use crate::{failure::Failure, json, name::Name, show};
use aside_client::{Event, driver::Client};
use aside_identity::Address;
use serde_json::json;

/// What is to be told of an event about sessions; `None` if it is about something else.
pub(crate) fn news(client: &mut Client, event: &Event) -> Result<Option<News>, Failure> {
    let (device, what, count, detail, warns) = match event {
        Event::Unopened { device, trouble, .. } => (device, "unopened", 1, Some(trouble.word()), true),
        Event::Healed { device, count } => (device, "healed", *count, None, false),
        Event::SessionReplaced { device } => (device, "session_replaced", 0, None, true),
        _ => return Ok(None),
    };
    let name = Name::of(client, &device.account)?;
    let text = match what {
        "unopened" => waiting(&name, 1, detail),
        "healed" => format!("{name} has got the request, and sends again what can be sent again."),
        _ => format!("a device of {name} has begun a new encrypted session with this one"),
    };
    let json = object(what, &name, device, count, detail);
    Ok(Some(News { text, json, warns }))
}

/// Shows what still waits to be sent again. Returns whether there was anything.
pub(crate) fn show_waiting(client: &mut Client, as_json: bool) -> Result<usize, Failure> {
    let unopened = client.step(|engine, step| Ok(engine.unopened(step.tx)?))?;
    for waits in &unopened {
        let name = Name::of(client, &waits.device.account)?;
        let why = waits.trouble.map(aside_client::Trouble::word);
        if as_json {
            show::print(object("unopened", &name, &waits.device, waits.count, why))?;
        } else {
            show::print(waiting(&name, waits.count, why))?;
        }
    }
    Ok(unopened.len())
}

fn waiting(name: &Name, count: u32, why: Option<&str>) -> String {
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    if count == 1 {
        format!("{name}: a message cannot be opened here{why}. It is asked for again by itself.")
    } else {
        format!(
            "{name}: {count} messages cannot be opened here{why}. They are asked for again by themselves."
        )
    }
}

fn object(what: &str, name: &Name, device: &Address, count: u32, detail: Option<&str>) -> serde_json::Value {
    json!({
        "type": what,
        "peer": json::person(name),
        "device": device.device.number(),
        "count": count,
        "detail": detail,
    })
}
