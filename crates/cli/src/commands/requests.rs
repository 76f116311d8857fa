//! `aside requests`

use super::{inbox::PAGE, news, relation, send::flush};
use crate::{
    args::Answer,
    failure::Failure,
    json, profile,
    seen::{Asking, Seen},
    show,
};
use aside_client::{Conversation, Event, Request, driver::Client};
use std::path::Path;

pub(crate) async fn run(directory: &Path, answer: Option<&Answer>, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    // Without the relay, what has been fetched can be answered all the same.
    let mut notices = Vec::new();
    let fetched = client.catch_up(&mut |notice| news::keep(&mut notices, notice)).await;
    let is_news = |event: &Event| !matches!(event, Event::GroupInvited { .. });
    news::tell(&mut client, &notices, as_json, is_news)?;
    match answer {
        None => {
            list(&mut client, as_json)?;
            Ok(fetched.map(drop)?)
        }
        Some(Answer::Accept { from }) => {
            let request = client.step(|engine, step| engine.accept_request(step, from))?;
            flush(&mut client).await?;
            if as_json {
                return show::print(json::happened("request_accepted", Some(from), None));
            }
            show::print(match request.chat {
                Some(_) => format!("You and {from} talk end-to-end encrypted now."),
                None => format!("{from} is accepted. What they wrote is in: aside inbox"),
            })
        }
        Some(Answer::Decline { from, tell }) => {
            client.step(|engine, step| engine.decline_request(step, from, *tell))?;
            if *tell {
                flush(&mut client).await?;
            }
            if as_json {
                return show::print(json::happened("request_declined", Some(from), None));
            }
            let learned = if *tell { "They are told." } else { "They are not told, and can ask again." };
            show::print(format_args!("What {from} asked and wrote is deleted. {learned}"))
        }
        Some(Answer::Block { from }) => {
            client.step(|engine, step| engine.decline_request(step, from, false))?;
            relation::set_blocked(directory, from, true, as_json).await
        }
    }
}

/// Shows everybody who asks, with what they wrote. It stays new.
fn list(client: &mut Client, as_json: bool) -> Result<(), Failure> {
    let requests = client.step(|engine, step| Ok(engine.requests(step.tx)?))?;
    if requests.is_empty() && !as_json {
        return show::print("Nobody has asked for anything.");
    }
    for request in requests {
        let Request { handle, thread, chat, .. } = &request;
        for (conversation, in_chat) in [(thread, false), (chat, true)] {
            let Some(conversation) = conversation else { continue };
            ask(client, &request, *conversation, in_chat, as_json)?;
        }
        if !as_json {
            show::print(format_args!(
                "  To answer: aside requests accept {handle}, decline {handle} or block {handle}. The relay says who has \
                 this handle; to be sure: aside verify {handle}"
            ))?;
        }
    }
    Ok(())
}

fn ask(
    client: &mut Client,
    request: &Request,
    conversation: Conversation,
    in_chat: bool,
    as_json: bool,
) -> Result<(), Failure> {
    // No more is held of one person than stands on one page.
    let messages = client.step(|engine, step| Ok(engine.messages(step, conversation, 0, PAGE)?))?;
    let asking = Asking { from: request.handle.clone(), in_chat, waiting: messages.len() };
    if as_json {
        show::print(json::request(&asking))?;
    } else {
        show::print(show::asks(&asking))?;
    }
    for message in &messages {
        let seen = Seen::of(client, message)?;
        if as_json {
            show::print(json::message(&seen, &crate::seen::Circle::With(request.handle.clone())))?;
        } else {
            show::print(show::message(&seen))?;
        }
    }
    Ok(())
}
