//! The relay as a program: what it says, how it ends, and what survives when it is killed.

mod accounts;
#[cfg(target_os = "linux")]
mod crowd;
#[cfg(all(unix, feature = "postgres"))]
mod encrypted_database;
mod full;
mod guide;
mod kill;
mod memory;
mod operating;
#[path = "../support/process.rs"]
mod process;
mod signals;
mod start;
