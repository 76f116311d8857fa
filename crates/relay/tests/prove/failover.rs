//! The leader killed, and its synchronous standby promoted.

use crate::{node::Node, rounds::Rounds, world::World};
use aside_testkit::postgres::{Cluster, Stop};
use std::time::{Duration, Instant};
use tokio::task::spawn_blocking;

/// Longer than a leader lives here under load.
const LIFE: Duration = Duration::from_secs(3);
/// The load goes on for so long with the new leader.
const AFTERWARDS: Duration = Duration::from_secs(1);

#[tokio::test]
// RLY-7, RLY-8, RLY-9, RLY-11, RLY-28, RLY-29.
async fn t8_a_leader_that_is_killed_leaves_everything_acknowledged_to_its_standby() {
    let mut rounds = Rounds::new();
    for done in 1..=rounds.number.div_ceil(20) {
        let mut leader = Cluster::start().unwrap();
        let url = leader.create_database().unwrap();
        let standby = leader.synchronous_standby().unwrap();
        // Both servers, of which only the leader takes writes.
        let (ports, both) =
            (format!(":{}/", leader.port()), format!(":{},127.0.0.1:{}/", leader.port(), standby.port()));
        let url = format!("{}?target_session_attrs=read-write", url.replace(&ports, &both));
        let mut one = Node::start(Some(url)).await;
        let mut other = one.start_beside().await;
        let mut world = World::new(&[one.url(), other.url()]).await;
        let mut new_leader = None;
        let mut took = Duration::ZERO;
        let disturbance = async |_: &_| {
            rounds.moment(LIFE).await;
            let promoted = spawn_blocking(move || {
                let begun = Instant::now();
                leader.stop(Stop::Kill).unwrap();
                standby.promote().unwrap();
                (begun.elapsed(), leader, standby)
            });
            let (time, _leader, standby) = promoted.await.unwrap();
            took = time;
            tokio::time::sleep(AFTERWARDS).await;
            new_leader = Some(standby);
        };
        world.while_used(disturbance).await;
        let tally = world.settle().await;
        println!("failover {done}: promoted in {:.2} s; {tally}", took.as_secs_f64());
        assert!(tally.wrong.is_empty(), "seed {}: {tally}", rounds.seed);
        drop(new_leader);
        one.kill().await;
        other.kill().await;
    }
}
