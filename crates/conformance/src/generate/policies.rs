//! `expiry/policies.json`: which policy of a chat is in force.

use super::{
    Result,
    life::CHAPTER,
    people::Cast,
    sheet::{Sheet, note},
};
use crate::{
    check::material,
    value::Fields,
    vector::{File, Level},
};
use aside_content::{ChatId, ExpiryPolicy, Policies, Policy};
use aside_identity::AccountKey;
use aside_primitives::Digest;
use aside_wire::{ExpiryTerms, limits::POLICY_STEP, pb};
use prost::Message;

/// Two people and their chat. Their names say nothing about which account is the greater.
struct Chat {
    id: ChatId,
    alice: AccountKey,
    bob: AccountKey,
}

/// A policy as its setter says it, and what it is then.
#[derive(Clone)]
struct Set {
    setter: AccountKey,
    said: pb::ExpiryPolicy,
    is: Policy,
}

impl Chat {
    fn new() -> Result<Self> {
        let id = material("chat id", 32).try_into().map_err(|_| "a chat id has 32 bytes")?;
        Ok(Self {
            id: ChatId::new(id),
            alice: Cast::new("alice")?.certificate.account,
            bob: Cast::new("bob")?.certificate.account,
        })
    }

    fn set(&self, setter: AccountKey, version: u64, seconds: u32, parent: Option<Digest>) -> Set {
        let terms = match seconds {
            0 => ExpiryTerms::Off,
            duration_s => ExpiryTerms::AfterSend { duration_s },
        };
        let said = ExpiryPolicy { version, terms, parent };
        let (mode, duration_s, unread_cap_s) = terms.encode();
        let fields = pb::ExpiryPolicy {
            version,
            mode: mode.into(),
            duration_s,
            unread_cap_s,
            parent: parent.map(|hash| hash.as_bytes().to_vec()).unwrap_or_default(),
        };
        Set { setter, said: fields, is: Policy::of(&said, self.id, setter) }
    }

    fn input(&self, own: AccountKey, policies: &[Set]) -> Fields {
        let list =
            policies.iter().map(|set| [set.setter.as_bytes().as_slice(), &set.said.encode_to_vec()].concat());
        Fields::new()
            .bytes("own", own.as_bytes())
            .bytes("chat", self.id.as_bytes())
            .bytes_list("policies", list)
    }

    /// Five policies of two people who have not heard of each other since the first.
    fn race(&self) -> [Set; 5] {
        let first = self.set(self.alice, 1, 86_400, None);
        let hers = self.set(self.alice, 2, 3_600, Some(first.is.hash));
        let his = self.set(self.bob, 2, 60, Some(first.is.hash));
        let then_hers = self.set(self.alice, 3, 0, Some(hers.is.hash));
        let then_his = self.set(self.bob, 3, 604_800, Some(his.is.hash));
        [first, hers, his, then_hers, then_his]
    }
}

pub(super) fn policies() -> Result<File> {
    let about = "Policies of a chat: which is in force, in whatever order they come.";
    let mut sheet = Sheet::new(Level::Expiry, CHAPTER, about);
    let chat = Chat::new()?;
    single(&mut sheet, &chat)?;
    races(&mut sheet, &chat)?;
    old_and_missing(&mut sheet, &chat)?;
    locks(&mut sheet, &chat)?;
    contents(&mut sheet, &chat)?;
    Ok(sheet.finish())
}

fn single(sheet: &mut Sheet, chat: &Chat) -> Result<()> {
    for (id, seconds) in [("off", 0), ("1-second", 1), ("4-weeks", 2_419_200), ("1-year", 31_536_000)] {
        let set = chat.set(chat.bob, 1, seconds, None);
        let note = note(format!("policy-{id}"), "EXP-3", "The first of a chat.").threat("V7");
        sheet.accept(note, "policies.learn", chat.input(chat.alice, &[set]))?;
    }
    Ok(())
}

fn races(sheet: &mut Sheet, chat: &Chat) -> Result<()> {
    let race = chat.race();
    for (side, own) in [("alice", chat.alice), ("bob", chat.bob)] {
        for (turn, order) in ORDERS.iter().enumerate() {
            let policies: Vec<Set> = order.iter().filter_map(|place| race.get(*place).cloned()).collect();
            let comment = "Two set policies at once; every order ends in the same.";
            let note = note(format!("race-at-{side}-{}", turn + 1), "EXP-3", comment).threat("C4");
            let out = sheet.accept(note, "policies.learn", chat.input(own, &policies))?;
            if super::sheet::bytes_of(&out, "name")? != greatest(&race) {
                return Err("another policy is in force".into());
            }
        }
    }
    Ok(())
}

/// Places in the race; what stands twice is repeated.
const ORDERS: &[&[usize]] = &[
    &[0, 1, 2, 3, 4],
    &[0, 2, 1, 4, 3],
    &[4, 3, 2, 1, 0],
    &[3, 4, 0, 2, 1],
    &[4, 0, 1, 2, 3],
    &[3, 1, 0, 4, 2],
    &[2, 4, 4, 1, 3, 0, 0],
    &[3, 3, 4, 2, 4, 1, 0, 3],
    &[4, 3],
];

fn greatest(race: &[Set]) -> [u8; 32] {
    let all = race.iter().map(|set| (set.is.version, set.is.setter, set.is.hash));
    all.max().map(|(_, _, hash)| *hash.as_bytes()).unwrap_or_default()
}

fn old_and_missing(sheet: &mut Sheet, chat: &Chat) -> Result<()> {
    let [first, hers, _, then_hers, _] = chat.race();
    for (id, reqs, threat, comment, policies) in [
        (
            "v5-old-policy-late",
            "EXP-3",
            "V5",
            "An old frame does not roll the policy back.",
            vec![first.clone(), hers.clone(), first.clone()],
        ),
        ("policy-repeated", "EXP-3", "T7", "It is in force once.", vec![first.clone(), first.clone()]),
        (
            "policy-whose-parent-is-withheld",
            "EXP-3",
            "T7",
            "It counts; what was withheld holds up nothing.",
            vec![first.clone(), then_hers.clone()],
        ),
        (
            "policy-whose-parent-comes-later",
            "EXP-3",
            "T7",
            "The parent is superseded when it comes.",
            vec![first, then_hers.clone(), hers],
        ),
        ("policy-on-a-new-device", "EXP-3", "T7", "No history is needed.", vec![then_hers]),
    ] {
        sheet.accept(
            note(id, reqs, comment).threat(threat),
            "policies.learn",
            chat.input(chat.bob, &policies),
        )?;
    }
    Ok(())
}

/// The greatest version would be the last one of the chat.
fn locks(sheet: &mut Sheet, chat: &Chat) -> Result<()> {
    let parent = Some(Digest([9; 32]));
    let first = chat.set(chat.alice, 1, 60, None);
    for (id, version) in [
        ("step-and-one", POLICY_STEP + 2),
        ("2-to-the-53", 1 << 53),
        ("half-of-all", 1 << 63),
        ("last-but-one", u64::MAX - 1),
        ("last", u64::MAX),
    ] {
        let lock = chat.set(chat.bob, version, 31_536_000, parent);
        for (place, policies) in [("first", vec![lock.clone()]), ("after", vec![first.clone(), lock.clone()])]
        {
            // Without one in force, one more is allowed.
            let comment = "Nobody could set another policy above it.";
            let note = note(format!("policy-lock-{id}-{place}"), "EXP-5", comment).threat("T7");
            sheet.refuse(note, "policies.learn", chat.input(chat.alice, &policies), "policy")?;
        }
        let own = note(format!("policy-own-{id}"), "EXP-5", "Another device of the own account has set it.");
        sheet.accept(own.threat("T7"), "policies.learn", chat.input(chat.bob, &[first.clone(), lock]))?;
    }
    let comment = "As far as one step goes.";
    let farthest = chat.set(chat.bob, POLICY_STEP, 60, parent);
    let note_ = note("policy-one-step-first", "EXP-5", comment).threat("T7");
    sheet.accept(note_, "policies.learn", chat.input(chat.alice, &[farthest]))?;
    let farthest = chat.set(chat.bob, POLICY_STEP + 1, 60, parent);
    let note_ = note("policy-one-step-after", "EXP-5", comment).threat("T7");
    sheet.accept(note_, "policies.learn", chat.input(chat.alice, &[first.clone(), farthest.clone()]))?;
    let note_ = note("policy-lock-one-step-and-one-first", "EXP-5", "One more than a step.").threat("T7");
    sheet.refuse(note_, "policies.learn", chat.input(chat.alice, &[farthest]), "policy")?;
    let flood: Vec<Set> = (1..=8).map(|n| chat.set(chat.bob, n * POLICY_STEP, 60, parent)).collect();
    let mut known = Policies::new(chat.alice, None);
    for set in &flood {
        known.learn(set.is).map_err(|word| word.word())?;
    }
    let next = known.next(ExpiryTerms::AfterSend { duration_s: 5 }).ok_or("no version is left")?;
    let answer = chat.set(chat.alice, next.version, 5, next.parent);
    for (side, own) in [("alice", chat.alice), ("bob", chat.bob)] {
        let policies = [flood.as_slice(), std::slice::from_ref(&answer)].concat();
        let note = note(
            format!("policy-after-a-flood-at-{side}"),
            "EXP-5",
            "The next one of the other is in force.",
        );
        sheet.accept(note.threat("T7"), "policies.learn", chat.input(own, &policies))?;
    }
    Ok(())
}

/// Contents that are no policies.
fn contents(sheet: &mut Sheet, chat: &Chat) -> Result<()> {
    let honest = chat.set(chat.bob, 2, 60, Some(Digest([9; 32])));
    let but = |edit: &dyn Fn(&mut pb::ExpiryPolicy)| {
        let mut set = honest.clone();
        edit(&mut set.said);
        set
    };
    let lies: [(&str, &str, Set); 22] = [
        ("version-0", "EXP-5", but(&|p| p.version = 0)),
        ("version-0-first", "EXP-5", but(&|p| (p.version, p.parent) = (0, Vec::new()))),
        ("first-with-a-parent", "EXP-3", but(&|p| p.version = 1)),
        ("second-without-a-parent", "EXP-3", but(&|p| p.parent.clear())),
        ("parent-31-bytes", "ENV-6", but(&|p| p.parent.truncate(31))),
        ("parent-33-bytes", "ENV-6", but(&|p| p.parent.push(0))),
        ("0-seconds", "EXP-1", but(&|p| p.duration_s = 0)),
        ("1-year-and-1-second", "EXP-1", but(&|p| p.duration_s = 31_536_001)),
        ("greatest-time", "EXP-1", but(&|p| p.duration_s = u32::MAX)),
        ("cap-beside-after-sending", "EXP-1", but(&|p| p.unread_cap_s = 1)),
        ("after-reading-without-a-cap", "EXP-1", but(&|p| p.mode = 2)),
        ("after-reading-cap-too-long", "EXP-1", but(&|p| (p.mode, p.unread_cap_s) = (2, 31_536_001))),
        ("after-reading-0-seconds", "EXP-1", but(&|p| (p.mode, p.duration_s, p.unread_cap_s) = (2, 0, 60))),
        ("once-with-a-duration", "EXP-1", but(&|p| (p.mode, p.unread_cap_s) = (3, 60))),
        ("once-without-a-cap", "EXP-1", but(&|p| (p.mode, p.duration_s) = (3, 0))),
        ("replay-without-a-cap", "EXP-1", but(&|p| (p.mode, p.duration_s) = (4, 0))),
        ("replay-cap-too-long", "EXP-1", but(&|p| (p.mode, p.duration_s, p.unread_cap_s) = (4, 0, u32::MAX))),
        ("off-with-a-duration", "EXP-1", but(&|p| p.mode = 0)),
        ("off-with-a-cap", "EXP-1", but(&|p| (p.mode, p.duration_s, p.unread_cap_s) = (0, 0, 60))),
        ("mode-5", "ENV-6", but(&|p| p.mode = 5)),
        ("mode-minus-1", "ENV-6", but(&|p| p.mode = -1)),
        ("mode-greatest", "ENV-6", but(&|p| p.mode = i32::MAX)),
    ];
    for (id, reqs, set) in lies {
        let note = note(format!("policy-{id}"), reqs, "One thing is wrong.").threat("W6");
        sheet.refuse(note, "policies.learn", chat.input(chat.alice, &[set]), "malformed")?;
    }
    for (id, op_place) in
        [("thread", "thread"), ("group", "group"), ("members", "members"), ("transient", "transient")]
    {
        let comment = "A policy is set in a chat; that of a group stands in its log.";
        let note = note(format!("v10-policy-in-{id}"), "EXP-7 CON-14", comment).threat("V10");
        let input = Fields::new().number("kind", 29u32).text("place", op_place);
        sheet.refuse(note, "content.place", input, "policy")?;
    }
    for sender in ["stranger", "member", "own"] {
        let note = note(format!("v11-policy-from-{sender}"), "CNV-15", "They have no part in the chat.")
            .threat("V11");
        let input = Fields::new().number("kind", 29u32).text("place", "chat").text("sender", sender);
        sheet.refuse(note, "conversations.sender", input, "policy")?;
    }
    Ok(())
}
