//! How often, and with which dice.

use aside_testkit::TestRng;
use std::{
    env,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// How often something is killed, unless the variable says otherwise: what takes seconds.
const FEW: usize = 10;

pub(crate) struct Rounds {
    pub(crate) number: usize,
    pub(crate) seed: u64,
    dice: TestRng,
}

impl Rounds {
    pub(crate) fn new() -> Self {
        let variable = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
        let number = variable("ASIDE_PROVE_ROUNDS").map_or(FEW, |rounds| usize::try_from(rounds).unwrap());
        let seed = variable("ASIDE_PROVE_SEED").unwrap_or_else(|| RandomState::new().hash_one(0) >> 16);
        println!("ASIDE_PROVE_ROUNDS={number} ASIDE_PROVE_SEED={seed}");
        Self { number, seed, dice: TestRng::new(seed) }
    }

    /// Passes a random time up to a bound.
    pub(crate) async fn moment(&mut self, most: Duration) {
        let micros = self.dice.below(u64::try_from(most.as_micros()).unwrap());
        tokio::time::sleep(Duration::from_micros(micros)).await;
    }

    /// One of so many.
    #[cfg(feature = "postgres")]
    pub(crate) fn one_of(&mut self, count: usize) -> usize {
        usize::try_from(self.dice.below(u64::try_from(count).unwrap())).unwrap()
    }
}
