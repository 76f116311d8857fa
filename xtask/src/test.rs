//! Everything CI checks, in order, up to the first failure.

use crate::{
    Failure, back_ends,
    counts::Counts,
    deny, fuzz, gen_proto, gen_vectors, handed_out, interop, layers, miri, mutants, no_std, postgres,
    proto_lint, spec_lint,
    step::{self, Outcome, Reported},
    tools,
    workspace::{self, cargo},
};
use std::{process::Command, time::Duration};

/// One check.
struct Check {
    name: &'static str,
    about: &'static str,
    remedy: &'static str,
    run: fn(&mut Option<Counts>) -> Result<Outcome, Failure>,
}

const CHECKS: &[Check] = &[
    Check {
        name: "tools",
        about: "the cargo subcommands used below are installed",
        remedy: "install what is named above",
        run: |_| tools::check(),
    },
    Check {
        name: "fmt",
        about: "the code is formatted",
        remedy: "run `cargo fmt --all`",
        run: |_| quiet(&["fmt", "--all", "--check"]),
    },
    Check {
        name: "gen-proto",
        about: "the committed Rust is that of proto/",
        remedy: gen_proto::REMEDY,
        run: |_| gen_proto::check(),
    },
    Check {
        name: "proto-lint",
        about: "proto/ has one encoding, comments and limits",
        remedy: proto_lint::REMEDY,
        run: |_| proto_lint::check(),
    },
    Check {
        name: "clippy",
        about: "no warning in any target",
        remedy: "mend what is named above; `cargo clippy --workspace --all-targets` repeats this check",
        run: |_| quiet(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    },
    Check {
        name: "layers",
        about: "each crate links only what its layer may",
        remedy: "`cargo xtask layers` repeats this check",
        run: |_| layers::check(),
    },
    Check {
        name: "deny",
        about: "every dependency may be used",
        remedy: deny::REMEDY,
        run: |_| deny::check(),
    },
    Check {
        name: "spec-lint",
        about: "spec/ agrees with the code, proto/ and itself",
        remedy: spec_lint::REMEDY,
        run: |_| spec_lint::check(),
    },
    Check {
        name: "gen-vectors",
        about: "the committed test vectors are those of the code",
        remedy: gen_vectors::REMEDY,
        run: |_| gen_vectors::check(),
    },
    Check {
        name: "tests",
        about: "unit and integration tests",
        remedy: "`cargo nextest run -p <crate> <part of a test's name>` repeats one test",
        run: |counts| counted(&["nextest", "run", "--workspace"], Counts::of_nextest, counts),
    },
    Check {
        name: "back-ends",
        about: "the same tests and vectors with the second back end",
        remedy: back_ends::REMEDY,
        run: back_ends::check,
    },
    Check {
        name: "postgres",
        about: "the tests of the relay with PostgreSQL",
        remedy: postgres::REMEDY,
        run: postgres::check,
    },
    Check {
        name: "interop",
        about: "the implementations of interop/ pass the vectors, and talk to that of this workspace",
        remedy: interop::REMEDY,
        run: |_| interop::check(),
    },
    Check {
        name: "mutants",
        about: "the tests of primitives and session notice changes to the files that have changed",
        remedy: mutants::REMEDY,
        run: |_| mutants::check(),
    },
    Check {
        name: "unproven",
        about: "the lists of what no test vector notices are about this code",
        remedy: mutants::UNPROVEN_REMEDY,
        run: |_| mutants::check_lists(),
    },
    Check {
        name: "miri",
        about: "the state machines and what they stand on, interpreted",
        remedy: miri::REMEDY,
        run: |_| miri::check(),
    },
    Check {
        name: "handed-out",
        about: "the program people get lacks what only tests may do",
        remedy: handed_out::REMEDY,
        run: |_| handed_out::check(),
    },
    Check {
        name: "fuzz",
        about: "the fuzz targets on their seeds and a fixed sequence of mutations",
        remedy: fuzz::REMEDY,
        run: |_| fuzz::check(),
    },
    Check {
        name: "doc tests",
        about: "the examples in the documentation",
        remedy: "`cargo test --doc -p <crate>` repeats those of one crate",
        run: |counts| counted(&["test", "--doc", "--workspace"], Counts::of_libtest, counts),
    },
    Check {
        name: "doc",
        about: "the documentation builds without a warning",
        remedy: "mend what is named above; `cargo doc --workspace --no-deps` repeats this check",
        run: |_| doc(),
    },
    Check {
        name: "no-std",
        about: "the protocol crates build without the standard library",
        remedy: "the crates named are `#![no_std]` with `alloc`; `cargo xtask no-std` repeats this check",
        run: |_| no_std::check(),
    },
];

/// The task.
pub(crate) fn run(_options: &[&str]) -> Result<(), Failure> {
    let mut counts = None;
    let mut times = Vec::new();
    let mut failed = false;
    for check in CHECKS {
        let (result, time) = step::timed(check.name, check.about, || (check.run)(&mut counts));
        times.push((check.name, word(&result), time));
        if let Err(error) = result {
            println!("failed: {}: {error}\nremedy: {}\n", check.name, check.remedy);
            failed = true;
            break;
        }
    }
    print(&times);
    // The last line, for people and programs that look there; absent if no test was reached.
    if let Some(counts) = counts {
        println!("{counts}");
    }
    if failed { Err(Reported.into()) } else { Ok(()) }
}

fn word(result: &Result<Outcome, Failure>) -> &'static str {
    match result {
        Ok(Outcome::Done) => "ok",
        Ok(Outcome::Skipped(_)) => "skipped",
        Err(_) => "FAILED",
    }
}

fn print(times: &[(&str, &str, Duration)]) {
    println!("{:<12} {:<8} {:>8}", "step", "result", "seconds");
    for (name, word, time) in times {
        println!("{name:<12} {word:<8} {:>8.1}", time.as_secs_f64());
    }
    let sum: Duration = times.iter().map(|(_, _, time)| *time).sum();
    println!("{:<12} {:<8} {:>8.1}\n", "all", "", sum.as_secs_f64());
}

fn quiet(arguments: &[&str]) -> Result<Outcome, Failure> {
    workspace::run(cargo(arguments))?;
    Ok(Outcome::Done)
}

fn doc() -> Result<Outcome, Failure> {
    let mut command = cargo(&["doc", "--workspace", "--no-deps"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    workspace::run(command)?;
    Ok(Outcome::Done)
}

/// Runs tests and adds what their summary lines say. A run without a summary has shown nothing.
pub(crate) fn counted(
    arguments: &[&str],
    of_line: fn(&str) -> Option<Counts>,
    counts: &mut Option<Counts>,
) -> Result<Outcome, Failure> {
    counted_of(cargo(arguments), of_line, counts)
}

/// The same of a command that is more than its arguments.
pub(crate) fn counted_of(
    command: Command,
    of_line: fn(&str) -> Option<Counts>,
    counts: &mut Option<Counts>,
) -> Result<Outcome, Failure> {
    let mut seen = false;
    let result = workspace::read_along(command, |line| {
        if let Some(more) = of_line(line) {
            *counts.get_or_insert_default() += more;
            seen = true;
        }
    });
    result?;
    if seen { Ok(Outcome::Done) } else { Err("no summary line in the output of the test runner".into()) }
}
