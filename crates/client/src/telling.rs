//! What others are told of what a person does here, and in return may be told of them.

use aside_content::ReceiptKind;

/// Up to what others are told what became of their messages. Of one's own messages no more is shown (CNV-23).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub enum ReceiptLevel {
    /// Nothing.
    Nothing,
    /// That they arrived.
    Delivered,
    /// That they arrived, were read, and were listened to or watched.
    #[default]
    Everything,
}

impl ReceiptLevel {
    /// Whether this much is told.
    #[must_use]
    pub const fn tells(self, kind: ReceiptKind) -> bool {
        match self {
            Self::Nothing => false,
            Self::Delivered => matches!(kind, ReceiptKind::Delivered),
            Self::Everything => true,
        }
    }

    pub(crate) const fn number(self) -> u32 {
        match self {
            Self::Nothing => 1,
            Self::Delivered => 2,
            Self::Everything => 3,
        }
    }

    pub(crate) const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Nothing),
            2 => Some(Self::Delivered),
            3 => Some(Self::Everything),
            _ => None,
        }
    }
}
