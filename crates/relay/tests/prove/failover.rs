//! The leader killed, and its synchronous standby promoted.

use crate::{node::Node, rounds::Rounds, world::World};
use aside_testkit::postgres::{Cluster, Stop};
use std::{
    thread,
    time::{Duration, Instant},
};
use tokio::{task::spawn_blocking, time::sleep};

/// Longer than a leader lives here under load.
const LIFE: Duration = Duration::from_secs(3);
/// What it could acknowledge in this time, a standby that is cut off does not get.
const ALONE: Duration = Duration::from_millis(300);
/// The load goes on for so long with the new leader.
const AFTERWARDS: Duration = Duration::from_secs(1);

struct Servers {
    leader: Cluster,
    standby: Cluster,
}

impl Servers {
    /// Both, and a URL that names both, of which only the leader takes writes.
    fn start() -> (Self, String) {
        let leader = Cluster::start().unwrap();
        let url = leader.create_database().unwrap();
        let standby = leader.synchronous_standby().unwrap();
        let (one, both) =
            (format!(":{}/", leader.port()), format!(":{},127.0.0.1:{}/", leader.port(), standby.port()));
        let url = format!("{}?target_session_attrs=read-write", url.replace(&one, &both));
        (Self { leader, standby }, url)
    }

    /// How long it took; `cut_off` if the standby loses its leader a moment before it is killed.
    fn fail_over(mut self, cut_off: bool) -> (Self, Duration) {
        if cut_off {
            self.standby.cut_off().unwrap();
            thread::sleep(ALONE);
        }
        let begun = Instant::now();
        self.leader.stop(Stop::Kill).unwrap();
        self.standby.promote().unwrap();
        (self, begun.elapsed())
    }
}

#[tokio::test]
// RLY-7, RLY-8, RLY-9, RLY-11, RLY-28, RLY-29.
async fn t8_a_leader_that_is_killed_leaves_everything_acknowledged_to_its_standby() {
    let mut rounds = Rounds::new();
    for done in 1..=rounds.number.div_ceil(20) {
        // On one machine a standby has nearly everything at once, also if nobody waits for it.
        let cut_off = done % 2 == 1;
        let (servers, url) = Servers::start();
        let mut one = Node::start(Some(url)).await;
        let mut other = one.start_beside().await;
        let mut world = World::new(&[one.url(), other.url()]).await;
        let (mut servers, mut after) = (Some(servers), None);
        let disturbance = async |_: &_| {
            rounds.moment(LIFE).await;
            let both = servers.take().unwrap();
            after = Some(spawn_blocking(move || both.fail_over(cut_off)).await.unwrap());
            sleep(AFTERWARDS).await;
        };
        world.while_used(disturbance).await;
        let tally = world.settle().await;
        let how = if cut_off { "cut off, then " } else { "" };
        let (_servers, took) = after.unwrap();
        println!("failover {done}: {how}promoted in {:.2} s; {tally}", took.as_secs_f64());
        assert!(tally.wrong.is_empty(), "seed {}: {tally}", rounds.seed);
        one.kill().await;
        other.kill().await;
    }
}
