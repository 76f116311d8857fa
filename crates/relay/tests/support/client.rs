//! A client that knows the frames and nothing else.

use crate::{person::Person, running::soon};
use aside_identity::proof::Challenge;
use aside_primitives::VerifyingKey;
use aside_wire::pb::{self, RefusalCode, reply, request::Body};
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use std::collections::{HashMap, VecDeque};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message},
};

pub(crate) struct Client {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub name: String,
    pub relay_key: VerifyingKey,
    /// What it says it allows.
    pub parameters: Vec<u8>,
    pub nonce: [u8; 32],
    next: u64,
    /// Deliveries that came while an answer was waited for.
    pub delivered: VecDeque<pb::Delivery>,
    /// Transient messages that came while something else was waited for.
    pub transients: VecDeque<pb::TransientDelivery>,
    /// Answers that came before they were asked for here.
    answered: HashMap<u64, reply::Body>,
}

impl Client {
    /// Connects and reads the challenge.
    pub(crate) async fn connect(url: &str) -> Self {
        let (socket, _) = soon(connect_async(url)).await.unwrap();
        Self::greet(socket).await
    }

    /// Reads the challenge.
    pub(crate) async fn greet(mut socket: WebSocketStream<MaybeTlsStream<TcpStream>>) -> Self {
        let first = soon(socket.next()).await.unwrap().unwrap();
        let reply = pb::Reply::decode(first.into_data()).unwrap();
        let (0, Some(reply::Body::Challenge(challenge))) = (reply.id, reply.body) else {
            panic!("RLY-1: a challenge comes first");
        };
        assert_eq!(challenge.version, 1);
        Self {
            socket,
            name: challenge.relay_name,
            relay_key: VerifyingKey::parse(&challenge.relay_key).unwrap(),
            nonce: challenge.nonce.try_into().unwrap(),
            parameters: challenge.parameters,
            next: 1,
            delivered: VecDeque::new(),
            transients: VecDeque::new(),
            answered: HashMap::new(),
        }
    }

    /// Connects, registers and logs in.
    pub(crate) async fn join(url: &str, person: &Person) -> Self {
        let mut client = Self::connect(url).await;
        client.register(person).await.unwrap();
        client.log_in(person).await.unwrap();
        client
    }

    /// Connects and logs in.
    pub(crate) async fn enter(url: &str, person: &Person) -> Self {
        let mut client = Self::connect(url).await;
        client.log_in(person).await.unwrap();
        client
    }

    pub(crate) fn challenge(&self) -> Challenge<'_> {
        Challenge { relay_name: &self.name, relay_key: &self.relay_key, nonce: &self.nonce }
    }

    pub(crate) async fn register(&mut self, person: &Person) -> Result<(), &'static str> {
        let body = Body::Register(person.registration(&self.challenge()));
        self.ask(body).await.map(|answer| assert!(matches!(answer, reply::Body::Registered(_))))
    }

    pub(crate) async fn log_in(&mut self, person: &Person) -> Result<pb::LoggedIn, &'static str> {
        let body = Body::Login(person.login(&self.challenge()));
        self.ask(body).await.map(|answer| match answer {
            reply::Body::LoggedIn(logged_in) => logged_in,
            _ => panic!("another answer than LoggedIn"),
        })
    }

    pub(crate) async fn send(&mut self, letter: pb::Send) -> Result<u64, &'static str> {
        self.ask(Body::Send(letter)).await.map(|answer| match answer {
            reply::Body::Accepted(accepted) => accepted.accepted_at,
            _ => panic!("another answer than Accepted"),
        })
    }

    pub(crate) async fn fan_out(&mut self, message: pb::FanOut) -> Result<pb::FannedOut, &'static str> {
        self.ask(Body::FanOut(message)).await.map(fanned_out)
    }

    pub(crate) async fn append(&mut self, entry: pb::AppendEntry) -> Result<pb::FannedOut, &'static str> {
        self.ask(Body::AppendEntry(entry)).await.map(fanned_out)
    }

    /// The newest position of a log, and entries of it.
    pub(crate) async fn entries(
        &mut self,
        log: &[u8],
        from: u64,
    ) -> Result<(u64, Vec<Vec<u8>>), &'static str> {
        let request = pb::FetchEntries { log: log.to_vec(), from };
        self.ask(Body::FetchEntries(request)).await.map(|answer| match answer {
            reply::Body::Entries(entries) => (entries.newest, entries.entries),
            _ => panic!("another answer than Entries"),
        })
    }

    pub(crate) async fn subscribe(&mut self) -> u64 {
        match self.ask(Body::Subscribe(pb::Subscribe {})).await {
            Ok(reply::Body::Subscribed(subscribed)) => subscribed.newest,
            _ => panic!("not subscribed"),
        }
    }

    pub(crate) async fn acknowledge(&mut self, up_to: u64) -> Result<(), &'static str> {
        self.ask(Body::Acknowledge(pb::Acknowledge { up_to })).await.map(drop)
    }

    pub(crate) async fn take_prekeys(&mut self, of: &Person) -> Result<pb::Prekeys, &'static str> {
        let request = pb::FetchPrekeys { account_key: of.key(), device_id: 1 };
        self.ask(Body::FetchPrekeys(request)).await.map(|answer| match answer {
            reply::Body::Prekeys(prekeys) => prekeys,
            _ => panic!("another answer than Prekeys"),
        })
    }

    pub(crate) async fn publish(&mut self, prekeys: pb::PublishPrekeys) -> Result<u32, &'static str> {
        self.ask(Body::PublishPrekeys(prekeys)).await.map(|answer| match answer {
            reply::Body::PrekeysPublished(published) => published.one_time_prekeys,
            _ => panic!("another answer than PrekeysPublished"),
        })
    }

    /// The next delivery.
    pub(crate) async fn delivery(&mut self) -> pb::Delivery {
        if let Some(delivery) = self.delivered.pop_front() {
            return delivery;
        }
        loop {
            match self.read().await.unwrap() {
                pb::Reply { id: 0, body: Some(reply::Body::Delivery(delivery)) } => return delivery,
                pb::Reply { id: 0, body: Some(reply::Body::TransientDelivery(delivery)) } => {
                    self.transients.push_back(delivery)
                }
                pb::Reply { id, body } => assert!(self.answered.insert(id, body.unwrap()).is_none()),
            }
        }
    }

    /// Asks and waits for the answer.
    pub(crate) async fn ask(&mut self, body: Body) -> Result<reply::Body, &'static str> {
        let id = self.post(body).await;
        self.answer(id).await
    }

    /// Asks without waiting.
    pub(crate) async fn post(&mut self, body: Body) -> u64 {
        let id = self.next;
        self.next += 1;
        self.raw(pb::Request { id, body: Some(body) }.encode_to_vec()).await.unwrap();
        id
    }

    /// Sends bytes in a binary frame.
    pub(crate) async fn raw(&mut self, bytes: Vec<u8>) -> Result<(), tungstenite::Error> {
        soon(self.socket.send(Message::binary(bytes))).await
    }

    /// The answer to a request; what comes before it is kept.
    pub(crate) async fn answer(&mut self, id: u64) -> Result<reply::Body, &'static str> {
        loop {
            if let Some(answer) = self.answered.remove(&id) {
                return match answer {
                    reply::Body::Refusal(refusal) => Err(word(&refusal)),
                    body => Ok(body),
                };
            }
            match self.read().await.expect("an answer") {
                pb::Reply { id: 0, body: Some(reply::Body::Delivery(delivery)) } => {
                    self.delivered.push_back(delivery)
                }
                pb::Reply { id: 0, body: Some(reply::Body::TransientDelivery(delivery)) } => {
                    self.transients.push_back(delivery)
                }
                pb::Reply { id, body } => assert!(self.answered.insert(id, body.unwrap()).is_none()),
            }
        }
    }

    /// The next reply; `None` when the relay has closed the connection.
    pub(crate) async fn read(&mut self) -> Option<pb::Reply> {
        loop {
            match soon(self.socket.next()).await? {
                Ok(Message::Binary(bytes)) => return Some(pb::Reply::decode(bytes).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => (),
            }
        }
    }
}

fn fanned_out(answer: reply::Body) -> pb::FannedOut {
    match answer {
        reply::Body::FannedOut(outcome) => outcome,
        _ => panic!("another answer than FannedOut"),
    }
}

/// The code of a refusal, as in the registry.
pub(crate) fn word(refusal: &pb::Refusal) -> &'static str {
    let code = RefusalCode::try_from(refusal.code).unwrap_or(RefusalCode::Unspecified);
    code.as_str_name().trim_start_matches("REFUSAL_CODE_")
}
