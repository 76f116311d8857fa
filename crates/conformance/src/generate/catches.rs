//! Which mistakes a vector uncovers, where a rule says it for many of them; the others say so where they are made.
//!
//! The rules ask what a vector says, and not what the crates do: the test of the tests compares the two.

use crate::{
    check::{
        bug::Bug,
        bytes::{self, Outputs},
    },
    vector::Vector,
};
use aside_wire::packet::Packet;
use std::collections::BTreeSet;

/// Adds what the rules say to what the vector says of itself.
pub(super) fn add(vector: &mut Vector) {
    let said = |bug: &&Bug| vector.catches.iter().any(|name| name == bug.name());
    let more = Bug::ALL.iter().filter(|bug| !said(bug) && uncovers(vector, **bug));
    let more: Vec<_> = more.map(|bug| bug.name().to_owned()).collect();
    vector.catches.extend(more);
}

fn uncovers(vector: &Vector, bug: Bug) -> bool {
    let refuses = |word: &str, ops: &[&str]| refuses(vector, word, ops);
    let does = |ops: &[&str]| does(vector, ops);
    let is = |ids: &[&str]| ids.contains(&vector.id.as_str());
    match bug {
        Bug::SkipMac => refuses("mac", &[]) && !is(SHORT_TAGS),
        Bug::AcceptShortTag => is(SHORT_TAGS),
        Bug::AcceptOtherEncodings => is(OTHER_ENCODINGS),
        Bug::SkipTheBound => refuses("too_far", &[]),
        Bug::FoldHandles => is(&["handle-capital"]),
        Bug::SkipCertificateSignature => refuses("signature", &["certificate.verify"]),
        Bug::SkipListSignature => refuses("signature", &["device_list.verify", "device_list.succeed"]),
        Bug::AcceptListRollback => refuses("stale", &["device_list.succeed"]),
        Bug::AcceptListFork => refuses("fork", &["device_list.succeed"]),
        Bug::SkipPrekeySignature => refuses("signature", &["prekey.verify", "initiate"]),
        Bug::AcceptExpiredPrekey => refuses("stale", &["prekey.verify", "initiate"]),
        Bug::AcceptOtherOwner => {
            let ops = [
                "certificate.verify",
                "device_list.verify",
                "prekey.verify",
                "encrypted_only.verify",
                "parameters.read",
            ];
            refuses("policy", &ops) || is(&["archive-device-not-in-list"])
        }
        // The role of that admin does not allow it, either, and the other brings no list.
        Bug::AcceptOutsider => {
            let more = ["entry-by-a-removed-admin", "entry-devices-no-list-by-an-outsider"];
            refuses("not_member", &["group.append"]) && !is(&more)
        }
        Bug::AcceptGaps => is(GAPS),
        Bug::SkipGroupSignature => refuses("signature", &["group.decrypt", "group_frame.receive"]),
        Bug::AcceptOtherSender => refuses("policy", &["group.decrypt"]),
        Bug::AcceptOldHead => refuses("stale", &["group.judge"]),
        Bug::AdmitAnybody => {
            ["policy", "not_member"].iter().any(|word| refuses(word, &["conversations.sender"]))
        }
        Bug::AllowEveryPlace => refuses("policy", &["content.place"]),
        Bug::NeverGone => refuses("policy", &["life.show"]),
        Bug::ShowEveryCapture => refuses("policy", &["capture.show"]),
        Bug::RepeatForAnybody => refuses("policy", &["retry.repeat"]),
        Bug::SkipProof => refuses("signature", &["relay.login.verify", "relay.register.verify"]),
        Bug::AcceptOldStore => refuses("stale", &["store.judge"]),
        Bug::AcceptCutArchive => is(CUT_ARCHIVES),
        Bug::ForgetLengths => is(&["hash-no-part", "hash-parts-divided-early", "hash-parts-divided-late"]),
        Bug::ForgetDirection => does(&["associated_data", "transient_associated_data"]),
        Bug::SwapKeys => does(&["message_keys"]),
        Bug::TellRejection => is(&["kem-ciphertext-first-bit", "kem-ciphertext-last-bit"]),
        Bug::StepTwice => does(&["encrypt"]),
        Bug::KeepUsedPrekeys => is(&["one-time-prekey-used-twice"]),
        Bug::ForgetHandshakes => hears_a_handshake_again(vector),
        Bug::KeepSending => does(&["retire"]),
        Bug::KeepSessions => does(&["forget"]),
        Bug::ForgetOpenings => is(OPENINGS),
        // Where they are made.
        Bug::SkipCommitment
        | Bug::AcceptLowOrder
        | Bug::IgnorePadding
        | Bug::AcceptReplay
        | Bug::LenientDecoding
        | Bug::IgnoreControl
        | Bug::IgnoreMark
        | Bug::AdoptUnasked
        | Bug::SkipEntrySignature
        | Bug::SkipRoles => false,
    }
}

/// A step of one of these operations, or of any if none is named, is refused with this word.
fn refuses(vector: &Vector, word: &str, ops: &[&str]) -> bool {
    let asked = |op: &str| ops.is_empty() || ops.contains(&op);
    vector.steps().iter().any(|step| step.reject.as_deref() == Some(word) && asked(&step.op))
}

/// A step of one of these operations works.
fn does(vector: &Vector, ops: &[&str]) -> bool {
    vector.steps().iter().any(|step| step.out.is_some() && ops.contains(&step.op.as_str()))
}

/// A device hears a message with a handshake that it has accepted before, on another message or on the same one.
fn hears_a_handshake_again(vector: &Vector) -> bool {
    let (mut outputs, mut accepted) = (Outputs::new(), BTreeSet::new());
    for step in vector.steps() {
        let message = step.input.find("message").and_then(|message| bytes::eval(message, &outputs).ok());
        let handshake = message.as_deref().and_then(|message| Packet::parse(message).ok()?.handshake);
        if let Some(handshake) =
            handshake.filter(|_| ["receive", "chat_frame.receive"].contains(&step.op.as_str()))
        {
            let hearing = (step.actor.clone(), handshake.bytes.to_vec());
            if accepted.contains(&hearing) {
                return true;
            }
            if step.out.is_some() {
                accepted.insert(hearing);
            }
        }
        outputs.insert(step.step, step.out.unwrap_or_default());
    }
    false
}

/// Tags of another length.
const SHORT_TAGS: &[&str] = &["aead-tag-15-bytes", "aead-tag-17-bytes", "aead-tag-8-bytes", "aead-tag-empty"];

/// Keys that are no canonical encoding, wherever they stand.
const OTHER_ENCODINGS: &[&str] = &[
    "certificate-agreement-key-high-bit",
    "certificate-signing-key-not-canonical",
    "ed25519-key-negative-zero",
    "ed25519-key-no-point",
    "ed25519-key-non-canonical-y",
    "ed25519-key-prime",
    "ed25519-key-prime-plus-1",
    "first-message-ratchet-key-not-canonical",
    "forged-ratchet-key-not-canonical",
    "forged-turn-ratchet-key-not-canonical",
    "handshake-ephemeral-key-high-bit",
    "handshake-ephemeral-key-prime",
    "handshake-ephemeral-key-prime-plus-9",
    "prekey-agreement-key-high-bit",
    "sender-key-signing-key-not-canonical",
    "transient-forged-ratchet-key-not-canonical",
    "x25519-key-all-ones",
    "x25519-key-high-bit",
    "x25519-key-prime",
    "x25519-key-prime-plus-1",
    "x25519-key-prime-plus-18",
    "x25519-key-prime-plus-9",
    "x25519-key-zero-high-bit",
    "x25519-long-lived-key-high-bit",
];

/// Entries of a group that follow another one than the newest.
const GAPS: &[&str] = &[
    "entry-gap",
    "entry-last-sequence",
    "entry-parent-bit",
    "entry-parent-is-older",
    "entry-parent-unknown",
    "entry-same-sequence",
];

/// Records that are missing, stand twice or in another order.
const CUT_ARCHIVES: &[&str] = &[
    "archive-behind-the-end",
    "archive-chat-before-thread",
    "archive-chats-descending",
    "archive-conversation-twice",
    "archive-cut-in-a-length",
    "archive-cut-in-a-record",
    "archive-edit-before-reaction",
    "archive-group-before-chat",
    "archive-length-of-three-bytes",
    "archive-longest-length-and-no-record",
    "archive-magic-cut",
    "archive-magic-only",
    "archive-mark-of-the-conversation-before",
    "archive-mark-twice",
    "archive-mark-without-message",
    "archive-marks-descending",
    "archive-message-twice",
    "archive-message-without-conversation",
    "archive-messages-swapped",
    "archive-no-manifest",
    "archive-nothing",
    "archive-people-descending",
    "archive-person-behind-message",
    "archive-person-twice",
    "archive-person-without-conversation",
    "archive-sealed-twice",
    "archive-two-manifests",
    "archive-without-its-end",
];

/// What an opening changes.
const OPENINGS: &[&str] = &[
    "opening-is-reading-gone",
    "opening-is-reading-shown",
    "order-of-opened-1-gone",
    "order-of-opened-1-shown",
    "order-of-opened-2-gone",
    "order-of-opened-2-shown",
    "order-of-opened-3-gone",
    "order-of-opened-3-shown",
    "order-of-opened-4-gone",
    "order-of-opened-4-shown",
    "order-of-opened-5-gone",
    "order-of-opened-5-shown",
    "order-of-opened-6-gone",
    "order-of-opened-6-shown",
    "order-of-opened-7-gone",
    "order-of-opened-7-shown",
    "order-of-opened-8-gone",
    "order-of-opened-8-shown",
    "replay-one-opening-told-twice-shown",
    "replay-opened-twice-gone",
    "replay-opened-twice-shown",
    "replay-three-openings-gone",
    "replay-three-openings-shown",
    "told-opened-thrice",
    "told-v19-opened",
    "transcript-once",
    "v19-opened-on-another-device-gone",
    "v19-opened-on-another-device-shown",
    "v26-opened-on-two-devices-at-once-gone",
    "v26-opened-on-two-devices-at-once-shown",
];
