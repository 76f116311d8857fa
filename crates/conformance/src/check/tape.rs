//! Randomness as a tape of labelled draws.

use crate::{hex, vector::Drawn};
use aside_primitives::{Draw, Entropy, EntropyFailed};
use sha2::{Digest, Sha256};

/// Replays the draws of a vector, or makes and records new ones.
pub(crate) enum Tape {
    /// What is left to draw, and what went wrong.
    Replay(Vec<Drawn>, Option<String>),
    /// What the bytes follow from, and what was drawn.
    Record(String, Vec<Drawn>),
}

impl Tape {
    /// Gives these draws, in this order.
    pub(crate) fn replay(tape: &[Drawn]) -> Self {
        Self::Replay(tape.to_vec(), None)
    }

    /// Gives bytes that follow from a seed, and remembers them.
    pub(crate) fn record(seed: &str) -> Self {
        Self::Record(seed.to_owned(), Vec::new())
    }

    /// What was drawn.
    pub(crate) fn drawn(self) -> Vec<Drawn> {
        match self {
            Self::Record(_, drawn) => drawn,
            Self::Replay(..) => Vec::new(),
        }
    }

    /// Every draw had the name and length that the tape has (CNF-2).
    pub(crate) fn complaint(&self) -> Result<(), String> {
        match self {
            Self::Replay(_, Some(complaint)) => Err(complaint.clone()),
            Self::Replay(_, None) | Self::Record(..) => Ok(()),
        }
    }

    /// Nothing is left (CNF-2).
    pub(crate) fn finish(self) -> Result<(), String> {
        match self {
            Self::Replay(rest, _) => match rest.first() {
                Some(drawn) => Err(format!("`{}` is left on the tape", drawn.draw)),
                None => Ok(()),
            },
            Self::Record(..) => Ok(()),
        }
    }
}

impl Entropy for Tape {
    fn draw(&mut self, what: Draw, out: &mut [u8]) -> Result<(), EntropyFailed> {
        match self {
            Self::Replay(rest, complaint) => {
                let next = (!rest.is_empty()).then(|| rest.remove(0));
                let bytes = next.as_ref().and_then(|drawn| hex::decode(&drawn.bytes)).unwrap_or_default();
                let fits =
                    next.as_ref().is_some_and(|drawn| drawn.draw == what.0) && bytes.len() == out.len();
                if !fits {
                    let there = next.map(|drawn| format!("`{}` of {}", drawn.draw, bytes.len()));
                    let there = there.unwrap_or_else(|| "nothing".to_owned());
                    let wanted = format!("`{}` of {} bytes", what.0, out.len());
                    *complaint = Some(format!("{wanted} is drawn, and the tape has {there}"));
                    return Err(EntropyFailed);
                }
                out.copy_from_slice(&bytes);
            }
            Self::Record(seed, drawn) => {
                let bytes = material(&format!("{seed}/{}", drawn.len()), out.len());
                out.copy_from_slice(&bytes);
                drawn.push(Drawn { draw: what.0.to_owned(), bytes: hex::encode(&bytes) });
            }
        }
        Ok(())
    }
}

/// Bytes that follow from a name: no two names have the same.
pub(crate) fn material(name: &str, length: usize) -> Vec<u8> {
    let blocks = (0u32..).flat_map(|block| {
        Sha256::new().chain_update(block.to_be_bytes()).chain_update(name.as_bytes()).finalize().to_vec()
    });
    blocks.take(length).collect()
}
