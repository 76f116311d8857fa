//! Databases of their own for tests that share a server.

use super::{
    Trouble,
    programs::{self, Programs},
    random,
};
use std::env;

/// The variable with the URL of the server that tests share.
pub const VARIABLE: &str = "ASIDE_TEST_POSTGRES";

/// An empty database on the server that tests share; dropped with the value.
#[derive(Debug)]
pub struct Database {
    /// Where it is found.
    pub url: String,
    server: String,
    programs: Programs,
}

impl Database {
    /// Makes one.
    ///
    /// # Errors
    /// The variable is not set, or the server does not answer.
    pub fn fresh() -> Result<Self, Trouble> {
        let server = env::var(VARIABLE).map_err(|_| {
            Trouble(format!("{VARIABLE} is not set: `cargo xtask postgres` runs these tests with a server"))
        })?;
        let programs = Programs::find()?;
        Ok(Self { url: create(&programs, &server)?, server, programs })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = parts(&self.url).1.to_owned();
        // The server goes soon, too.
        let _ = query(&self.programs, &self.server, &format!("DROP DATABASE {name} WITH (FORCE)"));
    }
}

/// Makes an empty database beside the one of the URL.
pub(super) fn create(programs: &Programs, server: &str) -> Result<String, Trouble> {
    let name = format!("aside_{:016x}", random());
    query(programs, server, &format!("CREATE DATABASE {name}"))?;
    let (before, _, after) = parts(server);
    Ok(format!("{before}{name}{after}"))
}

/// What a statement answers.
pub(super) fn query(programs: &Programs, url: &str, statement: &str) -> Result<String, Trouble> {
    let mut command = programs.command("psql", "/".as_ref());
    command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
    command.args(["--dbname", url, "--command", statement]);
    programs::run(command)
}

/// What stands before the database's name, the name, and what stands behind it.
fn parts(url: &str) -> (&str, &str, &str) {
    let end = url.find('?').unwrap_or(url.len());
    let (path, after) = url.split_at_checked(end).unwrap_or((url, ""));
    let begin = path.rfind('/').map_or(0, |slash| slash.saturating_add(1));
    let (before, name) = path.split_at_checked(begin).unwrap_or((path, ""));
    (before, name, after)
}
