use super::*;
use crate::{
    Secret, SigningKey, aead,
    commit::Commitment,
    hash::{self, Transcript},
    kdf,
};
use alloc::{collections::BTreeSet, vec::Vec};

// PRM-15
#[test]
fn p5_labels_are_distinct_prefixed_and_short() {
    for (i, a) in ALL.iter().enumerate() {
        assert!(a.as_str().starts_with("aside/1 "));
        assert!(a.as_bytes().len() < 64);
        for b in &ALL[i + 1..] {
            assert_ne!(a, b);
        }
    }
}

// PRM-1, PRM-5
#[test]
fn p5_a_signature_verifies_under_its_own_label_only() {
    let key = SigningKey::from_seed(&Secret::new([1; 32]));
    for (i, made) in ALL.iter().enumerate() {
        let signature = key.sign(*made, b"body");
        for (j, presented) in ALL.iter().enumerate() {
            let result = key.verifying_key().verify(*presented, b"body", &signature);
            assert_eq!(result.is_ok(), i == j, "made for {made:?}, presented for {presented:?}");
        }
    }
}

#[test]
fn p5_a_ciphertext_opens_under_its_own_label_only() {
    let key = Secret::new([1; 32]);
    for (i, made) in ALL.iter().enumerate() {
        let mut sealed = *b"text";
        let tag = aead::seal(&key, &[0; 12], made.as_bytes(), &mut sealed).unwrap();
        for (j, presented) in ALL.iter().enumerate() {
            let mut buffer = sealed;
            let result = aead::open(&key, &[0; 12], presented.as_bytes(), &mut buffer, &tag);
            assert_eq!(result.is_ok(), i == j, "made for {made:?}, presented for {presented:?}");
        }
    }
}

/// Everything that a label goes into, over the same key and the same part. Equal outputs of two labels, or of two
/// uses of one label, would be one artefact with two meanings.
#[test]
fn p5_hashes_commitments_and_keys_differ_by_label_and_by_use() {
    let key = Secret::new([1; 32]);
    let mut outputs = BTreeSet::new();
    let mut made = 0;
    for label in ALL {
        let derived: [Secret<32>; 2] = kdf::derive(key.expose(), &[b"part"], *label);
        let expanded: [Secret<32>; 2] = kdf::expand_key(&key, *label);
        let [a, b] = derived.each_ref().map(|key| *key.expose());
        let [c, d] = expanded.each_ref().map(|key| *key.expose());
        let hashed = *hash::hash(*label, &[b"part"]).as_bytes();
        for output in [a, b, c, d, hashed, Commitment::compute(&key, *label, &[b"part"]).0] {
            outputs.insert(output);
            made += 1;
        }
    }
    assert_eq!(outputs.len(), made);
    assert_eq!(made, ALL.len() * 6);
}

// PRM-1
#[test]
fn p5_where_a_part_ends_is_part_of_the_input() {
    let key = Secret::new([1; 32]);
    let lists: [&[&[u8]]; 7] =
        [&[], &[b""], &[b"", b""], &[b"abc"], &[b"a", b"bc"], &[b"ab", b"c"], &[b"ab", b"c", b""]];
    let label = STATE_DIGEST;
    let hashes: BTreeSet<_> = lists.iter().map(|parts| hash::hash(label, parts)).collect();
    let commitments: BTreeSet<_> =
        lists.iter().map(|parts| Commitment::compute(&key, label, parts).0).collect();
    assert_eq!((hashes.len(), commitments.len()), (lists.len(), lists.len()));

    let mut transcript = Transcript::new(label);
    transcript.add(b"ab");
    transcript.add(b"c");
    assert_eq!(transcript.finish(), hash::hash(label, &[b"ab", b"c"]));
}

/// What keeps a key of one kind from being presented as one of another: nothing of the body can become label, nor
/// the other way round, and bodies are told apart by what they hold.
#[test]
fn p8_the_boundary_between_label_and_body_is_signed() {
    let key = SigningKey::from_seed(&Secret::new([1; 32]));
    let whole = b"aside/1 prekey and more";
    let signatures: Vec<_> = (0..=whole.len())
        .map(|cut| {
            let (label, body) = whole.split_at(cut);
            let label = Label(core::str::from_utf8(label).unwrap());
            (label, body, key.sign(label, body))
        })
        .collect();
    for (i, (_, _, signature)) in signatures.iter().enumerate() {
        for (j, (label, body, _)) in signatures.iter().enumerate() {
            assert_eq!(key.verifying_key().verify(*label, body, signature).is_ok(), i == j);
        }
    }
}
