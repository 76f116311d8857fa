//! More transient messages than anybody takes, whatever the relay stores in.

use crate::{
    held::stored,
    running::Running,
    transient::{listen, two, typing},
};
use aside_relay::{Config, Rate, limits};
use aside_wire::pb::{reply, request::Body};
use futures_util::SinkExt;
use std::time::Duration;

#[tokio::test]
// RLY-33.
async fn t1_a_flood_is_dropped_and_a_reader_that_is_slow_loses_no_mail() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path());
    config.rates.transients = Rate { burst: u32::MAX, each: Duration::from_nanos(1) };
    let running = Running::start_with(config).await;
    let ([_, bob], [mut from, mut to]) = two(&running).await;
    listen(&mut from, &mut to, &bob).await;
    // Bob reads nothing while the flood comes, more of it than all buffers between the two hold.
    let flood = 40_000u64;
    for round in 0..flood / 40 {
        let mut ids = Vec::new();
        for _ in 0..40 {
            ids.push(from.post(Body::Transient(typing(&bob, 7))).await);
        }
        for id in ids {
            from.answer(id).await.unwrap();
        }
        if round % 100 == 0 {
            from.send(bob.letter(round, b"a letter")).await.unwrap();
        }
    }
    assert_eq!(stored(folder.path()).unwrap().len(), 11);
    to.socket.flush().await.unwrap();
    let (mut letters, mut transients) = (Vec::new(), 0u64);
    while letters.len() < 10 {
        match to.read().await.expect("the connection stands").body {
            Some(reply::Body::Delivery(delivery)) => letters.push(delivery.sequence),
            Some(reply::Body::TransientDelivery(_)) => transients += 1,
            _ => panic!("something else"),
        }
    }
    assert!(letters.into_iter().eq(2..=11));
    assert!(transients > limits::OUTBOX_TRANSIENTS.try_into().unwrap() && transients < flood, "{transients}");
}
