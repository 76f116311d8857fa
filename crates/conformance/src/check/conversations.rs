//! Operations on the opt-in, and on who may say what.

use super::{bug::Bug, inputs::Inputs, stop::Stop};
use crate::value::{Fields, Value};
use aside_content::{
    Body, ChatId, ChatState, Kind, Place,
    admission::{Admission, Sender, admission},
    opt_in::{AnyChat, Chat, Said, Taken},
    rules::is_message,
};
use aside_identity::AccountKey;
use aside_primitives::Secret;
use aside_primitives::SigningKey;
use aside_wire::Reject;

pub(super) fn run(op: &str, input: &Inputs) -> Result<Option<Fields>, Stop> {
    Ok(Some(match op {
        "opt_in.history" => history(input.text("events")?)?,
        "conversations.sender" => {
            let kind = Kind(input.u32("kind")?);
            let (place, sender) = (place(input.text("place")?)?, sender(input.text("sender")?)?);
            let becomes = match (admission(kind, place, sender), place) {
                (Admission::Shown, _) => "shown",
                (Admission::Held, _) => "held",
                (Admission::Acts, _) => "acts",
                // GRP-20, GRP-38: there the question is who is in the group.
                (Admission::Refused, Place::Group | Place::Members) => {
                    return Err(Stop::refused(Reject::NotMember, Some(Bug::AdmitAnybody)));
                }
                (Admission::Refused, _) => {
                    return Err(Stop::refused(Reject::Policy, Some(Bug::AdmitAnybody)));
                }
            };
            Fields::new().text("becomes", becomes)
        }
        _ => return Ok(None),
    }))
}

/// What a device sees of one chat with one peer.
#[derive(Default)]
struct Seen {
    chat: Option<AnyChat>,
    says: Vec<u64>,
    shown: u64,
    held: u64,
    /// Whether the person has opened another chat with the same peer.
    opened_another: bool,
}

fn history(events: &str) -> Result<Fields, Stop> {
    let mut seen = Seen::default();
    for event in events.split_whitespace() {
        match event.parse() {
            Ok(kind) => seen.hear(Kind(kind))?,
            Err(_) => seen.act(event)?,
        }
    }
    let state = match seen.chat.map(|chat| chat.state()) {
        None => "none",
        Some(ChatState::Opened) => "opened",
        Some(ChatState::Requested) => "requested",
        Some(ChatState::Accepted) => "accepted",
        Some(ChatState::Ended) => "ended",
    };
    let says = seen.says.into_iter().map(Value::Number).collect();
    let out = Fields::new().text("state", state).with("says", Value::List(says));
    Ok(out.number("shown", seen.shown).number("held", seen.held))
}

impl Seen {
    /// What the person does. Declining forgets the chat, as does the peer who takes the question back (CNV-12).
    fn act(&mut self, what: &str) -> Result<(), Stop> {
        let (id, peer) = parties();
        let (chat, said) = match (what, self.chat.take()) {
            ("open", None) => {
                let (opened, body) = Chat::open(id, peer, None);
                (Some(AnyChat::Opened(opened)), Some(body))
            }
            ("open-another", None) => {
                self.opened_another = true;
                (None, Some(Body::ChatOpen { beside: None }))
            }
            ("accept", Some(AnyChat::Requested(chat))) => {
                let (accepted, body) = chat.accept();
                (Some(AnyChat::Accepted(accepted)), Some(body))
            }
            ("decline", Some(AnyChat::Requested(chat))) => {
                let _: Chat<aside_content::opt_in::Ended> = chat.decline();
                (None, None)
            }
            ("decline-openly", Some(AnyChat::Requested(chat))) => (None, Some(chat.decline_openly().1)),
            ("close", Some(chat)) => {
                let (ended, body) = chat.close();
                (Some(AnyChat::Ended(ended)), body)
            }
            ("write", Some(chat)) if chat.writable().is_some() => (Some(chat), Body::text("hi").ok()),
            _ => return Err("nobody can do that there".into()),
        };
        self.chat = chat;
        self.says.extend(said.map(|body| u64::from(body.kind().0)));
        Ok(())
    }

    /// A frame of the peer's.
    fn hear(&mut self, kind: Kind) -> Result<(), Stop> {
        let sender = match self.chat {
            None => Sender::Stranger,
            Some(AnyChat::Requested(_)) => Sender::Requester,
            Some(_) => Sender::Accepted,
        };
        if admission(kind, Place::Chat, sender) == Admission::Refused {
            return Err(Reject::Policy.into());
        }
        let (id, peer) = parties();
        let said = said(kind);
        let received = match self.chat {
            None => AnyChat::first(id, peer, said, self.opened_another)?,
            Some(chat) => chat.receive(said)?,
        };
        let taken_back = matches!((self.chat, said), (Some(AnyChat::Requested(_)), Said::Close));
        self.chat = (!taken_back).then_some(received.chat);
        self.says.extend(received.answer.map(|body| u64::from(body.kind().0)));
        let count = match received.taken {
            _ if said != Said::Message => return Ok(()),
            Taken::Shown => &mut self.shown,
            Taken::Held => &mut self.held,
            Taken::Noted => return Ok(()),
        };
        *count = count.saturating_add(1);
        Ok(())
    }
}

fn said(kind: Kind) -> Said {
    match kind {
        Kind::CHAT_OPEN => Said::Open,
        Kind::CHAT_ACCEPT => Said::Accept,
        Kind::CHAT_DECLINE => Said::Decline,
        Kind::CHAT_CLOSE => Said::Close,
        Kind::EDIT | Kind::UNSEND | Kind::EXPIRY_POLICY | Kind::SHORTEN => Said::Revision,
        kind if is_message(kind) => Said::Message,
        _ => Said::Other,
    }
}

/// Whose chat it is has no part in it.
fn parties() -> (ChatId, AccountKey) {
    let key = SigningKey::from_seed(&Secret::new([0xB0; 32]));
    (ChatId::new([0xC0; 32]), AccountKey::new(key.verifying_key()))
}

fn place(name: &str) -> Result<Place, Stop> {
    super::kind::place(name)
}

fn sender(name: &str) -> Result<Sender, Stop> {
    Ok(match name {
        "own" => Sender::Own,
        "accepted" => Sender::Accepted,
        "requester" => Sender::Requester,
        "member" => Sender::Member,
        "stranger" => Sender::Stranger,
        _ => return Err("no such sender".into()),
    })
}
