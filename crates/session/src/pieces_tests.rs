use super::*;
use alloc::vec::Vec;

const BYTES: usize = 1088;

fn object() -> [u8; BYTES] {
    core::array::from_fn(|i| u8::try_from(i / 32).unwrap() + 1)
}

// EPO-4
#[test]
fn the_next_chunk_is_the_lowest_after_the_last_that_is_not_held() {
    let mut object = Outgoing::new(object());
    let mut order = Vec::new();
    for _ in 0..36 {
        let chunk = object.chunk().unwrap();
        assert_eq!(chunk.bytes, [chunk.index + 1; 32]);
        object.sent(chunk.index);
        order.push(chunk.index);
    }
    assert_eq!(order[..34], (0..34).collect::<Vec<_>>());
    assert_eq!(order[34..], [0, 1]);
    // All but 1 and 33 are held: first the one after 1, then around the end.
    object.note_held(Held::all(34).0 & !(1 << 1) & !(1 << 33));
    let indexes: Vec<u8> = (0..4)
        .map(|_| {
            let index = object.chunk().unwrap().index;
            object.sent(index);
            index
        })
        .collect();
    assert_eq!(indexes, [33, 1, 33, 1]);
    // What was held stays held, also where an older word comes later.
    object.note_held(1 << 1);
    object.note_held(1);
    assert!(!object.is_held());
    object.note_held(1 << 33);
    assert!(object.is_held() && object.chunk().is_none());
}

// EPO-10
#[test]
fn what_has_come_stays_and_a_contradiction_is_told() {
    let mut arrived = Incoming::<BYTES>::default();
    for index in (0..34).rev() {
        assert!(!arrived.is_complete());
        let chunk = Chunk { index, bytes: [index + 1; 32] };
        assert!(arrived.take(&chunk).is_ok() && arrived.take(&chunk).is_ok());
    }
    assert!(arrived.is_complete());
    assert_eq!(*arrived.bytes, object());
    assert!(arrived.take(&Chunk { index: 5, bytes: [0; 32] }).is_err());
    assert!(arrived.take(&Chunk { index: 34, bytes: [0; 32] }).is_err());
    assert_eq!(*arrived.bytes, object());
    assert_eq!(arrived.chunks().count(), 34);
}

#[test]
fn held_knows_its_end() {
    assert!(Held::all(37).fits(37) && !Held::all(37).fits(36));
    assert!(Held(1 << 36).has(36) && !Held(1 << 36).has(35));
}
