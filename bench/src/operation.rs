//! One measurement: ours, what it is compared with, and the peers, side by side.

use aside_bench::table::Row;

/// How often a measurement is repeated.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// Batches per round, of which the fastest counts: what else the machine does only ever adds time.
    pub(crate) batches: usize,
}

type Measurement<W> = fn(&mut W) -> f64;

/// What is measured in a world `W`; microseconds each.
pub(crate) struct Operation<W: 'static> {
    pub(crate) name: &'static str,
    pub(crate) ours: Measurement<W>,
    pub(crate) base: Option<Measurement<W>>,
    pub(crate) peers: &'static [Option<Measurement<W>>],
    /// The most that ours may be of the base, or in microseconds if there is none.
    pub(crate) limit: Option<f64>,
}

impl<W> Operation<W> {
    /// The batches of all of them alternate, so that what disturbs one disturbs all.
    pub(crate) fn measure(&self, world: &mut W, effort: Effort) -> Row {
        let Self { name, ours, base, peers, limit } = self;
        let all = [Some(*ours), *base].into_iter().chain(peers.iter().copied());
        let mut times: Vec<(Option<Measurement<W>>, Vec<f64>)> = all.map(|run| (run, Vec::new())).collect();
        for _ in 0..effort.rounds {
            let mut best = vec![f64::INFINITY; times.len()];
            for _ in 0..effort.batches {
                for ((run, _), best) in times.iter().zip(&mut best) {
                    *best = run.map_or(f64::INFINITY, |run| run(world)).min(*best);
                }
            }
            for ((_, times), best) in times.iter_mut().zip(best) {
                times.extend(Some(best).filter(|best| best.is_finite()));
            }
        }
        let mut times = times.into_iter().map(|(_, times)| times);
        let (ours, base) = (times.next().unwrap_or_default(), times.next().unwrap_or_default());
        Row { name: (*name).into(), ours, base, peers: times.collect(), compared: true, limit: *limit }
    }
}
