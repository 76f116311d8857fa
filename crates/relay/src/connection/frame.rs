//! Replies as WebSocket messages, and what can be read of a request that does not decode.

use crate::{
    refused::Refused,
    store::{StoreError, StoreFailed, Stored},
};
use aside_wire::pb::{self, RefusalCode, reply};
use axum::extract::ws::Message;
use prost::Message as _;
use tracing::{debug, error};

/// One reply in one binary frame.
pub(super) fn reply(id: u64, body: reply::Body) -> Message {
    Message::binary(pb::Reply { id, body: Some(body) }.encode_to_vec())
}

/// The answer to a request, whoever is to blame for a bad one.
pub(super) fn answer(id: u64, outcome: Result<reply::Body, StoreError>) -> Message {
    match outcome {
        Ok(body) => reply(id, body),
        Err(StoreError::Refused(refused)) => refusal(id, refused),
        Err(StoreError::Failed(failed)) => {
            match failed {
                StoreFailed::Stopped => debug!("refused a request while shutting down"),
                StoreFailed::Database(failure) => error!(%failure, "the store failed"),
            }
            refusal(id, Refused::new(RefusalCode::Unavailable, "the relay could not store or read it"))
        }
    }
}

/// A typed "no".
pub(super) fn refusal(id: u64, refused: Refused) -> Message {
    debug!(code = refused.code.as_str_name(), reason = refused.detail, "refused");
    reply(id, reply::Body::Refusal(refused.to_wire()))
}

/// One message from the mailbox.
pub(super) fn delivery(message: Stored) -> Message {
    let Stored { sequence, sender, accepted_at, until: _, envelope } = message;
    let delivery = pb::Delivery {
        sequence,
        sender: sender.account.0.to_vec(),
        sender_device: sender.device.number(),
        accepted_at,
        envelope,
    };
    reply(0, reply::Body::Delivery(delivery))
}

/// What is not in the mailbox.
pub(super) fn transient(delivery: pb::TransientDelivery) -> Message {
    reply(0, reply::Body::TransientDelivery(delivery))
}

/// The id of a request that does not decode, so that the refusal finds the question; 0 if it cannot be read.
pub(super) fn id_of(bytes: &[u8]) -> u64 {
    // The id is field 1, a varint, and stands first in a canonical encoding.
    let Some((0x08, rest)) = bytes.split_first() else { return 0 };
    let mut id = 0u64;
    for (byte, shift) in rest.iter().zip((0..63).step_by(7)) {
        id |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return id;
        }
    }
    0
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
