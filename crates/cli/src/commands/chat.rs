//! `aside chat open|accept|send`

use super::send::{flush, know, write};
use crate::{args::Chat, failure::Failure};
use aside_client::{Engine, driver::Client};
use std::path::Path;

pub(crate) async fn run(directory: &Path, chat: &Chat) -> Result<(), Failure> {
    match chat {
        Chat::Open { with } => {
            let mut client = Client::open(directory)?;
            know(&mut client, with).await?;
            client.step(|engine, step| engine.open_chat(step, with))?;
            println!("Asked {with} to talk encrypted. You can write already: aside chat send {with} TEXT");
            flush(&mut client).await
        }
        Chat::Accept { from } => {
            let mut client = Client::open(directory)?;
            client.step(|engine, step| engine.accept_chat(step, from))?;
            println!("You and {from} talk end-to-end encrypted now.");
            flush(&mut client).await
        }
        Chat::Send { to, text } => write(directory, to, text, Engine::send_to_chat).await,
    }
}
