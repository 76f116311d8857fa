//! A database on a server, as whoever operates the relay comes to it.

use super::Look;
#[cfg(feature = "postgres")]
use crate::{clock::now, data_dir, place::Place, relay_key, store::PostgresStore};
use crate::{
    config::Config,
    data_dir::StartError,
    store::{Closed, Store},
};
use std::sync::Arc;

/// Its store, beside the relays that use it.
#[cfg(feature = "postgres")]
pub(super) async fn open(config: &Config, url: &str) -> Result<(Arc<dyn Store>, Closed), StartError> {
    let (store, closed) = PostgresStore::open_beside(url).await.map_err(|reason| refused(config, reason))?;
    Ok((Arc::new(store), closed))
}

/// What a start would find; nothing if it is empty.
#[cfg(feature = "postgres")]
pub(super) async fn look(config: &Config) -> Result<Option<Look>, StartError> {
    let Place::Postgres(url) = &config.store else { return Ok(None) };
    let path = config.key_file.clone().unwrap_or_else(|| data_dir::key(&config.data_dir));
    let key = relay_key::read(&path).map(|key| *key.verifying_key().as_bytes());
    let found = PostgresStore::look(url, key.as_ref()).await.map_err(|reason| refused(config, reason))?;
    Ok(found.map(|found| Look {
        schema: found.schema.into(),
        newest: found.newest.into(),
        noted: found.noted,
        now: now(),
    }))
}

#[cfg(feature = "postgres")]
fn refused(config: &Config, reason: crate::store::ServerError) -> StartError {
    StartError::Server { place: config.store.to_string(), reason }
}

#[cfg(not(feature = "postgres"))]
pub(super) async fn open(config: &Config, _: &str) -> Result<(Arc<dyn Store>, Closed), StartError> {
    Err(StartError::NoPostgres { place: config.store.to_string() })
}

#[cfg(not(feature = "postgres"))]
pub(super) async fn look(config: &Config) -> Result<Option<Look>, StartError> {
    Err(StartError::NoPostgres { place: config.store.to_string() })
}
