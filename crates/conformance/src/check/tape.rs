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

    /// Every draw took its name and length, and nothing is left (CNF-2).
    pub(crate) fn finish(self) -> Result<(), String> {
        match self {
            Self::Replay(_, Some(complaint)) => Err(complaint),
            Self::Replay(rest, None) => match rest.first() {
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
                let bytes = next.as_ref().filter(|drawn| drawn.draw == what.0).map(|drawn| &drawn.bytes);
                match bytes.and_then(|bytes| hex::decode(bytes)).filter(|bytes| bytes.len() == out.len()) {
                    Some(bytes) => out.copy_from_slice(&bytes),
                    None => {
                        let next = next.map_or("nothing".to_owned(), |drawn| format!("`{}`", drawn.draw));
                        let wanted = format!("`{}` of {} bytes", what.0, out.len());
                        *complaint =
                            Some(format!("{wanted} is drawn, and the tape has {next} of another length"));
                        return Err(EntropyFailed);
                    }
                }
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
