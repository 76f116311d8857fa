//! What people do, and that they do it again until it is answered.

use crate::{
    entering::PAUSE,
    ledger::Mark,
    line::{Gone, Line},
    person::{self, LOG, Person},
    world::{RECIPIENTS, Shared},
};
use aside_identity::PrekeyKind;
use aside_wire::pb::{self, EnvelopeKind, RefusalCode, reply, request::Body};
use prost::Message as _;
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    time::Duration,
};
use tokio::time::sleep;

/// Sends of one person that are under way at once.
const WINDOW: usize = 16;
/// Length of what is sent.
const LENGTH: usize = 200;
/// A recipient acknowledges every so many.
const ACKNOWLEDGE: usize = 16;
const PREKEYS: u32 = 10;

/// What is sent: the mark and something behind it.
fn text(mark: Mark) -> Vec<u8> {
    let mut text = mark.bytes().to_vec();
    text.resize(LENGTH, 0x5A);
    text
}

/// Sends to one person or to some, several under way at once.
pub(crate) struct Sender {
    who: usize,
    next: u64,
    /// What was begun and not answered, and whether it may be under way somewhere already.
    unanswered: BTreeSet<u64>,
    tried: BTreeSet<u64>,
}

impl Sender {
    pub(crate) fn new(who: usize) -> Self {
        Self { who, next: 0, unanswered: BTreeSet::new(), tried: BTreeSet::new() }
    }

    /// To whom one goes; it follows from the number, so that a repetition is the same.
    fn recipients(number: u64) -> Vec<usize> {
        let count = RECIPIENTS.len();
        let at = |step: u64| RECIPIENTS.start + usize::try_from(number / 3 + step).unwrap() % count;
        if number.is_multiple_of(4) { vec![at(0), at(1), at(3)] } else { vec![at(0)] }
    }

    pub(crate) async fn work(&mut self, shared: &Shared) {
        while !(shared.ending.get() && self.unanswered.is_empty()) {
            let mut line = shared.nodes.enter(self.who, &shared.people[self.who]).await;
            // Whatever broke, it goes on with another connection.
            let _ = self.flood(&mut line, shared).await;
        }
    }

    async fn flood(&mut self, line: &mut Line, shared: &Shared) -> Result<(), Gone> {
        let mut repeat: VecDeque<u64> = self.unanswered.iter().copied().collect();
        let mut under_way = HashMap::new();
        loop {
            if under_way.len() < WINDOW && !(repeat.is_empty() && shared.ending.get()) {
                let number = repeat.pop_front().unwrap_or_else(|| {
                    self.next += 1;
                    self.unanswered.insert(self.next);
                    self.next
                });
                let id = line.post(self.request(number, shared)).await?;
                under_way.insert(id, number);
                continue;
            }
            if under_way.is_empty() {
                return Ok(());
            }
            let answer = line.answer().await.inspect_err(|_| self.tried.extend(under_way.values()))?;
            let number = under_way.remove(&answer.id).expect("an answer to what was asked");
            match self.answered(number, answer.body.unwrap(), shared) {
                Answered::Done => {
                    self.unanswered.remove(&number);
                    self.tried.remove(&number);
                }
                Answered::Later => {
                    self.tried.insert(number);
                    shared.put_off.borrow_mut()[self.who] = true;
                    repeat.push_back(number);
                    sleep(PAUSE).await;
                }
            }
        }
    }

    fn request(&self, number: u64, shared: &Shared) -> Body {
        let text = text(Mark { sender: self.who, number });
        match Self::recipients(number)[..] {
            [one] => Body::Send(shared.people[one].letter(number, &text)),
            ref some => {
                let some: Vec<_> = some.iter().map(|who| &shared.people[*who]).collect();
                Body::FanOut(person::circular(number, &some, &text))
            }
        }
    }

    fn answered(&self, number: u64, answer: reply::Body, shared: &Shared) -> Answered {
        let mark = Mark { sender: self.who, number };
        let mut recipients = Self::recipients(number);
        match answer {
            reply::Body::Accepted(_) => (),
            reply::Body::FannedOut(outcome) => recipients.retain(|who| got(&outcome, &shared.people[*who])),
            reply::Body::Refusal(refusal) => {
                return match refusal.code() {
                    RefusalCode::Unavailable | RefusalCode::Rate => Answered::Later,
                    RefusalCode::MailboxFull if self.tried.contains(&number) => Answered::Later,
                    RefusalCode::MailboxFull => {
                        shared.ledger.borrow_mut().refuse(mark);
                        Answered::Done
                    }
                    _ => panic!("{}", refusal.detail),
                };
            }
            _ => panic!("another answer"),
        }
        shared.ledger.borrow_mut().accept(mark, recipients);
        Answered::Done
    }
}

enum Answered {
    Done,
    Later,
}

fn got(outcome: &pb::FannedOut, person: &Person) -> bool {
    !outcome.missed.iter().any(|missed| missed.account_key == person.key())
}

/// Appends to the one log, in competition with others.
pub(crate) struct Appender {
    who: usize,
    next: u64,
    newest: u64,
}

/// Entries are rationed: more often than that they are refused.
const BETWEEN_ENTRIES: Duration = Duration::from_millis(50);

impl Appender {
    pub(crate) fn new(who: usize) -> Self {
        Self { who, next: 0, newest: 0 }
    }

    pub(crate) async fn work(&mut self, shared: &Shared) {
        let mut line = None;
        while !shared.ending.get() {
            self.next += 1;
            let mark = Mark { sender: self.who, number: self.next };
            let mut first = true;
            // One entry, until it is decided.
            loop {
                let on = match &mut line {
                    Some(line) => line,
                    None => line.insert(shared.nodes.enter(self.who, &shared.people[self.who]).await),
                };
                match self.append(on, mark, first, shared).await {
                    Ok(true) => break,
                    Ok(false) => sleep(PAUSE).await,
                    Err(Gone) => line = None,
                }
                first = false;
            }
            sleep(BETWEEN_ENTRIES).await;
        }
    }

    /// Whether it is decided.
    async fn append(
        &mut self,
        line: &mut Line,
        mark: Mark,
        first: bool,
        shared: &Shared,
    ) -> Result<bool, Gone> {
        let recipients: Vec<_> = RECIPIENTS.map(|who| &shared.people[who]).collect();
        let position = self.newest + 1;
        let entry = person::entry(mark.number, position, &recipients, &text(mark));
        match line.ask(Body::AppendEntry(entry)).await? {
            reply::Body::FannedOut(outcome) => {
                assert!(outcome.missed.is_empty(), "a full mailbox");
                shared.ledger.borrow_mut().append(position, mark, RECIPIENTS.collect());
                self.newest = position;
            }
            reply::Body::Refusal(refusal) => match refusal.code() {
                // Nothing can stand there any more but what does.
                RefusalCode::LogMoved => {
                    shared.ledger.borrow_mut().refuse(mark);
                    self.newest = newest(line).await?;
                }
                RefusalCode::Rate if first => shared.ledger.borrow_mut().refuse(mark),
                RefusalCode::Rate | RefusalCode::Unavailable => return Ok(false),
                _ => panic!("{}", refusal.detail),
            },
            _ => panic!("another answer"),
        }
        Ok(true)
    }
}

async fn newest(line: &mut Line) -> Result<u64, Gone> {
    let request = pb::FetchEntries { log: LOG.to_vec(), from: 1 };
    match line.ask(Body::FetchEntries(request)).await? {
        reply::Body::Entries(entries) => Ok(entries.newest),
        _ => Err(Gone),
    }
}

/// Publishes prekeys that others take.
pub(crate) struct Owner {
    who: usize,
    signed: Option<Vec<u8>>,
    next: u32,
}

impl Owner {
    pub(crate) fn new(who: usize) -> Self {
        Self { who, signed: None, next: 1 }
    }

    pub(crate) async fn work(&mut self, shared: &Shared) {
        let person = &shared.people[self.who];
        let mut line = shared.nodes.enter(self.who, person).await;
        let signed_prekey = self.signed.get_or_insert_with(|| person.prekey(PrekeyKind::Signed, 1));
        while !shared.ending.get() {
            let ids = self.next..self.next + PREKEYS;
            self.next = ids.end;
            let one_time = ids.map(|id| person.prekey(PrekeyKind::OneTime, id)).collect();
            let upload = pb::PublishPrekeys { signed_prekey: signed_prekey.clone(), one_time };
            // Refused if there are too many: nobody took the last ones.
            if line.ask(Body::PublishPrekeys(upload)).await.is_err() {
                line = shared.nodes.enter(self.who, person).await;
            }
            sleep(3 * PAUSE).await;
        }
    }
}

/// Takes prekeys, each of which nobody else may get.
pub(crate) struct Taker {
    who: usize,
    owner: usize,
}

impl Taker {
    pub(crate) fn new(who: usize, owner: usize) -> Self {
        Self { who, owner }
    }

    pub(crate) async fn work(&self, shared: &Shared) {
        let mut line = shared.nodes.enter(self.who, &shared.people[self.who]).await;
        while !shared.ending.get() {
            let request = pb::FetchPrekeys { account_key: shared.people[self.owner].key(), device_id: 1 };
            match line.ask(Body::FetchPrekeys(request)).await {
                Ok(reply::Body::Prekeys(prekeys)) if !prekeys.one_time.is_empty() => {
                    shared.ledger.borrow_mut().hand_out(prekeys.one_time);
                }
                Ok(_) => sleep(PAUSE).await,
                Err(Gone) => line = shared.nodes.enter(self.who, &shared.people[self.who]).await,
            }
            sleep(PAUSE / 4).await;
        }
    }
}

/// Fetches what comes, and remembers how far: what comes again is not shown again.
pub(crate) struct Recipient {
    who: usize,
    committed: u64,
}

impl Recipient {
    pub(crate) fn new(who: usize) -> Self {
        Self { who, committed: 0 }
    }

    /// For ever, over one connection after another.
    pub(crate) async fn listen(&mut self, shared: &Shared) {
        loop {
            let mut line = shared.nodes.enter(self.who, &shared.people[self.who]).await;
            let _ = self.read(&mut line, shared, false).await;
        }
    }

    /// Until nothing waits.
    pub(crate) async fn catch_up(&mut self, shared: &Shared) {
        loop {
            let mut line = shared.nodes.enter(self.who, &shared.people[self.who]).await;
            if self.read(&mut line, shared, true).await.is_ok() {
                return;
            }
        }
    }

    async fn read(&mut self, line: &mut Line, shared: &Shared, to_the_end: bool) -> Result<(), Gone> {
        let id = line.post(Body::Subscribe(pb::Subscribe {})).await?;
        let (mut newest, mut last, mut unacknowledged) = (None, 0, 0);
        loop {
            if to_the_end && newest.is_some_and(|newest| self.committed >= newest) {
                let up_to = self.committed;
                line.post(Body::Acknowledge(pb::Acknowledge { up_to })).await?;
                line.answer().await?;
                return Ok(());
            }
            let reply = if to_the_end { line.answer().await? } else { line.next().await? };
            match reply.body.unwrap() {
                reply::Body::Subscribed(subscribed) => newest = Some(subscribed.newest),
                reply::Body::Delivery(delivery) => {
                    assert!(delivery.sequence > last, "RLY-11: ascending");
                    last = delivery.sequence;
                    self.take(delivery, shared);
                    unacknowledged += 1;
                }
                reply::Body::Acknowledged(_) => (),
                reply::Body::Refusal(refusal) => {
                    assert_eq!(refusal.code(), RefusalCode::Unavailable, "{}", refusal.detail);
                    if reply.id == id {
                        sleep(PAUSE).await;
                        return Err(Gone);
                    }
                }
                _ => panic!("another answer"),
            }
            if unacknowledged >= ACKNOWLEDGE {
                unacknowledged = 0;
                line.post(Body::Acknowledge(pb::Acknowledge { up_to: last })).await?;
            }
        }
    }

    fn take(&mut self, delivery: pb::Delivery, shared: &Shared) {
        if delivery.sequence <= self.committed {
            return;
        }
        self.committed = delivery.sequence;
        let envelope = pb::Envelope::decode(delivery.envelope.as_slice()).unwrap();
        let mark = if envelope.kind() == EnvelopeKind::GroupEntry {
            Mark::read(&pb::GroupLogEntry::decode(envelope.payload.as_slice()).unwrap().entry)
        } else {
            Mark::read(&envelope.payload)
        };
        let ordered = !shared.put_off.borrow()[mark.sender];
        shared.ledger.borrow_mut().see(self.who, mark, ordered);
    }
}
