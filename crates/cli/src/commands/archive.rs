//! What is done with what is kept here, without the relay.

mod export;
mod file;
mod import;
mod search;
mod show;
mod threads;

use crate::{
    args::{Archive, Kept},
    failure::Failure,
};
use aside_identity::Handle;
use search::Where;
use std::path::Path;

pub(crate) fn run(directory: &Path, kept: &Kept, as_json: bool) -> Result<(), Failure> {
    match kept {
        Kept::Export { file, with, group } => {
            export::run(directory, file, &place(with.as_ref(), group.as_deref()), as_json)
        }
        Kept::Import { file } => import::run(directory, file, as_json),
        Kept::Archive(Archive::Show { file }) => show::run(file, as_json),
        Kept::Gc { verify } => super::gc::run(directory, *verify, as_json),
        Kept::Threads => threads::run(directory, as_json),
        Kept::Search { words, with, group, limit } => {
            let place = place(with.as_ref(), group.as_deref());
            search::run(directory, &words.join(" "), &place, *limit, as_json)
        }
    }
}

fn place<'a>(with: Option<&'a Handle>, group: Option<&'a str>) -> Where<'a> {
    match (with, group) {
        (Some(who), _) => Where::With(who),
        (None, Some(group)) => Where::Group(group),
        (None, None) => Where::Everywhere,
    }
}
