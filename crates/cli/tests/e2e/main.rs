//! The command and a relay as processes of their own, killed where it hurts: what a person is promised at the
//! terminal.

#[cfg(test)]
mod crowd;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod liar;
#[cfg(test)]
mod person;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod wiretap;

#[cfg(test)]
mod archive;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod bad_relay;
#[cfg(test)]
mod between;
#[cfg(test)]
mod business;
#[cfg(test)]
mod content;
#[cfg(test)]
mod damaged;
#[cfg(test)]
mod demo;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod forensic;
#[cfg(test)]
mod group_lies;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod listen;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod restored;
#[cfg(test)]
mod said;
#[cfg(test)]
mod test_clock;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod two_hundred;
#[cfg(test)]
mod verify;
