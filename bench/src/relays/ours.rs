//! Our relay: the program, over its WebSocket protocol.

use super::{
    Failure,
    server::{Launch, Server, free_port},
    workload::{self, RECIPIENTS, SENDERS},
};
use aside_identity::{Address, Generation, Handle, proof::Challenge};
use aside_primitives::VerifyingKey;
use aside_testkit::{Person, TestRng};
use aside_wire::pb::{self, EnvelopeKind, Keep, RefusalCode, reply, request::Body};
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config, tungstenite::Message};

/// Every so many messages a recipient acknowledges them all.
const AT_ONCE: u64 = 64;

pub(crate) struct Ours {
    server: Server,
    url: String,
    senders: Vec<Person>,
    recipients: Vec<Person>,
}

impl Ours {
    pub(crate) async fn start(folder: &Path) -> Result<Self, Failure> {
        let port = free_port()?;
        let address = format!("127.0.0.1:{port}");
        let launch = Launch {
            program: build()?,
            arguments: [
                "--data".into(),
                folder.join("aside").into(),
                "--listen".into(),
                address.clone().into(),
            ]
            .into(),
            // What people may do in a minute is not what is measured.
            environment: vec![("ASIDE_RELAY_RATE_FACTOR", "1000000".into())],
            log: folder.join("aside.log"),
            port,
        };
        let mut rng = TestRng::new(9);
        let mut people = |count: u64| (0..count).map(|_| Person::new(&mut rng)).collect();
        Ok(Self {
            server: Server::start(launch).await?,
            url: format!("ws://{address}/v1/connect"),
            senders: people(SENDERS),
            recipients: people(RECIPIENTS),
        })
    }
}

/// Builds the program as operators get it, beside this one.
fn build() -> Result<PathBuf, Failure> {
    let target = std::env::current_exe()?.ancestors().nth(2).ok_or("where is this program?")?.join("relay");
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--quiet", "--package", "aside-relay", "--bin", "aside-relay"])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml")])
        .arg("--target-dir")
        .arg(&target)
        .stdin(Stdio::null())
        .status()?;
    if !built.success() {
        return Err("our relay does not build".into());
    }
    Ok(target.join("release/aside-relay"))
}

impl workload::Relay for Ours {
    type Sender = Sender;
    type Recipient = Recipient;

    const PROMISE: &'static str = "on disk (SQLite, synchronous=FULL)";

    fn version(&self) -> &str {
        "this one"
    }

    async fn prepare(&mut self) -> Result<(), Failure> {
        for (number, person) in self.senders.iter().chain(&self.recipients).enumerate() {
            Link::connect(&self.url).await?.register(person, &format!("person{number}")).await?;
        }
        Ok(())
    }

    async fn sender(&self, number: u64) -> Result<Sender, Failure> {
        let link = Link::enter(&self.url, one(&self.senders, number)?).await?;
        let to =
            self.recipients.iter().map(|person| person.certificate.account.as_bytes().to_vec()).collect();
        Ok(Sender { link, to })
    }

    async fn recipient(&self, number: u64) -> Result<Recipient, Failure> {
        let mut link = Link::enter(&self.url, one(&self.recipients, number)?).await?;
        link.ask(Body::Subscribe(pb::Subscribe {})).await?;
        Ok(Recipient { link, taken: 0, newest: 0 })
    }

    async fn kill_and_restart(&mut self) -> Result<(), Failure> {
        self.server.kill_and_restart().await
    }
}

fn one(people: &[Person], number: u64) -> Result<&Person, Failure> {
    people.get(usize::try_from(number)?).ok_or_else(|| "nobody has this number".into())
}

/// A connection.
struct Link {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    name: String,
    key: VerifyingKey,
    nonce: [u8; 32],
    asked: u64,
    /// Deliveries that came before an answer.
    delivered: std::collections::VecDeque<pb::Delivery>,
}

impl Link {
    async fn connect(url: &str) -> Result<Self, Failure> {
        let (mut socket, _) = connect_async_with_config(url, None, true).await?;
        let Some(reply::Body::Challenge(challenge)) = read(&mut socket).await?.body else {
            return Err("a connection without a challenge".into());
        };
        Ok(Self {
            socket,
            name: challenge.relay_name,
            key: VerifyingKey::parse(&challenge.relay_key).map_err(|_| "the relay has no good key")?,
            nonce: challenge.nonce.try_into().map_err(|_| "another nonce")?,
            asked: 0,
            delivered: std::collections::VecDeque::new(),
        })
    }

    async fn enter(url: &str, person: &Person) -> Result<Self, Failure> {
        let mut link = Self::connect(url).await?;
        // A store that never moves on.
        let store = Generation { number: 1, token: [1; 16], previous: [0; 16], restored: false };
        let device = Address { account: person.certificate.account, device: person.certificate.device };
        let signature = link.challenge().login(&device, &store, &person.keys.signing).0.to_vec();
        link.ask(Body::Login(pb::Login {
            account_key: device.account.as_bytes().to_vec(),
            device_id: device.device.number(),
            signature,
            store: Some(store.to_wire()),
        }))
        .await?;
        Ok(link)
    }

    async fn register(&mut self, person: &Person, handle: &str) -> Result<(), Failure> {
        let handle = Handle::parse(handle).map_err(|_| "no handle")?;
        let device_list = person.list.as_bytes().to_vec();
        let signature = self.challenge().register(&person.account, &handle, &device_list).0.to_vec();
        self.ask(Body::Register(pb::Register {
            handle: handle.as_str().into(),
            account_key: person.certificate.account.as_bytes().to_vec(),
            device_list,
            signature,
        }))
        .await
    }

    fn challenge(&self) -> Challenge<'_> {
        Challenge { relay_name: &self.name, relay_key: &self.key, nonce: &self.nonce }
    }

    async fn post(&mut self, body: Body) -> Result<(), Failure> {
        self.asked += 1;
        let request = pb::Request { id: self.asked, body: Some(body) };
        Ok(self.socket.send(Message::binary(request.encode_to_vec())).await?)
    }

    async fn ask(&mut self, body: Body) -> Result<(), Failure> {
        self.post(body).await?;
        self.settle().await
    }

    /// Until the last request is answered.
    async fn settle(&mut self) -> Result<(), Failure> {
        loop {
            if self.take().await? == self.asked {
                return Ok(());
            }
        }
    }

    /// Reads one reply and says which request it answers.
    async fn take(&mut self) -> Result<u64, Failure> {
        let reply = read(&mut self.socket).await?;
        match reply.body {
            Some(reply::Body::Delivery(delivery)) => self.delivered.push_back(delivery),
            Some(reply::Body::Refusal(refusal)) => {
                let code = RefusalCode::try_from(refusal.code).unwrap_or_default();
                return Err(format!("refused: {}", code.as_str_name()).into());
            }
            _ => (),
        }
        Ok(reply.id)
    }
}

async fn read(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> Result<pb::Reply, Failure> {
    loop {
        match socket.next().await.ok_or("the connection has ended")?? {
            Message::Binary(bytes) => return Ok(pb::Reply::decode(bytes)?),
            Message::Close(_) => return Err("the relay has closed the connection".into()),
            _ => (),
        }
    }
}

pub(crate) struct Sender {
    link: Link,
    to: Vec<Vec<u8>>,
}

impl workload::Sender for Sender {
    async fn send(&mut self, to: u64, body: Vec<u8>) -> Result<(), Failure> {
        let client_id = [[0; 8], *body.first_chunk().ok_or("an empty body")?].concat();
        let envelope = pb::Envelope { kind: EnvelopeKind::Pairwise.into(), payload: body }.encode_to_vec();
        let letter = pb::Send {
            client_id,
            recipient: self.to.get(usize::try_from(to)?).ok_or("nobody has this number")?.clone(),
            list_version: 1,
            parcels: vec![pb::Parcel { device_id: 1, envelope }],
            keep: Keep::Longest.into(),
        };
        self.link.ask(Body::Send(letter)).await
    }
}

pub(crate) struct Recipient {
    link: Link,
    taken: u64,
    newest: u64,
}

impl workload::Recipient for Recipient {
    async fn next(&mut self) -> Result<Vec<u8>, Failure> {
        let delivery = loop {
            if let Some(delivery) = self.link.delivered.pop_front() {
                break delivery;
            }
            self.link.take().await?;
        };
        self.newest = delivery.sequence;
        self.taken += 1;
        if self.taken.is_multiple_of(AT_ONCE) {
            self.link.post(Body::Acknowledge(pb::Acknowledge { up_to: self.newest })).await?;
        }
        Ok(pb::Envelope::decode(delivery.envelope.as_slice())?.payload)
    }

    async fn finish(mut self) -> Result<(), Failure> {
        self.link.ask(Body::Acknowledge(pb::Acknowledge { up_to: self.newest })).await
    }
}
