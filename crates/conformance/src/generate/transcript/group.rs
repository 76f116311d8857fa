//! `transcripts/group.json`: a group of three, who becomes two, and three again.

use super::{Cast, Part, Result, Said, Talk, about, of, out_of, people, plain, said, sheet, text};
use crate::{
    generate::{
        group::{ADD, CREATE, Log, REKEY, REMOVE, add, create, log_key, rekey, remove},
        proto,
        sheet::note,
    },
    value::{Fields, Value},
    vector::File,
};

/// The file.
pub(in crate::generate) fn group() -> Result<File> {
    let about = "A group of three: made, talked in, somebody removed, the log and its chains renewed, somebody who comes late.";
    let alice = Cast::new("alice")?.with_prekeys("alice")?;
    let bob = Cast::bob()?;
    let carol = Cast::new("carol")?.with_prekeys("carol")?;
    let dave = Cast::new("dave")?.with_prekeys("dave")?;
    let cast = [("alice", &alice), ("bob", &bob), ("carol", &carol), ("dave", &dave)];
    let mut sheet = sheet(about, people(&cast)?);
    let comment = "The relay sees who is told and who gets what, and neither the name of the group nor what an entry does.";
    let note = note(
        "transcript-group",
        "LEA-1 LEA-4 GRP-14 GRP-17 GRP-18 GRP-19 GRP-34 GRP-37 GRP-41 CON-13 RLY-31",
        comment,
    );
    sheet.script(note.threat("G2"), |script| {
        let mut circle = Circle::new(Talk::new(script, &cast));
        circle.made(&cast)?;
        circle.talked()?;
        circle.left(&carol)?;
        circle.joined(&dave)
    })?;
    Ok(sheet.finish())
}

/// A group while it is played.
pub(super) struct Circle<'a, 'b> {
    pub(super) talk: Talk<'a, 'b>,
    pub(super) log: Log,
    /// The number of the log key, and the newest position under it.
    pub(super) segment: (u32, u64),
    /// The chains of the members by the name of their steps.
    pub(super) chains: Vec<Chain>,
}

/// A sending chain.
#[derive(Clone)]
pub(super) struct Chain {
    /// The step that began it.
    label: String,
    owner: String,
    epoch: u64,
    /// How many messages it has sent, and the step of the last.
    sent: u64,
    last: Option<String>,
}

impl<'a, 'b> Circle<'a, 'b> {
    pub(super) fn new(talk: Talk<'a, 'b>) -> Self {
        Self { talk, log: Log::default(), segment: (1, 0), chains: Vec::new() }
    }

    fn group(&self) -> Vec<u8> {
        self.log.group()
    }

    /// Appends the newest entry of the log, sealed under this log key, and tells these people: the steps `…`, which gives
    /// the group afterwards, `…-log`, `…-sealed`, `…-asks` and `…-seen`; and what each of them has of it then.
    pub(super) fn append(&mut self, label: &str, by: &str, told: &[&str]) -> Result<()> {
        let before: Vec<_> = self.log.entries.iter().rev().skip(1).rev().cloned().collect();
        let entry = self.log.entries.last().cloned().ok_or("a log has entries")?;
        let input = Fields::new().bytes_list("log", &before).bytes("entry", &entry);
        self.talk.pure(label, by, "group.append", input)?;
        self.talk.enter("group", plain(self.group()));
        let (number, position) = self.segment;
        self.segment = (number, position.saturating_add(1));
        let key = Fields::new().bytes("group", self.group()).bytes("log_key", log_key(number));
        self.talk.pure(&format!("{label}-log"), by, "group.log_id", key.clone())?;
        let sealed = format!("{label}-sealed");
        self.talk.pure(&sealed, by, "group.entry.seal", key.clone().bytes("entry", &entry))?;
        let input = Fields::new()
            .with("log", of(&format!("{label}-log"), "log"))
            .number("position", self.segment.1)
            .with("entry", of(&sealed, "stored"));
        let input = self.recipients(input, told)?;
        self.talk.ask(label, by, "append_entry", input)?;
        self.talk.wait(200);
        for who in told {
            let step = format!("{label}-at-{who}");
            let opened = key.clone().with("stored", of(&sealed, "stored"));
            self.talk.pure(&step, who, "group.entry.open", opened)?;
            let judged = Fields::new().bytes_list("log", &before).with("entry", of(&step, "entry"));
            self.talk.pure(&format!("{label}-judged-by-{who}"), who, "group.append", judged)?;
        }
        self.talk.wait(1_000);
        Ok(())
    }

    fn recipients(&self, input: Fields, told: &[&str]) -> Result<Fields> {
        let accounts = told.iter().map(|who| self.talk.account(who)).collect::<Result<Vec<_>>>()?;
        Ok(input.bytes_list("accounts", accounts).bytes_list("devices", told.iter().map(|_| [1u8])))
    }

    /// Somebody reads a segment of the log from its beginning.
    pub(super) fn read(&mut self, label: &str, who: &str, number: u32) -> Result<()> {
        let key = Fields::new().bytes("group", self.group()).bytes("log_key", log_key(number));
        self.talk.pure(&format!("{label}-log"), who, "group.log_id", key)?;
        let input = Fields::new().with("log", of(&format!("{label}-log"), "log")).number("from", 1u32);
        self.talk.ask(label, who, "fetch_entries", input)
    }

    /// An invitation with these log keys.
    pub(super) fn invite(&mut self, label: &str, [by, to]: [&str; 2], keys: &[u32]) -> Result<()> {
        let head = [proto::number(1, self.log.sequence()), proto::bytes(2, self.log.head())].concat();
        let keys: Vec<u8> = keys.iter().flat_map(|number| proto::bytes(3, log_key(*number))).collect();
        let said = said(label, by, to, 17, [head, keys].concat()).between();
        self.talk.say(&said)?;
        let content = Fields::new().with("content", of(&format!("{label}-heard"), "content"));
        let to = self.talk.person(to)?;
        self.talk.pure(&format!("{label}-read"), &to, "group_invite.decode", content).map(|_| ())
    }

    /// Begins a chain of this epoch.
    pub(super) fn chain(&mut self, label: &str, owner: &str, epoch: u64) -> Result<()> {
        let input = Fields::new()
            .bytes("group", self.group())
            .bytes("account_key", self.talk.account(owner)?)
            .number("device_id", 1u32)
            .number("epoch", epoch)
            .with("plaintexts", Value::List(Vec::new()));
        self.talk.pure(label, owner, "group.encrypt", input)?;
        let (label, owner) = (label.to_owned(), owner.to_owned());
        self.chains.push(Chain { label, owner, epoch, sent: 0, last: None });
        Ok(())
    }

    fn find(&self, label: &str) -> Result<Chain> {
        let found = self.chains.iter().find(|chain| chain.label == label).cloned();
        found.ok_or_else(|| format!("there is no chain `{label}`").into())
    }

    /// Hands a chain over as it is now.
    pub(super) fn hand_over(&mut self, label: &str, chain: &str, [by, to]: [&str; 2]) -> Result<()> {
        let chain = self.find(chain)?;
        let iteration = if chain.sent == 0 { Vec::new() } else { proto::number(4, chain.sent) };
        let head = [
            proto::number(1, chain.epoch),
            proto::number(2, self.log.sequence()),
            proto::bytes(3, self.log.head()),
            iteration,
            vec![0x2A, 32],
        ];
        let content = vec![
            plain(head.concat()),
            chain.key(),
            plain([0x32, 32]),
            out_of(&chain.label, "signing_key"),
            plain(proto::bytes(7, log_key(self.segment.0))),
        ];
        self.talk.say(&said(label, by, to, 16, []).of(content).between())?;
        let content = Fields::new().with("content", of(&format!("{label}-heard"), "content"));
        let to = self.talk.person(to)?;
        self.talk.pure(&format!("{label}-read"), &to, "sender_key.decode", content).map(|_| ())
    }

    /// Something that is said to all these: the steps `…`, `…-keep`, `…-asks` and `…-seen`. It does not arrive yet.
    pub(super) fn send(&mut self, said: &Said, chain: &str, to: &[&str]) -> Result<()> {
        let Said { label, by, .. } = said;
        let chain = self.find(chain)?;
        let place = (by.clone(), "group".to_owned());
        let previous = self.talk.previous.get(&place).map(|step| out_of(step, "hash"));
        let signing: [u8; 32] = self.talk.script.drawn(&chain.label, "chain signing key")?;
        let input = self
            .talk
            .frame(said, &[], previous.as_slice())?
            .bytes("salt", [])
            .number("group_sequence", self.log.sequence())
            .bytes("group_head", self.log.head())
            .bytes("account_key", self.talk.account(by)?)
            .number("device_id", 1u32)
            .number("epoch", chain.epoch)
            .bytes("signing_private", signing)
            .number("iteration", chain.sent)
            .with("chain_key", chain.key().value());
        self.talk.pure(label, by, "group_frame.send", input)?;
        self.talk.previous.insert(place, label.clone());
        for known in self.chains.iter_mut().filter(|known| known.label == chain.label) {
            known.sent = known.sent.saturating_add(1);
            known.last = Some(label.clone());
        }
        let keep = self.talk.keep(label, by, said.kind, said.terms)?;
        let input = Fields::new().with("payload", of(label, "message")).text("keep", &keep);
        let input = self.recipients(input, to)?;
        self.talk.ask(label, by, "fan_out", input)
    }

    /// What somebody opens with a chain as the step of a handover says it.
    pub(super) fn opened(&self, chain: &str, iteration: u64, key: &str, message: &str) -> Result<Fields> {
        let chain = self.find(chain)?;
        Ok(Fields::new()
            .bytes("group", self.group())
            .bytes("account_key", self.talk.account(&chain.owner)?)
            .number("device_id", 1u32)
            .number("epoch", chain.epoch)
            .number("iteration", iteration)
            .with("chain_key", of(key, "chain_key"))
            .with("signing_key", of(key, "signing_key"))
            .with("message", of(message, "message")))
    }

    /// It arrives at somebody who has been handed the chain at its beginning, by the step of this name.
    pub(super) fn hear(&mut self, said: &Said, chain: &str, who: &str, key: &str) -> Result<()> {
        let input = self.opened(chain, 0, key, &said.label)?;
        let label = format!("{}-at-{who}", said.label);
        self.talk.pure(&label, who, "group_frame.receive", input)?;
        self.judge(&format!("{label}-judged"), who, chain)
    }

    /// What the log says of a message that names its newest entry.
    fn judge(&mut self, label: &str, who: &str, chain: &str) -> Result<()> {
        let chain = self.find(chain)?;
        let learned = self.log.entries.iter().map(|_| Value::Number(self.talk.now)).collect();
        let input = Fields::new()
            .bytes_list("log", &self.log.entries)
            .with("learned", Value::List(learned))
            .number("now", self.talk.now)
            .bytes("account_key", self.talk.account(&chain.owner)?)
            .number("device_id", 1u32)
            .number("epoch", chain.epoch)
            .number("last", 0u32)
            .number("sequence", self.log.sequence())
            .bytes("head", self.log.head());
        self.talk.pure(label, who, "group.judge", input).map(|_| ())
    }

    /// Alice makes a group and takes Bob and Carol in, who get the log key.
    pub(super) fn made(&mut self, cast: &[(&str, &Cast)]) -> Result<()> {
        let [(_, alice), (_, bob), (_, carol), ..] = cast else { return Err("three people".into()) };
        self.log.append(alice, CREATE, &create(alice));
        self.append("making", "alice", &[])?;
        self.log.append(alice, ADD, &add(&[bob, carol]));
        self.append("adding", "alice", &[])?;
        self.talk.begin("alice-bob", "bob", 7)?;
        self.talk.begin("alice-carol", "carol", 7)?;
        self.talk.enter("group", plain(self.group()));
        self.invite("invitation-of-bob", ["alice-bob", "bob-alice"], &[1])?;
        self.invite("invitation-of-carol", ["alice-carol", "carol-alice"], &[1])?;
        for who in ["bob", "carol"] {
            self.read(&format!("{who}-reads-the-log"), who, 1)?;
        }
        self.chain("chain-of-alice", "alice", 1)?;
        self.hand_over("chain-for-bob", "chain-of-alice", ["alice-bob", "bob-alice"])?;
        self.hand_over("chain-for-carol", "chain-of-alice", ["alice-carol", "carol-alice"])
    }

    /// Says something with Alice's chain that Bob and Carol hear.
    pub(super) fn tell(&mut self, said: &Said) -> Result<()> {
        self.send(said, "chain-of-alice", &["bob", "carol"])?;
        self.talk.wait(200);
        self.hear(said, "chain-of-alice", "bob", "chain-for-bob-read")?;
        self.hear(said, "chain-of-alice", "carol", "chain-for-carol-read")?;
        self.talk.wait(1_000);
        Ok(())
    }

    fn talked(&mut self) -> Result<()> {
        self.tell(&said("hello", "alice", "", 1, text("hello, both of you")))?;
        self.tell(&said("again", "alice", "", 1, text("who is coming?")))?;
        let alice = self.talk.account("alice")?;
        let rest =
            [proto::number(2, 1), proto::bytes(3, text("Me, for one")), proto::bytes(15, "↪ Me, for one")];
        let reply = said("reply", "alice", "", 10, []).of(about("again", &alice, rest.concat()));
        self.tell(&reply)?;
        let rest = [proto::number(2, 1), proto::bytes(3, text("Who is coming tonight?"))].concat();
        self.tell(&said("edit", "alice", "", 12, []).of(about("again", &alice, rest)))?;
        // The first that Bob says: his chain goes before it.
        self.talk.begin("bob-carol", "carol", 8)?;
        self.chain("chain-of-bob", "bob", 1)?;
        self.hand_over("bobs-chain-for-alice", "chain-of-bob", ["bob-alice", "alice-bob"])?;
        self.hand_over("bobs-chain-for-carol", "chain-of-bob", ["bob-carol", "carol-bob"])?;
        let reaction = super::reaction("reaction", "bob", "", "again", &alice, "👍", 1);
        self.send(&reaction, "chain-of-bob", &["carol", "alice"])?;
        self.hear(&reaction, "chain-of-bob", "alice", "bobs-chain-for-alice-read")?;
        self.hear(&reaction, "chain-of-bob", "carol", "bobs-chain-for-carol-read")
    }

    /// Alice removes Carol; the log gets another key, and each chain an end.
    fn left(&mut self, carol: &Cast) -> Result<()> {
        let alice = Cast::new("alice")?;
        self.log.append(&alice, REMOVE, &remove(&[carol]));
        self.append("removing", "alice", &["bob", "carol"])?;
        self.invite("new-log-key", ["alice-bob", "bob-alice"], &[1, 2])?;
        self.log.append(&alice, REKEY, &rekey(2));
        self.append("rekeying", "alice", &["bob"])?;
        self.segment = (2, 0);
        for who in ["alice", "bob"] {
            self.read(&format!("{who}-reads-the-new-log"), who, 2)?;
        }
        let epoch = self.epoch("rekeying")?;
        self.chain("second-chain-of-alice", "alice", epoch)?;
        self.hand_over("second-chain-for-bob", "second-chain-of-alice", ["alice-bob", "bob-alice"])?;
        let alone = said("alone", "alice", "", 1, text("we are two now"));
        self.send(&alone, "second-chain-of-alice", &["bob"])?;
        self.hear(&alone, "second-chain-of-alice", "bob", "second-chain-for-bob-read")?;
        // What the relay gives her opens with nothing that she has.
        let input = self.opened("chain-of-alice", 0, "chain-for-carol-read", "alone")?;
        self.talk.refuse("alone-at-carol", "carol", "group_frame.receive", input, "no_session")
    }

    /// The epoch after the entry of a step.
    pub(super) fn epoch(&self, step: &str) -> Result<u64> {
        self.talk.script.out_number(step, "epoch")
    }

    /// Dave comes late: he gets every log key, and the chain from the next message on.
    fn joined(&mut self, dave: &Cast) -> Result<()> {
        let alice = Cast::new("alice")?;
        self.log.append(&alice, ADD, &add(&[dave]));
        self.append("adding-dave", "alice", &["bob"])?;
        self.talk.begin("alice-dave", "dave", 7)?;
        self.talk.enter("group", plain(self.group()));
        self.invite("invitation-of-dave", ["alice-dave", "dave-alice"], &[1, 2])?;
        for (number, label) in [(1, "dave-reads-the-old-log"), (2, "dave-reads-the-log")] {
            self.read(label, "dave", number)?;
        }
        self.hand_over("chain-for-dave", "second-chain-of-alice", ["alice-dave", "dave-alice"])?;
        let welcome = said("welcome", "alice", "", 1, text("welcome, Dave"));
        self.send(&welcome, "second-chain-of-alice", &["dave", "bob"])?;
        self.hear(&welcome, "second-chain-of-alice", "bob", "second-chain-for-bob-read")?;
        let input = self.opened("second-chain-of-alice", 1, "chain-for-dave-read", "welcome")?;
        self.talk.pure("welcome-at-dave", "dave", "group_frame.receive", input)?;
        // What was said before he came stays closed (GRP-34).
        let early = self.opened("second-chain-of-alice", 1, "chain-for-dave-read", "alone")?;
        self.talk.refuse("alone-at-dave", "dave", "group_frame.receive", early, "no_session")
    }
}

impl Chain {
    /// The chain key of the next message.
    fn key(&self) -> Part {
        out_of(self.last.as_ref().unwrap_or(&self.label), "chain_key")
    }
}
