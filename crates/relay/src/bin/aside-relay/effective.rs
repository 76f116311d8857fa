//! `config`: what is set, and where.

use crate::output::{Failure, answer};
use aside_relay::settings::{Origin, Setting, Settings};
use serde_json::{Value, json};

/// Prints every setting as a file would have it.
pub(crate) fn print(settings: &Settings, json: bool) -> Result<(), Failure> {
    let object: Vec<Value> =
        settings.shown().map(|(setting, value, origin)| entry(setting, value, origin)).collect();
    answer(json, &Value::Array(object), &lines(settings))
}

fn entry(setting: &Setting, value: Option<String>, origin: Origin) -> Value {
    json!({
        "key": setting.key,
        "value": value,
        "from": origin.to_string(),
        "flag": format!("--{}", setting.flag()),
        "variable": setting.variable(),
        "about": setting.about,
    })
}

/// Each setting with its value, where it was set, and what it is.
fn lines(settings: &Settings) -> Vec<String> {
    settings
        .shown()
        .map(|(setting, value, origin)| {
            let set = match value {
                Some(value) => format!("{} = {value:?}", setting.key),
                None => format!("# {} is not set", setting.key),
            };
            format!("{set:<56} # {origin}; {}", setting.about)
        })
        .collect()
}
