//! What is done with what is kept here, without the relay.

mod threads;

use crate::{args::Kept, failure::Failure};
use std::path::Path;

pub(crate) fn run(directory: &Path, kept: &Kept, as_json: bool) -> Result<(), Failure> {
    match kept {
        Kept::Threads => threads::run(directory, as_json),
    }
}
