//! A client of a relay that knows the frames and nothing else.

use crate::{Failure, person::Person};
use aside_identity::proof::Challenge;
use aside_primitives::VerifyingKey;
use aside_wire::pb::{self, RefusalCode, reply, request};
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};
use tokio::{
    net::{TcpSocket, TcpStream, lookup_host},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

/// Longer than anything takes that is still worth measuring.
const PATIENCE: Duration = Duration::from_secs(60);
/// Connections from one loopback address: as many ports as every system has.
const PORTS: usize = 20_000;

/// Where a relay is.
#[derive(Debug, Clone)]
pub struct Address {
    url: String,
    socket: SocketAddr,
}

impl Address {
    /// Looks up `ws://HOST:PORT/v1/connect`.
    ///
    /// # Errors
    /// If it is no such address, or the host is unknown.
    pub async fn of(url: &str) -> Result<Self, Failure> {
        let rest = url.strip_prefix("ws://").ok_or("the address must begin with ws://")?;
        let host = rest.split('/').next().unwrap_or(rest);
        let socket = lookup_host(host).await?.next().ok_or_else(|| format!("{host} has no address"))?;
        Ok(Self { url: url.into(), socket })
    }

    /// A connection; from several loopback addresses if there are more than one has ports for.
    async fn connect(&self, number: usize) -> Result<TcpStream, Failure> {
        let further = u8::try_from(number.checked_div(PORTS).unwrap_or_default())?;
        if further == 0 || !self.socket.ip().is_loopback() || self.socket.is_ipv6() {
            return Ok(TcpStream::connect(self.socket).await?);
        }
        let from = IpAddr::from(Ipv4Addr::new(127, 0, 1, further));
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(from, 0))?;
        Ok(socket.connect(self.socket).await?)
    }
}

/// One connection.
pub struct Client {
    socket: WebSocketStream<TcpStream>,
    challenge: pb::Challenge,
    next: u64,
}

/// What a relay says.
pub enum Heard {
    /// The answer to the request of this number.
    Answer(u64, reply::Body),
    /// A message from the mailbox.
    Delivery(pb::Delivery),
}

impl Client {
    /// Connects and reads the challenge; `number` tells the connections of a run apart.
    ///
    /// # Errors
    /// If the relay does not take it in.
    pub async fn connect(address: &Address, number: usize) -> Result<Self, Failure> {
        soon(async {
            let stream = address.connect(number).await?;
            stream.set_nodelay(true)?;
            let config = WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(4 * 1024);
            let (socket, _) = client_async_with_config(&address.url, stream, Some(config)).await?;
            let mut client = Self { socket, challenge: pb::Challenge::default(), next: 1 };
            match client.read().await? {
                Heard::Answer(0, reply::Body::Challenge(challenge)) => client.challenge = challenge,
                _ => return Err("the relay does not begin with a challenge".into()),
            }
            Ok(client)
        })
        .await
    }

    /// Connects, registers the account and logs in.
    ///
    /// # Errors
    /// If the relay refuses any of it.
    pub async fn join(address: &Address, person: &Person, number: usize) -> Result<Self, Failure> {
        let mut client = Self::connect(address, number).await?;
        let key = client.relay_key()?;
        let request = person.registration(&client.challenge(&key)?);
        client.ask(request::Body::Register(request)).await?;
        client.log_in(person).await?;
        Ok(client)
    }

    /// Connects and logs in.
    ///
    /// # Errors
    /// If the relay refuses it.
    pub async fn enter(address: &Address, person: &Person, number: usize) -> Result<Self, Failure> {
        let mut client = Self::connect(address, number).await?;
        client.log_in(person).await?;
        Ok(client)
    }

    async fn log_in(&mut self, person: &Person) -> Result<(), Failure> {
        let key = self.relay_key()?;
        let request = person.login(&self.challenge(&key)?);
        self.ask(request::Body::Login(request)).await.map(drop)
    }

    fn relay_key(&self) -> Result<VerifyingKey, Failure> {
        VerifyingKey::parse(&self.challenge.relay_key).map_err(|_| "the relay's key is none".into())
    }

    fn challenge<'a>(&'a self, relay_key: &'a VerifyingKey) -> Result<Challenge<'a>, Failure> {
        let nonce = self.challenge.nonce.as_slice().try_into()?;
        Ok(Challenge { relay_name: &self.challenge.relay_name, relay_key, nonce })
    }

    /// Lets deliveries begin; the highest number that waits.
    ///
    /// # Errors
    /// If the relay refuses it.
    pub async fn subscribe(&mut self) -> Result<u64, Failure> {
        match self.ask(request::Body::Subscribe(pb::Subscribe {})).await? {
            reply::Body::Subscribed(subscribed) => Ok(subscribed.waiting),
            _ => Err("another answer than Subscribed".into()),
        }
    }

    /// Sends a request and waits for its answer; deliveries before it are dropped.
    ///
    /// # Errors
    /// If the relay refuses it, or the connection ends.
    pub async fn ask(&mut self, body: request::Body) -> Result<reply::Body, Failure> {
        let asked = self.post(body).await?;
        soon(async {
            loop {
                if let Heard::Answer(id, body) = self.read().await?
                    && id == asked
                {
                    return Ok(body);
                }
            }
        })
        .await
    }

    /// Sends a request; its number.
    ///
    /// # Errors
    /// If the connection ends.
    pub async fn post(&mut self, body: request::Body) -> Result<u64, Failure> {
        let id = self.put(body).await?;
        self.socket.flush().await?;
        Ok(id)
    }

    /// Sends a request with the next ones.
    ///
    /// # Errors
    /// If the connection ends.
    pub async fn put(&mut self, body: request::Body) -> Result<u64, Failure> {
        let id = self.next;
        self.next = self.next.saturating_add(1);
        let request = pb::Request { id, body: Some(body) };
        self.socket.feed(Message::binary(request.encode_to_vec())).await?;
        Ok(id)
    }

    /// Sends what was put.
    ///
    /// # Errors
    /// If the connection ends.
    pub async fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.socket.flush().await?)
    }

    /// Reads what the relay says next; a refusal is an error.
    ///
    /// # Errors
    /// If it refuses something, or the connection ends.
    pub async fn read(&mut self) -> Result<Heard, Failure> {
        loop {
            let message = self.socket.next().await.ok_or("the relay closed the connection")??;
            let bytes = match message {
                Message::Binary(bytes) => bytes,
                Message::Close(frame) => {
                    return Err(format!("the relay closed the connection: {frame:?}").into());
                }
                _ => continue,
            };
            return match pb::Reply::decode(bytes)? {
                pb::Reply { id: 0, body: Some(reply::Body::Delivery(delivery)) } => {
                    Ok(Heard::Delivery(delivery))
                }
                pb::Reply { body: Some(reply::Body::Refusal(refusal)), .. } => {
                    let code = RefusalCode::try_from(refusal.code).unwrap_or_default();
                    Err(format!("refused: {}, {}", code.as_str_name(), refusal.detail).into())
                }
                pb::Reply { id, body: Some(body) } => Ok(Heard::Answer(id, body)),
                pb::Reply { body: None, .. } => Err("an empty reply".into()),
            };
        }
    }

    /// Receives and acknowledges until `number` messages were delivered; hands each to `see`.
    ///
    /// # Errors
    /// If the connection ends, or a message comes twice or out of order.
    pub async fn drain(
        &mut self,
        number: usize,
        together: u64,
        mut see: impl FnMut(&pb::Delivery),
    ) -> Result<(), Failure> {
        let (mut last, mut unacknowledged, mut asked) = (0, 0u64, Vec::new());
        let mut rest = number;
        while rest > 0 {
            if let Heard::Delivery(delivery) = self.read().await? {
                if delivery.sequence <= last {
                    return Err("a message came twice or out of order".into());
                }
                see(&delivery);
                last = delivery.sequence;
                rest = rest.saturating_sub(1);
                unacknowledged = unacknowledged.saturating_add(1);
                if unacknowledged >= together || rest == 0 {
                    unacknowledged = 0;
                    asked.push(self.post(request::Body::Acknowledge(pb::Acknowledge { up_to: last })).await?);
                }
            }
        }
        // Answers come in order.
        if let Some(last) = asked.last() {
            while !matches!(self.read().await?, Heard::Answer(id, _) if id == *last) {}
        }
        Ok(())
    }
}

/// Waits for a future, but not for ever.
///
/// # Errors
/// Its own, or that it takes too long.
pub async fn soon<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    timeout(PATIENCE, future).await.map_err(|_| "it takes too long")?
}
