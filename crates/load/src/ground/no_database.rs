//! What this program was built without.

use crate::Failure;
use std::time::Duration;

/// There is none.
pub(super) enum Database {}

impl Database {
    pub(super) async fn create(_server: &str) -> Result<Self, Failure> {
        Err("built without PostgreSQL: `cargo xtask load --store postgres` builds with it".into())
    }

    pub(super) const fn url(&self) -> &str {
        match *self {}
    }

    pub(super) async fn disk(&self) -> Result<u64, Failure> {
        match *self {}
    }
}

pub(super) async fn processor_time(_server: &str) -> Result<Option<Duration>, Failure> {
    Ok(None)
}
