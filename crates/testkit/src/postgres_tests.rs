use super::*;
use std::{fs, process::Command};

/// A machine without a server has nothing to test here.
fn cluster() -> Option<Cluster> {
    find().ok().map(|_| Cluster::start().unwrap())
}

#[test]
fn what_was_committed_outlives_every_way_to_end_and_nothing_is_left_behind() {
    let Some(mut cluster) = cluster() else { return };
    cluster.query("CREATE TABLE t (n int)").unwrap();
    for (n, how) in [Stop::Fast, Stop::Immediate, Stop::Kill].into_iter().enumerate() {
        cluster.query(&format!("INSERT INTO t VALUES ({n})")).unwrap();
        cluster.stop(how).unwrap();
        assert!(cluster.query("SELECT 1").is_err());
        cluster.start_again().unwrap();
    }
    assert_eq!(
        cluster
            .query("SELECT count(*), (SELECT setting FROM pg_settings WHERE name = 'fsync') FROM t")
            .unwrap(),
        "3|on\n"
    );
    let url = cluster.create_database().unwrap();
    assert_eq!(database::query(&cluster.programs, &url, "SELECT 1").unwrap(), "1\n");
    let folder = cluster.folder.path().to_owned();
    let pid = fs::read_to_string(cluster.folder.data().join("postmaster.pid")).unwrap();
    drop(cluster);
    assert!(!folder.exists());
    let pid = pid.lines().next().unwrap();
    assert!(!Command::new("kill").args(["-0", pid]).status().unwrap().success());
}

#[test]
fn a_standby_has_what_its_leader_answered() {
    let Some(mut leader) = cluster() else { return };
    let standby = leader.synchronous_standby().unwrap();
    leader.query("CREATE TABLE t AS SELECT 7 AS n").unwrap();
    leader.stop(Stop::Kill).unwrap();
    assert!(standby.query("INSERT INTO t VALUES (8)").is_err());
    standby.promote().unwrap();
    standby.query("INSERT INTO t VALUES (8)").unwrap();
    assert_eq!(standby.query("SELECT sum(n) FROM t").unwrap(), "15\n");
}

#[test]
fn the_next_cluster_removes_what_a_killed_owner_left() {
    let Some(cluster) = cluster() else { return };
    let (folder, port) = (cluster.folder.path().to_owned(), cluster.port());
    // The owner has gone without a word: its lock is given back, its server runs on.
    let mut cluster = std::mem::ManuallyDrop::new(cluster);
    cluster.folder.unlock();
    let other = Folder::new().unwrap();
    assert!(!folder.exists());
    assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok());
    // A child of ours, which the system would hold for us.
    drop(cluster.server.take());
    drop(other);
}

#[test]
fn a_killed_owner_leaves_nothing_behind() {
    let Some(mut cluster) = cluster() else { return };
    let (folder, port) = (cluster.folder.path().to_owned(), cluster.port());
    cluster.folder.let_go();
    until("the folder goes", || Ok(!folder.exists())).unwrap();
    assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok());
}
