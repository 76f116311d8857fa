//! How far the store of a device has come, as its relay keeps it: tells a store from an older copy of it (RLY-46, threat R4).
//!
//! ```text
//!   store:  number 7, token t7 ──login──► number 8, token t8, previous t7 ──► …
//!   relay:  number 7, token t7            7 and t7, or 8 and t8: accepted     anything else of 8 or above: stale
//! ```

use aside_primitives::{Draw, Entropy, EntropyFailed, entropy};
use aside_wire::{Malformed, array, pb};

/// Length of a token in bytes.
pub const TOKEN_BYTES: usize = 16;
/// What stands for the token before the first.
const NONE: [u8; TOKEN_BYTES] = [0; TOKEN_BYTES];
/// No number reaches it.
const NUMBERS: u64 = 1 << 63;

/// What a login says of the store behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Generation {
    /// From 1, below 2^63.
    pub number: u64,
    /// Drawn for this generation.
    pub token: [u8; TOKEN_BYTES],
    /// The token of the generation before; zeros if there was none.
    pub previous: [u8; TOKEN_BYTES],
    /// The store was restored and goes on from nothing.
    pub restored: bool,
}

/// What a relay keeps of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// The number.
    pub number: u64,
    /// The token.
    pub token: [u8; TOKEN_BYTES],
}

impl Generation {
    /// The first generation of a store.
    ///
    /// # Errors
    /// [`EntropyFailed`].
    pub fn first(entropy: &mut (impl Entropy + ?Sized)) -> Result<Self, EntropyFailed> {
        Ok(Self { number: 1, token: draw(entropy)?, previous: NONE, restored: false })
    }

    /// The generation after one that the relay has.
    ///
    /// # Errors
    /// [`EntropyFailed`].
    pub fn next(&self, entropy: &mut (impl Entropy + ?Sized)) -> Result<Self, EntropyFailed> {
        let number = self.number.saturating_add(1).min(NUMBERS.saturating_sub(1));
        Ok(Self { number, token: draw(entropy)?, previous: self.token, restored: false })
    }

    /// The generation with which a restored store begins anew (HEA-30).
    ///
    /// # Errors
    /// [`EntropyFailed`].
    pub fn anew(&self, entropy: &mut (impl Entropy + ?Sized)) -> Result<Self, EntropyFailed> {
        Ok(Self { previous: NONE, restored: true, ..self.next(entropy)? })
    }

    /// What a login carries.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(store: Option<&pb::StoreGeneration>) -> Result<Self, Malformed> {
        let store = store.ok_or(Malformed::Field("store"))?;
        if store.number == 0 || store.number >= NUMBERS {
            return Err(Malformed::Field("number"));
        }
        let (token, previous) = (array(&store.token, "token")?, array(&store.previous, "previous")?);
        Ok(Self { number: store.number, token, previous, restored: store.restored })
    }

    /// As it travels.
    #[must_use]
    pub fn to_wire(&self) -> pb::StoreGeneration {
        let Self { number, token, previous, restored } = *self;
        pb::StoreGeneration { number, token: token.to_vec(), previous: previous.to_vec(), restored }
    }

    /// What a relay keeps after a login with this generation; `None` if the store is stale (RLY-46 to RLY-48).
    #[must_use]
    pub fn after(&self, known: Option<&Recorded>) -> Option<Recorded> {
        let told = Recorded { number: self.number, token: self.token };
        let Some(known) = known else { return Some(told) };
        let follows = known.number.checked_add(1);
        if self.restored {
            // The answer to the same login was lost, or another process of the same store was first.
            let again = known.token == self.token;
            let number = follows.map_or(known.number, |number| number.max(self.number));
            return Some(if again { *known } else { Recorded { number, ..told } });
        }
        let is_known = told == *known;
        let goes_on = follows == Some(self.number) && self.previous == known.token;
        // The relay goes on with an older copy of its data: it cannot judge, and must not lock anybody out.
        let is_ahead = follows.is_some_and(|next| next < self.number);
        (is_known || goes_on || is_ahead).then_some(told)
    }
}

fn draw(entropy: &mut (impl Entropy + ?Sized)) -> Result<[u8; TOKEN_BYTES], EntropyFailed> {
    entropy::public(entropy, Draw("store token"))
}

#[cfg(test)]
#[path = "generation_tests.rs"]
mod tests;
