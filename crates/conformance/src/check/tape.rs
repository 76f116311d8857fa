//! Randomness as a tape of labelled draws.

use crate::{hex, vector::Drawn};
use aside_primitives::{Draw, Entropy, EntropyFailed};
use getrandom::{SysRng, rand_core::TryRng};
use sha2::{Digest, Sha256};

/// Replays the draws of a vector, or makes and records new ones.
pub(crate) enum Tape {
    /// What is left to draw, what went wrong, and the names of what was drawn.
    Replay(Vec<Drawn>, Option<String>, Vec<String>),
    /// Draws from the operating system; the names of what was drawn.
    Fresh(Vec<String>),
    /// What the bytes follow from, and what was drawn.
    Record(String, Vec<Drawn>),
}

impl Tape {
    /// Gives these draws, in this order.
    pub(crate) fn replay(tape: &[Drawn]) -> Self {
        Self::Replay(tape.to_vec(), None, Vec::new())
    }

    /// Gives bytes that follow from a seed, and remembers them.
    pub(crate) fn record(seed: &str) -> Self {
        Self::Record(seed.to_owned(), Vec::new())
    }

    /// Gives what the operating system gives (CNF-10).
    pub(crate) const fn fresh() -> Self {
        Self::Fresh(Vec::new())
    }

    /// The names of what was drawn, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Self::Replay(_, _, names) | Self::Fresh(names) => names.clone(),
            Self::Record(_, drawn) => drawn.iter().map(|drawn| drawn.draw.clone()).collect(),
        }
    }

    /// What was drawn.
    pub(crate) fn drawn(self) -> Vec<Drawn> {
        match self {
            Self::Record(_, drawn) => drawn,
            Self::Replay(..) | Self::Fresh(_) => Vec::new(),
        }
    }

    /// Every draw had the name and length that the tape has (CNF-2).
    pub(crate) fn complaint(&self) -> Result<(), String> {
        match self {
            Self::Replay(_, Some(complaint), _) => Err(complaint.clone()),
            Self::Replay(_, None, _) | Self::Record(..) | Self::Fresh(_) => Ok(()),
        }
    }

    /// Nothing is left (CNF-2).
    pub(crate) fn finish(self) -> Result<(), String> {
        match self {
            Self::Replay(rest, ..) => match rest.first() {
                Some(drawn) => Err(format!("`{}` is left on the tape", drawn.draw)),
                None => Ok(()),
            },
            Self::Record(..) | Self::Fresh(_) => Ok(()),
        }
    }
}

impl Entropy for Tape {
    fn draw(&mut self, what: Draw, out: &mut [u8]) -> Result<(), EntropyFailed> {
        match self {
            Self::Replay(rest, complaint, names) => {
                names.push(what.0.to_owned());
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
            Self::Fresh(names) => {
                names.push(what.0.to_owned());
                SysRng.try_fill_bytes(out).map_err(|_| EntropyFailed)?;
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
