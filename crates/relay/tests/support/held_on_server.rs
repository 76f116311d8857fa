//! What a relay of these tests holds: in a database of its own on the server that `ASIDE_TEST_POSTGRES` names.

use aside_identity::DeviceId;
use aside_relay::{
    Config, Entry, Logged, Place,
    store::{Account, Log, Mailbox, Passed, Stored},
};
use aside_testkit::postgres::Database;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
};
use tokio_postgres::{NoTls, Row, connect};

/// By the folders of the relays. They go with the server.
static DATABASES: Mutex<Option<HashMap<PathBuf, Database>>> = Mutex::new(None);

fn url(folder: &Path) -> String {
    let mut databases = DATABASES.lock().unwrap();
    let databases = databases.get_or_insert_default();
    databases.entry(folder.to_owned()).or_insert_with(|| Database::fresh().unwrap()).url.clone()
}

/// The relay of a folder has its own, also after a restart.
pub(crate) fn placed(config: Config) -> Config {
    Config { store: Place::Postgres(url(&config.data_dir)), ..config }
}

/// What the program is told so that it stores there, too.
pub(crate) fn arguments(folder: &Path) -> Vec<String> {
    vec!["--store".into(), url(folder)]
}

/// Asks the database; tests call this where they cannot wait.
fn rows(folder: &Path, statement: &str) -> Vec<Row> {
    ask(url(folder), statement)
}

fn ask(url: String, statement: &str) -> Vec<Row> {
    let statement = statement.to_owned();
    let asking = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) = connect(&url, NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute("SET search_path = aside_relay").await.unwrap();
            client.query(&statement, &[]).await.unwrap()
        })
    });
    asking.join().unwrap()
}

fn mailbox(row: &Row, column: usize) -> Mailbox {
    let account = Account(row.get::<_, &[u8]>(column).try_into().unwrap());
    let device = DeviceId::parse(row.get::<_, i32>(column + 1).try_into().unwrap()).unwrap();
    Mailbox { account, device }
}

fn number(row: &Row, column: usize) -> u64 {
    row.get::<_, i64>(column).try_into().unwrap()
}

pub(crate) fn stored(folder: &Path) -> Result<Vec<Entry>, String> {
    let rows = rows(
        folder,
        "SELECT owner.key, place.device, sequence, author.key, sender.device, accepted_at, until, \
         coalesce(body.envelope, message.envelope) FROM message LEFT JOIN body USING (body) \
         JOIN mailbox AS place ON place.mailbox = message.mailbox JOIN account AS owner ON owner.account = place.account \
         JOIN mailbox AS sender ON sender.mailbox = message.sender \
         JOIN account AS author ON author.account = sender.account ORDER BY accepted_at, message.mailbox, sequence",
    );
    let entry = |row: &Row| Entry {
        mailbox: mailbox(row, 0),
        message: Stored {
            sequence: number(row, 2),
            sender: mailbox(row, 3),
            accepted_at: number(row, 5),
            until: Passed(number(row, 6)),
            envelope: row.get(7),
        },
    };
    Ok(rows.iter().map(entry).collect())
}

pub(crate) fn logged(folder: &Path) -> Result<Vec<Logged>, String> {
    let rows =
        rows(folder, "SELECT id, position, entry FROM log_entry JOIN log USING (log) ORDER BY log, position");
    let logged = |row: &Row| Logged {
        log: Log(row.get::<_, &[u8]>(0).try_into().unwrap()),
        position: number(row, 1),
        entry: row.get(2),
    };
    Ok(rows.iter().map(logged).collect())
}

/// Says something to the database of the relay in a folder.
pub(crate) fn change(folder: &Path, statement: &str) {
    rows(folder, &format!("DO $do$ BEGIN {statement}; END $do$"));
}

/// The relay was off for so many milliseconds.
pub(crate) fn was_off(folder: &Path, milliseconds: u64) {
    change(
        folder,
        &format!("UPDATE run SET noted = noted - {milliseconds}, noted_here = noted_here - {milliseconds}"),
    );
}

/// The store of a relay fails until this is dropped: its server lets nobody in.
pub(crate) struct Away {
    server: String,
    name: String,
}

/// Lets it fail from now on.
pub(crate) fn away(folder: &Path) -> Away {
    let name = url(folder).rsplit('/').next().unwrap().to_owned();
    let server = std::env::var(aside_testkit::postgres::VARIABLE).unwrap();
    let away = Away { server, name };
    away.admit(false);
    let of_it = format!(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{}'",
        away.name
    );
    ask(away.server.clone(), &of_it);
    away
}

impl Away {
    fn admit(&self, admitted: bool) {
        ask(self.server.clone(), &format!("ALTER DATABASE {} ALLOW_CONNECTIONS {admitted}", self.name));
    }
}

impl Drop for Away {
    fn drop(&mut self) {
        self.admit(true);
    }
}
