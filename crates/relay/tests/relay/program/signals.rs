//! What the program and whoever started it tell each other: that it is ready, and that there is a new certificate.

use crate::{
    program::process::{Process, command, run},
    running::soon,
    tls::{issue, issuer, served, served_after},
};
use std::{ffi::OsStr, fs};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::UnixDatagram,
    process::Command,
};

#[tokio::test]
async fn sighup_has_the_certificate_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = issuer();
    issue(&issuer, folder.path(), 4000);
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (chain, key) = (file("chain.pem"), file("key.pem"));
    // Nobody else looks at the files meanwhile.
    let arguments = ["--tls-cert", &chain, "--tls-key", &key, "--timeouts-certificate", "86400"];
    let process = Process::start_with(&folder.path().join("data"), &arguments).await;
    let rest = process.url.strip_prefix("wss://").unwrap();
    let address = rest.strip_suffix("/v1/connect").unwrap().parse().unwrap();
    let first = served(&issuer, address).await;
    issue(&issuer, folder.path(), 4001);
    assert_eq!(served(&issuer, address).await, first);
    let id = process.child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-HUP", &id]).status().await.unwrap().success());
    served_after(&first, &issuer, address).await;
    assert_eq!(process.terminate().await, Some(0));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn it_says_that_it_is_ready_where_systemd_listens() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("notify");
    let listening = UnixDatagram::bind(&place).unwrap();
    let data = folder.path().join("data");
    let arguments = ["--data".as_ref(), data.as_os_str(), "--listen".as_ref(), "127.0.0.1:0".as_ref()];
    let mut child = command(arguments).env("NOTIFY_SOCKET", &place).spawn().unwrap();
    let mut said = [0; 64];
    let length = soon(listening.recv(&mut said)).await.unwrap();
    assert_eq!(&said[..length], b"READY=1");
    // It listens by then.
    let line = soon(BufReader::new(child.stdout.take().unwrap()).lines().next_line()).await.unwrap().unwrap();
    let url = line.strip_prefix("listening on ").unwrap();
    crate::client::Client::connect(url).await;

    let mut nowhere = command(arguments.map(OsStr::to_owned));
    nowhere.env("NOTIFY_SOCKET", folder.path().join("nobody"));
    soon(child.kill()).await.unwrap();
    let (code, _, err) = run(nowhere).await;
    assert!(code == Some(1) && err.contains("NOTIFY_SOCKET"), "{err}");
}

#[tokio::test]
async fn the_log_names_only_what_is_not_as_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("relay.toml");
    let example = include_str!("../../../operate/aside-relay.toml");
    fs::write(&file, example.replace("/var/lib/aside-relay", folder.path().join("data").to_str().unwrap()))
        .unwrap();
    let arguments = [OsStr::new("--config"), file.as_ref(), "--listen".as_ref(), "127.0.0.1:0".as_ref()];
    let mut child = command(arguments).spawn().unwrap();
    let out = child.stdout.take().unwrap();
    soon(BufReader::new(out).lines().next_line()).await.unwrap().unwrap();
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    let log = String::from_utf8(soon(child.wait_with_output()).await.unwrap().stderr).unwrap();
    let set: Vec<_> = log.lines().filter(|line| line.contains("from=")).collect();
    assert!(set.len() == 2 && set[0].contains("\"data\"") && set[1].contains("\"listen\""), "{log}");
}
