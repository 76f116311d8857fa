//! What is done with what is kept here, without the relay.

mod search;
mod threads;

use crate::{args::Kept, failure::Failure};
use search::Where;
use std::path::Path;

pub(crate) fn run(directory: &Path, kept: &Kept, as_json: bool) -> Result<(), Failure> {
    match kept {
        Kept::Threads => threads::run(directory, as_json),
        Kept::Search { words, with, group, limit } => {
            let place = match (with, group) {
                (Some(who), _) => Where::With(who),
                (None, Some(group)) => Where::Group(group),
                (None, None) => Where::Everywhere,
            };
            search::run(directory, &words.join(" "), &place, *limit, as_json)
        }
    }
}
