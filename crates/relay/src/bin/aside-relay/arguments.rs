//! What was asked for on the command line, and how it goes together with environment and file.

use crate::output::complain;
use aside_identity::Handle;
use aside_relay::{
    settings::{Origin, SETTINGS, Setting, Settings},
    store::Capacity,
};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, Subcommand, parser::ValueSource};
use std::{path::PathBuf, process::ExitCode};

/// Everything the program was told.
pub(crate) struct Arguments {
    pub(crate) settings: Settings,
    pub(crate) action: Action,
    pub(crate) json: bool,
    pub(crate) file: Option<PathBuf>,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Action {
    /// Serve until SIGINT or SIGTERM; so does no command
    Run,
    /// Print what is set, where, and what each setting is
    Config,
    /// Look at configuration, files, disk, clock, port and certificate, and say what to do
    Doctor,
    /// Check, back up, restore, count or shrink the database
    #[command(subcommand, name = "db")]
    Database(DatabaseAction),
    /// Show, suspend or release an account, or change what its mailboxes may hold
    #[command(subcommand)]
    Account(AccountAction),
}

#[derive(Subcommand)]
pub(crate) enum DatabaseAction {
    /// Look at every page of it
    Check,
    /// Copy it to a file that is not there yet, and check the copy; the relay may go on meanwhile
    Backup {
        /// The copy
        file: PathBuf,
    },
    /// Put a backup in its place; the relay must be stopped
    Restore {
        /// The backup
        file: PathBuf,
        /// Replace a database that is there; it is kept as relay.db.old
        #[arg(long)]
        replace: bool,
    },
    /// Count what is in it
    Stats,
    /// Give free space back to the file system
    Vacuum,
}

#[derive(Subcommand)]
pub(crate) enum AccountAction {
    /// What the relay has of an account: no contents, nobody it writes to
    Show(Named),
    /// Let it do nothing any more; others notice nothing, and its mail waits
    Suspend(Named),
    /// Let it go on
    Unsuspend(Named),
    /// Close it, and keep its handle from everybody for a time
    Release {
        #[command(flatten)]
        named: Named,
        /// Days until somebody else can register the handle
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=3650))]
        days: u64,
        /// Take the release back, as long as the handle is not free
        #[arg(long, conflicts_with = "days")]
        undo: bool,
    },
    /// Change what each of its mailboxes may hold
    Capacity {
        #[command(flatten)]
        named: Named,
        /// Messages
        #[arg(long, requires = "bytes", required_unless_present = "default")]
        messages: Option<u64>,
        /// Bytes of envelopes
        #[arg(long, requires = "messages")]
        bytes: Option<u64>,
        /// What all others may hold
        #[arg(long, conflicts_with_all = ["messages", "bytes"])]
        default: bool,
    },
}

#[derive(Args)]
pub(crate) struct Named {
    /// Its handle, like @alice
    pub(crate) handle: Handle,
}

/// The capacity that two numbers make; the parser lets one come only with the other.
pub(crate) fn capacity(messages: Option<u64>, bytes: Option<u64>) -> Option<Capacity> {
    messages.zip(bytes).map(|(messages, bytes)| Capacity { messages, bytes })
}

const ABOUT: &str = "Store and forward encrypted messages for people who are not online at the same time.

A relay needs one directory and one port. It stores handles, public keys and queues of envelopes; what is sent in an
encrypted chat it cannot read. Give it a certificate, put a proxy with TLS before it, or use it on this machine only.";

const AFTER_HELP: &str = "\
Prints `listening on ws://ADDRESS/v1/connect` and the relay's public key once it accepts connections.
http://ADDRESS/health answers 200 while the store works, /ready while it also takes connections. SIGINT or SIGTERM
ends it: what was accepted is answered first. SIGHUP reads the certificate again.

Flags count more than the environment, and that more than the file of --config. There are more settings than the flags
above, each with a flag and a variable: `aside-relay config` lists them.

Exit codes: 0 stopped as asked, 1 could not start or not do it (the message says why and what to do), 2 wrong arguments
or configuration.";

/// Reads everything, or says why not and gives the exit code.
pub(crate) fn read() -> Result<Arguments, ExitCode> {
    let matches = command().get_matches();
    let file = matches.get_one::<PathBuf>("config").cloned();
    let action = matches.subcommand_name().map_or(Ok(Action::Run), |_| Action::from_arg_matches(&matches));
    let action = action.map_err(|error| {
        complain(&error.to_string());
        ExitCode::from(2)
    })?;
    let settings = Settings::read(file.as_deref(), given(&matches)).map_err(|error| {
        complain(&error.to_string());
        ExitCode::from(2)
    })?;
    Ok(Arguments { settings, action, json: matches.get_flag("json"), file })
}

fn command() -> Command {
    let config = Arg::new("config")
        .long("config")
        .env("ASIDE_RELAY_CONFIG")
        .value_name("FILE")
        .value_parser(clap::value_parser!(PathBuf))
        .global(true)
        .help("Configuration file (TOML)");
    let json = Arg::new("json")
        .long("json")
        .action(ArgAction::SetTrue)
        .global(true)
        .help("Answer with JSON, for programs; not of `run`");
    let command = Command::new("aside-relay")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT.lines().next().unwrap_or_default())
        .long_about(ABOUT)
        .after_help(AFTER_HELP)
        .arg(config)
        .arg(json)
        .args(flags());
    Action::augment_subcommands(command).subcommand_required(false)
}

/// A flag for each setting.
fn flags() -> impl Iterator<Item = Arg> {
    let defaults: Vec<_> = Settings::default().shown().map(|(_, value, _)| value).collect();
    SETTINGS.iter().zip(defaults).map(|(setting, default)| {
        let help = match default {
            Some(default) => format!("{} [default: {default}]", setting.about),
            None => setting.about.to_owned(),
        };
        Arg::new(setting.key)
            .long(setting.flag())
            .env(setting.variable())
            .hide_env_values(true)
            .value_name(setting.value_name)
            .help(help)
            .hide(!setting.is_common)
            .global(true)
    })
}

/// What was set by flags and variables.
fn given(matches: &ArgMatches) -> impl Iterator<Item = (&str, &str, Origin)> {
    let matches = innermost(matches);
    SETTINGS.iter().map(|setting: &Setting| setting.key).filter_map(move |key| {
        let origin = match matches.value_source(key) {
            Some(ValueSource::CommandLine) => Origin::Flag,
            Some(ValueSource::EnvVariable) => Origin::Environment,
            _ => return None,
        };
        matches.get_one::<String>(key).map(|value| (key, value.as_str(), origin))
    })
}

/// Flags that may stand anywhere are found with the last command.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, inner)| innermost(inner))
}
