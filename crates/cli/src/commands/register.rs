//! `aside register @alice --relay URL`

use crate::{failure::Failure, show};
use aside_client::driver::Client;
use aside_identity::Handle;
use std::path::Path;

pub(crate) async fn run(directory: &Path, handle: &Handle, relay: &str) -> Result<(), Failure> {
    let client = Client::register(directory, handle, relay).await?;
    show::print(format_args!("{} is registered at {relay}.", client.engine().handle()))?;
    show::print(format_args!("The keys are in {}; whoever has that directory is you.", directory.display()))
}
