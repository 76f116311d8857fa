//! Protocol Buffers by hand, so that they can be wrong.

/// A varint in the fewest bytes.
pub(super) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            bytes.push(low & 0x7F);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// A varint in one byte more than it takes.
pub(super) fn long_varint(value: u64) -> Vec<u8> {
    let mut bytes = varint(value);
    if let Some(last) = bytes.last_mut() {
        *last |= 0x80;
    }
    bytes.push(0);
    bytes
}

/// A field that holds a number.
pub(super) fn number(tag: u64, value: u64) -> Vec<u8> {
    [varint(tag << 3), varint(value)].concat()
}

/// A field that holds bytes, a text or a message.
pub(super) fn bytes(tag: u64, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    let length = u64::try_from(value.len()).unwrap_or(u64::MAX);
    [varint(tag << 3 | 2), varint(length), value.to_vec()].concat()
}

/// A field of fixed width, which no message here has.
pub(super) fn fixed32(tag: u64) -> Vec<u8> {
    [varint(tag << 3 | 5), vec![1, 2, 3, 4]].concat()
}

/// An empty group, which no message here has.
pub(super) fn group(tag: u64) -> Vec<u8> {
    [varint(tag << 3 | 3), varint(tag << 3 | 4)].concat()
}
