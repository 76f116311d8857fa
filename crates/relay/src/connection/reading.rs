//! Takes requests from a connection, in order, and sees to it that each is answered.

use super::{
    answers::Answers,
    frame,
    outbox::{Gone, Outbox},
};
use crate::{
    budget::{Purse, Share},
    config::Timeouts,
    limits::{PIPELINE, STRANGER_BYTES, VIOLATIONS},
    refused::Refused,
    requests::{Desk, Outcome, Session},
    store::Mailbox,
    unfinished::Unfinished,
};
use aside_wire::{VERSION, decode, pb, pb::reply};
use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, WebSocket, close_code},
};
use futures_util::{FutureExt, StreamExt, stream::SplitStream};
use std::{fmt, pin::pin, sync::Arc};
use tokio::{
    sync::oneshot,
    time::{Instant, Interval, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The client closed it or vanished.
    Left,
    /// The relay shuts down.
    Shutdown,
    /// It broke the protocol too often, or not even the WebSocket's rules hold.
    Violation,
    /// A frame was larger than allowed.
    TooLarge,
    /// It did not log in, answer, or read in time.
    Silent,
}

/// What a message of the WebSocket is for the relay.
enum Taken {
    /// Nothing to answer.
    Nothing,
    Request {
        id: u64,
        body: pb::request::Body,
        bytes: usize,
    },
    /// The connection ends.
    End(Ending),
}

/// The reading loop of a connection.
pub(super) struct Reading<'a> {
    desk: &'a Desk,
    timeouts: Timeouts,
    session: Session,
    outbox: Outbox,
    subscribe: Option<oneshot::Sender<Mailbox>>,
    answers: Answers,
    purse: Purse,
    unfinished: Unfinished,
    /// Since when part of a frame is known to be there.
    unfinished_since: Option<Instant>,
    violations: u32,
    since: Instant,
    heard: Instant,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        desk: &'a Desk,
        timeouts: Timeouts,
        session: Session,
        outbox: Outbox,
        subscribe: oneshot::Sender<Mailbox>,
        unfinished: Unfinished,
    ) -> Self {
        let now = Instant::now();
        // RLY-101: what came before was HTTP.
        unfinished.clear();
        unfinished.bound(STRANGER_BYTES);
        Self {
            desk,
            timeouts,
            session,
            outbox,
            subscribe: Some(subscribe),
            answers: Answers::default(),
            purse: desk.budget.of_strangers(),
            unfinished,
            unfinished_since: None,
            violations: 0,
            since: now,
            heard: now,
        }
    }

    /// Reads until the connection ends, answers what was taken in, and says goodbye.
    pub(super) async fn run(
        mut self,
        stream: &mut SplitStream<WebSocket>,
        stop: &CancellationToken,
        alive: &CancellationToken,
    ) -> Ending {
        let ending = match self.greet_and_read(stream, stop, alive).await {
            Ok(ending) => ending,
            Err(Gone) => {
                // What is in the store's queue keeps its share, whoever is still there.
                self.answers.settle().await;
                return Ending::Silent;
            }
        };
        // RLY-17: what was taken in is answered before the connection ends.
        while let Some(answer) = self.answers.next().await {
            if self.put(answer).await.is_err() {
                self.answers.settle().await;
                return ending;
            }
        }
        if let Some(code) = ending.close_code() {
            let close = CloseFrame { code, reason: ending.to_string().into() };
            let _ = self.outbox.put(Message::Close(Some(close))).await;
        }
        ending
    }

    async fn greet_and_read(
        &mut self,
        stream: &mut SplitStream<WebSocket>,
        stop: &CancellationToken,
        alive: &CancellationToken,
    ) -> Result<Ending, Gone> {
        self.put(frame::reply(0, self.challenge())).await?;
        let Timeouts { login, frame, ping, dead_peer, .. } = self.timeouts;
        let step = login.min(frame).min(ping).min(dead_peer) / 2;
        let mut tick = interval(step);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(Ending::Shutdown),
                () = alive.cancelled() => return Err(Gone),
                Some(answer) = self.answers.next() => self.put(answer).await?,
                // RLY-15: beyond this, TCP holds the client back.
                message = stream.next(), if self.answers.len() < PIPELINE => match self.take(message).await? {
                    Taken::Nothing => (),
                    Taken::End(ending) => return Ok(ending),
                    Taken::Request { id, body, bytes } => match self.share(bytes, stop, alive, &mut tick).await? {
                        Ok(share) => self.answer(id, body, bytes, share).await?,
                        Err(ending) => return Ok(ending),
                    },
                },
                _ = tick.tick() => {
                    if self.is_overdue() || self.is_stuck() {
                        return Ok(Ending::Silent);
                    }
                    if self.heard.elapsed() >= self.timeouts.ping {
                        self.put(Message::Ping(Bytes::new())).await?;
                    }
                }
            }
        }
    }

    /// RLY-1: what the client signs is bound to this relay and this connection.
    fn challenge(&self) -> reply::Body {
        reply::Body::Challenge(pb::Challenge {
            version: VERSION,
            relay_name: self.desk.name.to_string(),
            relay_key: self.desk.key.as_bytes().to_vec(),
            nonce: self.session.nonce().to_vec(),
            parameters: self.desk.parameters.clone(),
        })
    }

    fn is_overdue(&self) -> bool {
        let anonymous = self.session.device().is_err();
        self.heard.elapsed() >= self.timeouts.dead_peer
            || anonymous && self.since.elapsed() >= self.timeouts.login
    }

    /// Whether a frame has been on its way for too long (RLY-101). Only looked at now and then, so that frames cost nothing
    /// more.
    fn is_stuck(&mut self) -> bool {
        if !self.unfinished.is_any() {
            self.unfinished_since = None;
            return false;
        }
        self.unfinished_since.get_or_insert_with(Instant::now).elapsed() >= self.timeouts.frame
    }

    /// What the WebSocket gave is no part of a frame any more.
    fn complete(&mut self, message: &Message) {
        match message {
            // Between the pieces of another one: header, mask and payload.
            Message::Ping(bytes) | Message::Pong(bytes) => {
                self.unfinished.subtract(bytes.len().saturating_add(6));
            }
            _ => {
                self.unfinished.clear();
                self.unfinished_since = None;
            }
        }
    }

    /// Puts a frame into the outbox.
    async fn put(&mut self, frame: Message) -> Result<(), Gone> {
        self.answers.meanwhile(self.outbox.put(frame)).await
    }

    /// Takes what the WebSocket gave.
    async fn take(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<Taken, Gone> {
        self.heard = Instant::now();
        if let Some(Ok(message)) = &message {
            self.complete(message);
        }
        match message {
            None | Some(Ok(Message::Close(_))) => Ok(Taken::End(Ending::Left)),
            Some(Err(error)) => Ok(Taken::End(Ending::of(&error))),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(Taken::Nothing),
            Some(Ok(Message::Text(_))) => {
                self.violation(0, Refused::new(pb::RefusalCode::Malformed, "requests are binary frames"))
                    .await
            }
            Some(Ok(Message::Binary(bytes))) => match decode::<pb::Request>(&bytes) {
                Ok(pb::Request { id, body: Some(body) }) if id != 0 => {
                    Ok(Taken::Request { id, body, bytes: bytes.len() })
                }
                Ok(pb::Request { id, .. }) => {
                    self.violation(id, Refused::new(pb::RefusalCode::Malformed, "no id or no body")).await
                }
                Err(malformed) => self.violation(frame::id_of(&bytes), malformed.into()).await,
            },
        }
    }

    /// RLY-16: refused, counted, and cut off when it does not stop.
    async fn violation(&mut self, id: u64, refused: Refused) -> Result<Taken, Gone> {
        self.desk.metrics.refused("none", &refused);
        self.put(frame::refusal(id, refused)).await?;
        self.violations = self.violations.saturating_add(1);
        Ok(if self.violations >= VIOLATIONS { Taken::End(Ending::Violation) } else { Taken::Nothing })
    }

    /// A share of the memory for requests, or why the connection ends without one; then the request was not taken in.
    async fn share(
        &mut self,
        bytes: usize,
        stop: &CancellationToken,
        alive: &CancellationToken,
        tick: &mut Interval,
    ) -> Result<Result<Share, Ending>, Gone> {
        if let Some(share) = self.purse.try_take(bytes) {
            return Ok(Ok(share));
        }
        let mut share = pin!(self.purse.take(bytes));
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(Err(Ending::Shutdown)),
                () = alive.cancelled() => return Err(Gone),
                share = self.answers.meanwhile(share.as_mut()) => return share.map(Ok).ok_or(Gone),
                _ = tick.tick() => {
                    if self.is_overdue() {
                        return Ok(Err(Ending::Silent));
                    }
                }
            }
        }
    }

    /// Answers a request now, or sees to it that it is answered. It holds its share until it is decided, and no longer:
    /// whether its client reads the answer is nobody else's matter (RLY-100).
    async fn answer(
        &mut self,
        id: u64,
        body: pb::request::Body,
        bytes: usize,
        share: Share,
    ) -> Result<(), Gone> {
        let kind = self.desk.metrics.request(&body, bytes);
        let decided = self.answers.meanwhile(self.desk.decide(&mut self.session, body)).await;
        if let (true, Ok(device)) = (self.purse.is_strangers(), self.session.device()) {
            self.purse = self.desk.budget.of(device.account);
            // From now on the WebSocket's own limit holds.
            self.unfinished.bound(usize::MAX);
        }
        match decided {
            Outcome::Now(outcome) => {
                drop(share);
                self.desk.metrics.outcome(kind, &outcome);
                self.put(frame::answer(id, outcome)).await
            }
            Outcome::Later(outcome) => {
                let metrics = Arc::clone(&self.desk.metrics);
                let answer = outcome.map(move |outcome| {
                    drop(share);
                    metrics.outcome(kind, &outcome);
                    frame::answer(id, outcome)
                });
                self.answers.expect(answer.boxed());
                Ok(())
            }
            Outcome::Subscribed(subscribed) => {
                drop(share);
                self.put(frame::reply(id, reply::Body::Subscribed(subscribed))).await?;
                if let (Ok(device), Some(subscribe)) = (self.session.device(), self.subscribe.take()) {
                    // An error means that the delivering loop has ended, and so does this one.
                    let _ = subscribe.send(device);
                }
                Ok(())
            }
        }
    }
}

impl Ending {
    fn of(error: &axum::Error) -> Self {
        // axum hides the type of the error; its text is the only way to tell.
        if error.to_string().contains("too long") { Self::TooLarge } else { Self::Violation }
    }

    const fn close_code(self) -> Option<u16> {
        match self {
            Self::Left => None,
            Self::Shutdown => Some(close_code::AWAY),
            Self::TooLarge => Some(close_code::SIZE),
            Self::Violation | Self::Silent => Some(close_code::POLICY),
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Left => "the client left",
            Self::Shutdown => "the relay shuts down",
            Self::Violation => "the protocol was broken",
            Self::TooLarge => "a frame was too large",
            Self::Silent => "no login or no sign of life in time",
        })
    }
}
