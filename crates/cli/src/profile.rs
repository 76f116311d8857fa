//! Where a profile is.

use crate::failure::Failure;
use aside_client::driver::{Client, Clock};
use std::{
    env,
    path::{Path, PathBuf},
};

/// The directory named, or `aside/default` in the user's data directory.
pub(crate) fn directory(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let from = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("XDG_DATA_HOME")
        .or_else(|| from("HOME").map(|home| home.join(".local/share")))
        .or_else(|| from("LOCALAPPDATA"))
        .map(|data| data.join("aside/default"))
        .ok_or_else(|| Failure::Other("no home directory; name a directory with --profile DIR".to_owned()))
}

/// Opens the profile in a directory.
pub(crate) fn open(directory: &Path) -> Result<Client, Failure> {
    let client = Client::open(directory)?;
    // A clock that others can move would make messages outlive their time, so only a test build has one.
    let file = env::var_os("ASIDE_TEST_CLOCK").filter(|_| cfg!(debug_assertions));
    let mut client = match file {
        Some(file) => client.with_clock(Clock::of_file(file.into())),
        None => client,
    };
    // Nothing that is over is there when something is shown.
    client.sweep()?;
    Ok(client)
}
