//! What a relay promises, proven on whole programs that are killed under load: nothing acknowledged is lost, nothing comes twice.
//!
//! `cargo xtask prove` runs these tests for longer, in a release build. Two variables steer them: `ASIDE_PROVE_ROUNDS`, how
//! often something is killed, and `ASIDE_PROVE_SEED`, which a failure prints.

#[cfg(test)]
#[cfg(unix)]
#[path = "../support/client.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod client;
#[cfg(test)]
#[cfg(unix)]
mod clients;
#[cfg(test)]
#[cfg(unix)]
mod entering;
#[cfg(test)]
#[cfg(unix)]
#[cfg(feature = "postgres")]
mod failover;
#[cfg(test)]
#[cfg(unix)]
#[path = "../support/held_in_file.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod held;
#[cfg(test)]
#[cfg(unix)]
mod kill_9;
#[cfg(test)]
#[cfg(unix)]
mod ledger;
#[cfg(test)]
#[cfg(unix)]
mod line;
#[cfg(test)]
#[cfg(unix)]
mod node;
#[cfg(test)]
#[cfg(unix)]
mod people;
#[cfg(test)]
#[cfg(unix)]
#[path = "../support/person.rs"]
#[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "other tests use the rest"))]
mod person;
#[cfg(test)]
#[cfg(unix)]
#[cfg(feature = "postgres")]
mod postgres_restart;
#[cfg(test)]
#[cfg(unix)]
#[path = "../support/process.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod process;
#[cfg(test)]
#[cfg(unix)]
mod proxy;
#[cfg(test)]
#[cfg(unix)]
mod rounds;
#[cfg(test)]
#[cfg(unix)]
#[path = "../support/running.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod running;
#[cfg(test)]
#[cfg(unix)]
#[cfg(feature = "postgres")]
mod two_nodes;
#[cfg(test)]
#[cfg(unix)]
mod world;
