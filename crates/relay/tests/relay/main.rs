//! The relay over real connections: one client that knows the frames and nothing else, and what it is promised.

#[cfg(test)]
mod client;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod person;
#[cfg(test)]
mod running;
