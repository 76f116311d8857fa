//! Many clients of a relay at once.

use crate::{
    Failure,
    postgres::{self, Server},
    workspace::{cargo, run as run_command},
};

/// The task.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    let store = options.iter().skip_while(|option| **option != "--store").nth(1);
    let features: &[&str] =
        if store.is_some_and(|store| *store != "sqlite") { &["--features", "postgres"] } else { &[] };
    // The relay first: the tool finds it beside itself.
    run_command(cargo(&[&["build", "--release", "-p", "aside-relay"], features].concat()))?;
    let mut command = cargo(&[&["run", "--release", "-p", "aside-load"], features, &["--"]].concat());
    let server = match store {
        Some(&"postgres") => {
            postgres::need()?;
            Some(Server::start()?)
        }
        _ => None,
    };
    for option in options {
        command.arg(server.as_ref().filter(|_| *option == "postgres").map_or(*option, |server| &server.url));
    }
    run_command(command)
}
