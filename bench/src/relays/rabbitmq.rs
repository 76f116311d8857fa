//! RabbitMQ: quorum queues, which write to disk before they confirm.

use super::{
    Failure, install,
    server::{Launch, Server, free_port},
    workload::{self, RECIPIENTS},
};
use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
        QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable},
};
use std::{ffi::OsString, fs, os::unix::fs::PermissionsExt, path::Path};

/// Every so many messages a recipient acknowledges them all.
const AT_ONCE: u64 = 64;
/// Messages that may be under way to a recipient.
const WINDOW: u16 = 256;
/// What says that a message is to be kept on disk.
const PERSISTENT: u8 = 2;

pub(crate) struct RabbitMq {
    server: Server,
    /// Where Erlang looks up its nodes; its own, so that no other is disturbed.
    _names: Server,
    version: String,
    url: String,
}

impl RabbitMq {
    pub(crate) async fn start(folder: &Path) -> Result<Self, Failure> {
        let folder = folder.join("rabbitmq");
        let home = folder.join("data");
        fs::create_dir_all(&home)?;
        let package = install::unpack(&folder, "rabbitmq-server")?;
        let runtime = package.find("usr/lib/erlang", "erts-")?.join("bin");
        let (port, names_port) = (free_port()?, free_port()?);
        let names = Launch {
            program: runtime.join("epmd"),
            arguments: ["-address".into(), "127.0.0.1".into(), "-port".into(), names_port.to_string().into()]
                .into(),
            environment: Vec::new(),
            log: folder.join("names.log"),
            port: names_port,
        };
        let names = Server::start(names).await?;
        let launch = Launch {
            program: package.find("usr/lib/rabbitmq/lib", "rabbitmq_server-")?.join("sbin/rabbitmq-server"),
            arguments: Vec::new(),
            environment: environment(&home, &erl(&folder, &package, &runtime)?, port, names_port)?,
            log: folder.join("log"),
            port,
        };
        let url = format!("amqp://guest:guest@127.0.0.1:{port}/%2f");
        Ok(Self { server: Server::start(launch).await?, _names: names, version: package.version, url })
    }

    async fn channel(&self) -> Result<(Connection, Channel), Failure> {
        let connection = Connection::connect(&self.url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        Ok((connection, channel))
    }
}

/// The package's `erl` knows only the place it is installed at; returns the folder of another.
fn erl(folder: &Path, package: &install::Unpacked, runtime: &Path) -> Result<OsString, Failure> {
    let bin = folder.join("bin");
    fs::create_dir_all(&bin)?;
    let (root, runtime) = (package.root.join("usr/lib/erlang"), runtime.display());
    let script = format!(
        "#!/bin/sh\nexport ROOTDIR='{}' BINDIR='{runtime}' EMU=beam PROGNAME=erl\nexec '{runtime}/erlexec' \"$@\"\n",
        root.display()
    );
    fs::write(bin.join("erl"), script)?;
    fs::set_permissions(bin.join("erl"), fs::Permissions::from_mode(0o755))?;
    Ok(bin.into())
}

/// Everything it has in one folder, and nothing of this machine's settings.
fn environment(
    home: &Path,
    bin: &OsString,
    port: u16,
    names_port: u16,
) -> Result<Vec<(&'static str, OsString)>, Failure> {
    let mut path = bin.clone();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let text = |text: &str| OsString::from(text);
    let place = |name: &str| OsString::from(home.join(name));
    Ok(vec![
        ("PATH", path),
        ("HOME", home.into()),
        ("ERL_EPMD_ADDRESS", text("127.0.0.1")),
        ("ERL_EPMD_PORT", text(&names_port.to_string())),
        // It stays the process that was started.
        ("RUNNING_UNDER_SYSTEMD", text("true")),
        ("RABBITMQ_CONFIG_FILE", place("none")),
        ("RABBITMQ_CONF_ENV_FILE", place("none")),
        ("RABBITMQ_DIST_PORT", text(&free_port()?.to_string())),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", place("plugins")),
        ("RABBITMQ_FEATURE_FLAGS_FILE", place("feature_flags")),
        ("RABBITMQ_GENERATED_CONFIG_DIR", place("generated")),
        ("RABBITMQ_LOG_BASE", place("log")),
        ("RABBITMQ_MNESIA_BASE", place("database")),
        ("RABBITMQ_NODENAME", text("bench@localhost")),
        ("RABBITMQ_NODE_IP_ADDRESS", text("127.0.0.1")),
        ("RABBITMQ_NODE_PORT", text(&port.to_string())),
        ("RABBITMQ_PLUGINS_EXPAND_DIR", place("expanded")),
    ])
}

impl workload::Relay for RabbitMq {
    type Sender = Sender;
    type Recipient = Recipient;

    fn promise(&self) -> &'static str {
        "on disk (quorum queues of one node)"
    }

    fn version(&self) -> &str {
        &self.version
    }

    async fn prepare(&mut self) -> Result<(), Failure> {
        let (_connection, channel) = self.channel().await?;
        for number in 0..RECIPIENTS {
            let mut arguments = FieldTable::default();
            arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
            let queue = format!("to.{number}").into();
            channel.queue_declare(queue, QueueDeclareOptions::durable(), arguments).await?;
        }
        Ok(())
    }

    async fn sender(&self, _: u64) -> Result<Sender, Failure> {
        let (connection, channel) = self.channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(Sender { channel, _connection: connection })
    }

    async fn recipient(&self, number: u64) -> Result<Recipient, Failure> {
        let (connection, channel) = self.channel().await?;
        channel.basic_qos(WINDOW, BasicQosOptions::default()).await?;
        let options = BasicConsumeOptions::default();
        let queue = format!("to.{number}").into();
        let messages = channel.basic_consume(queue, "".into(), options, FieldTable::default()).await?;
        Ok(Recipient { messages, channel, _connection: connection, taken: 0, newest: 0 })
    }

    async fn kill_and_restart(&mut self) -> Result<(), Failure> {
        self.server.kill_and_restart().await
    }
}

pub(crate) struct Sender {
    channel: Channel,
    _connection: Connection,
}

impl workload::Sender for Sender {
    async fn send(&mut self, to: u64, body: Vec<u8>) -> Result<(), Failure> {
        let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
        let queue = format!("to.{to}").into();
        let options = BasicPublishOptions::default();
        match self.channel.basic_publish("".into(), queue, options, &body, properties).await?.await? {
            Confirmation::Ack(None) => Ok(()),
            _ => Err("not confirmed".into()),
        }
    }
}

pub(crate) struct Recipient {
    messages: Consumer,
    channel: Channel,
    _connection: Connection,
    taken: u64,
    newest: u64,
}

impl Recipient {
    async fn acknowledge(&self) -> Result<(), Failure> {
        Ok(self.channel.basic_ack(self.newest, BasicAckOptions { multiple: true }).await?)
    }
}

impl workload::Recipient for Recipient {
    async fn next(&mut self) -> Result<Vec<u8>, Failure> {
        let message = self.messages.next().await.ok_or("the consumer has ended")??;
        self.newest = message.delivery_tag;
        self.taken += 1;
        if self.taken.is_multiple_of(AT_ONCE) {
            self.acknowledge().await?;
        }
        Ok(message.data)
    }

    /// The channel is closed after what came over it before.
    async fn finish(self) -> Result<(), Failure> {
        if !self.taken.is_multiple_of(AT_ONCE) {
            self.acknowledge().await?;
        }
        Ok(self.channel.close(200, "".into()).await?)
    }
}
