//! One connection to the relay of `stage`.

use aside_identity::{Generation, Handle, proof::Challenge};
use aside_primitives::VerifyingKey;
use aside_testkit::Person;
use aside_wire::{
    array, decode,
    pb::{self, reply, request},
};
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

/// A connection that has been greeted.
pub(crate) struct Line {
    pub(crate) socket: WebSocketStream<TcpStream>,
    pub(crate) greeting: Greeting,
    next: u64,
}

/// What the challenge says.
pub(crate) struct Greeting {
    name: String,
    key: VerifyingKey,
    nonce: [u8; 32],
}

impl Line {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the relay listens");
        let (mut socket, _) =
            client_async(format!("ws://{address}/v1/connect"), stream).await.expect("the relay lets in");
        let first = socket.next().await.expect("a challenge").expect("a challenge").into_data();
        let Ok(pb::Reply { id: 0, body: Some(reply::Body::Challenge(challenge)) }) = decode(&first) else {
            panic!("RLY-1: a challenge comes first");
        };
        let greeting = Greeting {
            name: challenge.relay_name,
            key: VerifyingKey::parse(&challenge.relay_key).expect("a key"),
            nonce: array(&challenge.nonce, "nonce").expect("a nonce"),
        };
        Self { socket, greeting, next: 1 }
    }

    /// Asks, and waits for the answer; what the relay says by itself is left out.
    pub(crate) async fn ask(&mut self, body: request::Body) -> reply::Body {
        let id = self.post(body).await;
        loop {
            let reply = self.read().await;
            if reply.id == id {
                return reply.body.expect("an answer has a body");
            }
        }
    }

    /// Asks without waiting.
    pub(crate) async fn post(&mut self, body: request::Body) -> u64 {
        let id = self.next;
        self.next += 1;
        let request = pb::Request { id, body: Some(body) };
        self.socket.send(Message::binary(request.encode_to_vec())).await.expect("the relay reads");
        id
    }

    /// The next reply.
    pub(crate) async fn read(&mut self) -> pb::Reply {
        loop {
            let message = self.socket.next().await.expect("the relay stays").expect("the relay stays");
            if let Some(reply) = said(&message) {
                return reply;
            }
        }
    }

    /// Logs in.
    pub(crate) async fn log_in(&mut self, person: &Person) {
        let login = self.greeting.login(person);
        let answer = self.ask(request::Body::Login(login)).await;
        assert!(matches!(answer, reply::Body::LoggedIn(_)), "an honest login is refused");
    }
}

/// What a relay says in a message, if it is for the client: strictly encoded, whatever it was asked.
pub(crate) fn said(message: &Message) -> Option<pb::Reply> {
    match message {
        Message::Binary(bytes) => Some(decode(bytes).expect("a relay says nothing that is not valid")),
        Message::Text(_) => panic!("a relay says nothing in text"),
        _ => None,
    }
}

impl Greeting {
    fn challenge(&self) -> Challenge<'_> {
        Challenge { relay_name: &self.name, relay_key: &self.key, nonce: &self.nonce }
    }

    /// A registration of somebody under a handle.
    pub(crate) fn registration(&self, person: &Person, handle: &Handle) -> pb::Register {
        let device_list = person.list.as_bytes().to_vec();
        pb::Register {
            handle: handle.as_str().into(),
            account_key: person.certificate.account.as_bytes().to_vec(),
            signature: self.challenge().register(&person.account, handle, &device_list).0.to_vec(),
            device_list,
        }
    }

    /// A login with a store that never moves on.
    pub(crate) fn login(&self, person: &Person) -> pb::Login {
        let store = Generation { number: 1, token: [1; 16], previous: [0; 16], restored: false };
        let address = aside_identity::Address {
            account: person.certificate.account,
            device: person.certificate.device,
        };
        pb::Login {
            account_key: person.certificate.account.as_bytes().to_vec(),
            device_id: person.certificate.device.number(),
            signature: self.challenge().login(&address, &store, &person.keys.signing).0.to_vec(),
            store: Some(store.to_wire()),
        }
    }
}
