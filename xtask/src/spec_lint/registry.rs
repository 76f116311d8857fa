//! The tables of `spec/registry.md` against the places that decide.

use super::page::Page;
use std::collections::BTreeMap;

/// The chapter.
const REGISTRY: &str = "spec/registry.md";
const LABELS: &str = "crates/primitives/src/label.rs";
const REJECT: &str = "crates/wire/src/reject.rs";
/// Where limits stand, by the name of the crate in the table.
const LIMITS: &[(&str, &str)] = &[
    ("wire", "crates/wire/src/limits.rs"),
    ("session", "crates/session/src/limits.rs"),
    ("group", "crates/group/src/limits.rs"),
];
/// Where the first bytes of fixed layouts stand, and what their names begin with.
const FIRST_BYTES: &[&str] = &["crates/wire/src/packet.rs", "crates/wire/src/group_packet.rs"];
const KIND: &str = "KIND_";
const TYPE_NUMBERS: &str = "Type numbers";
/// The enum that has a table of its own, and what its names begin with.
const REFUSAL: (&str, &str) = ("RefusalCode", "REFUSAL_CODE_");

/// The cells that are compared.
type Rows = Vec<Vec<String>>;

/// Rows that are missing, left over or in another order.
pub(super) fn check(chapters: &[Page], code: &[Page], protos: &[Page]) -> Vec<String> {
    let Some(registry) = chapters.iter().find(|page| page.path == REGISTRY) else {
        return vec![format!("{REGISTRY} is missing")];
    };
    let text = |path: &str| code.iter().find(|page| page.path == path).map_or("", |page| page.text.as_str());
    let first_bytes = FIRST_BYTES.iter().flat_map(|path| constants(text(path)));
    let first_bytes: Rows = first_bytes
        .filter(|(name, _)| name.starts_with(KIND))
        .map(|(_, byte)| vec![byte.to_owned()])
        .collect();
    let constants: Vec<(&str, &str, &str)> = LIMITS
        .iter()
        .flat_map(|(name, path)| {
            constants(text(path)).into_iter().map(move |(left, right)| (*name, left, right))
        })
        .collect();
    let expressions: BTreeMap<&str, &str> =
        constants.iter().map(|(_, name, right)| (*name, *right)).collect();
    let enums: Rows = protos.iter().flat_map(|proto| enums(&proto.text)).collect();
    let (refusals, others): (Rows, Rows) =
        enums.into_iter().partition(|row| row.first().is_some_and(|name| name == REFUSAL.0));

    let kinds = |mark: &str| {
        let mut rows: Rows = protos.iter().flat_map(|proto| kinds(&proto.text, mark)).collect();
        rows.sort_by_key(|row| row.first().and_then(|number| number.parse::<u32>().ok()));
        rows
    };
    let wanted: [(&str, &[usize], Rows); 9] = [
        ("Labels", &[0], quoted(text(LABELS), " = \"")),
        ("Limits", &[0, 1, 2], limits(&constants, &expressions)),
        ("Message limits", &[0, 1, 2], message_limits(text("crates/wire/src/limits.rs"), &expressions)),
        (TYPE_NUMBERS, &[1], first_bytes),
        ("Enums", &[0, 1, 2], others),
        ("Content kinds", &[0, 1], kinds("// Kind ")),
        ("Entry kinds", &[0, 1], kinds("// Entry kind ")),
        ("Reject words", &[0], quoted(text(REJECT), "=> \"")),
        ("Refusal codes", &[0, 1], refusals.into_iter().map(refusal).collect()),
    ];
    let mut found = Vec::new();
    for (heading, columns, wanted) in wanted {
        match registry.table(heading) {
            None => found.push(format!("{REGISTRY}: there is no table \"{heading}\"")),
            Some(table) => {
                let mut there = columns_of(table, columns);
                // The others of these numbers have no constant of their own.
                there.retain(|row| heading != TYPE_NUMBERS || row.iter().any(|cell| cell.starts_with("0x")));
                found.extend(differences(heading, &there, &wanted));
            }
        }
    }
    found
}

fn columns_of(table: Rows, columns: &[usize]) -> Rows {
    let cell = |row: &Vec<String>, column: usize| {
        row.get(column).map(|cell| cell.replace(',', "")).unwrap_or_default()
    };
    table.iter().map(|row| columns.iter().map(|column| cell(row, *column)).collect()).collect()
}

fn differences(heading: &str, there: &Rows, wanted: &Rows) -> Vec<String> {
    let place = format!("{REGISTRY}, {heading}");
    let mut found = Vec::new();
    for row in wanted.iter().filter(|row| !there.contains(row)) {
        found.push(format!("{place}: `{}` is missing", row.join(" ")));
    }
    for row in there.iter().filter(|row| !wanted.contains(row)) {
        found.push(format!("{place}: `{}` stands only here", row.join(" ")));
    }
    if wanted.is_empty() {
        found.push(format!("{place}: nothing to compare it with was found"));
    } else if found.is_empty() && there != wanted {
        found.push(format!("{place}: the rows are repeated or in another order than the code"));
    }
    found
}

/// The string that follows `mark` in each line that has one; tests below are left out.
fn quoted(text: &str, mark: &str) -> Rows {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines()
        .filter_map(|line| Some(vec![line.split_once(mark)?.1.split_once('"')?.0.to_owned()]))
        .collect()
}

/// `pub const NAME: type = expression;`
fn constants(text: &str) -> Vec<(&str, &str)> {
    text.split("pub const ")
        .skip(1)
        .filter_map(|rest| {
            let (declaration, _) = rest.split_once(';')?;
            let (left, right) = declaration.split_once('=')?;
            Some((left.split(':').next()?.trim(), right.trim()))
        })
        .collect()
}

fn limits(constants: &[(&str, &str, &str)], expressions: &BTreeMap<&str, &str>) -> Rows {
    constants
        .iter()
        .map(|(crate_name, name, right)| {
            vec![(*crate_name).to_owned(), (*name).to_owned(), shown(right, expressions)]
        })
        .collect()
}

/// The lines `Name: bytes, fields;` of the macro call `strict! { … }`.
fn message_limits(text: &str, expressions: &BTreeMap<&str, &str>) -> Rows {
    let call = text.lines().skip_while(|line| *line != "strict! {").skip(1).take_while(|line| *line != "}");
    call.filter_map(|line| {
        let (name, rest) = line.trim().trim_end_matches(';').split_once(": ")?;
        let mut parts = rest.split(", ");
        let (bytes, fields) = (parts.next()?, parts.next()?);
        Some(vec![name.to_owned(), shown(bytes, expressions), shown(fields, expressions)])
    })
    .collect()
}

/// A value, or the expression if it is more than sums and products.
fn shown(expression: &str, expressions: &BTreeMap<&str, &str>) -> String {
    value(expression, expressions, 8).map_or_else(|| expression.to_owned(), |value| value.to_string())
}

/// Sums of products of numbers and names, to a depth.
fn value(expression: &str, expressions: &BTreeMap<&str, &str>, depth: u32) -> Option<u64> {
    let depth = depth.checked_sub(1)?;
    expression.split('+').try_fold(0u64, |sum, product| {
        let product = product.split('*').try_fold(1u64, |product, factor| {
            let factor = factor.trim();
            let number = match factor.replace('_', "").parse() {
                Ok(number) => number,
                Err(_) => value(expressions.get(factor)?, expressions, depth)?,
            };
            product.checked_mul(number)
        });
        sum.checked_add(product?)
    })
}

/// Name, number and value of every value of every enum.
fn enums(proto: &str) -> Rows {
    let mut rows = Rows::new();
    for rest in proto.split("\nenum ").skip(1) {
        let Some((name, body)) = rest.split_once(" {") else { continue };
        for line in body.lines().take_while(|line| *line != "}") {
            if let Some((value, number)) = line.trim().trim_end_matches(';').split_once(" = ")
                && !value.starts_with("//")
            {
                rows.push(vec![name.to_owned(), number.to_owned(), value.to_owned()]);
            }
        }
    }
    rows
}

/// A row of an enum as the table of refusal codes shows it.
fn refusal(row: Vec<String>) -> Vec<String> {
    row.into_iter().skip(1).map(|cell| cell.trim_start_matches(REFUSAL.1).to_owned()).collect()
}

/// Number and name of the messages whose comment begins with `mark`, a number and a colon.
fn kinds(proto: &str, mark: &str) -> Rows {
    let mut rows = Rows::new();
    let mut kind = None;
    for line in proto.lines() {
        if let Some((number, _)) = line.strip_prefix(mark).and_then(|rest| rest.split_once(':')) {
            kind = Some(number.to_owned());
        } else if let Some(name) = line.strip_prefix("message ")
            && let Some(kind) = kind.take()
        {
            rows.push(vec![kind, name.split(' ').next().unwrap_or_default().to_owned()]);
        }
    }
    rows
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
