//! The relay killed at random moments (threat T8).

use crate::{node::Node, rounds::Rounds, world::World};
use std::time::Duration;

/// After each so many, everybody fetches what waits, and it is counted.
const COUNTED: usize = 10;
/// Longer than a relay lives here.
const LIFE: Duration = Duration::from_millis(400);

#[tokio::test]
// RLY-7, RLY-8, RLY-9, RLY-11, RLY-13, RLY-22, RLY-28, RLY-29.
async fn t8_kill_9_loses_nothing_that_was_acknowledged_and_doubles_nothing() {
    prove("kill_9", Node::start(None).await, Rounds::new()).await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn t8_kill_9_over_postgres_loses_nothing_that_was_acknowledged_and_doubles_nothing() {
    let cluster = aside_testkit::postgres::Cluster::start().unwrap();
    let url = cluster.create_database().unwrap();
    prove("kill_9 over PostgreSQL", Node::start(Some(url)).await, Rounds::new()).await;
}

async fn prove(name: &str, mut node: Node, mut rounds: Rounds) {
    let mut world = World::new(&[node.url()]).await;
    let mut done = 0;
    while done < rounds.number {
        let some = COUNTED.min(rounds.number - done);
        world
            .while_used(async |nodes| {
                for _ in 0..some {
                    rounds.moment(LIFE).await;
                    node.kill_and_start(0, nodes).await;
                }
            })
            .await;
        done += some;
        let tally = world.settle().await;
        println!("{name}: {done} rounds: {tally}");
        assert!(tally.wrong.is_empty(), "seed {}, {done} rounds: {tally}", rounds.seed);
    }
    node.kill().await;
}
