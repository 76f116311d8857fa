//! Who is told of a capture, of which messages, and what of a notice is shown. Without a clock and without a store.

use crate::{ChatState, MessageId};
use alloc::{collections::BTreeSet, vec::Vec};
use aside_identity::AccountKey;
use aside_wire::limits::CAPTURE_REFS;

/// Captures of one kind in one conversation are one for so many milliseconds: two sources of one platform report the same
/// screenshot milliseconds apart, and a person does not take two in that time (CAP-6).
pub const BURST_MS: u64 = 2_000;
/// Of one capture so many messages are named, the newest: an export of years would otherwise drown who is told (CAP-7).
pub const NAMED: usize = 8 * CAPTURE_REFS;

/// A message on a screen, and who wrote it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Shown {
    /// Its author.
    pub author: AccountKey,
    /// Its id.
    pub id: MessageId,
}

/// The conversation in which messages were captured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scene {
    /// A plaintext thread.
    Thread,
    /// A chat.
    Chat(ChatState),
    /// A group.
    Group {
        /// Its log says that members are told of captures.
        notices: bool,
    },
}

impl Scene {
    /// Whether anybody is told of captures there (CAP-3).
    #[must_use]
    pub const fn is_told_of(self) -> bool {
        matches!(self, Self::Chat(ChatState::Accepted) | Self::Group { notices: true })
    }
}

/// What was told of captures of one kind in one conversation, as far as it counts for the next one.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Burst {
    /// Messages and when they were told of.
    pub told: Vec<(MessageId, u64)>,
    /// The messages that a notice names which is not sealed yet, and when it was made.
    pub waiting: Option<(Vec<MessageId>, u64)>,
}

/// What is said of a capture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notices {
    /// What the notice that waits names from now on; `None` if it stays as it is.
    pub waiting: Option<Vec<MessageId>>,
    /// What each further notice names.
    pub further: Vec<Vec<MessageId>>,
}

/// Why nobody is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nobody {
    /// Nobody is told of captures in that conversation.
    Scene,
    /// Whoever has captured it has written all of it.
    OwnAlone,
    /// It was told a moment ago.
    Told,
}

/// What is said of a capture of a screen by whoever has `own` as account: of the messages of others, the newest, those that
/// were not told of a moment ago (CAP-3, CAP-5 to CAP-7).
///
/// # Errors
/// [`Nobody`], with the reason.
pub fn tell(
    scene: Scene,
    screen: &[Shown],
    own: &AccountKey,
    burst: &Burst,
    now: u64,
) -> Result<Notices, Nobody> {
    if !scene.is_told_of() {
        return Err(Nobody::Scene);
    }
    let mut newest = BTreeSet::new();
    for shown in screen.iter().rev().filter(|shown| shown.author != *own) {
        if newest.len() < NAMED {
            newest.insert(shown.id);
        }
    }
    if newest.is_empty() {
        return Err(Nobody::OwnAlone);
    }
    for (id, _) in burst.told.iter().filter(|(_, at)| is_one_burst(*at, now)) {
        newest.remove(id);
    }
    let waiting = burst.waiting.as_ref().filter(|(_, since)| is_one_burst(*since, now));
    let mut named: Vec<_> = waiting.map(|(refs, _)| refs.clone()).unwrap_or_default();
    newest.retain(|id| !named.contains(id));
    if newest.is_empty() {
        return Err(Nobody::Told);
    }
    let room = CAPTURE_REFS.saturating_sub(named.len());
    let waits = waiting.is_some() && room > 0;
    let mut rest: Vec<_> = newest.into_iter().collect();
    if waits {
        named.extend(rest.drain(..room.min(rest.len())));
        named.sort_unstable();
    }
    Ok(Notices {
        waiting: waits.then_some(named),
        further: rest.chunks(CAPTURE_REFS).map(<[MessageId]>::to_vec).collect(),
    })
}

/// Whether what was told at one time is of the same burst as what happens now; a clock that was set changes little.
#[must_use]
pub const fn is_one_burst(at: u64, now: u64) -> bool {
    now.abs_diff(at) < BURST_MS
}

/// A message here that a notice may name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Here {
    /// The message.
    pub message: Shown,
    /// The sender of the notice has said the same of it before.
    pub said: bool,
}

/// Of which messages a notice is shown: those that it names, that are here, that its sender has not written, and has not said
/// the same of before (CAP-11, CAP-12). If there are none, it has no effect at all.
#[must_use]
pub fn to_show(scene: Scene, by: &AccountKey, refs: &[MessageId], here: &[Here]) -> Vec<Shown> {
    if !scene.is_told_of() {
        return Vec::new();
    }
    let counts = |here: &&Here| refs.contains(&here.message.id) && here.message.author != *by && !here.said;
    let shown: BTreeSet<_> = here.iter().filter(counts).map(|here| here.message).collect();
    shown.into_iter().collect()
}

#[cfg(test)]
#[path = "captured_tests.rs"]
mod tests;
