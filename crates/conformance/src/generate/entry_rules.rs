//! `group/entries.json`: entries by the right device in the right place that the actor's role does not allow.

use super::{
    Result,
    entries::{Lie, lie},
    entry_content::contents,
    group::{
        ADD, Circle, LEAVE, Log, REKEY, REMOVE, RENAME, SET_ANNOUNCE, SET_CAPTURE, SET_EXPIRY, SET_ROLE,
        account, add, cut, cuts, entry, log_key_id, rekey, remove, role,
    },
    people::Cast,
};
use aside_wire::pb;
use prost::Message;

/// All of them.
pub(super) fn rules(circle: &Circle) -> Result<Vec<Lie>> {
    let mut lies = roles(circle);
    lies.extend(contents(circle)?);
    lies.extend(departures(circle));
    lies.extend(new_roles(circle));
    lies.extend(exposed(circle));
    lies.extend(rekeys(circle));
    Ok(lies)
}

fn by_role<'a>(log: &Log, list: impl IntoIterator<Item = (&'a str, &'a str, Vec<u8>)>) -> Vec<Lie> {
    list.into_iter()
        .map(|(id, comment, bytes)| {
            lie(format!("entry-{id}"), "GRP-5", "G1", comment, (log, bytes, "policy"))
                .catches(&["skip-roles"])
        })
        .collect()
}

/// What a role does not allow.
fn roles(circle: &Circle) -> Vec<Lie> {
    let Circle { alice, bob, carol, dave } = circle;
    let log = circle.trio();
    let next = |kind, action: &dyn Fn() -> Vec<u8>| {
        entry(
            &carol.keys.signing,
            &pb::GroupEntryBody { action: action(), ..log.body(carol, kind, &pb::ChatAccept {}) },
        )
    };
    let expiry = pb::GroupSetExpiry { mode: pb::ExpiryMode::Once.into(), duration_s: 0, unread_cap_s: 60 };
    let film_club = pb::GroupRename { name: "Film club".to_owned() };
    let mut lies = by_role(
        &log,
        [
            ("member-adds", "A member takes somebody in.", next(ADD, &|| add(&[dave]).encode_to_vec())),
            (
                "member-removes",
                "A member puts an admin out.",
                next(REMOVE, &|| remove(&[bob]).encode_to_vec()),
            ),
            ("member-renames", "A member renames.", next(RENAME, &|| film_club.encode_to_vec())),
            (
                "member-sets-expiry",
                "A member lets messages expire.",
                next(SET_EXPIRY, &|| expiry.encode_to_vec()),
            ),
            (
                "member-sets-capture",
                "A member turns notices on.",
                next(SET_CAPTURE, &|| pb::GroupSetCapture { notices: true }.encode_to_vec()),
            ),
            (
                "member-sets-announce",
                "A member silences members.",
                next(SET_ANNOUNCE, &|| pb::GroupSetAnnounce { announce_only: true }.encode_to_vec()),
            ),
            ("member-rekeys", "A member replaces the log key.", next(REKEY, &|| rekey(2).encode_to_vec())),
            (
                "member-becomes-admin",
                "A member gives itself a role.",
                next(SET_ROLE, &|| role(carol, pb::GroupRole::Admin).encode_to_vec()),
            ),
            (
                "member-demotes-admin",
                "A member takes a role away.",
                next(SET_ROLE, &|| role(bob, pb::GroupRole::Member).encode_to_vec()),
            ),
            (
                "admin-becomes-owner",
                "Only the owner hands over.",
                log.next(bob, SET_ROLE, &role(bob, pb::GroupRole::Owner)),
            ),
            (
                "admin-makes-owner",
                "Only the owner hands over.",
                log.next(bob, SET_ROLE, &role(carol, pb::GroupRole::Owner)),
            ),
        ],
    );
    let mut demoted = circle.trio();
    demoted.append(alice, SET_ROLE, &role(bob, pb::GroupRole::Member));
    lies.extend(by_role(
        &demoted,
        [("demoted-admin-removes", "Bob was an admin.", demoted.next(bob, REMOVE, &remove(&[carol])))],
    ));
    let mut handed = circle.trio();
    handed.append(alice, SET_ROLE, &role(bob, pb::GroupRole::Owner));
    lies.extend(by_role(
        &handed,
        [(
            "former-owner-hands-over",
            "Alice was the owner.",
            handed.next(alice, SET_ROLE, &role(carol, pb::GroupRole::Owner)),
        )],
    ));
    lies
}

fn departures(circle: &Circle) -> Vec<Lie> {
    let Circle { alice, bob, carol, dave } = circle;
    let log = circle.trio();
    let removes = |who: &Cast, accounts: Vec<Vec<u8>>, cuts: Vec<pb::ChainCut>| {
        log.next(who, REMOVE, &pb::GroupRemove { accounts, cuts })
    };
    let leaves = |cuts: Vec<pb::ChainCut>| log.next(carol, LEAVE, &pb::GroupLeave { cuts });
    let short = pb::ChainCut { key_id: vec![1; 15], messages: 1 };
    let mut both: Vec<_> = [bob, carol].map(account).to_vec();
    both.sort();
    both.reverse();
    let mut lies: Vec<Lie> = [
        (
            "remove-nobody",
            "GRP-7",
            "A removal of nobody.",
            removes(alice, Vec::new(), Vec::new()),
            "malformed",
        ),
        (
            "remove-101-people",
            "GRP-7",
            "A hundred are the most.",
            removes(alice, vec![Vec::new(); 101], Vec::new()),
            "limit",
        ),
        (
            "remove-an-outsider",
            "GRP-7",
            "Dave is no member.",
            removes(alice, vec![account(dave)], Vec::new()),
            "policy",
        ),
        (
            "remove-oneself",
            "GRP-7",
            "Who goes leaves.",
            removes(bob, vec![account(bob)], Vec::new()),
            "policy",
        ),
        (
            "remove-twice",
            "GRP-7",
            "Carol stands twice.",
            removes(alice, vec![account(carol); 2], Vec::new()),
            "malformed",
        ),
        (
            "remove-descending",
            "GRP-7",
            "Accounts stand in ascending order.",
            removes(alice, both, Vec::new()),
            "malformed",
        ),
        (
            "remove-key-31-bytes",
            "GRP-7",
            "A key has 32 bytes.",
            removes(alice, vec![vec![1; 31]], Vec::new()),
            "malformed",
        ),
        (
            "remove-key-31-bytes-beside-another",
            "GRP-7",
            "A key has 32 bytes, and so has each.",
            removes(alice, vec![vec![0; 31], account(carol)], Vec::new()),
            "malformed",
        ),
        (
            "remove-100-outsiders",
            "GRP-7",
            "As many as there may be, and none of them a member.",
            removes(alice, (0..100).map(|fill| vec![fill; 32]).collect(), Vec::new()),
            "policy",
        ),
        (
            "remove-an-outsider-beside-a-member",
            "GRP-7",
            "Carol is a member, and Dave is not.",
            log.next(alice, REMOVE, &remove(&[carol, dave])),
            "policy",
        ),
        (
            "remove-513-cuts",
            "GRP-7",
            "512 are the most.",
            removes(alice, vec![account(carol)], cuts(513)),
            "limit",
        ),
        (
            "remove-cut-17-bytes",
            "GRP-7",
            "A name has 16 bytes.",
            removes(alice, vec![account(carol)], vec![pb::ChainCut { key_id: vec![1; 17], messages: 1 }]),
            "malformed",
        ),
        (
            "remove-cut-15-bytes",
            "GRP-7",
            "A name has 16 bytes.",
            removes(alice, vec![account(carol)], vec![short]),
            "malformed",
        ),
        (
            "remove-cuts-descending",
            "GRP-7",
            "Cuts stand in ascending order.",
            removes(alice, vec![account(carol)], vec![cut(2, 1), cut(1, 1)]),
            "malformed",
        ),
        (
            "remove-cut-twice",
            "GRP-7",
            "A chain has one end.",
            removes(alice, vec![account(carol)], vec![cut(1, 1), cut(1, 2)]),
            "malformed",
        ),
        (
            "remove-cut-1001",
            "GRP-7",
            "A chain has 1,000 messages.",
            removes(alice, vec![account(carol)], vec![cut(1, 1_001)]),
            "malformed",
        ),
        ("leave-cut-1001", "GRP-40", "A chain has 1,000 messages.", leaves(vec![cut(1, 1_001)]), "malformed"),
        (
            "leave-cut-twice",
            "GRP-40",
            "A chain has one end.",
            leaves(vec![cut(1, 1), cut(1, 1)]),
            "malformed",
        ),
    ]
    .into_iter()
    .map(|(id, reqs, comment, bytes, word)| {
        lie(format!("entry-{id}"), reqs, "G10", comment, (&log, bytes, word))
    })
    .collect();
    for (id, reqs, comment, bytes) in [
        (
            "remove-the-owner",
            "GRP-7",
            "An admin removes the owner.",
            removes(bob, vec![account(alice)], Vec::new()),
        ),
        (
            "leave-as-owner",
            "GRP-8",
            "Nobody would be the owner.",
            log.next(alice, LEAVE, &pb::GroupLeave::default()),
        ),
    ] {
        let found = lie(format!("entry-{id}"), reqs, "G10", comment, (&log, bytes, "policy"));
        lies.push(found.catches(&["skip-roles"]));
    }
    lies
}

fn new_roles(circle: &Circle) -> Vec<Lie> {
    let Circle { alice, bob, carol, dave } = circle;
    let log = circle.trio();
    let raw =
        |number: i32| log.next(alice, SET_ROLE, &pb::GroupSetRole { account: account(carol), role: number });
    let short = pb::GroupSetRole { account: vec![1; 31], role: pb::GroupRole::Admin.into() };
    let mut lies: Vec<Lie> = [
        ("unspecified", "No role.", raw(0), "malformed"),
        ("unknown", "A role of a later version.", raw(4), "malformed"),
        ("same", "Carol is a member already.", raw(1), "policy"),
        (
            "of-an-outsider",
            "Dave is no member.",
            log.next(alice, SET_ROLE, &role(dave, pb::GroupRole::Admin)),
            "policy",
        ),
        ("of-key-31-bytes", "A key has 32 bytes.", log.next(alice, SET_ROLE, &short), "malformed"),
        (
            "owner-again",
            "Alice is the owner already.",
            log.next(alice, SET_ROLE, &role(alice, pb::GroupRole::Owner)),
            "policy",
        ),
    ]
    .into_iter()
    .map(|(id, comment, bytes, word)| {
        lie(format!("entry-role-{id}"), "GRP-9", "G10", comment, (&log, bytes, word))
    })
    .collect();
    for (id, comment, who, new) in [
        ("owner-becomes-admin", "Nobody would be the owner.", alice, pb::GroupRole::Admin),
        ("owner-becomes-member", "Nobody would be the owner.", alice, pb::GroupRole::Member),
        ("admin-demotes-owner", "An admin takes the group over.", bob, pb::GroupRole::Member),
    ] {
        let bytes = log.next(who, SET_ROLE, &role(alice, new));
        let found = lie(format!("entry-role-{id}"), "GRP-9", "G10", comment, (&log, bytes, "policy"));
        lies.push(found.catches(&["skip-roles"]));
    }
    lies
}

/// Everything that has to wait for a rekey.
fn exposed(circle: &Circle) -> Vec<Lie> {
    let Circle { alice, bob, carol, dave } = circle;
    let mut removed = circle.trio();
    removed.append(alice, REMOVE, &remove(&[carol]));
    let mut left = circle.trio();
    left.append(carol, LEAVE, &pb::GroupLeave::default());
    let expiry = pb::GroupSetExpiry { mode: pb::ExpiryMode::Once.into(), duration_s: 0, unread_cap_s: 60 };
    let film_club = pb::GroupRename { name: "Film club".to_owned() };
    [
        ("add", &removed, removed.next(alice, ADD, &add(&[dave]))),
        ("role", &removed, removed.next(alice, SET_ROLE, &role(bob, pb::GroupRole::Member))),
        ("rename", &removed, removed.next(bob, RENAME, &film_club)),
        ("expiry", &removed, removed.next(bob, SET_EXPIRY, &expiry)),
        ("capture", &removed, removed.next(bob, SET_CAPTURE, &pb::GroupSetCapture { notices: true })),
        (
            "announce",
            &removed,
            removed.next(bob, SET_ANNOUNCE, &pb::GroupSetAnnounce { announce_only: true }),
        ),
        ("add-after-leaving", &left, left.next(alice, ADD, &add(&[dave]))),
    ]
    .into_iter()
    .map(|(id, log, bytes)| {
        let comment = "Carol could still read it.";
        lie(format!("entry-exposed-{id}"), "GRP-13", "G3", comment, (log, bytes, "policy"))
    })
    .collect()
}

fn rekeys(circle: &Circle) -> Vec<Lie> {
    let alice = &circle.alice;
    let log = circle.created();
    let mut again = circle.created();
    again.append(alice, REKEY, &rekey(2));
    let mut thrice = again.clone();
    thrice.append(alice, REKEY, &rekey(3));
    let short = pb::GroupRekey { log_key_id: log_key_id(2).into_iter().take(15).collect() };
    vec![
        lie(
            "entry-rekey-same",
            "GRP-14",
            "G3",
            "Whoever has gone knows it.",
            (&log, log.next(alice, REKEY, &rekey(1)), "policy"),
        ),
        lie(
            "entry-rekey-same-again",
            "GRP-14",
            "G3",
            "The present key.",
            (&again, again.next(alice, REKEY, &rekey(2)), "policy"),
        ),
        lie(
            "entry-rekey-previous",
            "GRP-14",
            "G3",
            "Whoever has gone knows it.",
            (&again, again.next(alice, REKEY, &rekey(1)), "policy"),
        ),
        lie(
            "entry-rekey-first",
            "GRP-14",
            "G3",
            "No key comes back, however long ago it was.",
            (&thrice, thrice.next(alice, REKEY, &rekey(1)), "policy"),
        ),
        lie(
            "entry-rekey-15-bytes",
            "GRP-40",
            "W6",
            "A name has 16 bytes.",
            (&log, log.next(alice, REKEY, &short), "malformed"),
        ),
        lie(
            "entry-rekey-empty",
            "GRP-40",
            "W7",
            "No key is named.",
            (&log, log.next(alice, REKEY, &pb::GroupRekey::default()), "malformed"),
        ),
    ]
}
