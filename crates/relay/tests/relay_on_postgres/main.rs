//! What the relay promises over real connections, when it stores in PostgreSQL: the tests of `relay` that do not look into
//! its file.

#[cfg(test)]
#[path = "../relay/accounts.rs"]
mod accounts;
#[cfg(test)]
mod away;
#[cfg(test)]
#[path = "../support/client.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod client;
#[cfg(test)]
#[path = "../relay/groups.rs"]
mod groups;
#[cfg(test)]
#[path = "../support/held_on_server.rs"]
mod held;
#[cfg(test)]
#[path = "../relay/keeping.rs"]
mod keeping;
#[cfg(test)]
#[path = "../relay/mail.rs"]
mod mail;
#[cfg(test)]
#[path = "../relay/metrics.rs"]
mod metrics;
#[cfg(test)]
#[path = "../support/person.rs"]
mod person;
#[cfg(test)]
mod program;
#[cfg(test)]
#[path = "../relay/reach.rs"]
mod reach;
#[cfg(test)]
#[path = "../support/running.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod running;
#[cfg(test)]
#[path = "../relay/stores.rs"]
mod stores;
#[cfg(test)]
#[path = "../relay/suspended.rs"]
mod suspended;
#[cfg(test)]
#[path = "../relay/transient.rs"]
mod transient;
