//! What members hand each other over their sessions.

use crate::world::{EPOCH, GROUP, World, receive};
use aside_group::{GroupInvite, Head, LogEntries, LogKey, LogRequest, ReceivingChain, SenderKey};
use aside_primitives::{Digest, Secret};
use aside_wire::{
    limits::{ENTRIES_PER_REPLY, GROUP_ENTRY_BYTES, GROUP_LOG_KEYS, PLAINTEXT_BYTES},
    pb,
};
use prost::Message;

const HEAD: Head = Head { sequence: 5, hash: Digest([4; 32]) };

/// Encodes a sender key with one field changed.
fn sender_key(edit: impl FnOnce(&mut pb::SenderKey)) -> Vec<u8> {
    let mut world = World::new(1);
    let mut chain = world.chain();
    world.send_many(&mut chain, 2);
    let log_key = LogKey::new(Secret::new([3; 32]));
    let key = SenderKey { epoch: EPOCH, head: HEAD, chain: chain.hand_over().unwrap(), log_key };
    let mut fields = pb::SenderKey::decode(key.encode().as_slice()).unwrap();
    edit(&mut fields);
    fields.encode_to_vec()
}

fn word<T>(result: Result<T, aside_group::Refused>) -> Option<&'static str> {
    result.err().map(|refused| refused.reject().word())
}

// GRP-20, GRP-34
#[test]
fn a_sender_key_carries_a_chain_from_its_next_message_on() {
    let mut world = World::new(2);
    let mut chain = world.chain();
    world.send_many(&mut chain, 7);
    let log_key = LogKey::new(Secret::new([3; 32]));
    let sent = SenderKey { epoch: EPOCH, head: HEAD, chain: chain.hand_over().unwrap(), log_key };
    let bytes = sent.encode();
    assert!(bytes.len() <= 180, "{}", bytes.len());
    let SenderKey { epoch, head, chain: handover, log_key } = SenderKey::decode(&bytes).unwrap();
    assert_eq!((epoch, head, handover.iteration), (EPOCH, HEAD, 7));
    assert_eq!(log_key, sent.log_key);
    let mut at_bob = ReceivingChain::accept(GROUP, world.alice, epoch, handover);
    let message = world.send(&mut chain, b"text");
    assert_eq!(receive(&mut at_bob, &world.alice, &message), Ok(b"text".to_vec()));
}

// GRP-20
#[test]
fn w3_a_sender_key_has_every_field_in_its_range() {
    let decoded = |edit: fn(&mut pb::SenderKey)| word(SenderKey::decode(&sender_key(edit)));
    assert_eq!(decoded(|_| {}), None);
    let malformed = Some("malformed");
    assert_eq!(decoded(|key| key.epoch = 0), malformed);
    assert_eq!(decoded(|key| key.epoch = 5), None);
    assert_eq!(decoded(|key| key.epoch = 6), malformed, "after its own head");
    assert_eq!(decoded(|key| key.sequence = 0), malformed);
    assert_eq!(decoded(|key| key.head.truncate(31)), malformed);
    assert_eq!(decoded(|key| key.head.clear()), malformed);
    assert_eq!(decoded(|key| key.iteration = 0), None);
    assert_eq!(decoded(|key| key.iteration = 999), None);
    assert_eq!(decoded(|key| key.iteration = 1_000), malformed);
    assert_eq!(decoded(|key| key.iteration = 65_536), malformed);
    assert_eq!(decoded(|key| key.chain_key.push(0)), malformed);
    assert_eq!(decoded(|key| key.chain_key.clear()), malformed);
    assert_eq!(decoded(|key| key.log_key.truncate(16)), malformed);
    assert_eq!(decoded(|key| key.signing_key.push(0)), malformed);
    assert_eq!(decoded(|key| key.signing_key = vec![0xFF; 32]), Some("key"));
    assert_eq!(decoded(|key| key.signing_key = vec![0; 32]), Some("key"));
    // The layout first, then the key.
    let both = |key: &mut pb::SenderKey| {
        key.signing_key = vec![0; 32];
        key.log_key.clear();
    };
    assert_eq!(decoded(both), malformed);
    let mut unknown = sender_key(|_| {});
    unknown.extend_from_slice(&[0x40, 1]);
    assert_eq!(word(SenderKey::decode(&unknown)), Some("limit"), "an eighth field");
}

// GRP-38
#[test]
fn an_invite_has_a_head_and_at_least_one_key_and_not_too_many() {
    let keys = |count: usize| (0..count).map(|n| LogKey::new(Secret::new([n.to_be_bytes()[7]; 32])));
    let invite = |count| GroupInvite { head: HEAD, log_keys: keys(count).collect() };
    for count in [1, 2, GROUP_LOG_KEYS] {
        let decoded = GroupInvite::decode(&invite(count).encode()).unwrap();
        assert_eq!(decoded.head, HEAD);
        assert_eq!(decoded.log_keys, invite(count).log_keys);
    }
    assert!(invite(GROUP_LOG_KEYS).encode().len() < PLAINTEXT_BYTES - 1024, "fits a frame");
    assert_eq!(word(GroupInvite::decode(&invite(0).encode())), Some("malformed"));
    assert_eq!(word(GroupInvite::decode(&invite(GROUP_LOG_KEYS + 1).encode())), Some("limit"));
    let edited = |edit: fn(&mut pb::GroupInvite)| {
        let mut fields = pb::GroupInvite::decode(invite(2).encode().as_slice()).unwrap();
        edit(&mut fields);
        word(GroupInvite::decode(&fields.encode_to_vec()))
    };
    assert_eq!(edited(|_| {}), None);
    assert_eq!(edited(|invite| invite.sequence = 0), Some("malformed"));
    assert_eq!(edited(|invite| invite.head.clear()), Some("malformed"));
    assert_eq!(edited(|invite| invite.log_keys[1].clear()), Some("malformed"));
    assert_eq!(edited(|invite| invite.log_keys[1].push(0)), Some("malformed"));
}

// GRP-39
#[test]
fn an_answer_holds_as_many_entries_as_fit_and_at_least_one() {
    for after in [0, 1, u64::MAX] {
        assert_eq!(LogRequest::decode(&LogRequest { after }.encode()), Ok(LogRequest { after }));
    }
    let filled = |sizes: &[usize]| {
        let answer = LogEntries::fill(sizes.iter().map(|size| vec![1; *size]))?;
        let bytes = answer.clone().encode();
        assert!(bytes.len() <= PLAINTEXT_BYTES - 1024, "fits a frame");
        assert_eq!(LogEntries::decode(&bytes), Ok(answer.clone()));
        Some(answer.into_entries().iter().map(Vec::len).collect::<Vec<_>>())
    };
    assert_eq!(filled(&[]), None);
    assert_eq!(filled(&[100, 200]), Some(vec![100, 200]));
    assert_eq!(filled(&[1; 70]), Some(vec![1; ENTRIES_PER_REPLY]));
    assert_eq!(filled(&[GROUP_ENTRY_BYTES, 2_000]), Some(vec![GROUP_ENTRY_BYTES]));
    assert_eq!(filled(&[40_000, 30_000, 10]), Some(vec![40_000]), "none is left out");
    assert_eq!(filled(&[GROUP_ENTRY_BYTES + 1, 10]), None);

    let decoded =
        |entries: Vec<Vec<u8>>| word(LogEntries::decode(&pb::GroupLogEntries { entries }.encode_to_vec()));
    assert_eq!(decoded(vec![vec![1]]), None);
    assert_eq!(decoded(vec![]), Some("malformed"));
    assert_eq!(decoded(vec![vec![1], vec![]]), Some("malformed"));
    assert_eq!(decoded(vec![vec![1; GROUP_ENTRY_BYTES + 1]]), Some("malformed"));
    assert_eq!(decoded(vec![vec![1]; ENTRIES_PER_REPLY + 1]), Some("limit"));
}
