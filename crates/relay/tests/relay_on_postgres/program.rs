//! The relay as a program that stores in PostgreSQL.

#[path = "../relay/program/accounts.rs"]
mod accounts;
mod operating;
#[path = "../support/process.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod process;
