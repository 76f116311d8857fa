//! A profile that is not what it should be: named, and left exactly as it is.

use crate::{person::Person, relay::RelayProcess};
use std::fs;

/// Where SQLite keeps the number in which the profile writes its format; 4 bytes, big-endian.
const FORMAT: usize = 60;
/// Bytes of a page.
const PAGE: usize = 4096;

/// Commands that read or write a profile.
const COMMANDS: [&[&str]; 6] = [
    &["inbox"],
    &["outbox", "--retry"],
    &["send", "@bob", "text"],
    &["chat", "send", "@bob", "text"],
    &["listen"],
    &["whois", "@bob"],
];

/// Bytes without any order, the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test]
async fn a_damaged_or_newer_profile_is_named_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let relay = RelayProcess::start(&folder.path().join("relay")).await;
    let bob = Person::registered(folder.path(), "bob", &relay.url).await;
    let alice = Person::registered(folder.path(), "alice", &relay.url).await;
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    alice.run(&["send", "@bob", "before"]).await.done();
    let file = alice.profile.join("profile.db");
    let good = fs::read(&file).unwrap();
    let names: Vec<_> = alice.files().into_iter().map(|(path, _)| path).collect();
    let keys = alice.profile.join("profile.db-keys");
    assert_eq!(
        names,
        [file.clone(), keys.clone()],
        "the last command has put everything into one file beside the keys"
    );
    let good_keys = fs::read(&keys).unwrap();

    let mut newer = good.clone();
    newer[FORMAT..FORMAT + 4].copy_from_slice(&9u32.to_be_bytes());
    let torn_apart = [&good[..PAGE], &noise(good.len() - PAGE)].concat();
    let cases: [(&str, Vec<u8>, &[&str]); 4] = [
        ("noise", noise(20_000), &["damaged", "backup"]),
        ("noise after the header", torn_apart, &["damaged", "backup"]),
        ("cut short", good[..PAGE + 100].to_vec(), &["damaged", "backup"]),
        ("a later version", newer, &["later version", "format 9", "use that version"]),
    ];
    for (name, bytes, words) in cases {
        fs::write(&file, &bytes).unwrap();
        let register = ["register", "@carol", "--relay", &relay.url];
        for arguments in COMMANDS.into_iter().chain([&register[..]]) {
            let refused = alice.run(arguments).await;
            refused.failed(5, words);
            assert!(fs::read(&file).unwrap() == bytes, "{name}: {arguments:?} has changed the profile");
            assert!(fs::read(&keys).unwrap() == good_keys, "{name}: {arguments:?} has changed the keys");
        }
    }
    // With the backup everything is as it was.
    for (path, _) in alice.files() {
        fs::remove_file(path).unwrap();
    }
    fs::write(&file, good).unwrap();
    fs::write(&keys, good_keys).unwrap();
    alice.run(&["send", "@bob", "after"]).await.done();
    assert!(bob.run(&["inbox"]).await.done().contains("after"));
}
