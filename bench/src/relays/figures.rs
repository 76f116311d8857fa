//! What the rounds have shown, as a table.

use super::{Contender, Failure, OURS, Options};
use aside_bench::table::{median, spread};
use std::{
    fs::File,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

/// Median milliseconds to write 4 KiB to a file and have them on disk.
pub(crate) fn sync(folder: &Path) -> Result<f64, Failure> {
    let mut file = File::create(folder.join("sync"))?;
    let mut waited = Vec::new();
    for _ in 0..200 {
        let begun = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        waited.push(milliseconds(begun.elapsed()));
    }
    Ok(median(&waited))
}

pub(crate) fn print(contenders: &[Contender], sync: f64, options: &Options) {
    println!("4 KiB written and synced: {sync:.2} ms.\n");
    println!(
        "| relay | accepted/s | p50, ms | p99, ms | accepted: ours / it | drained/s | drained: ours / it | \
         acknowledged and lost by kill -9 | an acknowledgement means |\n|{}",
        "---|".repeat(9)
    );
    for contender in contenders {
        println!("{}", line(contender, contenders.first().filter(|first| first.name == OURS)));
    }
    println!(
        "\nMedians of {} rounds of {} messages; in brackets the extremes of the rounds.",
        options.rounds, options.messages
    );
}

fn line(contender: &Contender, ours: Option<&Contender>) -> String {
    let accepted = |of: &Contender| of.rounds.iter().map(|round| round.accepted).collect::<Vec<_>>();
    let drained = |of: &Contender| of.rounds.iter().map(|round| round.drained).collect::<Vec<_>>();
    let ratio = |figures: &dyn Fn(&Contender) -> Vec<f64>| match ours {
        Some(ours) if ours.name != contender.name => spread(&figures(ours), &figures(contender)),
        _ => "–".into(),
    };
    let mut waited: Vec<_> = contender.rounds.iter().flat_map(|round| &round.waited).copied().collect();
    waited.sort_unstable();
    let (lost, acknowledged) = (contender.loss.lost, contender.loss.acknowledged);
    let cells = [
        format!("{} {}", contender.name, contender.relay.version()),
        format!("{:.0}", median(&accepted(contender))),
        format!("{:.1}", percentile(&waited, 50)),
        format!("{:.1}", percentile(&waited, 99)),
        ratio(&accepted),
        format!("{:.0}", median(&drained(contender))),
        ratio(&drained),
        if lost > 0 { format!("**{lost}** of {acknowledged}") } else { format!("0 of {acknowledged}") },
        contender.relay.promise().into(),
    ];
    format!("| {} |", cells.join(" | "))
}

/// Of sorted times, in milliseconds.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().map_or(f64::NAN, milliseconds)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
