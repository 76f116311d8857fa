//! What the tests of several crates share: people with devices, and repeatable randomness. Development only.

pub mod person;
pub mod random;

pub use person::Person;
pub use random::{Broken, TestRng};
