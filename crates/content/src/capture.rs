//! Notices of captures.

use crate::{Content, Kind, MessageId, Refused};
use alloc::{string::String, vec::Vec};
use aside_wire::{Malformed, array, limits::CAPTURE_REFS, pb};

/// How messages were captured.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CaptureKind {
    /// A picture of the screen.
    Screenshot,
    /// A recording of the screen has begun, or they came into one.
    RecordingStart,
    /// It has ended.
    RecordingStop,
    /// The client was told to save them.
    Saved,
    /// The client was told to export them.
    Exported,
}

impl CaptureKind {
    /// All of them, in the order of their numbers.
    pub const ALL: &[Self] =
        &[Self::Screenshot, Self::RecordingStart, Self::RecordingStop, Self::Saved, Self::Exported];

    /// Its number in the registry.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Screenshot => 1,
            Self::RecordingStart => 2,
            Self::RecordingStop => 3,
            Self::Saved => 4,
            Self::Exported => 5,
        }
    }
}

/// What has noticed a capture.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CaptureDetector {
    /// The operating system.
    Platform,
    /// The client, for it did it itself.
    Client,
}

/// What the sender's client says it has noticed: that somebody captured messages. It is that client's word; that there is
/// none says nothing (CAP-1).
#[derive(Clone, PartialEq, Eq)]
pub struct CaptureNotice {
    /// How.
    pub kind: CaptureKind,
    /// 1 to 8 messages that were on the screen, in ascending order.
    pub refs: Vec<MessageId>,
    /// Milliseconds since 1970-01-01 UTC by the sender's clock.
    pub observed_at: u64,
    /// What has noticed it.
    pub detector: CaptureDetector,
}

impl Content for CaptureNotice {
    const KIND: Kind = Kind::CAPTURE;
    const HAS_FALLBACK: bool = false;
    type Fields = pb::CaptureNotice;

    fn check(&self) -> Result<(), Malformed> {
        let few = (1..=CAPTURE_REFS).contains(&self.refs.len());
        let ascending = self.refs.is_sorted_by(|one, next| one < next);
        if few && ascending { Ok(()) } else { Err(Malformed::Field("refs")) }
    }

    fn fallback_text(&self) -> String {
        match self.kind {
            CaptureKind::Screenshot => "[says that a screenshot was taken]",
            CaptureKind::RecordingStart => "[says that the screen is being recorded]",
            CaptureKind::RecordingStop => "[says that the screen is not recorded any more]",
            CaptureKind::Saved => "[says that messages were saved]",
            CaptureKind::Exported => "[says that messages were exported]",
        }
        .into()
    }

    fn fields(&self, _: String) -> pb::CaptureNotice {
        let kind = match self.kind {
            CaptureKind::Screenshot => pb::CaptureKind::Screenshot,
            CaptureKind::RecordingStart => pb::CaptureKind::RecordingStart,
            CaptureKind::RecordingStop => pb::CaptureKind::RecordingStop,
            CaptureKind::Saved => pb::CaptureKind::Saved,
            CaptureKind::Exported => pb::CaptureKind::Exported,
        };
        let detector = match self.detector {
            CaptureDetector::Platform => pb::CaptureDetector::Platform,
            CaptureDetector::Client => pb::CaptureDetector::Client,
        };
        let refs = self.refs.iter().map(|id| id.as_bytes().to_vec()).collect();
        pb::CaptureNotice {
            kind: kind.into(),
            refs,
            observed_at: self.observed_at,
            detector: detector.into(),
        }
    }

    fn read(fields: pb::CaptureNotice) -> Result<(Self, String), Refused> {
        let kind = match pb::CaptureKind::try_from(fields.kind) {
            Ok(pb::CaptureKind::Screenshot) => CaptureKind::Screenshot,
            Ok(pb::CaptureKind::RecordingStart) => CaptureKind::RecordingStart,
            Ok(pb::CaptureKind::RecordingStop) => CaptureKind::RecordingStop,
            Ok(pb::CaptureKind::Saved) => CaptureKind::Saved,
            Ok(pb::CaptureKind::Exported) => CaptureKind::Exported,
            _ => return Err(Malformed::Field("kind").into()),
        };
        let detector = match pb::CaptureDetector::try_from(fields.detector) {
            Ok(pb::CaptureDetector::Platform) => CaptureDetector::Platform,
            Ok(pb::CaptureDetector::Client) => CaptureDetector::Client,
            _ => return Err(Malformed::Field("detector").into()),
        };
        let refs = fields.refs.iter().map(|id| array(id, "refs").map(MessageId::new));
        let refs = refs.collect::<Result<_, _>>()?;
        Ok((Self { kind, refs, observed_at: fields.observed_at, detector }, String::new()))
    }
}
