//! Measures and prints the table: `aside-bench [--rounds N] [--only PART-OF-A-NAME]`.

use aside_bench::{
    bare,
    ours::Pair,
    peer,
    table::{HEAD, Row},
};
use std::process::ExitCode;

const ROUNDS: usize = 15;
/// Batches per round, of which the fastest counts: what else the machine does only ever adds time.
const BATCHES: usize = 9;
/// Operations per batch: the cheap ones, and those with an agreement.
const CHEAP: usize = 500;
const DEAR: usize = 20;

/// One measurement: ours, what it is compared with, and the peer.
struct Operation {
    name: &'static str,
    ours: fn(&mut Pair) -> f64,
    base: Option<fn(&mut Pair) -> f64>,
    peer: Option<fn() -> f64>,
    limit: Option<f64>,
}

const OPERATIONS: &[Operation] = &[
    Operation {
        name: "encrypt 32 B, same direction",
        ours: |pair| pair.encrypt(32, CHEAP),
        base: Some(|_| bare::encrypt(32, CHEAP)),
        peer: Some(|| peer::encrypt(32, CHEAP)),
        limit: Some(1.25),
    },
    Operation {
        name: "decrypt 32 B, same direction",
        ours: |pair| pair.decrypt(32, CHEAP),
        base: Some(|_| bare::decrypt(32, CHEAP)),
        peer: Some(|| peer::decrypt(32, CHEAP)),
        limit: Some(1.25),
    },
    Operation {
        name: "encrypt 256 B, same direction",
        ours: |pair| pair.encrypt(256, CHEAP),
        base: Some(|_| bare::encrypt(256, CHEAP)),
        peer: Some(|| peer::encrypt(256, CHEAP)),
        limit: Some(1.25),
    },
    Operation {
        name: "decrypt 256 B, same direction",
        ours: |pair| pair.decrypt(256, CHEAP),
        base: Some(|_| bare::decrypt(256, CHEAP)),
        peer: Some(|| peer::decrypt(256, CHEAP)),
        limit: Some(1.25),
    },
    Operation {
        name: "ping-pong, per message, both sides",
        ours: |pair| pair.ping_pong(DEAR),
        base: Some(|_| bare::ping_pong(DEAR)),
        peer: Some(|| peer::ping_pong(DEAR)),
        limit: Some(1.05),
    },
    Operation {
        name: "first message, initiator",
        ours: |pair| pair.initiate(DEAR),
        base: Some(|_| bare::initiate(DEAR)),
        peer: Some(|| peer::initiate(DEAR)),
        limit: None,
    },
    Operation {
        name: "first message, responder",
        ours: |pair| pair.respond(DEAR),
        base: Some(|_| bare::respond(DEAR)),
        peer: Some(|| peer::respond(DEAR)),
        limit: None,
    },
    Operation {
        name: "1,000 skipped, beside bare",
        ours: |pair| pair.skip(1000, DEAR / 4),
        base: Some(|_| bare::skip(1000, DEAR / 4)),
        peer: None,
        limit: None,
    },
    Operation {
        name: "1,000 skipped",
        ours: |pair| pair.skip(1000, DEAR / 4),
        base: None,
        peer: None,
        limit: Some(500.0),
    },
    Operation {
        name: "late, 1,000 kept, beside ours in order",
        ours: |pair| pair.late(1000, 300),
        base: Some(|pair| pair.decrypt(32, 300)),
        peer: None,
        limit: Some(1.3),
    },
    Operation {
        name: "in order, 1,000 kept, beside none kept",
        ours: |pair| pair.decrypt_with_kept(1000, 300),
        base: Some(|pair| pair.decrypt(32, 300)),
        peer: None,
        limit: Some(1.05),
    },
    Operation {
        name: "export, fresh",
        ours: |pair| pair.export(CHEAP),
        base: None,
        peer: None,
        limit: Some(5.0),
    },
    Operation {
        name: "import, fresh",
        ours: |pair| pair.import(CHEAP),
        base: None,
        peer: None,
        limit: Some(5.0),
    },
];

fn main() -> ExitCode {
    let (mut rounds, mut only) = (ROUNDS, String::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match (option.as_str(), value.parse()) {
            ("--rounds", Ok(number)) if number > 0 => rounds = number,
            ("--only", _) => only = value,
            _ => {
                eprintln!("usage: aside-bench [--rounds N] [--only PART-OF-A-NAME]");
                return ExitCode::FAILURE;
            }
        }
    }
    let mut pair = Pair::default();
    println!("{HEAD}");
    for operation in OPERATIONS.iter().filter(|operation| operation.name.contains(&only)) {
        println!("{}", measure(operation, &mut pair, rounds).line());
    }
    let ((first, steady), (peer_first, peer_steady)) = (pair.overhead_bytes(), peer::overhead_bytes());
    let (fresh, kept) = pair.state_bytes();
    println!("\n| bytes | ours | vodozemac |\n|---|---|---|");
    println!("| added to a message of 32 bytes | {steady} | {peer_steady} |");
    println!("| added to a first message | {first} | {peer_first} |");
    println!("| state of a fresh session | {fresh} | |");
    println!("| state with 1,000 kept keys | {kept} | |");
    println!(
        "\nMedians of {rounds} rounds, each the fastest of {BATCHES} batches; in brackets the extremes of the rounds."
    );
    ExitCode::SUCCESS
}

/// The batches of the three alternate, so that what disturbs one disturbs all.
fn measure(operation: &Operation, pair: &mut Pair, rounds: usize) -> Row {
    let Operation { name, ours, base, peer, limit } = operation;
    let mut row = Row { name, limit: *limit, ..Row::default() };
    for _ in 0..rounds {
        let mut best: [Option<f64>; 3] = [None; 3];
        for _ in 0..BATCHES {
            let times = [Some(ours(pair)), base.map(|base| base(pair)), peer.map(|peer| peer())];
            for (best, time) in best.iter_mut().zip(times) {
                *best = best.map_or(time, |best: f64| time.map(|time| best.min(time)));
            }
        }
        let [ours, base, peer] = best;
        row.ours.extend(ours);
        row.base.extend(base);
        row.peer.extend(peer);
    }
    row
}
