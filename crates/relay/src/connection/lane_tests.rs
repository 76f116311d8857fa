use super::*;
use crate::{limits::OUTBOX_TRANSIENTS, store::Account};
use aside_identity::DeviceId;
use axum::extract::ws::Message;

const BOB: Mailbox = Mailbox { account: Account([2; 32]), device: DeviceId::FIRST };

fn delivery(number: u8) -> pb::TransientDelivery {
    pb::TransientDelivery { sender: vec![1; 32], sender_device: 1, envelope: vec![number] }
}

#[tokio::test]
// RLY-33.
async fn t1_transients_fill_half_of_an_outbox_and_never_wait() {
    let lane = Arc::new(Lane::default());
    let (outbox, mut frames) = Outbox::new();
    let (elsewhere, mut others) = Outbox::new();
    let listening = lane.listen(BOB, outbox.clone());
    let also = lane.listen(BOB, elsewhere);
    for number in 0..200 {
        lane.offer(&BOB, delivery(number));
    }
    // What is stored still finds room at once.
    let stored = outbox.put(Message::Ping(Vec::new().into()));
    tokio::time::timeout(std::time::Duration::from_secs(9), stored).await.unwrap().unwrap();
    let mut numbers = Vec::new();
    while let Some(Message::Binary(bytes)) = frames.next_waiting() {
        numbers.push(bytes.last().copied());
    }
    assert!(numbers.into_iter().eq((0..200).take(OUTBOX_TRANSIENTS).map(Some)));

    drop(listening);
    let before = others.count();
    while others.next_waiting().is_some() {}
    assert_eq!(before, OUTBOX_TRANSIENTS);
    lane.offer(&BOB, delivery(0));
    assert_eq!((frames.count(), others.count()), (0, 1));
    drop(also);
    assert!(lane.with(|listeners| listeners.is_empty()));
}
