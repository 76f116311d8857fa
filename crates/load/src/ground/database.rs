//! A database of its own on a PostgreSQL server.

use crate::{Failure, machine};
use std::{thread, time::Duration};
use tokio::runtime;
use tokio_postgres::{Client, Config, NoTls};

/// Dropped with the value.
pub(super) struct Database {
    server: String,
    name: String,
    url: String,
}

impl Database {
    /// Makes one beside that of the URL.
    pub(super) async fn create(server: &str) -> Result<Self, Failure> {
        let drawn = getrandom::u64().map_err(|_| "no randomness")?;
        let name = format!("aside_load_{drawn:016x}");
        let url = beside(server, &name)?;
        connect(server).await?.batch_execute(&format!("CREATE DATABASE {name}")).await?;
        Ok(Self { server: server.to_owned(), name, url })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) async fn disk(&self) -> Result<u64, Failure> {
        let client = connect(&self.url).await?;
        let row = client.query_one("SELECT pg_database_size(current_database())", &[]).await?;
        Ok(u64::try_from(row.try_get::<_, i64>(0)?)?)
    }

    /// Whoever is still connected is thrown out.
    fn remove(server: &str, name: &str) -> Result<(), Failure> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let remove = format!("DROP DATABASE {name} WITH (FORCE)");
            Ok(connect(server).await?.batch_execute(&remove).await?)
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The runtime of this thread cannot wait here.
        let removed = thread::scope(|scope| scope.spawn(|| Self::remove(&self.server, &self.name)).join());
        if !matches!(removed, Ok(Ok(()))) {
            eprintln!("aside-load: the database {} is left over", self.name);
        }
    }
}

/// That of the server, and of all processes it began; nothing if they are on another machine.
pub(super) async fn processor_time(server: &str) -> Result<Option<Duration>, Failure> {
    let config: Config = server.parse()?;
    let is_here = |host: &_| match host {
        tokio_postgres::config::Host::Tcp(name) => ["localhost", "127.0.0.1", "::1"].contains(&name.as_str()),
        #[cfg(unix)]
        tokio_postgres::config::Host::Unix(_) => true,
    };
    if !config.get_hosts().iter().all(is_here) {
        return Ok(None);
    }
    let client = connect(server).await?;
    let own: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await?.try_get(0)?;
    machine::processor_time_of_family(machine::parent(u32::try_from(own)?)?).map(Some)
}

async fn connect(url: &str) -> Result<Client, Failure> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// The same server, another database.
fn beside(server: &str, name: &str) -> Result<String, Failure> {
    let (path, parameters) = server.split_once('?').map_or((server, None), |(path, rest)| (path, Some(rest)));
    let (before, _) =
        path.rsplit_once('/').filter(|(before, _)| before.contains("//")).ok_or("no database in the URL")?;
    Ok(parameters.map_or_else(|| format!("{before}/{name}"), |rest| format!("{before}/{name}?{rest}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_of_a_server_has_the_rest_of_its_url() {
        for (server, expected) in [
            ("postgres://a:b@c:5432/postgres", "postgres://a:b@c:5432/x"),
            ("postgres://a@c/postgres?host=/tmp", "postgres://a@c/x?host=/tmp"),
        ] {
            assert_eq!(beside(server, "x").unwrap(), expected);
        }
        assert!(beside("postgres://a@c", "x").is_err());
    }
}
