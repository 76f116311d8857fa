//! `aside register @alice --relay URL`

use crate::{failure::Failure, show};
use aside_client::driver::Client;
use aside_identity::Handle;
use std::path::Path;

pub(crate) async fn run(directory: &Path, handle: &Handle, relay: &str, bot: bool) -> Result<(), Failure> {
    let client = match bot {
        false => Client::register(directory, handle, relay).await?,
        true => Client::register_automated(directory, handle, relay).await?,
    };
    show::print(format_args!("{} is registered at {relay}.", client.engine().handle()))?;
    if bot {
        show::print("It is a program: everybody sees [automated] on each of its messages.")?;
    }
    show::print(format_args!("The keys are in {}; whoever has that directory is you.", directory.display()))
}
