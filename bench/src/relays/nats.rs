//! NATS JetStream: one stream of work queues, written to disk before each acknowledgement.

use super::{
    Failure, install,
    server::{Launch, Server, free_port},
    workload::{self, RECIPIENTS},
};
use async_nats::jetstream::{
    self, Context,
    consumer::{AckPolicy, pull},
    stream::{self, RetentionPolicy, StorageType},
};
use futures_util::StreamExt;
use std::{fs, path::Path, time::Duration};

const STREAM: &str = "mail";
const PATIENCE: Duration = Duration::from_secs(60);
/// The first Debian whose server can write before it acknowledges (2.10).
const RELEASE: &str = "trixie";

pub(crate) struct Nats {
    server: Server,
    version: String,
    url: String,
}

impl Nats {
    pub(crate) async fn start(folder: &Path) -> Result<Self, Failure> {
        let folder = folder.join("nats");
        fs::create_dir_all(&folder)?;
        let package = install::unpack_from(&folder, "nats-server", RELEASE)?;
        let port = free_port()?;
        let settings = format!(
            "listen: \"127.0.0.1:{port}\"\njetstream {{ store_dir: \"{}\", sync_interval: always }}\n",
            folder.join("data").display()
        );
        let file = folder.join("nats.conf");
        fs::write(&file, settings)?;
        let launch = Launch {
            program: package.root.join("usr/sbin/nats-server"),
            arguments: ["-c".into(), file.into()].into(),
            environment: Vec::new(),
            log: folder.join("log"),
            port,
        };
        let url = format!("nats://127.0.0.1:{port}");
        Ok(Self { server: Server::start(launch).await?, version: package.version, url })
    }

    async fn context(&self) -> Result<Context, Failure> {
        // It is slow to acknowledge where each acknowledgement is written and synced.
        let options = async_nats::ConnectOptions::new().request_timeout(Some(PATIENCE));
        let mut context = jetstream::new(options.connect(&self.url).await?);
        context.set_timeout(PATIENCE);
        Ok(context)
    }
}

impl workload::Relay for Nats {
    type Sender = Context;
    type Recipient = Recipient;

    fn promise(&self) -> &'static str {
        "on disk (sync_interval: always)"
    }

    fn version(&self) -> &str {
        &self.version
    }

    async fn prepare(&mut self) -> Result<(), Failure> {
        let settings = stream::Config {
            name: STREAM.into(),
            subjects: vec!["to.*".into()],
            retention: RetentionPolicy::WorkQueue,
            storage: StorageType::File,
            ..stream::Config::default()
        };
        let stream = self.context().await?.create_stream(settings).await?;
        for number in 0..RECIPIENTS {
            let consumer = stream.create_consumer(pull::Config {
                durable_name: Some(format!("recipient{number}")),
                filter_subject: format!("to.{number}"),
                ack_policy: AckPolicy::Explicit,
                ..pull::Config::default()
            });
            consumer.await?;
        }
        Ok(())
    }

    async fn sender(&self, _: u64) -> Result<Context, Failure> {
        self.context().await
    }

    async fn recipient(&self, number: u64) -> Result<Recipient, Failure> {
        let stream = self.context().await?.get_stream(STREAM).await?;
        let consumer: jetstream::consumer::PullConsumer =
            stream.get_consumer(&format!("recipient{number}")).await?;
        Ok(Recipient { messages: consumer.messages().await?, last: None })
    }

    async fn kill_and_restart(&mut self) -> Result<(), Failure> {
        self.server.kill_and_restart().await
    }
}

impl workload::Sender for Context {
    async fn send(&mut self, to: u64, body: Vec<u8>) -> Result<(), Failure> {
        self.publish(format!("to.{to}"), body.into()).await?.await?;
        Ok(())
    }
}

pub(crate) struct Recipient {
    messages: pull::Stream,
    /// Taken and not acknowledged.
    last: Option<jetstream::Message>,
}

impl workload::Recipient for Recipient {
    async fn next(&mut self) -> Result<Vec<u8>, Failure> {
        if let Some(last) = self.last.take() {
            last.ack().await?;
        }
        let message = self.messages.next().await.ok_or("the consumer has ended")??;
        let body = message.payload.to_vec();
        self.last = Some(message);
        Ok(body)
    }

    /// The server answers the last one.
    async fn finish(mut self) -> Result<(), Failure> {
        match self.last.take() {
            Some(last) => last.double_ack().await,
            None => Ok(()),
        }
    }
}
