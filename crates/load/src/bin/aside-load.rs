//! Measures a relay.

use aside_load::{
    Failure,
    ground::Grounds,
    machine,
    program::Start,
    scenario::SCENARIOS,
    stand::{Stand, Target},
    workload::{self, Workload},
};
use clap::Parser;
use serde_json::json;
use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

/// Let many clients use a relay at once, and say how fast it is.
///
/// Prints rates, latencies, memory and processor time, as ratios to the bare store and to one fsync in the same run, and whether
/// the targets are met. Without --url it starts a relay of its own on an empty folder for each scenario.
#[derive(Parser)]
#[command(name = "aside-load", version, after_help = after_help())]
struct Arguments {
    /// Only this scenario, or several with commas between
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,

    /// A relay that runs already, like ws://127.0.0.1:8750/v1/connect; what needs one of our own is left out
    #[arg(long, value_name = "URL")]
    url: Option<String>,

    /// The relay's program; without it the one beside this one
    #[arg(long, value_name = "FILE")]
    relay: Option<PathBuf>,

    /// Another argument for the relay's program; may be given several times
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    with: Vec<String>,

    /// Cores that the relay may use, like 0 or 0,1; needs taskset
    #[arg(long, value_name = "CORES")]
    cores: Option<String>,

    /// Folder for the relays' folders; the disk under it is what is measured
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,

    /// Where relays store: sqlite, or a PostgreSQL database like postgres://USER@HOST/postgres, beside which others are made and
    /// dropped. With `cargo xtask load` also postgres alone, for a server that lives as long as it is measured
    #[arg(long, value_name = "STORE", default_value = "sqlite")]
    store: String,

    /// Seconds that are sent
    #[arg(long, value_name = "SECONDS", default_value_t = workload::SENDING.as_secs())]
    seconds: u64,

    /// Senders at a time
    #[arg(long, value_name = "NUMBER", default_value_t = workload::SENDERS)]
    senders: usize,

    /// Of a hundred messages, so many are encrypted
    #[arg(long, value_name = "PERCENT", default_value_t = workload::ENCRYPTED, value_parser = clap::value_parser!(u32).range(..=100))]
    encrypted: u32,

    /// Idle connections
    #[arg(long, value_name = "NUMBER", default_value_t = workload::IDLE)]
    idle: usize,

    /// Stored messages of the large database
    #[arg(long, value_name = "NUMBER", default_value_t = workload::STORED)]
    stored: usize,

    /// A little of everything: whether it works, not how fast it is
    #[arg(long)]
    smoke: bool,

    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

fn after_help() -> String {
    let names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
    format!("Scenarios: {}.\n\nExit codes: 0 all targets met, 1 not all, 2 not measured.", names.join(", "))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            // Nothing can be done if even this cannot be written.
            let _ = writeln!(io::stderr(), "aside-load: {failure}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments) -> Result<bool, Failure> {
    let stand = stand(&arguments)?;
    if let Some(unknown) =
        arguments.only.iter().find(|name| SCENARIOS.iter().all(|known| known.name != **name))
    {
        return Err(format!("there is no scenario {unknown}. {}", after_help()).into());
    }
    let chosen = SCENARIOS.iter().filter(|scenario| {
        (arguments.only.is_empty() || arguments.only.iter().any(|name| name == scenario.name))
            && (arguments.url.is_none() || !scenario.needs_own)
    });
    let mut out = io::stdout();
    if !arguments.json {
        writeln!(out, "{}\n", machine::describe())?;
    }
    let mut reports = Vec::new();
    for scenario in chosen {
        let report =
            (scenario.run)(&stand).await.map_err(|failure| format!("{}: {failure}", scenario.name))?;
        if !arguments.json {
            writeln!(out, "{report}")?;
        }
        reports.push(report);
    }
    let met = arguments.smoke || reports.iter().all(|report| report.is_met());
    if arguments.json {
        let scenarios: Vec<_> = reports.iter().map(|report| report.to_json()).collect();
        writeln!(out, "{:#}", json!({ "machine": machine::describe(), "met": met, "scenarios": scenarios }))?;
    }
    Ok(met)
}

fn stand(arguments: &Arguments) -> Result<Stand, Failure> {
    let target = match &arguments.url {
        Some(url) => Target::At(url.clone()),
        None => Target::Own(Start {
            program: match &arguments.relay {
                Some(program) => program.clone(),
                None => std::env::current_exe()?.with_file_name("aside-relay"),
            },
            arguments: arguments.with.clone(),
            cores: arguments.cores.clone(),
        }),
    };
    let workload = match arguments.smoke {
        true => Workload::smoke(),
        false => Workload {
            senders: arguments.senders.max(1),
            encrypted: arguments.encrypted,
            sending: Duration::from_secs(arguments.seconds),
            idle: arguments.idle,
            stored: arguments.stored,
            ..Workload::default()
        },
    };
    let server = match arguments.store.as_str() {
        "sqlite" => None,
        url if url.contains("://") => Some(url.to_owned()),
        other => return Err(format!("{other} is no store: sqlite, or postgres://USER@HOST/postgres").into()),
    };
    Ok(Stand { target, workload, grounds: Grounds { folder: arguments.folder.clone(), server } })
}
