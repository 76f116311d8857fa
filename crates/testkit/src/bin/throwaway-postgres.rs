//! A PostgreSQL server for as long as standard input is open: prints its URL, then waits.

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("throwaway-postgres: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// `--find` prints the folder of the server's programs, and nothing more happens.
#[cfg(unix)]
fn run() -> Result<(), Box<dyn std::error::Error>> {
    use aside_testkit::postgres::{self, Cluster};
    if std::env::args().any(|argument| argument == "--find") {
        println!("{}", postgres::find()?.display());
        return Ok(());
    }
    let cluster = Cluster::start()?;
    println!("{}", cluster.url("postgres"));
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!("throwaway-postgres: only on Unix");
    ExitCode::FAILURE
}
