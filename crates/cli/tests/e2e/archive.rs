//! Archives as files: written once and for their owner, refused whole when they are damaged, and taken in as what they are.

use crate::{person::Person, relay::RelayProcess};
use std::{fs, path::Path};

/// Copies a profile, as a backup does.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

// ARC-3, ARC-7, ARC-8, ARC-9
#[tokio::test]
async fn an_archive_brings_back_what_a_profile_has_lost_and_a_damaged_one_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = RelayProcess::start(&folder.path().join("relay")).await;
    let bob = Person::registered(folder.path(), "bob", &relay.url).await;
    let alice = Person::registered(folder.path(), "alice", &relay.url).await;
    let lost = Person::new(folder.path(), "lost");
    copy(&alice.profile, &lost.profile);
    alice.run(&["send", "@bob", "Dinner on Friday?"]).await.done();
    alice.run(&["chat", "open", "@bob"]).await.done();
    bob.run(&["inbox"]).await.done();
    bob.run(&["chat", "accept", "@alice"]).await.done();
    bob.run(&["chat", "send", "@alice", "The party is a surprise."]).await.done();
    alice.run(&["inbox"]).await.done();
    let file = folder.path().join("alice.archive");
    let name = file.to_str().unwrap();
    alice.run(&["export", name]).await.done();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let good = fs::read(&file).unwrap();
    alice.run(&["export", name]).await.failed(1, &["exists"]);
    assert!(fs::read(&file).unwrap() == good, "a file that is there stays");

    let mut altered = good.clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    let cut = good[..good.len() - 1].to_vec();
    let longer = [good.clone(), vec![0]].concat();
    for bytes in [altered, cut, longer, b"no archive".to_vec(), Vec::new()] {
        let damaged = folder.path().join("damaged");
        fs::write(&damaged, bytes).unwrap();
        for command in [vec!["import"], vec!["archive", "show"]] {
            let arguments = [command, vec![damaged.to_str().unwrap()]].concat();
            let refused = lost.run(&arguments).await;
            assert_eq!(refused.out, "", "nothing is shown before everything was checked");
            refused.failed(3, &["refused", "nothing"]);
        }
    }
    let found = lost.run(&["inbox", "--all"]).await;
    assert!(!found.out.contains("archive"), "nothing of a damaged archive was taken in: {}", found.out);

    // None of it needs the relay.
    relay.kill().await;
    assert!(lost.run(&["import", name]).await.done().starts_with("2 messages taken in."));
    let all = lost.run(&["inbox", "--all"]).await;
    assert!(all.out.contains("@bob  (thread, known from an archive only)\n"), "{}", all.out);
    assert!(all.out.contains("@bob  (chat, known from an archive only)\n"), "{}", all.out);
    assert!(all.out.contains("The party is a surprise.  [from an archive]\n"), "{}", all.out);
    let found = lost.run(&["search", "surprise", "--json"]).await.done();
    assert!(found.contains("\"shield\":\"imported\""), "{found}");
    let again = lost.run(&["import", name]).await.done();
    assert!(again.starts_with("0 messages taken in."), "{again}");
    bob.run(&["import", name]).await.failed(3, &["an archive of @alice", "aside archive show"]);
    assert!(bob.run(&["archive", "show", name]).await.done().contains("@bob: The party is a surprise.\n"));
}
