//! Times one operation over many prepared inputs, or once.

use rustix::time::{ClockId, clock_gettime};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// Microseconds per input. The inputs are made before the clock starts; the outputs are dropped while it runs, as a
/// program would drop them.
pub fn time<T, R>(inputs: Vec<T>, mut run: impl FnMut(T) -> R) -> f64 {
    let count = f64::from(u32::try_from(inputs.len()).unwrap_or(u32::MAX));
    let start = Instant::now();
    for input in inputs {
        black_box(run(black_box(input)));
    }
    start.elapsed().as_secs_f64() * 1e6 / count
}

/// Microseconds of one run, and what came of it: the time of this process, since what takes milliseconds is interrupted by
/// others.
pub fn stopped<R>(run: impl FnOnce() -> R) -> (f64, R) {
    let start = spent();
    let result = run();
    ((spent() - start).as_secs_f64() * 1e6, result)
}

fn spent() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}
