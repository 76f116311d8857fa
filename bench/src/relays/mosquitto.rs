//! mosquitto: MQTT with persistent sessions, quality of service 1.

use super::{
    Failure, install,
    server::{Launch, Server, free_port},
    workload::{self, RECIPIENTS},
};
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};
use std::{fs, path::Path, time::Duration};

pub(crate) struct Mosquitto {
    server: Server,
    version: String,
    port: u16,
}

impl Mosquitto {
    pub(crate) async fn start(folder: &Path) -> Result<Self, Failure> {
        let folder = folder.join("mosquitto");
        let data = folder.join("data");
        fs::create_dir_all(&data)?;
        let package = install::unpack(&folder, "mosquitto")?;
        let port = free_port()?;
        // The user counts only where root starts it. Queues may be as long as they have to.
        let settings = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\npersistence_location {}/\n\
             max_queued_messages 0\nset_tcp_nodelay true\nlog_dest stderr\n",
            data.display()
        );
        let file = folder.join("mosquitto.conf");
        fs::write(&file, settings)?;
        let launch = Launch {
            program: package.root.join("usr/sbin/mosquitto"),
            arguments: ["-c".into(), file.into()].into(),
            environment: vec![("LD_LIBRARY_PATH", package.libraries()?.into())],
            log: folder.join("log"),
            port,
        };
        Ok(Self { server: Server::start(launch).await?, version: package.version, port })
    }

    fn client(&self, name: String, clean: bool) -> Client {
        let mut options = MqttOptions::new(name, "127.0.0.1", self.port);
        options.set_clean_session(clean).set_keep_alive(Duration::from_secs(600));
        let (handle, events) = AsyncClient::new(options, 64);
        Client { handle, events }
    }
}

impl workload::Relay for Mosquitto {
    type Sender = Client;
    type Recipient = Client;

    fn promise(&self) -> &'static str {
        "in memory; on disk at an orderly end and every 30 minutes"
    }

    fn version(&self) -> &str {
        &self.version
    }

    async fn prepare(&mut self) -> Result<(), Failure> {
        for number in 0..RECIPIENTS {
            let mut client = self.client(format!("recipient{number}"), false);
            client.handle.subscribe(format!("to/{number}"), QoS::AtLeastOnce).await?;
            client.until(|packet| matches!(packet, Packet::SubAck(_))).await?;
            client.leave().await?;
        }
        Ok(())
    }

    async fn sender(&self, number: u64) -> Result<Client, Failure> {
        let mut client = self.client(format!("sender{number}"), true);
        client.until(|packet| matches!(packet, Packet::ConnAck(_))).await?;
        Ok(client)
    }

    async fn recipient(&self, number: u64) -> Result<Client, Failure> {
        let mut client = self.client(format!("recipient{number}"), false);
        client.until(|packet| matches!(packet, Packet::ConnAck(_))).await?;
        Ok(client)
    }

    async fn kill_and_restart(&mut self) -> Result<(), Failure> {
        self.server.kill_and_restart().await
    }
}

pub(crate) struct Client {
    handle: AsyncClient,
    events: EventLoop,
}

impl Client {
    /// Works until a packet has come.
    async fn until(&mut self, wanted: impl Fn(&Packet) -> bool) -> Result<Packet, Failure> {
        loop {
            if let Event::Incoming(packet) = self.events.poll().await?
                && wanted(&packet)
            {
                return Ok(packet);
            }
        }
    }

    /// Says goodbye and waits until the server has hung up: it has read everything then.
    async fn leave(mut self) -> Result<(), Failure> {
        self.handle.disconnect().await?;
        while self.events.poll().await.is_ok() {}
        Ok(())
    }
}

impl workload::Sender for Client {
    async fn send(&mut self, to: u64, body: Vec<u8>) -> Result<(), Failure> {
        self.handle.publish(format!("to/{to}"), QoS::AtLeastOnce, false, body).await?;
        self.until(|packet| matches!(packet, Packet::PubAck(_))).await?;
        Ok(())
    }
}

impl workload::Recipient for Client {
    /// The library acknowledges each.
    async fn next(&mut self) -> Result<Vec<u8>, Failure> {
        match self.until(|packet| matches!(packet, Packet::Publish(_))).await? {
            Packet::Publish(message) => Ok(message.payload.into()),
            _ => Err("another packet".into()),
        }
    }

    async fn finish(self) -> Result<(), Failure> {
        self.leave().await
    }
}
