//! The file: TOML, of which tables, texts and whole numbers are used.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Keys with their values and lines, from 1.
type Entries = Vec<(String, String, usize)>;

/// All entries, in the order of their lines.
pub(super) fn entries(text: &str) -> Result<Entries, (usize, String)> {
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line(text, span.start));
        (line, error.message().to_owned())
    })?;
    let mut entries = Vec::new();
    collect(text, "", table.get_ref(), &mut entries)?;
    entries.sort_by_key(|(_, _, line)| *line);
    Ok(entries)
}

fn collect(
    text: &str,
    above: &str,
    table: &DeTable<'_>,
    entries: &mut Entries,
) -> Result<(), (usize, String)> {
    for (key, value) in table {
        let name = format!("{above}{}", key.get_ref());
        let line = line(text, key.span().start);
        match value.get_ref() {
            DeValue::Table(inner) => collect(text, &format!("{name}."), inner, entries)?,
            _ => entries.push((name, plain(value).map_err(|reason| (line, reason))?, line)),
        }
    }
    Ok(())
}

fn plain(value: &Spanned<DeValue<'_>>) -> Result<String, String> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.clone().into_owned()),
        DeValue::Integer(number) => Ok(number.as_str().replace('_', "")),
        _ => Err("a value is a text in quotation marks or a whole number".to_owned()),
    }
}

fn line(text: &str, at: usize) -> usize {
    text.get(..at).map_or(1, |before| before.matches('\n').count().saturating_add(1))
}
