//! The group on stage: Alice makes it, Carol is in it for a while.

use super::{Eye, Stage};
use crate::{
    commands::news::words,
    failure::Failure,
    name::{Name, called},
    show,
};
use aside_client::{Conversation, Engine, Error, Event, Misuse, Standing, Step, driver::Client};

use aside_content::Text;
use aside_group::GroupEvent;
use aside_identity::{GroupId, Handle};

impl Stage {
    pub(in super::super) async fn carol_comes(&mut self) -> Result<(), Failure> {
        let carol = self.person("carol").await?;
        self.people.push(carol);
        self.head()?;
        self.tell(Eye::Carol, "my account key and device keys")?;
        self.tell(Eye::Relay, "@carol and her public keys")
    }

    pub(in super::super) async fn alice_makes_group(&mut self, name: &str) -> Result<(), Failure> {
        let others: Vec<Handle> =
            self.people.iter().skip(1).map(|client| client.engine().handle().clone()).collect();
        self.tell(Eye::Alice, &format!("I make the group \"{name}\" with @bob and @carol"))?;
        let alice = self.client(Eye::Alice)?;
        for handle in &others {
            alice.look_up(handle).await?;
        }
        let group = alice.step(|engine, step| {
            let group = engine.create_group(step, name, false)?;
            engine.add_to_group(step, &group, &others)?;
            Ok(group)
        })?;
        let report = alice.flush(&mut |_| {}).await?;
        self.group = Some(group);
        Failure::check(&report)
    }

    pub(in super::super) async fn accepts_group(&mut self, who: Eye) -> Result<(), Failure> {
        self.tell(who, "I accept")?;
        self.act(who, |engine, step, group| engine.accept_group(step, group)).await
    }

    pub(in super::super) async fn says_in_group(&mut self, who: Eye, text: &str) -> Result<(), Failure> {
        self.tell(who, &format!("me, group: {text}"))?;
        let text = Text::new(text).map_err(|_| Misuse::Text)?;
        self.act(who, |engine, step, group| engine.send_to_group(step, group, text).map(drop)).await
    }

    pub(in super::super) async fn alice_puts_carol_out(&mut self) -> Result<(), Failure> {
        let carol = self.client(Eye::Carol)?.engine().address().account;
        self.tell(Eye::Alice, "I put @carol out")?;
        self.act(Eye::Alice, |engine, step, group| engine.remove_from_group(step, group, &[carol])).await
    }

    /// Fails the demo if Carol got something that was said without her.
    pub(in super::super) fn carol_has_not(&mut self, text: &str) -> Result<(), Failure> {
        let group = self.group.ok_or(Misuse::NoGroup)?;
        let carol = self.client(Eye::Carol)?;
        let all = carol
            .step(|engine, step| Ok(engine.messages(step, Conversation::Group(group), 0, usize::MAX)?))?;
        if all.iter().any(|message| show::body(&message.body) == text) {
            return Err(Failure::Other("Carol reads what was said without her.".to_owned()));
        }
        self.tell(Eye::Carol, "nothing of what was said since")
    }

    /// What the relay has of the group's log, if it has more than when it was last seen.
    pub(super) fn relay_sees_log(&mut self) -> Result<(), Failure> {
        let entries = aside_relay::logged(&self.directory.path().join("relay"))
            .map_err(|error| Failure::Other(error.to_string()))?;
        for entry in entries.iter().skip(self.logged) {
            self.tell(
                Eye::Relay,
                &format!("a log, entry {}: {} encrypted bytes", entry.position, entry.entry.len()),
            )?;
        }
        self.logged = entries.len();
        for entry in entries {
            self.seen_by_relay.add(entry.entry);
        }
        Ok(())
    }

    /// One person does something with the group, and everything is sent.
    async fn act(
        &mut self,
        who: Eye,
        act: impl FnOnce(&Engine, &mut Step<'_>, &GroupId) -> Result<(), Error>,
    ) -> Result<(), Failure> {
        let group = self.group.ok_or(Misuse::NoGroup)?;
        let client = self.client(who)?;
        client.step(|engine, step| act(engine, step, &group))?;
        let report = client.flush(&mut |_| {}).await?;
        Failure::check(&report)
    }
}

/// What somebody sees of groups after fetching: invitations, changes, messages.
pub(super) fn news(client: &mut Client, events: &[Event]) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    for summary in client.step(|engine, step| Ok(engine.groups(step.tx)?))? {
        let conversation = Conversation::Group(summary.group);
        let name = called(summary.name.as_deref(), &summary.group);
        if summary.standing == Standing::Invited {
            lines.push(format!("I am taken into {name}, {} people", summary.members));
            continue;
        }
        let messages = client.step(|engine, step| {
            let shown = engine.shown(step.tx, conversation)?;
            Ok(engine.messages(step, conversation, shown, usize::MAX)?)
        })?;
        for message in messages {
            let from = Name::of(client, &message.sender)?;
            if from.handle() != Some(client.engine().handle()) {
                lines.push(format!("{from}, group: {}", show::body(&message.body)));
            }
            client.step(|engine, step| engine.mark_shown(step, conversation, message.index))?;
        }
        for event in events {
            match event {
                Event::GroupLeft { by, .. } => lines.push(format!("{} put me out", Name::of(client, by)?)),
                Event::GroupChanged { change, .. }
                    if summary.standing == Standing::Joined
                        && !matches!(change.event, GroupEvent::Rekeyed { .. }) =>
                {
                    lines.push(words(client, change)?);
                }
                _ => {}
            }
        }
    }
    Ok(lines)
}
