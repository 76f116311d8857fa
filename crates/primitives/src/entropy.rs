//! Randomness, passed in and labelled.

use crate::Secret;
use rand_core::TryCryptoRng;

/// What a draw is for. Vectors replay randomness as a tape of these names (spec, "randomness drawn").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Draw(pub &'static str);

/// The source of randomness failed or returned nothing but zeros (PRM-14, threat P11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness failed")]
pub struct EntropyFailed;

/// A cryptographically secure source of random bytes.
///
/// Every [`TryCryptoRng`] is one. A tape that replays labelled draws implements it too; that is what makes
/// the vectors independent of any particular generator.
pub trait Entropy {
    /// Fills `out` with random bytes for the purpose `what`.
    ///
    /// # Errors
    /// [`EntropyFailed`] if the source has none to give; `out` must then not be used.
    fn draw(&mut self, what: Draw, out: &mut [u8]) -> Result<(), EntropyFailed>;
}

impl<R: TryCryptoRng + ?Sized> Entropy for R {
    fn draw(&mut self, _what: Draw, out: &mut [u8]) -> Result<(), EntropyFailed> {
        self.try_fill_bytes(out).map_err(|_| EntropyFailed)
    }
}

/// Draws `N` secret bytes.
///
/// # Errors
/// [`EntropyFailed`] if the source failed.
pub fn secret<const N: usize>(
    entropy: &mut (impl Entropy + ?Sized),
    what: Draw,
) -> Result<Secret<N>, EntropyFailed> {
    let mut result = Ok(());
    let secret = Secret::filled(|bytes| result = draw(entropy, what, bytes));
    result.map(|()| secret)
}

/// Draws `N` public bytes: a nonce, a salt or an identifier.
///
/// # Errors
/// [`EntropyFailed`] if the source failed.
pub fn public<const N: usize>(
    entropy: &mut (impl Entropy + ?Sized),
    what: Draw,
) -> Result<[u8; N], EntropyFailed> {
    let mut bytes = [0; N];
    draw(entropy, what, &mut bytes)?;
    Ok(bytes)
}

/// Draws from any source, and refuses what a broken one gives.
fn draw(entropy: &mut (impl Entropy + ?Sized), what: Draw, out: &mut [u8]) -> Result<(), EntropyFailed> {
    entropy.draw(what, out)?;
    // An all-zero draw of eight bytes or more does not happen by chance.
    if out.len() >= 8 && out.iter().all(|byte| *byte == 0) { Err(EntropyFailed) } else { Ok(()) }
}

#[cfg(test)]
#[path = "entropy_tests.rs"]
mod tests;
