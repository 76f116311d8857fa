//! Where sending chains end.

use crate::{KeyId, limits::CHAIN_MESSAGES};
use alloc::vec::Vec;
use aside_wire::{Malformed, array, limits::GROUP_CUTS, pb};

/// The end of one sending chain: what lies beyond is not accepted any more (GRP-27, threat G3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ChainCut {
    /// The chain.
    pub key_id: KeyId,
    /// How many of its messages count, at most [`CHAIN_MESSAGES`].
    pub messages: u16,
}

/// Decodes cuts: at most [`GROUP_CUTS`], in ascending order, no chain twice.
pub(crate) fn decode(cuts: &[pb::ChainCut]) -> Result<Vec<ChainCut>, Malformed> {
    if cuts.len() > GROUP_CUTS {
        return Err(Malformed::TooManyFields("cuts"));
    }
    let cuts = cuts
        .iter()
        .map(|cut| {
            let messages = u16::try_from(cut.messages).ok().filter(|messages| *messages <= CHAIN_MESSAGES);
            Ok(ChainCut {
                key_id: KeyId::new(array(&cut.key_id, "key_id")?),
                messages: messages.ok_or(Malformed::Field("messages"))?,
            })
        })
        .collect::<Result<Vec<_>, Malformed>>()?;
    let ascending = cuts.is_sorted_by(|a, b| a.key_id < b.key_id);
    if ascending { Ok(cuts) } else { Err(Malformed::Field("cuts")) }
}

pub(crate) fn encode(cuts: &[ChainCut]) -> Vec<pb::ChainCut> {
    cuts.iter()
        .map(|cut| pb::ChainCut { key_id: cut.key_id.as_bytes().to_vec(), messages: cut.messages.into() })
        .collect()
}
