//! `aside send @bob TEXT`, and what it shares with `aside chat send`.

use crate::failure::Failure;
use aside_client::{
    Engine, Error, Event, Step,
    driver::{Client, DriverError, Notice},
};
use aside_identity::Handle;
use std::{
    io::{BufRead, stdin},
    path::Path,
};

pub(crate) async fn thread(directory: &Path, to: &Handle, text: &str) -> Result<(), Failure> {
    write(directory, to, text, Engine::send_to_thread).await
}

/// Puts the texts into the outbox and sends what is there.
pub(crate) async fn write(
    directory: &Path,
    to: &Handle,
    text: &str,
    say: impl Fn(&Engine, &mut Step<'_>, &Handle, &str) -> Result<u64, Error>,
) -> Result<(), Failure> {
    let mut client = Client::open(directory)?;
    know(&mut client, to).await?;
    if text == "-" {
        for line in stdin().lock().lines() {
            let line = line?;
            if !line.is_empty() {
                client.step(|engine, step| say(engine, step, to, &line))?;
            }
        }
    } else {
        client.step(|engine, step| say(engine, step, to, text))?;
    }
    flush(&mut client).await
}

/// Looks a handle up unless it is known or the own one.
pub(crate) async fn know(client: &mut Client, handle: &Handle) -> Result<(), Failure> {
    let known = client.step(|engine, step| Ok(engine.peer_by_handle(step.tx, handle)?))?.is_some();
    if !known && handle != client.engine().handle() {
        client.look_up(handle).await?;
    }
    Ok(())
}

/// Sends what waits in the outbox. What cannot be sent now is said, and stays.
pub(crate) async fn flush(client: &mut Client) -> Result<(), Failure> {
    let mut changed = None;
    let sent = client
        .flush(&mut |notice| {
            if let Notice::Event(Event::ListRefused { reason, .. }) = notice {
                changed = Some(reason);
            }
        })
        .await;
    let report = match sent {
        Err(error @ (DriverError::Unreachable { .. } | DriverError::Closed(_) | DriverError::Silent)) => {
            let waiting = client.step(|engine, step| Ok(engine.waiting(step.tx)?))?;
            return Err(Failure::Waiting(format!("{waiting} waiting in the outbox: {error}")));
        }
        sent => sent?,
    };
    if let Some(reason) = changed {
        eprintln!("aside: the relay offers device lists that contradict what is known ({reason})");
    }
    Failure::check(&report)
}
