//! Tasks of the project: `cargo xtask <task>`.

mod gen_proto;

use std::process::ExitCode;

fn main() -> ExitCode {
    let result = match std::env::args().nth(1).as_deref() {
        Some("gen-proto") => gen_proto::write(),
        _ => Err("usage: cargo xtask gen-proto".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
