//! `aside chat`

use super::send::{flush, know, write};
use crate::{args::Chat, failure::Failure, profile, show};
use aside_client::{Engine, Error, Misuse};
use std::path::Path;

pub(crate) async fn run(directory: &Path, chat: &Chat) -> Result<(), Failure> {
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
        Chat::Said(said) => super::said::run(directory, super::said::Kind::Chat, said).await,
        Chat::Send { to, text } => write(directory, to, text, Engine::send_to_chat).await,
    }
}
