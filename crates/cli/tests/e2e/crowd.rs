//! Several people at terminals, and a group of theirs.

use crate::{
    person::{Outcome, Person, objects, texts},
    relay::RelayProcess,
};
use serde_json::Value;
use tempfile::TempDir;

/// A relay and people who are registered there, some of them over a line of their own.
pub(crate) struct Crowd {
    pub(crate) folder: TempDir,
    pub(crate) relay: RelayProcess,
    pub(crate) people: Vec<Person>,
}

pub(crate) const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "mallory"];
pub(crate) const ALICE: usize = 0;
pub(crate) const BOB: usize = 1;
pub(crate) const CAROL: usize = 2;
pub(crate) const DAVE: usize = 3;
pub(crate) const MALLORY: usize = 4;

impl Crowd {
    /// A relay and nobody yet.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let relay = RelayProcess::start(&folder.path().join("relay")).await;
        Self { folder, relay, people: Vec::new() }
    }

    /// The next one of the names registers.
    pub(crate) async fn joined_by_one_at(&mut self, url: &str) {
        let name = NAMES[self.people.len()];
        self.people.push(Person::registered(self.folder.path(), name, url).await);
    }

    /// The first names register, as far as they have not.
    pub(crate) async fn of(mut self, count: usize) -> Self {
        let url = self.relay.url.clone();
        while self.people.len() < count {
            self.joined_by_one_at(&url).await;
        }
        self
    }

    /// Alice makes a group of everybody, and everybody accepts.
    pub(crate) async fn befriended(self) -> Self {
        let handles: Vec<_> = self.people[1..].iter().map(|person| person.handle.as_str()).collect();
        self.run(ALICE, &[&["create", "Friends"], handles.as_slice()].concat()).await.done();
        for who in 1..self.people.len() {
            self.run(who, &["accept", "Friends"]).await.done();
        }
        self
    }

    /// `aside group`, run by somebody.
    pub(crate) async fn run(&self, who: usize, arguments: &[&str]) -> Outcome {
        self.people[who].run(&[&["group"], arguments].concat()).await
    }

    /// Somebody fetches; what there is to complain about is not asked here.
    pub(crate) async fn fetch(&self, who: usize) -> Outcome {
        self.people[who].run(&["inbox"]).await
    }

    /// Somebody says something, and it reaches the relay.
    pub(crate) async fn say(&self, who: usize, text: &str) {
        self.run(who, &["send", "Friends", text]).await.done();
    }

    /// All texts of groups that somebody has.
    pub(crate) async fn heard(&self, who: usize) -> Vec<String> {
        let inbox = self.people[who].run(&["inbox", "--all", "--json"]).await;
        assert_eq!(inbox.code, Some(0), "{inbox:?}");
        texts(&crate::person::messages(&inbox.out), "group")
    }

    /// What `aside group info` shows, as an object.
    pub(crate) async fn info(&self, who: usize, group: &str) -> Value {
        objects(&self.run(who, &["info", group, "--json"]).await.done()).remove(0)
    }

    /// These have the same group.
    pub(crate) async fn agree(&self, group: &str, people: &[usize]) {
        let first = self.info(people[0], group).await;
        for who in people {
            let other = self.info(*who, group).await;
            for field in ["name", "changes", "head", "check_code", "people", "announce_only"] {
                assert_eq!(other[field], first[field], "{field} of {}", NAMES[*who]);
            }
        }
    }

    /// The profile of somebody as it is, without what commands write when nothing happens.
    pub(crate) async fn group_of(&self, who: usize) -> (Value, Vec<String>) {
        (self.info(who, "Friends").await, self.heard(who).await)
    }
}
