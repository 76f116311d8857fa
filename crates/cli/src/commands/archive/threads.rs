//! `aside threads`

use crate::{failure::Failure, json, name::Name, profile, show};
use std::path::Path;

pub(crate) fn run(directory: &Path, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let mut listed = 0usize;
    for summary in client.step(|engine, step| Ok(engine.conversations(step)?))? {
        let relation = client.step(|engine, step| Ok(engine.relation(step.tx, &summary.peer)?))?;
        listed = listed.saturating_add(1);
        if as_json {
            show::print(json::conversation(&summary))?;
        } else {
            let new = if summary.unread > 0 { format!(", {} new", summary.unread) } else { String::new() };
            show::print(format_args!("{}{new}", show::heading(&summary, relation)))?;
        }
    }
    for summary in client.step(|engine, step| Ok(engine.groups(step.tx)?))? {
        listed = listed.saturating_add(1);
        let by = summary.invited_by.map(|by| Name::of(&mut client, &by)).transpose()?;
        if as_json {
            show::print(json::group(&summary, by.as_ref()))?;
        } else {
            show::print(show::group_line(&summary, by.as_ref()))?;
        }
    }
    if listed == 0 && !as_json {
        show::print("No conversations yet. To begin one: aside send @WHO TEXT")?;
    }
    Ok(())
}
