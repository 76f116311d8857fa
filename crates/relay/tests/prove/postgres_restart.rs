//! The database server stopped, cut off and killed under the relay, and started again.

use crate::{node::Node, rounds::Rounds, world::World};
use aside_testkit::postgres::{Cluster, Stop};
use std::time::{Duration, Instant};
use tokio::task::spawn_blocking;

/// Longer than a server lives here.
const LIFE: Duration = Duration::from_millis(800);
const WAYS: [Stop; 3] = [Stop::Fast, Stop::Immediate, Stop::Kill];

#[tokio::test]
// RLY-7, RLY-8, RLY-9, RLY-11, RLY-28, RLY-29.
async fn t8_a_database_that_ends_and_starts_again_has_everything_that_was_acknowledged() {
    let mut rounds = Rounds::new();
    let cluster = Cluster::start().unwrap();
    let mut node = Node::start(Some(cluster.create_database().unwrap())).await;
    let mut world = World::new(&[node.url()]).await;
    let mut cluster = Some(cluster);
    // All ways some times.
    let number = rounds.number.div_ceil(10);
    for done in 1..=number {
        for how in WAYS {
            let mut away = Duration::ZERO;
            let disturbance = async |_: &_| {
                rounds.moment(LIFE).await;
                let mut server = cluster.take().unwrap();
                let begun = Instant::now();
                let stopped = spawn_blocking(move || {
                    server.stop(how).unwrap();
                    server.start_again().unwrap();
                    server
                });
                cluster = Some(stopped.await.unwrap());
                away = begun.elapsed();
            };
            world.while_used(disturbance).await;
            let tally = world.settle().await;
            let away = away.as_secs_f64();
            println!("postgres_restart: {done} of each way, now {how:?}, away for {away:.2} s: {tally}");
            assert!(tally.wrong.is_empty(), "seed {}, {done}, {how:?}: {tally}", rounds.seed);
        }
    }
    // The relay has not ended over it.
    node.kill().await;
}
