//! The arguments of forms, cards and handovers: the same in threads, chats and, but for handovers, groups.

use super::said::number;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What businesses and the people who write to them do.
#[derive(Subcommand)]
pub(crate) enum Business<P: Args> {
    /// Ask with a form, or answer one.
    #[command(subcommand, arg_required_else_help = true)]
    Form(Form<P>),
    /// Show an order, a parcel or a payment, or choose on such a card.
    #[command(subcommand, arg_required_else_help = true)]
    Card(Card<P>),
    /// Say that from here on a person answers, or a program.
    Handover {
        #[command(flatten)]
        place: P,
        /// A person answers.
        #[arg(long, required_unless_present = "to_bot", conflicts_with = "to_bot")]
        to_person: bool,
        /// A program answers.
        #[arg(long)]
        to_bot: bool,
        /// What there is to say about it.
        note: Option<String>,
    },
}

/// What to do with a form.
#[derive(Subcommand)]
pub(crate) enum Form<P: Args> {
    /// Send the form in a file.
    Send {
        #[command(flatten)]
        place: P,
        /// JSON: {"title", "fields": [{"id", "label", "kind": "text", "choice" or "button", "options", "required"}]}.
        file: PathBuf,
    },
    /// Answer a form that somebody has sent.
    Answer {
        #[command(flatten)]
        place: P,
        /// Its number, as the inbox shows it: 12 or #12.
        #[arg(value_name = "N", value_parser = number)]
        number: u64,
        /// The answers, one for a question; nothing after = presses a button.
        #[arg(value_name = "QUESTION=ANSWER", required = true)]
        answers: Vec<String>,
    },
}

/// What to do with a card.
#[derive(Subcommand)]
pub(crate) enum Card<P: Args> {
    /// Send the card in a file.
    Send {
        #[command(flatten)]
        place: P,
        /// JSON: {"kind": "order", "tracking" or "payment", "title", "lines": [{"label", "value"}], "amount": "EUR 19.99", "link", "actions": [{"label", "value"}]}.
        file: PathBuf,
    },
    /// Choose something on a card that somebody has sent.
    Choose {
        #[command(flatten)]
        place: P,
        /// Its number, as the inbox shows it: 12 or #12.
        #[arg(value_name = "N", value_parser = number)]
        number: u64,
        /// One of the values it shows.
        value: String,
    },
}

impl<P: Args> Business<P> {
    pub(crate) const fn place(&self) -> &P {
        match self {
            Self::Form(Form::Send { place, .. } | Form::Answer { place, .. })
            | Self::Card(Card::Send { place, .. } | Card::Choose { place, .. })
            | Self::Handover { place, .. } => place,
        }
    }

    /// The message that is answered.
    pub(crate) const fn number(&self) -> Option<u64> {
        match self {
            Self::Form(Form::Answer { number, .. }) | Self::Card(Card::Choose { number, .. }) => {
                Some(*number)
            }
            _ => None,
        }
    }
}
