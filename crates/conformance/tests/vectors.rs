//! Every vector against the crates of this workspace, one test a file.

use aside_conformance::{check, files, load};
use std::collections::BTreeSet;

// CNF-1, CNF-4
fn holds(name: &str) -> Result<(), load::Malformed> {
    let file = load::file(name)?;
    let failures = check::run(&file, None);
    let list: String = failures.iter().map(|failure| format!("\n  {failure}")).collect();
    assert!(failures.is_empty(), "{name}: {} of {} vectors fail:{list}", failures.len(), file.vectors.len());
    Ok(())
}

macro_rules! files {
    ($($test:ident: $name:literal,)+) => {
        $(#[test]
        fn $test() -> Result<(), load::Malformed> {
            holds($name)
        })+

        // CNF-3
        #[test]
        fn no_file_is_left_out() {
            assert_eq!([$($name),+].as_slice(), files::ALL);
        }
    };
}

files! {
    hash: "primitives/hash.json",
    aead: "primitives/aead.json",
    x25519: "primitives/x25519.json",
    ed25519: "primitives/ed25519.json",
    ml_kem: "primitives/ml-kem.json",
    decode: "envelope/decode.json",
    packet: "envelope/packet.json",
    certificate: "identity/certificate.json",
    device_list: "identity/device-list.json",
    prekey: "identity/prekey.json",
    handle: "identity/handle.json",
    handshake_schedule: "handshake/schedule.json",
    first_message: "handshake/first-message.json",
    session_schedule: "session/schedule.json",
    order: "session/order.json",
    forged: "session/forged.json",
    session_limits: "session/limits.json",
    session_transient: "session/transient.json",
    session_epochs: "session/epochs.json",
    padding: "content/padding.json",
    frames: "content/frames.json",
    kinds: "content/kinds.json",
    declarations: "content/declarations.json",
    attachments: "content/attachments.json",
    time: "content/time.json",
    conversations_opt_in: "conversations/opt-in.json",
    conversations_senders: "conversations/senders.json",
    conversations_healing: "conversations/healing.json",
    expiry_life: "expiry/life.json",
    expiry_policies: "expiry/policies.json",
    expiry_stamps: "expiry/stamps.json",
    expiry_view_once: "expiry/view-once.json",
    capture_notices: "capture/notices.json",
    group_entries: "group/entries.json",
    group_log: "group/log.json",
    group_keys: "group/keys.json",
    group_messages: "group/messages.json",
    group_judging: "group/judging.json",
    archive: "archive/archive.json",
    proofs: "relay/proofs.json",
    keep: "relay/keep.json",
    generations: "relay/generations.json",
    parameters: "relay/parameters.json",
    transcript_requests: "transcripts/requests.json",
    transcript_first_contact: "transcripts/first-contact.json",
    transcript_talk: "transcripts/talk.json",
    transcript_declined: "transcripts/declined.json",
    transcript_thread: "transcripts/thread.json",
    transcript_crossing: "transcripts/crossing.json",
    transcript_two_devices: "transcripts/two-devices.json",
    transcript_vanishing: "transcripts/vanishing.json",
    transcript_once: "transcripts/once.json",
    transcript_healing: "transcripts/healing.json",
    transcript_hostile_relay: "transcripts/hostile-relay.json",
    transcript_business: "transcripts/business.json",
    transcript_group: "transcripts/group.json",
    transcript_group_going: "transcripts/group-going.json",
    transcript_group_attacked: "transcripts/group-attacked.json",
}

#[test]
fn ids_are_unique_over_all_files_and_most_vectors_refuse() {
    let mut ids = BTreeSet::new();
    let (mut vectors, mut negative) = (0, 0);
    for name in files::ALL {
        for vector in load::file(name).unwrap().vectors {
            vectors += 1;
            negative += usize::from(vector.is_negative());
            assert!(ids.insert(vector.id.clone()), "{} stands twice", vector.id);
        }
    }
    assert!(vectors >= 150 && negative * 100 >= vectors * 60, "{negative} of {vectors}");
}

#[test]
fn every_file_is_described_in_the_readme() {
    let readme = std::fs::read_to_string(files::folder().join("README.md")).unwrap();
    for name in files::ALL.iter().chain([&files::LEDGER, &files::SCHEMA]) {
        assert!(readme.contains(&format!("({name})")), "{name}");
    }
}
