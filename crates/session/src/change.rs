//! What a received message changes, planned first and applied once it was accepted.

use crate::{
    Refused, Session,
    chain::{ChainKey, MessageSecret, RootStep, root_step},
    epoch::Phase,
    limits::{KEPT_KEYS, OLD_CHAINS},
    receiving::{KeptKeys, Mark, OldChain, ReceivingChain, Walk, finish, walk, within_jump},
    sealing::OpenedHeader,
    session::{Opening, Sending},
    transient::ReceivingTransients,
};
use alloc::vec::Vec;
use aside_primitives::{Secret, suite::Primitives};
use aside_wire::{Malformed, header::Slot};

/// What one message changes.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one at a time, for as long as one message is judged")]
pub(crate) enum Change {
    /// A kept key was used.
    Late { chain: Place, number: u32 },
    /// The current chain moved on.
    Ahead { skipped: Vec<(u32, MessageSecret)>, chain: ChainKey, next: u32 },
    /// The peer turned the ratchet.
    Turn {
        rest: Vec<(u32, MessageSecret)>,
        root: Secret<32>,
        receiving: ReceivingChain,
        next_header_key: Secret<32>,
    },
    /// A transient message was received.
    Transient { chain: Place, number: u32 },
}

/// Which chain a message is of that turns nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Current,
    Old(usize),
}

impl<P: Primitives> Session<P> {
    /// Plans the turn that a header under the next header key announces (SES-18).
    pub(crate) fn turn(
        &self,
        opened: &OpenedHeader,
        own: &P::AgreementSecret,
    ) -> Result<(MessageSecret, Change), Refused> {
        let OpenedHeader { header, ratchet_key, mark, .. } = opened;
        // Both bounds first: a jump past one is refused before anything is computed.
        let passed = self.receiving.as_ref().map_or(0, |current| current.next);
        within_jump(passed.min(header.previous), header.previous)?;
        within_jump(0, header.number)?;
        let rest = match &self.receiving {
            Some(current) if header.previous < current.next => {
                return Err(Malformed::Field("previous").into());
            }
            Some(current) => finish::<P>(&current.chain, current.next, header.previous)?,
            None if header.previous != 0 => return Err(Malformed::Field("previous").into()),
            None => Vec::new(),
        };
        let adopted = match &self.kem.phase {
            Phase::Answering { secret, .. } if mark.adopts => Some(secret),
            _ => None,
        };
        let RootStep { root, chain, next_header_key, transient } =
            root_step::<P>(&self.root, &P::agree(own, ratchet_key)?, adopted);
        let Walk { skipped, secret, chain } = walk::<P>(&chain, 0, header.number)?;
        let receiving = ReceivingChain {
            header_key: Secret::new(*self.next_header_key.expose()),
            ratchet_key: *ratchet_key,
            mark: *mark,
            chain,
            next: header.number.saturating_add(1),
            kept: KeptKeys { secrets: skipped.into_iter().collect(), dropped: Vec::new() },
            transients: ReceivingTransients::new(transient),
        };
        Ok((secret, Change::Turn { rest, root, receiving, next_header_key }))
    }

    /// The mark of the peer's next chain (EPO-8): it adopts only what it was sent.
    pub(crate) fn next_mark(&self, adopts: bool) -> Option<Mark> {
        let may_adopt = matches!(self.kem.phase, Phase::Answering { .. });
        let epoch = self.kem.epoch.saturating_add(u32::from(adopts));
        (!adopts || may_adopt).then_some(Mark { epoch, adopts })
    }

    pub(crate) fn apply(&mut self, change: Change, exchanged: Option<(Mark, Slot)>) {
        match change {
            Change::Late { chain: Place::Current, number } => {
                if let Some(current) = &mut self.receiving {
                    current.kept.secrets.remove(&number);
                }
            }
            Change::Late { chain: Place::Old(index), number } => {
                if let Some(old) = self.old.get_mut(index) {
                    old.kept.secrets.remove(&number);
                }
            }
            Change::Ahead { skipped, chain, next } => {
                if let Some(current) = &mut self.receiving {
                    current.chain = chain;
                    current.next = next;
                    current.kept.secrets.extend(skipped);
                }
            }
            Change::Turn { rest, root, receiving, next_header_key } => {
                if receiving.mark.adopts {
                    self.kem = self.kem.after(self.role);
                }
                if let Some(mut left) = self.receiving.replace(receiving) {
                    left.kept.secrets.extend(rest);
                    let ReceivingChain { header_key, ratchet_key, mark, kept, transients, chain: _, next: _ } =
                        left;
                    self.old.push_front(OldChain { header_key, ratchet_key, mark, kept, transients });
                    // SES-23
                    self.old.truncate(OLD_CHAINS);
                }
                self.root = root;
                self.next_header_key = next_header_key;
                self.due();
                if matches!(self.opening, Opening::Unanswered(_)) {
                    self.opening = Opening::Answered;
                }
            }
            Change::Transient { chain, number } => {
                if let Some(transients) = self.transients_mut(chain) {
                    transients.window.mark(number);
                }
            }
        }
        if let Some((mark, slot)) = exchanged {
            self.kem.accept::<P>(&self.id, mark, &slot);
        }
        self.drop_surplus_keys();
        self.revision = self.revision.wrapping_add(1);
    }

    /// Wipes the own ratchet key, sending chain and transient key at once; only the count is kept (SES-19).
    fn due(&mut self) {
        match &mut self.sending {
            Sending::Ready { number, next_header_key, .. } => {
                self.previous = *number;
                self.sending = Sending::Due { header_key: Secret::new(*next_header_key.expose()) };
            }
            Sending::Retired { ratchet } => *ratchet = None,
            Sending::Due { .. } => {}
        }
    }

    /// Holds the number of kept keys at its bound, oldest chain and lowest number first (SES-22).
    fn drop_surplus_keys(&mut self) {
        let kept: usize = self.kept_keys().map(|kept| kept.secrets.len()).sum();
        let mut surplus = kept.saturating_sub(KEPT_KEYS);
        let current = self.receiving.as_mut().map(|receiving| &mut receiving.kept);
        for chain in self.old.iter_mut().rev().map(|old| &mut old.kept).chain(current) {
            while surplus > 0 && chain.drop_oldest() {
                surplus = surplus.saturating_sub(1);
            }
        }
    }
}
