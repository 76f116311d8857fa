//! The table of sessions.

use crate::operation::{Effort, Operation};
use aside_bench::{bare, double_ratchet, ours::Pair, peer, table::head};

/// Operations per batch: the cheap ones, and those with an agreement.
const CHEAP: usize = 500;
const DEAR: usize = 20;
/// Messages in turn from the beginning of one epoch of the KEM ratchet to that of the next.
const EPOCH: usize = 142;

const OPERATIONS: &[Operation<Pair>] = &[
    Operation {
        name: "encrypt 32 B, same direction",
        ours: |pair| pair.encrypt(32, CHEAP),
        base: Some(|_| bare::encrypt(32, CHEAP)),
        peers: &[Some(|_| peer::encrypt(32, CHEAP)), Some(|_| double_ratchet::encrypt(32, CHEAP))],
        limit: Some(1.25),
    },
    Operation {
        name: "decrypt 32 B, same direction",
        ours: |pair| pair.decrypt(32, CHEAP),
        base: Some(|_| bare::decrypt(32, CHEAP)),
        peers: &[Some(|_| peer::decrypt(32, CHEAP)), Some(|_| double_ratchet::decrypt(32, CHEAP))],
        limit: Some(1.25),
    },
    Operation {
        name: "encrypt 256 B, same direction",
        ours: |pair| pair.encrypt(256, CHEAP),
        base: Some(|_| bare::encrypt(256, CHEAP)),
        peers: &[Some(|_| peer::encrypt(256, CHEAP)), Some(|_| double_ratchet::encrypt(256, CHEAP))],
        limit: Some(1.25),
    },
    Operation {
        name: "decrypt 256 B, same direction",
        ours: |pair| pair.decrypt(256, CHEAP),
        base: Some(|_| bare::decrypt(256, CHEAP)),
        peers: &[Some(|_| peer::decrypt(256, CHEAP)), Some(|_| double_ratchet::decrypt(256, CHEAP))],
        limit: Some(1.25),
    },
    Operation {
        name: "ping-pong, per message, both sides",
        ours: |pair| pair.ping_pong(DEAR),
        base: Some(|_| bare::ping_pong(DEAR)),
        peers: &[Some(|_| peer::ping_pong(DEAR)), Some(|_| double_ratchet::ping_pong(DEAR))],
        limit: Some(1.05),
    },
    Operation {
        name: "the same over a whole epoch",
        ours: |pair| pair.ping_pong(EPOCH),
        base: Some(|_| bare::epoch(EPOCH)),
        peers: &[None, None],
        limit: Some(1.05),
    },
    Operation {
        name: "first message, initiator",
        ours: |pair| pair.initiate(DEAR),
        base: Some(|_| bare::initiate(DEAR)),
        peers: &[Some(|_| peer::initiate(DEAR)), None],
        limit: None,
    },
    Operation {
        name: "first message, responder",
        ours: |pair| pair.respond(DEAR),
        base: Some(|_| bare::respond(DEAR)),
        peers: &[Some(|_| peer::respond(DEAR)), None],
        limit: None,
    },
    Operation {
        name: "1,000 skipped, beside bare",
        ours: |pair| pair.skip(1000, DEAR / 4),
        base: Some(|_| bare::skip(1000, DEAR / 4)),
        peers: &[None, None],
        limit: None,
    },
    Operation {
        name: "1,000 skipped",
        ours: |pair| pair.skip(1000, DEAR / 4),
        base: None,
        peers: &[None, None],
        limit: Some(500.0),
    },
    Operation {
        name: "late, 1,000 kept, beside ours in order",
        ours: |pair| pair.late(1000, 300),
        base: Some(|pair| pair.decrypt(32, 300)),
        peers: &[None, None],
        limit: Some(1.3),
    },
    Operation {
        name: "in order, 1,000 kept, beside none kept",
        ours: |pair| pair.decrypt_with_kept(1000, 300),
        base: Some(|pair| pair.decrypt(32, 300)),
        peers: &[None, None],
        limit: Some(1.05),
    },
    Operation {
        name: "export, fresh",
        ours: |pair| pair.export(CHEAP),
        base: None,
        peers: &[None, None],
        limit: Some(5.0),
    },
    Operation {
        name: "import, fresh",
        ours: |pair| pair.import(CHEAP),
        base: None,
        peers: &[None, None],
        limit: Some(5.0),
    },
];

/// Measures and prints.
pub(crate) fn print(only: &str, effort: Effort) {
    let mut pair = Pair::default();
    println!("{}", head(Some("bare"), &["vodozemac", "double-ratchet-2"]));
    for operation in OPERATIONS.iter().filter(|operation| operation.name.contains(only)) {
        println!("{}", operation.measure(&mut pair, effort).line());
    }
    let ((first, steady), (peer_first, peer_steady)) = (pair.overhead_bytes(), peer::overhead_bytes());
    let (fresh, kept) = pair.state_bytes();
    println!("\n| bytes | ours | vodozemac | double-ratchet-2 |\n|---|---|---|---|");
    println!(
        "| added to a message of 32 bytes | {steady} | {peer_steady} | {} |",
        double_ratchet::overhead_bytes()
    );
    println!("| added to a first message | {first} | {peer_first} | |");
    println!("| state of a fresh session | {fresh} | | |");
    println!("| state with 1,000 kept keys | {kept} | | |");
}
