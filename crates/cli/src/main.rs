//! `aside`: threads, encrypted chats and groups from a terminal.

mod args;
mod asked;
mod commands;
mod content;
mod failure;
mod json;
mod life;
mod mention;
mod name;
mod profile;
mod seen;
mod show;

use args::{About, Arguments, Command, Decision};
use clap::Parser;
use commands::said::Kind;
use failure::Failure;
use std::{alloc::System, path::Path, process::ExitCode};
use zeroizing_alloc::ZeroAlloc;

/// Memory is wiped when it is given back, so that what was read and erased does not lie around in a process that runs on (EXP-48).
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("aside: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_silent() {
                eprintln!("aside: {}", show::safe(&failure.to_string()));
            }
            failure.exit_code()
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { profile, json, command } = arguments;
    let directory = || profile::directory(profile.as_deref());
    match command {
        Command::Demo => commands::demo::run().await,
        Command::Register { handle, relay, bot, can } => {
            commands::register::run(&directory()?, &handle, &relay, (bot, &can)).await
        }
        Command::Whois { handle } => commands::whois::run(&directory()?, &handle, json).await,
        Command::Verify { with, confirm, undo, accept_new_key, keep_old_key } => {
            let wish = commands::verify::Wish::of(confirm.as_deref(), undo, accept_new_key, keep_old_key);
            commands::verify::run(&directory()?, &with, wish, json).await
        }
        Command::Send { to, what, how } => {
            commands::send::run(&directory()?, Kind::Thread, &to, (&what, how), json).await
        }
        Command::Said(said) => commands::said::run(&directory()?, Kind::Thread, &said, json).await,
        Command::Business(business) => {
            commands::business::run(&directory()?, Kind::Thread, &business, json).await
        }
        Command::Desk(desk) => commands::desk::run(&directory()?, &desk, json).await,
        Command::About(About::Limits) => commands::limits::run(json),
        Command::About(About::Restored) => commands::restored::run(&directory()?).await,
        Command::About(About::Devices { who }) => {
            commands::devices::run(&directory()?, who.as_ref(), json).await
        }
        Command::Decision(decision) => decide(&directory()?, &decision, json).await,
        Command::Telling(telling) => commands::telling::run(&directory()?, &telling, json).await,
        Command::Chat(chat) => commands::chat::run(&directory()?, &chat, json).await,
        Command::Group(group) => commands::group::run(&directory()?, &group, json).await,
        Command::Requests { answer } => commands::requests::run(&directory()?, answer.as_ref(), json).await,
        Command::Inbox { all, limit, before } => {
            let wanted = commands::inbox::Wanted { all, limit, before };
            commands::inbox::run(&directory()?, wanted, json).await
        }
        Command::Kept(kept) => commands::archive::run(&directory()?, &kept, json),
        Command::Capture(captured) => commands::capture::run(&directory()?, &captured, json).await,
        Command::Outbox { retry } => commands::outbox::run(&directory()?, retry, json).await,
        Command::Listen { count } => commands::listen::run(&directory()?, count, json).await,
    }
}

/// What somebody decides about others.
async fn decide(directory: &Path, decision: &Decision, json: bool) -> Result<(), Failure> {
    use commands::{privacy, relation};
    match decision {
        Decision::Block(whom) => relation::block(directory, whom, json).await,
        Decision::Unblock { who } => relation::set_blocked(directory, who, false, json).await,
        Decision::Mute(whom) => relation::mute(directory, whom, json).await,
        Decision::Unmute { who } => relation::set_muted(directory, who, false, json).await,
        Decision::Contacts(contacts) => privacy::contacts(directory, contacts, json).await,
        Decision::Privacy { decide } => privacy::run(directory, decide.as_ref(), json).await,
    }
}
