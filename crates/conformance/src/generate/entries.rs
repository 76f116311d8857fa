//! `group/entries.json`: every kind of entry, and what a member or the relay may try instead.

use super::{
    Result,
    entry_layout::layout,
    entry_rules::rules,
    group::{
        ADD, CHAPTER, CREATE, Circle, DEVICES, LEAVE, Log, REKEY, REMOVE, RENAME, SET_ANNOUNCE, SET_CAPTURE,
        SET_EXPIRY, SET_ROLE, add, cut, cuts, devices, entry, further, next_list, rekey, remove, role,
    },
    sheet::{Sheet, note},
};
use crate::{
    value::Fields,
    vector::{File, Level},
};
use aside_wire::pb;

/// The operation that judges one entry.
pub(super) const APPEND: &str = "group.append";

/// What is judged: an entry, after a log that is good.
pub(super) fn offered(log: &Log, entry: &[u8]) -> Fields {
    Fields::new().bytes_list("log", &log.entries).bytes("entry", entry)
}

/// Something that has to be refused: id, requirements, threat, comment, log, entry, word.
pub(super) struct Lie {
    pub(super) id: String,
    pub(super) reqs: &'static str,
    pub(super) threat: &'static str,
    pub(super) comment: String,
    pub(super) log: Log,
    pub(super) entry: Vec<u8>,
    pub(super) word: &'static str,
    pub(super) catches: &'static [&'static str],
}

/// A lie that no mistake on purpose lets pass.
pub(super) fn lie(
    id: impl Into<String>,
    reqs: &'static str,
    threat: &'static str,
    comment: impl Into<String>,
    (log, entry, word): (&Log, Vec<u8>, &'static str),
) -> Lie {
    Lie { id: id.into(), reqs, threat, comment: comment.into(), log: log.clone(), entry, word, catches: &[] }
}

impl Lie {
    pub(super) fn catches(self, catches: &'static [&'static str]) -> Self {
        Self { catches, ..self }
    }
}

/// The file.
pub(super) fn entries() -> Result<File> {
    let about = "Entries of a group's log: every kind, every role, and what a relay, a member or an admin may try instead.";
    let mut sheet = Sheet::new(Level::Group, CHAPTER, about);
    let circle = Circle::new()?;
    beginnings(&mut sheet, &circle)?;
    changes(&mut sheet, &circle)?;
    departures(&mut sheet, &circle)?;
    for lie in layout(&circle)?.into_iter().chain(rules(&circle)?) {
        let note = note(lie.id, lie.reqs, lie.comment).threat(lie.threat).catches(lie.catches);
        sheet.refuse(note, APPEND, offered(&lie.log, &lie.entry), lie.word)?;
    }
    Ok(sheet.finish())
}

/// An entry that is good.
fn good(
    sheet: &mut Sheet,
    id: &str,
    reqs: &'static str,
    comment: &str,
    log: &Log,
    entry: &[u8],
) -> Result<()> {
    sheet.accept(note(format!("entry-{id}"), reqs, comment), APPEND, offered(log, entry)).map(|_| ())
}

fn beginnings(sheet: &mut Sheet, circle: &Circle) -> Result<()> {
    let (none, alice) = (Log::default(), &circle.alice);
    let honest = super::group::create(alice);
    let created = none.next(alice, CREATE, &honest);
    good(sheet, "create", "GRP-1 GRP-2", "Alice becomes the owner.", &none, &created)?;
    let announcing = pb::GroupCreate { announce_only: true, ..honest.clone() };
    let created = none.next(alice, CREATE, &announcing);
    good(sheet, "create-announce-only", "GRP-2", "Only the owner and admins write.", &none, &created)?;
    let named = pb::GroupCreate { name: "é".repeat(64), ..honest };
    let created = none.next(alice, CREATE, &named);
    good(sheet, "create-longest-name", "GRP-10", "128 bytes, which are 64 characters.", &none, &created)
}

fn changes(sheet: &mut Sheet, circle: &Circle) -> Result<()> {
    let Circle { alice, bob, carol, dave } = circle;
    let trio = circle.trio();
    let next = |actor, kind, action: &dyn Fn(&mut pb::GroupSetExpiry)| {
        let mut expiry = pb::GroupSetExpiry::default();
        action(&mut expiry);
        trio.next(actor, kind, &expiry)
    };
    let by_mode = |mode: pb::ExpiryMode, duration_s: u32, unread_cap_s: u32| {
        next(bob, SET_EXPIRY, &|expiry| {
            *expiry = pb::GroupSetExpiry { mode: mode.into(), duration_s, unread_cap_s };
        })
    };
    let mut without_carol = circle.created();
    without_carol.append(alice, ADD, &add(&[bob]));
    without_carol.append(alice, SET_ROLE, &role(bob, pb::GroupRole::Admin));
    let mut dave_was_here = circle.trio();
    dave_was_here.append(bob, ADD, &add(&[dave]));
    dave_was_here.append(bob, REMOVE, &remove(&[dave]));
    dave_was_here.append(bob, REKEY, &rekey(2));
    let rename = pb::GroupRename { name: "Film club".to_owned() };
    let capture = pb::GroupSetCapture { notices: true };
    let announce = pb::GroupSetAnnounce { announce_only: true };
    let short = pb::GroupRename { name: "x".to_owned() };
    let second =
        pb::GroupSetExpiry { mode: pb::ExpiryMode::AfterSend.into(), duration_s: 1, unread_cap_s: 0 };
    let (created, pair) = (circle.created(), circle.pair());
    for (id, reqs, comment, log, entry) in [
        ("add-two", "GRP-6", "Alice takes two in.", &created, created.next(alice, ADD, &add(&[bob, carol]))),
        (
            "add-by-admin",
            "GRP-5 GRP-6",
            "An admin may.",
            &without_carol,
            without_carol.next(bob, ADD, &add(&[carol])),
        ),
        (
            "add-again-after-removal",
            "GRP-6 GRP-13",
            "Who was removed may come back.",
            &dave_was_here,
            dave_was_here.next(alice, ADD, &add(&[dave])),
        ),
        (
            "role-admin",
            "GRP-5 GRP-9",
            "Carol becomes an admin.",
            &pair,
            pair.next(alice, SET_ROLE, &role(carol, pb::GroupRole::Admin)),
        ),
        (
            "role-member",
            "GRP-9",
            "An admin becomes a member again.",
            &trio,
            trio.next(alice, SET_ROLE, &role(bob, pb::GroupRole::Member)),
        ),
        (
            "role-member-oneself",
            "GRP-9",
            "An admin steps back.",
            &trio,
            trio.next(bob, SET_ROLE, &role(bob, pb::GroupRole::Member)),
        ),
        (
            "role-owner",
            "GRP-9",
            "Alice hands over and becomes an admin.",
            &trio,
            trio.next(alice, SET_ROLE, &role(carol, pb::GroupRole::Owner)),
        ),
        ("rename", "GRP-10", "Another name.", &trio, trio.next(bob, RENAME, &rename)),
        ("capture", "GRP-5", "Members are told of captures.", &trio, trio.next(bob, SET_CAPTURE, &capture)),
        ("announce", "GRP-5", "Members fall silent.", &trio, trio.next(bob, SET_ANNOUNCE, &announce)),
        ("rename-by-owner", "GRP-5 GRP-10", "A name of one byte.", &trio, trio.next(alice, RENAME, &short)),
        ("capture-by-owner", "GRP-5", "The owner may.", &trio, trio.next(alice, SET_CAPTURE, &capture)),
        ("announce-by-owner", "GRP-5", "The owner may.", &trio, trio.next(alice, SET_ANNOUNCE, &announce)),
        ("expiry-by-owner", "GRP-5 GRP-11", "The owner may.", &trio, trio.next(alice, SET_EXPIRY, &second)),
        ("expiry-after-send", "GRP-11", "An hour.", &trio, by_mode(pb::ExpiryMode::AfterSend, 3_600, 0)),
        (
            "expiry-after-read",
            "GRP-11",
            "The longest times there are.",
            &trio,
            by_mode(pb::ExpiryMode::AfterRead, 31_536_000, 31_536_000),
        ),
        ("expiry-once", "GRP-11", "A minute, if nobody looks.", &trio, by_mode(pb::ExpiryMode::Once, 0, 60)),
        (
            "expiry-once-with-replay",
            "GRP-11",
            "The shortest time there is.",
            &trio,
            by_mode(pb::ExpiryMode::OnceWithReplay, 0, 1),
        ),
    ] {
        good(sheet, id, reqs, comment, log, &entry)?;
    }
    Ok(())
}

fn departures(sheet: &mut Sheet, circle: &Circle) -> Result<()> {
    let Circle { alice, bob, carol, .. } = circle;
    let trio = circle.trio();
    let with_cuts = pb::GroupRemove { cuts: vec![cut(0x11, 0), cut(0x22, 1_000)], ..remove(&[carol]) };
    let mut exposed = circle.trio();
    exposed.append(alice, REMOVE, &remove(&[carol]));
    let mut rekeyed = exposed.clone();
    rekeyed.append(bob, REKEY, &rekey(2));
    let second = next_list(carol, &carol.list, "carol", &[1, 2])?;
    let third = next_list(carol, &second, "carol", &[2])?;
    let mut two_devices = circle.trio();
    two_devices.append(carol, DEVICES, &devices(&[&second]));
    let on_second = further("carol", 2)?;
    let by_second =
        pb::GroupEntryBody { actor_device: 2, ..two_devices.body(carol, DEVICES, &devices(&[&third])) };
    let of_alice = next_list(alice, &alice.list, "alice", &[1, 2])?;
    let of_bob = next_list(bob, &bob.list, "bob", &[1, 2])?;
    let mut lists = vec![second.clone()];
    for turn in 1..32u32 {
        let newest = lists.last().ok_or("there is a second list")?;
        lists.push(next_list(carol, newest, "carol", if turn % 2 == 0 { &[1, 2] } else { &[1] })?);
    }
    let many: Vec<_> = lists.iter().collect();
    let both =
        pb::GroupEntryBody { actor_device: 2, ..trio.body(carol, DEVICES, &devices(&[&second, &third])) };
    for (id, reqs, comment, log, entry) in [
        (
            "remove",
            "GRP-7 GRP-13",
            "The group is exposed, and a new epoch begins.",
            &trio,
            trio.next(bob, REMOVE, &remove(&[carol])),
        ),
        (
            "remove-with-cuts",
            "GRP-7",
            "Where chains end; whose they are is not visible.",
            &trio,
            trio.next(bob, REMOVE, &with_cuts),
        ),
        (
            "remove-with-512-cuts",
            "GRP-7",
            "As many ends as there may be.",
            &trio,
            trio.next(bob, REMOVE, &pb::GroupRemove { cuts: cuts(512), ..remove(&[carol]) }),
        ),
        (
            "leave-by-admin",
            "GRP-5 GRP-8",
            "Only an owner stays.",
            &trio,
            trio.next(bob, LEAVE, &pb::GroupLeave::default()),
        ),
        (
            "devices-by-owner",
            "GRP-5 GRP-12",
            "Whoever is in changes their devices.",
            &trio,
            trio.next(alice, DEVICES, &devices(&[&of_alice])),
        ),
        (
            "devices-by-admin-while-exposed",
            "GRP-12 GRP-13",
            "It ends no exposure.",
            &exposed,
            exposed.next(bob, DEVICES, &devices(&[&of_bob])),
        ),
        (
            "devices-32-lists",
            "GRP-12",
            "As many lists as there may be, each of which follows the one before.",
            &trio,
            trio.next(carol, DEVICES, &devices(&many)),
        ),
        (
            "devices-with-512-cuts",
            "GRP-12",
            "As many ends as there may be.",
            &trio,
            trio.next(carol, DEVICES, &pb::GroupDevices { cuts: cuts(512), ..devices(&[&second]) }),
        ),
        ("rekey-by-owner", "GRP-5 GRP-14", "The owner may.", &trio, trio.next(alice, REKEY, &rekey(2))),
        (
            "remove-admin-and-member",
            "GRP-7",
            "The owner removes two at once.",
            &trio,
            trio.next(alice, REMOVE, &remove(&[bob, carol])),
        ),
        (
            "remove-while-exposed",
            "GRP-13",
            "It only exposes again.",
            &exposed,
            exposed.next(alice, REMOVE, &remove(&[bob])),
        ),
        (
            "leave",
            "GRP-8 GRP-13",
            "Carol goes.",
            &trio,
            trio.next(carol, LEAVE, &pb::GroupLeave { cuts: vec![cut(0x33, 5)] }),
        ),
        (
            "leave-while-exposed",
            "GRP-13",
            "Bob goes as well.",
            &exposed,
            exposed.next(bob, LEAVE, &pb::GroupLeave::default()),
        ),
        (
            "devices-one-more",
            "GRP-12",
            "A new epoch begins; nobody is exposed.",
            &trio,
            trio.next(carol, DEVICES, &devices(&[&second])),
        ),
        (
            "devices-one-less",
            "GRP-12 GRP-13",
            "The second device drops the first.",
            &two_devices,
            entry(&on_second.signing, &by_second),
        ),
        (
            "devices-two-lists",
            "GRP-1 GRP-12",
            "Signed by the device that the newest list brings.",
            &trio,
            entry(&on_second.signing, &both),
        ),
        ("rekey", "GRP-14", "At any time.", &trio, trio.next(bob, REKEY, &rekey(2))),
        (
            "rekey-ends-exposure",
            "GRP-13 GRP-14",
            "Who has gone does not know the new key.",
            &exposed,
            exposed.next(bob, REKEY, &rekey(2)),
        ),
        (
            "rename-after-rekey",
            "GRP-13",
            "Everything is possible again.",
            &rekeyed,
            rekeyed.next(bob, RENAME, &pb::GroupRename { name: "Film club".to_owned() }),
        ),
    ] {
        good(sheet, id, reqs, comment, log, &entry)?;
    }
    Ok(())
}
