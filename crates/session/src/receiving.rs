//! Receiving chains and the keys kept for late messages.

use crate::{
    Refused,
    chain::{ChainKey, MessageSecret},
    limits::{DROPPED_RANGES, JUMP},
    transient::ReceivingTransients,
};
use alloc::{collections::BTreeMap, vec::Vec};
use aside_primitives::{AgreementPublic, Secret, suite::Primitives};
use aside_wire::header::COUNTER_MAX;

/// What every header of a chain says alike beside the ratchet key (EPO-7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Mark {
    /// The KEM epoch of the chain.
    pub(crate) epoch: u32,
    /// Its first step took in the secret of the epoch before.
    pub(crate) adopts: bool,
}

/// The peer's current chain.
#[derive(Debug)]
pub(crate) struct ReceivingChain {
    pub(crate) header_key: Secret<32>,
    pub(crate) ratchet_key: AgreementPublic,
    pub(crate) mark: Mark,
    pub(crate) chain: ChainKey,
    /// The number that comes next.
    pub(crate) next: u32,
    pub(crate) kept: KeptKeys,
    pub(crate) transients: ReceivingTransients,
}

/// A chain the peer has left; only late messages and late transient ones come from it.
#[derive(Debug)]
pub(crate) struct OldChain {
    pub(crate) header_key: Secret<32>,
    pub(crate) ratchet_key: AgreementPublic,
    pub(crate) mark: Mark,
    pub(crate) kept: KeptKeys,
    pub(crate) transients: ReceivingTransients,
}

/// Keys of skipped messages of one chain, by number.
#[derive(Debug, Default)]
pub(crate) struct KeptKeys {
    pub(crate) secrets: BTreeMap<u32, MessageSecret>,
    /// Ranges of numbers, end excluded, whose keys were dropped unused (SES-24).
    pub(crate) dropped: Vec<(u32, u32)>,
}

impl KeptKeys {
    /// The key of a number that the chain has passed (SES-20, SES-24).
    pub(crate) fn find(&self, number: u32) -> Result<&MessageSecret, Refused> {
        if let Some(secret) = self.secrets.get(&number) {
            return Ok(secret);
        }
        let dropped = self.dropped.iter().any(|(start, end)| (*start..*end).contains(&number));
        Err(if dropped { Refused::KeyExpired } else { Refused::Replay })
    }

    /// Drops the oldest key; `false` if there is none.
    pub(crate) fn drop_oldest(&mut self) -> bool {
        let Some((number, _)) = self.secrets.pop_first() else { return false };
        let end = number.saturating_add(1);
        match self.dropped.last_mut() {
            Some(last) if last.1 == number => last.1 = end,
            _ => self.dropped.push((number, end)),
        }
        if self.dropped.len() > DROPPED_RANGES
            && let [first, second, ..] = self.dropped.as_mut_slice()
        {
            second.0 = first.0;
            self.dropped.remove(0);
        }
        true
    }
}

/// Where a chain stands after a message, and the keys it passed on the way.
pub(crate) struct Walk {
    pub(crate) skipped: Vec<(u32, MessageSecret)>,
    pub(crate) secret: MessageSecret,
    pub(crate) chain: ChainKey,
}

/// How many numbers lie between, if they are not more than a session skips.
pub(crate) fn within_jump(next: u32, number: u32) -> Result<u32, Refused> {
    number.checked_sub(next).filter(|jump| *jump <= JUMP).ok_or(Refused::TooFar)
}

/// Walks a chain from `next` to the message `number`. A jump past the bound is refused before any work (SES-21,
/// threat R2).
pub(crate) fn walk<P: Primitives>(chain: &ChainKey, next: u32, number: u32) -> Result<Walk, Refused> {
    let jump = within_jump(next, number)?;
    // SES-10: nobody sends the last number, and the one after it has no place in a stored state.
    if number >= COUNTER_MAX {
        return Err(Refused::TooFar);
    }
    let mut skipped = Vec::with_capacity(usize::try_from(jump).unwrap_or_default());
    let (mut chain, mut secret) = chain.step::<P>();
    for passed in next..number {
        let (following, current) = chain.step::<P>();
        skipped.push((passed, core::mem::replace(&mut secret, current)));
        chain = following;
    }
    Ok(Walk { skipped, secret, chain })
}

/// The keys of a chain from `next` up to its end, which the peer has left.
pub(crate) fn finish<P: Primitives>(
    chain: &ChainKey,
    next: u32,
    end: u32,
) -> Result<Vec<(u32, MessageSecret)>, Refused> {
    let Some(last) = end.checked_sub(1).filter(|last| *last >= next) else {
        return Ok(Vec::new());
    };
    within_jump(next, end)?;
    let Walk { mut skipped, secret, chain: _ } = walk::<P>(chain, next, last)?;
    skipped.push((last, secret));
    Ok(skipped)
}

#[cfg(test)]
#[path = "receiving_tests.rs"]
mod tests;
