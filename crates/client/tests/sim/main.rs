//! The engine against a relay in memory that can lie in every way a relay can: what must hold whatever it does.

#[cfg(test)]
mod client;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod forge;
#[cfg(test)]
mod observer;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod store;
#[cfg(test)]
mod world;

#[cfg(test)]
mod alike;
#[cfg(test)]
mod archive;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod blocked;
#[cfg(test)]
mod bots;
#[cfg(test)]
mod capture;
#[cfg(test)]
mod commit;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod downgrade;
#[cfg(test)]
mod encrypted_only;
#[cfg(test)]
mod expiry_at_random;
#[cfg(test)]
mod expiry_incidents;
#[cfg(test)]
mod first_message;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod groups_at_random;
#[cfg(test)]
mod groups_attacked;
#[cfg(test)]
mod groups_crash;
#[cfg(test)]
mod groups_in_flight;
#[cfg(test)]
mod groups_large;
#[cfg(test)]
mod healing;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod leakage;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod lying_relay;
#[cfg(test)]
mod marks;
#[cfg(test)]
mod permuted;
#[cfg(test)]
mod prekeys;
#[cfg(test)]
mod product;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod restored;
#[cfg(test)]
mod robust;
#[cfg(test)]
mod routing;
#[cfg(test)]
mod scheduled;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod sharing;
#[cfg(test)]
mod time;
#[cfg(test)]
mod timed;
#[cfg(test)]
mod transient;
#[cfg(test)]
mod two_people;
#[cfg(test)]
mod unreachable;
#[cfg(test)]
mod view_once;
