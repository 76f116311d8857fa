//! What became of messages.

use crate::{Content, Kind, MessageId, Refused};
use alloc::{format, string::String, vec::Vec};
use aside_wire::{Malformed, array, limits::RECEIPTS, pb};

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ReceiptKind {
    /// It arrived at a device.
    Delivered,
    /// It was read.
    Read,
    /// It was listened to or watched.
    Viewed,
}

/// What became of messages of the recipient.
#[derive(Clone, PartialEq, Eq)]
pub struct Receipts {
    /// What became of them.
    pub kind: ReceiptKind,
    /// 1 to 64 of them, in ascending order.
    pub message_ids: Vec<MessageId>,
    /// Milliseconds since 1970-01-01 UTC by the sender's clock.
    pub at: u64,
}

impl Content for Receipts {
    const KIND: Kind = Kind::RECEIPTS;
    const HAS_FALLBACK: bool = false;
    type Fields = pb::Receipts;

    fn check(&self) -> Result<(), Malformed> {
        let few = (1..=RECEIPTS).contains(&self.message_ids.len());
        let ascending = self.message_ids.is_sorted_by(|one, next| one < next);
        if few && ascending { Ok(()) } else { Err(Malformed::Field("message_ids")) }
    }

    fn fallback_text(&self) -> String {
        let what = match self.kind {
            ReceiptKind::Delivered => "delivered",
            ReceiptKind::Read => "read",
            ReceiptKind::Viewed => "viewed",
        };
        format!("[{what}: {}]", self.message_ids.len())
    }

    fn fields(&self, _: String) -> pb::Receipts {
        let kind = match self.kind {
            ReceiptKind::Delivered => pb::ReceiptKind::Delivered,
            ReceiptKind::Read => pb::ReceiptKind::Read,
            ReceiptKind::Viewed => pb::ReceiptKind::Viewed,
        };
        let message_ids = self.message_ids.iter().map(|id| id.as_bytes().to_vec()).collect();
        pb::Receipts { kind: kind.into(), message_ids, at: self.at }
    }

    fn read(fields: pb::Receipts) -> Result<(Self, String), Refused> {
        let kind = match pb::ReceiptKind::try_from(fields.kind) {
            Ok(pb::ReceiptKind::Delivered) => ReceiptKind::Delivered,
            Ok(pb::ReceiptKind::Read) => ReceiptKind::Read,
            Ok(pb::ReceiptKind::Viewed) => ReceiptKind::Viewed,
            _ => return Err(Malformed::Field("kind").into()),
        };
        let ids = fields.message_ids.iter().map(|id| array(id, "message_ids").map(MessageId::new));
        let receipts = Self { kind, message_ids: ids.collect::<Result<_, _>>()?, at: fields.at };
        Ok((receipts, String::new()))
    }
}
