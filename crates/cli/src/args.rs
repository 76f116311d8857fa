//! The command line.

mod archive;
mod business;
mod capture;
mod content;
mod desk;
mod group;
mod life;
mod privacy;
mod requests;
mod said;
mod telling;

pub(crate) use archive::{Archive, Kept};
pub(crate) use business::{Business, Card, Form};
pub(crate) use capture::{Ability, Captured, Way};
pub(crate) use content::{About, AboutChat, Act, How, What, Wish, reference_kind};
pub(crate) use desk::{Desk, List, Room, Scheduled, Template};
pub(crate) use group::{Group, Switch};
pub(crate) use life::{Life, Sooner, Terms};
pub(crate) use privacy::{Contacts, Decision, Matter, Privacy, Reach, WhoOrList};
pub(crate) use requests::Answer;
pub(crate) use said::{Destination, Of, Said, With, number};
pub(crate) use telling::{Telling, There};

use aside_identity::Handle;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Messages in the clear, encrypted chats and groups beside them.
#[derive(Parser)]
#[command(name = "aside", version, max_term_width = 100, after_help = AFTER_HELP, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// Directory of the profile: one account on one device. Default: aside/default in the user's data directory.
    #[arg(long, global = true, env = "ASIDE_PROFILE", value_name = "DIR")]
    pub(crate) profile: Option<PathBuf>,
    /// Print JSON, one object a line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
A first conversation:
  aside register @alice --relay ws://127.0.0.1:8750
  aside send @bob 'Are you there?'      in the thread, which the relay can read
  aside chat open @bob                  asks to talk end-to-end encrypted
  aside chat send @bob 'Now we are alone.'
  aside inbox
  aside verify @bob                     compares keys, so that no relay can stand between you
  aside group create Friends @bob @carol
  aside group send Friends 'Welcome, @bob!'

About message #12 of the inbox: as here in the thread, which the relay can read; in a chat
`aside chat reply …`, in a group `aside group reply GROUP …`:
  aside reply @bob 12 'Yes.'
  aside react @bob 12 👍                 --remove takes it back
  aside edit @bob 12 'Yes!'
  aside unsend @bob 12
  aside rm @bob 12                      only here; nobody is told
  aside forward @bob 12 --to-chat @carol

More than texts, in all of them; also as an answer:
  aside chat send @bob --file beach.jpg 'Here we are.'
  aside chat send @bob --ref link https://example.org --title 'What is there'

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused: by the relay, by what you have with the
other person, or because it cannot be asked for,
4 the relay cannot be reached or has not taken everything (what was written waits in the outbox),
5 the profile is missing or damaged.";

const GROUP_HELP: &str = "\
GROUP is the name of a group, or the beginning of its id as `aside group list` shows it.";

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Create an account on this device and register its handle at a relay.
    Register {
        /// The handle, for example @alice.
        #[arg(value_parser = handle)]
        handle: Handle,
        /// Address of the relay, for example ws://127.0.0.1:8750.
        #[arg(long, env = "ASIDE_RELAY", value_name = "URL")]
        relay: String,
        /// It is a program that writes. Everybody sees that on each of its messages, for ever.
        #[arg(long)]
        bot: bool,
        /// What surrounds it can do; its certificate says so for ever, and others rely on it. A terminal can do none of it.
        #[arg(long, value_name = "WHAT", value_delimiter = ',')]
        can: Vec<Ability>,
    },
    /// Look a handle up at the relay and show the account behind it.
    Whois {
        /// The handle, for example @bob.
        #[arg(value_parser = handle)]
        handle: Handle,
    },
    /// Compare safety numbers with somebody, so that no relay can stand between you.
    Verify {
        /// With whom, for example @bob.
        #[arg(value_parser = handle)]
        with: Handle,
        /// The number on the other person's screen, or what their QR code says: remembers that it was compared.
        #[arg(long, value_name = "NUMBER", conflicts_with_all = ["undo", "accept_new_key", "keep_old_key"])]
        confirm: Option<String>,
        /// Forget that the numbers were compared.
        #[arg(long, conflicts_with_all = ["accept_new_key", "keep_old_key"])]
        undo: bool,
        /// The handle points to another account now, and that is right: use the new one.
        #[arg(long, conflicts_with = "keep_old_key")]
        accept_new_key: bool,
        /// The handle points to another account now, and that is wrong: keep the old one.
        #[arg(long)]
        keep_old_key: bool,
    },
    /// Write in the plaintext thread with somebody. The relay can read it.
    Send {
        /// To whom, for example @bob.
        #[arg(value_parser = handle)]
        to: Handle,
        #[command(flatten)]
        what: Box<What>,
        #[command(flatten)]
        how: How,
    },
    #[command(flatten)]
    Said(Said<With>),
    #[command(flatten)]
    About(About),
    #[command(flatten)]
    Business(Business<With>),
    #[command(flatten)]
    Desk(Desk),
    /// Talk end-to-end encrypted.
    #[command(subcommand, arg_required_else_help = true)]
    Chat(Chat),
    /// Talk end-to-end encrypted with several people.
    #[command(subcommand, arg_required_else_help = true, after_help = GROUP_HELP)]
    Group(Group),
    #[command(flatten)]
    Decision(Decision),
    #[command(flatten)]
    Telling(Telling),
    /// Show who asks for something, and what they wrote; answer them.
    Requests {
        #[command(subcommand)]
        answer: Option<Answer>,
    },
    /// Fetch new messages and show them.
    Inbox {
        /// Show old messages too.
        #[arg(long)]
        all: bool,
        /// At most so many of each conversation: of new ones the first, and the others stay new; with --all the last.
        #[arg(long, value_name = "COUNT")]
        limit: Option<usize>,
        /// Only those before this number, as the inbox shows it.
        #[arg(long, value_name = "N", requires = "all", value_parser = said::number)]
        before: Option<u64>,
    },
    #[command(flatten)]
    Kept(Kept),
    /// Tell those who wrote them that messages on your screen were captured, as an app does that the system tells. Nothing is
    /// captured by it.
    Capture(Captured),
    /// Show what the relay has not accepted yet.
    Outbox {
        /// Try to send it now.
        #[arg(long)]
        retry: bool,
    },
    /// Stay connected and show messages as they come; Ctrl-C ends it.
    Listen {
        /// End after this many things have happened.
        #[arg(long, value_name = "N")]
        count: Option<usize>,
    },
    /// A relay, Alice, Bob and Carol on this machine: what each of them sees.
    Demo,
}

/// What to do with an encrypted chat.
#[derive(Subcommand)]
pub(crate) enum Chat {
    /// Ask somebody to talk encrypted.
    Open {
        /// Whom, for example @bob.
        #[arg(value_parser = handle)]
        with: Handle,
    },
    /// Accept somebody's request to talk encrypted.
    Accept {
        /// Whose, for example @alice.
        #[arg(value_parser = handle)]
        from: Handle,
    },
    /// Say nothing in the clear to somebody any more, and hear nothing in the clear from them; for good.
    Only {
        /// With whom, for example @bob.
        #[arg(value_parser = handle)]
        with: Handle,
    },
    /// Delete somebody's request to talk encrypted, with what they wrote there.
    Decline {
        /// Whose, for example @alice.
        #[arg(value_parser = handle)]
        from: Handle,
        /// Tell them. Otherwise they learn nothing.
        #[arg(long)]
        tell: bool,
    },
    /// End the encrypted chat with somebody, for good. They are told.
    Close {
        /// With whom, for example @bob.
        #[arg(value_parser = handle)]
        with: Handle,
    },
    /// Write in the encrypted chat with somebody. There is no fallback to plaintext.
    Send {
        /// To whom, for example @bob.
        #[arg(value_parser = handle)]
        to: Handle,
        #[command(flatten)]
        what: Box<What>,
        #[command(flatten)]
        how: How,
    },
    #[command(flatten)]
    Said(Said<With>),
    #[command(flatten)]
    About(AboutChat),
    #[command(flatten)]
    Life(Life<With>),
    #[command(flatten)]
    Business(Business<With>),
}

fn handle(text: &str) -> Result<Handle, String> {
    text.parse().map_err(|_| {
        "a handle has 2 to 32 of a-z, 0-9, underscore and dot, and starts with a letter".to_owned()
    })
}
