//! Repeatable randomness, and randomness that fails.

use core::convert::Infallible;
use rand::{SeedableRng, rngs::StdRng};
use rand_core::{TryCryptoRng, TryRng};

/// A generator whose stream follows from its seed.
#[derive(Debug)]
pub struct TestRng(StdRng);

impl TestRng {
    /// The generator of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let Ok(number) = self.try_next_u64();
        number.checked_rem(bound).unwrap_or_default()
    }
}

impl TryRng for TestRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(out)
    }
}

impl TryCryptoRng for TestRng {}

/// How a broken source of randomness behaves (threat P11).
#[derive(Debug, Clone, Copy)]
pub enum Broken {
    /// It reports an error.
    Failing,
    /// It returns zeros and says nothing.
    Zeros,
}

/// The error of [`Broken::Failing`].
#[derive(Debug)]
pub struct NoRandomness;

impl core::fmt::Display for NoRandomness {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("no randomness")
    }
}

impl core::error::Error for NoRandomness {}

impl TryRng for Broken {
    type Error = NoRandomness;

    fn try_next_u32(&mut self) -> Result<u32, NoRandomness> {
        self.try_next_u64().map(|_| 0)
    }

    fn try_next_u64(&mut self) -> Result<u64, NoRandomness> {
        match self {
            Self::Failing => Err(NoRandomness),
            Self::Zeros => Ok(0),
        }
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), NoRandomness> {
        self.try_next_u64()?;
        out.fill(0);
        Ok(())
    }
}

impl TryCryptoRng for Broken {}
