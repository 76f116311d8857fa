//! What the tests of several crates share: people with devices, repeatable randomness, and
//! PostgreSQL servers. Development only.

pub mod person;
#[cfg(unix)]
pub mod postgres;
pub mod random;

pub use person::Person;
pub use random::{Broken, TestRng};
