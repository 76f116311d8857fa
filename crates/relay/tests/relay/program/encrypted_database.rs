//! A database server that is spoken to by TLS.

use crate::{
    client::Client,
    person::Person,
    program::process::{Process, command, run},
    tls::{issue, issuer},
};
use aside_testkit::postgres::Cluster;
use std::fs;

#[tokio::test]
async fn a_server_is_spoken_to_in_secret_if_its_certificate_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let (trusted, other) = (issuer(), issuer());
    issue(&trusted, folder.path(), 4000);
    let mut cluster = Cluster::start().unwrap();
    cluster.encrypt(&folder.path().join("chain.pem"), &folder.path().join("key.pem")).unwrap();
    let url = cluster.create_database().unwrap().replace("@127.0.0.1:", "@localhost:");
    let url = format!("{url}?sslmode=require");
    let relay = |trusts: &str| {
        let roots = folder.path().join("roots.pem");
        fs::write(&roots, trusts).unwrap();
        let data = folder.path().join("data");
        let mut command = command(["--listen", "127.0.0.1:0", "--store", &url, "--data"]);
        command.arg(data).env("SSL_CERT_FILE", roots).env_remove("SSL_CERT_DIR");
        command
    };

    let (code, _, err) = run(relay(&other.pem())).await;
    assert_eq!(code, Some(1));
    assert!(err.contains("database server") && err.contains("certificate"), "{err}");
    assert!(err.contains("SSL_CERT_FILE"), "{err}");

    let process = Process::start_as(relay(&trusted.pem())).await;
    let alice = Person::new("alice");
    Client::join(&process.url, &alice).await.publish(alice.prekeys(1..3)).await.unwrap();
    let secret = cluster
        .query(
            "SELECT count(*) > 2 AND bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
             WHERE application_name = 'aside-relay'",
        )
        .unwrap();
    assert_eq!(secret.trim(), "t");
    assert_eq!(process.terminate().await, Some(0));
}
