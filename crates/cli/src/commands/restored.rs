//! `aside restored`

use super::send::flush;
use crate::{failure::Failure, profile};
use std::path::Path;

/// What tells the person of it tells them here, too.
pub(crate) async fn run(directory: &Path) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    client.step(|engine, step| engine.restore(step))?;
    flush(&mut client).await
}
