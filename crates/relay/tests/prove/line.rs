//! One connection, which may break at any time.

use crate::person::Person;
use aside_identity::proof::Challenge;
use aside_primitives::VerifyingKey;
use aside_wire::pb::{self, reply, request::Body};
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use std::time::Duration;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// As long as a client waits for an answer before it tries elsewhere.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next: u64,
}

/// The connection is broken, and what was not answered is in doubt.
pub(crate) struct Gone;

impl Line {
    /// Connects and logs in.
    pub(crate) async fn open(url: &str, person: &Person) -> Option<Self> {
        let (socket, _) = timeout(PATIENCE, connect_async(url)).await.ok()?.ok()?;
        let mut line = Self { socket, next: 1 };
        let Some(reply::Body::Challenge(challenge)) = line.answer().await.ok()?.body else { return None };
        let login = person.login(&Challenge {
            relay_name: &challenge.relay_name,
            relay_key: &VerifyingKey::parse(&challenge.relay_key).unwrap(),
            nonce: &challenge.nonce.try_into().unwrap(),
        });
        match line.ask(Body::Login(login)).await.ok()? {
            reply::Body::LoggedIn(_) => Some(line),
            reply::Body::Refusal(refusal) => {
                assert_eq!(refusal.code(), pb::RefusalCode::Unavailable, "{}", refusal.detail);
                None
            }
            _ => panic!("another answer than LoggedIn"),
        }
    }

    /// Asks without waiting; the number of the request.
    pub(crate) async fn post(&mut self, body: Body) -> Result<u64, Gone> {
        let id = self.next;
        self.next += 1;
        let frame = pb::Request { id, body: Some(body) }.encode_to_vec();
        let sent = timeout(PATIENCE, self.socket.send(Message::binary(frame))).await;
        sent.map_err(|_| Gone)?.map_err(|_| Gone)?;
        Ok(id)
    }

    /// Asks and waits for the answer; for whoever has not subscribed.
    pub(crate) async fn ask(&mut self, body: Body) -> Result<reply::Body, Gone> {
        let id = self.post(body).await?;
        let answer = self.answer().await?;
        assert_eq!(answer.id, id);
        answer.body.ok_or(Gone)
    }

    /// The next reply, which is due.
    pub(crate) async fn answer(&mut self) -> Result<pb::Reply, Gone> {
        timeout(PATIENCE, self.next()).await.map_err(|_| Gone)?
    }

    /// The next reply, whenever it comes.
    pub(crate) async fn next(&mut self) -> Result<pb::Reply, Gone> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Binary(bytes))) => return Ok(pb::Reply::decode(bytes).unwrap()),
                None | Some(Ok(Message::Close(_)) | Err(_)) => return Err(Gone),
                Some(Ok(_)) => (),
            }
        }
    }
}
