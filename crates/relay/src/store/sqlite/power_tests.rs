//! The store on a disk that loses its power: what was acknowledged is there when it comes back.

#[path = "power_tests/disk.rs"]
mod disk;

use super::*;
use crate::store::{Channel, KeyUse, Parcel, PublicKey, UploadedPrekey};
use aside_identity::DeviceId;
use disk::{Chance, Disk};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};

const ALICE: Mailbox = Mailbox { account: Account([1; 32]), device: DeviceId::FIRST };
const PASSED: Passed = Passed(1_000);
const EVERYTHING: Page = Page { messages: usize::MAX, bytes: usize::MAX };

/// More than it takes to use up any fuse.
const ROUNDS: u32 = 10_000;

/// What a program that uses the store knows.
#[derive(Default)]
struct Known {
    next: u64,
    /// Accepted and not fetched.
    accepted: BTreeMap<u64, Vec<u8>>,
    /// Handed over without an answer: there or not.
    unknown: BTreeMap<u64, Vec<u8>>,
    /// Acknowledged by the recipient, and the store has said so.
    acknowledged: BTreeSet<u64>,
    /// Acknowledged without an answer.
    perhaps: BTreeSet<u64>,
    /// One-time prekeys that were handed out.
    handed_out: BTreeSet<Vec<u8>>,
    lost: u64,
    repeated: u64,
}

fn open(disk: &Disk, level: &str) -> (SqliteStore, Closed) {
    let path = disk.path();
    let connection = open::writer(&path).unwrap();
    connection.pragma_update(None, "synchronous", level).unwrap();
    SqliteStore::over(connection, &path, Capacity::default()).unwrap()
}

async fn alice(store: &SqliteStore) {
    let registration = Registration {
        handle: Handle::parse("alice").unwrap(),
        account: ALICE.account,
        devices: vec![ALICE.device],
        keys: vec![PublicKey { device: ALICE.device, key_use: KeyUse::Account, key: [1; 32] }],
        list: vec![1],
    };
    store.register(registration).await.unwrap();
    let prekey = |kind: u8, id: u8| UploadedPrekey {
        id: id.into(),
        not_after: u64::MAX >> 1,
        agreement_key: [[kind; 16], [id; 16]].concat().try_into().unwrap(),
        bytes: vec![kind, id],
    };
    let one_time = (1..=100).map(|id| prekey(3, id)).collect();
    let upload = Upload { owner: ALICE, signed: Some(prekey(2, 1)), one_time, now: 1 };
    store.publish_prekeys(upload).await.unwrap();
}

fn letter(number: u64, envelope: Vec<u8>) -> Enqueue {
    Enqueue {
        sender: ALICE,
        generation: 0,
        client_id: [[0; 8], number.to_be_bytes()].concat().try_into().unwrap(),
        recipient: ALICE.account,
        channel: Channel::Thread,
        list_version: 1,
        parcels: vec![Parcel { device: ALICE.device, envelope }],
        now: number,
        passed: PASSED,
        until: Passed(2_000),
    }
}

/// Its number, then bytes that depend on it.
fn envelope(number: u64, chance: &mut Chance) -> Vec<u8> {
    let length = usize::try_from(chance.below(6_000)).unwrap();
    let mut envelope = number.to_be_bytes().to_vec();
    envelope.resize(8 + length, number.to_be_bytes()[7]);
    envelope
}

fn number(stored: &Stored) -> u64 {
    u64::from_be_bytes(stored.envelope[..8].try_into().unwrap())
}

impl Known {
    /// Uses the store so often, or until the power goes.
    async fn work(&mut self, store: &SqliteStore, disk: &Disk, era: u64, rounds: u32, chance: &mut Chance) {
        for _ in 0..rounds {
            if disk.is_dead(era) {
                break;
            }
            match chance.below(12) {
                0 => self.acknowledge(store).await,
                1 => {
                    if let Ok(Bundle { one_time: Some(prekey), .. }) = store.take_prekeys(ALICE, 1).await {
                        self.repeated += u64::from(!self.handed_out.insert(prekey));
                    }
                }
                2 => drop(store.sweep(1, PASSED).await),
                _ => self.send(store, chance).await,
            }
        }
    }

    async fn send(&mut self, store: &SqliteStore, chance: &mut Chance) {
        let sent: Vec<_> = (0..=chance.below(12))
            .map(|_| {
                self.next += 1;
                (self.next, envelope(self.next, chance))
            })
            .collect();
        let answers = join_all(sent.iter().map(|(n, envelope)| store.enqueue(letter(*n, envelope.clone()))));
        for ((number, envelope), answer) in sent.iter().cloned().zip(answers.await) {
            match answer {
                Ok(accepted_at) => {
                    assert_eq!(accepted_at, number);
                    self.accepted.insert(number, envelope);
                }
                Err(_) => drop(self.unknown.insert(number, envelope)),
            }
        }
    }

    async fn acknowledge(&mut self, store: &SqliteStore) {
        let Ok(stored) = store.fetch_after(ALICE, 0, EVERYTHING, PASSED).await else { return };
        let half = stored.len() / 2;
        let Some(last) = stored.get(half) else { return };
        let numbers: Vec<_> = stored.iter().take(half + 1).map(number).collect();
        let answer = store.acknowledge_up_to(ALICE, last.sequence).await;
        for number in numbers {
            let envelope = self.accepted.remove(&number).or(self.unknown.remove(&number));
            match (&answer, envelope) {
                (Ok(()), _) => drop(self.acknowledged.insert(number)),
                (Err(_), Some(envelope)) => {
                    self.perhaps.insert(number);
                    self.unknown.insert(number, envelope);
                }
                (Err(_), None) => (),
            }
        }
    }

    /// Compares with what is there.
    async fn check(&mut self, store: &SqliteStore) {
        let stored = store.fetch_after(ALICE, 0, EVERYTHING, PASSED).await.unwrap();
        assert!(stored.is_sorted_by(|one, next| one.sequence < next.sequence));
        let mut there = BTreeSet::new();
        for message in &stored {
            let number = number(message);
            self.repeated += u64::from(!there.insert(number) || self.acknowledged.contains(&number));
            let sent = self.accepted.get(&number).or_else(|| self.unknown.get(&number));
            if !self.acknowledged.contains(&number) {
                assert_eq!(Some(&message.envelope), sent, "what nobody sent, or not so");
            }
        }
        self.forget_lost(&there);
        // What was not answered is asked for again under the same id, and stored once.
        for (number, envelope) in std::mem::take(&mut self.unknown) {
            let answer = store.enqueue(letter(number, envelope.clone())).await;
            assert_eq!(answer.unwrap(), number);
            self.accepted.insert(number, envelope);
        }
        let stored = store.fetch_after(ALICE, 0, EVERYTHING, PASSED).await.unwrap();
        let there: BTreeSet<_> = stored.iter().map(number).collect();
        assert_eq!(there.len(), stored.len());
        // Of what may have been fetched before, only the store can tell.
        for number in std::mem::take(&mut self.perhaps) {
            if !there.contains(&number) {
                self.accepted.remove(&number);
                self.acknowledged.insert(number);
            }
        }
        self.forget_lost(&there);
    }

    /// Counts what was accepted and is not there.
    fn forget_lost(&mut self, there: &BTreeSet<u64>) {
        let before = self.accepted.len();
        self.accepted.retain(|number, _| there.contains(number));
        self.lost += u64::try_from(before - self.accepted.len()).unwrap();
    }
}

/// A relay's disk whose power is cut so many times; what was lost and what came twice.
async fn cuts(seed: u64, level: &str, cuts: u64) -> (u64, u64, u64) {
    let disk = Disk::new(seed);
    let mut chance = Chance::new(!seed);
    let mut known = Known::default();
    let mut era = disk.switch_on();
    for round in 0..=cuts {
        let (store, closed) = open(&disk, level);
        if round == 0 {
            alice(&store).await;
        } else if store.newest(ALICE).await.is_err() {
            // Not even who she is.
            return (known.next, known.lost + 1, known.repeated);
        } else {
            known.check(&store).await;
        }
        if round < cuts {
            let scale = 1 << chance.below(13);
            disk.cut_after(chance.below(scale + 1));
            known.work(&store, &disk, era, ROUNDS, &mut chance).await;
        }
        drop(store);
        closed.wait().await;
        disk.cut();
        era = disk.switch_on();
    }
    (known.next, known.lost, known.repeated)
}

// RLY-7, RLY-8, RLY-9, RLY-13.
#[tokio::test]
async fn t8_nothing_acknowledged_is_lost_in_a_hundred_power_cuts() {
    let mut sent = 0;
    for seed in 0..20 {
        let (number, lost, repeated) = cuts(seed, "FULL", 5).await;
        assert_eq!((lost, repeated), (0, 0), "seed {seed}");
        sent += number;
    }
    assert!(sent > 1_000, "{sent} is too few to say anything");
}

// RLY-8: that the test above would notice.
#[tokio::test]
async fn t8_with_less_than_full_synchronisation_a_power_cut_loses_what_was_acknowledged() {
    let mut lost = 0;
    for seed in 0..4 {
        lost += cuts(seed, "NORMAL", 5).await.1;
    }
    assert!(lost > 0, "the disk forgets nothing");
}

// RLY-8, RLY-9: whatever fails has not happened by halves, and the store goes on once there is room.
#[tokio::test]
async fn t8_a_disk_that_is_full_at_any_moment_loses_nothing_and_the_store_goes_on() {
    let mut refused = 0;
    for seed in 0..12 {
        let disk = Disk::new(seed);
        let (mut chance, mut known) = (Chance::new(!seed), Known::default());
        let mut era = disk.switch_on();
        let (mut store, mut closed) = open(&disk, "FULL");
        alice(&store).await;
        for round in 0..6 {
            disk.set_room(Some(usize::try_from(chance.below(200_000)).unwrap()));
            known.work(&store, &disk, era, 12, &mut chance).await;
            refused += known.unknown.len();
            // What is there is read, whatever cannot be written.
            store.fetch_after(ALICE, 0, EVERYTHING, PASSED).await.unwrap();
            disk.set_room(None);
            if round % 2 == 1 {
                // The power goes, too, while it is full.
                disk.cut();
                drop(store);
                closed.wait().await;
                era = disk.switch_on();
                (store, closed) = open(&disk, "FULL");
            }
            known.check(&store).await;
            assert_eq!((known.lost, known.repeated), (0, 0), "seed {seed}");
        }
        drop(store);
        closed.wait().await;
    }
    assert!(refused > 100, "{refused} is too few to say anything");
}

// RLY-22, RLY-24: the first is too large for the disk, and the second would fit.
#[tokio::test]
async fn t7_what_came_behind_a_message_that_could_not_be_stored_does_not_overtake_it() {
    let disk = Disk::new(1);
    disk.switch_on();
    let (store, closed) = open(&disk, "FULL");
    alice(&store).await;
    let large = |number: u64| letter(number, [&number.to_be_bytes()[..], &[7; 600_000]].concat());
    let small = |number: u64| letter(number, number.to_be_bytes().to_vec());

    disk.set_room(Some(300_000));
    let (begun, has_begun) = std::sync::mpsc::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let (first, capacity) = (large(1), Capacity::default());
    let first = store.writer.submit(move |db, effects| {
        // An error means that it runs once more.
        let _ = (begun.send(()), may_go_on.recv());
        messages::enqueue(db, &first, capacity, effects)
    });
    has_begun.recv().unwrap();
    let second = store.enqueue(small(2));
    drop(go_on);
    assert!(first.await.is_err());
    assert!(second.await.is_err(), "it overtook the first");
    // Alone it would have been stored.
    assert!(store.enqueue(small(3)).await.is_ok());

    disk.set_room(None);
    store.enqueue(large(1)).await.unwrap();
    store.enqueue(small(2)).await.unwrap();
    let stored = store.fetch_after(ALICE, 0, EVERYTHING, PASSED).await.unwrap();
    assert_eq!(stored.iter().map(number).collect::<Vec<_>>(), [3, 1, 2]);
    drop(store);
    closed.wait().await;
}
