//! Tests under Miri, which interprets the code and stops at undefined behaviour: of ours there is no `unsafe`, of the
//! libraries below there is.
//!
//! An interpreter is a thousand times slower than the machine. The state machines run on fakes, chosen by type; the real
//! primitives once, in the long version.

use crate::{
    Failure,
    step::{self, Outcome},
    toolchain::{add_nightly, nightly, succeeds},
    workspace::{self, target_folder},
};

/// What to do about a failure.
pub(crate) const REMEDY: &str =
    "Miri names the place above; `cargo xtask miri` repeats this check, and more, in some minutes";
/// What Miri needs beside the compiler: itself, and the source of the standard library.
const COMPONENTS: [&str; 2] = ["miri", "rust-src"];

/// Tests of one crate, by parts of their names.
struct Run {
    package: &'static str,
    only: &'static [&'static str],
    except: &'static [&'static str],
}

/// In `cargo xtask test`: what takes seconds.
const SHORT: &[Run] = &[
    Run {
        package: "aside-session",
        only: &["an_epoch_takes_37", "on_fakes_transient", "no_seed", "pieces::", "the_first_chain"],
        except: &[],
    },
    Run {
        package: "aside-wire",
        only: &[],
        // Every length there is; each byte cut off.
        except: &[
            "w8_every_length",
            "w2_lengths_are_exact",
            "what_was_padded",
            "w2_limits_hold",
            "w6_truncated",
        ],
    },
    Run {
        package: "aside-primitives",
        only: &["p11_short_draws", "a_digest", "a_hash_is", "a_secret_is", "p5_labels", "keys_are_ordered"],
        except: &[],
    },
];

/// In `cargo xtask miri`: minutes.
const LONG: &[Run] = &[
    Run {
        package: "aside-session",
        only: &["on_fakes", "the_real_primitives", "epoch::", "pieces::", "transient::"],
        except: &[],
    },
    Run { package: "aside-wire", only: &[], except: &["w8_every_length"] },
    Run {
        package: "aside-primitives",
        only: &[
            "a_commitment",
            "a_digest",
            "a_hash_is",
            "a_secret_is",
            "keys_are",
            "p11_short_draws",
            "p11_zeros",
            "p15_every_flipped_bit_of_a_commitment",
            "p3_a_body_in_place",
            "p5_labels",
            "secrets_differ",
        ],
        except: &[],
    },
];

/// The task.
pub(crate) fn run(_options: &[&str]) -> Result<(), Failure> {
    step::alone("miri", "the state machines and what they stand on, interpreted", || all(LONG))
}

/// The step of `cargo xtask test`.
pub(crate) fn check() -> Result<Outcome, Failure> {
    all(SHORT)
}

fn all(runs: &[Run]) -> Result<Outcome, Failure> {
    if !present()
        && let Err(reason) = add_nightly(&COMPONENTS)
    {
        return Ok(Outcome::Skipped(format!("Miri is missing: {reason}")));
    }
    for tests in runs {
        let mut passed = None;
        workspace::read_along(command(tests), |line| passed = passed.or(count(line)))?;
        // A name that has changed would leave nothing to run.
        if passed.unwrap_or(0) < tests.only.len().max(1) {
            return Err(format!("of {} too few tests ran: do their names still exist?", tests.package).into());
        }
    }
    Ok(Outcome::Done)
}

fn present() -> bool {
    succeeds(nightly(&["cargo", "miri", "--version"]))
}

fn command(tests: &Run) -> std::process::Command {
    let mut command = nightly(&["cargo", "miri", "test", "--quiet", "-p", tests.package, "--lib", "--"]);
    command.args(tests.only);
    for name in tests.except {
        command.args(["--skip", name]);
    }
    command.env("CARGO_TARGET_DIR", target_folder("miri"));
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    command
}

/// The number of tests that passed, from the last line of a run.
fn count(line: &str) -> Option<usize> {
    let (_, rest) = line.strip_prefix("test result: ")?.split_once(". ")?;
    rest.split_once(" passed")?.0.parse().ok()
}

#[cfg(test)]
#[path = "miri_tests.rs"]
mod tests;
