//! `aside send @bob TEXT`, and what it shares with `aside chat send` and groups.

use super::{
    business::place,
    desk::{scheduled, tell_scheduled},
    news::News,
    said::Kind,
    say::{Named, speak, speeches, tell},
};
use crate::{
    args::{How, What},
    failure::{Failure, Why},
    profile,
    seen::Circle,
};
use aside_client::{
    Event,
    driver::{Client, Notice},
};
use aside_identity::Handle;
use std::{
    io::{BufRead, stdin},
    path::Path,
};

/// Puts what was typed into the outbox, in the thread or the chat with somebody, and sends what is there.
pub(crate) async fn run(
    directory: &Path,
    kind: Kind,
    to: &Handle,
    (what, how): (&What, How),
    as_json: bool,
) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    know(&mut client, to).await?;
    let speeches = speeches(&mut client, what, Named::By(to)).await?;
    let before = scheduled(&mut client)?;
    // All of them or none: a line that cannot be sent must not leave half of them behind.
    let (conversation, indexes) = client.step(|engine, step| {
        let conversation = place(engine, step, kind, to)?;
        Ok((conversation, speak(engine, step, (conversation, None), &speeches, how)?))
    })?;
    if how.at.is_some() {
        return tell_scheduled(&mut client, &before, as_json);
    }
    let sent = flush(&mut client).await;
    tell(&mut client, conversation, (&Circle::With(to.clone()), &indexes), as_json)?;
    sent
}

/// The text, or for "-" the lines of standard input.
pub(crate) fn texts(text: &str) -> Result<Vec<String>, Failure> {
    if text == "-" { lines() } else { Ok(vec![text.to_owned()]) }
}

/// The lines of standard input that are not empty.
fn lines() -> Result<Vec<String>, Failure> {
    let mut lines = stdin().lock().lines().collect::<Result<Vec<_>, _>>()?;
    lines.retain(|line| !line.is_empty());
    Ok(lines)
}

/// Looks a handle up unless it is known or the own one.
pub(crate) async fn know(client: &mut Client, handle: &Handle) -> Result<(), Failure> {
    let known = client.step(|engine, step| Ok(engine.peer_by_handle(step.tx, handle)?))?.is_some();
    if !known && handle != client.engine().handle() {
        client.look_up(handle).await.map_err(|error| Failure::Unknown(handle.clone(), error))?;
    }
    Ok(())
}

/// Sends what waits in the outbox. What cannot be sent now is said, and stays.
pub(crate) async fn flush(client: &mut Client) -> Result<(), Failure> {
    let mut notices = Vec::new();
    let sent = client.flush(&mut |notice| notices.push(notice)).await;
    tell_warnings(client, &notices)?;
    let report = match sent {
        // Every ending leaves in the outbox what the relay has not taken; only a damaged profile cannot tell.
        Err(error) => {
            let waiting = client.step(|engine, step| Ok(engine.waiting(step.tx)?))?;
            return Err(match waiting {
                0 => error.into(),
                waiting => Failure::Waiting(waiting, Why::Ended(error)),
            });
        }
        Ok(report) => report,
    };
    Failure::check(&report)
}

/// Says what went wrong beside what waits: device lists that are refused, changes of groups that were not made.
fn tell_warnings(client: &mut Client, notices: &[Notice]) -> Result<(), Failure> {
    let mut changed = None;
    for notice in notices {
        let Notice::Event(event) = notice else { continue };
        if let Event::ListRefused { reason, .. } = event {
            changed = Some(reason);
        } else if let Some(news) = News::of(client, event, false)?
            && news.warns
        {
            news.tell(false)?;
        }
    }
    if let Some(reason) = changed {
        eprintln!("aside: the relay offers device lists that contradict what is known ({reason})");
    }
    Ok(())
}
