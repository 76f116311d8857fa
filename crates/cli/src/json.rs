//! One JSON object a line, for programs. Field names are stable.

use aside_client::{Conversation, Delivery, Message, Protection};
use aside_content::{Body, MessageId};
use aside_identity::Handle;
use serde_json::{Value, json};

/// A message.
pub(crate) fn message(message: &Message, peer: &Handle, from: &Handle) -> Value {
    let (text, kind) = match &message.body {
        Body::Text(text) => (Some(text.as_str()), "text"),
        Body::Unknown { .. } => (None, "unsupported"),
        Body::ChatOpen { .. } => (None, "chat_open"),
        Body::ChatAccept => (None, "chat_accept"),
        Body::Group { .. } => (None, "group"),
    };
    let delivery = match message.delivery {
        Delivery::Received => "received",
        Delivery::Queued => "queued",
        Delivery::Accepted => "accepted",
        Delivery::Failed(_) => "failed",
    };
    let shield = match message.shield.protection() {
        Protection::Pairwise => "pairwise",
        _ => "none",
    };
    json!({
        "type": "message",
        "conversation": kind_of(message.conversation),
        "peer": peer.to_string(),
        "from": from.to_string(),
        "id": id(&message.message_id),
        "index": message.index,
        "kind": kind,
        "text": text,
        "shield": shield,
        "sent_at": message.sent_at,
        "accepted_at": message.accepted_at,
        "delivery": delivery,
    })
}

/// A request to talk encrypted.
pub(crate) fn request(from: &Handle, waiting: usize) -> Value {
    json!({ "type": "chat_request", "from": from.to_string(), "waiting": waiting })
}

/// Something else that happened.
pub(crate) fn happened(what: &str, peer: Option<&Handle>, detail: Option<&str>) -> Value {
    json!({ "type": what, "peer": peer.map(ToString::to_string), "detail": detail })
}

/// "thread", "chat" or "group".
pub(crate) const fn kind_of(conversation: Conversation) -> &'static str {
    match conversation {
        Conversation::Thread(_) => "thread",
        Conversation::Chat(_) => "chat",
        Conversation::Group(_) => "group",
    }
}

fn id(id: &MessageId) -> String {
    hex(id.as_bytes())
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
