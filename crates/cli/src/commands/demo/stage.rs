//! The people, the relay and the columns in which the demo prints what they see.

mod group;
mod life;

use super::evidence::Evidence;
use crate::{failure::Failure, show};
use aside_client::{
    Conversation, Engine, Error, Event, Misuse, Step,
    driver::{Client, Notice},
};
use aside_content::{Body, ThreadFrame};
use aside_identity::{GroupId, Handle};
use aside_relay::{Config, Relay};
use aside_wire::{decode, pb};
use std::collections::BTreeMap;
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

/// What stands over the columns; that of Carol comes with her.
const HEADS: [&str; 4] = ["Alice sees", "the relay can see", "Bob sees", "Carol sees"];

/// Which column a line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Eye {
    Alice,
    Relay,
    Bob,
    Carol,
}

impl Eye {
    const fn column(self) -> usize {
        match self {
            Self::Alice => 0,
            Self::Relay => 1,
            Self::Bob => 2,
            Self::Carol => 3,
        }
    }
}

/// Everything on stage. The directories vanish with it.
pub(super) struct Stage {
    directory: TempDir,
    url: String,
    stop: oneshot::Sender<()>,
    relay: JoinHandle<()>,
    /// Alice, Bob and, once she has come, Carol.
    people: Vec<Client>,
    group: Option<GroupId>,
    /// Entries of logs that the relay was seen to have.
    logged: usize,
    /// Every byte the relay was seen to hold.
    seen_by_relay: Evidence,
}

impl Stage {
    pub(super) async fn open() -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        let relay = Relay::bind(Config::new(directory.path().join("relay")))
            .await
            .map_err(|error| Failure::Other(error.to_string()))?;
        let url = relay.url();
        let (stop, stopped) = oneshot::channel::<()>();
        let relay = tokio::spawn(relay.serve(async {
            // Ends also when the sender is dropped.
            let _ = stopped.await;
        }));
        let stage = Self {
            directory,
            url,
            stop,
            relay,
            people: Vec::new(),
            group: None,
            logged: 0,
            seen_by_relay: Evidence::default(),
        };
        stage.head()?;
        Ok(stage)
    }

    fn columns(&self) -> usize {
        self.people.len().saturating_add(1).clamp(3, HEADS.len())
    }

    /// Width of a column in characters, so that all of them fit on a screen.
    fn width(&self) -> usize {
        if self.columns() > 3 { 18 } else { 24 }
    }

    fn head(&self) -> Result<(), Failure> {
        let heads: Vec<_> = HEADS.iter().take(self.columns()).map(|head| (*head).to_owned()).collect();
        show::print(self.row(&heads, " | "))?;
        let rule = vec!["-".repeat(self.width()); self.columns()];
        show::print(self.row(&rule, "-+-"))
    }

    fn row(&self, cells: &[String], between: &str) -> String {
        let width = self.width();
        let last = cells.len().saturating_sub(1);
        let cells: Vec<_> = (0..)
            .zip(cells)
            .map(|(n, cell)| if n == last { cell.clone() } else { format!("{cell:width$}") })
            .collect();
        cells.join(between).trim_end().to_owned()
    }

    /// Says what happens next, across all columns.
    pub(super) fn scene(&self, text: &str) -> Result<(), Failure> {
        show::print(self.row(&vec![String::new(); self.columns()], " | "))?;
        show::print(format_args!("## {text}"))
    }

    pub(super) async fn register(&mut self) -> Result<(), Failure> {
        for name in ["alice", "bob"] {
            let person = self.person(name).await?;
            self.people.push(person);
        }
        self.tell(Eye::Alice, "my account key and device keys")?;
        self.tell(Eye::Bob, "my account key and device keys")?;
        self.tell(Eye::Relay, "@alice, @bob and their public keys")?;
        Ok(())
    }

    async fn person(&self, name: &str) -> Result<Client, Failure> {
        let handle = Handle::parse(name).map_err(|error| Failure::Other(error.to_string()))?;
        Ok(Client::register(&self.directory.path().join(name), &handle, &self.url).await?)
    }

    pub(super) async fn alice_writes_in_thread(&mut self, text: &str) -> Result<(), Failure> {
        self.tell(Eye::Alice, &format!("me, thread: {text}"))?;
        self.write(Eye::Alice, |engine, step, to| engine.send_to_thread(step, to, text).map(drop)).await
    }

    pub(super) async fn alice_opens_chat(&mut self) -> Result<(), Failure> {
        self.tell(Eye::Alice, "I ask @bob to talk encrypted")?;
        self.write(Eye::Alice, |engine, step, to| engine.open_chat(step, to).map(drop)).await
    }

    pub(super) async fn alice_writes_in_chat(&mut self, text: &str) -> Result<(), Failure> {
        self.tell(Eye::Alice, &format!("me, chat: {text}"))?;
        self.write(Eye::Alice, |engine, step, to| engine.send_to_chat(step, to, text).map(drop)).await
    }

    pub(super) async fn bob_accepts(&mut self) -> Result<(), Failure> {
        self.tell(Eye::Bob, "I accept")?;
        self.write(Eye::Bob, |engine, step, to| engine.accept_chat(step, to).map(drop)).await
    }

    pub(super) async fn bob_accepts_request(&mut self) -> Result<(), Failure> {
        self.tell(Eye::Bob, "I accept what @alice writes")?;
        self.write(Eye::Bob, |engine, step, to| engine.accept_request(step, to).map(drop)).await
    }

    /// Bob reacts to the newest message of the chat.
    pub(super) async fn bob_reacts(&mut self, emoji: &str) -> Result<(), Failure> {
        self.tell(Eye::Bob, &format!("I react {emoji}"))?;
        let react = |engine: &Engine, step: &mut Step<'_>, to: &Handle| {
            let chat = engine.chat_to_write_in(step.tx, to)?;
            let newest = engine.messages_before(step, chat, u64::MAX, 1)?.pop().ok_or(Misuse::NoMessage)?;
            engine.react(step, chat, newest.index, emoji)
        };
        self.write(Eye::Bob, react).await
    }

    pub(super) async fn bob_ends_chat(&mut self) -> Result<(), Failure> {
        self.tell(Eye::Bob, "I end the chat")?;
        self.write(Eye::Bob, |engine, step, to| engine.close_chat(step, to)).await
    }

    /// Alice tries to write in a chat that has ended.
    pub(super) async fn alice_writes_in_vain(&mut self, text: &str) -> Result<(), Failure> {
        self.tell(Eye::Alice, &format!("me, chat: {text}"))?;
        let tried =
            self.write(Eye::Alice, |engine, step, to| engine.send_to_chat(step, to, text).map(drop)).await;
        match tried {
            Err(refused) => self.tell(Eye::Alice, &format!("[{refused}]")),
            Ok(()) => Err(Failure::Other("a chat that has ended took a message".to_owned())),
        }
    }

    pub(super) async fn bob_writes_in_chat(&mut self, text: &str) -> Result<(), Failure> {
        self.tell(Eye::Bob, &format!("me, chat: {text}"))?;
        self.write(Eye::Bob, |engine, step, to| engine.send_to_chat(step, to, text).map(drop)).await
    }

    /// One person does something for the other, and everything is sent.
    async fn write(
        &mut self,
        who: Eye,
        act: impl FnOnce(&Engine, &mut Step<'_>, &Handle) -> Result<(), Error>,
    ) -> Result<(), Failure> {
        let other = if who == Eye::Bob { Eye::Alice } else { Eye::Bob };
        let to = self.client(other)?.engine().handle().clone();
        let client = self.client(who)?;
        if client.step(|engine, step| Ok(engine.peer_by_handle(step.tx, &to)?))?.is_none() {
            client.look_up(&to).await?;
        }
        client.step(|engine, step| act(engine, step, &to))?;
        let report = client.flush(&mut |_| {}).await?;
        Failure::check(&report)
    }

    /// One person fetches and sees what is new.
    pub(super) async fn reads(&mut self, who: Eye) -> Result<(), Failure> {
        let client = self.client(who)?;
        let mut events = Vec::new();
        let mut hear = |notice| {
            if let Notice::Event(event) = notice {
                events.push(event);
            }
        };
        client.catch_up(&mut hear).await?;
        let mut lines = Vec::new();
        for summary in client.step(|engine, step| Ok(engine.conversations(step)?))? {
            let conversation = summary.conversation;
            if summary.requested {
                let wish = match conversation {
                    Conversation::Thread(_) => "wants to write to me",
                    _ => "asks to talk encrypted",
                };
                lines.push(format!("{} {wish}; {} waits", summary.handle, summary.unread));
                continue;
            }
            let kind = match conversation {
                Conversation::Thread(_) => "thread",
                Conversation::Chat(_) => "chat",
                Conversation::Group(_) => "group",
            };
            let shown = client.step(|engine, step| Ok(engine.shown(step.tx, conversation)?))?;
            let messages =
                client.step(|engine, step| Ok(engine.messages(step, conversation, shown, usize::MAX)?))?;
            for message in messages {
                if message.sender != client.engine().address().account {
                    let from = &summary.handle;
                    lines.push(format!("{from}, {kind}: {}", show::body(&message.body)));
                }
                client.step(|engine, step| engine.mark_shown(step, conversation, message.index))?;
            }
        }
        for event in &events {
            lines.extend(told(client, event)?);
        }
        lines.extend(group::news(client, &events)?);
        for line in lines {
            self.tell(who, &line)?;
        }
        Ok(())
    }

    /// What lies at the relay now, as far as it can be read there.
    pub(super) fn relay_sees(&mut self) -> Result<(), Failure> {
        let names = self.names();
        let entries = aside_relay::stored(&self.directory.path().join("relay"))
            .map_err(|error| Failure::Other(error.to_string()))?;
        if entries.is_empty() {
            self.tell(Eye::Relay, "an empty mailbox")?;
        }
        self.relay_sees_log()?;
        for entry in entries {
            let message = entry.message;
            let name = |account: &[u8; 32]| names.get(account).cloned().unwrap_or_default();
            let (from, to) = (name(&message.sender.account.0), name(&entry.mailbox.account.0));
            let readable = readable(&message.envelope);
            self.tell(Eye::Relay, &format!("{from} to {to}: {readable}"))?;
            self.seen_by_relay.add(message.envelope);
        }
        Ok(())
    }

    /// Looks for everything that was said in everything the relay has had, and says what was found.
    pub(super) async fn verdict(
        mut self,
        thread: &[&str],
        chat: &[&str],
        group: &[&str],
    ) -> Result<(), Failure> {
        let files = self.directory.path().join("relay");
        // Before it shuts down, so that what is only in its journal counts too.
        self.seen_by_relay.add_files(&files)?;
        // The relay may be gone already; then there is nobody to tell.
        let _ = self.stop.send(());
        self.relay.await.map_err(|error| Failure::Other(error.to_string()))?;
        self.seen_by_relay.add_files(&files)?;

        show::print("")?;
        show::print(self.seen_by_relay.verdict(thread, chat, group)?)
    }

    fn client(&mut self, who: Eye) -> Result<&mut Client, Failure> {
        let place = match who {
            Eye::Alice | Eye::Relay => 0,
            Eye::Bob => 1,
            Eye::Carol => 2,
        };
        self.people.get_mut(place).ok_or_else(|| Misuse::NotRegistered.into())
    }

    fn names(&self) -> BTreeMap<[u8; 32], String> {
        let name = |client: &Client| {
            (*client.engine().address().account.as_bytes(), client.engine().handle().to_string())
        };
        self.people.iter().map(name).collect()
    }

    fn tell(&self, eye: Eye, text: &str) -> Result<(), Failure> {
        for line in wrap(text, self.width()) {
            let mut cells = vec![String::new(); self.columns()];
            if let Some(cell) = cells.get_mut(eye.column()) {
                *cell = line;
            }
            show::print(self.row(&cells, " | "))?;
        }
        Ok(())
    }
}

/// What happened to the chat or to a message.
fn told(client: &mut Client, event: &Event) -> Result<Option<String>, Failure> {
    let (who, what) = match event {
        Event::ChatEnded { peer } => (peer, "ended the chat".to_owned()),
        Event::Changed { conversation, index, by } => {
            let before = index.saturating_sub(1);
            let messages =
                client.step(|engine, step| Ok(engine.messages(step, *conversation, before, 1)?))?;
            let emoji = messages.iter().flat_map(|message| &message.reactions).find(|(who, _)| who == by);
            let Some((_, emoji)) = emoji else { return Ok(None) };
            (by, format!("reacted {}", show::reaction(emoji)))
        }
        _ => return Ok(None),
    };
    let handle = client.step(|engine, step| Ok(engine.handle_of(step.tx, who)?))?;
    Ok(handle.map(|handle| format!("{handle} {what}")))
}

/// What anybody who holds an envelope can tell of it.
fn readable(envelope: &[u8]) -> String {
    let Ok(envelope) = decode::<pb::Envelope>(envelope) else { return "damaged".to_owned() };
    match ThreadFrame::decode(&envelope.payload).map(|frame| frame.frame.body) {
        Ok(Body::Text(text)) => format!("\"{}\"", show::safe(text.as_str())),
        _ => format!("{} encrypted bytes", envelope.payload.len()),
    }
}

/// Breaks a text into lines of a column's width, at spaces.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        let length = line.chars().count().saturating_add(word.chars().count()).saturating_add(1);
        if line.is_empty() {
            line.push_str(word);
        } else if length <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
