//! `aside limits`

use crate::{content::STAYS, failure::Failure, show};
use aside_client::grouped;
use aside_wire::limits::{
    ANSWER_BYTES, CAPTION_BYTES, DESCRIPTION_BYTES, EMOJI_BYTES, FORM_FIELDS, FORM_OPTIONS, GROUP_DEVICES,
    GROUP_NAME_BYTES, LINK_BYTES, MENTIONS, PROFILE_NAME_BYTES, TEXT_BYTES, THUMBNAIL_BYTES, TITLE_BYTES,
};
use serde_json::json;

/// What can be sent, how much of it, and of what.
const LIMITS: &[(&str, &str, usize, &str)] = &[
    ("text", "a text", TEXT_BYTES, "bytes"),
    ("mentions", "people named in a text", MENTIONS, "people"),
    ("caption", "a caption", CAPTION_BYTES, "bytes"),
    ("thumbnail", "a thumbnail", THUMBNAIL_BYTES, "bytes"),
    ("file_name", "the name of a file", TITLE_BYTES, "bytes"),
    ("emoji", "an emoji", EMOJI_BYTES, "bytes"),
    ("link", "an address", LINK_BYTES, "bytes"),
    ("title", "the title of a preview", TITLE_BYTES, "bytes"),
    ("description", "the description of a preview", DESCRIPTION_BYTES, "bytes"),
    ("profile_name", "what you call somebody", PROFILE_NAME_BYTES, "bytes"),
    ("questions", "questions in a form", FORM_FIELDS, "questions"),
    ("options", "options of a question", FORM_OPTIONS, "options"),
    ("answer", "an answer to a form", ANSWER_BYTES, "bytes"),
    ("group_name", "the name of a group", GROUP_NAME_BYTES, "bytes"),
    ("group_devices", "a group", GROUP_DEVICES, "devices"),
];

pub(crate) fn run(as_json: bool) -> Result<(), Failure> {
    if as_json {
        let limits: serde_json::Map<_, _> = LIMITS
            .iter()
            .map(|(name, _, most, unit)| ((*name).to_owned(), json!({ "most": most, "unit": unit })))
            .collect();
        return show::print(json!({ "type": "limits", "limits": limits }));
    }
    show::print(
        "What is longer is refused before anything is sent. A letter has 1 to 4 bytes, an emoji often more.",
    )?;
    for (_, what, most, unit) in LIMITS {
        show::print(format_args!("  {what:30}{:>8} {unit}", grouped(*most)))?;
    }
    show::print(format_args!("  {:30}    any size; {STAYS}", "a file"))
}
