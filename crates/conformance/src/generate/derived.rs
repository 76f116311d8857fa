//! `expiry/life.json`: what may be made of a message.

use super::{
    Result,
    sheet::{Sheet, note},
};
use crate::value::Fields;

/// What is made, its incident, and what becomes of it while the message stays, goes, is to be opened, and has gone.
const MADE: [(&str, &str, &str, &str, [&str; 4]); 6] = [
    (
        "quote",
        "V15",
        "EXP-31",
        "An answer shows what it answers from the message itself.",
        ["as_it_is", "as_it_is", "placeholder", "placeholder"],
    ),
    (
        "forward",
        "V16",
        "EXP-33",
        "A copy elsewhere would not go.",
        ["as_it_is", "refused", "refused", "refused"],
    ),
    (
        "export",
        "V16",
        "EXP-33",
        "Nor would one in an archive.",
        ["as_it_is", "refused", "refused", "refused"],
    ),
    (
        "notification",
        "V17",
        "EXP-32",
        "The system keeps what it tells.",
        ["as_it_is", "without_words", "without_words", "nothing"],
    ),
    (
        "search_index",
        "V18",
        "EXP-31",
        "What goes is found by reading it.",
        ["as_it_is", "nothing", "nothing", "nothing"],
    ),
    (
        "storage",
        "V18",
        "EXP-31",
        "Pictures and keys of files go with it.",
        ["as_it_is", "sealed", "sealed", "nothing"],
    ),
];

pub(super) fn derived(sheet: &mut Sheet) -> Result<()> {
    for (what, incident, reqs, comment, becomes) in MADE {
        for (stage, becomes) in ["stays", "goes", "closed", "gone"].into_iter().zip(becomes) {
            let id = format!("{}-{what}-of-what-{stage}", incident.to_lowercase()).replace('_', "-");
            let note = note(id, reqs, comment).threat(incident);
            let input = Fields::new().text("derived", what).text("stage", stage);
            match becomes {
                "refused" => sheet.refuse(note, "message.derive", input, "policy")?,
                _ => sheet.accept(note, "message.derive", input).map(drop)?,
            }
        }
    }
    Ok(())
}
