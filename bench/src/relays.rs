//! Relays under one workload: ours, and servers that others run to deliver to whoever is away.

mod figures;
mod install;
mod mosquitto;
mod nats;
mod ours;
mod rabbitmq;
mod server;
mod workload;

use futures_util::future::BoxFuture;
use std::{path::Path, process::ExitCode};
use workload::{Loss, Relay, Round};

/// What went wrong, for whoever reads the terminal.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What the others are compared with.
const OURS: &str = "Aside";
const ROUNDS: usize = 5;
/// A multiple of senders and of recipients.
const MESSAGES: u64 = 12_800;
const USAGE: &str = "usage: aside-bench relays [--rounds N] [--messages N] [--only NAME]";

struct Options {
    rounds: usize,
    messages: u64,
    only: String,
}

/// The task.
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> ExitCode {
    let Some(options) = options(arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let done = tokio::runtime::Runtime::new()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(until_interrupted(measure(&options))));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("aside-bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
    let mut options = Options { rounds: ROUNDS, messages: MESSAGES, only: String::new() };
    while let Some(option) = arguments.next() {
        match option.as_str() {
            "--rounds" => options.rounds = arguments.next()?.parse().ok().filter(|rounds| *rounds > 0)?,
            "--messages" => {
                let fits = |messages: &u64| *messages > 0 && messages.is_multiple_of(workload::STEP);
                options.messages = arguments.next()?.parse().ok().filter(fits)?;
            }
            "--only" => options.only = arguments.next()?,
            _ => return None,
        }
    }
    Some(options)
}

/// So that servers and folders go then, too.
async fn until_interrupted(task: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::select! {
        done = task => done,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    }
}

async fn measure(options: &Options) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let sync = figures::sync(folder.path())?;
    let ours = Contender::start(OURS, ours::Ours::start(folder.path()).await?).await?;
    let mut contenders = vec![ours];
    for (name, start) in PEERS.into_iter().filter(|(name, _)| name.contains(&options.only)) {
        match start(folder.path()).await {
            Ok(peer) => contenders.push(peer),
            Err(failure) => println!("{name} is left out: {failure}.\n"),
        }
    }
    // Beside each other, so that a round compares what the machine was to all of them.
    let mut next = 0;
    for _ in 0..options.rounds {
        for contender in &mut contenders {
            match contender.relay.round(next..next + options.messages).await {
                Ok(round) => contender.rounds.push(round),
                Err(failure) => contender.give_up(failure),
            }
        }
        contenders.retain(|contender| !contender.rounds.is_empty());
        next += options.messages;
    }
    for contender in &mut contenders {
        match contender.relay.killed(next, options.messages / 2).await {
            Ok(loss) => contender.loss = loss,
            Err(failure) => contender.give_up(failure),
        }
    }
    contenders.retain(|contender| !contender.rounds.is_empty());
    figures::print(&contenders, sync, options);
    Ok(())
}

/// A relay with its figures.
struct Contender {
    name: &'static str,
    relay: Box<dyn Measured>,
    rounds: Vec<Round>,
    loss: Loss,
}

impl Contender {
    async fn start<R: Relay>(name: &'static str, mut relay: R) -> Result<Self, Failure> {
        relay.prepare().await?;
        Ok(Self { name, relay: Box::new(relay), rounds: Vec::new(), loss: Loss::default() })
    }

    /// Half a measurement is none.
    fn give_up(&mut self, failure: Failure) {
        println!("{} is left out: {failure}.\n", self.name);
        self.rounds.clear();
    }
}

type Start = for<'a> fn(&'a Path) -> BoxFuture<'a, Result<Contender, Failure>>;

const PEERS: [(&str, Start); 4] = [
    ("Aside on PostgreSQL", |folder| {
        Box::pin(async move {
            Contender::start("Aside on PostgreSQL", ours::Ours::start_on_postgres(folder).await?).await
        })
    }),
    ("mosquitto", |folder| {
        Box::pin(
            async move { Contender::start("mosquitto", mosquitto::Mosquitto::start(folder).await?).await },
        )
    }),
    ("NATS JetStream", |folder| {
        Box::pin(async move { Contender::start("NATS JetStream", nats::Nats::start(folder).await?).await })
    }),
    ("RabbitMQ", |folder| {
        Box::pin(async move { Contender::start("RabbitMQ", rabbitmq::RabbitMq::start(folder).await?).await })
    }),
];

/// A relay of any kind.
trait Measured {
    fn version(&self) -> &str;
    fn promise(&self) -> &'static str;
    fn round(&self, numbers: std::ops::Range<u64>) -> BoxFuture<'_, Result<Round, Failure>>;
    fn killed(&mut self, first: u64, accepted: u64) -> BoxFuture<'_, Result<Loss, Failure>>;
}

impl<R: Relay> Measured for R {
    fn version(&self) -> &str {
        Relay::version(self)
    }

    fn promise(&self) -> &'static str {
        Relay::promise(self)
    }

    fn round(&self, numbers: std::ops::Range<u64>) -> BoxFuture<'_, Result<Round, Failure>> {
        Box::pin(workload::round(self, numbers))
    }

    fn killed(&mut self, first: u64, accepted: u64) -> BoxFuture<'_, Result<Loss, Failure>> {
        Box::pin(workload::killed(self, first, accepted))
    }
}
