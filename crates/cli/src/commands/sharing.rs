//! `aside chat sharing @bob [forward=no …]` and `aside chat info @bob`

use super::{capture, devices, send::flush};
use crate::{
    args::{Act, Wish},
    content::object,
    failure::Failure,
    json, profile, show,
};
use aside_client::{ChatState, Conversation, IdentityState, Misuse, Summary, driver::Client};
use aside_content::Sharing;
use aside_identity::Handle;
use serde_json::json;
use std::path::Path;

/// Says what may be done with what is written here, or shows what both wish.
pub(crate) async fn run(
    directory: &Path,
    with: &Handle,
    wishes: &[Wish],
    as_json: bool,
) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let sent = if wishes.is_empty() {
        Ok(())
    } else {
        client.step(|engine, step| engine.set_sharing(step, with, |old| wished(old, wishes)))?;
        flush(&mut client).await
    };
    let summary = chat(&mut client, with)?;
    let both = Both::of(&mut client, &summary)?;
    if as_json {
        show::print(json!({
            "type": "sharing",
            "peer": with.to_string(),
            "own": object::sharing(both.own),
            "theirs": object::sharing(both.theirs),
        }))?;
    } else {
        both.print(with, "")?;
    }
    sent
}

/// Shows what is known of a chat. Needs no relay.
pub(crate) fn info(directory: &Path, with: &Handle, as_json: bool) -> Result<(), Failure> {
    let mut client = profile::open(directory)?;
    let summary = chat(&mut client, with)?;
    let both = Both::of(&mut client, &summary)?;
    let Conversation::Chat(id) = summary.conversation else {
        return Err(Misuse::NoChat(with.clone()).into());
    };
    let (state, word) = match summary.state {
        Some(ChatState::Accepted) => ("you both talk in it", "accepted"),
        Some(ChatState::Requested) => ("they have asked for it", "requested"),
        Some(ChatState::Ended) => ("it has ended", "ended"),
        _ => ("you have asked for it", "opened"),
    };
    let (key, verified) = match summary.identity {
        IdentityState::Verified => ("compared", true),
        IdentityState::Unverified => ("not compared yet", false),
        IdentityState::Contested { .. } => ("ANOTHER account has the handle now; see aside verify", false),
        IdentityState::Former => ("a former one", false),
    };
    let weakest = client.step(|engine, step| Ok(engine.can_notice(step.tx, summary.conversation)?))?;
    if as_json {
        return show::print(json!({
            "type": "chat",
            "peer": with.to_string(),
            "id": json::hex(id.as_bytes()),
            "state": word,
            "verified": verified,
            "can_notice": devices::capture(weakest),
            "sharing": { "own": object::sharing(both.own), "theirs": object::sharing(both.theirs) },
        }));
    }
    show::print(format_args!("{with}  (chat, end-to-end encrypted)"))?;
    show::print(format_args!("  id     {}", json::hex(id.as_bytes())))?;
    show::print(format_args!("  state  {state}"))?;
    show::print(format_args!("  key    {key}"))?;
    both.print(with, "  ")?;
    show::print(format_args!("  {}", capture::can_notice(weakest)))
}

/// What the other person of a chat wishes, if it is not everything, for the head of the chat.
pub(crate) fn heading(client: &mut Client, summary: &Summary) -> Result<Option<String>, Failure> {
    let wish = client.step(|engine, step| Ok(engine.sharing_wish(step.tx, summary.conversation)?))?;
    Ok((!refused(wish).is_empty()).then(|| format!("  {} wishes: {}", summary.handle, in_words(wish))))
}

/// What is not to be done.
fn refused(wish: Sharing) -> Vec<&'static str> {
    let acts = [(wish.forward, "no forwarding"), (wish.save, "no saving"), (wish.export, "no exporting")];
    acts.into_iter().filter(|(allowed, _)| !allowed).map(|(_, what)| what).collect()
}

/// A wish, whatever it is.
pub(crate) fn in_words(wish: Sharing) -> String {
    let refused = refused(wish);
    if refused.is_empty() { "nothing in particular".to_owned() } else { refused.join(", ") }
}

/// The wishes of both.
struct Both {
    own: Sharing,
    theirs: Sharing,
}

impl Both {
    fn of(client: &mut Client, summary: &Summary) -> Result<Self, Failure> {
        let chat = summary.conversation;
        Ok(client.step(|engine, step| {
            let (own, theirs) = (engine.own_sharing(step.tx, chat)?, engine.sharing_wish(step.tx, chat)?);
            Ok(Self { own, theirs })
        })?)
    }

    fn print(&self, with: &Handle, margin: &str) -> Result<(), Failure> {
        let own = ("You wish for what you write".to_owned(), self.own);
        let theirs = (format!("{with} wishes for what they write"), self.theirs);
        for (whose, wish) in [own, theirs] {
            show::print(format_args!("{margin}{whose}: {}", in_words(wish)))?;
        }
        show::print(format_args!("{margin}This program keeps to wishes; nothing can make others do so."))
    }
}

fn wished(old: Sharing, wishes: &[Wish]) -> Sharing {
    wishes.iter().fold(old, |old, wish| match wish.act {
        Act::Forward => Sharing { forward: wish.allowed, ..old },
        Act::Save => Sharing { save: wish.allowed, ..old },
        Act::Export => Sharing { export: wish.allowed, ..old },
    })
}

/// The chat with somebody: of several, the one in which both talk.
fn chat(client: &mut Client, with: &Handle) -> Result<Summary, Failure> {
    let chats = client.step(|engine, step| {
        let account = engine.peer_by_handle(step.tx, with)?;
        let of_peer = |summary: &Summary| Some(summary.peer) == account && summary.state.is_some();
        let all = engine.conversations(step)?.into_iter().filter(of_peer).collect::<Vec<_>>();
        // The engine chooses among those that can be written in.
        let chosen = engine.chat_to_write_in(step.tx, with).ok();
        let is_chosen = |summary: &&Summary| Some(summary.conversation) == chosen;
        Ok(all.iter().find(is_chosen).or(all.first()).cloned())
    })?;
    chats.ok_or_else(|| Misuse::NoChat(with.clone()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f21_what_is_not_named_stays_as_it_was() {
        let no = |act| Wish { act, allowed: false };
        let old = Sharing { save: false, ..Sharing::ANYTHING };
        let new = wished(old, &[no(Act::Forward), no(Act::Export), Wish { act: Act::Export, allowed: true }]);
        assert_eq!(new, Sharing { forward: false, save: false, export: true, version: 0 });
        assert_eq!(refused(new), ["no forwarding", "no saving"]);
        assert_eq!(refused(Sharing::ANYTHING), [""; 0]);
    }
}
