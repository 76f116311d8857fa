//! `group/entries.json`: names, times and device lists that an entry may not have.

use super::{
    Result,
    entries::{Lie, lie},
    group::{
        ADD, CREATE, Circle, DEVICES, Log, RENAME, SET_ANNOUNCE, SET_CAPTURE, SET_EXPIRY, add, create, cut,
        cuts, devices, entry, further, next_list,
    },
    people::{Cast, NOW},
    signed::signed,
};
use aside_identity::{Capabilities, Certificate, DeviceId, DeviceList};
use aside_primitives::label;
use aside_wire::{decode, pb};

/// The most bytes of an entry.
const ENTRY_BYTES: usize = 63_488;

/// Names that GRP-10 does not allow.
const NAMES: &[(&str, &str)] = &[
    ("empty", ""),
    ("line-break", "Book\nclub"),
    ("nul", "Book\0club"),
    ("delete", "Book\u{7F}club"),
    ("next-line", "Book\u{85}club"),
    ("right-to-left-override", "Book \u{202E}bulc"),
    ("isolate", "Book \u{2066}club"),
    ("arabic-letter-mark", "Book\u{061C} club"),
    ("left-to-right-mark", "Book\u{200E} club"),
];

/// All of them.
pub(super) fn contents(circle: &Circle) -> Result<Vec<Lie>> {
    let mut lies = beginnings(circle)?;
    lies.extend(additions(circle)?);
    lies.extend(settings(circle));
    lies.extend(expiries(circle));
    lies.extend(own_devices(circle)?);
    Ok(lies)
}

/// First entries.
fn beginnings(circle: &Circle) -> Result<Vec<Lie>> {
    let Circle { alice, bob, .. } = circle;
    let (none, honest) = (Log::default(), create(alice));
    let with = |edit: &dyn Fn(&mut pb::GroupCreate)| {
        let mut create = honest.clone();
        edit(&mut create);
        none.next(alice, CREATE, &create)
    };
    let body = |edit: &dyn Fn(&mut pb::GroupEntryBody)| {
        let mut body = none.body(alice, CREATE, &honest);
        edit(&mut body);
        entry(&alice.keys.signing, &body)
    };
    let bit = |list: &mut Vec<u8>| {
        if let Some(last) = list.last_mut() {
            *last ^= 1;
        }
    };
    let mut lies = vec![
        lie(
            "entry-create-names-a-group",
            "GRP-2",
            "G2",
            "Nothing is before it.",
            (&none, body(&|b| b.group = vec![1; 32]), "malformed"),
        ),
        lie(
            "entry-create-names-a-parent",
            "GRP-3",
            "G2",
            "Nothing is before it.",
            (&none, body(&|b| b.parent = vec![1; 32]), "malformed"),
        ),
        lie(
            "entry-create-by-another-device",
            "GRP-4",
            "G9",
            "Alice has no device 2.",
            (&none, body(&|b| b.actor_device = 2), "not_member"),
        ),
        lie(
            "entry-create-nonce-31-bytes",
            "GRP-40",
            "W6",
            "A nonce has 32 bytes.",
            (&none, with(&|c| c.nonce.truncate(31)), "malformed"),
        ),
        lie(
            "entry-create-log-key-id-15-bytes",
            "GRP-40",
            "W6",
            "A name has 16 bytes.",
            (&none, with(&|c| c.log_key_id.truncate(15)), "malformed"),
        ),
        lie(
            "entry-create-without-list",
            "GRP-1",
            "W7",
            "The list has the key that signs.",
            (&none, with(&|c| c.device_list.clear()), "key"),
        ),
        lie(
            "entry-create-list-bit",
            "GRP-1",
            "D2",
            "One bit of the list's signature is off.",
            (&none, with(&|c| bit(&mut c.device_list)), "signature"),
        ),
    ];
    let comment = "Bob's list, and Alice's name.";
    let others = with(&|c| c.device_list = bob.list.as_bytes().to_vec());
    lies.push(lie("entry-create-list-of-another", "GRP-1", "G1", comment, (&none, others, "signature")));
    let comment = "Bob's list and signature, and Alice's name: she would be an owner who knows of nothing.";
    let body = none.body(
        alice,
        CREATE,
        &pb::GroupCreate { device_list: bob.list.as_bytes().to_vec(), ..honest.clone() },
    );
    let others = entry(&bob.keys.signing, &body);
    lies.push(lie("entry-create-for-another", "GRP-1", "G1", comment, (&none, others, "policy")));
    for (id, name) in NAMES {
        let create = with(&|c| (*name).clone_into(&mut c.name));
        lies.push(lie(
            format!("entry-create-name-{id}"),
            "GRP-10",
            "W6",
            "A name that misleads.",
            (&none, create, "malformed"),
        ));
    }
    let long = with(&|c| c.name = "x".repeat(129));
    lies.push(lie(
        "entry-create-name-129-bytes",
        "GRP-10",
        "W2",
        "128 bytes are the most.",
        (&none, long, "malformed"),
    ));
    Ok(lies)
}

fn additions(circle: &Circle) -> Result<Vec<Lie>> {
    let Circle { alice, bob, carol, dave } = circle;
    let log = circle.pair();
    let next = |lists: Vec<Vec<u8>>| log.next(alice, ADD, &pb::GroupAdd { device_lists: lists });
    let filled = |bytes: usize| {
        let fill = |last: usize| next([vec![vec![7; 4_000]; 15], vec![vec![7; last]]].concat());
        fill(bytes.saturating_sub(fill(3_000).len()).saturating_add(3_000))
    };
    let (longest, longer) = (filled(ENTRY_BYTES), filled(ENTRY_BYTES.saturating_add(1)));
    let two = add(&[bob, dave]).device_lists;
    let reversed: Vec<_> = two.iter().rev().cloned().collect();
    let list = |cast: &Cast| cast.list.as_bytes().to_vec();
    let mut bit = list(dave);
    if let Some(last) = bit.last_mut() {
        *last ^= 1;
    }
    let by_device = {
        let list = decode::<pb::Signed>(dave.list.as_bytes())?;
        signed(&dave.keys.signing, label::DEVICE_LIST, &list.body)
    };
    Ok([
        ("nobody", "An addition of nobody.", next(Vec::new()), "malformed"),
        ("of-63488-bytes", "An entry may be as long, and these are no lists.", longest, "malformed"),
        ("of-63489-bytes", "An entry may not be as long, whatever it says.", longer, "limit"),
        ("of-101-people", "A hundred are the most.", next(vec![Vec::new(); 101]), "limit"),
        ("a-member", "Carol is in already.", next(vec![list(carol)]), "policy"),
        (
            "a-member-beside-another",
            "Carol is in already, and Dave is not.",
            log.next(alice, ADD, &add(&[carol, dave])),
            "policy",
        ),
        ("oneself", "Alice is in already.", next(vec![list(alice)]), "policy"),
        ("twice", "Dave stands twice.", next(vec![list(dave), list(dave)]), "malformed"),
        ("descending", "Lists stand in ascending order of account key.", next(reversed), "malformed"),
        ("list-bit", "One bit of the list's signature is off.", next(vec![bit]), "signature"),
        ("list-by-a-device", "A device's key signs for the account.", next(vec![by_device]), "signature"),
        ("no-list", "Not a device list.", next(vec![vec![0xFF]]), "malformed"),
        ("empty-list", "Nothing where a list belongs.", next(vec![Vec::new()]), "key"),
        (
            "list-of-another-kind",
            "Dave's certificate is no list.",
            next(vec![dave.certificate.as_bytes().to_vec()]),
            "limit",
        ),
    ]
    .into_iter()
    .map(|(id, comment, bytes, word)| {
        lie(format!("entry-add-{id}"), "GRP-6", "G10", comment, (&log, bytes, word))
    })
    .collect())
}

/// Names, and settings that change nothing.
fn settings(circle: &Circle) -> Vec<Lie> {
    let (alice, log) = (&circle.alice, circle.created());
    let rename = |name: &str| log.next(alice, RENAME, &pb::GroupRename { name: name.to_owned() });
    let capture = log.next(alice, SET_CAPTURE, &pb::GroupSetCapture { notices: false });
    let announce = log.next(alice, SET_ANNOUNCE, &pb::GroupSetAnnounce { announce_only: false });
    let expiry = log.next(alice, SET_EXPIRY, &pb::GroupSetExpiry::default());
    let mut lies: Vec<Lie> = NAMES
        .iter()
        .map(|(id, name)| {
            lie(
                format!("entry-rename-{id}"),
                "GRP-10",
                "W6",
                "A name that misleads.",
                (&log, rename(name), "malformed"),
            )
        })
        .collect();
    let long = rename(&"é".repeat(65));
    lies.push(lie(
        "entry-rename-130-bytes",
        "GRP-10",
        "W2",
        "65 characters, which are 130 bytes.",
        (&log, long, "malformed"),
    ));
    for (id, bytes) in
        [("rename", rename("Book club")), ("capture", capture), ("announce", announce), ("expiry", expiry)]
    {
        let comment = "It changes nothing: a log cannot be grown by repeating.";
        lies.push(lie(format!("entry-{id}-unchanged"), "GRP-11", "G10", comment, (&log, bytes, "policy")));
    }
    lies
}

fn expiries(circle: &Circle) -> Vec<Lie> {
    use pb::ExpiryMode::{AfterRead, AfterSend, Off, Once, OnceWithReplay};
    let (alice, log) = (&circle.alice, circle.created());
    let year = 31_536_000;
    let raw = |mode: i32, duration_s, unread_cap_s| {
        log.next(alice, SET_EXPIRY, &pb::GroupSetExpiry { mode, duration_s, unread_cap_s })
    };
    [
        ("off-with-duration", "Nothing expires, after an hour.", Off, 3_600, 0),
        ("off-with-cap", "Nothing expires, unread.", Off, 0, 3_600),
        ("after-send-without-duration", "After how long?", AfterSend, 0, 0),
        ("after-send-with-cap", "Reading does not matter.", AfterSend, 3_600, 3_600),
        ("after-send-too-long", "More than a year.", AfterSend, year + 1, 0),
        ("after-read-without-duration", "After how long?", AfterRead, 0, 3_600),
        ("after-read-without-cap", "Who never looks keeps it for ever.", AfterRead, 3_600, 0),
        ("after-read-cap-too-long", "More than a year.", AfterRead, 3_600, year + 1),
        ("once-with-duration", "Once, or for an hour?", Once, 3_600, 60),
        ("once-without-cap", "Who never looks keeps it for ever.", Once, 0, 0),
        ("once-with-replay-with-duration", "Twice, or for an hour?", OnceWithReplay, 3_600, 60),
        ("once-with-replay-cap-greatest", "The greatest number there is.", OnceWithReplay, 0, u32::MAX),
    ]
    .into_iter()
    .map(|(id, comment, mode, duration, cap)| (id, comment, raw(mode.into(), duration, cap)))
    .chain([("unknown-mode", "A mode of a later version.", raw(5, 3_600, 0))])
    .map(|(id, comment, bytes)| {
        lie(format!("entry-expiry-{id}"), "GRP-11", "W7", comment, (&log, bytes, "malformed"))
    })
    .collect()
}

fn own_devices(circle: &Circle) -> Result<Vec<Lie>> {
    let Circle { alice, carol, dave, .. } = circle;
    let second = next_list(carol, &carol.list, "carol", &[1, 2])?;
    let third = next_list(carol, &second, "carol", &[2])?;
    let back = next_list(carol, &second, "carol", &[1])?;
    let fork = next_list(carol, &carol.list, "carol", &[1, 3])?;
    let after_fork = next_list(carol, &fork, "carol", &[1])?;
    let daves = next_list(dave, &dave.list, "dave", &[1, 2])?;
    let reinstalled = further("carol reinstalled", 1)?;
    let reused = Certificate::issue(&carol.account, DeviceId::FIRST, &reinstalled, NOW, Capabilities::NONE);
    let reused = carol.list.issue_next(&carol.account, NOW, &[reused])?;
    let trio = circle.trio();
    let mut known = circle.trio();
    known.append(carol, DEVICES, &devices(&[&second]));
    let by = |log: &Log, lists: &[&DeviceList]| log.next(carol, DEVICES, &devices(lists));
    let of_carol_by_alice = trio.next(alice, DEVICES, &devices(&[&second]));
    let reinstallation = entry(&reinstalled.signing, &trio.body(carol, DEVICES, &devices(&[&reused])));
    let by_dave = entry(&dave.keys.signing, &trio.body(carol, DEVICES, &devices(&[&daves])));
    let many = pb::GroupDevices { device_lists: vec![Vec::new(); 33], cuts: Vec::new() };
    let mut bit = second.as_bytes().to_vec();
    if let Some(last) = bit.last_mut() {
        *last ^= 1;
    }
    let raw = |list: Vec<u8>| pb::GroupDevices { device_lists: vec![list], cuts: Vec::new() };
    let by_bytes = |list: Vec<u8>| trio.next(carol, DEVICES, &raw(list));
    let outsider = trio.next(dave, DEVICES, &raw(vec![0xFF]));
    let many_cuts = pb::GroupDevices { cuts: cuts(513), ..devices(&[&second]) };
    let bad_cut = pb::GroupDevices { cuts: vec![cut(1, 1_001)], ..devices(&[&second]) };
    Ok([
        ("nothing", "No list is there.", &trio, by(&trio, &[]), "malformed"),
        ("of-33-lists", "Thirty-two are the most.", &trio, trio.next(carol, DEVICES, &many), "limit"),
        ("unchanged", "The list that is recorded.", &known, by(&known, &[&second]), "stale"),
        ("older", "A list from before.", &known, by(&known, &[&carol.list]), "stale"),
        ("gap", "List 2 is missing.", &trio, by(&trio, &[&back]), "fork"),
        ("fork", "Another list 2.", &known, by(&known, &[&fork, &after_fork]), "fork"),
        ("successor-of-a-fork", "List 3, of another list 2.", &known, by(&known, &[&after_fork]), "fork"),
        ("in-wrong-order", "List 3 before list 2.", &trio, by(&trio, &[&after_fork, &fork]), "fork"),
        (
            "without-the-actor",
            "The newest list does not have the device that signs.",
            &trio,
            by(&trio, &[&second, &third]),
            "not_member",
        ),
        ("of-another-account", "Dave's lists for Carol.", &trio, by(&trio, &[&daves]), "signature"),
        ("of-a-member-by-another", "Carol's lists, offered by Alice.", &trio, of_carol_by_alice, "signature"),
        (
            "of-another-account-by-it",
            "Dave's lists for Carol, signed by Dave's device.",
            &trio,
            by_dave,
            "policy",
        ),
        ("id-with-new-keys", "Device 1 has other keys.", &trio, reinstallation, "fork"),
        ("list-bit", "One bit of the list's signature is off.", &trio, by_bytes(bit), "signature"),
        ("no-list", "Not a device list.", &trio, by_bytes(vec![0xFF]), "malformed"),
        ("empty-list", "Nothing where a list belongs.", &trio, by_bytes(Vec::new()), "key"),
        ("no-list-by-an-outsider", "Dave is not in the group.", &trio, outsider, "not_member"),
        ("513-cuts", "512 are the most.", &trio, trio.next(carol, DEVICES, &many_cuts), "limit"),
        ("cut-1001", "A chain has 1,000 messages.", &trio, trio.next(carol, DEVICES, &bad_cut), "malformed"),
    ]
    .into_iter()
    .map(|(id, comment, log, bytes, word)| {
        lie(format!("entry-devices-{id}"), "GRP-12", "G9", comment, (log, bytes, word))
    })
    .collect())
}
