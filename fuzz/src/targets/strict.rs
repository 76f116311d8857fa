//! Every message of `proto/` that is decoded strictly.

use aside_wire::{Strict, decode, pb};

/// Decoding never panics; what decodes encodes to the same bytes; the canonical form of what protobuf would take is
/// refused only for its size.
pub fn strict_decode(data: &[u8]) {
    each(data);
}

/// Decodes as every message; also what the relay target does with each frame.
pub(crate) fn each(data: &[u8]) {
    one::<pb::Signed>(data);
    one::<pb::Certificate>(data);
    one::<pb::CertificateBody>(data);
    one::<pb::DeviceListBody>(data);
    one::<pb::PrekeyBody>(data);
    one::<pb::Frame>(data);
    one::<pb::Text>(data);
    one::<pb::ChatOpen>(data);
    one::<pb::ChatAccept>(data);
    one::<pb::ListReference>(data);
    one::<pb::GroupEntryBody>(data);
    one::<pb::GroupCreate>(data);
    one::<pb::GroupAdd>(data);
    one::<pb::GroupRemove>(data);
    one::<pb::GroupLeave>(data);
    one::<pb::GroupSetRole>(data);
    one::<pb::GroupRename>(data);
    one::<pb::GroupSetExpiry>(data);
    one::<pb::GroupSetCapture>(data);
    one::<pb::GroupSetAnnounce>(data);
    one::<pb::GroupDevices>(data);
    one::<pb::GroupRekey>(data);
    one::<pb::SenderKey>(data);
    one::<pb::GroupInvite>(data);
    one::<pb::GroupLogRequest>(data);
    one::<pb::GroupLogEntries>(data);
    one::<pb::GroupLogEntry>(data);
    one::<pb::Envelope>(data);
    one::<pb::Request>(data);
    one::<pb::Reply>(data);
}

fn one<M: Strict + PartialEq>(data: &[u8]) {
    let strict = decode::<M>(data);
    if let Ok(message) = &strict {
        assert_eq!(message.encode_to_vec(), data, "{}: not the bytes that were decoded", M::NAME);
    }
    let Ok(lenient) = M::decode(data) else {
        assert!(strict.is_err(), "{}: stricter than protobuf means never laxer", M::NAME);
        return;
    };
    let canonical = lenient.encode_to_vec();
    match decode::<M>(&canonical) {
        Ok(message) => assert!(message == lenient, "{}: the canonical form says something else", M::NAME),
        Err(refused) => {
            assert_eq!(refused.reject(), aside_wire::Reject::Limit, "{}: {refused}", M::NAME);
        }
    }
}
