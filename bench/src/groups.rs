//! The tables of groups.

use crate::operation::{Effort, Operation};
use aside_bench::{
    group::{
        Membership, TEXT_BYTES, bare, megolm, mls_rs, openmls,
        ours::{self, Chains, Devices, Members},
        overhead_bytes,
    },
    table::{Row, head},
};

/// Messages per batch, all of one chain.
const MESSAGES: usize = 100;
/// Members of the groups of which the messages are.
const FEW: usize = 10;
/// Members of the groups that change.
const SIZES: [usize; 3] = [10, 100, 1000];
/// How often a group changes: a change takes a second in the largest one.
pub(crate) const CHANGES: usize = 7;
/// Exports or imports per batch.
const STATES: usize = 10;

/// The MLS groups of which the messages are.
struct Peers {
    openmls: openmls::Mls,
    mls_rs: mls_rs::Mls,
}

const MESSAGE: &[Operation<Peers>] = &[
    Operation {
        name: "group: encrypt 256 B",
        ours: |_| ours::encrypt(MESSAGES),
        base: Some(|_| bare::encrypt(MESSAGES)),
        peers: &[
            Some(|_| megolm::encrypt(MESSAGES)),
            Some(|peers| peers.openmls.encrypt(MESSAGES)),
            Some(|peers| peers.mls_rs.encrypt(MESSAGES)),
        ],
        limit: Some(1.1),
    },
    Operation {
        name: "group: decrypt 256 B",
        ours: |_| ours::decrypt(MESSAGES),
        base: Some(|_| bare::decrypt(MESSAGES)),
        peers: &[
            Some(|_| megolm::decrypt(MESSAGES)),
            Some(|peers| peers.openmls.decrypt(MESSAGES)),
            Some(|peers| peers.mls_rs.decrypt(MESSAGES)),
        ],
        limit: Some(1.1),
    },
];

/// One of the times of a change.
type Part = fn(&Membership) -> f64;

/// Sessions with the devices of a group of one size.
struct Fleet {
    devices: Devices,
    megolm: megolm::Devices,
    count: usize,
}

const ROTATION: Operation<Fleet> = Operation {
    name: "group: new chain handed to",
    ours: |fleet| fleet.devices.rotate(fleet.count),
    base: Some(|fleet| fleet.devices.single(fleet.count)),
    peers: &[Some(|fleet| fleet.megolm.rotate(fleet.count))],
    limit: Some(1.1),
};

/// Measures and prints. With `filled`, the trees of MLS are filled in the largest group too, which takes ten minutes or more.
pub(crate) fn print(only: &str, effort: Effort, filled: bool) {
    messages(only, effort);
    rotations(only, effort);
    changes(only, filled);
}

fn messages(only: &str, effort: Effort) {
    let peers = || Peers { openmls: openmls::Mls::new(FEW, true), mls_rs: mls_rs::Mls::new(FEW, true) };
    let chosen = MESSAGE.iter().filter(|operation| operation.name.contains(only));
    println!("\n{}", head(Some("bare"), &["Megolm", "OpenMLS", "mls-rs"]));
    for operation in chosen {
        // Other groups for each operation: messages that nobody decrypts would be in the way of the others.
        println!("{}", operation.measure(&mut peers(), effort).line());
    }
    let (mut chains, mut peers) = (Chains::default(), peers());
    let ours = overhead_bytes(&chains.send(&[7; TEXT_BYTES]));
    let messages = [megolm::message(), peers.openmls.message(), peers.mls_rs.message()];
    let [megolm, openmls, mls_rs] = messages.map(|message| overhead_bytes(&message));
    let (sending, receiving) = chains.state_bytes();
    println!("\n| bytes | ours | Megolm | OpenMLS | mls-rs |\n|---|---|---|---|---|");
    println!("| added to a group message of 256 bytes | {ours} | {megolm} | {openmls} | {mls_rs} |");
    println!("| state of a sending chain | {sending} | | | |");
    println!("| state of a receiving chain | {receiving} | | | |");
}

fn rotations(only: &str, effort: Effort) {
    println!("\n{}", head(Some("single messages"), &["Megolm and Olm"]));
    for size in SIZES {
        let name = format!("{} {size} devices", ROTATION.name);
        if name.contains(only) {
            let count = (SIZES[1] / size).max(1);
            let mut fleet = Fleet { devices: Devices::new(size), megolm: megolm::Devices::new(size), count };
            // With few devices, making the chain shows.
            let limit = ROTATION.limit.filter(|_| size == SIZES[2]);
            println!("{}", Row { name, limit, ..ROTATION.measure(&mut fleet, effort) }.line());
        }
    }
}

fn changes(only: &str, filled: bool) {
    println!("\n{}", head(None, &["OpenMLS", "mls-rs"]));
    let mut states = Vec::new();
    let trees = [(SIZES[0], false), (SIZES[1], false), (SIZES[1], true), (SIZES[2], false), (SIZES[2], true)];
    for (size, filled) in trees.into_iter().filter(|(size, full)| !full || *size < SIZES[2] || filled) {
        let tree = if filled { "filled" } else { "fresh" };
        if !format!("group of {size}, {tree} trees").contains(only) {
            continue;
        }
        let mut members = Members::new(size);
        let (mut openmls, mut mls_rs) = (openmls::Mls::new(size, filled), mls_rs::Mls::new(size, filled));
        let rounds: Vec<[Membership; 3]> =
            (0..CHANGES).map(|_| [members.membership(), openmls.membership(), mls_rs.membership()]).collect();
        let parts: [(&str, Part); 5] = [
            ("take one in", |change| change.add),
            ("take one in, at another member", |change| change.added),
            ("join", |change| change.join),
            ("put one out", |change| change.remove),
            ("put one out, at another member", |change| change.removed),
        ];
        for (name, part) in parts {
            let [ours, openmls, mls_rs] =
                [0, 1, 2].map(|who| rounds.iter().map(|round| part(&round[who])).collect());
            let name = format!("group of {size}, {tree} trees: {name}");
            println!("{}", Row { name, ours, peers: vec![openmls, mls_rs], ..Row::default() }.line());
        }
        if !filled {
            let least = |run: &dyn Fn() -> f64| (0..CHANGES).map(|_| run()).fold(f64::INFINITY, f64::min);
            let times = |run: &dyn Fn() -> f64| (0..CHANGES).map(|_| least(run)).collect();
            for (name, ours) in
                [("export", times(&|| members.export(STATES))), ("import", times(&|| members.import(STATES)))]
            {
                let name = format!("group of {size}: {name}");
                let row = Row { name, ours, peers: vec![Vec::new(); 2], ..Row::default() };
                println!("{}", row.line());
            }
            states.push((size, members.state_bytes()));
        }
    }
    println!("\n| state of a group | bytes | per member |\n|---|---|---|");
    for (size, bytes) in states {
        println!("| of {size} | {bytes} | {} |", bytes / size);
    }
}
