//! `wss`: whose certificates are taken, and what is said of the others.

use crate::person::{Person, soon};
use aside_relay::{Config, Relay, TlsFiles};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use std::{fs, future::pending, path::Path};
use tempfile::TempDir;

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn issuer() -> Issuer {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A relay whose certificate is for a name, with changes, and its address. It ends with the test.
async fn relay(
    issuer: &Issuer,
    name: &str,
    change: impl FnOnce(&mut CertificateParams),
) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    let secret = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.into()]).unwrap();
    change(&mut params);
    fs::write(&chain, params.signed_by(&secret, issuer).unwrap().pem()).unwrap();
    fs::write(&key, secret.serialize_pem()).unwrap();
    let mut config = Config::new(folder.path().join("relay"));
    config.tls = TlsFiles { certificate: Some(chain), key: Some(key) };
    let relay = soon(Relay::bind(config)).await.unwrap();
    let url = format!("wss://localhost:{}", relay.local_addr().port());
    tokio::spawn(relay.serve(pending()));
    (folder, url)
}

/// Somebody who trusts this issuer alone.
fn person(folder: &Path, name: &str, trusted: &Issuer) -> Person {
    let file = folder.join(format!("{name}.trusted.pem"));
    fs::write(&file, trusted.pem()).unwrap();
    Person::new(folder, name).with_env("SSL_CERT_FILE", &file)
}

#[tokio::test]
async fn people_talk_over_tls_with_whom_they_were_told_to_trust() {
    let issuer = issuer();
    let (folder, url) = relay(&issuer, "localhost", |_| ()).await;
    let (alice, bob) = (person(folder.path(), "alice", &issuer), person(folder.path(), "bob", &issuer));
    for person in [&alice, &bob] {
        person.run(&["register", &person.handle, "--relay", &url]).await.done();
    }
    alice.run(&["chat", "open", "@bob"]).await.done();
    bob.run(&["inbox"]).await.done();
    bob.run(&["chat", "accept", "@alice"]).await.done();
    alice.run(&["chat", "send", "@bob", "over TLS"]).await.done();
    let inbox = bob.run(&["inbox"]).await.done();
    assert!(inbox.contains("end-to-end encrypted") && inbox.contains("over TLS"), "{inbox}");
}

#[tokio::test]
async fn a_certificate_that_is_not_taken_is_explained() {
    let issuer = issuer();
    let refused = async |trusted: &Issuer, name: &str, change: fn(&mut CertificateParams), words: &str| {
        let (folder, url) = relay(&issuer, name, change).await;
        let alice = person(folder.path(), "alice", trusted);
        let outcome = alice.run(&["register", "@alice", "--relay", &url]).await;
        assert!(outcome.code == Some(4) && outcome.err.contains(words), "{words}: {}", outcome.err);
    };
    refused(&self::issuer(), "localhost", |_| (), "does not trust who issued its certificate").await;
    refused(&issuer, "relay.example.org", |_| (), "for another name").await;
    refused(&issuer, "localhost", |params| params.not_after = date_time_ymd(2021, 1, 1), "has ended").await;
    let of_an_issuer =
        |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    refused(&issuer, "localhost", of_an_issuer, "needs one with CA:FALSE").await;
}
