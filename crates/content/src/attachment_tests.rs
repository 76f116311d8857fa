use super::*;
use alloc::vec;
use aside_testkit::TestRng;

const ROOM: usize = ATTACHMENT_PIECE_BYTES;

fn sealer(size: usize) -> AttachmentSealer {
    AttachmentSealer::new(&mut TestRng::new(31), u64::try_from(size).unwrap()).unwrap()
}

/// Encrypts a file, and returns its pieces with what stands for it.
fn sealed(file: &[u8]) -> (Attachment, Vec<Vec<u8>>) {
    let mut sealer = sealer(file.len());
    let mut chunks = file.chunks(ROOM);
    let pieces = (0..sealer.pieces()).map(|_| {
        let mut piece = chunks.next().unwrap_or_default().to_vec();
        sealer.seal(&mut piece).unwrap();
        piece
    });
    let pieces = pieces.collect();
    (sealer.finish("image/jpeg").unwrap(), pieces)
}

/// As the chapter says it, written down a second time.
fn open(file: &Attachment, place: u64, is_last: bool, piece: &[u8]) -> Option<Vec<u8>> {
    let (body, tag) = piece.split_last_chunk::<16>()?;
    let nonce = [&place.to_be_bytes()[..], &u32::from(is_last).to_be_bytes()].concat();
    let mut body = body.to_vec();
    let key = Secret::new(*file.key);
    aead::open(&key, &nonce.try_into().unwrap(), b"aside/1 attachment", &mut body, tag).ok()?;
    Some(body)
}

// CON-31; threats B2, B3
#[test]
fn con_31_a_file_opens_piece_by_piece_in_its_order_and_to_its_end() {
    for size in [1, 2, 100, ROOM - 1, ROOM, ROOM + 1, 3 * ROOM, 20 * ROOM + 5, 64 * ROOM + 1] {
        let content: Vec<u8> = (0..size).map(|place| u8::try_from(place % 251).unwrap()).collect();
        let (file, pieces) = sealed(&content);
        assert_eq!(file.size, u64::try_from(size).unwrap());
        let last = pieces.len() - 1;
        // The greatest of these has a piece of padding alone.
        assert_eq!(pieces.len(), size.div_ceil(ROOM) + usize::from(size == 64 * ROOM + 1));
        let mut opened = Vec::new();
        for (place, piece) in pieces.iter().enumerate() {
            let number = u64::try_from(place).unwrap();
            opened.extend(open(&file, number, place == last, piece).unwrap());
            // Another place; an end where there is none, none where there is one; a byte that was changed.
            assert_eq!(open(&file, number + 1, place == last, piece), None);
            assert_eq!(open(&file, number, place != last, piece), None);
            let mut changed = piece.clone();
            changed[0] ^= 1;
            assert_eq!(open(&file, number, place == last, &changed), None);
        }
        assert_eq!(opened.len(), usize::try_from(padded(file.size)).unwrap());
        assert_eq!(opened[..size], content);
        assert!(opened[size..].iter().all(|byte| *byte == 0));

        let mut hash = Transcript::new(label::ATTACHMENT_HASH);
        pieces.iter().for_each(|piece| hash.add(piece));
        assert_eq!(file.hash, hash.finish());
    }
}

// CON-31; threat B5
#[test]
fn con_31_every_file_has_a_key_of_its_own() {
    let mut rng = TestRng::new(31);
    let mut drawn = || AttachmentSealer::new(&mut rng, 1).map(|sealer| (sealer.id, sealer.key)).unwrap();
    let (first, second) = (drawn(), drawn());
    assert!(first.0 != second.0 && first.1 != second.1);
}

// CON-31; threat B5
#[test]
fn con_31_a_length_says_little() {
    let lengths =
        [(0, 0), (1, 1), (2, 2), (3, 3), (9, 10), (100, 104), (1_000, 1_024), (1_000_000, 1_015_808)];
    for (size, expected) in lengths {
        assert_eq!(padded(size), expected, "{size}");
    }
    for size in (1..2_000).chain([1 << 20, (1 << 20) + 1, 1 << 40, u64::MAX >> 1]) {
        let padded = padded(size);
        assert!(padded >= size && u128::from(padded - size) * 100 <= u128::from(size) * 12, "{size}");
    }
    assert_eq!(padded(u64::MAX), u64::MAX);
}

// Threat B1
#[test]
fn a_file_has_the_bytes_that_it_said() {
    let wrong = Err(Malformed::Field("piece"));
    for (size, given) in [(ROOM + 1, 0), (ROOM + 1, ROOM - 1), (ROOM + 1, ROOM + 1), (5, 4), (5, 6), (5, 0)] {
        let mut piece = vec![7; given];
        assert_eq!(sealer(size).seal(&mut piece), wrong, "{given} of {size}");
        assert_eq!(piece, vec![7; given]);
    }
    let mut whole = sealer(5);
    assert_eq!(whole.seal(&mut vec![7; 5]), Ok(()));
    assert_eq!(whole.seal(&mut vec![]), wrong);
    let mut half = sealer(ROOM + 1);
    half.seal(&mut vec![7; ROOM]).unwrap();
    assert!(half.finish("image/jpeg").is_err());
    assert!(sealer(0).finish("image/jpeg").is_err());
}
