use super::*;

#[test]
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
