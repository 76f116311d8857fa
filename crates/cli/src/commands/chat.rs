//! `aside chat`

use super::{
    business, life,
    said::{self, Kind},
    send::{self, flush, know},
    sharing,
};
use crate::{
    args::{AboutChat, Chat},
    failure::Failure,
    profile, show,
};
use aside_client::{Error, Misuse};
use std::path::Path;

pub(crate) async fn run(directory: &Path, chat: &Chat, as_json: bool) -> Result<(), Failure> {
    match chat {
        Chat::Open { with } => {
            let mut client = profile::open(directory)?;
            know(&mut client, with).await?;
            client.step(|engine, step| engine.open_chat(step, with))?;
            flush(&mut client).await?;
            show::print(format_args!(
                "Asked {with} to talk encrypted. You can write already: aside chat send {with} TEXT"
            ))
        }
        Chat::Accept { from } => {
            let mut client = profile::open(directory)?;
            client.step(|engine, step| engine.accept_chat(step, from)).map_err(|error| match error {
                // Who has not been heard of has not asked either, as far as can be told here.
                Error::Misuse(Misuse::UnknownPeer(handle)) => Misuse::NoRequest(handle).into(),
                error => error,
            })?;
            flush(&mut client).await?;
            show::print(format_args!("You and {from} talk end-to-end encrypted now."))
        }
        Chat::Only { with } => super::privacy::only(directory, with, as_json).await,
        Chat::Said(it) => said::run(directory, Kind::Chat, it, as_json).await,
        Chat::Send { to, what, how } => send::run(directory, Kind::Chat, to, (what, *how), as_json).await,
        Chat::Life(it) => life::run(directory, it, as_json).await,
        Chat::Business(it) => business::run(directory, Kind::Chat, it, as_json).await,
        Chat::About(AboutChat::Sharing { with, wishes }) => {
            sharing::run(directory, with, wishes, as_json).await
        }
        Chat::About(AboutChat::Info { with }) => sharing::info(directory, with, as_json),
        Chat::Decline { from, tell } => {
            let mut client = profile::open(directory)?;
            client.step(|engine, step| engine.decline_chat(step, from, *tell))?;
            if *tell {
                flush(&mut client).await?;
            }
            let learned = if *tell { "They are told." } else { "They are not told, and can ask again." };
            show::print(format_args!(
                "The request of {from} and what they wrote there are deleted. {learned}"
            ))
        }
        Chat::Close { with } => {
            let mut client = profile::open(directory)?;
            client.step(|engine, step| engine.close_chat(step, with))?;
            flush(&mut client).await?;
            show::print(format_args!(
                "The encrypted chat with {with} has ended. What was said there stays: aside inbox --all"
            ))
        }
    }
}
