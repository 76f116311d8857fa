use super::*;
use crate::pb;
use alloc::{vec, vec::Vec};

fn signed() -> pb::Signed {
    pb::Signed { body: vec![1, 2, 3], signature: vec![4; 64] }
}

fn list() -> Vec<u8> {
    pb::DeviceListBody {
        account_key: vec![1; 32],
        version: 300,
        previous: vec![2; 32],
        issued_at: 5,
        certificates: vec![vec![3; 10], vec![4; 10]],
    }
    .encode_to_vec()
}

// ENV-1
#[test]
fn the_canonical_encoding_decodes() {
    let bytes = signed().encode_to_vec();
    assert!(decode::<pb::Signed>(&bytes) == Ok(signed()));
    assert!(decode::<pb::DeviceListBody>(&list()).is_ok());
}

// ENV-4, ENV-5
#[test]
fn w1_deep_nesting_and_groups_are_refused() {
    let groups = vec![0x0B; 100_000];
    assert!(decode::<pb::Request>(&groups).is_err());
    assert!(decode::<pb::Request>(&[0x0B]).is_err());
    assert!(decode::<pb::Request>(&[0x0B, 0x0C]).is_err());

    // A length-delimited field in a field, 101 deep: no schema here is recursive, so it is an unknown field.
    let mut nested = Vec::new();
    for _ in 0..101 {
        let mut outer = vec![0x7A];
        prost::encoding::encode_varint(u64::try_from(nested.len()).unwrap(), &mut outer);
        outer.extend_from_slice(&nested);
        nested = outer;
    }
    assert!(decode::<pb::Request>(&nested) == Err(Malformed::NotCanonical("Request")));
}

// ENV-2, ENV-3
#[test]
fn w2_limits_hold_before_anything_is_decoded() {
    let empties = [0x0A, 0x00].repeat(1024 * 1024);
    assert!(decode::<pb::Request>(&empties) == Err(Malformed::TooLarge("Request")));
    let many = [0x2A, 0x00].repeat(500);
    assert!(decode::<pb::DeviceListBody>(&many) == Err(Malformed::TooManyFields("DeviceListBody")));
    // Also one level down, where the repeated field of a request lives.
    let parcels = [0x22, 0x00].repeat(60_000);
    let mut request = vec![0x08, 0x01, 0x42];
    prost::encoding::encode_varint(u64::try_from(parcels.len()).unwrap(), &mut request);
    request.extend_from_slice(&parcels);
    assert!(decode::<pb::Request>(&request) == Err(Malformed::TooManyFields("Request")));
}

#[test]
fn w3_a_repeated_singular_field_is_refused() {
    let mut bytes = signed().encode_to_vec();
    let twice = bytes.clone();
    bytes.extend_from_slice(&twice);
    assert!(decode::<pb::Signed>(&bytes).is_err());
}

#[test]
fn w3_an_unknown_field_is_refused() {
    let mut bytes = list();
    bytes.extend_from_slice(&[0x78, 0x01]);
    assert!(decode::<pb::DeviceListBody>(&bytes) == Err(Malformed::NotCanonical("DeviceListBody")));
}

// ENV-5
#[test]
fn w3_another_order_a_long_varint_and_a_written_default_are_refused() {
    let accept = |bytes: &[u8]| decode::<pb::ListReference>(bytes);
    assert!(accept(&[0x08, 0x01, 0x12, 0x01, 0xAA]).is_ok());
    assert!(accept(&[0x12, 0x01, 0xAA, 0x08, 0x01]).is_err());
    assert!(accept(&[0x08, 0x81, 0x00, 0x12, 0x01, 0xAA]).is_err());
    assert!(accept(&[0x08, 0x00, 0x12, 0x01, 0xAA]).is_err());
}

#[test]
fn w3_values_beyond_their_type_are_refused() {
    // device_id = 2^32 + 1, which a lenient decoder reads as 1.
    let bytes = [0x18, 0x81, 0x80, 0x80, 0x80, 0x10];
    assert!(decode::<pb::CertificateBody>(&bytes) == Err(Malformed::NotCanonical("CertificateBody")));
    // A bool of 5.
    let capabilities = [0x3A, 0x02, 0x08, 0x05];
    assert!(decode::<pb::CertificateBody>(&capabilities) == Err(Malformed::NotCanonical("CertificateBody")));
}

#[test]
fn w6_truncated_and_trailing_bytes_are_refused() {
    let bytes = list();
    for length in 1..bytes.len() {
        if let Ok(body) = decode::<pb::DeviceListBody>(&bytes[..length]) {
            // A cut between two fields is a shorter message, never the same one.
            assert!(body != decode(&bytes).unwrap());
        }
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(decode::<pb::DeviceListBody>(&longer).is_err());
}

// ENV-6
#[test]
fn w7_a_missing_field_is_an_error_not_a_default() {
    let empty = decode::<pb::Signed>(&[]).unwrap();
    assert_eq!(array::<64>(&empty.signature, "signature"), Err(Malformed::Field("signature")));
}
