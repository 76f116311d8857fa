use super::*;
use alloc::vec;
use aside_testkit::TestRng;

const PIECE: usize = ATTACHMENT_PIECE_BYTES;

/// Encrypts pieces, and returns them with what stands for the file.
fn sealed(pieces: &[&[u8]]) -> (Attachment, Vec<Vec<u8>>) {
    let mut rng = TestRng::new(31);
    let mut sealer = AttachmentSealer::new(&mut rng).unwrap();
    let last = pieces.len() - 1;
    let sealed = pieces.iter().enumerate().map(|(place, piece)| {
        let mut piece = piece.to_vec();
        sealer.seal(&mut piece, place == last).unwrap();
        piece
    });
    let sealed = sealed.collect();
    (sealer.finish(&mut rng, "image/jpeg").unwrap(), sealed)
}

/// As the spec says it, written down a second time.
fn open(file: &Attachment, place: u64, is_last: bool, piece: &[u8]) -> Option<Vec<u8>> {
    let (body, tag) = piece.split_last_chunk::<16>()?;
    let nonce = [&place.to_be_bytes()[..], &u32::from(is_last).to_be_bytes()].concat();
    let mut body = body.to_vec();
    let key = Secret::new(*file.key);
    aead::open(&key, &nonce.try_into().unwrap(), b"aside/1 attachment", &mut body, tag).ok()?;
    Some(body)
}

// CON-31
#[test]
fn con_31_a_file_opens_piece_by_piece_in_its_order_and_to_its_end() {
    let (first, second) = (vec![7; PIECE], vec![8; 100]);
    let (file, pieces) = sealed(&[&first, &second]);
    assert_eq!(file.size, u64::try_from(PIECE + 100).unwrap());
    assert_eq!(file.check(), Ok(()));
    assert_eq!(open(&file, 0, false, &pieces[0]).as_ref(), Some(&first));
    assert_eq!(open(&file, 1, true, &pieces[1]).as_ref(), Some(&second));
    // Another place, an end where there is none, none where there is one, a byte that was changed.
    assert_eq!(open(&file, 1, false, &pieces[0]), None);
    assert_eq!(open(&file, 0, true, &pieces[0]), None);
    assert_eq!(open(&file, 1, false, &pieces[1]), None);
    let mut changed = pieces[0].clone();
    changed[0] ^= 1;
    assert_eq!(open(&file, 0, false, &changed), None);

    let mut hash = Transcript::new(label::ATTACHMENT_HASH);
    pieces.iter().for_each(|piece| hash.add(piece));
    assert_eq!(file.hash, hash.finish());
}

// CON-31
#[test]
fn con_31_every_file_has_a_key_of_its_own() {
    let mut rng = TestRng::new(31);
    let mut key = || AttachmentSealer::new(&mut rng).unwrap().key;
    assert_ne!(key(), key());
}

#[test]
fn pieces_have_one_length_but_the_last() {
    let mut sealer = AttachmentSealer::new(&mut TestRng::new(31)).unwrap();
    for (length, is_last) in
        [(0, false), (0, true), (PIECE - 1, false), (PIECE + 1, false), (PIECE + 1, true)]
    {
        let mut piece = vec![0; length];
        assert_eq!(sealer.seal(&mut piece, is_last), Err(Malformed::Field("piece")), "{length}");
        assert_eq!(piece, vec![0; length]);
    }
    assert_eq!(sealer.seal(&mut vec![0; PIECE], true), Ok(()));
}
