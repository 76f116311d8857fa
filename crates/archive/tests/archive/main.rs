//! Archives: what is written is read again, and nothing else is.

#[cfg(test)]
mod forged;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod sample;
