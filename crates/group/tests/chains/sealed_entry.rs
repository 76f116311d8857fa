//! Encrypted log entries.

use aside_group::{
    CannotSend, LogId, LogKey, LogKeyId, Refused,
    sealed_entry::{key_id_of, open, seal},
};
use aside_identity::GroupId;
use aside_primitives::{Secret, aead, hash::hash, kdf, label};
use aside_testkit::{Broken, TestRng};
use aside_wire::{
    Malformed,
    group_packet::{ENTRY_OVERHEAD_BYTES, LogEntryPacket},
    limits::{ENVELOPE_BYTES, GROUP_ENTRY_BYTES},
    padding::pad,
};

const KEY: LogKey = LogKey::new(Secret::new([3; 32]));

fn log() -> LogId {
    LogId::of(&GroupId::new([7; 32]), &KEY)
}

/// A sealed entry from the primitives alone.
fn forge(key: &Secret<32>, id: [u8; 16], associated: &[u8], mut plaintext: Vec<u8>) -> Vec<u8> {
    let salt = [4; 32];
    let [entry_key] = kdf::derive(&salt, &[key.expose()], label::GROUP_LOG_ENTRY_KEY);
    let tag = aead::seal(&entry_key, &[0; 12], associated, &mut plaintext).unwrap();
    LogEntryPacket { key_id: &id, salt: &salt, ciphertext: &plaintext, tag: &tag }.join()
}

fn associated(suite: u32, log: &[u8; 32], id: &[u8; 16]) -> Vec<u8> {
    let label = label::GROUP_LOG_ENTRY.as_bytes();
    let length = u32::try_from(label.len()).unwrap().to_be_bytes();
    [&length[..], label, &suite.to_be_bytes(), log, id].concat()
}

// GRP-16, GRP-17, GRP-40
#[test]
fn what_was_sealed_opens_and_a_blob_made_of_the_primitives_does() {
    let mut rng = TestRng::new(1);
    for length in [0, 1, 508, 509, 5_000, GROUP_ENTRY_BYTES] {
        let entry = vec![9; length];
        let blob = seal(&mut rng, &KEY, &log(), &entry).unwrap();
        assert_eq!((blob.len() - ENTRY_OVERHEAD_BYTES).count_ones(), 1, "a size class");
        assert!(blob.len() < ENVELOPE_BYTES - 64, "fits an envelope with the log's name and a position");
        assert_eq!(blob.capacity(), blob.len());
        assert_eq!(open(&blob, &KEY, &log()), Ok(entry));
        assert_eq!(key_id_of(&blob), Ok(KEY.id()));
    }
    let too_long = seal(&mut rng, &KEY, &log(), &vec![9; GROUP_ENTRY_BYTES + 1]);
    assert_eq!(too_long, Err(CannotSend::TooLong));

    let group = GroupId::new([7; 32]);
    let id = hash(label::GROUP_LOG_ID, &[group.as_bytes(), KEY.expose()]);
    assert_eq!(log().as_bytes(), id.as_bytes());
    let id = hash(label::GROUP_LOG_KEY_ID, &[KEY.expose()]).as_bytes()[..16].try_into().unwrap();
    assert_eq!(KEY.id(), LogKeyId::new(id));
    let blob =
        forge(&Secret::new([3; 32]), id, &associated(1, log().as_bytes(), &id), pad(b"entry").unwrap());
    assert_eq!(open(&blob, &KEY, &log()), Ok(b"entry".to_vec()));
}

// GRP-16
#[test]
fn g2_an_entry_opens_in_its_log_under_its_key_and_nowhere_else() {
    let mut rng = TestRng::new(2);
    let blob = seal(&mut rng, &KEY, &log(), b"entry").unwrap();
    let other_log = LogId::of(&GroupId::new([8; 32]), &KEY);
    assert_eq!(open(&blob, &KEY, &other_log), Err(Refused::Mac));
    let other_key = LogKey::generate(&mut rng).unwrap();
    assert_eq!(open(&blob, &other_key, &log()), Err(Refused::OtherKey));
    // GRP-41: nor in the segment of another key.
    let other_segment = LogId::of(&GroupId::new([7; 32]), &other_key);
    assert_ne!(other_segment, log());
    assert_eq!(open(&blob, &KEY, &other_segment), Err(Refused::Mac));
    // Everything that is bound, one by one.
    let id = *KEY.id().as_bytes();
    let key = Secret::new([3; 32]);
    for associated in [
        associated(2, log().as_bytes(), &id),
        associated(1, &[0; 32], &id),
        associated(1, log().as_bytes(), &[0; 16]),
        Vec::new(),
    ] {
        let forged = forge(&key, id, &associated, pad(b"entry").unwrap());
        assert_eq!(open(&forged, &KEY, &log()), Err(Refused::Mac));
    }
}

// GRP-16, GRP-40
#[test]
fn w10_padding_of_an_entry_is_exact_and_its_length_bounded() {
    let id = *KEY.id().as_bytes();
    let key = Secret::new([3; 32]);
    let associated = associated(1, log().as_bytes(), &id);
    let good = pad(b"entry").unwrap();
    let mut dirty = good.clone();
    dirty[511] = 1;
    let mut doubled = good.clone();
    doubled.resize(1024, 0);
    for plaintext in [dirty, doubled, b"entry".to_vec(), Vec::new()] {
        let forged = forge(&key, id, &associated, plaintext);
        assert_eq!(open(&forged, &KEY, &log()), Err(Refused::Malformed(Malformed::Encoding("padding"))));
    }
    assert!(open(&forge(&key, id, &associated, good), &KEY, &log()).is_ok());
    // Nor is an entry longer than one may be, though it fits its class.
    let word = |length| {
        let forged = forge(&key, id, &associated, pad(&vec![9; length]).unwrap());
        open(&forged, &KEY, &log()).err().map(|refused| refused.reject().word())
    };
    assert_eq!((word(GROUP_ENTRY_BYTES), word(GROUP_ENTRY_BYTES + 1)), (None, Some("limit")));
}

// GRP-16, GRP-40
#[test]
fn r1_no_changed_bit_of_a_blob_opens() {
    let blob = seal(&mut TestRng::new(3), &KEY, &log(), b"entry").unwrap();
    for offset in 0..blob.len() {
        for bit in 0..8 {
            let mut flipped = blob.clone();
            flipped[offset] ^= 1 << bit;
            assert!(open(&flipped, &KEY, &log()).is_err(), "byte {offset}, bit {bit}");
        }
    }
    for length in 0..blob.len() {
        assert!(open(&blob[..length], &KEY, &log()).is_err(), "{length}");
    }
}

// GRP-17
#[test]
fn r4_every_blob_has_a_salt_of_its_own() {
    let mut rng = TestRng::new(4);
    let [one, two] = [(); 2].map(|()| seal(&mut rng, &KEY, &log(), b"entry").unwrap());
    assert_eq!(one[..17], two[..17]);
    assert_ne!(one[17..49], two[17..49]);
    assert_ne!(one[49..81], two[49..81]);
    for mut broken in [Broken::Failing, Broken::Zeros] {
        assert!(matches!(seal(&mut broken, &KEY, &log(), b"entry"), Err(CannotSend::Entropy(_))));
        assert!(LogKey::generate(&mut broken).is_err());
    }
}
