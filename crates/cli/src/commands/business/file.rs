//! Forms and cards in files: JSON, in which nothing stands that would be overlooked.

use crate::failure::Failure;
use aside_content::{Amount, Body, Card, CardAction, CardKind, CardLine, Form, FormField, FormFieldKind};
use serde_json::{Map, Value};
use std::{fs, path::Path};

/// What is wrong in a file, in words.
type Wrong = String;

pub(super) fn form(path: &Path) -> Result<Body, Failure> {
    read(path, |mut object| {
        let title = text(&mut object, "title")?;
        let fields = list(&mut object, "fields")?.into_iter().map(field).collect::<Result<_, _>>()?;
        nothing_else(&object)?;
        Body::of(Form { title, fields }).map_err(|error| error.to_string())
    })
}

pub(super) fn card(path: &Path) -> Result<Body, Failure> {
    read(path, |mut object| {
        let kind = match text(&mut object, "kind")?.as_str() {
            "order" => CardKind::Order,
            "tracking" => CardKind::Tracking,
            "payment" => CardKind::Payment,
            _ => return Err("\"kind\" is \"order\", \"tracking\" or \"payment\"".into()),
        };
        let (title, link) = (text(&mut object, "title")?, text(&mut object, "link")?);
        let pairs = |pairs: Vec<Value>| pairs.into_iter().map(pair).collect::<Result<Vec<_>, _>>();
        let lines = pairs(list(&mut object, "lines")?)?;
        let actions = pairs(list(&mut object, "actions")?)?;
        let amount = text(&mut object, "amount")?;
        let amount = if amount.is_empty() { None } else { Some(sum(&amount)?) };
        nothing_else(&object)?;
        let lines = lines.into_iter().map(|(label, value)| CardLine { label, value }).collect();
        let actions = actions.into_iter().map(|(label, value)| CardAction { label, value }).collect();
        let card = Card { kind, title, lines, amount, link, actions };
        Body::of(card).map_err(|error| error.to_string())
    })
}

fn read(path: &Path, parse: impl Fn(Map<String, Value>) -> Result<Body, Wrong>) -> Result<Body, Failure> {
    let named = |wrong: &dyn core::fmt::Display| Failure::Cannot(format!("{}: {wrong}", path.display()));
    let bytes = fs::read(path).map_err(|error| named(&error))?;
    match serde_json::from_slice(&bytes).map_err(|error| named(&error))? {
        Value::Object(object) => parse(object).map_err(|wrong| named(&wrong)),
        _ => Err(named(&"not a JSON object")),
    }
}

fn field(value: Value) -> Result<FormField, Wrong> {
    let mut object = object(value)?;
    let kind = match text(&mut object, "kind")?.as_str() {
        "text" => FormFieldKind::Text,
        "choice" => FormFieldKind::Choice,
        "button" => FormFieldKind::Button,
        _ => return Err("the \"kind\" of a field is \"text\", \"choice\" or \"button\"".into()),
    };
    let option = |option| match option {
        Value::String(option) => Ok(option),
        _ => Err("\"options\" are texts".to_owned()),
    };
    let options = list(&mut object, "options")?.into_iter().map(option).collect::<Result<_, _>>()?;
    let required = match object.remove("required") {
        None => false,
        Some(Value::Bool(required)) => required,
        Some(_) => return Err("\"required\" is true or false".into()),
    };
    let (id, label) = (text(&mut object, "id")?, text(&mut object, "label")?);
    nothing_else(&object)?;
    Ok(FormField { id, label, kind, options, required })
}

fn pair(value: Value) -> Result<(String, String), Wrong> {
    let mut object = object(value)?;
    let pair = (text(&mut object, "label")?, text(&mut object, "value")?);
    nothing_else(&object)?;
    Ok(pair)
}

/// "EUR 19.99": as many decimals as there stand.
fn sum(text: &str) -> Result<Amount, Wrong> {
    let wrong = || "an amount is like \"EUR 19.99\"".to_owned();
    let (currency, number) = text.split_once(' ').ok_or_else(wrong)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(part) || number.ends_with('.') {
        return Err(wrong());
    }
    let minor_units = format!("{whole}{part}").parse().map_err(|_| wrong())?;
    let decimals = u32::try_from(part.len()).map_err(|_| wrong())?;
    Ok(Amount { currency: currency.to_owned(), minor_units, decimals })
}

fn object(value: Value) -> Result<Map<String, Value>, Wrong> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err("a field, a line or an action is an object".into()),
    }
}

/// A text that may be left out.
fn text(object: &mut Map<String, Value>, name: &str) -> Result<String, Wrong> {
    match object.remove(name) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(format!("\"{name}\" is a text")),
    }
}

fn list(object: &mut Map<String, Value>, name: &str) -> Result<Vec<Value>, Wrong> {
    match object.remove(name) {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(format!("\"{name}\" is a list")),
    }
}

fn nothing_else(object: &Map<String, Value>) -> Result<(), Wrong> {
    match object.keys().next() {
        None => Ok(()),
        Some(name) => Err(format!("there is no \"{name}\" there")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_the_decimals_that_stand_there() {
        for (text, expected) in
            [("EUR 19.99", (1999, 2)), ("JPY 500", (500, 0)), ("KWD 0.005", (5, 3)), ("EUR 0.10", (10, 2))]
        {
            let sum = sum(text).unwrap();
            assert_eq!((sum.minor_units, sum.decimals), expected, "{text}");
        }
        for wrong in ["19.99", "EUR", "EUR ", "EUR .5", "EUR 1.", "EUR -1", "EUR 1,5", "EUR 1.5.5", "EUR +1"]
        {
            assert!(sum(wrong).is_err(), "{wrong}");
        }
    }
}
