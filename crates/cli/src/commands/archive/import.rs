//! `aside import FILE`

use super::{export::count, file};
use crate::{failure::Failure, profile, show};
use aside_client::{engine::Import, store::StoreError};
use serde_json::json;
use std::path::Path;

pub(super) fn run(directory: &Path, path: &Path, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    // Nothing is written before the archive was read to its end once.
    file::read(path, &mut |_| Ok(()))?;
    let mut failure = None;
    let imported = client.step(|engine, step| {
        let mut import = Import::default();
        let read = file::read(path, &mut |item| Ok(engine.import(step, &mut import, item)?));
        match read {
            Ok(_) => Ok(import),
            // The step is undone, and says why outside.
            Err(error) => {
                failure = Some(error);
                Err(StoreError::Failed("the import was given up".into()).into())
            }
        }
    });
    let import = match (imported, failure) {
        (_, Some(failure)) => return Err(failure),
        (imported, None) => imported?,
    };
    if as_json {
        return show::print(json!({
            "type": "imported",
            "messages": import.messages,
            "known": import.known,
        }));
    }
    let known = match import.known {
        0 => String::new(),
        known => format!(" Here already, or deleted here: {known}."),
    };
    show::print(format_args!("{} taken in.{known}", count(import.messages, "message", "messages")))
}
