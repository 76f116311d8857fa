//! `aside listen [--json]`

use super::{
    inbox::{PAGE, invitation},
    indicators::Indicators,
    news::News,
};
use crate::{
    failure::Failure,
    json,
    name::learn_members,
    profile,
    seen::{Asking, Circle, Seen},
    show,
};
use aside_client::{
    Conversation, Delivery, Event, Message, Protection, Standing,
    driver::{Client, Notice},
};
use aside_content::Presence;
use aside_identity::{AccountKey, GroupId, Handle};
use aside_wire::Reject;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};
use tokio::sync::mpsc;

/// How long it may take to say that somebody has gone.
const FAREWELL: Duration = Duration::from_secs(2);

/// Ends after `count` things that happened, if a number is given.
pub(crate) async fn run(directory: &Path, count: Option<usize>, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let mut reader = profile::open(directory)?;
    let (sender, mut notices) = mpsc::unbounded_channel();
    if !as_json {
        show::print(format_args!("Listening as {}. Ctrl-C ends it.", client.engine().handle()))?;
    }
    let mut told = Told::default();
    let is_enough = |told: &Told| count.is_some_and(|count| told.things >= count);
    for summary in reader.step(|engine, step| Ok(engine.conversations(step)?))? {
        if let Some(asking) = Asking::of(&summary) {
            told.request(&asking, as_json)?;
        } else {
            let circle = Circle::With(summary.handle);
            show_new(&mut reader, summary.conversation, &circle, &mut told, as_json)?;
        }
    }
    for summary in reader.step(|engine, step| Ok(engine.groups(step.tx)?))? {
        if summary.standing == Standing::Invited {
            invitation(&mut reader, &summary, as_json)?;
        } else {
            let circle = Circle::Group(summary.name);
            show_new(&mut reader, Conversation::Group(summary.group), &circle, &mut told, as_json)?;
        }
    }
    let mut tell = move |notice| {
        // The receiver lives as long as this function.
        let _ = sender.send(notice);
    };
    {
        let listening = client.listen(&mut tell);
        tokio::pin!(listening);
        while !is_enough(&told) {
            tokio::select! {
                biased;
                Some(notice) = notices.recv() => {
                    if matches!(&notice, Notice::Event(Event::GroupChanged { .. })) {
                        learn_members(&mut reader).await?;
                    }
                    show_notice(&mut reader, &notice, &mut told, as_json)?;
                }
                _ = tokio::signal::ctrl_c() => break,
                ended = &mut listening => return Ok(ended?),
            }
        }
    }
    // Whoever was told that the person here is there is told that they have gone, if that is quick.
    let _ = tokio::time::timeout(FAREWELL, client.say_presence(Presence::Recently)).await;
    Ok(())
}

/// What the listener has told, and what it will.
#[derive(Default)]
struct Told {
    /// How far it has come where something is muted: it stays new for the inbox.
    up_to: BTreeMap<Conversation, u64>,
    /// Groups to which the person here is invited, and of which the log is not known yet.
    invited: BTreeSet<GroupId>,
    /// How much has happened.
    things: usize,
    /// Who is writing, and who is there.
    indicators: Indicators,
}

impl Told {
    fn news(&mut self, news: &News, as_json: bool) -> Result<(), Failure> {
        self.things = self.things.saturating_add(1);
        if as_json {
            show::print(&news.json)
        } else if news.warns {
            eprintln!("-- {}", news.text);
            Ok(())
        } else {
            show::print(&news.text)
        }
    }

    fn request(&mut self, asking: &Asking, as_json: bool) -> Result<(), Failure> {
        self.things = self.things.saturating_add(1);
        if as_json { show::print(json::request(asking)) } else { show::print(show::request(asking)) }
    }

    /// Shows the invitations of which the group's name and members are known by now.
    fn show_invitations(&mut self, client: &mut Client, as_json: bool) -> Result<(), Failure> {
        if self.invited.is_empty() {
            return Ok(());
        }
        for summary in client.step(|engine, step| Ok(engine.groups(step.tx)?))? {
            let known = summary.standing == Standing::Invited && summary.members > 0;
            if known && self.invited.remove(&summary.group) {
                self.things = self.things.saturating_add(1);
                invitation(client, &summary, as_json)?;
            }
        }
        Ok(())
    }
}

fn show_notice(client: &mut Client, notice: &Notice, told: &mut Told, as_json: bool) -> Result<(), Failure> {
    if let Notice::Event(Event::Message(message)) = notice {
        told.indicators.message_from(message.conversation);
        return match Circle::of(client, message.conversation, &message.sender)? {
            Some(circle) => show_new(client, message.conversation, &circle, told, as_json),
            None => Ok(()),
        };
    }
    // It stands among the messages, and is shown in its turn.
    if let Notice::Event(
        Event::Captured { conversation, by, .. } | Event::ExpiryChanged { conversation, by, .. },
    ) = notice
    {
        return match Circle::of(client, *conversation, by)? {
            Some(circle) => show_new(client, *conversation, &circle, told, as_json),
            None => Ok(()),
        };
    }
    if let Notice::Event(event) = notice {
        match event {
            Event::GroupInvited { group, .. } => {
                told.invited.insert(*group);
                return told.show_invitations(client, as_json);
            }
            // The log comes after the invitation.
            Event::GroupChanged { .. } => told.show_invitations(client, as_json)?,
            _ => {}
        }
        if let Some(news) = told.indicators.news(client, event, as_json)? {
            return told.news(&news, as_json);
        }
        if let Some(news) = News::of(client, event, as_json)? {
            return told.news(&news, as_json);
        }
    }
    let (what, peer, detail) = match notice {
        Notice::Event(event @ (Event::ChatRequested { peer } | Event::ThreadRequested { peer })) => {
            let in_chat = matches!(event, Event::ChatRequested { .. });
            let Some(from) = handle(client, peer)? else { return Ok(()) };
            return told.request(&Asking { from, in_chat, waiting: 0 }, as_json);
        }
        Notice::Event(Event::ChatEnded { peer }) => ("chat_ended", Some(*peer), None),
        Notice::Event(Event::ChatAccepted { peer }) => ("chat_accepted", Some(*peer), None),
        Notice::Event(Event::Gap { sender, .. }) => ("gap", Some(*sender), None),
        Notice::Event(Event::Refused { reason: Reject::Replay, .. }) if !as_json => return Ok(()),
        Notice::Event(Event::Refused { sender, reason }) => {
            ("refused", Some(sender.account), Some(reason.word().to_owned()))
        }
        Notice::Event(Event::ListRefused { peer, reason }) => {
            ("list_refused", Some(*peer), Some(reason.word().to_owned()))
        }
        Notice::Event(Event::Failed { .. }) => ("failed", None, None),
        Notice::Connected => ("connected", None, None),
        Notice::Disconnected(reason) => ("disconnected", None, Some(reason.clone())),
        _ => return Ok(()),
    };
    let about = peer.is_some();
    let peer = peer.map(|peer| handle(client, &peer)).transpose()?.flatten();
    if as_json {
        return show::print(json::happened(what, peer.as_ref(), detail.as_deref()));
    }
    let peer = match peer {
        Some(peer) => format!(" {peer}"),
        None if about => " somebody unknown".to_owned(),
        None => String::new(),
    };
    let detail = detail.map(|detail| format!(" ({})", show::safe(&detail))).unwrap_or_default();
    let text = match what {
        "chat_accepted" => "talks end-to-end encrypted with you now:",
        "chat_ended" => "ended the encrypted chat, or does not want it:",
        "gap" => "a message is missing or late from",
        "refused" => "refused something from",
        "list_refused" => "the relay's device lists contradict what is known of",
        "failed" => "the relay will not take a message; see aside outbox",
        other => other,
    };
    eprintln!("-- {text}{peer}{detail}");
    Ok(())
}

/// Shows everything received in a conversation that was not shown yet: beside the message that has just come, what
/// another command fetched, what was held back until a chat was accepted, what a killed listener had no time to show.
/// What the person here does not want to be told of is passed over, and stays new.
fn show_new(
    client: &mut Client,
    conversation: Conversation,
    circle: &Circle,
    told: &mut Told,
    as_json: bool,
) -> Result<(), Failure> {
    let from = told.up_to.get(&conversation).copied().unwrap_or_default();
    let shown = client.step(|engine, step| Ok(engine.shown(step.tx, conversation)?))?;
    let mut passed_over = from > shown;
    let mut after = shown.max(from);
    let is_news = |message: &&Message| {
        message.delivery == Delivery::Received && message.shield.protection() != Protection::Imported
    };
    loop {
        let page = client.step(|engine, step| Ok(engine.messages(step, conversation, after, PAGE)?))?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.index;
        for message in page.iter().filter(is_news) {
            let seen = Seen::of(client, message)?;
            told.things = told.things.saturating_add(usize::from(as_json || !seen.muted));
            if as_json || !seen.muted {
                client.step(|engine, step| engine.note_reading(step, message))?;
            }
            if as_json {
                show::print(json::message(&seen, circle))?;
            } else if !seen.muted {
                show::print(show::message_in(&seen, circle))?;
            } else {
                passed_over = true;
            }
        }
        // Afterwards: whoever is killed in between sees a message twice rather than never.
        if passed_over && !as_json {
            told.up_to.insert(conversation, after);
        } else {
            client.step(|engine, step| engine.mark_shown(step, conversation, after))?;
        }
    }
}

fn handle(client: &mut Client, account: &AccountKey) -> Result<Option<Handle>, Failure> {
    Ok(client.step(|engine, step| Ok(engine.handle_of(step.tx, account)?))?)
}
