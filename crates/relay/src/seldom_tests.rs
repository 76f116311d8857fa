use super::*;
use tokio::time::advance;

// Threat T1.
#[tokio::test(start_paused = true)]
async fn t1_what_happens_often_is_said_once_in_a_while_with_how_often() {
    let seldom = Seldom::default();
    assert_eq!(seldom.count(), Some(1));
    assert!((0..10_000).all(|_| seldom.count().is_none()));
    advance(SELDOM).await;
    assert_eq!(seldom.count(), Some(10_001));
    assert_eq!(seldom.count(), None);
}
