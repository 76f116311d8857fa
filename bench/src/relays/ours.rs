//! Our relay: the program, over its WebSocket protocol.

use super::{
    Failure,
    workload::{self, RECIPIENTS, SENDERS},
};
use aside_load::{
    client::{Address, Client, Heard},
    person::Person,
    program::{Program, Start},
};
use aside_testkit::postgres::Cluster;
use aside_wire::pb::{self, EnvelopeKind, Keep, request::Body};
use prost::Message as _;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Every so many messages a recipient acknowledges them all.
const AT_ONCE: u64 = 64;

pub(crate) struct Ours {
    start: Start,
    data: PathBuf,
    running: Option<Program>,
    address: Address,
    senders: Vec<Person>,
    recipients: Vec<Person>,
    /// The database it stores in, if it does not store in its folder; it ends after the relay.
    cluster: Option<Cluster>,
}

impl Ours {
    /// With SQLite in its folder.
    pub(crate) async fn start(folder: &Path) -> Result<Self, Failure> {
        Self::start_with(None, folder.join("sqlite"), Vec::new()).await
    }

    /// With a PostgreSQL of its own on this machine.
    pub(crate) async fn start_on_postgres(folder: &Path) -> Result<Self, Failure> {
        let cluster = Cluster::start()?;
        let arguments = vec!["--store".into(), cluster.create_database()?];
        Self::start_with(Some(cluster), folder.join("postgres"), arguments).await
    }

    async fn start_with(
        cluster: Option<Cluster>,
        data: PathBuf,
        arguments: Vec<String>,
    ) -> Result<Self, Failure> {
        let start = Start { program: build()?, arguments, cores: None };
        let running = Program::start(&start, &data).await?;
        Ok(Self {
            cluster,
            address: Address::of(running.url()).await?,
            start,
            data,
            running: Some(running),
            senders: Person::several("sender", usize::try_from(SENDERS)?)?,
            recipients: Person::several("recipient", usize::try_from(RECIPIENTS)?)?,
        })
    }

    async fn enter(&self, people: &[Person], number: u64) -> Result<Client, Failure> {
        let number = usize::try_from(number)?;
        let person = people.get(number).ok_or("nobody has this number")?;
        Client::enter(&self.address, person, number).await
    }
}

/// Builds the program with both stores, beside this one.
fn build() -> Result<PathBuf, Failure> {
    let target = std::env::current_exe()?.ancestors().nth(2).ok_or("where is this program?")?.join("relay");
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--quiet", "--package", "aside-relay", "--bin", "aside-relay"])
        .args(["--features", "postgres"])
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

    fn promise(&self) -> &'static str {
        match self.cluster {
            None => "on disk (SQLite, synchronous=FULL)",
            Some(_) => "on disk (PostgreSQL, synchronous_commit=on)",
        }
    }

    fn version(&self) -> &str {
        "this one"
    }

    async fn prepare(&mut self) -> Result<(), Failure> {
        for (number, person) in self.senders.iter().chain(&self.recipients).enumerate() {
            Client::join(&self.address, person, number).await?;
        }
        Ok(())
    }

    async fn sender(&self, number: u64) -> Result<Sender, Failure> {
        let client = self.enter(&self.senders, number).await?;
        Ok(Sender { client, to: self.recipients.iter().map(|person| person.account().0.to_vec()).collect() })
    }

    async fn recipient(&self, number: u64) -> Result<Recipient, Failure> {
        let mut client = self.enter(&self.recipients, number).await?;
        client.subscribe().await?;
        Ok(Recipient { client, taken: 0, newest: 0 })
    }

    async fn kill_and_restart(&mut self) -> Result<(), Failure> {
        if let Some(running) = self.running.take() {
            running.kill().await?;
        }
        let running = Program::start(&self.start, &self.data).await?;
        self.address = Address::of(running.url()).await?;
        self.running = Some(running);
        Ok(())
    }
}

pub(crate) struct Sender {
    client: Client,
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
        self.client.ask(Body::Send(letter)).await.map(drop)
    }
}

pub(crate) struct Recipient {
    client: Client,
    taken: u64,
    newest: u64,
}

impl workload::Recipient for Recipient {
    async fn next(&mut self) -> Result<Vec<u8>, Failure> {
        let delivery = loop {
            if let Heard::Delivery(delivery) = self.client.read().await? {
                break delivery;
            }
        };
        self.newest = delivery.sequence;
        self.taken += 1;
        if self.taken.is_multiple_of(AT_ONCE) {
            self.client.post(Body::Acknowledge(pb::Acknowledge { up_to: self.newest })).await?;
        }
        Ok(pb::Envelope::decode(delivery.envelope.as_slice())?.payload)
    }

    async fn finish(mut self) -> Result<(), Failure> {
        self.client.ask(Body::Acknowledge(pb::Acknowledge { up_to: self.newest })).await.map(drop)
    }
}
