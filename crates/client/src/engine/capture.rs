//! Captures that the device of the person here has noticed: whom they are told to.

use super::{Engine, Step, compose::Composed, group::Known, outgoing::composed, view_once::Opened};
use crate::{
    ChatState,
    conversation::{Conversation, Manner, Message},
    error::{Error, Misuse},
    records::{self, Outgoing as Entry, Records, decode, fixed, index, last_frame_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::{
    Body, CaptureDetector, CaptureKind, CaptureNotice, ChatFrame, GroupFrame, Kind, MessageId,
    captured::{Burst, Nobody, Notices, Scene, Shown, is_one_burst, tell},
};
use aside_identity::AccountKey;

/// How long it is remembered that a detection was reported. No platform reports one again after so long.
const REMEMBERED_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// What was on the screen: messages of one conversation, as they were read from the store. Only a screen can be captured, so
/// nobody is told of what was not shown, and nobody of another conversation (CAP-2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Screen {
    viewer: AccountKey,
    conversation: Conversation,
    shown: Vec<Shown>,
}

impl Screen {
    /// The screen that shows these messages, in the order in which they stand there.
    ///
    /// # Errors
    /// [`Misuse::NothingOnScreen`], [`Misuse::SeveralConversations`], or [`Misuse::OtherViewer`] if two accounts have read
    /// them.
    pub fn of<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Result<Self, Misuse> {
        let mut origins = messages.into_iter().map(|message| &message.origin);
        let first = origins.next().ok_or(Misuse::NothingOnScreen)?;
        let mut screen = Self { viewer: first.viewer, conversation: first.conversation, shown: Vec::new() };
        for origin in core::iter::once(first).chain(origins) {
            if origin.conversation != screen.conversation {
                return Err(Misuse::SeveralConversations);
            }
            if origin.viewer != screen.viewer {
                return Err(Misuse::OtherViewer);
            }
            screen.shown.extend(origin.shown);
        }
        Ok(screen)
    }

    /// The screen that shows what somebody has just opened that can be opened once.
    ///
    /// # Errors
    /// [`Misuse::NothingOnScreen`] if nothing could be shown of it.
    pub fn viewing(opened: &Opened) -> Result<Self, Misuse> {
        let Origin { viewer, conversation, shown } = opened.origin;
        let shown = vec![shown.ok_or(Misuse::NothingOnScreen)?];
        Ok(Self { viewer, conversation, shown })
    }

    /// The conversation on the screen.
    #[must_use]
    pub const fn conversation(&self) -> Conversation {
        self.conversation
    }
}

/// Where a message was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Origin {
    viewer: AccountKey,
    conversation: Conversation,
    /// `None` where nothing is shown that somebody has written: notices, what has gone, what was not opened.
    shown: Option<Shown>,
}

impl Origin {
    pub(crate) fn of(
        engine: &Engine,
        conversation: Conversation,
        (author, id): (AccountKey, MessageId),
        is_shown: bool,
    ) -> Self {
        let shown = is_shown.then_some(Shown { author, id });
        Self { viewer: engine.address().account, conversation, shown }
    }
}

/// A capture as the app has noticed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capture {
    /// How. A recording is told of when it begins, again for what comes into it with the screen as it is then, and when it ends.
    pub kind: CaptureKind,
    /// What has noticed it.
    pub detector: CaptureDetector,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub observed_at: u64,
    /// The app's own id for what it has noticed, if it has one: reported again, also after a crash, it is told once (CAP-8).
    pub detection: Option<[u8; 16]>,
}

/// What is kept of the captures of one kind in one conversation.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct BurstRecord {
    #[prost(message, repeated, tag = "1")]
    told: Vec<ToldRecord>,
    /// The message id of the newest notice.
    #[prost(bytes = "vec", tag = "2")]
    newest: Vec<u8>,
    /// When it was made.
    #[prost(uint64, tag = "3")]
    since: u64,
}

/// A message that was told of.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ToldRecord {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
    #[prost(uint64, tag = "2")]
    at: u64,
}

/// A notice in the outbox that nothing was sealed of, and nothing was said after.
struct Waiting {
    key: Vec<u8>,
    entry: Entry,
    notice: CaptureNotice,
}

impl Engine {
    /// Tells the others in a conversation that messages of theirs were captured: the notices wait in the outbox like anything
    /// that is said, and go out whenever the relay is reached (CAP-9). Returns of how many messages somebody is told, or
    /// why nobody is.
    ///
    /// # Errors
    /// [`Misuse::NothingPromised`] in a thread, or [`Misuse::OtherViewer`].
    pub fn report_capture(
        &self,
        step: &mut Step<'_>,
        screen: &Screen,
        capture: &Capture,
    ) -> Result<Result<usize, Nobody>, Error> {
        if let Conversation::Thread(_) = screen.conversation {
            return Err(Misuse::NothingPromised.into());
        }
        if screen.viewer != self.address().account {
            return Err(Misuse::OtherViewer.into());
        }
        if let Some(detection) = &capture.detection
            && !is_first_report(step, detection)?
        {
            return Ok(Err(Nobody::Told));
        }
        self.tell_of(step, screen.conversation, &screen.shown, capture)
    }

    /// Tells the others in a conversation that this client has written messages of theirs into an archive (CAP-16).
    pub(crate) fn tell_of_export(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        gone: &[Shown],
    ) -> Result<usize, Error> {
        let capture = Capture {
            kind: CaptureKind::Exported,
            detector: CaptureDetector::Client,
            observed_at: step.now,
            detection: None,
        };
        Ok(self.tell_of(step, conversation, gone, &capture)?.unwrap_or_default())
    }

    fn tell_of(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        shown: &[Shown],
        capture: &Capture,
    ) -> Result<Result<usize, Nobody>, Error> {
        let scene = scene(step.tx, conversation)?;
        let peer = match self.audience(step.tx, conversation) {
            Ok(peer) => peer,
            // Blocked, contested, left: whom nothing could be said is not told either.
            Err(Error::Misuse(_)) => return Ok(Err(Nobody::Scene)),
            Err(error) => return Err(error),
        };
        let key = [conversation.key().as_slice(), &[capture.kind.number()]].concat();
        let mut record = step.tx.read::<BurstRecord>(Table::Capture, &key)?.unwrap_or_default();
        let waiting = self.waiting_notice(step.tx, conversation, &record)?;
        let burst = burst(&record, waiting.as_ref())?;
        let Notices { waiting: more, further } =
            match tell(scene, shown, &self.address().account, &burst, step.now) {
                Ok(notices) => notices,
                Err(nobody) => return Ok(Err(nobody)),
            };
        let mut told: Vec<MessageId> = further.concat();
        if let (Some(refs), Some(waiting)) = (more, waiting) {
            told.extend(refs.iter().filter(|id| !waiting.notice.refs.contains(id)));
            self.name_more(step, conversation, waiting, refs)?;
        }
        for refs in further {
            record.newest = self.queue_notice(step, (conversation, peer), refs, capture)?;
            record.since = step.now;
        }
        record.told.retain(|told| is_one_burst(told.at, step.now));
        let at = step.now;
        record.told.extend(told.iter().map(|id| ToldRecord { id: id.as_bytes().to_vec(), at }));
        step.tx.write(Table::Capture, &key, &record)?;
        Ok(Ok(told.len()))
    }

    fn queue_notice(
        &self,
        step: &mut Step<'_>,
        (conversation, peer): (Conversation, Option<AccountKey>),
        refs: Vec<MessageId>,
        capture: &Capture,
    ) -> Result<Vec<u8>, Error> {
        let Capture { kind, detector, observed_at, detection: _ } = *capture;
        let body = notice(CaptureNotice { kind, refs, observed_at, detector })?;
        let frame = self.frame(step, conversation, body, Manner::default())?;
        let id = frame.message_id.as_bytes().to_vec();
        let composed = match conversation {
            Conversation::Thread(_) => return Err(Misuse::NothingPromised.into()),
            Conversation::Chat(chat) => Composed::Chat(ChatFrame { chat, frame }),
            Conversation::Group(group) => Composed::Group(GroupFrame { group, frame }),
        };
        self.queue_composed(step, peer.as_ref(), &composed)?;
        Ok(id)
    }

    /// The newest notice, if its words can still change: it is not sealed, and no later frame names its hash.
    fn waiting_notice(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
        record: &BurstRecord,
    ) -> Result<Option<Waiting>, StoreError> {
        let mut found = None;
        tx.walk_while(Table::Outbox, &[], None, |key, bytes| {
            let entry: Entry = decode(bytes)?;
            let is_it = entry.conversation == conversation.key() && entry.message_id == record.newest;
            if is_it && Kind(entry.kind) == Kind::CAPTURE {
                found = Some((key.to_vec(), entry));
            }
            Ok(found.is_none())
        })?;
        let Some((key, entry)) = found else { return Ok(None) };
        let composed = composed(tx, &entry)?;
        let (_, frame, hash) = composed.parts();
        let last = tx.get(Table::LastFrame, &last_frame_key(&conversation, &self.address()))?;
        let is_sealed = entry.again || entry.sealed.is_some() || entry.group_request.is_some();
        let Body::Capture(notice) = &frame.body else { return Ok(None) };
        if is_sealed || last.as_deref() != Some(hash.as_bytes()) {
            return Ok(None);
        }
        let notice = CaptureNotice { refs: notice.refs.clone(), ..**notice };
        Ok(Some(Waiting { key, entry, notice }))
    }

    /// Words a notice anew that has not left, so that it names more.
    fn name_more(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        waiting: Waiting,
        refs: Vec<MessageId>,
    ) -> Result<(), StoreError> {
        let Waiting { key, mut entry, notice: before } = waiting;
        entry.content = notice(CaptureNotice { refs, ..before })?.encode();
        let (_, _, hash) = composed(step.tx, &entry)?.parts();
        step.tx.put(Table::LastFrame, &last_frame_key(&conversation, &self.address()), hash.as_bytes())?;
        step.tx.write(Table::Outbox, &key, &entry)
    }
}

/// What captures of a conversation mean there. A chat that is not known here is like one that has ended.
pub(crate) fn scene(tx: &dyn Transaction, conversation: Conversation) -> Result<Scene, StoreError> {
    Ok(match conversation {
        Conversation::Thread(_) => Scene::Thread,
        Conversation::Chat(_) => {
            let record = tx.read::<records::Conversation>(Table::Conversation, &conversation.key())?;
            let state = record.and_then(|record| ChatState::from_number(record.chat_state));
            Scene::Chat(state.unwrap_or(ChatState::Ended))
        }
        Conversation::Group(group) => {
            let state = Known::load(tx, group)?.and_then(|known| known.state);
            Scene::Group { notices: state.is_some_and(|state| state.capture_notices()) }
        }
    })
}

/// Remembers that a detection was reported; `false` if it was before.
fn is_first_report(step: &mut Step<'_>, detection: &[u8; 16]) -> Result<bool, StoreError> {
    let mut old = Vec::new();
    step.tx.walk(Table::Capture, &[DETECTION], None, |key, at| {
        if index(at)?.saturating_add(REMEMBERED_MS) < step.now {
            old.push(key.to_vec());
        }
        Ok(())
    })?;
    for key in old {
        step.tx.delete(Table::Capture, &key)?;
    }
    let key = [&[DETECTION], detection.as_slice()].concat();
    if step.tx.get(Table::Capture, &key)?.is_some() {
        return Ok(false);
    }
    step.tx.put(Table::Capture, &key, &step.now.to_be_bytes())?;
    Ok(true)
}

/// The first byte of the keys of detections; those of conversations begin with another.
const DETECTION: u8 = 0;

fn burst(record: &BurstRecord, waiting: Option<&Waiting>) -> Result<Burst, StoreError> {
    let mut told = Vec::new();
    for one in &record.told {
        told.push((MessageId::new(fixed(&one.id)?), one.at));
    }
    Ok(Burst { told, waiting: waiting.map(|waiting| (waiting.notice.refs.clone(), record.since)) })
}

fn notice(notice: CaptureNotice) -> Result<Body, StoreError> {
    Body::of(notice).map_err(|_| StoreError::Damaged("notice of a capture"))
}
