use super::{super::outbox::Outbox, *};
use futures_util::FutureExt;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

/// Longer than anything here takes, and less than a client that does not read has.
const MOMENT: Duration = Duration::from_secs(9);

fn frame() -> Message {
    Message::binary(vec![7; 400_000])
}

// RLY-100.
#[tokio::test]
async fn t1_whoever_does_not_read_holds_no_share_of_what_the_store_has_answered() {
    let budget = Arc::new(Semaphore::new(1));
    let share = Arc::clone(&budget).try_acquire_owned().unwrap();
    let (store, stored) = oneshot::channel();
    let mut answers = Answers::default();
    answers.expect(
        async move {
            stored.await.unwrap();
            drop(share);
            Message::binary(vec![1])
        }
        .boxed(),
    );

    // The second has no room until somebody reads the first.
    let (outbox, mut frames) = Outbox::new();
    outbox.put(frame()).await.unwrap();
    let blocked = async {
        let writing = answers.meanwhile(outbox.put(frame()));
        tokio::select! {
            _ = writing => panic!("there was room"),
            share = budget.acquire() => drop(share.unwrap()),
        }
    };
    let storing = async {
        tokio::task::yield_now().await;
        store.send(()).unwrap();
    };
    timeout(MOMENT, async { tokio::join!(blocked, storing) }).await.unwrap();

    assert_eq!(answers.len(), 1);
    assert_eq!(frames.next_waiting(), Some(frame()));
    assert_eq!(answers.next().await, Some(Message::binary(vec![1])));
    assert_eq!(answers.next().await, None);
}
