use super::*;

#[test]
// RLY-16.
fn the_id_of_a_damaged_request_is_found_or_zero() {
    for id in [1, 127, 128, 300, u64::from(u32::MAX), (1 << 62) + 5] {
        let mut bytes = pb::Request { id, body: None }.encode_to_vec();
        bytes.extend_from_slice(&[0xFF, 0xFF]);
        assert_eq!(id_of(&bytes), id);
    }
    for bytes in [[].as_slice(), &[0x08], &[0x08, 0x80], &[0x10, 5], &[0x08; 1], &[0xFF; 100]] {
        assert_eq!(id_of(bytes), 0);
    }
    assert_eq!(id_of(&[&[0x08][..], &[0xFF; 100]].concat()), 0);
}

// The bytes shown in `spec/relay.md`.
#[test]
fn the_examples_of_the_chapter_are_right() {
    let request = |body| pb::Request { id: 1, body: Some(body) }.encode_to_vec();
    assert_eq!(request(pb::request::Body::Subscribe(pb::Subscribe {})), [0x08, 0x01, 0x4A, 0x00]);
    assert_eq!(
        request(pb::request::Body::Acknowledge(pb::Acknowledge { up_to: 7 })),
        [0x08, 0x01, 0x52, 0x02, 0x08, 0x07]
    );
    let refusal = pb::Refusal { code: RefusalCode::StaleDevices.into(), detail: String::new() };
    let Message::Binary(bytes) = reply(1, reply::Body::Refusal(refusal)) else { panic!("a binary frame") };
    assert_eq!(bytes.as_ref(), [0x08, 0x01, 0x1A, 0x02, 0x08, 0x0C]);
}
