//! The people, the relay and the three columns in which the demo prints what they see.

use super::evidence::Evidence;
use crate::{commands::inbox::author, failure::Failure, show};
use aside_client::{ChatState, Conversation, Engine, Error, Misuse, Step, driver::Client};
use aside_content::{Body, ThreadFrame};
use aside_identity::Handle;
use aside_relay::{Config, Relay};
use aside_wire::{decode, pb};
use std::collections::BTreeMap;
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

/// Width of a column in characters.
const COLUMN: usize = 24;

/// Which column a line belongs to.
#[derive(Clone, Copy)]
enum Eye {
    Alice,
    Relay,
    Bob,
}

/// Everything on stage. The directories vanish with it.
pub(super) struct Stage {
    directory: TempDir,
    url: String,
    stop: oneshot::Sender<()>,
    relay: JoinHandle<()>,
    people: Option<(Client, Client)>,
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
        show::print(row(["Alice sees", "the relay can see", "Bob sees"], " | "))?;
        show::print(row(["-"; 3].map(|dash| dash.repeat(COLUMN)).each_ref().map(String::as_str), "-+-"))?;
        Ok(Self { directory, url, stop, relay, people: None, seen_by_relay: Evidence::default() })
    }

    /// Says what happens next, across all columns.
    pub(super) fn scene(&self, text: &str) -> Result<(), Failure> {
        show::print(row(["", "", ""], " | "))?;
        show::print(format_args!("## {text}"))
    }

    pub(super) async fn register(&mut self) -> Result<(), Failure> {
        let alice = self.person("alice").await?;
        let bob = self.person("bob").await?;
        self.people = Some((alice, bob));
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

    pub(super) async fn bob_writes_in_chat(&mut self, text: &str) -> Result<(), Failure> {
        self.tell(Eye::Bob, &format!("me, chat: {text}"))?;
        self.write(Eye::Bob, |engine, step, to| engine.send_to_chat(step, to, text).map(drop)).await
    }

    pub(super) async fn alice_reads(&mut self) -> Result<(), Failure> {
        self.read(Eye::Alice).await
    }

    pub(super) async fn bob_reads(&mut self) -> Result<(), Failure> {
        self.read(Eye::Bob).await
    }

    /// One person does something for the other, and everything is sent.
    async fn write(
        &mut self,
        who: Eye,
        act: impl FnOnce(&Engine, &mut Step<'_>, &Handle) -> Result<(), Error>,
    ) -> Result<(), Failure> {
        let (client, other) = self.pair(who)?;
        let to = other.engine().handle().clone();
        if client.step(|engine, step| Ok(engine.peer_by_handle(step.tx, &to)?))?.is_none() {
            client.look_up(&to).await?;
        }
        client.step(|engine, step| act(engine, step, &to))?;
        let report = client.flush(&mut |_| {}).await?;
        Failure::check(&report)
    }

    /// One person fetches and sees what is new.
    async fn read(&mut self, who: Eye) -> Result<(), Failure> {
        let (client, _) = self.pair(who)?;
        client.catch_up(&mut |_| {}).await?;
        let mut lines = Vec::new();
        for summary in client.step(|engine, step| Ok(engine.conversations(step.tx)?))? {
            let conversation = summary.conversation;
            if summary.state == Some(ChatState::Requested) {
                lines.push(format!("{} asks to talk encrypted; {} waits", summary.handle, summary.unread));
                continue;
            }
            let kind = match conversation {
                Conversation::Thread(_) => "thread",
                Conversation::Chat(_) => "chat",
                Conversation::Group(_) => "group",
            };
            let shown = client.step(|engine, step| Ok(engine.shown(step.tx, conversation)?))?;
            let messages = client
                .step(|engine, step| Ok(engine.messages(step.tx, conversation, shown, usize::MAX)?))?;
            for message in messages {
                let from = author(client, &message, &summary.handle);
                if from != *client.engine().handle() {
                    lines.push(format!("{from}, {kind}: {}", show::body(&message.body)));
                }
                client.step(|engine, step| Ok(engine.mark_shown(step, conversation, message.index)?))?;
            }
        }
        for line in lines {
            self.tell(who, &line)?;
        }
        Ok(())
    }

    /// What lies at the relay now, as far as it can be read there.
    pub(super) fn relay_sees(&mut self) -> Result<(), Failure> {
        let names = self.names()?;
        let entries = aside_relay::stored(&self.directory.path().join("relay"))
            .map_err(|error| Failure::Other(error.to_string()))?;
        if entries.is_empty() {
            self.tell(Eye::Relay, "an empty mailbox")?;
        }
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
    pub(super) async fn verdict(mut self, thread: &[&str], chat: &[&str]) -> Result<(), Failure> {
        let files = self.directory.path().join("relay");
        // Before it shuts down, so that what is only in its journal counts too.
        self.seen_by_relay.add_files(&files)?;
        // The relay may be gone already; then there is nobody to tell.
        let _ = self.stop.send(());
        self.relay.await.map_err(|error| Failure::Other(error.to_string()))?;
        self.seen_by_relay.add_files(&files)?;

        show::print("")?;
        show::print(self.seen_by_relay.verdict(thread, chat)?)
    }

    fn pair(&mut self, who: Eye) -> Result<(&mut Client, &mut Client), Failure> {
        let (alice, bob) = self.people.as_mut().ok_or(Misuse::NotRegistered)?;
        Ok(match who {
            Eye::Bob => (bob, alice),
            Eye::Alice | Eye::Relay => (alice, bob),
        })
    }

    fn names(&mut self) -> Result<BTreeMap<[u8; 32], String>, Failure> {
        let (alice, bob) = self.pair(Eye::Alice)?;
        let name = |client: &Client| {
            (*client.engine().address().account.as_bytes(), client.engine().handle().to_string())
        };
        Ok([name(alice), name(bob)].into())
    }

    fn tell(&self, eye: Eye, text: &str) -> Result<(), Failure> {
        for line in wrap(text) {
            let columns = match eye {
                Eye::Alice => [line.as_str(), "", ""],
                Eye::Relay => ["", &line, ""],
                Eye::Bob => ["", "", &line],
            };
            show::print(row(columns, " | "))?;
        }
        Ok(())
    }
}

/// What anybody who holds an envelope can tell of it.
fn readable(envelope: &[u8]) -> String {
    let Ok(envelope) = decode::<pb::Envelope>(envelope) else { return "damaged".to_owned() };
    match ThreadFrame::decode(&envelope.payload).map(|frame| frame.frame.body) {
        Ok(Body::Text(text)) => format!("\"{}\"", show::safe(text.as_str())),
        _ => format!("{} encrypted bytes", envelope.payload.len()),
    }
}

fn row(columns: [&str; 3], between: &str) -> String {
    let [alice, relay, bob] = columns;
    format!("{alice:COLUMN$}{between}{relay:COLUMN$}{between}{bob}").trim_end().to_owned()
}

/// Breaks a text into lines of a column's width, at spaces.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        let length = line.chars().count().saturating_add(word.chars().count()).saturating_add(1);
        if line.is_empty() {
            line.push_str(word);
        } else if length <= COLUMN {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
