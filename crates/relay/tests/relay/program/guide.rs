//! The operator's guide, played: each command that it marks does what it says, in its order, beside a relay that runs.

use crate::{
    client::Client,
    person::Person,
    program::process::{Process, run},
    running::soon,
};
use std::{env, fs, path::Path};
use tokio::process::Command;

/// The commands of the blocks marked `play`.
fn commands() -> Vec<String> {
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("operate/README.md")).unwrap();
    let blocks = guide.split("```play\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[tokio::test]
async fn each_command_of_the_guide_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("relay.toml"), "data = \"data\"\n").unwrap();
    let process = Process::start(&folder.path().join("data")).await;
    Client::join(&process.url, &Person::new("alice")).await;
    // The copy in a safe place.
    fs::copy(folder.path().join("data/relay.key"), folder.path().join("relay.key")).unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_aside-relay")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), env::var("PATH").unwrap());
    let commands = commands();
    assert!(commands.len() > 12, "{commands:?}");
    for line in commands {
        let mut command = Command::new("sh");
        command.args(["-ec", &line]).current_dir(folder.path()).env("PATH", &path);
        command.env("ASIDE_RELAY_CONFIG", "relay.toml");
        // Not the port that the machine of whoever tests may use.
        command.env("ASIDE_RELAY_LISTEN", "127.0.0.1:0");
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let (code, out, err) = run(command).await;
        assert_eq!(code, Some(0), "{line}: {out}{err}");
        assert!(line.starts_with("cp ") || !out.is_empty(), "{line} says nothing");
    }
    soon(process.terminate()).await;
}

#[tokio::test]
async fn systemd_understands_the_unit() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("operate/aside-relay.service");
    let unit = fs::read_to_string(unit).unwrap();
    for word in ["ProtectSystem=strict", "NoNewPrivileges=yes", "LimitNOFILE=", "StateDirectoryMode=0700"] {
        assert!(unit.contains(word), "{word}");
    }
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("aside-relay.service");
    fs::write(&place, unit.replace("/usr/local/bin/aside-relay", env!("CARGO_BIN_EXE_aside-relay"))).unwrap();
    let Ok(output) = Command::new("systemd-analyze").arg("verify").arg(&place).output().await else {
        eprintln!("systemd-analyze is not here: the unit is not verified");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("aside-relay.service"), "{said}");
}
