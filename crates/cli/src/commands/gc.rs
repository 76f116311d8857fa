//! `aside gc [--verify]`

use crate::{failure::Failure, profile, show};
use aside_client::{engine::Audit, grouped, store::Remains};
use serde_json::json;
use std::path::Path;

pub(crate) fn run(directory: &Path, verify: bool, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let destroyed = client.sweep()?.len();
    if as_json && !verify {
        return show::print(json!({ "type": "gc", "destroyed": destroyed }));
    }
    if !as_json {
        show::print(match destroyed {
            0 => "Nothing is due any more.".to_owned(),
            1 => "1 message was due; its key is destroyed.".to_owned(),
            n => format!("{} messages were due; their keys are destroyed.", grouped(n)),
        })?;
    }
    if !verify {
        return Ok(());
    }
    // First what can be tidied up, then what is left.
    let remains = client.remains()?;
    let audit = client.step(|engine, step| engine.audit(step))?;
    let is_clean = audit.is_clean(&remains);
    if as_json {
        show::print(as_object(destroyed, &audit, &remains))?;
    } else {
        print(&audit, &remains)?;
    }
    if is_clean { Ok(()) } else { Err(Failure::Other(why_not(&audit, &remains))) }
}

fn print(audit: &Audit, remains: &Remains) -> Result<(), Failure> {
    let lines = [
        ("messages that are gone", audit.tombstones),
        ("  of them with anything left", audit.unfinished),
        ("messages that go some time", audit.living),
        ("  of them due, and still here", audit.hidden),
        ("  of them without a key, and lost", audit.locked),
        ("keys that belong to nothing", audit.stray_keys),
        ("page keys that belong to nothing", remains.page_keys),
    ];
    for (what, count) in lines {
        show::print(format_args!("  {what:34}{:>8}", grouped(count)))?;
    }
    show::print(format_args!("  {:34}{:>8}", "bytes in the journal", remains.journal_bytes))?;
    if audit.is_clean(remains) {
        show::print("Nothing is left of what is gone: no text, no key, no place where a key has been.")?;
    }
    Ok(())
}

fn as_object(destroyed: usize, audit: &Audit, remains: &Remains) -> serde_json::Value {
    json!({
        "type": "gc",
        "destroyed": destroyed,
        "clean": audit.is_clean(remains),
        "gone": audit.tombstones,
        "unfinished": audit.unfinished,
        "living": audit.living,
        "hidden": audit.hidden,
        "overdue": audit.overdue,
        "locked": audit.locked,
        "stray_keys": audit.stray_keys,
        "stray_page_keys": remains.page_keys,
        "journal_bytes": remains.journal_bytes,
    })
}

fn why_not(audit: &Audit, remains: &Remains) -> String {
    if audit.hidden > audit.overdue {
        return "by the clock of this device more is due; it is not shown, and goes when the relay confirms the time: \
                aside inbox"
            .to_owned();
    }
    if *remains == (Remains { journal_bytes: remains.journal_bytes, ..Remains::default() })
        && audit.is_clean(&Remains::default())
    {
        return "another command has just written here; to look again: aside gc --verify".to_owned();
    }
    "something is left of what is gone; this is a defect of the program, please report it".to_owned()
}
