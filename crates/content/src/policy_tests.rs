use super::*;
use alloc::{vec, vec::Vec};

fn account(byte: u8) -> AccountKey {
    AccountKey::from_own_store([byte; 32])
}

const ALICE: u8 = 1;
const BOB: u8 = 2;

fn policy(version: u64, setter: u8, hash: u8, parent: Option<u8>) -> Policy {
    Policy {
        version,
        setter: account(setter),
        hash: Digest([hash; 32]),
        terms: ExpiryTerms::AfterSend { duration_s: u32::from(hash) },
        parent: parent.map(|byte| Digest([byte; 32])),
    }
}

/// Every order of the items.
fn permutations<T: Copy>(items: &[T]) -> Vec<Vec<T>> {
    let Some((first, rest)) = items.split_first() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for order in permutations(rest) {
        for at in 0..=order.len() {
            let mut order = order.clone();
            order.insert(at, *first);
            all.push(order);
        }
    }
    all
}

/// A race of two: both follow the first, then both follow what they know.
fn race() -> [Policy; 5] {
    [
        policy(1, ALICE, 10, None),
        policy(2, ALICE, 40, Some(10)),
        policy(2, BOB, 20, Some(10)),
        policy(3, ALICE, 30, Some(40)),
        policy(3, BOB, 5, Some(20)),
    ]
}

// EXP-3: every order, each with every repetition of what came before, on both sides. What comes without its parent
// counts as well.
#[test]
fn exp_3_a_race_ends_the_same_in_every_order() {
    for own in [ALICE, BOB] {
        for order in permutations(&race()) {
            let mut policies = Policies::new(account(own), None);
            for (step, policy) in order.iter().enumerate() {
                policies.learn(*policy).unwrap();
                for again in &order[..=step] {
                    let before = policies;
                    let learned = policies.learn(*again).unwrap();
                    assert!(matches!(learned, Learned::Known | Learned::Superseded));
                    assert_eq!(policies, before);
                }
            }
            assert_eq!(policies.in_force(), Some(&policy(3, BOB, 5, Some(20))));
        }
    }
}

// EXP-3: a relay that withholds some of them leaves in force what is the greatest of the others, and holds up none.
#[test]
fn t7_a_policy_that_is_withheld_holds_up_none() {
    for subset in 1_u32..32 {
        let kept: Vec<_> = race()
            .into_iter()
            .enumerate()
            .filter(|(at, _)| subset & (1 << at) != 0)
            .map(|(_, p)| p)
            .collect();
        let greatest =
            kept.iter().copied().reduce(|one, other| if other.supersedes(&one) { other } else { one });
        for order in permutations(&kept) {
            let mut policies = Policies::new(account(ALICE), None);
            for policy in order {
                assert!(policies.learn(policy).is_ok());
            }
            assert_eq!(policies.in_force().copied(), greatest);
        }
    }
}

// EXP-3: version before setter before hash.
#[test]
fn exp_3_the_order_is_version_then_setter_then_hash() {
    assert!(policy(2, ALICE, 1, None).supersedes(&policy(1, BOB, 99, None)));
    assert!(policy(2, BOB, 1, None).supersedes(&policy(2, ALICE, 99, None)));
    assert!(policy(2, BOB, 2, None).supersedes(&policy(2, BOB, 1, None)));
    assert!(!policy(2, BOB, 2, None).supersedes(&policy(2, BOB, 2, None)));
}

// V5
#[test]
fn v5_an_old_policy_does_not_roll_the_new_one_back() {
    let mut policies = Policies::new(account(ALICE), None);
    for policy in race() {
        policies.learn(policy).unwrap();
    }
    let before = policies;
    assert_eq!(policies.learn(policy(1, ALICE, 10, None)), Ok(Learned::Superseded));
    assert_eq!(policies, before);
}

#[test]
fn what_its_setter_knew_is_told() {
    let mut policies = Policies::new(account(ALICE), None);
    assert_eq!(policies.learn(policy(1, ALICE, 10, None)), Ok(Learned::InForce { follows: true }));
    assert_eq!(policies.learn(policy(2, ALICE, 40, Some(10))), Ok(Learned::InForce { follows: true }));
    assert_eq!(policies.learn(policy(2, BOB, 20, Some(10))), Ok(Learned::InForce { follows: false }));
    assert_eq!(policies.learn(policy(4, BOB, 6, Some(7))), Ok(Learned::InForce { follows: false }));
}

// EXP-5: no version is so great that none is left above it.
#[test]
fn exp_5_a_version_that_locks_the_chat_is_refused() {
    let mut policies = Policies::new(account(ALICE), None);
    for version in [u64::MAX, u64::MAX - 1, POLICY_STEP + 1] {
        assert_eq!(policies.learn(policy(version, BOB, 1, Some(9))), Err(Reject::Policy));
        assert_eq!(policies.in_force(), None);
    }
    assert_eq!(policies.learn(policy(0, BOB, 1, None)), Err(Reject::Malformed));
    assert!(policies.learn(policy(POLICY_STEP, BOB, 1, Some(9))).is_ok());
    let next = policies.next(ExpiryTerms::Off).unwrap();
    assert_eq!((next.version, next.parent), (POLICY_STEP + 1, Some(Digest([1; 32]))));
    // What another device of the own account has set, after the peer has led that one on, brings both together.
    assert!(policies.learn(policy(POLICY_STEP * 9, ALICE, 2, Some(9))).is_ok());
    assert_eq!(policies.version(), POLICY_STEP * 9);
}

// EXP-5: a flood takes no room, and whoever floods is followed by the next policy of the other.
#[test]
fn exp_5_after_a_flood_the_other_still_sets_the_next_one() {
    let (mut alice, mut bob) = (Policies::new(account(ALICE), None), Policies::new(account(BOB), None));
    for count in 1..=10_000 {
        let flood = policy(count * POLICY_STEP, BOB, 1, Some(9));
        assert!(alice.learn(flood).is_ok());
        assert!(bob.learn(flood).is_ok());
    }
    let answer = alice.next(ExpiryTerms::AfterSend { duration_s: 5 }).unwrap();
    let answer = Policy::of(&answer, ChatId::new([7; 32]), account(ALICE));
    assert_eq!(alice.learn(answer), Ok(Learned::InForce { follows: true }));
    assert_eq!(bob.learn(answer), Ok(Learned::InForce { follows: true }));
    assert_eq!(alice.terms(), bob.terms());
    assert_eq!(
        Policies::new(account(ALICE), Some(policy(u64::MAX, ALICE, 1, None))).next(ExpiryTerms::Off),
        None
    );
}
