//! The relay over real connections: one client that knows the frames and nothing else, and what it is promised.

#[cfg(test)]
mod abuse;
#[cfg(test)]
mod accounts;
#[cfg(test)]
mod at_random;
#[cfg(test)]
#[path = "../support/client.rs"]
mod client;
#[cfg(test)]
mod damaged;
#[cfg(test)]
mod flood;
#[cfg(test)]
mod full;
#[cfg(test)]
mod groups;
#[cfg(test)]
#[path = "../support/held_in_file.rs"]
mod held;
#[cfg(test)]
mod inventory;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod metrics;
#[cfg(test)]
#[path = "../support/person.rs"]
mod person;
#[cfg(test)]
#[cfg(unix)]
mod program;
#[cfg(test)]
mod quotas;
#[cfg(test)]
mod reach;
#[cfg(test)]
#[path = "../support/running.rs"]
mod running;
#[cfg(test)]
mod shares;
#[cfg(test)]
mod shutdown;
#[cfg(test)]
mod stores;
#[cfg(test)]
mod suspended;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod transient;
