use super::*;
use aside_wire::limits::FRAME_BYTES;

const ALICE: Account = Account([1; 32]);
const BOB: Account = Account([2; 32]);

/// As many shares for the largest frames as there are.
fn all_of(purse: &Purse) -> Vec<Share> {
    std::iter::from_fn(|| purse.try_take(FRAME_BYTES)).collect()
}

// RLY-15, RLY-100.
#[tokio::test]
async fn t1_no_account_holds_more_than_a_small_part_however_many_connections_it_has() {
    let budget = Arc::new(Budget::default());
    let (one, other) = (budget.of(ALICE), budget.of(ALICE));
    let (bob, stranger) = (budget.of(BOB), budget.of_strangers());
    let mut held = all_of(&one);
    let kib = held.len() * FRAME_BYTES / 1024;
    assert!((1..=2048).contains(&kib), "{kib}");
    held.extend(all_of(&other));
    assert_eq!(held.len() * FRAME_BYTES / 1024, kib);
    // Everybody else has room.
    assert!(bob.try_take(FRAME_BYTES).is_some());
    let strangers = all_of(&stranger);
    assert!(bob.try_take(FRAME_BYTES).is_some());
    assert!(budget.of_strangers().try_take(FRAME_BYTES).is_none());
    drop(strangers);

    let waiting = tokio::spawn(other.take(FRAME_BYTES));
    drop(held);
    assert!(waiting.await.unwrap().is_some());
    drop((one, bob));
    assert_eq!(budget.with(|accounts| accounts.len()), 1);
    drop(other);
    assert!(budget.with(|accounts| accounts.is_empty()));
}

// RLY-15.
#[tokio::test]
async fn t1_all_accounts_together_hold_only_so_much_and_whoever_waits_gets_it_in_turn() {
    let budget = Arc::new(Budget::default());
    let purses: Vec<_> = (0..=255).map(|number| budget.of(Account([number; 32]))).collect();
    let held: Vec<_> = purses.iter().flat_map(all_of).collect();
    let kib = held.len() * FRAME_BYTES / 1024;
    assert!(kib <= 65_536 && kib > 60_000, "{kib}");
    let last = purses.last().unwrap();
    let waiting = tokio::spawn(last.take(FRAME_BYTES));
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    drop(held);
    assert!(waiting.await.unwrap().is_some());
}
