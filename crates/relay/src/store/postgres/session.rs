//! One connection to the server, with the settings that the relay's promises rest on.

use super::{ServerError, server::Server};
use crate::store::{StoreError, StoreFailed};
use futures_util::future::poll_fn;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    time::timeout,
};
use tokio_postgres::{AsyncMessage, Client, Connection, Notification, Row, Statement, types::ToSql};
use tracing::warn;

/// For the server to answer anything at all; longer than it lets a statement run.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// What every session has, whatever the server, the database or the role says. A statement, or a transaction that waits
/// for this relay, holds locks that other nodes wait for. The tables are reached by their indexes also while they are
/// small and nothing is known about them; a plan made then is kept.
const SETTINGS: &str = "\
    SET search_path = aside_relay, pg_temp; \
    SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = off; \
    SET statement_timeout = '15s'; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '15s'; \
    SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; \
    SET client_min_messages = warning; SET client_encoding = 'UTF8'; SET bytea_output = 'hex'; \
    SET plan_cache_mode = force_generic_plan; SET jit = off; \
    SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_memoize = off";

/// Durable before it is acknowledged, no matter what the default is (RLY-8); what is stronger stays.
const DURABLE: &str = "\
    SELECT set_config('synchronous_commit', \
    CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)";

/// Nothing of it is to outlive the server.
const FLEETING: &str = "SET synchronous_commit = off";

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// What is acknowledged.
    Durable,
    /// Who is connected where.
    Fleeting,
}

/// A statement with its values.
pub(super) struct Call {
    pub(super) sql: &'static str,
    pub(super) values: Vec<Box<dyn ToSql + Send + Sync>>,
}

/// Makes a [`Call`].
macro_rules! call {
    ($sql:expr $(, $value:expr)* $(,)?) => {
        $crate::store::postgres::session::Call { sql: $sql, values: vec![$(Box::new($value)),*] }
    };
}
pub(super) use call;

/// A connection that was looked at.
pub(super) struct Session {
    client: Client,
    statements: HashMap<&'static str, Statement>,
    /// Whether the server said that a commit is not what it should be.
    doubt: Arc<AtomicBool>,
}

impl Session {
    /// Connects; what the server has to tell this session goes to `told`.
    pub(super) async fn open(
        server: &Server,
        purpose: Purpose,
        told: Option<mpsc::UnboundedSender<Notification>>,
    ) -> Result<Self, ServerError> {
        let doubt = Arc::new(AtomicBool::new(false));
        let driver = Driver { doubt: Arc::clone(&doubt), told };
        timeout(PATIENCE, async {
            let client = server.connect(driver).await?;
            let session = Self { client, statements: HashMap::new(), doubt };
            session.require_safe().await?;
            session.client.batch_execute(SETTINGS).await?;
            let commits = if purpose == Purpose::Durable { DURABLE } else { FLEETING };
            session.client.batch_execute(commits).await?;
            Ok(session)
        })
        .await
        .map_err(|_| ServerError::Silent)?
    }

    /// No acknowledgement of such a server would be worth anything (RLY-85).
    async fn require_safe(&self) -> Result<(), ServerError> {
        let row = self
            .client
            .query_one(
                "SELECT current_setting('server_version_num')::int, current_setting('fsync') = 'on', \
                 current_setting('full_page_writes') = 'on', pg_is_in_recovery()",
                &[],
            )
            .await?;
        if row.try_get::<_, i32>(0)? < 140_000 {
            return Err(ServerError::Unsafe("it is older than PostgreSQL 14"));
        }
        if !row.try_get::<_, bool>(1)? {
            return Err(ServerError::Unsafe("fsync is off: a power cut would lose what was acknowledged"));
        }
        if !row.try_get::<_, bool>(2)? {
            return Err(ServerError::Unsafe(
                "full_page_writes is off: a power cut could tear pages of what was acknowledged",
            ));
        }
        if row.try_get::<_, bool>(3)? {
            return Err(ServerError::Standby);
        }
        Ok(())
    }

    /// Whether nothing can be asked any more.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// What the server calls by name; ready before [`Self::call`] needs it.
    pub(super) async fn prepare(&mut self, sql: &'static str) -> Result<(), tokio_postgres::Error> {
        if !self.statements.contains_key(sql) {
            let statement = self.client.prepare(sql).await?;
            self.statements.insert(sql, statement);
        }
        Ok(())
    }

    /// Asks; what is asked while an answer is on its way goes out at once.
    pub(super) async fn call(&self, call: &Call) -> Result<Vec<Row>, tokio_postgres::Error> {
        let values: Vec<&(dyn ToSql + Sync)> =
            call.values.iter().map(|value| -> &(dyn ToSql + Sync) { value.as_ref() }).collect();
        match self.statements.get(call.sql) {
            Some(statement) => self.client.query(statement, &values).await,
            None => self.client.query(call.sql, &values).await,
        }
    }

    /// Statements without values and answers.
    pub(super) async fn run(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.client.batch_execute(sql).await
    }

    /// Whether the server doubted a commit since this was asked last.
    pub(super) fn take_doubt(&self) -> bool {
        self.doubt.swap(false, Ordering::SeqCst)
    }
}

/// Moves bytes between the socket and the client until either is gone.
pub(super) struct Driver {
    doubt: Arc<AtomicBool>,
    told: Option<mpsc::UnboundedSender<Notification>>,
}

impl Driver {
    pub(super) async fn drive<S, T>(self, mut connection: Connection<S, T>)
    where
        S: AsyncRead + AsyncWrite + Unpin,
        T: AsyncRead + AsyncWrite + Unpin,
    {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            match message {
                Ok(AsyncMessage::Notification(notification)) => {
                    if let Some(told) = &self.told {
                        // An error means that the relay is ending.
                        let _ = told.send(notification);
                    }
                }
                // It comes before the answer that it is about: a commit that was not replicated is reported as a success,
                // with a warning (RLY-86).
                Ok(AsyncMessage::Notice(notice)) => {
                    warn!(code = notice.code().code(), notice = notice.message(), "the database warns");
                    self.doubt.store(true, Ordering::SeqCst);
                }
                Ok(_) => (),
                Err(_) => return,
            }
        }
    }
}

/// What a failure says, without the values it was about.
pub(super) fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(refused) => format!("{} ({})", refused.message(), refused.code().code()),
        None => error.to_string(),
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(raised) if raised.code().code() == super::refusals::RAISED => {
                super::refusals::refused(raised.message())
            }
            _ => Self::Failed(StoreFailed::Database(describe(&error))),
        }
    }
}
