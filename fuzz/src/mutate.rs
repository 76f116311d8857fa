//! Mutations: of whole inputs for `smoke`, and of valid bytes inside the targets.

/// A fixed sequence of mutations (SplitMix64: small, and the same everywhere).
#[derive(Debug)]
pub struct Mutator(u64);

impl Mutator {
    /// The sequence of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `bound`, or 0 if that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % u64::try_from(bound.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap_or(0)
    }

    /// Changes an input in one to four places.
    pub fn mutate(&mut self, data: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let (kind, at, value) = (self.byte(), self.below(data.len().max(1)), self.byte());
            let length = self.below(24);
            edit(data, kind, at, value, length);
        }
    }
}

/// One change: a flipped bit, another byte, a cut, an insertion, a repetition or an end.
pub(crate) fn edit(data: &mut Vec<u8>, kind: u8, at: usize, value: u8, length: usize) {
    let at = at % data.len().max(1);
    let end = at.saturating_add(length).min(data.len());
    match kind % 8 {
        0 | 1 if !data.is_empty() => data[at] ^= 1 << (value % 8),
        2 | 3 if !data.is_empty() => data[at] = value,
        4 => {
            data.drain(at.min(end)..end);
        }
        5 => {
            let at = at.min(data.len());
            data.splice(at..at, std::iter::repeat_n(value, length));
        }
        6 => {
            let again = data.get(at..end).unwrap_or_default().to_vec();
            data.splice(end..end, again);
        }
        7 if length < 4 => data.truncate(at),
        _ => data.push(value),
    }
}

/// Takes edits from the input until it ends, at most 16, and makes them.
pub(crate) fn edit_as_told(data: &mut Vec<u8>, input: &mut arbitrary::Unstructured<'_>) {
    for _ in 0..16 {
        if input.is_empty() {
            return;
        }
        let Ok((kind, at, value, length)) = input.arbitrary::<(u8, u16, u8, u8)>() else { return };
        edit(data, kind, usize::from(at), value, usize::from(length));
    }
}
