//! Every message type of the protocol against every way of damaging its bytes.

#[cfg(test)]
mod sample;
#[cfg(test)]
mod schema;

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod bounded;
#[cfg(test)]
mod canonical;
