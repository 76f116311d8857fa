//! Tasks of the project: `cargo xtask <task>`.
//!
//! A task is one file with a `run` function and one line in [`TASKS`].

mod back_ends;
mod bench;
mod counts;
mod deny;
mod fuzz;
mod gen_proto;
mod gen_vectors;
mod handed_out;
mod interop;
mod layers;
mod load;
mod miri;
mod mutants;
mod no_std;
mod postgres;
mod proto_lint;
mod prove;
mod scratch;
mod spec_lint;
mod step;
mod test;
mod toolchain;
mod tools;
mod workspace;

use std::process::ExitCode;

/// The error of a task, for a person to read.
type Failure = Box<dyn std::error::Error>;

/// What can be asked for.
struct Task {
    name: &'static str,
    /// The options it takes, as the usage text shows them.
    options: &'static str,
    about: &'static str,
    run: fn(&[&str]) -> Result<(), Failure>,
}

/// In the order a newcomer needs them.
const TASKS: &[Task] = &[
    Task { name: "test", options: "", about: "run everything CI checks, in order", run: test::run },
    Task {
        name: "gen-proto",
        options: "[--check]",
        about: "write the Rust of proto/, or check what is committed",
        run: gen_proto::run,
    },
    Task {
        name: "gen-vectors",
        options: "[--check] [--shows-more]",
        about: "write test-vectors/, or check what is committed",
        run: gen_vectors::run,
    },
    Task {
        name: "proto-lint",
        options: "",
        about: "check proto/ for one encoding, comments and limits",
        run: proto_lint::run,
    },
    Task {
        name: "spec-lint",
        options: "",
        about: "check spec/ against the code, proto/ and itself",
        run: spec_lint::run,
    },
    Task {
        name: "back-ends",
        options: "",
        about: "run the tests of the protocol crates with the second back end",
        run: back_ends::run,
    },
    Task {
        name: "postgres",
        options: "[NAME]",
        about: "run the tests of the relay, or those with a name, with a PostgreSQL server of their own",
        run: postgres::run,
    },
    Task {
        name: "prove",
        options: "[--rounds N] [--only NAME]",
        about: "kill relays, databases and leaders under load, in a release build, and look for what was lost",
        run: prove::run,
    },
    Task {
        name: "interop",
        options: "[--only NAME]",
        about: "score rust, python and typescript with the conformance runner, and let them talk to each other",
        run: interop::run,
    },
    Task {
        name: "fuzz",
        options: "[TARGET] [--seconds N] [--aws-lc]",
        about: "look for inputs that break a promise, with libFuzzer if there is a nightly compiler",
        run: fuzz::run,
    },
    Task {
        name: "mutants",
        options: "[PACKAGE] [--shard K/N] [--changed] [--vectors] [--listed]",
        about: "change the code of the primitives and the session, and see whether their tests notice",
        run: mutants::run,
    },
    Task {
        name: "miri",
        options: "",
        about: "interpret the state machines and what they stand on, looking for undefined behaviour",
        run: miri::run,
    },
    Task {
        name: "bench",
        options: "[--rounds N] [--only NAME] [--filled] [--aws-lc]",
        about: "measure sessions and groups beside the bare primitives and peers",
        run: bench::run,
    },
    Task {
        name: "load",
        options: "[--only NAME] [--url URL] [--with ARGUMENT] [--cores CORES] [--folder DIR] [--store STORE] [--seconds N] [--senders N] \
                  [--encrypted PERCENT] [--idle N] [--stored N] [--smoke] [--json]",
        about: "let many clients use a relay at once, and say how fast it is beside its bare store",
        run: load::run,
    },
    Task {
        name: "deny",
        options: "",
        about: "check licences, bans and sources of the dependencies",
        run: deny::run,
    },
    Task {
        name: "handed-out",
        options: "",
        about: "check that the program people get lacks what only tests may do",
        run: handed_out::run,
    },
    Task { name: "layers", options: "", about: "check which crate links which", run: layers::run },
    Task {
        name: "no-std",
        options: "",
        about: "build the protocol crates for the targets without std",
        run: no_std::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is::<step::Reported>() {
                eprintln!("xtask: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[&str]) -> Result<(), Failure> {
    let Some((&name, options)) = arguments.split_first() else {
        return Err(usage().into());
    };
    if matches!(name, "help" | "-h" | "--help") {
        println!("{}", usage());
        return Ok(());
    }
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        return Err(format!("there is no task `{name}`\n{}", usage()).into());
    };
    if let Some(unknown) = unknown(task.options, options) {
        return Err(format!("`{name}` takes no `{unknown}`\n{}", usage()).into());
    }
    (task.run)(options)
}

/// The first word that the usage text does not announce, as `[--option]`, `[--option VALUE]` or `[NAME]`.
fn unknown<'a>(announced: &str, given: &[&'a str]) -> Option<&'a str> {
    let mut given = given.iter();
    let mut name = announced.starts_with('[') && !announced.starts_with("[-");
    while let Some(&word) = given.next() {
        if announced.contains(&format!("[{word} ")) {
            given.next();
        } else if name && !word.starts_with('-') {
            name = false;
        } else if !announced.contains(&format!("[{word}]")) {
            return Some(word);
        }
    }
    None
}

fn usage() -> String {
    let mut text = String::from("usage: cargo xtask <task>\n");
    for task in TASKS {
        let call = format!("{} {}", task.name, task.options);
        text.push_str(&format!("\n  {call:<28} {}", task.about));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_announced_options_are_taken() {
        let announced = "[TARGET] [--seconds N] [--check]";
        let calls: [&[&str]; 4] =
            [&[], &["packet"], &["packet", "--seconds", "5"], &["--seconds", "5", "packet"]];
        for given in calls {
            assert_eq!(unknown(announced, given), None);
        }
        assert_eq!(unknown(announced, &["--check"]), None);
        assert_eq!(unknown(announced, &["packet", "identity"]), Some("identity"));
        assert_eq!(unknown(announced, &["--second", "5"]), Some("--second"));
        assert_eq!(unknown("[--check]", &["packet"]), Some("packet"));
        assert_eq!(unknown("", &["--check"]), Some("--check"));
    }
}
