//! People who use a relay while something is done to it.

use crate::{
    client::Client,
    entering::Nodes,
    ledger::{Ledger, Mark, Tally},
    people::{Appender, Owner, Recipient, Sender, Taker},
    person::{LOG, Person},
    running::soon,
};
use aside_wire::pb::{self, reply, request::Body};
use futures_util::future::join_all;
use std::{
    cell::{Cell, RefCell},
    ops::Range,
};

/// Who is who: numbers of people.
const SENDERS: Range<usize> = 0..4;
const APPENDERS: Range<usize> = 4..8;
const TAKERS: Range<usize> = 8..10;
const OWNER: usize = 10;
/// The first half of them listens all the time, the others come now and then.
pub(crate) const RECIPIENTS: Range<usize> = 11..17;
const LISTENERS: usize = 3;

/// What all of them share.
pub(crate) struct Shared {
    pub(crate) nodes: Nodes,
    pub(crate) people: Vec<Person>,
    pub(crate) ledger: RefCell<Ledger>,
    /// Nothing new is begun.
    pub(crate) ending: Cell<bool>,
    /// Senders some of whose messages the relay could not store at first: later ones may have overtaken them.
    pub(crate) put_off: RefCell<Vec<bool>>,
}

pub(crate) struct World {
    pub(crate) shared: Shared,
    senders: Vec<Sender>,
    appenders: Vec<Appender>,
    takers: Vec<Taker>,
    owner: Owner,
    recipients: Vec<Recipient>,
}

impl World {
    /// Registers everybody.
    pub(crate) async fn new(urls: &[&str]) -> Self {
        let people: Vec<_> = (0..RECIPIENTS.end).map(|who| Person::new(&format!("person{who}"))).collect();
        for person in &people {
            Client::join(urls[0], person).await;
        }
        let put_off = RefCell::new(vec![false; people.len()]);
        Self {
            shared: Shared {
                nodes: Nodes::new(urls),
                people,
                ledger: RefCell::new(Ledger::new()),
                ending: Cell::new(false),
                put_off,
            },
            senders: SENDERS.map(Sender::new).collect(),
            appenders: APPENDERS.map(Appender::new).collect(),
            takers: TAKERS.map(|who| Taker::new(who, OWNER)).collect(),
            owner: Owner::new(OWNER),
            recipients: RECIPIENTS.map(Recipient::new).collect(),
        }
    }

    /// Load while something happens; then everybody finishes what they have begun.
    pub(crate) async fn while_used(&mut self, disturbance: impl AsyncFnOnce(&Nodes)) {
        let Self { shared, senders, appenders, takers, owner, recipients } = self;
        let shared = &*shared;
        shared.ending.set(false);
        shared.ledger.borrow_mut().begin();
        let work = async {
            tokio::join!(
                join_all(senders.iter_mut().map(|sender| sender.work(shared))),
                join_all(appenders.iter_mut().map(|appender| appender.work(shared))),
                join_all(takers.iter().map(|taker| taker.work(shared))),
                owner.work(shared),
                async {
                    disturbance(&shared.nodes).await;
                    shared.ending.set(true);
                }
            )
        };
        let listening =
            join_all(recipients.iter_mut().take(LISTENERS).map(|recipient| recipient.listen(shared)));
        tokio::select! {
            _ = work => (),
            _ = listening => panic!("nobody stops listening"),
        }
    }

    /// Everybody fetches what waits; then what was seen must be what was acknowledged.
    pub(crate) async fn settle(&mut self) -> Tally {
        let shared = &self.shared;
        soon(join_all(self.recipients.iter_mut().map(|recipient| recipient.catch_up(shared)))).await;
        let log = soon(self.log()).await;
        let ledger = self.shared.ledger.borrow();
        let mut tally = ledger.judge(&log);
        let unnoticed = ledger.unnoticed(&log, &RECIPIENTS.collect::<Vec<_>>());
        if unnoticed > 0 {
            tally.wrong.push(format!("{unnoticed} entries without all their notices"));
        }
        tally
    }

    /// The log as it stands.
    async fn log(&self) -> Vec<Mark> {
        let mut line = self.shared.nodes.enter(0, &self.shared.people[OWNER]).await;
        let mut log = Vec::new();
        loop {
            let from = u64::try_from(log.len()).unwrap() + 1;
            let request = pb::FetchEntries { log: LOG.to_vec(), from };
            let Ok(reply::Body::Entries(page)) = line.ask(Body::FetchEntries(request)).await else {
                panic!("the log cannot be read");
            };
            log.extend(page.entries.iter().map(|entry| Mark::read(entry)));
            if u64::try_from(log.len()).unwrap() == page.newest {
                return log;
            }
            assert!(!page.entries.is_empty());
        }
    }
}
