use super::*;
use crate::{hex, label};

#[test]
fn p10_fips_180_4_sha_256() {
    for (message, digest) in [
        (&b""[..], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ] {
        assert_eq!(<[u8; 32]>::from(Sha256::digest(message)), hex::array(digest));
    }
    let mut million = Sha256::new();
    for _ in 0..10_000 {
        million.update([b'a'; 100]);
    }
    let digest = hex::array("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    assert_eq!(<[u8; 32]>::from(million.finalize()), digest);
}

// PRM-1: the example of the chapter, written out.
#[test]
fn a_hash_is_that_of_its_prefixed_parts() {
    let bytes = [&[0, 0, 0, 22][..], b"aside/1 handshake hash", &[0, 0, 0, 3], b"abc"].concat();
    assert_eq!(hash(label::HANDSHAKE_HASH, &[b"abc"]).0, <[u8; 32]>::from(Sha256::digest(bytes)));
}

#[test]
fn a_digest_is_32_bytes() {
    let bytes: [u8; 33] = core::array::from_fn(|i| u8::try_from(i).unwrap());
    assert_eq!(Digest::from_slice(&bytes[..32]).map(|digest| digest.0.to_vec()), Some(bytes[..32].to_vec()));
    assert_eq!(Digest::from_slice(&bytes[..31]), None);
    assert_eq!(Digest::from_slice(&bytes), None);
}
