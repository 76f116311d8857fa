//! The relay as a program.

mod account;
mod arguments;
mod database;
mod doctor;
mod effective;
mod notify;
mod output;
mod run;

use arguments::{Action, Arguments};
use std::{alloc::System, process::ExitCode};
use zeroizing_alloc::ZeroAlloc;

/// Memory is wiped when it is given back, so that mail that was fetched or is over does not lie around.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { settings, action, json, file } = match arguments::read() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let outcome = match action {
        Action::Run => run::run(settings, file.as_deref()).await,
        Action::Config => effective::print(&settings, json),
        Action::Doctor => return doctor::examine(&settings, file.as_deref(), json).await,
        Action::Database(action) => database::act(&settings, action, json).await,
        Action::Account(action) => account::act(&settings, action, json).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}
