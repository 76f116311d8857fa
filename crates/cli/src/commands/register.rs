//! `aside register @alice --relay URL`

use crate::failure::Failure;
use aside_client::driver::Client;
use aside_identity::Handle;
use std::path::Path;

pub(crate) async fn run(directory: &Path, handle: &Handle, relay: &str) -> Result<(), Failure> {
    let client = Client::register(directory, handle, relay).await?;
    println!("{} is registered at {relay}.", client.engine().handle());
    println!("The keys are in {}; whoever has that directory is you.", directory.display());
    Ok(())
}
