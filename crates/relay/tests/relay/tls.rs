//! TLS of the relay's own: certificates that change while it runs, and handshakes that nobody finishes.

use crate::{
    client::Client,
    person::Person,
    running::{Running, soon},
};
use aside_relay::{Config, StartError, Timeouts, TlsFiles};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};
use tokio_tungstenite::{MaybeTlsStream, client_async};

pub(crate) type Issuer = CertifiedIssuer<'static, KeyPair>;

pub(crate) fn issuer() -> Issuer {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Writes a certificate that ends in this year, and its key.
pub(crate) fn issue(issuer: &Issuer, folder: &Path, year: i32) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".into()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(year, 1, 1);
    let certificate = params.signed_by(&key, issuer).unwrap();
    fs::write(folder.join("chain.pem"), certificate.pem() + &issuer.pem()).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
}

fn config(folder: &Path) -> Config {
    let tls = TlsFiles { certificate: Some(folder.join("chain.pem")), key: Some(folder.join("key.pem")) };
    Config { tls, ..Config::new(folder.join("data")) }
}

/// A relay with a certificate of this issuer.
async fn relay(issuer: &Issuer) -> (TempDir, Running) {
    let folder = tempfile::tempdir().unwrap();
    issue(issuer, folder.path(), 4000);
    let running = Running::start_with(config(folder.path())).await;
    (folder, running)
}

/// A client that trusts this issuer alone.
fn connector(issuer: &Issuer) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(issuer.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn shake(issuer: &Issuer, address: SocketAddr) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await.unwrap();
    soon(connector(issuer).connect(ServerName::try_from("localhost").unwrap(), stream)).await
}

/// The certificate that new connections get.
pub(crate) async fn served(issuer: &Issuer, address: SocketAddr) -> Vec<u8> {
    let stream = shake(issuer, address).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

/// The next certificate that new connections get, after this one.
pub(crate) async fn served_after(first: &[u8], issuer: &Issuer, address: SocketAddr) -> Vec<u8> {
    soon(async {
        loop {
            let now = served(issuer, address).await;
            if now != first {
                return now;
            }
        }
    })
    .await
}

async fn client(issuer: &Issuer, running: &Running) -> Client {
    let stream = MaybeTlsStream::Rustls(shake(issuer, running.address).await.unwrap());
    let (socket, _) = soon(client_async(running.url.as_str(), stream)).await.unwrap();
    Client::greet(socket).await
}

#[tokio::test]
async fn a_new_certificate_is_taken_while_the_old_connection_lives() {
    let issuer = issuer();
    let (folder, running) = relay(&issuer).await;
    assert!(running.url.starts_with("wss://"));
    let alice = Person::new("alice");
    let mut old = client(&issuer, &running).await;
    old.register(&alice).await.unwrap();
    old.log_in(&alice).await.unwrap();
    let first = served(&issuer, running.address).await;

    issue(&issuer, folder.path(), 4001);
    running.renewal.notify_one();
    let second = served_after(&first, &issuer, running.address).await;
    old.send(alice.letter(1, b"text")).await.unwrap();
    let mut new = client(&issuer, &running).await;
    new.log_in(&alice).await.unwrap();

    // What does not hold changes nothing: no certificate, one that has ended, one of another key.
    for damage in 0..3 {
        match damage {
            0 => fs::write(folder.path().join("chain.pem"), "no certificate").unwrap(),
            1 => issue(&issuer, folder.path(), 2021),
            _ => fs::write(folder.path().join("key.pem"), KeyPair::generate().unwrap().serialize_pem())
                .unwrap(),
        }
        running.renewal.notify_one();
        for _ in 0..20 {
            assert!(served(&issuer, running.address).await == second);
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn a_new_certificate_is_noticed_without_being_told() {
    let issuer = issuer();
    let folder = tempfile::tempdir().unwrap();
    issue(&issuer, folder.path(), 4000);
    let timeouts = Timeouts { certificate: Duration::from_millis(50), ..Timeouts::default() };
    let running = Running::start_with(Config { timeouts, ..config(folder.path()) }).await;
    let first = served(&issuer, running.address).await;
    issue(&issuer, folder.path(), 4001);
    served_after(&first, &issuer, running.address).await;
    running.stop().await;
}

#[test]
fn what_clients_will_see_of_a_certificate_is_known_before_it_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let made = |names: &[&str], change: fn(&mut CertificateParams)| {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().copied().map(String::from).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &issuer()).unwrap();
        fs::write(folder.path().join("chain.pem"), certificate.pem()).unwrap();
        fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
        aside_relay::certificate(&config(folder.path())).unwrap().unwrap()
    };
    let certificate = made(&["relay.example.org", "*.Example.net", "192.0.2.1"], |_| ());
    assert!(!certificate.is_issuer);
    for name in ["relay.example.org", "any.example.net", "192.0.2.1"] {
        assert!(certificate.is_for(name), "{name}");
    }
    for name in ["example.org", "example.net", "a.b.example.net", "192.0.2.2"] {
        assert!(!certificate.is_for(name), "{name}");
    }
    let certificate = made(&[], |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_after = date_time_ymd(2021, 1, 1);
    });
    assert_eq!((certificate.is_issuer, certificate.names.len()), (true, 0));
    assert_eq!(certificate.not_after, 1_609_459_200_000);
}

#[tokio::test]
async fn a_certificate_of_nobody_known_is_not_taken() {
    let (_folder, running) = relay(&issuer()).await;
    assert!(shake(&issuer(), running.address).await.is_err());
    running.stop().await;
}

#[tokio::test]
async fn t1_a_tls_handshake_that_nobody_finishes_is_cut_off() {
    let issuer = issuer();
    let folder = tempfile::tempdir().unwrap();
    issue(&issuer, folder.path(), 4000);
    let headers = Duration::from_millis(300);
    let timeouts = Timeouts { headers, ..Timeouts::default() };
    let running = Running::start_with(Config { timeouts, ..config(folder.path()) }).await;
    let mut silent = TcpStream::connect(running.address).await.unwrap();
    // The beginning of a ClientHello.
    silent.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
    let mut answer = Vec::new();
    let _ = soon(silent.read_to_end(&mut answer)).await;
    // Others are served meanwhile and after.
    client(&issuer, &running).await.register(&Person::new("alice")).await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn t2_a_client_hello_in_single_bytes_is_fine() {
    let issuer = issuer();
    let (_folder, running) = relay(&issuer).await;
    // Between the client and the relay: each byte in a segment of its own, one after another.
    let (near, far) = tokio::io::duplex(1);
    let relay = TcpStream::connect(running.address).await.unwrap();
    relay.set_nodelay(true).unwrap();
    let between = tokio::spawn(async move {
        let (mut near, mut far) = (far, relay);
        let _ = tokio::io::copy_bidirectional_with_sizes(&mut near, &mut far, 1, 1).await;
    });
    let stream = connector(&issuer).connect(ServerName::try_from("localhost").unwrap(), near);
    let mut stream = soon(stream).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n").await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = [0; 13];
    soon(stream.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 ");
    between.abort();
    running.stop().await;
}

#[tokio::test]
async fn without_a_certificate_that_holds_it_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = issuer();
    let refused = async |words: &str| {
        let Err(error) = aside_relay::Relay::bind(config(folder.path())).await else { panic!("it started") };
        assert!(matches!(error, StartError::Tls(_)) && error.to_string().contains(words), "{error}");
    };
    refused("chain.pem").await;
    issue(&issuer, folder.path(), 4000);
    fs::write(folder.path().join("key.pem"), "no key").unwrap();
    refused("key.pem is not a private key").await;
    fs::write(folder.path().join("key.pem"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    refused("belong together").await;
}
