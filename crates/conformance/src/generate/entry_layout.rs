//! `group/entries.json`: lies about who made an entry, where it stands, and how it is written.

use super::{
    Result,
    entries::{Lie, lie},
    group::{
        CREATE, Circle, DEVICES, LEAVE, Log, REMOVE, RENAME, SET_ROLE, account, create, devices, entry,
        further, next_list, remove, role, with_signature_bit,
    },
    proto,
    signed::signed,
};
use aside_primitives::label;
use aside_wire::pb;
use prost::Message;

/// All of them.
pub(super) fn layout(circle: &Circle) -> Result<Vec<Lie>> {
    let mut lies = outer(circle)?;
    lies.extend(fields(circle));
    lies.extend(altered(circle)?);
    lies.extend(signatures(circle)?);
    lies.extend(places(circle));
    lies.extend(actors(circle)?);
    Ok(lies)
}

fn film_club() -> pb::GroupRename {
    pb::GroupRename { name: "Film club".to_owned() }
}

/// What is wrong with the signed object around the body.
fn outer(circle: &Circle) -> Result<Vec<Lie>> {
    let log = circle.created();
    let honest = pb::Signed::decode(log.next(&circle.alice, RENAME, &film_club()).as_slice())?;
    let with = |edit: &dyn Fn(&mut pb::Signed)| {
        let mut signed = honest.clone();
        edit(&mut signed);
        signed.encode_to_vec()
    };
    let long = pb::GroupRename { name: "x".repeat(63_488) };
    Ok(vec![
        lie("entry-empty", "GRP-40", "W7", "Nothing is there.", (&log, Vec::new(), "malformed")),
        lie(
            "entry-unsigned",
            "GRP-1",
            "G1",
            "No signature is there.",
            (&log, with(&|s| s.signature.clear()), "malformed"),
        ),
        lie(
            "entry-signature-63-bytes",
            "GRP-1",
            "P15",
            "A signature has 64 bytes.",
            (&log, with(&|s| s.signature.truncate(63)), "malformed"),
        ),
        lie(
            "entry-signature-65-bytes",
            "GRP-1",
            "P15",
            "A signature has 64 bytes.",
            (&log, with(&|s| s.signature.push(0)), "malformed"),
        ),
        lie(
            "entry-without-body",
            "GRP-40",
            "W7",
            "A signature over nothing.",
            (&log, signed(&circle.alice.keys.signing, label::GROUP_ENTRY, &[]), "version"),
        ),
        lie(
            "entry-trailing-byte",
            "ENV-4",
            "W3",
            "A byte after the entry.",
            (&log, [honest.encode_to_vec(), vec![0]].concat(), "malformed"),
        ),
        lie(
            "entry-extra-field-outside",
            "ENV-3",
            "W3",
            "A third field.",
            (&log, [honest.encode_to_vec(), proto::number(3, 1)].concat(), "malformed"),
        )
        .catches(&["lenient-decoding"]),
        lie(
            "entry-too-long",
            "GRP-40",
            "W2",
            "More than 63,488 bytes.",
            (&log, log.next(&circle.alice, RENAME, &long), "limit"),
        ),
    ])
}

/// What is wrong with the body, under a right signature.
fn fields(circle: &Circle) -> Vec<Lie> {
    let (alice, log) = (&circle.alice, circle.created());
    let base = log.body(alice, RENAME, &film_club());
    let with = |edit: &dyn Fn(&mut pb::GroupEntryBody)| {
        let mut body = base.clone();
        edit(&mut body);
        entry(&alice.keys.signing, &body)
    };
    let raw = |body: Vec<u8>| signed(&alice.keys.signing, label::GROUP_ENTRY, &body);
    let body = base.encode_to_vec();
    let long = [proto::number(1, 1), body.get(2..).unwrap_or_default().to_vec()].concat();
    let long = [vec![0x08, 0x81, 0x00], long.get(2..).unwrap_or_default().to_vec()].concat();
    let mut lies: Vec<Lie> = vec![
        ("suite-0", "GRP-40", "The suite is missing.", with(&|b| b.suite = 0), "version"),
        ("suite-2", "GRP-40", "A suite that is not spoken here.", with(&|b| b.suite = 2), "version"),
        ("group-31-bytes", "GRP-2", "A hash has 32 bytes.", with(&|b| b.group.truncate(31)), "malformed"),
        (
            "group-missing",
            "GRP-2",
            "Only the first entry names none.",
            with(&|b| b.group.clear()),
            "malformed",
        ),
        ("parent-31-bytes", "GRP-3", "A hash has 32 bytes.", with(&|b| b.parent.truncate(31)), "malformed"),
        (
            "parent-missing",
            "GRP-3",
            "Only the first entry names none.",
            with(&|b| b.parent.clear()),
            "malformed",
        ),
        ("sequence-0", "GRP-3", "Sequences begin with 1.", with(&|b| b.sequence = 0), "malformed"),
        ("actor-31-bytes", "GRP-4", "A key has 32 bytes.", with(&|b| b.actor.truncate(31)), "malformed"),
        ("actor-missing", "GRP-4", "Nobody made it.", with(&|b| b.actor.clear()), "malformed"),
        ("actor-device-0", "IDN-3", "A device id is 1 to 127.", with(&|b| b.actor_device = 0), "malformed"),
        (
            "actor-device-128",
            "IDN-3",
            "A device id is 1 to 127.",
            with(&|b| b.actor_device = 128),
            "malformed",
        ),
        (
            "actor-device-257",
            "IDN-3",
            "In one byte, it would be 1.",
            with(&|b| b.actor_device = 257),
            "malformed",
        ),
        ("kind-0", "GRP-40", "No kind has the number 0.", with(&|b| b.kind = 0), "malformed"),
        ("kind-12", "GRP-40", "A kind of a later version.", with(&|b| b.kind = 12), "malformed"),
        (
            "action-of-another-kind",
            "GRP-40",
            "A rename read as an expiry.",
            with(&|b| b.kind = 7),
            "malformed",
        ),
        (
            "action-not-a-message",
            "ENV-4",
            "Cut off in the middle.",
            with(&|b| b.action.truncate(5)),
            "malformed",
        ),
    ]
    .into_iter()
    .map(|(id, reqs, comment, bytes, word)| {
        lie(format!("entry-{id}"), reqs, "W7", comment, (&log, bytes, word))
    })
    .collect();
    for (id, comment, bytes) in [
        (
            "extra-field",
            "A signed body with a field that this version does not have.",
            raw([body.clone(), vec![0x50, 1]].concat()),
        ),
        ("long-varint", "A second encoding of the same body has another hash.", raw(long)),
        (
            "action-extra-field",
            "An action with a field that its kind does not have.",
            with(&|b| b.action.extend([0x50, 1])),
        ),
    ] {
        let word = if id == "long-varint" { "malformed" } else { "limit" };
        let found = lie(format!("entry-{id}"), "ENV-5", "W3", comment, (&log, bytes, word));
        lies.push(if id == "long-varint" { found.catches(&["lenient-decoding"]) } else { found });
    }
    lies
}

type Edit = Box<dyn Fn(&mut pb::GroupEntryBody)>;

/// Every field of the body changed, under the signature of the honest one.
fn altered(circle: &Circle) -> Result<Vec<Lie>> {
    let (alice, log) = (&circle.alice, circle.pair());
    let honest = log.body(alice, RENAME, &film_club());
    let signature = pb::Signed::decode(entry(&alice.keys.signing, &honest).as_slice())?.signature;
    let carol = account(&circle.carol);
    let edits: Vec<(&str, Edit)> = vec![
        ("made-at", Box::new(|b| b.made_at ^= 1)),
        ("group", Box::new(|b| b.group = vec![1; 32])),
        ("sequence", Box::new(|b| b.sequence ^= 8)),
        ("parent", Box::new(|b| b.parent = vec![1; 32])),
        ("kind", Box::new(|b| b.kind = 4)),
        (
            "action",
            Box::new(|b| {
                if let Some(last) = b.action.last_mut() {
                    *last ^= 1;
                }
            }),
        ),
        ("actor", Box::new(move |b| b.actor.clone_from(&carol))),
    ];
    Ok(edits
        .into_iter()
        .map(|(field, edit)| {
            let mut body = honest.clone();
            edit(&mut body);
            if field == "kind" {
                body.action.clear();
            }
            let bytes =
                pb::Signed { body: body.encode_to_vec(), signature: signature.clone() }.encode_to_vec();
            let comment = "The signature covers every field.";
            let found =
                lie(format!("entry-altered-{field}"), "GRP-1", "G10", comment, (&log, bytes, "signature"));
            // What is changed otherwise is refused for what it then says as well.
            if matches!(field, "made-at" | "action") {
                found.catches(&["skip-entry-signature"])
            } else {
                found
            }
        })
        .collect())
}

/// Signed by somebody else, or for something else.
fn signatures(circle: &Circle) -> Result<Vec<Lie>> {
    let Circle { alice, bob, carol, dave } = circle;
    let log = circle.trio();
    let body = log.body(alice, RENAME, &film_club());
    let bytes = body.encode_to_vec();
    let by = |key| signed(key, label::GROUP_ENTRY, &bytes);
    let under = |label| signed(&alice.keys.signing, label, &bytes);
    let honest = by(&alice.keys.signing);
    let ghost = log.next(alice, super::group::ADD, &super::group::add(&[dave]));
    let other = pb::Signed::decode(ghost.as_slice())?.signature;
    let moved = pb::Signed { body: bytes.clone(), signature: other }.encode_to_vec();
    let first = create(alice);
    let none = Log::default();
    let created = none.body(alice, CREATE, &first);
    let second = next_list(carol, &carol.list, "carol", &[1, 2])?;
    let lists = log.body(carol, DEVICES, &devices(&[&second]));
    let stranger = further("carol", 3)?;
    let mut found: Vec<Lie> = [
        ("first-bit", "P3", "One bit off.", with_signature_bit(&honest, 0)?),
        ("last-bit", "P3", "One bit off.", with_signature_bit(&honest, 63)?),
        ("by-an-admin", "G1", "Bob signs for Alice.", by(&bob.keys.signing)),
        ("by-an-outsider", "G1", "Whoever it is.", by(&dave.keys.signing)),
        ("by-the-account", "G9", "A device signs, not the account.", by(&alice.account)),
        ("of-another-entry", "G1", "A true signature of Alice.", moved),
        ("as-a-message", "G11", "Made under the label of messages.", under(label::GROUP_MESSAGE)),
        ("as-a-prekey", "G11", "Made under the label of prekeys.", under(label::PREKEY)),
        ("as-a-device-list", "G11", "Made under the label of device lists.", under(label::DEVICE_LIST)),
    ]
    .into_iter()
    .map(|(id, threat, comment, bytes)| {
        lie(format!("entry-signature-{id}"), "GRP-1", threat, comment, (&log, bytes, "signature"))
            .catches(&["skip-entry-signature"])
    })
    .collect();
    found.push(
        lie(
            "entry-create-signed-by-another",
            "GRP-1",
            "G1",
            "Dave signs for Alice.",
            (&none, entry(&dave.keys.signing, &created), "signature"),
        )
        .catches(&["skip-entry-signature"]),
    );
    found.push(
        lie(
            "entry-devices-signed-by-another",
            "GRP-1 GRP-12",
            "G9",
            "A key that stands in no list.",
            (&log, entry(&stranger.signing, &lists), "signature"),
        )
        .catches(&["skip-entry-signature"]),
    );
    Ok(found)
}

/// True entries in the wrong place.
fn places(circle: &Circle) -> Vec<Lie> {
    let Circle { alice, bob, carol, .. } = circle;
    let log = circle.trio();
    let base = log.body(bob, RENAME, &film_club());
    let with = |edit: &dyn Fn(&mut pb::GroupEntryBody)| {
        let mut body = base.clone();
        edit(&mut body);
        entry(&bob.keys.signing, &body)
    };
    let mut other = Log::default();
    other.append(alice, CREATE, &pb::GroupCreate { nonce: vec![9; 32], ..create(alice) });
    other.append(alice, super::group::ADD, &super::group::add(&[bob, carol]));
    other.append(alice, SET_ROLE, &role(bob, pb::GroupRole::Admin));
    let elsewhere = other.next(bob, REMOVE, &remove(&[carol]));
    let mut lies: Vec<Lie> = [
        ("other-group", "GRP-2", "G5", "The same people in another group.", elsewhere, "policy"),
        (
            "other-group-named",
            "GRP-2",
            "G5",
            "The right parent, and another group.",
            with(&|b| b.group = other.group()),
            "policy",
        ),
        (
            "repeated",
            "GRP-3",
            "G2",
            "The newest entry again.",
            log.entries.last().cloned().unwrap_or_default(),
            "stale",
        ),
        (
            "replayed",
            "GRP-3",
            "G1",
            "An old addition again.",
            log.entries.get(1).cloned().unwrap_or_default(),
            "stale",
        ),
        (
            "same-sequence",
            "GRP-3",
            "G12",
            "Another entry in the place of the newest.",
            with(&|b| {
                b.sequence = 3;
                b.parent = log.hash_at(2);
            }),
            "stale",
        ),
        ("gap", "GRP-3", "G2", "A sequence is left out.", with(&|b| b.sequence = 5), "fork"),
        (
            "last-sequence",
            "GRP-3",
            "G2",
            "The greatest number there is.",
            with(&|b| b.sequence = u64::MAX),
            "fork",
        ),
        (
            "parent-is-older",
            "GRP-3",
            "G2",
            "What stands between would be gone.",
            with(&|b| b.parent = log.hash_at(2)),
            "fork",
        ),
        (
            "parent-unknown",
            "GRP-3",
            "G2",
            "A log that nobody here has.",
            with(&|b| b.parent = vec![7; 32]),
            "fork",
        ),
        (
            "parent-bit",
            "GRP-3",
            "G2",
            "One bit off.",
            with(&|b| {
                if let Some(first) = b.parent.first_mut() {
                    *first ^= 1;
                }
            }),
            "fork",
        ),
    ]
    .into_iter()
    .map(|(id, reqs, threat, comment, bytes, word)| {
        lie(format!("entry-{id}"), reqs, threat, comment, (&log, bytes, word))
    })
    .collect();
    let again = Log::default().next(alice, CREATE, &pb::GroupCreate { nonce: vec![9; 32], ..create(alice) });
    lies.push(lie("entry-second-create", "GRP-2", "G2", "A group begins once.", (&log, again, "policy")));
    let later = log.next(alice, CREATE, &create(alice));
    lies.push(lie(
        "entry-create-later",
        "GRP-2",
        "G2",
        "A group begins with sequence 1.",
        (&log, later, "malformed"),
    ));
    let early = pb::GroupEntryBody { sequence: 2, ..Log::default().body(alice, CREATE, &create(alice)) };
    let early = entry(&alice.keys.signing, &early);
    lies.push(lie(
        "entry-create-sequence-2",
        "GRP-3",
        "G2",
        "The first entry has sequence 1.",
        (&Log::default(), early, "malformed"),
    ));
    let leave = Log::default().next(alice, LEAVE, &pb::GroupLeave::default());
    lies.push(lie(
        "entry-first-is-no-create",
        "GRP-2",
        "G2",
        "A group begins with its creation.",
        (&Log::default(), leave, "malformed"),
    ));
    let from_the_middle = log.next(alice, RENAME, &film_club());
    lies.push(lie(
        "entry-log-without-beginning",
        "GRP-2",
        "G2",
        "An entry, and nothing before it.",
        (&Log::default(), from_the_middle, "policy"),
    ));
    lies
}

/// Made by somebody who is not, or no longer, in the group.
fn actors(circle: &Circle) -> Result<Vec<Lie>> {
    let Circle { alice, bob, carol, dave } = circle;
    let trio = circle.trio();
    let mut removed = circle.trio();
    removed.append(alice, REMOVE, &remove(&[bob]));
    let mut left = circle.trio();
    left.append(carol, LEAVE, &pb::GroupLeave::default());
    let second = next_list(bob, &bob.list, "bob", &[1, 2])?;
    let third = next_list(bob, &second, "bob", &[1])?;
    let mut revoked = circle.trio();
    revoked.append(bob, DEVICES, &devices(&[&second, &third]));
    let stolen = further("bob", 2)?;
    let by_two = |log: &Log| {
        entry(&stolen.signing, &pb::GroupEntryBody { actor_device: 2, ..log.body(bob, RENAME, &film_club()) })
    };
    let removes = trio.next(dave, REMOVE, &remove(&[carol]));
    let rename = |log: &Log, who| log.next(who, RENAME, &film_club());
    Ok(vec![
        lie(
            "entry-by-an-outsider",
            "GRP-4",
            "G1",
            "Dave was never in the group.",
            (&trio, rename(&trio, dave), "not_member"),
        ),
        lie(
            "entry-removal-by-an-outsider",
            "GRP-4",
            "G1",
            "Dave was never in the group.",
            (&trio, removes, "not_member"),
        ),
        lie(
            "entry-by-a-removed-admin",
            "GRP-4",
            "G12",
            "The other admin was faster.",
            (&removed, removed.next(bob, REMOVE, &remove(&[alice])), "not_member"),
        ),
        lie(
            "entry-by-who-has-left",
            "GRP-4",
            "G3",
            "Carol has gone.",
            (&left, left.next(carol, LEAVE, &pb::GroupLeave::default()), "not_member"),
        ),
        lie(
            "entry-by-an-unknown-device",
            "GRP-4",
            "G9",
            "Bob has no device 2.",
            (&trio, by_two(&trio), "not_member"),
        ),
        lie(
            "entry-by-a-revoked-device",
            "GRP-4",
            "G9",
            "Bob's device 2 is gone.",
            (&revoked, by_two(&revoked), "not_member"),
        ),
    ])
}
