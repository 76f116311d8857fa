//! The driver over real connections, held against `test-vectors/leakage.json`: what goes through the wire to a relay, from the first
//! header of a connection on, and nothing else.

#[cfg(test)]
mod tests {
    use aside_client::{Conversation, driver::Client, engine::Matter};
    use aside_conformance::{leakage::Ledger, seen};
    use aside_identity::{Handle, Reach};
    use aside_relay::{Config, Relay};
    use aside_wire::{
        decode,
        pb::{self, request},
    };
    use futures_util::{SinkExt, StreamExt};
    use std::{
        collections::BTreeSet,
        path::Path,
        sync::{Arc, Mutex},
    };
    use tokio::net::{TcpListener, TcpStream};
    use tokio_tungstenite::{
        accept_hdr_async, connect_async,
        tungstenite::{
            Message,
            handshake::server::{Request, Response},
        },
    };

    /// What one connection has shown.
    #[derive(Default, Clone)]
    struct Shown {
        path: String,
        headers: BTreeSet<String>,
        requests: Vec<Vec<u8>>,
    }

    type Tap = Arc<Mutex<Vec<Shown>>>;

    /// Stands between clients and their relay, and writes down what the clients say.
    async fn tapped(relay: String) -> (String, Tap) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let tap = Tap::default();
        let taken = tap.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass_on(stream, relay.clone(), taken.clone()));
            }
        });
        (url, tap)
    }

    #[expect(clippy::result_large_err, reason = "the library asks for this type")]
    async fn pass_on(stream: TcpStream, relay: String, tap: Tap) {
        let place = {
            let mut connections = tap.lock().unwrap();
            connections.push(Shown::default());
            connections.len() - 1
        };
        let look = |request: &Request, response: Response| {
            let shown = &mut tap.lock().unwrap()[place];
            shown.path = request.uri().to_string();
            shown.headers = request.headers().keys().map(|name| name.as_str().to_owned()).collect();
            Ok(response)
        };
        let mut client = accept_hdr_async(stream, look).await.unwrap();
        let (mut relay, _) = connect_async(relay).await.unwrap();
        loop {
            tokio::select! {
                said = client.next() => {
                    let Some(Ok(said)) = said else { return };
                    if let Message::Binary(bytes) = &said {
                        tap.lock().unwrap()[place].requests.push(bytes.to_vec());
                    }
                    if relay.send(said).await.is_err() {
                        return;
                    }
                }
                answered = relay.next() => {
                    let Some(Ok(answered)) = answered else { return };
                    if client.send(answered).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    async fn register(folder: &Path, name: &str, url: &str) -> Client {
        let handle = Handle::parse(name).unwrap();
        Client::register(&folder.join(name), &handle, url).await.unwrap()
    }

    async fn catch_up(people: &mut [&mut Client]) {
        for _ in 0..2 {
            for person in people.iter_mut() {
                person.catch_up(&mut |_| {}).await.unwrap();
            }
        }
    }

    fn handle(name: &str) -> Handle {
        Handle::parse(name).unwrap()
    }

    /// A little of everything that a driver asks for.
    async fn use_it(folder: &Path, url: &str) {
        let mut alice = register(folder, "alice", url).await;
        let mut bob = register(folder, "bob", url).await;
        alice.look_up(&handle("bob")).await.unwrap();
        alice.step(|engine, step| engine.send_to_thread(step, &handle("bob"), "hello")).unwrap();
        let chat = alice.step(|engine, step| engine.open_chat(step, &handle("bob"))).unwrap();
        alice.step(|engine, step| engine.send_to_chat(step, &handle("bob"), "are you there?")).unwrap();
        catch_up(&mut [&mut alice, &mut bob]).await;
        bob.step(|engine, step| engine.accept_chat(step, &handle("alice"))).unwrap();
        bob.step(|engine, step| engine.send_to_chat(step, &handle("alice"), "I am")).unwrap();
        catch_up(&mut [&mut bob, &mut alice]).await;
        let chat = Conversation::Chat(chat);
        let which = alice.step(|engine, step| Ok(engine.messages(step, chat, 0, 64)?)).unwrap();
        let last = which.last().unwrap().index;
        let react = |engine: &aside_client::Engine, step: &mut aside_client::Step<'_>| {
            engine.react(step, chat, last, "👍")
        };
        alice.step(react).unwrap();
        alice.step(|engine, step| engine.declare_encrypted_only(step, &handle("bob"))).unwrap();
        alice.step(|engine, step| Ok(engine.set_level(step, Matter::Threads, Reach::Contacts)?)).unwrap();
        let group = alice.step(|engine, step| engine.create_group(step, "Friends", false)).unwrap();
        alice.step(|engine, step| engine.add_to_group(step, &group, &[handle("bob")])).unwrap();
        catch_up(&mut [&mut alice, &mut bob]).await;
        bob.step(|engine, step| engine.accept_group(step, &group)).unwrap();
        let text = aside_content::Text::new("hello, both of you").unwrap();
        alice.step(|engine, step| engine.send_to_group(step, &group, text)).unwrap();
        catch_up(&mut [&mut alice, &mut bob]).await;
    }

    // LEA-1, LEA-3, LEA-5
    #[tokio::test]
    async fn lea_1_what_goes_through_the_wire_stands_in_the_ledger() {
        let folder = tempfile::tempdir().unwrap();
        let relay = Relay::bind(Config::new(folder.path().join("relay"))).await.unwrap();
        let (url, tap) = tapped(relay.url()).await;
        tokio::spawn(relay.serve(std::future::pending()));
        use_it(folder.path(), &url).await;
        let connections = tap.lock().unwrap().clone();
        let ledger = Ledger::load().unwrap();
        let (mut findings, mut requests) = (BTreeSet::new(), BTreeSet::new());
        for Shown { path, headers, requests: bytes } in connections {
            // No name of a program, no language, no extension that compresses: what a WebSocket cannot do without.
            let needed = ["connection", "host", "sec-websocket-key", "sec-websocket-version", "upgrade"]
                .map(str::to_owned);
            assert_eq!(headers, BTreeSet::from(needed));
            assert_eq!(path, "/v1/connect");
            let mut device: Option<(Vec<u8>, u32)> = None;
            for request in bytes {
                let before = device.as_ref().map(|(account, device)| (account.as_slice(), *device));
                let seen = seen::see(before, &request).unwrap();
                requests.insert(seen.request);
                findings.extend(seen.fields.iter().filter_map(|field| ledger.finding(field)));
                if let Some(request::Body::Login(login)) = decode::<pb::Request>(&request).unwrap().body {
                    device = Some((login.account_key, login.device_id));
                }
            }
        }
        assert!(findings.is_empty(), "a relay sees what is not in the ledger: {findings:#?}");
        let usual = [
            "acknowledge",
            "append_entry",
            "declare",
            "fan_out",
            "fetch_entries",
            "fetch_prekeys",
            "login",
            "publish_prekeys",
            "publish_settings",
            "register",
            "resolve",
            "send",
            "subscribe",
        ];
        let missing: Vec<_> = usual.iter().filter(|request| !requests.contains(*request)).collect();
        assert!(missing.is_empty(), "never asked: {missing:?}");
    }
}
